#include "unit/test.h"
#include "packaging/name.h"
#include "common/banned.h"

static void writes_names_in_one_way(void **state)
{
	(void)state;
	static const struct {
		const char *in, *normal;
	} cases[] = {
		{"Flask",          "flask"         },
		{"ruamel.yaml",    "ruamel-yaml"   },
		{"zope.interface", "zope-interface"},
		{"A.-_b__c",       "a-b-c"         },
		{"already-normal", "already-normal"},
		{"_private_",      "-private-"     },
		{"",               ""              },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		assert_str(name_normal(str_from(cases[i].in), &arena), str_from(cases[i].normal));
	}
}

static void a_normal_name_is_not_copied(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct str name = S("jupyterlab-git");
	assert_ptr_equal(name_normal(name, &arena).p, name.p);
}

static void knows_valid_names(void **state)
{
	(void)state;
	assert_true(name_is_valid(S("a")));
	assert_true(name_is_valid(S("A.b_C-9")));
	assert_false(name_is_valid(S("")));
	assert_false(name_is_valid(S("-a")));
	assert_false(name_is_valid(S("a.")));
	assert_false(name_is_valid(S("a b")));
	assert_false(name_is_valid(S("a\n")));
	assert_false(name_is_valid(S("caf\xc3\xa9")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_names_in_one_way),
		cmocka_unit_test(a_normal_name_is_not_copied),
		cmocka_unit_test(knows_valid_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
