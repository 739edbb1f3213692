#include "fuzz/fuzz.h"
#include "staticscan/install.h"
#include "common/banned.h"

/* "\x01...\x02" is what only Python knows, as the value of a {placeholder}. */
static struct scan_text text_of(struct str bytes, struct arena *arena)
{
	struct scan_char *chars = arena_array(arena, struct scan_char, bytes.n);
	bool opaque = false;
	for (size_t i = 0; i < bytes.n; i++) {
		opaque = bytes.p[i] == '\x01' || (opaque && bytes.p[i] != '\x02');
		chars[i] = (struct scan_char){(uint32_t)i, bytes.p[i], opaque};
	}
	return (struct scan_text){chars, bytes.n};
}

static void check_word(const struct shell_word *word, size_t size)
{
	FUZZ_CHECK(word->plain <= word->text.n);
	FUZZ_CHECK(word->dynamic || word->plain == word->text.n);
	FUZZ_CHECK(word->at <= word->end && word->end <= size);
}

static void check_request(const struct scan_request *request, size_t size)
{
	FUZZ_CHECK(request->manager.n > 0 && request->via.n > 0);
	FUZZ_CHECK(request->line > 0 && request->column > 0 && request->end_column > 0);
	FUZZ_CHECK((size_t)request->column <= size + 1);
	FUZZ_CHECK(request->n_extras == 0 || request->extras != NULL);
}

/* Any bytes as shell text: words that lie in it, in order; requests with a place. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena arena = {0};
	struct str bytes = {(const char *)data, size};
	shell_commands commands = {0};
	const struct scan_cell cell = {0, S("a"), bytes};
	struct install_sink sink = {.cell = &cell,
		.cursor.source = bytes,
		.end_cursor.source = bytes,
		.via = S("shell"),
		.manager = S(""),
		.arena = &arena};
	shell_parse(text_of(bytes, &arena), &arena, &commands);
	for (size_t i = 0; i < commands.n; i++) {
		size_t before = 0;
		for (size_t k = 0; k < commands.p[i].n; k++) {
			const struct shell_word *word = &commands.p[i].words[k];
			check_word(word, size);
			FUZZ_CHECK(word->at >= before);
			before = word->at;
		}
		install_command(&commands.p[i], &sink);
	}
	for (size_t i = 0; i < sink.requests.n; i++) {
		check_request(&sink.requests.p[i], size);
	}
	FUZZ_CHECK(sink.requests.n <= INSTALL_REQUESTS_MAX);
	return 0;
}
