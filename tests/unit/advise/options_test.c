#include "unit/test.h"
#include "advise/options.h"
#include "common/banned.h"

struct parsed {
	struct arena arena;
	struct advise_options options;
	struct err err;
	bool fine;
};

/* Split at blanks and parse. */
static void parse(struct parsed *parsed, const char *line, bool in_cell)
{
	struct str words[32];
	size_t n = 0;
	for (struct str rest = str_from(line); rest.n > 0;) {
		struct str word = rest;
		struct str after = S("");
		str_cut(rest, S(" "), &word, &after);
		words[n++] = word;
		rest = after;
	}
	parsed->fine = advise_options_parse(
		words, n, in_cell, &parsed->arena, &parsed->options, &parsed->err);
}

static void parsed_done(struct parsed *parsed)
{
	arena_done(&parsed->arena);
}

static void reads_options_in_any_place(void **state)
{
	(void)state;
	AUTO(parsed_done) struct parsed p = {0};
	parse(&p, "a.ipynb --offline -qv --python-version=3.11 --platform linux b.ipynb", false);
	assert_true(p.fine);
	assert_int_equal(p.options.words.n, 2);
	assert_str(p.options.words.items[1], S("b.ipynb"));
	assert_true(p.options.offline && p.options.quiet);
	assert_int_equal(p.options.verbose, 1);
	assert_str(p.options.python_version, S("3.11"));
	assert_str(p.options.platform, S("linux"));
	assert_str(p.options.recommendation_type, S("stable"));
}

static void upgrade_takes_names_but_no_paths(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		size_t n_names, n_words;
	} cases[] = {
		{"a.ipynb --upgrade",               0, 1},
		{"--upgrade a.ipynb",               0, 1},
		{"a.ipynb --upgrade numpy pandas",  2, 1},
		{"--upgrade numpy a.ipynb",         1, 1},
		{"a.ipynb --upgrade=numpy other",   1, 2},
		{"--upgrade numpy --offline other", 1, 1},
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(parsed_done) struct parsed p = {0};
		parse(&p, cases[i].line, false);
		assert_true(p.fine && p.options.upgrade);
		assert_int_equal(p.options.upgrade_names.n, cases[i].n_names);
		assert_int_equal(p.options.words.n, cases[i].n_words);
	}
}

static void refuses_with_the_option_named(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		bool in_cell;
		const char *message;
	} cases[] = {
		{"--nonsense",                    false, "unknown option '--nonsense'"         },
		{"-Z",			    false, "unknown option '-Z'"                 },
		{"--index-url",                   false, "--index-url wants a URL"             },
		{"--offline=1",                   false, "--offline takes no value"            },
		{"--format csv",                  false, "--format does not know 'csv'"        },
		{"--recommendation-type fastest", false, "does not know 'fastest'"             },
		{"--index-url https://x/",        true,  "--index-url is not taken from a cell"},
		{"--extra-index-url=https://x/",  true,  "not taken from a cell"               },
		{"-i https://x/",                 true,  "not taken from a cell"               },
		{"--notebook-trust ask",          true,  "not taken from a cell"               },
		{"--cache-dir /x",                true,  "not taken from a cell"               },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(parsed_done) struct parsed p = {0};
		parse(&p, cases[i].line, cases[i].in_cell);
		assert_false(p.fine);
		assert_int_equal(p.err.kind, ERR_USAGE);
		assert_non_null(strstr(p.err.message, cases[i].message));
	}
}

static void variables_come_before_arguments(void **state)
{
	(void)state;
	setenv("THOTH_PYTHON_VERSION", "3.9", 1);
	setenv("THOTH_OFFLINE", "1", 1);
	setenv("THOTH_REFRESH", "0", 1);
	setenv("THOTH_EXTRA_INDEX_URL", "https://a.example https://b.example", 1);
	AUTO(parsed_done) struct parsed from_variables = {0};
	AUTO(parsed_done) struct parsed from_both = {0};
	parse(&from_variables, "nb.ipynb", true);
	parse(&from_both, "nb.ipynb --python-version 3.12", false);
	unsetenv("THOTH_PYTHON_VERSION");
	unsetenv("THOTH_OFFLINE");
	unsetenv("THOTH_REFRESH");
	unsetenv("THOTH_EXTRA_INDEX_URL");
	assert_true(from_variables.fine && from_both.fine);
	assert_str(from_variables.options.python_version, S("3.9"));
	assert_true(from_variables.options.offline);
	assert_false(from_variables.options.refresh);
	assert_int_equal(from_variables.options.extra_index_urls.n, 2);
	assert_str(from_both.options.python_version, S("3.12"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_options_in_any_place),
		cmocka_unit_test(upgrade_takes_names_but_no_paths),
		cmocka_unit_test(refuses_with_the_option_named),
		cmocka_unit_test(variables_come_before_arguments),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
