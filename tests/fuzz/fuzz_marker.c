#include "fuzz/fuzz.h"
#include "packaging/marker.h"
#include "common/banned.h"

/* What is printed reads again, prints the same, and decides the same on every system. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena arena = {0};
	static const struct str platforms[] = {
		STR_INIT("manylinux_2_28_x86_64"), STR_INIT("macos"), STR_INIT("windows")};
	static const struct str extras[] = {STR_INIT("docs"), STR_INIT("test")};
	struct str text = {(const char *)data, size};
	const struct marker *marker, *again;
	struct err err = {0};
	if (!marker_parse(text, &arena, &marker, &err)) {
		FUZZ_CHECK(err.message[0] != '\0' && err.column > 0);
		return 0;
	}
	struct str printed = marker_text(marker, &arena);
	FUZZ_CHECK(marker_parse(printed, &arena, &again, &err));
	FUZZ_CHECK(str_eq(marker_text(again, &arena), printed));
	FUZZ_CHECK(marker_uses_extra(marker) == marker_uses_extra(again));
	(void)marker_text_written(marker, &arena);
	for (size_t i = 0; i < 3; i++) {
		struct environment environment;
		FUZZ_CHECK(environment_describe(
			S("3.11.4"), platforms[i], &arena, &environment, &err));
		for (size_t n = 0; n <= 2; n++) {
			FUZZ_CHECK(marker_evaluate(marker, &environment, extras, n) ==
				   marker_evaluate(again, &environment, extras, n));
		}
	}
	return 0;
}
