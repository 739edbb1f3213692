#include "fuzz/fuzz.h"
#include "packaging/reqfile.h"
#include "common/banned.h"

/* Files named by the input hold the input again, so that nesting and its limits are met. */
static bool open_same(void *data, struct str from, struct str path, struct arena *arena,
	struct str *ret_path, struct str *ret_text, struct err *err)
{
	const struct str *text = data;
	(void)from;
	if (path.n == 0) {
		return err_set(err, ERR_INPUT, "expected a name");
	}
	*ret_path = arena_str(arena, path);
	*ret_text = *text;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena arena = {0};
	struct str text = {(const char *)data, size};
	struct reqfile file;
	struct err err = {0};
	if (!reqfile_parse(
		    S("f"), text, size % 2 == 1, true, open_same, &text, &arena, &file, &err)) {
		FUZZ_CHECK(err.message[0] != '\0' && err.input[0] != '\0');
		return 0;
	}
	for (size_t i = 0; i < file.n; i++) {
		const struct reqfile_item *item = &file.items[i];
		FUZZ_CHECK(item->line > 0 && item->file.n > 0);
		FUZZ_CHECK(item->kind != REQFILE_REQUIREMENT || item->requirement.name.n > 0);
		FUZZ_CHECK(item->kind != REQFILE_OPTION || item->option.n > 2);
	}
	return 0;
}
