#include "unit/test.h"
#include "notebook_meta/notebook_meta.h"

/* A source as it stands in a file, lines to replace by "X", and what then stands there. */
static void every_other_byte_of_a_source_stays(void **state)
{
	(void)state;
	static const struct {
		const char *source;
		int first, last;
		const char *after;
	} cases[] = {
		{"\"a\\nb\\nc\"",                                 2, 2, "\"a\\nX\\nc\""                  },
		{"\"a\"",					 1, 1, "\"X\""                          },
		{"\"a\\n\"",				      1, 1, "\"X\\n\""                       },
		{"\"a\\r\\nb\\rc\\n\"",                           2, 2, "\"a\\r\\nX\\rc\\n\""            },
		{"\"a\\r\\nb\\r\\nc\"",                           1, 2, "\"X\\r\\nc\""                   },
		{"\"\\u00e9\\u000ab\\u000D\\\\n\"",               2, 2, "\"\\u00e9\\u000aX\\u000D\\\\n\""},
		{"[ \"a\\n\" ,\n  \"b\\n\",\n \"c\" ]",           2, 2,
                 "[ \"a\\n\" ,\n  \"X\\n\",\n \"c\" ]"                                                   },
		{"[\"a\\n\",\n \"b\\\\\\n\",\n \"c\\n\", \"d\"]", 2, 3,
                 "[\"a\\n\",\n \"X\\n\", \"d\"]"							 },
		{"[\"a\", \"b\\nc\", \"d\\ne\"]",                 2, 2, "[\"a\", \"b\\nX\\ne\"]"         },
		{"[\"a\\r\", \"\\nb\\n\"]",                       2, 2, "[\"a\\r\", \"\\nX\\n\"]"        },
		{"[\"a\\\"\\n\", \"\", \"b\"]",                   2, 2, "[\"a\\\"\\n\", \"\", \"X\"]"    },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		AUTO(nb_done) struct notebook nb = {0};
		struct err err = {0};
		struct str ret;
		static const char around[] =
			"{\"cells\": [{\"cell_type\": \"raw\", \"source\": \"r\"},\n"
			"{\"source\": %s, \"cell_type\": \"code\"}], \"metadata\": {},"
			" \"nbformat\": 4}\n";
		struct str before = arena_printf(&arena, around, cases[i].source);
		struct str after = arena_printf(&arena, around, cases[i].after);
		struct nb_line_edit edit = {1, cases[i].first, cases[i].last, S("X")};
		assert_ok(nb_parse(S("n"), before, &arena, &nb, &err), err);
		assert_ok(nb_edit_lines(&nb, &edit, 1, &arena, &ret, &err), err);
		assert_str(ret, after);
	}
}

static void new_text_is_escaped_and_several_lines_change(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(nb_done) struct notebook nb = {0};
	struct err err = {0};
	struct str ret;
	const struct nb_line_edit edits[] = {
		{0, 1, 1, S("q\"\\")},
		{0, 3, 3, S("")     },
	};
	assert_ok(nb_parse(S("n"),
			  S("{\"cells\":[{\"cell_type\":\"code\",\"source\":[\"a\\n\",\"b\\n\","
			    "\"c\"]}],"
			    "\"metadata\":{},\"nbformat\":4}"),
			  &arena, &nb, &err),
		err);
	assert_ok(nb_edit_lines(&nb, edits, 2, &arena, &ret, &err), err);
	assert_str(
		ret, S("{\"cells\":[{\"cell_type\":\"code\",\"source\":[\"q\\\"\\\\\\n\",\"b\\n\","
		       "\"\"]}],\"metadata\":{},\"nbformat\":4}"));
}

static void lines_that_are_not_there_are_refused(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(nb_done) struct notebook nb = {0};
	struct err err = {0};
	struct str ret = S("untouched");
	const struct nb_line_edit edits[] = {
		{0, 9, 9, S("x")},
		{7, 1, 1, S("x")},
	};
	assert_ok(nb_parse(S("n"),
			  S("{\"cells\":[{\"cell_type\":\"code\",\"source\":\"a\"}],"
			    "\"metadata\":{},\"nbformat\":4}"),
			  &arena, &nb, &err),
		err);
	for (size_t i = 0; i < N_OF(edits); i++) {
		assert_false(nb_edit_lines(&nb, &edits[i], 1, &arena, &ret, &err));
		assert_str(ret, S("untouched"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_other_byte_of_a_source_stays),
		cmocka_unit_test(new_text_is_escaped_and_several_lines_change),
		cmocka_unit_test(lines_that_are_not_there_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
