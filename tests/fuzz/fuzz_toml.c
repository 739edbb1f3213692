#include "fuzz/fuzz.h"
#include "packaging/toml.h"
#include "common/banned.h"

/* Every value stands somewhere, keys differ, and the depth is bounded. */
static void check(const struct tree *tree, int depth)
{
	FUZZ_CHECK(depth <= TREE_DEPTH_MAX + 1);
	FUZZ_CHECK(tree->kind != TREE_STRING || str_is_utf8(tree->text));
	FUZZ_CHECK(tree->kind != TREE_DATE || tree->text.n >= 8);
	for (size_t i = 0; i < tree->n; i++) {
		const struct tree *item = &tree->items[i];
		FUZZ_CHECK(tree->kind == TREE_ARRAY || tree->kind == TREE_TABLE);
		FUZZ_CHECK(tree->kind == TREE_ARRAY || tree_get(tree, item->key) == item);
		check(item, depth + 1);
	}
}

/* The same bytes as TOML and as JSON. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena arena = {0};
	struct str text = {(const char *)data, size};
	struct tree tree;
	struct err err = {0};
	if (toml_parse(text, &arena, &tree, &err)) {
		check(&tree, 0);
	} else {
		FUZZ_CHECK(err.kind == ERR_INPUT || err.kind == ERR_LIMIT);
		FUZZ_CHECK(err.message[0] != '\0' && (err.kind == ERR_LIMIT || err.line > 0));
	}
	err = (struct err){0};
	if (!tree_json(text, &arena, &tree, &err)) {
		FUZZ_CHECK(err.message[0] != '\0' && err.line > 0);
	}
	return 0;
}
