#include "fuzz/fuzz.h"
#include "advise/settings.h"
#include "common/banned.h"

/* Any bytes as a pip.conf and as a uv.toml: a value, nothing, or words. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena arena = {0};
	struct str text = {(const char *)data, size};
	struct str value = S("");
	struct str word;
	struct settings_uv uv;
	struct err err = {0};
	if (settings_ini_value(text, S("index-url"), &arena, &value)) {
		while (settings_next_word(&value, true, &word)) {
			FUZZ_CHECK(word.n > 0);
		}
	}
	if (!settings_uv_parse(text, &arena, &uv, &err)) {
		FUZZ_CHECK(err.message[0] != '\0');
		return 0;
	}
	for (size_t i = 0; i < uv.n_indexes; i++) {
		FUZZ_CHECK(uv.indexes[i].url.n > 0);
	}
	return 0;
}
