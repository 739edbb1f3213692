#include "unit/test.h"
#include "prescriptions/yaml.h"
#include "common/banned.h"

static bool read_text(
	struct str text, struct arena *arena, struct presc_report *report, struct tree *ret)
{
	AUTO(presc_yaml_done) struct presc_yaml yaml = {0};
	return presc_yaml_read(&yaml, text, arena, report, ret);
}

/* What a plain scalar is, by YAML 1.1. */
static void knows_the_types_of_plain_scalars(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum tree_kind kind;
	} cases[] = {
		{"1.0",          TREE_FLOAT  },
		{".5",           TREE_FLOAT  },
		{"-.inf",        TREE_FLOAT  },
		{"1e3",          TREE_STRING },
		{"1.5e+3",       TREE_FLOAT  },
		{"8",            TREE_INTEGER},
		{"0x1F",         TREE_INTEGER},
		{"017",          TREE_INTEGER},
		{"09",           TREE_STRING },
		{"0",            TREE_INTEGER},
		{"1_000",        TREE_INTEGER},
		{"1.2.3",        TREE_STRING },
		{"==8",          TREE_STRING },
		{"yes",          TREE_BOOL   },
		{"Off",          TREE_BOOL   },
		{"no way",       TREE_STRING },
		{"~",            TREE_NULL   },
		{"null",         TREE_NULL   },
		{"nullable",     TREE_STRING },
		{"2026-11-21",   TREE_DATE   },
		{"2026-11-21-x", TREE_STRING },
		{"'8'",          TREE_STRING },
		{"\"yes\"",      TREE_STRING },
		{"!!str 8",      TREE_STRING },
		{"!!float 8",    TREE_FLOAT  },
		{">-\n  12\n",   TREE_STRING },
		{"[1]",          TREE_ARRAY  },
		{"{a: 1}",       TREE_TABLE  },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct presc_report report = {.arena = &arena};
		struct tree tree;
		assert_true(read_text(str_from(cases[i].text), &arena, &report, &tree));
		if (tree.kind != cases[i].kind) {
			fail_msg("'%s' is %s", cases[i].text, tree_kind_name(tree.kind));
		}
	}
}

static void says_where_values_and_keys_stand(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct presc_report report = {.arena = &arena};
	struct tree tree;
	assert_true(read_text(S("a:\n  - ä: [x, y]\n"), &arena, &report, &tree));
	const struct tree *list = tree_get(&tree.items[0].items[0], S("ä"));
	assert_non_null(list);
	assert_int_equal(list->key_line, 2);
	assert_int_equal(list->key_column, 5);
	assert_int_equal(list->column, 8);
	assert_int_equal(list->items[1].column, 12);
}

/* Each text is refused with these words at this place. */
static void refuses_what_is_no_plain_document(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int line, column;
		const char *says;
	} cases[] = {
		{"",                  1, 1, "empty"             },
		{"# nothing\n",       1, 1, "empty"             },
		{"a: [1\n",           2, 1, "no YAML"           },
		{"a: 1\n---\nb: 2\n", 2, 1, "second document"   },
		{"a: *b\n",           1, 4, "alias"             },
		{"a: &a [*a]\n",      1, 8, "alias"             },
		{"a: !odd 1\n",       1, 4, "tag"               },
		{"a: !!int x\n",      1, 4, "tag"               },
		{"? [a]\n: 1\n",      1, 3, "string as key"     },
		{"a: \x01\n",         1, 4, "control characters"},
		{"a: \xff\n",         1, 4, "UTF-8"             },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct presc_report report = {.arena = &arena};
		struct tree tree;
		assert_false(read_text(str_from(cases[i].text), &arena, &report, &tree));
		assert_int_equal(report.faults.list.n, 1);
		const struct presc_fault *fault = &report.faults.list.p[0];
		if (str_find(fault->message, str_from(cases[i].says)) < 0 ||
			fault->line != cases[i].line || fault->column != cases[i].column) {
			fail_msg("'%s': %d:%d: " STR_FMT, cases[i].text, fault->line, fault->column,
				STR_ARG(fault->message));
		}
	}
}

/* Reading goes on after these, so that a file is mended in one go. */
static void reports_every_wrong_key(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct presc_report report = {.arena = &arena};
	struct tree tree;
	assert_true(read_text(S("a: 1\nb: 2\na: 3\n1: x\n<<: 7\nb: 4\n"), &arena, &report, &tree));
	assert_int_equal(report.faults.list.n, 4);
	assert_int_equal(tree.n, 2);
	assert_int_equal(tree_get(&tree, S("a"))->integer, 1);
}

static void finds_a_key_that_stands_twice_among_many(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(buf_done) struct buf text = {0};
	struct presc_report report = {.arena = &arena};
	struct tree tree;
	for (int i = 0; i < 5000; i++) {
		buf_addf(&text, "k%d: 1\n", i == 4000 ? 7 : i);
	}
	assert_true(read_text(buf_str(&text), &arena, &report, &tree));
	assert_int_equal(report.faults.list.n, 1);
	assert_int_equal(report.faults.list.p[0].line, 4001);
	assert_int_equal(tree.n, 4999);
}

static void understands_aliases_and_counts_what_they_stand_for(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(buf_done) struct buf bomb = {0};
	struct presc_report report = {.arena = &arena};
	struct tree tree;
	assert_true(read_text(S("a: &x [1, 2]\nb: *x\n"), &arena, &report, &tree));
	assert_int_equal(tree_get(&tree, S("b"))->n, 2);

	buf_add(&bomb, S("a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9]\n"));
	for (int i = 1; i < 12; i++) {
		buf_addf(&bomb, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i,
			i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
	}
	assert_false(read_text(buf_str(&bomb), &arena, &report, &tree));
	assert_true(str_find(report.faults.list.p[0].message, S("more than")) >= 0);
}

static void merges_what_a_merge_key_names(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct presc_report report = {.arena = &arena};
	struct tree tree;
	assert_true(read_text(S("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\n"
				"c: {<<: [*a, {z: 4, x: 9}]}\nd: {'<<': 5}\n"),
		&arena, &report, &tree));
	AUTO(buf_done) struct buf json = {0};
	tree_put_json(&tree, &json);
	assert_str(buf_str(&json), S("{\"a\":{\"x\":1,\"y\":2},\"b\":{\"x\":1,\"y\":3},"
				     "\"c\":{\"x\":1,\"y\":2,\"z\":4},\"d\":{\"<<\":5}}"));
	assert_int_equal(report.faults.list.n, 0);
}

static void refuses_depth_and_size_beyond_the_limits(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(buf_done) struct buf deep = {0};
	struct presc_report report = {.arena = &arena};
	struct tree tree;
	for (int i = 0; i < 200; i++) {
		buf_byte(&deep, '[');
	}
	assert_false(read_text(buf_str(&deep), &arena, &report, &tree));
	assert_true(str_find(report.faults.list.p[0].message, S("inside each other")) >= 0);

	char *large = calloc(1, TREE_MAX + 1);
	assert_non_null(large);
	memset(large, ' ', TREE_MAX + 1);
	assert_false(read_text((struct str){large, TREE_MAX + 1}, &arena, &report, &tree));
	assert_true(str_find(report.faults.list.p[1].message, S("16 MiB")) >= 0);
	free(large);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_the_types_of_plain_scalars),
		cmocka_unit_test(says_where_values_and_keys_stand),
		cmocka_unit_test(refuses_what_is_no_plain_document),
		cmocka_unit_test(reports_every_wrong_key),
		cmocka_unit_test(finds_a_key_that_stands_twice_among_many),
		cmocka_unit_test(understands_aliases_and_counts_what_they_stand_for),
		cmocka_unit_test(merges_what_a_merge_key_names),
		cmocka_unit_test(refuses_depth_and_size_beyond_the_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
