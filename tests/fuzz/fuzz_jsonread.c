#include "fuzz/fuzz.h"
#include "common/jsonread.h"
#include "common/banned.h"

/* Visit everything with the decoding calls, as a caller that takes every value would. */
static size_t walk(struct jsonread *in, struct arena *arena, int depth)
{
	struct str key;
	size_t values = 1;
	switch (depth > 100 ? JSONREAD_NONE : jsonread_peek(in)) {
	case JSONREAD_OBJECT:
		jsonread_object(in);
		while (jsonread_key(in, &key)) {
			FUZZ_CHECK(key.p >= in->text.p && key.p + key.n < in->text.p + in->text.n);
			values += walk(in, arena, depth + 1);
		}
		return values;
	case JSONREAD_ARRAY:
		jsonread_array(in);
		while (jsonread_element(in)) {
			values += walk(in, arena, depth + 1);
		}
		return values;
	case JSONREAD_STRING:
		(void)jsonread_string(in, arena);
		return values;
	case JSONREAD_TRUE:
	case JSONREAD_FALSE:
		(void)jsonread_bool(in);
		return values;
	case JSONREAD_NUMBER:
	case JSONREAD_NULL:
	case JSONREAD_NONE:
		jsonread_skip(in);
		return values;
	}
	return values;
}

/* Skipping a value and walking through it agree on whether the text is JSON and where it ends. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena arena = {0};
	struct str text = {(const char *)data, size};
	struct err err = {0};
	struct jsonread skipped = jsonread_start(text);
	struct str raw = jsonread_raw(&skipped);
	bool valid = jsonread_end(&skipped, &err);
	FUZZ_CHECK(valid || (err.message[0] != '\0' && err.line > 0 && err.column > 0));
	FUZZ_CHECK(!valid || (raw.n > 0 && raw.p + raw.n <= text.p + text.n));

	struct jsonread walked = jsonread_start(text);
	(void)walk(&walked, &arena, 0);
	struct err walk_err = {0};
	bool walk_valid = jsonread_end(&walked, &walk_err);
	FUZZ_CHECK(!walk_valid || valid);
	FUZZ_CHECK(!valid || !walk_valid || skipped.at == walked.at);
	return 0;
}
