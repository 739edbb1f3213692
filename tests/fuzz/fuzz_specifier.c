#include "fuzz/fuzz.h"
#include "packaging/specifier.h"
#include "common/banned.h"

/* A set and a version on two lines: what is printed decides as what was read; errors have words. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena arena = {0};
	struct str text = {(const char *)data, size}, specifier = text, second = S("1.0"), repaired;
	struct specifier_set set, again;
	struct version version;
	struct err err = {0}, err_again = {0};
	(void)str_cut(text, S("\n"), &specifier, &second);
	bool strict = specifier_parse(specifier, &arena, &set, &err);
	FUZZ_CHECK(strict == (err.kind == ERR_NONE));
	FUZZ_CHECK(strict || (err.message[0] != '\0' && err.column > 0));
	err = (struct err){0};
	if (!specifier_parse_lenient(specifier, &arena, &set, &repaired, &err)) {
		FUZZ_CHECK(!strict && err.kind == ERR_INPUT);
		return 0;
	}
	FUZZ_CHECK(err.kind == ERR_NONE && (!strict || repaired.n == 0));
	FUZZ_CHECK(specifier_parse(specifier_text(&set, &arena), &arena, &again, &err_again));
	FUZZ_CHECK(specifier_names_prerelease(&set) == specifier_names_prerelease(&again));
	if (version_parse(second, &version)) {
		FUZZ_CHECK(
			specifier_contains(&set, &version) == specifier_contains(&again, &version));
	}
	return 0;
}
