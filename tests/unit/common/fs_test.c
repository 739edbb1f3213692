#include "unit/test.h"
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <signal.h>
#include "common/banned.h"

struct place {
	struct arena arena;
	struct str folder;
};

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));
	place->folder = test_folder(&place->arena);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	test_folder_remove(place->folder);
	arena_done(&place->arena);
	free(place);
	return 0;
}

static struct str in_place(struct place *place, const char *name)
{
	return fs_join(&place->arena, place->folder, str_from(name));
}

static int entries_seen;

static int count_entry(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)path, (void)st, (void)type, (void)walk;
	entries_seen++;
	return 0;
}

/* Files and folders below the place, its own folder not counted. */
static int entries(struct place *place)
{
	entries_seen = -1;
	nftw(place->folder.p, count_entry, 16, FTW_PHYS);
	return entries_seen;
}

static void reads_a_file_up_to_the_limit(void **state)
{
	struct place *place = *state;
	struct err err = {0};
	struct str text = S("kept");
	struct str path = test_file(&place->arena, place->folder, "a", S("12345"), 0600);
	assert_false(fs_read(path.p, 4, &place->arena, &text, &err));
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_str(text, S("kept"));
	assert_ok(fs_read(path.p, 5, &place->arena, &text, &err), err);
	assert_str(text, S("12345"));
	path = test_file(&place->arena, place->folder, "empty", S(""), 0600);
	assert_ok(fs_read(path.p, 0, &place->arena, &text, &err), err);
	assert_str(text, S(""));
}

static void reads_a_file_whose_size_is_not_told(void **state)
{
	struct place *place = *state;
	struct err err = {0};
	struct str text;
	int fds[2];
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "hello", 5), 5);
	close(fds[1]);
	assert_ok(fs_read_fd(fds[0], "pipe", 5, &place->arena, &text, &err), err);
	close(fds[0]);
	assert_str(text, S("hello"));
	assert_ok(fs_read("/proc/self/status", 1 << 20, &place->arena, &text, &err), err);
	assert_true(str_starts(text, S("Name:")));
}

static void refuses_what_is_no_file(void **state)
{
	struct place *place = *state;
	struct str text;
	struct str fifo = in_place(place, "fifo");
	assert_int_equal(mkfifo(fifo.p, 0600), 0);
	const char *const paths[] = {
		place->folder.p, "/dev/zero", fifo.p, in_place(place, "missing").p};
	for (size_t i = 0; i < N_OF(paths); i++) {
		struct err err = {0};
		assert_false(fs_read(paths[i], 100, &place->arena, &text, &err));
		assert_int_equal(err.kind, ERR_INPUT);
		assert_non_null(strstr(err.message, paths[i]));
	}
}

static void writes_a_file_with_its_mode_and_leaves_nothing_else(void **state)
{
	struct place *place = *state;
	struct err err = {0};
	struct str text;
	struct stat st;
	struct str path = in_place(place, "a");
	for (int i = 0; i < 2; i++) {
		struct str data = i == 0 ? S("longer text") : S("new\0er");
		assert_ok(fs_write_atomic(path.p, data, 0640, &err), err);
		assert_ok(fs_read(path.p, 100, &place->arena, &text, &err), err);
		assert_str(text, data);
	}
	assert_int_equal(stat(path.p, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(entries(place), 1);
}

static void writes_through_a_link_and_keeps_it(void **state)
{
	struct place *place = *state;
	struct err err = {0};
	struct str text;
	struct stat st;
	struct str target = test_file(&place->arena, place->folder, "b/target", S("old"), 0600);
	struct str link = in_place(place, "link");
	assert_int_equal(symlink("b/target", link.p), 0);
	assert_ok(fs_write_atomic(link.p, S("new"), 0600, &err), err);
	assert_ok(fs_read(target.p, 100, &place->arena, &text, &err), err);
	assert_str(text, S("new"));
	assert_int_equal(lstat(link.p, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(symlink("b/nowhere", in_place(place, "dangling").p), 0);
	assert_false(fs_write_atomic(in_place(place, "dangling").p, S("x"), 0600, &err));
}

static void writes_names_as_long_as_the_system_allows(void **state)
{
	struct place *place = *state;
	struct err err = {0};
	char name[256];
	memset(name, 'n', 255);
	name[255] = '\0';
	assert_ok(fs_write_atomic(in_place(place, name).p, S("x"), 0600, &err), err);
}

/* A file size limit stands for the full disk, which needs rights to make. */
static void a_failed_write_changes_nothing(void **state)
{
	struct place *place = *state;
	struct err err = {0};
	struct str text;
	struct str path = test_file(&place->arena, place->folder, "a", S("old"), 0600);
	struct rlimit old;
	getrlimit(RLIMIT_FSIZE, &old);
	struct rlimit small = {.rlim_cur = 1000, .rlim_max = old.rlim_max};
	void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	char *big = arena_alloc(&place->arena, 5000, 1);
	bool written = fs_write_atomic(path.p, (struct str){big, 5000}, 0600, &err);
	setrlimit(RLIMIT_FSIZE, &old);
	signal(SIGXFSZ, handler);
	assert_false(written);
	assert_non_null(strstr(err.message, path.p));
	assert_ok(fs_read(path.p, 100, &place->arena, &text, &err), err);
	assert_str(text, S("old"));
	assert_int_equal(entries(place), 1);
}

/* The real thing on a disk of 64 kB, where the system lets us mount one. */
static void a_full_disk_changes_nothing(void **state)
{
	struct place *place = *state;
	struct err err = {0};
	struct str text;
	if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, "") != 0 ||
		mount("none", place->folder.p, "tmpfs", 0, "size=64k") != 0) {
		printf("# skipped: no right to mount a small disk\n");
		skip();
	}
	struct str path = test_file(&place->arena, place->folder, "a", S("old"), 0600);
	char *big = arena_alloc(&place->arena, 100000, 1);
	bool written = fs_write_atomic(path.p, (struct str){big, 100000}, 0600, &err);
	bool read = fs_read(path.p, 100, &place->arena, &text, &(struct err){0});
	int left = entries(place);
	umount2(place->folder.p, MNT_DETACH);
	assert_false(written);
	assert_non_null(strstr(err.hint, "disk space"));
	assert_true(read);
	assert_str(text, S("old"));
	assert_int_equal(left, 1);
}

static void makes_folders_for_the_user_alone(void **state)
{
	struct place *place = *state;
	struct err err = {0};
	struct stat st;
	struct str deep = in_place(place, "a/b//c/");
	assert_ok(fs_make_dirs(deep.p, &err), err);
	assert_ok(fs_make_dirs(deep.p, &err), err);
	assert_int_equal(stat(deep.p, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	struct str file = test_file(&place->arena, place->folder, "file", S(""), 0600);
	assert_false(fs_make_dirs(file.p, &err));
	assert_false(fs_make_dirs(fs_join(&place->arena, file, S("x")).p, &err));
	assert_false(fs_make_dirs("", &err));
}

static void splits_paths(void **state)
{
	(void)state;
	static const struct {
		const char *path, *folder, *base;
	} cases[] = {
		{"a",     ".",   "a"},
		{"/a",    "/",   "a"},
		{"/a/b",  "/a",  "b"},
		{"a/b/c", "a/b", "c"},
		{"",      ".",   "" },
	};
	AUTO(arena_done) struct arena arena = {0};
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct str path = str_from(cases[i].path);
		assert_str(fs_dirname(&arena, path), str_from(cases[i].folder));
		assert_str(fs_basename(path), str_from(cases[i].base));
	}
	assert_str(fs_join(&arena, S("/"), S("a")), S("/a"));
	assert_str(fs_join(&arena, S("a"), S("b")), S("a/b"));
}

/* Source: XDG Base Directory Specification; relative values are ignored. */
static void follows_the_xdg_variables(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	setenv("HOME", "/home/u", 1);
	setenv("XDG_CACHE_HOME", "/c", 1);
	setenv("XDG_DATA_HOME", "relative", 1);
	unsetenv("XDG_CONFIG_HOME");
	assert_str(fs_cache_dir(&arena), S("/c/thoth"));
	assert_str(fs_data_dir(&arena), S("/home/u/.local/share/thoth"));
	assert_str(fs_config_dir(&arena), S("/home/u/.config/thoth"));
}

int main(void)
{
#define WITH_PLACE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH_PLACE(reads_a_file_up_to_the_limit),
		WITH_PLACE(reads_a_file_whose_size_is_not_told),
		WITH_PLACE(refuses_what_is_no_file),
		WITH_PLACE(writes_a_file_with_its_mode_and_leaves_nothing_else),
		WITH_PLACE(writes_through_a_link_and_keeps_it),
		WITH_PLACE(writes_names_as_long_as_the_system_allows),
		WITH_PLACE(a_failed_write_changes_nothing),
		WITH_PLACE(a_full_disk_changes_nothing),
		WITH_PLACE(makes_folders_for_the_user_alone),
		cmocka_unit_test(splits_paths),
		cmocka_unit_test(follows_the_xdg_variables),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
