#include "unit/test.h"
#include "notebook_meta/notebook_meta.h"

static struct str document(struct arena *arena, const char *metadata, const char *rest)
{
	return arena_printf(arena, "{\"cells\": [], \"metadata\": %s, %s}", metadata, rest);
}

static void reads_cells_kernel_and_language(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(nb_done) struct notebook nb = {0};
	struct err err = {0};
	struct str text =
		S("{\"nbformat\": 4, \"cells\": [\n"
		  "{\"source\": [\"a\\n\", \"b = '\\u00e9'\"], \"cell_type\": \"code\", \"id\": "
		  "\"x1\"},\n"
		  "{\"cell_type\": \"markdown\", \"source\": \"# t\", \"metadata\": {\"a\": [1, "
		  "{}]}},\n"
		  "{\"cell_type\": \"raw\", \"source\": []}, 7,\n"
		  "{\"cell_type\": \"heading\"}],\n"
		  "\"metadata\": {\"kernelspec\": {\"name\": \"k\", \"language\": \"Python\"},\n"
		  "\"language_info\": {\"name\": \"python\", \"version\": \"3.11.7\"}},\n"
		  "\"nbformat_minor\": 5}");
	assert_ok(nb_parse(S("n.ipynb"), text, &arena, &nb, &err), err);
	assert_int_equal(nb.n_cells, 5);
	assert_int_equal(nb.cells[0].type, NB_CELL_CODE);
	assert_str(nb.cells[0].id, S("x1"));
	assert_str(nb.cells[0].source, S("a\nb = 'é'"));
	assert_int_equal(nb.cells[1].type, NB_CELL_MARKDOWN);
	assert_str(nb.cells[1].source, S("# t"));
	assert_int_equal(nb.cells[2].type, NB_CELL_RAW);
	assert_str(nb.cells[2].source, S(""));
	assert_int_equal(nb.cells[3].type, NB_CELL_OTHER);
	assert_int_equal(nb.cells[4].type, NB_CELL_OTHER);
	assert_int_equal(nb.cells[4].index, 4);
	assert_str(nb.language, S("python"));
	assert_str(nb.language_version, S("3.11.7"));
	assert_str(nb.kernel_name, S("k"));
	assert_int_equal(nb.nbformat, 4);
	assert_int_equal(nb.nbformat_minor, 5);
	assert_true(nb_is_python(&nb));
}

static void tells_python_from_other_languages(void **state)
{
	(void)state;
	static const struct {
		const char *metadata;
		bool python;
	} cases[] = {
		{"{}",							     true },
		{"{\"kernelspec\": {\"language\": \"PYTHON\"}}",                   true },
		{"{\"language_info\": {\"name\": \"python\"}}",                    true },
		{"{\"language_info\": {\"name\": \"R\"}}",                         false},
		{"{\"kernelspec\": {\"language\": \"bash\", \"name\": \"bash\"}}", false},
		{"{\"kernelspec\": {\"language\": 3}, \"language_info\": []}",     true },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		AUTO(nb_done) struct notebook nb = {0};
		struct err err = {0};
		struct str text = document(&arena, cases[i].metadata, "\"nbformat\": 4");
		assert_ok(nb_parse(S("n"), text, &arena, &nb, &err), err);
		assert_int_equal(nb_is_python(&nb), cases[i].python);
	}
}

/* What must be refused, and a word of the message. */
static void refuses_what_it_cannot_edit_safely(void **state)
{
	(void)state;
	static const struct {
		const char *text, *word;
	} cases[] = {
		{"",								"cut off"                           },
		{"not json",							"expected an object"                },
		{"[]",							      "expected an object"                },
		{"{\"nbformat\": 4, \"metadata\": {}} x",                           "unexpected text after the end"     },
		{"{\"nbformat\": 4, \"metadata\": {}",                              "cut off"                           },
		{"{\"nbformat\": 4, \"metadata\": {},}",                            "unexpected comma"                  },
		{"{\"metadata\": {}}",					      "not a notebook"                    },
		{"{\"nbformat\": 3, \"worksheets\": []}",                           "format 3 is too old"               },
		{"{\"nbformat\": 3, \"metadata\": {}}",                             "format 3 is too old"               },
		{"{\"nbformat\": 5, \"metadata\": {}}",                             "format 5 is not known"             },
		{"{\"nbformat\": \"4\", \"metadata\": {}}",                         "expected a small number"           },
		{"{\"nbformat\": 4.0, \"metadata\": {}}",                           "expected a small number"           },
		{"{\"nbformat\": 4}",					       "no \"metadata\""                   },
		{"{\"nbformat\": 4, \"metadata\": []}",                             "expected an object as \"metadata\""},
		{"{\"nbformat\": 4, \"metadata\": {}, \"metadata\": {}}",           "stands twice"                      },
		{"{\"nbformat\": 4, \"met\\u0061data\": {}}",                       "spelt with escapes"                },
		{"{\"nbformat\": 4, \"metadata\": {}, \"met\\u0061data\": {}}",
                 "spelt with escapes"										   },
		{"{\"nbformat\": 4, \"metadata\": {\"thoth\": 1}}",
                 "expected an object as metadata.thoth"								 },
		{"{\"nbformat\": 4, \"metadata\": {\"thoth\": {}, \"thoth\": {}}}",
                 "expected one \"thoth\""									       },
		{"{\"nbformat\": 4, \"metadata\": {\"t\\u0068oth\": {}}}",          "spelt plainly"                     },
		{"{\"nbformat\": 4, \"metadata\": {\"thoth\": {\"version\": 2}}}",  "newer thoth"                       },
		{"{\"nbformat\": 4, \"metadata\": {\"thoth\": {\"a\": 1e999}}}",    "cannot be read"                    },
		{"{\"nbformat\": 4, \"metadata\": {}, \"cells\": {}}",
                 "expected a list as \"cells\""									 },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct notebook nb = {0};
		struct err err = {0};
		assert_false(nb_parse(S("n.ipynb"), str_from(cases[i].text), &arena, &nb, &err));
		assert_int_equal(err.kind, ERR_INPUT);
		assert_string_equal(err.input, "n.ipynb");
		if (str_find(str_from(err.message), str_from(cases[i].word)) < 0) {
			fail_msg("'%s' gave '%s'", cases[i].text, err.message);
		}
		assert_null(nb.metadata);
	}
}

static void says_line_and_column(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct notebook nb = {0};
	struct err err = {0};
	struct str text = S("{\n \"nbformat\": 4,\n \"metadata\": []\n}");
	assert_false(nb_parse(S("n.ipynb"), text, &arena, &nb, &err));
	assert_int_equal(err.line, 3);
	assert_int_equal(err.column, 14);
}

static void refuses_deep_nesting(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(buf_done) struct buf text = {0};
	struct notebook nb = {0};
	struct err err = {0};
	buf_add(&text, S("{\"nbformat\": 4, \"metadata\": {}, \"cells\": "));
	for (int i = 0; i < 10001; i++) {
		buf_byte(&text, '[');
	}
	assert_false(nb_parse(S("n"), buf_str(&text), &arena, &nb, &err));
	assert_non_null(strstr(err.message, "nested too deeply"));
}

static void a_cut_notebook_is_refused_at_every_byte(void **state)
{
	(void)state;
	static const char text[] =
		"\xef\xbb\xbf{\"cells\": [{\"cell_type\": \"code\", \"source\": [\"a\\n\", "
		"\"b\"]}],\n"
		" \"metadata\": {\"a\": {\"b\": [1, NaN]}, \"thoth\": {\"version\": 1}},\n"
		" \"nbformat\": 4, \"nbformat_minor\": 5}";
	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		AUTO(arena_done) struct arena arena = {0};
		struct notebook nb = {0};
		struct err err = {0};
		char *copy = malloc(n + 1); /* exact size, so that the sanitizer sees an overrun */
		assert_non_null(copy);
		memcpy(copy, text, n);
		assert_false(nb_parse(S("n"), (struct str){copy, n}, &arena, &nb, &err));
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_cells_kernel_and_language),
		cmocka_unit_test(tells_python_from_other_languages),
		cmocka_unit_test(refuses_what_it_cannot_edit_safely),
		cmocka_unit_test(says_line_and_column),
		cmocka_unit_test(refuses_deep_nesting),
		cmocka_unit_test(a_cut_notebook_is_refused_at_every_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
