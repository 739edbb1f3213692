#include "common/fs.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>
#include "common/banned.h"

void fs_closedirp(DIR **dir)
{
	if (*dir != NULL) {
		closedir(*dir);
	}
}

void fs_closep(int *fd)
{
	if (*fd >= 0) {
		close(*fd);
	}
	*fd = -1;
}

static bool fail(struct err *err, const char *doing, const char *path)
{
	int code = errno;
	err_set(err, ERR_INPUT, "cannot %s '%s': %s", doing, path, strerror(code));
	if (code == EACCES || code == EPERM || code == EROFS) {
		err_hint(err, "check the permissions of the file and its folder");
	} else if (code == ENOENT) {
		err_hint(err, "check the path");
	} else if (code == ENOSPC || code == EDQUOT) {
		err_hint(err, "free some disk space; nothing was changed");
	}
	return false;
}

bool fs_read_fd(int fd, const char *name, size_t limit, struct arena *arena, struct str *ret,
	struct err *err)
{
	AUTO(buf_done) struct buf buf = {.max = limit};
	struct stat st;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
		(size_t)st.st_size <= limit) {
		buf_room(&buf, (size_t)st.st_size);
	}
	for (;;) {
		size_t free_bytes = buf.cap > buf.n + 1 ? buf.cap - buf.n - 1 : 0;
		size_t want = free_bytes > 65536 ? free_bytes : 65536;
		if (limit - buf.n < want) {
			want = limit - buf.n;
		}
		char one[1];
		char *room = want == 0 ? one : buf_room(&buf, want);
		ssize_t n = read(fd, room, want == 0 ? 1 : want);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			return fail(err, "read", name);
		}
		if (n == 0) {
			break;
		}
		if (want == 0) {
			return err_set(
				err, ERR_LIMIT, "'%s' is larger than %zu bytes", name, limit);
		}
		buf.n += (size_t)n;
	}
	*ret = arena_str(arena, buf_str(&buf));
	return true;
}

bool fs_read(const char *path, size_t limit, struct arena *arena, struct str *ret, struct err *err)
{
	AUTO(fs_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0) {
		return fail(err, "open", path);
	}
	if (!S_ISREG(st.st_mode)) {
		return err_set(err, ERR_INPUT, "'%s' is not an ordinary file", path);
	}
	return fs_read_fd(fd, path, limit, arena, ret, err);
}

bool fs_write_all(int fd, struct str data)
{
	while (data.n > 0) {
		ssize_t n = write(fd, data.p, data.n);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			return false;
		}
		data = str_skip(data, (size_t)n);
	}
	return true;
}

static void sync_folder(const char *folder)
{
	AUTO(fs_closep) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd); /* best effort: some file systems cannot */
	}
}

bool fs_write_atomic(const char *path, struct str data, mode_t mode, struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	char real[PATH_MAX];
	struct stat link;
	if (lstat(path, &link) == 0 && S_ISLNK(link.st_mode)) {
		if (realpath(path, real) == NULL) {
			return fail(err, "write through the link", path);
		}
		path = real;
	}
	struct str folder = fs_dirname(&arena, str_from(path));
	struct str base = str_slice(fs_basename(str_from(path)), 0, NAME_MAX - 32);
	struct str temporary = arena_printf(
		&arena, STR_FMT "/." STR_FMT ".thoth-XXXXXX", STR_ARG(folder), STR_ARG(base));
	AUTO(fs_closep) int fd = mkostemp((char *)temporary.p, O_CLOEXEC);
	if (fd < 0) {
		return fail(err, "write beside", path);
	}
	bool written = fs_write_all(fd, data) && fchmod(fd, mode) == 0 && fsync(fd) == 0;
	if (!written || rename(temporary.p, path) != 0) {
		fail(err, "write", path);
		unlink(temporary.p);
		return false;
	}
	sync_folder(folder.p);
	return true;
}

bool fs_make_dirs(const char *path, struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	char *copy = (char *)arena_str(&arena, str_from(path)).p;
	for (char *p = copy + 1; copy[0] != '\0'; p++) {
		if (*p != '/' && *p != '\0') {
			continue;
		}
		char kept = *p;
		*p = '\0';
		if (mkdir(copy, 0700) != 0 && errno != EEXIST && errno != EISDIR) {
			return fail(err, "make the folder", copy);
		}
		*p = kept;
		if (kept == '\0') {
			break;
		}
	}
	struct stat st;
	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
		return err_set(err, ERR_INPUT, "'%s' is not a folder", path);
	}
	return true;
}

struct str fs_join(struct arena *arena, struct str directory, struct str name)
{
	bool slash = directory.n > 0 && directory.p[directory.n - 1] == '/';
	return arena_printf(
		arena, STR_FMT "%s" STR_FMT, STR_ARG(directory), slash ? "" : "/", STR_ARG(name));
}

struct str fs_dirname(struct arena *arena, struct str path)
{
	ptrdiff_t at = str_find_last_char(path, '/');
	if (at < 0) {
		return arena_str(arena, S("."));
	}
	return arena_str(arena, str_slice(path, 0, at == 0 ? 1 : (size_t)at));
}

struct str fs_basename(struct str path)
{
	return str_skip(path, (size_t)(str_find_last_char(path, '/') + 1));
}

static struct str xdg(struct arena *arena, const char *variable, const char *below_home)
{
	struct str base = str_from(getenv(variable));
	if (base.n > 0 && base.p[0] == '/') { /* the standard says: ignore relative ones */
		return fs_join(arena, base, S("thoth"));
	}
	struct str home = str_from(getenv("HOME"));
	if (home.n == 0) {
		home = S("/tmp");
	}
	return arena_printf(arena, STR_FMT "/%s/thoth", STR_ARG(home), below_home);
}

struct str fs_cache_dir(struct arena *arena)
{
	return xdg(arena, "XDG_CACHE_HOME", ".cache");
}

struct str fs_data_dir(struct arena *arena)
{
	return xdg(arena, "XDG_DATA_HOME", ".local/share");
}

struct str fs_config_dir(struct arena *arena)
{
	return xdg(arena, "XDG_CONFIG_HOME", ".config");
}
