#include "fuzz/fuzz.h"
#include "index/wheeltail.h"
#include "common/banned.h"

/*
 * The bytes are the last piece of a file of a size that the first two bytes choose, so that
 * everything may point in front of what is at hand.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct str text = {0};
	uint64_t at = 0;
	size_t need = 0;
	if (size < 2) {
		return 0;
	}
	struct str bytes = {(const char *)data + 2, size - 2};
	uint64_t total = bytes.n + data[0] + 256u * data[1];
	struct index_piece piece = {total - bytes.n, bytes};
	switch (index_wheeltail_read(&piece, 1, total, &arena, &text, &at, &need, &err)) {
	case WHEELTAIL_DONE:
		FUZZ_CHECK(text.p != NULL);
		break;
	case WHEELTAIL_MORE:
		FUZZ_CHECK(need > 0 && need <= total && at <= total - need);
		break;
	case WHEELTAIL_BAD:
		FUZZ_CHECK(err.kind == ERR_INPUT && err.message[0] != '\0');
		break;
	}
	if (index_wheeltail_range(bytes, &at, &total)) {
		FUZZ_CHECK(str_find_char(bytes, '-') > 0);
	}
	return 0;
}
