#include "unit/test.h"
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include "notebook_meta/notebook_meta.h"

static const struct str plain =
	STR_INIT("{\n \"cells\": [],\n \"metadata\": {},\n \"nbformat\": 4\n}\n");

/* A folder of its own for each test; runtime, cache and data folders go there too. */
static int set_up(void **state)
{
	struct arena *arena = calloc(1, sizeof(*arena));
	assert_non_null(arena);
	struct err err = {0};
	struct str top = test_folder(arena);
	struct str work = fs_join(arena, top, S("work"));
	assert_ok(fs_make_dirs(work.p, &err), err);
	setenv("XDG_RUNTIME_DIR", top.p, 1);
	setenv("XDG_DATA_HOME", top.p, 1);
	setenv("TEST_FOLDER", work.p, 1);
	*state = arena;
	return 0;
}

static int tear_down(void **state)
{
	struct arena *arena = state[0];
	test_folder_remove(fs_dirname(arena, str_from(getenv("TEST_FOLDER"))));
	arena_done(arena);
	free(arena);
	return 0;
}

static struct str folder(void)
{
	return str_from(getenv("TEST_FOLDER"));
}

static struct str content(struct arena *arena, const char *path)
{
	struct err err = {0};
	struct str bytes;
	assert_ok(fs_read(path, NB_FILE_MAX, arena, &bytes, &err), err);
	return bytes;
}

static size_t n_files(void)
{
	size_t n = 0;
	DIR *dir = opendir(folder().p);
	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		n += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
	}
	closedir(dir);
	return n;
}

/* nb_edit's callback: metadata.thoth = {"n": *data}; out when it is 0. */
static bool set_number(void *data, const struct notebook *notebook, json_t **ret, bool *ret_changed,
	struct err *err)
{
	(void)notebook, (void)ret_changed, (void)err;
	int n = *(const int *)data;
	*ret = n == 0 ? NULL : json_pack("{s:i}", "n", n);
	return true;
}

static bool edit(const char *path, int n, bool *ret_changed, struct err *err)
{
	return nb_edit(path, set_number, &n, ret_changed, err);
}

static void an_edit_and_its_undoing_give_the_old_file(void **state)
{
	struct arena *arena = state[0];
	struct err err = {0};
	bool changed = false;
	const char *path = test_file(arena, folder(), "n.ipynb", plain, 0640).p;
	struct stat st;
	assert_ok(edit(path, 1, &changed, &err), err);
	assert_true(changed);
	assert_true(str_find(content(arena, path), S("\"n\": 1")) > 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_ok(edit(path, 0, &changed, &err), err);
	assert_str(content(arena, path), plain);
	assert_int_equal(n_files(), 1);
}

static void no_change_leaves_the_file_alone(void **state)
{
	struct arena *arena = state[0];
	struct err err = {0};
	bool changed = true;
	const char *path = test_file(arena, folder(), "n.ipynb", plain, 0644).p;
	struct stat before, after;
	assert_int_equal(stat(path, &before), 0);
	assert_ok(edit(path, 0, &changed, &err), err);
	assert_false(changed);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
}

static void a_symbolic_link_stays_one(void **state)
{
	struct arena *arena = state[0];
	struct err err = {0};
	bool changed;
	const char *path = test_file(arena, folder(), "sub/n.ipynb", plain, 0644).p;
	const char *link_path = fs_join(arena, folder(), S("l.ipynb")).p;
	struct stat st;
	assert_int_equal(symlink("sub/n.ipynb", link_path), 0);
	assert_ok(edit(link_path, 7, &changed, &err), err);
	assert_int_equal(lstat(link_path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_true(str_find(content(arena, path), S("\"n\": 7")) > 0);
}

static void hard_links_stay_together(void **state)
{
	struct arena *arena = state[0];
	struct err err = {0};
	bool changed;
	const char *path = test_file(arena, folder(), "n.ipynb", plain, 0600).p;
	const char *other = fs_join(arena, folder(), S("o.ipynb")).p;
	struct stat a, b;
	assert_int_equal(link(path, other), 0);
	assert_ok(edit(path, 7, &changed, &err), err);
	assert_int_equal(stat(path, &a), 0);
	assert_int_equal(stat(other, &b), 0);
	assert_int_equal(a.st_ino, b.st_ino);
	assert_int_equal(a.st_nlink, 2);
	assert_true(str_find(content(arena, other), S("\"n\": 7")) > 0);
	assert_ok(edit(other, 0, &changed, &err), err); /* shorter: the rest must go */
	assert_str(content(arena, path), plain);
	assert_int_equal(n_files(), 2);
}

static void extended_attributes_are_kept(void **state)
{
	struct arena *arena = state[0];
	struct err err = {0};
	bool changed;
	char got[8] = {0};
	const char *path = test_file(arena, folder(), "n.ipynb", plain, 0644).p;
	if (setxattr(path, "user.thoth", "v", 1, 0) != 0) {
		printf("# skipped: no extended attributes here\n");
		skip();
	}
	assert_ok(edit(path, 7, &changed, &err), err);
	assert_int_equal(getxattr(path, "user.thoth", got, sizeof(got)), 1);
	assert_string_equal(got, "v");
}

static void a_read_only_file_is_refused(void **state)
{
	struct arena *arena = state[0];
	struct err err = {0};
	bool changed;
	const char *path = test_file(arena, folder(), "n.ipynb", plain, 0444).p;
	assert_false(edit(path, 7, &changed, &err));
	assert_int_equal(err.kind, ERR_INPUT);
	assert_non_null(strstr(err.message, "read-only"));
	assert_str(content(arena, path), plain);
	assert_int_equal(n_files(), 1);
}

static void what_is_no_file_is_refused(void **state)
{
	struct arena *arena = state[0];
	struct err err = {0};
	bool changed;
	assert_false(edit(folder().p, 7, &changed, &err));
	assert_int_equal(err.kind, ERR_INPUT);
	err = (struct err){0};
	assert_false(edit(fs_join(arena, folder(), S("none")).p, 7, &changed, &err));
	assert_non_null(strstr(err.message, "No such file"));
}

static void a_change_by_somebody_else_is_noticed(void **state)
{
	struct arena *arena = state[0];
	AUTO(nb_done) struct notebook nb = {0};
	struct err err = {0};
	const char *path = test_file(arena, folder(), "n.ipynb", plain, 0644).p;
	json_auto_t *value = json_pack("{s:i}", "n", 1);
	struct str bytes;
	assert_ok(nb_read(path, arena, &nb, &err), err);
	assert_ok(nb_splice(&nb, value, arena, &bytes, &err), err);
	/* same size, same inode, and even the same time */
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	int fd = open(path, O_WRONLY);
	assert_true(pwrite(fd, "\t", 1, 2) == 1);
	struct timespec times[2] = {st.st_atim, st.st_mtim};
	assert_int_equal(futimens(fd, times), 0);
	close(fd);
	assert_false(nb_write(&nb, bytes, &err));
	assert_non_null(strstr(err.message, "changed by another program"));
	assert_int_equal(n_files(), 1);
	/* replaced by another file */
	err = (struct err){0};
	test_file(arena, folder(), "n.ipynb", plain, 0644);
	assert_false(nb_write(&nb, bytes, &err));
	assert_str(content(arena, path), plain);
}

struct meddling {
	const char *path;
	int calls, meddle;
};

/* Change the file behind nb_edit's back during the first `meddle` calls. */
static bool meddle(void *data, const struct notebook *notebook, json_t **ret, bool *ret_changed,
	struct err *err)
{
	struct meddling *m = data;
	(void)notebook, (void)ret_changed;
	*ret = json_pack("{s:i}", "n", 5);
	return m->calls++ >= m->meddle || fs_write_atomic(m->path, plain, 0644, err);
}

static void starts_again_three_times_at_most(void **state)
{
	struct arena *arena = state[0];
	const char *path = test_file(arena, folder(), "n.ipynb", plain, 0644).p;
	static const struct {
		int meddle, calls;
		bool fine;
	} cases[] = {
		{0, 1, true },
                {1, 2, true },
                {2, 3, true },
                {3, 3, false}
        };
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct err err = {0};
		bool changed;
		struct meddling m = {.path = path, .meddle = cases[i].meddle};
		assert_ok(edit(path, 0, &changed, &err), err);
		assert_int_equal(nb_edit(path, meddle, &m, &changed, &err), cases[i].fine);
		assert_int_equal(m.calls, cases[i].calls);
	}
}

static void a_half_written_notebook_is_read_again(void **state)
{
	struct arena *arena = state[0];
	AUTO(nb_done) struct notebook nb = {0};
	struct err err = {0};
	const char *path = test_file(arena, folder(), "n.ipynb", str_slice(plain, 0, 20), 0644).p;
	pid_t child = fork();
	if (child == 0) {
		usleep(100000);
		int fd = open(path, O_WRONLY | O_APPEND);
		_exit(write(fd, plain.p + 20, plain.n - 20) < 0);
	}
	assert_ok(nb_read(path, arena, &nb, &err), err);
	assert_str(nb.bytes, plain);
	waitpid(child, NULL, 0);
}

/* Both edits of two writers are in the result, or the loser says so. */
static bool count_up(void *data, const struct notebook *notebook, json_t **ret, bool *ret_changed,
	struct err *err)
{
	(void)data, (void)ret_changed, (void)err;
	json_t *old = json_object_get(notebook->metadata, "thoth");
	*ret = json_pack("{s:I}", "n", json_integer_value(json_object_get(old, "n")) + 1);
	return true;
}

static void two_writers_lose_nothing(void **state)
{
	struct arena *arena = state[0];
	const char *path = test_file(arena, folder(), "n.ipynb", plain, 0644).p;
	enum { WRITERS = 4, EDITS = 10 };
	int n_failed = 0;
	for (int i = 0; i < WRITERS; i++) {
		if (fork() == 0) {
			int failed = 0;
			for (int j = 0; j < EDITS; j++) {
				struct err err = {0};
				bool changed;
				failed += !nb_edit(path, count_up, NULL, &changed, &err);
			}
			_exit(failed);
		}
	}
	for (int i = 0; i < WRITERS; i++) {
		int status;
		assert_true(wait(&status) > 0);
		n_failed += WEXITSTATUS(status);
	}
	AUTO(nb_done) struct notebook nb = {0};
	struct err err = {0};
	assert_ok(nb_read(path, arena, &nb, &err), err);
	json_t *thoth = json_object_get(nb.metadata, "thoth");
	assert_int_equal(
		json_integer_value(json_object_get(thoth, "n")), WRITERS * EDITS - n_failed);
	assert_int_equal(n_failed, 0);
	assert_int_equal(n_files(), 1);
}

static void a_killed_writer_leaves_the_old_or_the_new_file(void **state)
{
	struct arena *arena = state[0];
	AUTO(buf_done) struct buf big = {0};
	buf_add(&big, S("{\n \"cells\": [{\"cell_type\": \"raw\", \"source\": \""));
	for (int i = 0; i < 1 << 18; i++) {
		buf_add(&big, S("xyz "));
	}
	buf_add(&big, S("\"}],\n \"metadata\": {},\n \"nbformat\": 4\n}\n"));
	const char *path = test_file(arena, folder(), "n.ipynb", buf_str(&big), 0644).p;
	for (useconds_t i = 0; i < 40; i++) {
		pid_t child = fork();
		if (child == 0) {
			for (int n = 1;; n = 1 - n) {
				struct err err = {0};
				bool changed;
				if (!edit(path, n, &changed, &err)) {
					_exit(1);
				}
			}
		}
		usleep(500 * i);
		kill(child, SIGKILL);
		int status;
		waitpid(child, &status, 0);
		assert_true(WIFSIGNALED(status));
		AUTO(nb_done) struct notebook nb = {0};
		AUTO(arena_done) struct arena one = {0};
		struct err err = {0};
		struct str back;
		assert_ok(nb_read(path, &one, &nb, &err), err);
		assert_ok(nb_splice(&nb, NULL, &one, &back, &err), err);
		assert_true(str_eq(back, buf_str(&big)));
	}
}

static void waits_for_jupyter_to_finish_saving(void **state)
{
	struct arena *arena = state[0];
	struct err err = {0};
	bool changed;
	const char *path = test_file(arena, folder(), "n.ipynb", plain, 0644).p;
	const char *copy = test_file(arena, folder(), ".~n.ipynb", plain, 0644).p;
	assert_false(edit(path, 7, &changed, &err));
	assert_non_null(strstr(err.message, "being saved"));
	assert_str(content(arena, path), plain);
	assert_int_equal(unlink(copy), 0);
	err = (struct err){0};
	assert_ok(edit(path, 7, &changed, &err), err);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_edit_and_its_undoing_give_the_old_file),
		TEST(no_change_leaves_the_file_alone),
		TEST(a_symbolic_link_stays_one),
		TEST(hard_links_stay_together),
		TEST(extended_attributes_are_kept),
		TEST(a_read_only_file_is_refused),
		TEST(what_is_no_file_is_refused),
		TEST(a_change_by_somebody_else_is_noticed),
		TEST(starts_again_three_times_at_most),
		TEST(a_half_written_notebook_is_read_again),
		TEST(two_writers_lose_nothing),
		TEST(a_killed_writer_leaves_the_old_or_the_new_file),
		TEST(waits_for_jupyter_to_finish_saving),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
