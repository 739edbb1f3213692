#include "unit/test.h"
#include "advise/options.h"
#include "common/banned.h"

struct parsed {
	struct arena arena;
	struct advise_options options;
	struct err err;
	bool fine;
};

/* Split at blanks and parse as the words after the command's name. */
static void parse_as(
	enum advise_command command, struct parsed *parsed, const char *line, bool in_cell)
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
		command, words, n, in_cell, &parsed->arena, &parsed->options, &parsed->err);
}

static void parse(struct parsed *parsed, const char *line, bool in_cell)
{
	parse_as(ADVISE_LOCK, parsed, line, in_cell);
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
	assert_str(p.options.python_versions.items[0], S("3.11"));
	assert_str(p.options.platforms.items[0], S("linux"));
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
		{"--nonsense",                    false, "unknown option '--nonsense' for 'thoth lock'"},
		{"-Z",			    false, "unknown option '-Z' for 'thoth lock'"        },
		{"--index-url",                   false, "--index-url wants a URL"                     },
		{"--offline=1",                   false, "--offline takes no value"                    },
		{"--format csv",                  false, "--format does not know 'csv'"                },
		{"--recommendation-type fastest", false, "does not know 'fastest'"                     },
		{"--index-url https://x/",        true,  "--index-url is not taken from a cell"        },
		{"--extra-index-url=https://x/",  true,  "not taken from a cell"                       },
		{"--index=gpu=https://x/",        true,  "not taken from a cell"                       },
		{"--no-binary :all:",             true,  "not taken from a cell"                       },
		{"--allow-build x",               true,  "not taken from a cell"                       },
		{"-i https://x/",                 true,  "not taken from a cell"                       },
		{"--notebook-trust ask",          true,  "not taken from a cell"                       },
		{"--cache-dir /x",                true,  "not taken from a cell"                       },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(parsed_done) struct parsed p = {0};
		parse(&p, cases[i].line, cases[i].in_cell);
		assert_false(p.fine);
		assert_int_equal(p.err.kind, ERR_USAGE);
		assert_non_null(strstr(p.err.message, cases[i].message));
	}
}

static void each_command_refuses_the_options_of_others(void **state)
{
	(void)state;
	static const struct {
		enum advise_command command;
		const char *line;
		bool in_cell;
		const char *message; /* NULL: it is known */
	} cases[] = {
		{ADVISE_SHOW,   "--format pylock",                       false, NULL                                          },
		{ADVISE_WHY,    "--format pylock",                       false, "unknown option '--format' for 'thoth why'"   },
		{ADVISE_SHOW,   "--upgrade",                             false, "unknown option '--upgrade' for 'thoth show'" },
		{ADVISE_SHOW,   "--upgrade",                             true,  "unknown option '--upgrade' for '%thoth show'"},
		{ADVISE_SHOW,   "--as-of=2024-01-01",                    false, NULL                                          },
		{ADVISE_ADD,    "--dev --lock --upgrade -r a.txt",       false, NULL                                          },
		{ADVISE_REMOVE, "--lock",                                true,  NULL                                          },
		{ADVISE_REMOVE, "--dev",                                 false, "unknown option '--dev' for 'thoth remove'"   },
		{ADVISE_LOCK,   "--lock",                                false, "unknown option '--lock' for 'thoth lock'"    },
		{ADVISE_LOCK,   "-r a.txt",                              false, "unknown option '-r' for 'thoth lock'"        },
		{ADVISE_ADOPT,  "--dry-run -q",                          false, NULL                                          },
		{ADVISE_ADOPT,  "--check",                               false, "unknown option '--check' for 'thoth adopt'"  },
		{ADVISE_ADOPT,  "--offline --cache-dir /x -v",           false, NULL                                          },
		{ADVISE_LOCK,   "--force --notebook-trust never --json", false, NULL                                          },
		{ADVISE_LOCK,   "--dry-run --json",                      true,  NULL                                          },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(parsed_done) struct parsed p = {0};
		parse_as(cases[i].command, &p, cases[i].line, cases[i].in_cell);
		assert_int_equal(p.fine, cases[i].message == NULL);
		if (cases[i].message != NULL) {
			assert_int_equal(p.err.kind, ERR_USAGE);
			assert_string_equal(p.err.message, cases[i].message);
			assert_non_null(strstr(p.err.hint, "--help' lists its options"));
		}
	}
}

static void help_lists_what_the_command_heeds(void **state)
{
	(void)state;
	static const struct {
		enum advise_command command;
		bool in_cell;
		const char *option;
		bool listed;
	} cases[] = {
		{ADVISE_LOCK,  false, "--upgrade [NAME...]", true },
		{ADVISE_LOCK,  false, "-i, --index-url URL", true },
		{ADVISE_LOCK,  true,  "--index-url",         false},
		{ADVISE_LOCK,  true,  "--upgrade",           true },
		{ADVISE_LOCK,  true,  "--json",              false},
		{ADVISE_LOCK,  false, "--dev",               true },
		{ADVISE_LOCK,  false, "--force",             true },
		{ADVISE_ADD,   false, "--force",             false}, /* has no effect there */
		{ADVISE_ADD,   false, "--dev",               true },
		{ADVISE_SHOW,  false, "--format NAME",       true },
		{ADVISE_SHOW,  false, "--check",             false},
		{ADVISE_ADOPT, false, "--dry-run",           true },
		{ADVISE_ADOPT, false, "--format",            false},
		{ADVISE_ADOPT, false, "--offline",           false},
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(buf_done) struct buf out = {0};
		advise_options_help(cases[i].command, cases[i].in_cell, &out);
		buf_byte(&out, '\0');
		assert_int_equal(strstr(out.p, cases[i].option) != NULL, cases[i].listed);
	}
}

static void a_refusal_in_a_cell_names_the_variable(void **state)
{
	(void)state;
	AUTO(parsed_done) struct parsed p = {0};
	parse(&p, "-i https://x/", true);
	assert_false(p.fine);
	assert_non_null(strstr(p.err.hint, "set THOTH_INDEX_URL before"));
}

static void a_variable_of_another_command_is_passed_by(void **state)
{
	(void)state;
	setenv("THOTH_FORMAT", "pylock", 1);
	AUTO(parsed_done) struct parsed why = {0};
	AUTO(parsed_done) struct parsed show = {0};
	parse_as(ADVISE_WHY, &why, "nb.ipynb numpy", false);
	parse_as(ADVISE_SHOW, &show, "nb.ipynb", false);
	unsetenv("THOTH_FORMAT");
	assert_true(why.fine && show.fine);
	assert_int_equal(why.options.format, ADVISE_TEXT);
	assert_int_equal(show.options.format, ADVISE_PYLOCK);
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
	assert_str(from_variables.options.python_versions.items[0], S("3.9"));
	assert_true(from_variables.options.offline);
	assert_false(from_variables.options.refresh);
	assert_int_equal(from_variables.options.extra_index_urls.n, 2);
	assert_str(from_both.options.python_versions.items[0], S("3.12"));
}

static void targets_of_arguments_replace_those_of_variables(void **state)
{
	(void)state;
	AUTO(parsed_done) struct parsed both = {0};
	AUTO(parsed_done) struct parsed universal = {0};
	AUTO(parsed_done) struct parsed list = {0};
	setenv("THOTH_PLATFORM", "linux macos", 1);
	parse(&both, "a.txt --platform windows --platform=macos --python-version 3.12", false);
	parse(&universal, "a.txt --universal --python-version 3.11", false);
	setenv("THOTH_UNIVERSAL", "1", 1);
	parse(&list, "a.txt --environment cp311-windows_amd64", false);
	unsetenv("THOTH_PLATFORM");
	unsetenv("THOTH_UNIVERSAL");
	assert_true(both.fine && universal.fine && list.fine);
	assert_int_equal(both.options.platforms.n, 2);
	assert_str(both.options.platforms.items[0], S("windows"));
	assert_true(universal.options.universal);
	assert_int_equal(universal.options.platforms.n, 0);
	assert_false(list.options.universal);
	assert_int_equal(list.options.environments.n, 1);
}

static void universal_wants_no_other_targets(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"a.txt --universal --platform linux",
		"a.txt --environment cp311-windows_amd64 --universal",
		"a.txt --universal --python-version 3.11 --python-version 3.12",
	};
	for (size_t i = 0; i < N_OF(lines); i++) {
		AUTO(parsed_done) struct parsed p = {0};
		parse(&p, lines[i], false);
		assert_false(p.fine);
		assert_int_equal(p.err.kind, ERR_USAGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_options_in_any_place),
		cmocka_unit_test(upgrade_takes_names_but_no_paths),
		cmocka_unit_test(refuses_with_the_option_named),
		cmocka_unit_test(each_command_refuses_the_options_of_others),
		cmocka_unit_test(help_lists_what_the_command_heeds),
		cmocka_unit_test(a_refusal_in_a_cell_names_the_variable),
		cmocka_unit_test(variables_come_before_arguments),
		cmocka_unit_test(a_variable_of_another_command_is_passed_by),
		cmocka_unit_test(targets_of_arguments_replace_those_of_variables),
		cmocka_unit_test(universal_wants_no_other_targets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
