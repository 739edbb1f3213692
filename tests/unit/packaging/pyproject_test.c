#include "unit/test.h"
#include "packaging/metadata.h"
#include "packaging/pyproject.h"
#include "common/banned.h"

#define HEAD "[project]\nname = \"Some.Pkg\"\nversion = \"1.0\"\n"

static void gives_the_metadata_that_a_build_would(void **state)
{
	(void)state;
	static const char text[] = HEAD
		"requires-python = \">=3.9\"\ndependencies = [\"a>=1\", \"b ; python_version < "
		"'3.10'\"]\n"
		"dynamic = [\"readme\", \"classifiers\"]\n"
		"[project.optional-dependencies]\nWith_Plot = [\"c\", \"d>2 ; os_name == 'nt'\", "
		"\"e @ https://index.example/e;f.whl ; os_name == 'nt'\"]\nnone = []\n";
	AUTO(arena_done) struct arena arena = {0};
	struct metadata metadata;
	struct str made;
	struct err err = {0};
	assert_true(pyproject_metadata(str_from(text), S(""), &arena, &made, &err));
	assert_true(metadata_parse(made, &arena, &metadata, &err));
	assert_str(metadata.name, S("Some.Pkg"));
	assert_str(metadata.version, S("1.0"));
	assert_str(metadata.requires_python, S(">=3.9"));
	static const char *const requires_dist[] = {"a>=1", "b ; python_version < '3.10'",
		"c ; extra == 'with-plot'", "d>2 ; (os_name == 'nt') and extra == 'with-plot'",
		"e @ https://index.example/e;f.whl ; (os_name == 'nt') and extra == 'with-plot'"};
	assert_int_equal(metadata.n_requires_dist, N_OF(requires_dist));
	for (size_t i = 0; i < N_OF(requires_dist); i++) {
		assert_str(metadata.requires_dist[i], str_from(requires_dist[i]));
	}
	assert_int_equal(metadata.n_provides_extra, 2);
}

static void says_nothing_where_a_build_decides(void **state)
{
	(void)state;
	static const struct {
		const char *text, *version;
		bool known;
	} cases[] = {
		{HEAD,						 "",    true },
		{"[tool.poetry]\nname = \"x\"\n",                      "",    false},
		{"",						   "1.0", false},
		{HEAD "dynamic = [\"dependencies\"]\n",                "1.0", false},
		{HEAD "dynamic = [\"optional-dependencies\"]\n",       "1.0", false},
		{HEAD "dynamic = [\"requires-python\"]\n",             "1.0", false},
		{"[project]\nname = \"x\"\ndynamic = [\"version\"]\n", "",    false},
		{"[project]\nname = \"x\"\ndynamic = [\"version\"]\n", "2.0", true },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct str made = {0};
		struct err err = {0};
		assert_true(pyproject_metadata(
			str_from(cases[i].text), str_from(cases[i].version), &arena, &made, &err));
		assert_int_equal(made.p != NULL, cases[i].known);
	}
}

static void refuses_what_is_broken(void **state)
{
	(void)state;
	static const char *const cases[] = {
		"[project\n",
		"project = 1\n",
		"[project]\nversion = \"1\"\n",
		"[project]\nname = \"a b\"\nversion = \"1\"\n",
		"[project]\nname = \"a\\nRequires-Dist: evil\"\nversion = \"1\"\n",
		"[project]\nname = \"a\"\nversion = \"one\"\n",
		HEAD "dependencies = \"a\"\n",
		HEAD "dependencies = [1]\n",
		HEAD "dependencies = [\"a>>1\"]\n",
		HEAD "dependencies = [\"a\\nRequires-Dist: evil\"]\n",
		HEAD "requires-python = \"3\"\n",
		HEAD "[project.optional-dependencies]\n\"a b\" = []\n",
		HEAD "[project.optional-dependencies]\na = \"b\"\n",
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct str made = {0};
		struct err err = {0};
		if (pyproject_metadata(str_from(cases[i]), S(""), &arena, &made, &err)) {
			fail_msg("case %zu is taken", i);
		}
		assert_true(err.message[0] != '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_the_metadata_that_a_build_would),
		cmocka_unit_test(says_nothing_where_a_build_decides),
		cmocka_unit_test(refuses_what_is_broken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
