#include "environment/machine_files.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "common/fs.h"
#include "common/banned.h"

int machine_open(const struct machine_root *root, const char *path, int flags)
{
	flags |= O_CLOEXEC;
	if ((flags & O_PATH) == 0) {
		flags |= O_NONBLOCK | O_NOCTTY; /* no waiting for a pipe that somebody put there */
	}
	if (root->fd < 0) {
		char absolute[4096];
		int n = snprintf(absolute, sizeof(absolute), "/%s", path);
		return n > 0 && (size_t)n < sizeof(absolute) ? open(absolute, flags) : -1;
	}
	struct open_how how = {.flags = (unsigned long long)flags, .resolve = RESOLVE_IN_ROOT};
	int fd = (int)syscall(SYS_openat2, root->fd, path, &how, sizeof(how));
	/* an old kernel: without links, which could lead out of the folder */
	return fd >= 0 || errno != ENOSYS ? fd : openat(root->fd, path, flags | O_NOFOLLOW);
}

struct str machine_file(const struct machine_root *root, const char *path, size_t limit,
	struct arena *arena, bool *ret_cut)
{
	AUTO(fs_closep) int fd = machine_open(root, path, 0);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		return S("");
	}
	AUTO(buf_done) struct buf text = {.max = limit + 1};
	bool cut = false;
	/* files of /proc have no size */
	size_t step =
		st.st_size > 0 && (uint64_t)st.st_size < limit ? (size_t)st.st_size + 1 : 65536;
	while (!cut) {
		size_t room = step < limit + 1 - text.n ? step : limit + 1 - text.n;
		char *to = buf_room(&text, room);
		ssize_t n = to == NULL ? -1 : read(fd, to, room);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			break;
		}
		text.n += (size_t)n;
		cut = text.n > limit;
		step = 65536;
	}
	if (ret_cut != NULL) {
		*ret_cut = cut;
	}
	return arena_str(arena, str_slice(buf_str(&text), 0, limit));
}

bool machine_exists(const struct machine_root *root, const char *path)
{
	AUTO(fs_closep) int fd = machine_open(root, path, O_PATH);
	return fd >= 0;
}

DIR *machine_folder(const struct machine_root *root, const char *path)
{
	int fd = machine_open(root, path, O_DIRECTORY);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	if (folder == NULL && fd >= 0) {
		close(fd);
	}
	return folder;
}

void machine_folder_close(DIR **folder)
{
	if (*folder != NULL) {
		closedir(*folder);
	}
}

struct str machine_plain_version(struct str version)
{
	ptrdiff_t colon = str_find_char(version, ':');
	version = str_skip(version, (size_t)(colon + 1));
	size_t from = 0;
	while (from < version.n && !char_is_digit(version.p[from])) {
		from++;
	}
	size_t to = from;
	while (to < version.n && (char_is_digit(version.p[to]) || version.p[to] == '.')) {
		to++;
	}
	while (to > from && version.p[to - 1] == '.') {
		to--;
	}
	return str_slice(version, from, to);
}

struct str machine_version_parts(struct str version, size_t n)
{
	for (size_t i = 0; i < version.n; i++) {
		if (version.p[i] == '.' && --n == 0) {
			return str_slice(version, 0, i);
		}
	}
	return version;
}

void machine_note_fault(
	struct machine *machine, struct arena *arena, const char *what, const struct err *err)
{
	machine->faults = arena_printf(arena, STR_FMT "%s%s: %s", STR_ARG(machine->faults),
		machine->faults.n > 0 ? "\n" : "", what, err->message);
}
