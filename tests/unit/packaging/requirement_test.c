#include "unit/test.h"
#include "packaging/requirement.h"
#include "common/banned.h"

static struct str joined(const struct str *texts, size_t n, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	for (size_t i = 0; i < n; i++) {
		buf_addf(&out, "%s" STR_FMT, i == 0 ? "" : ",", STR_ARG(texts[i]));
	}
	return arena_str(arena, buf_str(&out));
}

static void reads_every_form(void **state)
{
	(void)state;
	static const struct {
		const char *text, *name, *spelled, *extras, *specifier, *url, *marker;
	} cases[] = {
		{"Foo_Bar",					       "foo-bar",        "Foo_Bar",        "",      "",          "",                          ""               },
		{" a [B_c, d,D] >= 1 , <2 ; os_name == 'nt' ",            "a",              "a",              "b-c,d", "<2,>=1",    "",
                 "os_name == 'nt'"																		},
		{"a(>=1,<2)",					     "a",              "a",              "",      "<2,>=1",    "",                          ""               },
		{"a ()",						  "a",              "a",              "",      "",          "",                          ""               },
		{"a[]",						   "a",              "a",              "",      "",          "",                          ""               },
		{"a>=1,",						 "a",              "a",              "",      ">=1",       "",                          ""               },
		{"a===1.0,<2",					    "a",              "a",              "",      "<2,===1.0", "",                          ""               },
		{"a @ https://index.example/a;b.zip#x=1 ; os_name=='nt'", "a",              "a",              "",      "",
                 "https://index.example/a;b.zip#x=1",													    "os_name == 'nt'"},
		{"a[x]@git+https://git.example/a",                        "a",              "a",              "x",     "",          "git+https://git.example/a",
                 ""																			       },
		{"zope.interface==6.*",                                   "zope-interface", "zope.interface", "",      "==6.*",     "",                          ""               },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct requirement read;
		assert_ok(requirement_parse(str_from(cases[i].text), &arena, &read, &err), err);
		assert_str(read.name, str_from(cases[i].name));
		assert_str(read.spelled, str_from(cases[i].spelled));
		assert_str(joined(read.extras, read.n_extras, &arena), str_from(cases[i].extras));
		assert_str(specifier_text(&read.specifier, &arena), str_from(cases[i].specifier));
		assert_str(read.url, str_from(cases[i].url));
		struct str marker = read.marker == NULL ? S("") : marker_text(read.marker, &arena);
		assert_str(marker, str_from(cases[i].marker));
	}
}

static void refuses_with_a_column(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int column;
	} cases[] = {
		{"",		     1 },
		{"-a",                   1 },
		{"a b",                  3 },
		{"a[b c]",               5 },
		{"a[b,]",                5 },
		{"a>=1.0.*",             7 },
		{"a>=1 <2",              6 },
		{"a (>=1",               7 },
		{"a>=1,,<2",             6 },
		{"a @ ",                 5 },
		{"a @ u; os_name=='nt'", 8 },
		{"a; os_name = 'nt'",    12},
		{"a ~=1",                3 },
		{"a===1,b",              7 },
		{"a\n",                  2 },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct requirement read;
		if (requirement_parse(str_from(cases[i].text), &arena, &read, &err)) {
			fail_msg("'%s' was read", cases[i].text);
		}
		assert_int_equal(err.kind, ERR_INPUT);
		if (err.column != cases[i].column) {
			fail_msg("'%s': %s, column %d", cases[i].text, err.message, err.column);
		}
	}
}

static void repairs_what_real_metadata_holds(void **state)
{
	(void)state;
	static const struct {
		const char *written, *read;
	} cases[] = {
		{"a (>=1.0,<2.0)",                  ""                                 },
		{"a (>=1.*)",                       "a>=1"                             },
		{"a>=1.0 <2.0; python_version>'3'", "a<2.0,>=1.0; python_version > '3'"},
		{"a[x,]>=1",                        "a[x]>=1"                          },
		{"a >= '1.0'",                      "a>=1.0"                           },
		{"a>=1.0' ; python_version < '3'",  "a>=1.0; python_version < '3'"     },
		{"a=>1;",			   "a>=1"                             },
		{"a 1.0",			   "a==1.0"                           },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct requirement read;
		struct str repaired;
		assert_ok(requirement_parse_lenient(
				  str_from(cases[i].written), &arena, &read, &repaired, &err),
			err);
		assert_str(repaired, str_from(cases[i].read));
		assert_str(read.name, S("a"));
	}
}

static void a_marker_that_says_nothing_stays_an_error(void **state)
{
	(void)state;
	static const char *const cases[] = {"a>=1; python_version >", "a; unknown == 'x'",
		"a @ b c", "a>=x", ";", "[x]", "a ; os_name == 'nt' and"};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct requirement read;
		struct str repaired;
		assert_false(requirement_parse_lenient(
			str_from(cases[i]), &arena, &read, &repaired, &err));
		assert_int_equal(err.kind, ERR_INPUT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_form),
		cmocka_unit_test(refuses_with_a_column),
		cmocka_unit_test(repairs_what_real_metadata_holds),
		cmocka_unit_test(a_marker_that_says_nothing_stays_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
