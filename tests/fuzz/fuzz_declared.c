#include "fuzz/fuzz.h"
#include "packaging/pipfile.h"
#include "packaging/projectfile.h"
#include "packaging/requirement.h"
#include "packaging/toml.h"
#include "common/banned.h"

/* What was read is a requirement, and stands somewhere. */
static void check(const struct declared *declared, struct arena *arena)
{
	for (size_t i = 0; i < declared->items.n; i++) {
		const struct declared_item *item = &declared->items.p[i];
		struct requirement requirement;
		struct err err = {0};
		FUZZ_CHECK(requirement_parse(item->text, arena, &requirement, &err));
		FUZZ_CHECK(item->line > 0 && item->column > 0);
	}
}

static void check_error(const struct err *err)
{
	FUZZ_CHECK(err->kind != ERR_NONE && err->kind != ERR_INTERNAL && err->message[0] != '\0');
}

/* The same bytes as Pipfile, as pyproject.toml, as Python source and as a Pipfile in JSON. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct str names[] = {STR_INIT("a"), STR_INIT("docs")};
	AUTO(arena_done) struct arena arena = {0};
	struct str text = {(const char *)data, size};
	struct declared_choice choices[2] = {
		{0           },
                { .extras = names, .n_extras = 2, .groups = names, .n_groups = 2, .dev = true}
        };
	for (int i = 0; i < 2; i++) {
		struct err err = {0};
		struct declared declared = {0};
		struct tree tree;
		bool found;
		char hex[65];
		bool fine = script_read(text, &choices[i], &arena, &declared, &found, &err);
		fine ? check(&declared, &arena) : check_error(&err);
		err = (struct err){0};
		if (!toml_parse(text, &arena, &tree, &err) &&
			!tree_json(text, &arena, &tree, &err)) {
			continue;
		}
		err = (struct err){0};
		pipfile_hash(&tree, i == 0, hex);
		fine = pipfile_read(&tree, &choices[i], &arena, &declared, &err);
		fine ? check(&declared, &arena) : check_error(&err);
		err = (struct err){0};
		fine = projectfile_read(&tree, &choices[i], &arena, &declared, &err);
		fine ? check(&declared, &arena) : check_error(&err);
	}
	return 0;
}
