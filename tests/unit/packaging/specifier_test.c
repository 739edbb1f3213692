#include "unit/test.h"
#include "packaging/specifier.h"
#include "common/banned.h"

static void decides_as_the_standard_says(void **state)
{
	(void)state;
	static const struct {
		const char *specifier, *version;
		bool in;
	} cases[] = {
		{"",                "1.0a1",          true },
		{"==1.0",           "1.0.0",          true },
		{"==1.0",           "1.0+local",      true },
		{"==1.0+local",     "1.0",            false},
		{"==1.0+local",     "1.0+LOCAL",      true },
		{"!=1.0",           "1.0+local",      false},
		{"==1.1.*",         "1.1a1",          true },
		{"==1.1.*",         "1.1.post1+x",    true },
		{"==1.1.0.*",       "1.1",            true },
		{"==1.1.0.*",       "1.1.1",          false},
		{"==1!1.*",         "1.5",            false},
		{"!=1.1.*",         "1.1.9",          false},
		{">=1.0",           "1.0+x",          true },
		{"<=1.0",           "1.0+x",          true },
		{"<=1.0",           "1.0.post1",      false},
		{">1.7",            "1.7.0.post1",    false},
		{">1.7",            "1.7+x",          false},
		{">1.7",            "1.7.1",          true },
		{">1.7.post1",      "1.7.post2",      true },
		{">1.7.post1",      "1.7.post1+x",    false},
		{">1.0a1",          "1.0a1.post1",    false},
		{">1.0a1",          "1.0a2",          true },
		{"<2.0",            "2.0rc1",         false},
		{"<2.0",            "2.0.dev1",       false},
		{"<2.0",            "1.9rc1",         true },
		{"<1.0a2",          "1.0a2.dev1",     true },
		{"<1.0.post2",      "1.0.post2.dev1", false},
		{"<1.0.post2",      "1.0.post1",      true },
		{"~=1.4.5",         "1.4.9",          true },
		{"~=1.4.5",         "1.5.0a1",        false},
		{"~=2.2",           "2.9",            true },
		{"~=2.2.post3",     "2.2.post2",      false},
		{"~=1!2.2",         "2.3",            false},
		{"===1.0",          "1.0.0",          false},
		{"===1.0.DEV1",     "1.0.dev1",       true },
		{">=1 , <2,!=1.5,", "1.5",            false},
		{">=1 , <2,!=1.5,", "1.6",            true },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct specifier_set set;
		struct version version;
		assert_ok(specifier_parse(str_from(cases[i].specifier), &arena, &set, &err), err);
		assert_true(version_parse(str_from(cases[i].version), &version));
		if (specifier_contains(&set, &version) != cases[i].in) {
			fail_msg("%s %s: expected %d", cases[i].specifier, cases[i].version,
				cases[i].in);
		}
	}
}

static void refuses_with_a_column(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int column;
	} cases[] = {
		{"1.0",           1 },
		{">=1.0,=>2",     7 },
		{">= 1.0, >=1.*", 11},
		{">=1.0+local",   3 },
		{"~=1",           3 },
		{"==1.0a1.*",     3 },
		{"==1.*+x",       3 },
		{">=1.0 <2.0",    3 },
		{">=",            3 },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct specifier_set set;
		assert_false(specifier_parse(str_from(cases[i].text), &arena, &set, &err));
		assert_int_equal(err.kind, ERR_INPUT);
		assert_int_equal(err.column, cases[i].column);
	}
}

static void repairs_what_real_indexes_hold(void **state)
{
	(void)state;
	static const struct {
		const char *written, *read;
	} cases[] = {
		{">=1.0",                 ""          },
		{">=1.*",                 ">=1"       },
		{">=3.5.*",               ">=3.5"     },
		{"<=2.0.*",               "<=2.0"     },
		{">=1.0+x",               ">=1.0"     },
		{"==1.0.dev*",            "==1.0.*"   },
		{">=1.0 <2.0",            ">=1.0,<2.0"},
		{">=1.0<2.0",             ">=1.0,<2.0"},
		{">=2.7,!=3.0.*,!=3.1.*", ""          },
		{"!=~3.1",                "!=3.1.*"   },
		{"~=1",                   "~=1.0"     },
		{"=>1",                   ">=1"       },
		{"=1.5",                  "==1.5"     },
		{"1.0",                   "==1.0"     },
		{"2.7*",                  "==2.7.*"   },
		{"==2.7*",                "==2.7.*"   },
		{">dev",                  ">0.0.0dev" },
		{">=1.0a1.0",             ">=1.0a1"   },
		{"'>=1.0'",               ">=1.0"     },
		{">= '2.7'",              ">=2.7"     },
		{"(>=1,<2)",              ">=1,<2"    },
		{"*",                     ""          },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct specifier_set set;
		struct str repaired;
		assert_ok(specifier_parse_lenient(
				  str_from(cases[i].written), &arena, &set, &repaired, &err),
			err);
		assert_str(repaired, str_from(cases[i].read));
		assert_int_equal(err.kind, ERR_NONE);
	}
}

static void gives_up_on_what_says_nothing(void **state)
{
	(void)state;
	static const char *const cases[] = {">=", "python", ">=x.y", "==1.0; 2", "{1.0}", "><1"};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct specifier_set set;
		struct str repaired;
		if (specifier_parse_lenient(str_from(cases[i]), &arena, &set, &repaired, &err)) {
			fail_msg("'%s' was read as '" STR_FMT "'", cases[i], STR_ARG(repaired));
		}
		assert_int_equal(err.kind, ERR_INPUT);
	}
}

static void knows_pins_and_prereleases(void **state)
{
	(void)state;
	static const struct {
		const char *text, *normal;
		bool pin, prerelease;
	} cases[] = {
		{"==1.0",        "==1.0",       true,  false},
		{"===anything",  "===anything", true,  false},
		{"==1.*",        "==1.*",       false, false},
		{"<2,>= 1.0rc1", "<2,>=1.0rc1", false, true },
		{"!=1.0a1",      "!=1.0a1",     false, false},
		{"==2.0.dev1",   "==2.0.dev1",  true,  true },
		{">=1,>=1",      ">=1",         false, false},
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct specifier_set set;
		assert_ok(specifier_parse(str_from(cases[i].text), &arena, &set, &err), err);
		assert_int_equal(specifier_is_pin(&set), cases[i].pin);
		assert_int_equal(specifier_names_prerelease(&set), cases[i].prerelease);
		assert_str(specifier_text(&set, &arena), str_from(cases[i].normal));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decides_as_the_standard_says),
		cmocka_unit_test(refuses_with_a_column),
		cmocka_unit_test(repairs_what_real_indexes_hold),
		cmocka_unit_test(gives_up_on_what_says_nothing),
		cmocka_unit_test(knows_pins_and_prereleases),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
