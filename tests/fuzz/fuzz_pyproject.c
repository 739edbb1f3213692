#include "fuzz/fuzz.h"
#include "packaging/metadata.h"
#include "packaging/pyproject.h"
#include "common/banned.h"

/* What is made of any pyproject.toml reads back as metadata, or there are words. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena arena = {0};
	struct str text = {(const char *)data, size};
	struct str made = {0};
	struct metadata metadata;
	struct err err = {0};
	if (!pyproject_metadata(text, S("1.0"), &arena, &made, &err)) {
		FUZZ_CHECK(err.message[0] != '\0');
	} else if (made.p != NULL) {
		FUZZ_CHECK(metadata_parse(made, &arena, &metadata, &err));
		FUZZ_CHECK(metadata.name.n > 0 && metadata.version.n > 0);
	}
	return 0;
}
