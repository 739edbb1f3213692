#include <gnu/libc-version.h>
#include "unit/test.h"
#include "packaging/environment.h"
#include "common/banned.h"

static void describes_machines_by_their_tags(void **state)
{
	(void)state;
	static const struct {
		const char *python, *platform, *key, *machine, *system;
	} cases[] = {
		{"3.11",  "manylinux_2_28_aarch64",    "cp311-linux_aarch64-glibc_2.28", "aarch64",
                 "Linux"										     },
		{"3.8.1", "manylinux2014_x86_64",      "cp38-linux_x86_64-glibc_2.17",   "x86_64",
                 "Linux"										     },
		{"3.13t", "musllinux_1_2_x86_64",      "cp313t-linux_x86_64-musl_1.2",   "x86_64",
                 "Linux"										     },
		{"3.12",  "x86_64-manylinux2014",      "cp312-linux_x86_64-glibc_2.17",  "x86_64",
                 "Linux"										     },
		{"3.12",  "aarch64-manylinux_2_31",    "cp312-linux_aarch64-glibc_2.31", "aarch64",
                 "Linux"										     },
		{"3.12",  "x86_64-unknown-linux-gnu",  "cp312-linux_x86_64-glibc_2.28",  "x86_64",
                 "Linux"										     },
		{"3.12",  "x86_64-unknown-linux-musl", "cp312-linux_x86_64-musl_1.2",    "x86_64",
                 "Linux"										     },
		{"3.12",  "aarch64-apple-darwin",      "cp312-macos_arm64-14.0",         "arm64",   "Darwin" },
		{"3.12",  "x86_64-pc-windows-msvc",    "cp312-windows_amd64",            "AMD64",   "Windows"},
		{"3.12",  "macosx_11_0_x86_64",        "cp312-macos_x86_64-11.0",        "x86_64",  "Darwin" },
		{"3.12",  "macos",                     "cp312-macos_arm64-14.0",         "arm64",   "Darwin" },
		{"3.12",  "windows",                   "cp312-windows_amd64",            "AMD64",   "Windows"},
		{"3.12",  "win_arm64",                 "cp312-windows_arm64",            "ARM64",   "Windows"},
		{"3.12",  "win32",                     "cp312-windows_win32",            "x86",     "Windows"},
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct environment environment;
		assert_ok(environment_describe(str_from(cases[i].python),
				  str_from(cases[i].platform), &arena, &environment, &err),
			err);
		assert_str(environment_key(&environment, &arena), str_from(cases[i].key));
		assert_str(environment.platform_machine, str_from(cases[i].machine));
		struct str python, platform;
		struct environment again;
		assert_true(environment_key_options(
			str_from(cases[i].key), &arena, &python, &platform));
		assert_ok(environment_describe(python, platform, &arena, &again, &err), err);
		assert_str(environment_key(&again, &arena), str_from(cases[i].key));
		assert_str(environment.platform_system, str_from(cases[i].system));

		assert_ok(environment_from_key(str_from(cases[i].key), &arena, &again, &err), err);
		assert_str(environment_key(&again, &arena), str_from(cases[i].key));
	}
}

static void fills_the_python_variables(void **state)
{
	(void)state;
	static const struct {
		const char *python, *version, *full;
	} cases[] = {
		{"3.11",      "3.11", "3.11.0"   },
		{"3.11.4",    "3.11", "3.11.4"   },
		{"3.14.0rc1", "3.14", "3.14.0rc1"},
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct environment environment;
		struct str value;
		assert_ok(environment_describe(str_from(cases[i].python), S("linux"), &arena,
				  &environment, &err),
			err);
		assert_true(environment_marker_value(&environment, S("python_version"), &value));
		assert_str(value, str_from(cases[i].version));
		assert_true(
			environment_marker_value(&environment, S("python_full_version"), &value));
		assert_str(value, str_from(cases[i].full));
		assert_false(environment_marker_value(&environment, S("extra"), &value));
	}
}

static void linux_has_the_libc_of_this_machine(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct environment here, linux_machine;
	assert_ok(environment_describe(S("3.11"), S(""), &arena, &here, &err), err);
	assert_ok(environment_describe(S("3.11"), S("linux"), &arena, &linux_machine, &err), err);
	struct str libc = arena_printf(&arena, "%d.%d", here.os_major, here.os_minor);
	assert_str(libc, str_from(gnu_get_libc_version()));
	assert_int_equal(linux_machine.os_minor, here.os_minor);
	assert_true(here.platform_release.n > 0);
	assert_str(linux_machine.arch, S("x86_64"));
}

static void says_what_it_understands(void **state)
{
	(void)state;
	static const struct {
		const char *python, *platform, *message;
	} cases[] = {
		{"3",    "linux",           "expected a Python version such as 3.11 or 3.11.4 instead of '3'"},
		{"",     "linux",           "expected a Python version such as 3.11 or 3.11.4 instead of ''" },
		{"x",    "linux",           "expected a Python version such as 3.11 or 3.11.4 instead of 'x'"},
		{"3.11", "beos",
                 "expected linux, macos, windows or a wheel platform tag instead of 'beos'"                  },
		{"3.11", "manylinux_x_1_y",
                 "expected linux, macos, windows or a wheel platform tag instead of "
			"'manylinux_x_1_y'"								  },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct environment environment;
		assert_false(environment_describe(str_from(cases[i].python),
			str_from(cases[i].platform), &arena, &environment, &err));
		assert_string_equal(err.message, cases[i].message);
		assert_int_equal(err.kind, ERR_USAGE);
	}
}

static void knows_what_is_no_key(void **state)
{
	(void)state;
	static const char *const cases[] = {"", "cp311", "cp3-linux_x86_64-glibc_2.36",
		"cp311-linux", "py311-windows_amd64", "cp311-amiga_m68k-3.1", "cp311-linux_x86_64",
		"cpt-x_y"};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct str python, platform;
		assert_false(
			environment_key_options(str_from(cases[i]), &arena, &python, &platform));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(describes_machines_by_their_tags),
		cmocka_unit_test(fills_the_python_variables),
		cmocka_unit_test(linux_has_the_libc_of_this_machine),
		cmocka_unit_test(says_what_it_understands),
		cmocka_unit_test(knows_what_is_no_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
