#include "unit/test.h"
#include <dirent.h>
#include <gnu/libc-version.h>
#include "common/proc.h"
#include "environment/environment.h"
#include "common/banned.h"

static struct str real_python(struct arena *arena)
{
	struct str found = python_find(S("python3"), arena);
	assert_true(found.n > 0);
	struct err err = {0};
	struct python_paths paths;
	assert_ok(python_ask_paths(found.p, NULL, arena, &paths, &err), err);
	return paths.executable;
}

/* What the interpreter prints for an expression, asked without the code under test. */
static struct str python_says(struct arena *arena, struct str python, const char *expression)
{
	struct err err = {0};
	struct proc_result result;
	struct str code =
		arena_printf(arena, "import os, sys, platform, sysconfig; print(%s)", expression);
	struct proc_options options = {
		.argv = (const char *const[]){python.p, "-c", code.p, NULL}
        };
	assert_ok(proc_run(&options, arena, &result, &err), err);
	return str_trim(result.output);
}

static void knows_the_python_of_this_machine(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct environment got;
	struct python_paths paths;
	struct str python = real_python(&arena);
	assert_ok(python_ask(python.p, NULL, &arena, &got, &err), err);
	assert_ok(python_ask_paths(python.p, NULL, &arena, &paths, &err), err);

	assert_str(got.os_name, S("posix"));
	assert_str(got.sys_platform, S("linux"));
	assert_str(got.platform_system, S("Linux"));
	assert_str(got.platform, S("linux"));
	assert_str(got.platform_machine, python_says(&arena, python, "os.uname().machine"));
	assert_str(got.platform_release, python_says(&arena, python, "os.uname().release"));
	assert_str(
		got.python_full_version, python_says(&arena, python, "platform.python_version()"));
	assert_str(got.implementation_name, S("cpython"));
	assert_str(got.implementation_version, got.python_full_version);
	assert_str(got.python_version,
		arena_printf(&arena, "%d.%d", got.python_major, got.python_minor));
	assert_str(got.libc, S("glibc"));
	assert_str(str_from(gnu_get_libc_version()),
		arena_printf(&arena, "%d.%d", got.os_major, got.os_minor));
	assert_false(got.free_threaded);
	assert_str(paths.prefix, python_says(&arena, python, "sys.prefix"));
	assert_str(paths.purelib, python_says(&arena, python, "sysconfig.get_path('purelib')"));
}

#define ANSWER(platform, libc, version)                                                            \
	"{\"os_name\":\"o\",\"sys_platform\":\"s\",\"platform_machine\":\"m\","                    \
	"\"platform_system\":\"S\",\"platform_release\":\"r\",\"platform_version\":\"v\","         \
	"\"platform_python_implementation\":\"CPython\",\"implementation_name\":\"cpython\","      \
	"\"python_version\":\"3.13\",\"python_full_version\":\"3.13.0rc1\","                       \
	"\"implementation_version\":\"3.13.0rc1\",\"platform_tag\":\"" platform                    \
	"\",\"libc\":\"" libc "\",\"os_version\":\"" version "\",\"free_threaded\":true,"          \
	"\"executable\":\"/x/python\",\"prefix\":\"/x\",\"base_prefix\":\"/x\","                   \
	"\"purelib\":\"/x/p\",\"platlib\":\"/x/q\",\"externally_managed\":false}"

/* An interpreter that only prints, so that machines we do not have can be tried. */
static struct str fake_python(struct arena *arena, struct str folder, const char *prints)
{
	struct str script =
		arena_printf(arena, "#!/bin/sh\ncat <<'END'\n%s\nEND\nexit 3\n", prints);
	return test_file(arena, folder, "python", script, 0755);
}

static void reads_the_platforms(void **state)
{
	(void)state;
	static const struct {
		const char *answer, *platform, *arch, *libc;
		int major, minor;
	} cases[] = {
		{"thoth-python:" ANSWER("linux-x86_64",      "glibc", "2.36"),   "linux",   "x86_64",
                 "glibc",										       2, 36},
		{"thoth-python:" ANSWER("linux-aarch64",     "musl",  "1.2.5"),  "linux",   "aarch64",
                 "musl",											1, 2 },
		{"thoth-python:" ANSWER("macosx-11.0-arm64", "",      "14.4.1"), "macos",   "arm64",   "",
                 14,											       4 },
		{"thoth-python:" ANSWER("win-amd64",         "",      ""),       "windows", "amd64",   "",      0, 0 },
		{"thoth-python:" ANSWER("win32",             "",      ""),       "windows", "win32",   "",      0, 0 },
		{"a start-up file says hello\nthoth-python:" ANSWER(
			 "linux-x86_64",    "glibc", "2.17"),
                 "linux",								   "x86_64",  "glibc", 2, 17},
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct environment got;
		struct str folder = test_folder(&arena);
		struct str python = fake_python(&arena, folder, cases[i].answer);
		assert_ok(python_ask(python.p, NULL, &arena, &got, &err), err);
		assert_str(got.platform, str_from(cases[i].platform));
		assert_str(got.arch, str_from(cases[i].arch));
		assert_str(got.libc, str_from(cases[i].libc));
		assert_int_equal(got.os_major, cases[i].major);
		assert_int_equal(got.os_minor, cases[i].minor);
		assert_int_equal(got.python_minor, 13);
		assert_true(got.free_threaded);
		test_folder_remove(folder);
	}
}

static void says_why_an_interpreter_is_no_use(void **state)
{
	(void)state;
	static const struct {
		const char *script, *says;
	} cases[] = {
		{"#!/bin/sh\necho 'no module named json' >&2\nexit 1\n", "no module named json"},
		{"#!/bin/sh\necho 'thoth-python:{\"os_name\":\"o\"}'\n", "not complete"        },
		{"#!/bin/sh\necho 'thoth-python:{\"os_name\":'\n",       "cut off"             },
		{"#!/bin/sh\necho 'Python 3.11'\n",                      "status 0"            },
		{"#!/bin/sh\nkill -9 $$\n",                              "status 137"          },
		{"#!/nowhere/python\n",                                  "cannot start"        },
	};
	for (size_t i = 0; i < N_OF(cases) - (under_valgrind() ? 1 : 0); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct environment got = {.python_major = 77};
		struct str folder = test_folder(&arena);
		struct str python =
			test_file(&arena, folder, "python", str_from(cases[i].script), 0755);
		assert_false(python_ask(python.p, NULL, &arena, &got, &err));
		assert_int_equal(err.kind, ERR_ENVIRONMENT);
		assert_non_null(strstr(err.message, cases[i].says));
		assert_non_null(strstr(err.message, python.p));
		assert_int_equal(got.python_major, 77);
		test_folder_remove(folder);
	}
}

/* The only file in cache/python. */
static struct str cached_answer(struct arena *arena, struct str cache)
{
	struct str folder = fs_join(arena, cache, S("python"));
	struct str found = S("");
	DIR *dir = opendir(folder.p);
	for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
		if (entry->d_name[0] != '.') {
			assert_int_equal(found.n, 0);
			found = fs_join(arena, folder, str_from(entry->d_name));
		}
	}
	if (dir != NULL) {
		closedir(dir);
	}
	return found;
}

static void asks_once_and_again_when_the_answer_is_broken(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct environment got;
	struct str python = real_python(&arena);
	struct str cache = test_folder(&arena);
	assert_ok(python_ask(python.p, cache.p, &arena, &got, &err), err);
	struct str file = cached_answer(&arena, cache);
	assert_true(file.n > 0);

	struct str planted = S(ANSWER("win-amd64", "", ""));
	assert_ok(fs_write_atomic(file.p, planted, 0600, &err), err);
	assert_ok(python_ask(python.p, cache.p, &arena, &got, &err), err);
	assert_str(got.platform, S("windows"));

	assert_ok(fs_write_atomic(file.p, str_slice(planted, 0, 100), 0600, &err), err);
	assert_ok(python_ask(python.p, cache.p, &arena, &got, &err), err);
	assert_str(got.platform, S("linux"));
	test_folder_remove(cache);
}

/* A version manager's shim may be another Python tomorrow. */
static void does_not_remember_what_a_script_said(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct environment got;
	struct str folder = test_folder(&arena);
	struct str python = fake_python(
		&arena, folder, "thoth-python:" ANSWER("linux-x86_64", "glibc", "2.36"));
	assert_ok(python_ask(python.p, folder.p, &arena, &got, &err), err);
	assert_int_equal(cached_answer(&arena, folder).n, 0);
	test_folder_remove(folder);
}

static void finds_programs_in_absolute_folders_of_the_path(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct str old = arena_str(&arena, str_from(getenv("PATH")));
	struct str folder = test_folder(&arena);
	struct str program = test_file(&arena, folder, "bin/pythonx", S("#!/bin/sh\n"), 0755);
	test_file(&arena, folder, "first/pythonx", S("not executable"), 0644);
	assert_int_equal(chdir(fs_join(&arena, folder, S("bin")).p), 0);

	setenv("PATH", arena_printf(&arena, "%s/first::.:%s/bin", folder.p, folder.p).p, 1);
	assert_str(python_find(S("pythonx"), &arena), program);
	assert_str(python_find(S("pythony"), &arena), S(""));
	assert_str(python_find(S("./p"), &arena), S("./p"));
	setenv("PATH", "::.", 1);
	assert_str(python_find(S("pythonx"), &arena), S(""));
	setenv("PATH", old.p, 1);
	assert_int_equal(chdir("/"), 0);
	test_folder_remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_the_python_of_this_machine),
		cmocka_unit_test(reads_the_platforms),
		cmocka_unit_test(says_why_an_interpreter_is_no_use),
		cmocka_unit_test(asks_once_and_again_when_the_answer_is_broken),
		cmocka_unit_test(does_not_remember_what_a_script_said),
		cmocka_unit_test(finds_programs_in_absolute_folders_of_the_path),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
