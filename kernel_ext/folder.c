#include "kernel_ext/folder.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "common/fs.h"
#include "common/banned.h"

static const char prefix[] = "thoth-kernel-";
static const char lock_name[] = "lock";

/* A folder in which nobody else can rename or replace what is ours. */
static bool is_safe_parent(const char *path)
{
	struct stat st;
	if (path == NULL || path[0] != '/' || stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
		return false;
	}
	return (st.st_mode & S_ISVTX) != 0 ||
	       (st.st_uid == getuid() && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0);
}

/* Its lock, or -1: somebody holds it, or swept the folder before we held it. */
static int take_lock(int folder, bool create)
{
	int flags = O_RDWR | O_NOFOLLOW | O_CLOEXEC | (create ? O_CREAT : 0);
	int fd = openat(folder, lock_name, flags, 0600);
	struct stat st;
	if (fd >= 0 &&
		(flock(fd, LOCK_EX | LOCK_NB) != 0 || fstat(fd, &st) != 0 || st.st_nlink == 0)) {
		fs_closep(&fd);
	}
	return fd;
}

static int open_folder(int at, const char *path)
{
	return openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Make it, check that it is what we made, and hold it. */
static bool make_in(
	const char *parent, struct arena *arena, struct kernel_folder *ret, int *ret_code)
{
	const size_t room_for_names = sizeof("/thoth.socket") - 1;
	struct str path = arena_printf(arena, "%s/%sXXXXXX", parent, prefix);
	struct stat st;
	*ret_code = ENAMETOOLONG;
	if (path.n + room_for_names > KERNEL_ADDRESS_MAX) {
		return false;
	}
	if (mkdtemp((char *)path.p) == NULL) {
		*ret_code = errno;
		return false;
	}
	AUTO(fs_closep) int fd = open_folder(AT_FDCWD, path.p);
	int lock = fd < 0 ? -1 : take_lock(fd, true);
	if (lock < 0 || fstat(fd, &st) != 0 || st.st_uid != getuid() ||
		(st.st_mode & 0777) != 0700) {
		*ret_code = EPERM;
		unlinkat(fd, lock_name, 0);
		fs_closep(&lock);
		rmdir(path.p);
		return false;
	}
	*ret = (struct kernel_folder){path, lock};
	return true;
}

bool kernel_folder_make(struct arena *arena, struct kernel_folder *ret, struct err *err)
{
	const char *parents[] = {getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp"};
	int code = ENOENT;
	for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++) {
		if (is_safe_parent(parents[i]) && make_in(parents[i], arena, ret, &code)) {
			return true;
		}
	}
	err_hint(err, "set TMPDIR to a folder of your own");
	return err_set(err, ERR_ENVIRONMENT, "cannot make a private folder for the kernel: %s",
		strerror(code));
}

/* No fsync: what is lost with the machine is worth nothing. */
bool kernel_folder_write(const struct kernel_folder *folder, struct str name, struct str data,
	struct arena *arena, struct str *ret_path, struct err *err)
{
	struct str path = fs_join(arena, folder->path, name);
	AUTO(fs_closep)
	int fd = open(path.p, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	for (size_t at = 0; fd >= 0 && at < data.n;) {
		ssize_t n = write(fd, data.p + at, data.n - at);
		if (n < 0 && errno != EINTR) {
			fs_closep(&fd);
			fd = -1;
		}
		at += n > 0 ? (size_t)n : 0;
	}
	if (fd < 0) {
		return err_set(err, ERR_ENVIRONMENT, "cannot write '" STR_FMT "': %s",
			STR_ARG(path), strerror(errno));
	}
	*ret_path = path;
	return true;
}

/* Everything in it but folders, and the lock last, which keeps others away until then. */
static void empty_folder(int fd)
{
	int again = dup(fd);
	DIR *entries = again < 0 ? NULL : fdopendir(again);
	if (entries == NULL) {
		fs_closep(&again);
		return;
	}
	rewinddir(entries);
	for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
		if (!str_eq(str_from(entry->d_name), str_from(lock_name))) {
			unlinkat(fd, entry->d_name, 0); /* fails for . and .. and for folders */
		}
	}
	closedir(entries);
	unlinkat(fd, lock_name, 0);
}

void kernel_folder_done(struct kernel_folder *folder)
{
	if (folder->path.n == 0) {
		return;
	}
	AUTO(fs_closep) int fd = open_folder(AT_FDCWD, folder->path.p);
	if (fd >= 0) {
		empty_folder(fd);
		rmdir(folder->path.p);
	}
	fs_closep(&folder->lock);
	*folder = (struct kernel_folder){0};
}

/* Is it one of ours whose companion is gone? Then it is emptied and removed. */
static bool sweep_one(int parent, const char *name)
{
	struct stat st;
	AUTO(fs_closep) int fd = open_folder(parent, name);
	if (fd < 0 || fstat(fd, &st) != 0 || st.st_uid != getuid()) {
		return false;
	}
	AUTO(fs_closep) int lock = take_lock(fd, false);
	bool unlocked = lock < 0 && faccessat(fd, lock_name, F_OK, AT_SYMLINK_NOFOLLOW) != 0 &&
			time(NULL) - st.st_mtime > KERNEL_SWEEP_AGE_S;
	if (lock < 0 && !unlocked) {
		return false;
	}
	empty_folder(fd);
	return unlinkat(parent, name, AT_REMOVEDIR) == 0;
}

size_t kernel_folder_sweep(const struct kernel_folder *folder)
{
	AUTO(arena_done) struct arena arena = {0};
	struct str own = fs_basename(folder->path);
	int fd = open(fs_dirname(&arena, folder->path).p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);
	size_t looked = 0;
	size_t swept = 0;
	if (entries == NULL) {
		fs_closep(&fd);
		return 0;
	}
	for (struct dirent *entry;
		looked < KERNEL_SWEEP_MAX && (entry = readdir(entries)) != NULL;) {
		struct str name = str_from(entry->d_name);
		if (name.n == own.n && str_starts(name, str_from(prefix)) && !str_eq(name, own)) {
			looked++;
			swept += sweep_one(fd, entry->d_name) ? 1 : 0;
		}
	}
	closedir(entries);
	return swept;
}
