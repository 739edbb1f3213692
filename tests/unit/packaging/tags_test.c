#include "unit/test.h"
#include "packaging/tags.h"
#include "common/banned.h"

static const struct tags *tags_of(const char *python, const char *platform, struct arena *arena)
{
	struct err err = {0};
	struct environment environment;
	assert_ok(environment_describe(
			  str_from(python), str_from(platform), arena, &environment, &err),
		err);
	return tags_new(&environment, arena);
}

static int priority(const struct tags *tags, const char *name)
{
	struct filename file;
	if (!filename_parse(str_from(name), S(""), &file)) {
		fail_msg("'%s' is no wheel", name);
	}
	return tags_priority(tags, &file);
}

/* Every tag of the list, as a wheel, has the priority of its place. */
static void each_tag_is_found_at_its_place(void **state)
{
	(void)state;
	static const struct {
		const char *python, *platform;
	} cases[] = {
		{"3.11",  "manylinux_2_28_x86_64"},
		{"3.13t", "macosx_14_0_arm64"    },
		{"3.7",   "macosx_10_15_x86_64"  },
		{"3.12",  "musllinux_1_2_x86_64" },
		{"3.9",   "windows"              },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		const struct tags *tags = tags_of(cases[i].python, cases[i].platform, &arena);
		size_t n;
		const struct str *list = tags_list(tags, &n);
		assert_true(n > 20);
		for (size_t k = 0; k < n; k++) {
			struct str name =
				arena_printf(&arena, "a-1-" STR_FMT ".whl", STR_ARG(list[k]));
			assert_int_equal(priority(tags, name.p), (int)k);
		}
	}
}

static void the_better_wheel_comes_first(void **state)
{
	(void)state;
	static const struct {
		const char *python, *platform, *better, *worse;
	} cases[] = {
		{"3.11", "manylinux_2_28_x86_64",
                 "a-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",          "a-1-cp311-cp311-manylinux_2_5_x86_64.manylinux1_x86_64.whl"},
		{"3.11", "manylinux_2_28_x86_64", "a-1-cp311-cp311-linux_x86_64.whl",
                 "a-1-cp311-abi3-manylinux_2_28_x86_64.whl"											     },
		{"3.11", "manylinux_2_28_x86_64", "a-1-cp37-abi3-manylinux2014_x86_64.whl",
                 "a-1-py3-none-any.whl"														 },
		{"3.11", "macos",                 "a-1-cp311-cp311-macosx_11_0_arm64.whl",
                 "a-1-cp311-cp311-macosx_11_0_universal2.whl"											   },
		{"3.7",  "windows",               "a-1-cp37-cp37m-win_amd64.whl",           "a-1-py2.py3-none-any.whl"                                  },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		const struct tags *tags = tags_of(cases[i].python, cases[i].platform, &arena);
		int better = priority(tags, cases[i].better),
		    worse = priority(tags, cases[i].worse);
		assert_true(better >= 0);
		assert_true(better < worse);
	}
}

static void foreign_wheels_do_not_fit(void **state)
{
	(void)state;
	static const struct {
		const char *python, *platform, *wheel;
	} cases[] = {
		{"3.11",  "manylinux_2_17_x86_64", "a-1-cp311-cp311-manylinux_2_28_x86_64.whl"},
		{"3.11",  "musllinux_1_2_x86_64",  "a-1-cp311-cp311-manylinux_2_17_x86_64.whl"},
		{"3.11",  "manylinux_2_28_x86_64", "a-1-cp312-abi3-manylinux_2_17_x86_64.whl" },
		{"3.11",  "manylinux_2_28_x86_64", "a-1-py312-none-any.whl"                   },
		{"3.11",  "manylinux_2_28_x86_64", "a-1-py2-none-any.whl"                     },
		{"3.13t", "manylinux_2_28_x86_64", "a-1-cp313-cp313-manylinux_2_17_x86_64.whl"},
		{"3.13t", "manylinux_2_28_x86_64", "a-1-cp38-abi3-manylinux_2_17_x86_64.whl"  },
		{"3.11",  "macosx_13_0_arm64",     "a-1-cp311-cp311-macosx_14_0_arm64.whl"    },
		{"3.11",  "windows",               "a-1-cp311-cp311-win32.whl"                },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		const struct tags *tags = tags_of(cases[i].python, cases[i].platform, &arena);
		assert_int_equal(priority(tags, cases[i].wheel), -1);
	}
}

static void pypy_has_its_own_names(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct environment environment;
	assert_ok(environment_describe(S("3.10"), S("win_amd64"), &arena, &environment, &err), err);
	environment.implementation_name = S("pypy");
	environment.implementation_version = S("7.3.17");
	const struct tags *tags = tags_new(&environment, &arena);
	size_t n;
	const struct str *list = tags_list(tags, &n);
	assert_str(list[0], S("pp310-pypy310_pp73-win_amd64"));
	assert_str(list[1], S("pp310-none-win_amd64"));
	assert_true(priority(tags, "a-1-pp3-none-any.whl") > 0);
	assert_int_equal(priority(tags, "a-1-cp310-cp310-win_amd64.whl"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_tag_is_found_at_its_place),
		cmocka_unit_test(the_better_wheel_comes_first),
		cmocka_unit_test(foreign_wheels_do_not_fit),
		cmocka_unit_test(pypy_has_its_own_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
