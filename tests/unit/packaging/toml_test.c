#include "unit/test.h"
#include "packaging/toml.h"
#include "common/banned.h"

/* The tree on one line: {key:value@line:column,...} */
static void put(const struct tree *tree, struct buf *out)
{
	switch (tree->kind) {
	case TREE_NULL:
		buf_add(out, S("null"));
		break;
	case TREE_STRING:
		buf_addf(out, "'" STR_FMT "'", STR_ARG(tree->text));
		break;
	case TREE_DATE:
		buf_addf(out, "<" STR_FMT ">", STR_ARG(tree->text));
		break;
	case TREE_INTEGER:
		buf_addf(out, "%lld", (long long)tree->integer);
		break;
	case TREE_FLOAT:
		buf_addf(out, "%g", tree->number);
		break;
	case TREE_BOOL:
		buf_add(out, tree->truth ? S("yes") : S("no"));
		break;
	case TREE_ARRAY:
	case TREE_TABLE:
		buf_byte(out, tree->kind == TREE_TABLE ? '{' : '[');
		for (size_t i = 0; i < tree->n; i++) {
			if (tree->kind == TREE_TABLE) {
				buf_addf(out, STR_FMT ":", STR_ARG(tree->items[i].key));
			}
			put(&tree->items[i], out);
			buf_byte(out, ' ');
		}
		buf_byte(out, tree->kind == TREE_TABLE ? '}' : ']');
		break;
	}
	if (tree->kind != TREE_TABLE) {
		buf_addf(out, "@%d:%d", tree->line, tree->column);
	}
}

static void check(bool json, const char *text, const char *expected)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(buf_done) struct buf out = {0};
	struct err err = {0};
	struct tree tree;
	bool fine = json ? tree_json(str_from(text), &arena, &tree, &err)
			 : toml_parse(str_from(text), &arena, &tree, &err);
	assert_ok(fine, err);
	put(&tree, &out);
	assert_str(buf_str(&out), str_from(expected));
}

static void reads_every_kind_of_value(void **state)
{
	(void)state;
	check(false, "", "{}");
	check(false, "s = 'a'\ni = -7\nf = 1.5\nb = true\n",
		"{s:'a'@1:5 i:-7@2:5 f:1.5@3:5 b:yes@4:5 }");
	check(false,
		"a = 2026-11-21\nb = 2026-11-21T09:08:07.250Z\nc = 2026-11-21 09:08:07-02:30\nd = "
		"07:32:00",
		"{a:<2026-11-21>@1:5 b:<2026-11-21T09:08:07.25Z>@2:5 "
		"c:<2026-11-21T09:08:07-02:30>@3:5 d:<07:32:00>@4:5 }");
	check(false, "a = [1, 'x', [], {}]\n", "{a:[1@1:6 'x'@1:9 []@1:14 {} ]@1:5 }");
	check(false, "s = \"\"\"\\\n \xef\xb2\xbf\"\"\"\n", "{s:'\xef\xb2\xbf'@1:5 }");
	check(false, "s = \"\"\"\na\"\"b\\u00e9\"\"\"\n", "{s:'a\"\"b\xc3\xa9'@1:5 }");
}

static void keeps_the_order_of_the_file(void **state)
{
	(void)state;
	check(false, "z = 1\na = 2\nm = 3\n", "{z:1@1:5 a:2@2:5 m:3@3:5 }");
	check(false, "[z.y]\nb = 1\na = 2\n[c]\n[z]\nq = 1\n",
		"{z:{y:{b:1@2:5 a:2@3:5 } q:1@6:5 } c:{} }");
	check(false, "[[z]]\nn = 1\n[[a]]\n[[z]]\nn = 2\n",
		"{z:[{n:1@2:5 } {n:2@5:5 } ]@1:1 a:[{} ]@3:1 }");
	check(false, "b.z = 1\na = {y = 1, x = 2}\nb.a = 2\n",
		"{b:{z:1@1:7 a:2@3:7 } a:{y:1@2:10 x:2@2:17 } }");
}

static void takes_any_key(void **state)
{
	(void)state;
	check(false, "\"a.b\" = 1\n'' = 2\n\"\xc3\xa9\" = 3\n\"__proto__\" = 4\n",
		"{a.b:1@1:9 :2@2:6 \xc3\xa9:3@3:7 __proto__:4@4:15 }");
}

static void reads_json_into_the_same_tree(void **state)
{
	(void)state;
	check(true, "{\"s\": \"a\\n\", \"i\": -7,\n \"f\": 1.5, \"b\": [true, null]}",
		"{s:'a\n'@1:7 i:-7@1:19 f:1.5@2:7 b:[yes@2:18 null@2:24 ]@2:17 }");
	check(true, " []", "[]@1:2");
	check(true, "9223372036854775808", "9.22337e+18@1:1");
}

static void says_where_and_what_was_expected(void **state)
{
	(void)state;
	static const struct {
		bool json;
		const char *text;
		int line, column;
		const char *words;
	} cases[] = {
		{false, "a = 1\nb = \n",        2, 5, "saw"     },
		{false, "a = 1\na = 2\n",       2, 5, "redefine"},
		{false, "a = {x = 1}\n[a]\n",   2, 1, "redefine"},
		{false, "[a]\n[a]\n",           2, 1, "redefine"},
		{false, "a = \"x\n",            1, 7, "string"  },
		{false, "a = \"\xff\"\n",       1, 5, "utf-8"   },
		{false, "= 1\n",                1, 1, "'='"     },
		{true,  "{\"a\": 1, \"a\": 2}", 1, 0, "'a'"     },
		{true,  "{\"a\": }",            1, 7, "expected"},
		{true,  "[1] 2",                1, 5, ""        },
		{true,  "",                     1, 1, "expected"},
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct tree tree = {.n = 77};
		struct str text = str_from(cases[i].text);
		assert_false(cases[i].json ? tree_json(text, &arena, &tree, &err)
					   : toml_parse(text, &arena, &tree, &err));
		assert_int_equal(err.kind, ERR_INPUT);
		assert_int_equal(err.line, cases[i].line);
		if (cases[i].column > 0) {
			assert_int_equal(err.column, cases[i].column);
		}
		assert_non_null(strstr(err.message, cases[i].words));
		assert_int_equal(tree.n, 77);
	}
}

static struct str many(struct arena *arena, const char *before, const char *piece, size_t n)
{
	size_t size = strlen(piece);
	size_t from = strlen(before);
	char *text = arena_array(arena, char, from + n * size);
	memcpy(text, before, from);
	for (size_t i = 0; i < n; i++) {
		memcpy(text + from + i * size, piece, size);
	}
	return (struct str){text, from + n * size};
}

static void refuses_what_is_too_large_or_too_deep(void **state)
{
	(void)state;
	static const struct {
		bool json;
		const char *before, *piece;
		size_t n;
	} cases[] = {
		{false, "",			    "\n",               TREE_MAX + 1},
		{false, "a = ",                        "[",                200         },
		{false, "a",                           ".a",               1000000     },
		{false, "[a",                          ".a",               1000000     },
		{false, "",			    "a={a.a.a.a.a.a.a", 200         },
		{false, "",			    "[[a]]\n",          2000000     },
		{false, "x = [",                       "{},",              3000000     },
		{false,
                 "[a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a."
			"a.a.a.a.a.a.a.a.a.a.a.a]\nb", ".b",               60          },
		{true,  "",			    "[",                200         },
		{true,  "",			    "{\"a\":",          200         },
		{true,  "[",                           "1,",               3000000     },
		{true,  "",			    " ",                TREE_MAX + 1},
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct tree tree;
		struct str text = many(&arena, cases[i].before, cases[i].piece, cases[i].n);
		assert_false(cases[i].json ? tree_json(text, &arena, &tree, &err)
					   : toml_parse(text, &arena, &tree, &err));
		assert_int_equal(err.kind, ERR_LIMIT);
	}
}

static void counts_no_dots_in_strings_and_comments(void **state)
{
	(void)state;
	static const char *const starts[] = {"a = '", "a = \"\\\"", "a = '''\n''", "# "};
	static const char *const ends[] = {"'\n", "\"\n", "'''''\n", "\n"};
	for (size_t i = 0; i < N_OF(starts); i++) {
		AUTO(arena_done) struct arena arena = {0};
		AUTO(buf_done) struct buf text = {0};
		struct err err = {0};
		struct tree tree;
		buf_add(&text, many(&arena, starts[i], ".[{", 1000));
		buf_add(&text, str_from(ends[i]));
		assert_ok(toml_parse(buf_str(&text), &arena, &tree, &err), err);
	}
}

static void says_which_kind_was_expected(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct tree tree;
	const struct tree *member;
	assert_ok(toml_parse(S("a = 1\nname = []\ns = 'x'\n"), &arena, &tree, &err), err);
	assert_ok(tree_member(&tree, S("none"), TREE_STRING, &member, &err), err);
	assert_null(member);
	assert_false(tree_member(&tree, S("name"), TREE_STRING, &member, &err));
	assert_string_equal(err.message, "expected a string as 'name', found an array");
	assert_int_equal(err.line, 2);
	assert_int_equal(err.column, 8);
	assert_str(tree_text(&tree, S("s")), S("x"));
	assert_str(tree_text(&tree, S("a")), S(""));
	assert_str(tree_text(tree_get(&tree, S("nothing")), S("a")), S(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_kind_of_value),
		cmocka_unit_test(keeps_the_order_of_the_file),
		cmocka_unit_test(takes_any_key),
		cmocka_unit_test(reads_json_into_the_same_tree),
		cmocka_unit_test(says_where_and_what_was_expected),
		cmocka_unit_test(refuses_what_is_too_large_or_too_deep),
		cmocka_unit_test(counts_no_dots_in_strings_and_comments),
		cmocka_unit_test(says_which_kind_was_expected),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
