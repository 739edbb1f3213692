#include "fuzz/fuzz.h"
#include "packaging/tags.h"
#include "common/banned.h"

static bool inside(struct str part, struct str whole)
{
	return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

/* A project name and a file name on two lines. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena arena = {0};
	struct str text = {(const char *)data, size}, project = S(""), name = text;
	struct filename file;
	struct environment environment;
	struct err err = {0};
	(void)str_cut(text, S("\n"), &project, &name);
	if (!filename_parse(name, project, &file)) {
		FUZZ_CHECK(file.kind == FILENAME_OTHER || file.kind == FILENAME_VARIANT);
		return 0;
	}
	FUZZ_CHECK(file.kind == FILENAME_WHEEL || file.kind == FILENAME_SDIST);
	FUZZ_CHECK(file.name.n > 0 && inside(file.name, name) && inside(file.version_text, name));
	FUZZ_CHECK(file.version_text.n > 0 && inside(file.platform, name));
	FUZZ_CHECK(environment_describe(
		S("3.11"), S("manylinux_2_17_x86_64"), &arena, &environment, &err));
	int priority = tags_priority(tags_new(&environment, &arena), &file);
	FUZZ_CHECK(priority >= -1 && (priority < 0 || file.kind == FILENAME_WHEEL));
	return 0;
}
