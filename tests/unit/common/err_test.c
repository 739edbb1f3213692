#include "unit/test.h"
#include "common/err.h"
#include "common/banned.h"

static void shows_where_what_and_one_thing_to_do(void **state)
{
	(void)state;
	static const struct {
		const char *input;
		int cell, line, column;
		const char *hint, *shown;
	} cases[] = {
		{"a.ipynb", 3, 2, 5, "write ==",
                 "thoth: a.ipynb: cell 3, line 2, column 5: bad 'x'\n  hint: write ==\n"},
		{"a.ipynb", 0, 2, 0, "",         "thoth: a.ipynb: line 2: bad 'x'\n"    },
		{"",        3, 0, 0, "",         "thoth: cell 3: bad 'x'\n"             },
		{"",        0, 0, 0, "",         "thoth: bad 'x'\n"                     },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct err err = {0};
		AUTO(buf_done) struct buf out = {0};
		if (cases[i].hint[0] != '\0') {
			err_hint(&err, "%s", cases[i].hint);
		}
		assert_false(err_set(&err, ERR_INPUT, "bad '%s'", "x"));
		err_in(&err, str_from(cases[i].input));
		err_in(&err, S("a later caller does not win"));
		if (cases[i].input[0] == '\0') {
			err.input[0] = '\0';
		}
		err.cell = cases[i].cell;
		err.line = cases[i].line;
		err.column = cases[i].column;
		err_show(&err, &out);
		assert_str(buf_str(&out), str_from(cases[i].shown));
		assert_non_null(strstr(err.source_file, "err_test.c"));
	}
}

static void callers_say_where_they_were(void **state)
{
	(void)state;
	struct err err = {0};
	err_set(&err, ERR_INPUT, "expected '=='");
	assert_false(err_prefix(&err, "lock of '%s'", "a.ipynb"));
	assert_string_equal(err.message, "lock of 'a.ipynb': expected '=='");
}

static void escapes_and_cuts_text_from_outside(void **state)
{
	(void)state;
	struct err err = {0};
	err_set(&err, ERR_INPUT, "got '%s'", "\x1b[2J\xff");
	assert_string_equal(err.message, "got '\\x1b[2J\\xff'");
	AUTO(arena_done) struct arena arena = {0};
	char *big = arena_alloc(&arena, 9001, 1);
	for (size_t i = 0; i < 3000; i++) {
		memcpy(big + 3 * i, "\xe2\x82\xac", 3); /* a three-byte character */
	}
	for (size_t shift = 0; shift < 3; shift++) {
		err_set(&err, ERR_INPUT, "%s", big + 3 * shift);
		assert_true(str_is_utf8(str_from(err.message)));
		assert_true(strlen(err.message) > sizeof(err.message) - 4);
		err_prefix(&err, "%.*s", (int)shift, "xy");
		assert_true(str_is_utf8(str_from(err.message)));
		err.input[0] = '\0';
		err_in(&err, (struct str){big, 9000});
		assert_true(str_is_utf8(str_from(err.input)));
	}
}

static void every_kind_has_a_name_and_an_exit_code(void **state)
{
	(void)state;
	static const struct {
		enum err_kind kind;
		const char *name;
		int code;
	} cases[] = {
		{ERR_NONE,        "none",          0  },
		{ERR_USAGE,       "usage",         2  },
		{ERR_INPUT,       "input",         3  },
		{ERR_LIMIT,       "input",         3  },
		{ERR_UNSAT,       "unsatisfiable", 4  },
		{ERR_NETWORK,     "network",       5  },
		{ERR_ENVIRONMENT, "environment",   6  },
		{ERR_INTERRUPTED, "interrupted",   130},
		{ERR_INTERNAL,    "internal",      6  },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		assert_string_equal(err_kind_name(cases[i].kind), cases[i].name);
		assert_int_equal(err_exit_code(cases[i].kind), cases[i].code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_where_what_and_one_thing_to_do),
		cmocka_unit_test(callers_say_where_they_were),
		cmocka_unit_test(escapes_and_cuts_text_from_outside),
		cmocka_unit_test(every_kind_has_a_name_and_an_exit_code),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
