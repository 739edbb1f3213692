#include "unit/test.h"
#include "common/clock.h"
#include "staticscan/syntax.h"

enum { TWO_SECONDS = 2000000000 };

static struct syntax_parser *parser;

static int start(void **state)
{
	(void)state;
	parser = syntax_parser_new();
	return 0;
}

static int stop(void **state)
{
	(void)state;
	syntax_parser_free(parser);
	return 0;
}

static struct syntax parse(struct str text, struct arena *arena)
{
	struct syntax tree = {0};
	assert_true(syntax_parse(parser, text, clock_monotonic_ns() + TWO_SECONDS, arena, &tree));
	return tree;
}

static void children_and_fields_are_those_of_the_text(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct syntax tree = parse(S("x = np.sum(a, axis=1)  # c\nimport a.b as c\n"), &arena);
	assert_int_equal(tree.error_at, SYNTAX_NO_NODE);
	assert_int_equal(tree.nodes[0].kind, SYNTAX_MODULE);
	assert_int_equal(tree.nodes[0].next, tree.n);
	uint32_t statement = syntax_first(&tree, 0);
	uint32_t assignment = syntax_first(&tree, statement);
	assert_int_equal(tree.nodes[assignment].kind, SYNTAX_ASSIGNMENT);
	assert_str(syntax_text(&tree, syntax_child(&tree, assignment, SYNTAX_FIELD_LEFT)), S("x"));
	uint32_t call = syntax_child(&tree, assignment, SYNTAX_FIELD_RIGHT);
	assert_int_equal(tree.nodes[call].kind, SYNTAX_CALL);
	assert_str(
		syntax_text(&tree, syntax_child(&tree, call, SYNTAX_FIELD_FUNCTION)), S("np.sum"));
	uint32_t import = syntax_next(&tree, 0, statement);
	assert_int_equal(tree.nodes[import].kind, SYNTAX_IMPORT);
	assert_int_equal(syntax_next(&tree, 0, import), SYNTAX_NO_NODE);
	uint32_t alias = syntax_child(&tree, import, SYNTAX_FIELD_NAME);
	assert_str(syntax_text(&tree, syntax_child(&tree, alias, SYNTAX_FIELD_NAME)), S("a.b"));
}

static void fields_in_strings_are_kept_and_other_text_is_not(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct syntax tree = parse(S("f'a {np.pi:{w}} \\n b' 'c'"), &arena);
	size_t identifiers = 0;
	for (uint32_t i = 0; i < tree.n; i++) {
		identifiers += tree.nodes[i].kind == SYNTAX_IDENTIFIER;
		assert_true(tree.nodes[i].next > i && tree.nodes[i].next <= tree.n);
	}
	assert_int_equal(identifiers, 3);
}

static void an_error_has_a_place_and_the_rest_a_tree(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct syntax tree = parse(S("import a\nx = = 3\nimport b\n"), &arena);
	assert_true(tree.error_at >= 9 && tree.error_at < 17);
	assert_int_equal(tree.nodes[syntax_first(&tree, 0)].kind, SYNTAX_IMPORT);
}

/* What a shared notebook may hold must neither break nor stop us. */
static void hostile_text_ends_in_time(void **state)
{
	(void)state;
	static const char *const pieces[] = {"(", "[{", "x.", "f'{", "if x:\n ", "\"\"\"",
		"lambda:", "\xff\xfe", "\\\n", "not ", "@", "\xed\xa0\x80"};
	for (size_t i = 0; i < N_OF(pieces); i++) {
		AUTO(arena_done) struct arena arena = {0};
		AUTO(buf_done) struct buf text = {0};
		struct syntax tree;
		while (text.n < (i == 0 ? 100000 : 20000)) {
			buf_add(&text, str_from(pieces[i]));
		}
		int64_t start_ns = clock_monotonic_ns();
		(void)!syntax_parse(
			parser, buf_str(&text), start_ns + TWO_SECONDS / 4, &arena, &tree);
		assert_true(clock_monotonic_ns() - start_ns < TWO_SECONDS * 20LL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(children_and_fields_are_those_of_the_text),
		cmocka_unit_test(fields_in_strings_are_kept_and_other_text_is_not),
		cmocka_unit_test(an_error_has_a_place_and_the_rest_a_tree),
		cmocka_unit_test(hostile_text_ends_in_time),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
