#include "fuzz/fuzz.h"
#include "advise/config.h"
#include "advise/place.h"
#include "common/banned.h"

static bool is_inside(struct str part, struct str whole)
{
	return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

/* Any bytes as the location of a requirement: taken apart without a remainder that says something else. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena arena = {0};
	struct str text = {(const char *)data, size};
	struct place place = place_read(text, S("/nowhere"), true, &arena);
	struct str shown = config_without_credentials(text, &arena);
	FUZZ_CHECK(shown.n <= text.n);
	FUZZ_CHECK(is_inside(place.subdirectory, text) && is_inside(place.sha256, text));
	FUZZ_CHECK(str_find_char(place.subdirectory, '&') < 0);
	FUZZ_CHECK(str_find_char(place.sha256, '&') < 0);
	switch (place.kind) {
	case PLACE_GIT:
		FUZZ_CHECK(is_inside(place.url, text) && is_inside(place.reference, text));
		FUZZ_CHECK(place.reference.n == 0 || place.reference.p[-1] == '@');
		FUZZ_CHECK(str_find_char(place.reference, '@') < 0);
		break;
	case PLACE_WEB:
		FUZZ_CHECK(is_inside(place.url, text) && place.reference.n == 0);
		FUZZ_CHECK(str_find_char(place.url, '#') < 0);
		break;
	case PLACE_FILE:
	case PLACE_FOLDER:
		FUZZ_CHECK(place.path.n > 0 && place.path.p[0] == '/');
		FUZZ_CHECK(str_starts(place.url, S("file://")));
		break;
	case PLACE_ODD:
		FUZZ_CHECK(place.path.n == 0);
		break;
	}
	return 0;
}
