#include "unit/test.h"
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include "kernel_ext/folder.h"
#include "common/banned.h"

static void makes_a_private_folder_where_it_is_safe(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct str base = test_folder(&arena);
	struct kernel_folder folder;
	unsetenv("XDG_RUNTIME_DIR");
	setenv("TMPDIR", base.p, 1);
	assert_ok(kernel_folder_make(&arena, &folder, &err), err);
	assert_true(str_starts(folder.path, base));
	struct stat st;
	const char *path = folder.path.p;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);

	struct str beside = test_file(&arena, base, "beside", S("kept"), 0600);
	test_file(&arena, folder.path, "kernel-1.json", S("{}"), 0600);
	assert_int_equal(symlink(beside.p, fs_join(&arena, folder.path, S("link")).p), 0);
	kernel_folder_done(&folder);
	assert_int_not_equal(stat(path, &st), 0);
	assert_int_equal(stat(beside.p, &st), 0);

	assert_int_equal(chmod(base.p, 0777), 0); /* others could rename what is in it */
	assert_ok(kernel_folder_make(&arena, &folder, &err), err);
	assert_false(str_starts(folder.path, base));
	kernel_folder_done(&folder);
	test_folder_remove(base);
}

static void falls_back_to_a_folder_with_a_shorter_path(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct str base = arena_str(&arena, S("/tmp/thoth-test-XXXXXX"));
	assert_non_null(mkdtemp((char *)base.p));
	char name[81];
	memset(name, 'n', 80);
	name[80] = '\0';
	struct str deep = fs_join(&arena, base, str_from(name));
	assert_ok(fs_make_dirs(deep.p, &err), err);
	setenv("TMPDIR", deep.p, 1);
	struct kernel_folder folder;
	assert_ok(kernel_folder_make(&arena, &folder, &err), err);
	assert_false(str_starts(folder.path, deep));
	struct sockaddr_un address;
	assert_true(folder.path.n + sizeof("/thoth.socket") <= sizeof(address.sun_path));
	kernel_folder_done(&folder);
	test_folder_remove(base);
}

static bool exists(struct str path)
{
	struct stat st;
	return lstat(path.p, &st) == 0;
}

/* A folder as a companion leaves it that is killed: its lock is there, and nobody holds it. */
static struct str left_behind(struct arena *arena, struct str base, const char *name)
{
	struct str path = fs_join(arena, base, str_from(name));
	assert_int_equal(mkdir(path.p, 0700), 0);
	test_file(arena, path, "lock", S(""), 0600);
	test_file(arena, path, "kernel-1.json", S("{}"), 0600);
	return path;
}

static void sweeps_what_killed_companions_left(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	unsetenv("TMPDIR");
	struct str base = test_folder(&arena);
	struct kernel_folder mine;
	struct kernel_folder other;
	setenv("TMPDIR", base.p, 1);
	unsetenv("XDG_RUNTIME_DIR");
	struct str kept = test_file(&arena, base, "kept", S("kept"), 0600);
	struct str dead = left_behind(&arena, base, "thoth-kernel-dead00");
	assert_int_equal(symlink(kept.p, fs_join(&arena, dead, S("link")).p), 0);
	struct str strange = left_behind(&arena, base, "thoth-kernel-other-name");
	struct str planted = fs_join(&arena, base, S("thoth-kernel-link00"));
	struct str outside = left_behind(&arena, base, "outside");
	assert_int_equal(symlink(outside.p, planted.p), 0);
	struct str young = fs_join(&arena, base, S("thoth-kernel-young0"));
	assert_int_equal(mkdir(young.p, 0700), 0);
	struct str old = fs_join(&arena, base, S("thoth-kernel-old000"));
	assert_int_equal(mkdir(old.p, 0700), 0);
	const struct timespec past[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	assert_int_equal(utimensat(AT_FDCWD, old.p, past, 0), 0);
	assert_ok(kernel_folder_make(&arena, &mine, &err), err);
	assert_ok(kernel_folder_make(&arena, &other, &err), err);
	assert_int_equal(kernel_folder_sweep(&mine), 2);
	assert_false(exists(dead));
	assert_false(exists(old));
	assert_true(exists(kept) && exists(strange) && exists(planted) && exists(young));
	assert_true(exists(fs_join(&arena, outside, S("kernel-1.json"))));
	assert_true(exists(mine.path) && exists(other.path));
	kernel_folder_done(&other);
	kernel_folder_done(&mine);
	test_folder_remove(base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_a_private_folder_where_it_is_safe),
		cmocka_unit_test(falls_back_to_a_folder_with_a_shorter_path),
		cmocka_unit_test(sweeps_what_killed_companions_left),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
