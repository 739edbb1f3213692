#include "fuzz/page.h"
#include "common/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size};
	fuzz_page(text, S("application/json"));
	return 0;
}
