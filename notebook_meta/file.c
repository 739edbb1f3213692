#include "notebook_meta/file.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/fs.h"
#include "common/hash.h"
#include "notebook_meta/notebook_meta.h"
#include "common/banned.h"

enum {
	SAVE_FRESH_MS = 10000, /* an older ".~NAME" was left by a crash */
	SAVE_WAIT_MS = 600,
	LOCK_WAIT_MS = 10000,
	PAUSE_MS = 20,
	XATTR_MAX = 64 << 10, /* the kernel's own limit for a list and for a value */
	NAME_KEPT = 200,      /* bytes of the name that go into a temporary one */
};

static bool fail(struct err *err, const char *doing, const char *path)
{
	int code = errno;
	err_set(err, ERR_INPUT, "cannot %s '%s': %s", doing, path, strerror(code));
	if (code == EACCES || code == EPERM || code == EROFS) {
		err_hint(err, "check the permissions of the file and its folder");
	} else if (code == ENOENT) {
		err_hint(err, "check the path");
	} else if (code == ENOSPC || code == EDQUOT) {
		err_hint(err, "free some disk space");
	}
	return false;
}

static int64_t nanoseconds(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static struct nb_file identity(const struct stat *st)
{
	return (struct nb_file){
		.device = st->st_dev,
		.inode = st->st_ino,
		.size = st->st_size,
		.mtime_ns = nanoseconds(st->st_mtim),
		.mode = st->st_mode & 07777,
		.owner = st->st_uid,
		.group = st->st_gid,
		.links = st->st_nlink,
	};
}

static bool same_file(const struct nb_file *a, const struct nb_file *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->mtime_ns == b->mtime_ns;
}

static bool open_notebook(const char *path, int *ret_fd, struct nb_file *ret, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	if (fd < 0) {
		return fail(err, "open", path);
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(err, ERR_INPUT, "'%s' is not an ordinary file", path);
	}
	*ret_fd = fd;
	*ret = identity(&st);
	return true;
}

/* Fill p[n] from the start of what is left; how much there was, or -1. */
static ssize_t read_some(int fd, char *p, size_t n)
{
	size_t got = 0;
	while (got < n) {
		ssize_t more = read(fd, p + got, n - got);
		if (more < 0 && errno == EINTR) {
			continue;
		}
		if (more < 0) {
			return -1;
		}
		if (more == 0) {
			break;
		}
		got += (size_t)more;
	}
	return (ssize_t)got;
}

bool nb_file_read(const char *path, struct arena *arena, struct nb_file *ret, struct str *ret_bytes,
	struct err *err)
{
	AUTO(fs_closep) int fd = -1;
	struct nb_file file;
	if (!open_notebook(path, &fd, &file, err)) {
		return false;
	}
	if (file.size > NB_FILE_MAX) {
		return err_set(err, ERR_LIMIT, "'%s' is larger than 512 MiB", path);
	}
	char *p = arena_alloc(arena, (size_t)file.size + 1, 1);
	ssize_t n = read_some(fd, p, (size_t)file.size);
	if (n < 0) {
		return fail(err, "read", path);
	}
	/* Shorter or longer by now: it is being written, and will not parse or not be the same
	 * when it comes to replacing it. */
	*ret = file;
	*ret_bytes = (struct str){p, (size_t)n};
	return true;
}

bool nb_file_is_being_saved(const char *path)
{
	AUTO(arena_done) struct arena arena = {0};
	struct str folder = fs_dirname(&arena, str_from(path));
	struct str base = fs_basename(str_from(path));
	struct str copy =
		arena_printf(&arena, STR_FMT "/.~" STR_FMT, STR_ARG(folder), STR_ARG(base));
	struct stat st;
	return stat(copy.p, &st) == 0 &&
	       clock_now_ms() - nanoseconds(st.st_ctim) / 1000000 < SAVE_FRESH_MS;
}

/* The file at path is still the one that was read, down to the last byte. */
static bool unchanged(const char *path, const struct nb_file *was, struct str old)
{
	AUTO(fs_closep) int fd = -1;
	AUTO(arena_done) struct arena arena = {0};
	struct err ignored = {0};
	struct nb_file now;
	enum { CHUNK = 1 << 20 };
	if (!open_notebook(path, &fd, &now, &ignored) || !same_file(was, &now)) {
		return false;
	}
	char *chunk = arena_alloc(&arena, CHUNK, 1);
	ssize_t n;
	while ((n = read_some(fd, chunk, CHUNK)) > 0) {
		if (!str_starts(old, (struct str){chunk, (size_t)n})) {
			return false;
		}
		old = str_skip(old, (size_t)n);
	}
	struct stat st;
	if (n < 0 || old.n > 0 || fstat(fd, &st) != 0) {
		return false;
	}
	now = identity(&st);
	return same_file(was, &now);
}

static bool changed_meanwhile(const char *path, bool *ret_changed, struct err *err)
{
	if (ret_changed != NULL) {
		*ret_changed = true;
	}
	err_hint(err, "run the command again");
	return err_set(err, ERR_CHANGED,
		"'%s' was changed by another program meanwhile; nothing was written", path);
}

static bool write_all(int fd, const struct nb_parts *parts)
{
	return fs_write_all(fd, parts->p[0]) && fs_write_all(fd, parts->p[1]) &&
	       fs_write_all(fd, parts->p[2]);
}

/* Extended attributes, POSIX access lists among them; those that we may not set are left out. */
static void copy_attributes(const char *from, int to)
{
	AUTO(arena_done) struct arena arena = {0};
	char *names = arena_alloc(&arena, XATTR_MAX, 1);
	char *value = arena_alloc(&arena, XATTR_MAX, 1);
	ssize_t n_names = listxattr(from, names, XATTR_MAX);
	for (ssize_t at = 0; at < n_names; at += (ssize_t)strlen(names + at) + 1) {
		ssize_t n = getxattr(from, names + at, value, XATTR_MAX);
		if (n >= 0) {
			(void)!fsetxattr(to, names + at, value, (size_t)n, 0);
		}
	}
}

/* A fresh file in the folder of path; its name goes to *ret. -1 when the folder takes none. */
static int temporary_beside(const char *path, struct arena *arena, const char **ret)
{
	struct str folder = fs_dirname(arena, str_from(path));
	struct str base = fs_basename(str_from(path));
	base = str_slice(base, 0, NAME_KEPT);
	struct str name = arena_printf(
		arena, STR_FMT "/." STR_FMT ".thoth-XXXXXX", STR_ARG(folder), STR_ARG(base));
	*ret = name.p;
	return mkostemp((char *)name.p, O_CLOEXEC);
}

static void sync_folder(const char *path)
{
	AUTO(arena_done) struct arena arena = {0};
	struct str folder = fs_dirname(&arena, str_from(path));
	AUTO(fs_closep) int fd = open(folder.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd); /* best effort: some file systems cannot */
	}
}

/*
 * What a file that takes the place of another must have. False when the owner cannot be kept: then
 * the file has to be written in place.
 */
static bool dress_up(int fd, const char *like, const struct nb_file *was)
{
	struct stat st;
	if (fstat(fd, &st) != 0) {
		return false;
	}
	if ((st.st_uid != was->owner || st.st_gid != was->group) &&
		fchown(fd, was->owner, was->group) != 0) {
		return false;
	}
	copy_attributes(like, fd);
	return fchmod(fd, was->mode) == 0;
}

enum replaced { REPLACED, REPLACED_NOT, REPLACED_FAILED };

/* Write beside and rename. REPLACED_NOT: that would lose something here; nothing was done. */
static enum replaced replace_by_rename(const char *path, const struct nb_file *was, struct str old,
	const struct nb_parts *new, bool *ret_changed, struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	const char *temporary;
	AUTO(fs_closep) int fd = temporary_beside(path, &arena, &temporary);
	if (fd < 0) {
		if (errno == EACCES || errno == EPERM || errno == EROFS) {
			return REPLACED_NOT;
		}
		fail(err, "write beside", path);
		return REPLACED_FAILED;
	}
	if (!dress_up(fd, path, was)) {
		unlink(temporary);
		return REPLACED_NOT;
	}
	if (!write_all(fd, new) || fsync(fd) != 0) {
		fail(err, "write", path);
		unlink(temporary);
		return REPLACED_FAILED;
	}
	if (!unchanged(path, was, old)) {
		changed_meanwhile(path, ret_changed, err);
		unlink(temporary);
		return REPLACED_FAILED;
	}
	if (rename(temporary, path) != 0) {
		fail(err, "replace", path);
		unlink(temporary);
		return REPLACED_FAILED;
	}
	sync_folder(path);
	return REPLACED;
}

/* A copy of the old content in the user's data folder, in case we die while writing in place. */
static bool backup(
	const char *path, struct str old, struct arena *arena, const char **ret, struct err *err)
{
	char hex[HASH_HEX + 1];
	struct str folder = fs_join(arena, fs_data_dir(arena), S("backup"));
	hash_sha256_hex(str_from(path), hex);
	hex[16] = '\0';
	struct str base = str_slice(fs_basename(str_from(path)), 0, NAME_KEPT);
	struct str copy =
		arena_printf(arena, STR_FMT "/%s-" STR_FMT, STR_ARG(folder), hex, STR_ARG(base));
	if (!fs_make_dirs(folder.p, err) || !fs_write_atomic(copy.p, old, 0600, err)) {
		return err_prefix(err, "no copy could be made before writing in place");
	}
	*ret = copy.p;
	return true;
}

static bool overwrite(int fd, const struct nb_parts *parts)
{
	size_t n = parts->p[0].n + parts->p[1].n + parts->p[2].n;
	return lseek(fd, 0, SEEK_SET) == 0 && write_all(fd, parts) &&
	       ftruncate(fd, (off_t)n) == 0 && fsync(fd) == 0;
}

static bool replace_in_place(const char *path, const struct nb_file *was, struct str old,
	const struct nb_parts *new, bool *ret_changed, struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	const char *copy = NULL;
	AUTO(fs_closep) int fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		return fail(err, "write", path);
	}
	if (!backup(path, old, &arena, &copy, err)) {
		return false;
	}
	if (!unchanged(path, was, old)) {
		unlink(copy);
		return changed_meanwhile(path, ret_changed, err);
	}
	if (overwrite(fd, new)) {
		unlink(copy);
		return true;
	}
	fail(err, "write", path);
	if (overwrite(fd, &(struct nb_parts){.p = {old}})) {
		unlink(copy);
		return false;
	}
	err_hint(err, "the notebook as it was is kept in '%s'", copy);
	return false;
}

/* Refuse what a rename could replace although nobody may write to it. */
static bool check_writable(const char *path, const struct nb_file *was, struct err *err)
{
	bool nobody = (was->mode & 0222) == 0; /* for root, who may do anything */
	if (nobody || faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0) {
		errno = nobody ? EACCES : errno;
		err_set(err, ERR_INPUT, "cannot write '%s': %s", path,
			errno == EACCES ? "the file is read-only" : strerror(errno));
		return err_hint(err, "make it writable, as in: chmod u+w");
	}
	return true;
}

bool nb_file_replace(const char *path, const struct nb_file *was, struct str old,
	const struct nb_parts *new, bool *ret_changed, struct err *err)
{
	char target[PATH_MAX];
	struct stat st;
	if (realpath(path, target) == NULL || stat(target, &st) != 0) {
		return fail(err, "find", path);
	}
	for (int waited = 0; nb_file_is_being_saved(target); waited += PAUSE_MS) {
		if (waited >= SAVE_WAIT_MS) {
			err_hint(err, "try again in a moment");
			return err_set(err, ERR_INPUT, "'%s' is being saved by Jupyter", path);
		}
		usleep(PAUSE_MS * 1000);
	}
	struct nb_file now = identity(&st);
	if (!same_file(was, &now)) {
		return changed_meanwhile(path, ret_changed, err);
	}
	if (!check_writable(target, &now, err)) {
		return false;
	}
	enum replaced done = REPLACED_NOT;
	if (now.links == 1) {
		done = replace_by_rename(target, &now, old, new, ret_changed, err);
	}
	return done == REPLACED ||
	       (done == REPLACED_NOT && replace_in_place(target, &now, old, new, ret_changed, err));
}

/* $XDG_RUNTIME_DIR/thoth, or a folder of the user's cache where there is none. */
static struct str runtime_folder(struct arena *arena)
{
	struct str base = str_from(getenv("XDG_RUNTIME_DIR"));
	if (base.n > 0 && base.p[0] == '/') {
		return fs_join(arena, base, S("thoth"));
	}
	return fs_join(arena, fs_cache_dir(arena), S("run"));
}

bool nb_file_lock(const char *path, int *ret, struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	struct err ignored = {0};
	char target[PATH_MAX];
	char hex[HASH_HEX + 1];
	*ret = -1;
	struct str folder = runtime_folder(&arena);
	if (realpath(path, target) == NULL || !fs_make_dirs(folder.p, &ignored)) {
		return true; /* whoever opens the file next says what is wrong with it */
	}
	hash_sha256_hex(str_from(target), hex);
	struct str name = arena_printf(&arena, STR_FMT "/%.32s.lock", STR_ARG(folder), hex);
	int fd = open(name.p, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		return true;
	}
	for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; waited += PAUSE_MS) {
		if (errno != EWOULDBLOCK && errno != EINTR) {
			break; /* a file system without locks */
		}
		if (waited >= LOCK_WAIT_MS) {
			close(fd);
			err_hint(err, "wait for it to end, or end it");
			return err_set(err, ERR_INPUT, "another thoth is working on '%s'", path);
		}
		usleep(PAUSE_MS * 1000);
	}
	*ret = fd;
	return true;
}
