#include "unit/test.h"
#include "packaging/marker.h"
#include "common/banned.h"

static enum marker_result on(const char *python, const char *platform, const char *marker,
	const struct str *extras, size_t n_extras)
{
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct environment environment;
	const struct marker *read;
	assert_ok(environment_describe(
			  str_from(python), str_from(platform), &arena, &environment, &err),
		err);
	assert_ok(marker_parse(str_from(marker), &arena, &read, &err), err);
	return marker_evaluate(read, &environment, extras, n_extras);
}

static void decides_on_a_machine(void **state)
{
	(void)state;
	static const struct {
		const char *marker, *python, *platform;
		enum marker_result result;
	} cases[] = {
		{"python_version >= '3.9'",                               "3.10",      "linux",   MARKER_TRUE },
		{"'3.9' <= python_version",                               "3.10",      "linux",   MARKER_TRUE },
		{"python_version == '3.11.*'",                            "3.11.4",    "linux",   MARKER_TRUE },
		{"python_version in '2.7, 3.11'",                         "3.11",      "linux",   MARKER_TRUE },
		{"python_full_version >= '3.13'",                         "3.13.0rc1", "linux",   MARKER_FALSE},
		{"python_full_version < '3.13'",                          "3.13.0rc1", "linux",   MARKER_FALSE},
		{"python_full_version == '3.13.*'",                       "3.13.0rc1", "linux",   MARKER_TRUE },
		{"python_version >= '3.13'",                              "3.13.0rc1", "linux",   MARKER_TRUE },
		{"sys_platform == 'win32'",                               "3.11",      "windows", MARKER_TRUE },
		{"os.name == 'nt'",				       "3.11",      "windows", MARKER_TRUE },
		{"platform_system >= 'Darwin'",                           "3.11",      "macos",   MARKER_TRUE },
		{"platform_system > 'A'",                                 "3.11",      "macos",   MARKER_FALSE},
		{"platform_machine not in 'x86_64 amd64'",                "3.11",      "macos",   MARKER_TRUE },
		{"python_implementation == 'CPython'",                    "3.11",      "macos",   MARKER_TRUE },
		{"platform_system ~= 'Linux'",                            "3.11",      "linux",   MARKER_ERROR},
		{"os_name == 'posix' or os_name ~= '1'",                  "3.11",      "linux",   MARKER_ERROR},
		{"'posix' == 'nothing'",                                  "3.11",      "linux",   MARKER_ERROR},
		{"'x' in extras",					 "3.11",      "linux",   MARKER_ERROR},
		{"os_name=='nt' and os_name=='nt' or os_name=='posix'",   "3.11",      "linux",
                 MARKER_TRUE										  },
		{"os_name=='nt' and (os_name=='nt' or os_name=='posix')", "3.11",      "linux",
                 MARKER_FALSE										 },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		if (on(cases[i].python, cases[i].platform, cases[i].marker, NULL, 0) !=
			cases[i].result) {
			fail_msg("%s on %s", cases[i].marker, cases[i].python);
		}
	}
}

static void extras_count_all_at_once(void **state)
{
	(void)state;
	static const struct str both[] = {STR_INIT("docs"), STR_INIT("foo-bar")};
	static const struct {
		const char *marker;
		enum marker_result with, without;
	} cases[] = {
		{"extra == 'docs' and extra == 'Foo_Bar'", MARKER_TRUE,  MARKER_FALSE},
		{"'docs' == extra",                        MARKER_TRUE,  MARKER_FALSE},
		{"extra != 'docs'",                        MARKER_FALSE, MARKER_TRUE },
		{"extra != 'other'",                       MARKER_TRUE,  MARKER_TRUE },
		{"extra in 'docs tests'",                  MARKER_TRUE,  MARKER_TRUE },
		{"extra not in 'tests'",                   MARKER_TRUE,  MARKER_FALSE},
		{"extra ~= 'docs'",                        MARKER_ERROR, MARKER_ERROR},
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		const char *marker = cases[i].marker;
		if (on("3.11", "linux", marker, both, 2) != cases[i].with ||
			on("3.11", "linux", marker, NULL, 0) != cases[i].without) {
			fail_msg("%s", marker);
		}
	}
}

static void no_marker_always_holds(void **state)
{
	(void)state;
	assert_int_equal(marker_evaluate(NULL, NULL, NULL, 0), MARKER_TRUE);
	assert_false(marker_uses_extra(NULL));
}

static void prints_one_form(void **state)
{
	(void)state;
	static const struct {
		const char *in, *text, *written;
		bool extra;
	} cases[] = {
		{"os.name==\"nt\"",					     "os_name == 'nt'", "os_name == \"nt\"",                                                false},
		{"((extra == 'A_b'))",					  "extra == 'a-b'",  "extra == \"a-b\"",                                                 true },
		{"(os_name=='a' and os_name=='b') or os_name  not   in \"c'\"",
                 "os_name == 'a' and os_name == 'b' or os_name not in \"c'\"",                     "(os_name == \"a\" and os_name == \"b\") or os_name not in \"c'\"", false},
		{"os_name=='a' and (os_name=='b' or extra=='c')",
                 "os_name == 'a' and (os_name == 'b' or extra == 'c')",			    "os_name == \"a\" and (os_name == \"b\" or extra == \"c\")",        true },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		const struct marker *marker;
		assert_ok(marker_parse(str_from(cases[i].in), &arena, &marker, &err), err);
		assert_str(marker_text(marker, &arena), str_from(cases[i].text));
		assert_str(marker_text_written(marker, &arena), str_from(cases[i].written));
		assert_int_equal(marker_uses_extra(marker), cases[i].extra);
	}
}

static void says_what_was_expected_and_where(void **state)
{
	(void)state;
	static const struct {
		const char *text, *message;
		int column;
	} cases[] = {
		{"",		       "expected a marker variable or a quoted string at the end of the marker", 1 },
		{"os_nam == 'a'",
                 "expected a marker variable or a quoted string at 'os_nam == 'a'' in the "
			"marker",										    1 },
		{"os_name = 'a'",
                 "expected one of <= < != == >= > ~= === in, not in at '= 'a'' in the "
			"marker",										    9 },
		{"os_name == 'a",          "expected a closing quote at ''a' in the marker",                         12},
		{"(os_name == 'a'",        "expected ')' at the end of the marker",                                  16},
		{"os_name == 'a' os_name",
                 "expected 'and', 'or' or the end at 'os_name' in the marker",                                       16},
		{"os_name == '\\x'",
                 "expected a string as Python reads it at ''\\x'' in the marker",                                    12},
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		const struct marker *marker;
		assert_false(marker_parse(str_from(cases[i].text), &arena, &marker, &err));
		assert_string_equal(err.message, cases[i].message);
		assert_int_equal(err.column, cases[i].column);
	}
}

static void deep_nesting_is_refused_not_fatal(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(buf_done) struct buf text = {0};
	struct err err = {0};
	const struct marker *marker;
	for (int i = 0; i < 100000; i++) {
		buf_byte(&text, '(');
	}
	assert_false(marker_parse(buf_str(&text), &arena, &marker, &err));
	assert_int_equal(err.kind, ERR_INPUT);
}

static void finds_the_patch_releases_that_matter(void **state)
{
	(void)state;
	static const struct {
		const char *marker, *python, *patches;
	} cases[] = {
		{"python_full_version >= '3.11.4'",                                   "3.11",   "4"      },
		{"python_full_version < '3.11.4'",                                    "3.11",   "4"      },
		{"python_full_version <= '3.11.4'",                                   "3.11",   "5"      },
		{"python_full_version > '3.11.4'",                                    "3.11",   "5"      },
		{"python_full_version == '3.11.4'",                                   "3.11",   "4 5"    },
		{"python_full_version != '3.11.4'",                                   "3.11",   "4 5"    },
		{"python_full_version <= '3.11'",                                     "3.11",   "1"      },
		{"python_full_version < '3.11'",                                      "3.11",   ""       },
		{"python_full_version == '3.11.*'",                                   "3.11",   ""       },
		{"python_full_version in '3.11.2, 3.11.7'",                           "3.11",   "2 3 7 8"},
		{"python_full_version >= '3.11.4'",                                   "3.12",   ""       },
		{"python_full_version >= '3.11.4'",                                   "3.11.4", ""       },
		{"python_full_version >= '3.11.4rc1'",                                "3.11",   "4"      },
		{"'3.11.4' <= python_full_version",                                   "3.11",   "4"      },
		{"implementation_version >= '3.11.4'",                                "3.11",   "4"      },
		{"python_version >= '3.11.4'",                                        "3.11",   ""       },
		{"python_full_version >= '3.11.4' and sys_platform == 'win32'",       "3.11",   ""       },
		{"python_full_version < '3.11.2' or python_full_version >= '3.11.6'", "3.11",
                 "2 6"										   },
		{"sys_platform == 'linux'",                                           "3.11",   ""       },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		AUTO(buf_done) struct buf found = {0};
		struct err err = {0};
		struct environment environment;
		const struct marker *marker;
		size_t n;
		assert_ok(environment_describe(str_from(cases[i].python), S("manylinux2014_x86_64"),
				  &arena, &environment, &err),
			err);
		assert_ok(marker_parse(str_from(cases[i].marker), &arena, &marker, &err), err);
		const int *patches = marker_patches(marker, &environment, NULL, 0, &arena, &n);
		for (size_t k = 0; k < n; k++) {
			buf_addf(&found, "%s%d", k == 0 ? "" : " ", patches[k]);
		}
		assert_str(buf_str(&found), str_from(cases[i].patches));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decides_on_a_machine),
		cmocka_unit_test(extras_count_all_at_once),
		cmocka_unit_test(no_marker_always_holds),
		cmocka_unit_test(prints_one_form),
		cmocka_unit_test(says_what_was_expected_and_where),
		cmocka_unit_test(deep_nesting_is_refused_not_fatal),
		cmocka_unit_test(finds_the_patch_releases_that_matter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
