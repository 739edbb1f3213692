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

/* The fast parser and tree-sitter find the same names in the same order. */
static void both_ways_find_the_same_names(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"x: int = a.b(c, *d, e=f, **g)[h:i, j]\n",
		"def f(a, /, b: c = d, *e, g=h, **i) -> j:\n    return [k for k in l if m]\n",
		"async def f(*, a): await b; yield\n",
		"class A(B, metaclass=C):\n    \"\"\"doc\"\"\"\n    x = lambda y, *z: y\n",
		"with a as b, c as (d, e):\n\tpass\n",
		"try:\n  a\nexcept (B, C) as d:\n  e\nelse:\n  f\nfinally:\n  g\n",
		"from ... import a\nfrom .b.c import (d as e, f,)\nimport g.h as i, j\n",
		"for a, *b in c, d:\n  continue\nelse:\n  break\n",
		"if (a := b) and not c: d; e = f = g\nelif h < i <= j: pass\nelse: k += 1\n",
		"f'{a!r:>{b}} {{}} {c.d(\"e\")=}' 'f' rb'g'\n",
		"{a: b, **c}; {d, *e}; {f: g for h, i in j}; {k for k in l}; (m for m in n); ()\n",
		"@a.b(c)\n@d\ndef e():\n  global f; nonlocal g; del h, i[j]\n",
		"print(a, file=b)\nmatch = c\nx = d\nraise e from f\nassert g, h\n",
	};
	for (size_t i = 0; i < N_OF(texts); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct syntax trees[2];
		for (int slow = 0; slow < 2; slow++) {
			syntax_parser_only_slow(parser, slow == 1);
			trees[slow] = parse(str_from(texts[i]), &arena);
			assert_int_equal(trees[slow].error_at, SYNTAX_NO_NODE);
		}
		syntax_parser_only_slow(parser, false);
		uint32_t other = 0;
		for (uint32_t k = 0; k < trees[0].n; k++) {
			if (trees[0].nodes[k].kind != SYNTAX_IDENTIFIER) {
				continue;
			}
			while (other < trees[1].n &&
				trees[1].nodes[other].kind != SYNTAX_IDENTIFIER) {
				other++;
			}
			assert_true(other < trees[1].n);
			assert_str(syntax_text(&trees[0], k), syntax_text(&trees[1], other));
			other++;
		}
	}
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
		cmocka_unit_test(both_ways_find_the_same_names),
		cmocka_unit_test(an_error_has_a_place_and_the_rest_a_tree),
		cmocka_unit_test(hostile_text_ends_in_time),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
