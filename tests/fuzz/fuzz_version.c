#include "fuzz/fuzz.h"
#include "packaging/version.h"
#include "common/banned.h"

static int sign(int order)
{
	return (order > 0) - (order < 0);
}

/* Two versions on two lines: normal forms are stable, the order is one, with keys and without. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena arena = {0};
	struct str text = {(const char *)data, size}, first = text, second = text;
	struct version a, b, again;
	(void)str_cut(text, S("\n"), &first, &second);
	if (!version_parse(first, &a) || !version_parse(second, &b)) {
		return 0;
	}
	struct str normal = version_normal(&a, &arena);
	FUZZ_CHECK(version_parse(normal, &again));
	FUZZ_CHECK(version_compare(&a, &again) == 0 && version_compare_slow(&a, &again) == 0);
	FUZZ_CHECK(str_eq(version_normal(&again, &arena), normal));
	FUZZ_CHECK(sign(version_compare(&a, &b)) == sign(version_compare_slow(&a, &b)));
	FUZZ_CHECK(sign(version_compare(&a, &b)) == -sign(version_compare(&b, &a)));
	FUZZ_CHECK(str_starts(version_public(&a, &arena), version_base(&a, &arena)));
	FUZZ_CHECK(version_is_prerelease(&a) == version_is_prerelease(&again));
	return 0;
}
