#include "fuzz/fuzz.h"
#include "packaging/requirement.h"
#include "common/banned.h"

/* A strict requirement is a lenient one without repairs; a repaired one reads strictly. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena arena = {0};
	struct str text = {(const char *)data, size}, repaired;
	struct requirement strict, lenient, again;
	struct err err = {0};
	bool read = requirement_parse(text, &arena, &strict, &err);
	FUZZ_CHECK(read || (err.message[0] != '\0' && err.column > 0));
	FUZZ_CHECK(!read || (strict.name.n > 0 && strict.n_extras <= strict.n_extras_spelled));
	FUZZ_CHECK(!read || strict.url.n == 0 || strict.specifier.n == 0);
	err = (struct err){0};
	if (!requirement_parse_lenient(text, &arena, &lenient, &repaired, &err)) {
		FUZZ_CHECK(!read && err.kind == ERR_INPUT);
		return 0;
	}
	FUZZ_CHECK(err.kind == ERR_NONE);
	if (repaired.n > 0) {
		FUZZ_CHECK(requirement_parse(repaired, &arena, &again, &err));
		FUZZ_CHECK(str_eq(again.name, lenient.name));
		FUZZ_CHECK(again.specifier.n <= lenient.specifier.n);
	}
	return 0;
}
