#include "prescriptions/files.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/fs.h"
#include "packaging/tree.h"
#include "common/banned.h"

static const struct str metadata_name = STR_INIT("_prescription_metadata.yaml");

struct walk {
	struct arena *arena;
	struct presc_report *report;
	struct presc_files *files;
	bool times;
	bool too_many;
};

struct entry {
	struct str name;
	bool is_folder;
	bool is_file; /* known without a look */
};
typedef VEC(struct entry) entry_vec;

static bool is_rules(struct str name)
{
	return str_ends(name, S(".yaml")) || str_ends(name, S(".yml"));
}

static int by_name(const void *a, const void *b)
{
	const struct entry *x = a;
	const struct entry *y = b;
	bool x_first = str_eq(x->name, metadata_name);
	bool y_first = str_eq(y->name, metadata_name);
	return x_first != y_first ? (x_first ? -1 : 1) : str_cmp(x->name, y->name);
}

static void unreadable(struct walk *walk, struct str path, const char *doing)
{
	int code = errno;
	struct str file = walk->report->file;
	walk->report->file = path;
	presc_fault(walk->report, 0, 0, "check its permissions", "cannot %s: %s", doing,
		strerror(code));
	walk->report->file = file;
}

/* The entries of an open folder that matter. */
static void list_folder(struct walk *walk, int fd, struct str path, entry_vec *ret)
{
	int copy = dup(fd);
	DIR *folder = copy < 0 ? NULL : fdopendir(copy);
	if (folder == NULL) {
		unreadable(walk, path, "read the folder");
		AUTO(fs_closep) int left = copy;
		(void)left;
		return;
	}
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		struct str name = str_from(entry->d_name);
		struct stat st;
		if (name.p[0] == '.') {
			continue;
		}
		bool is_folder = entry->d_type == DT_DIR;
		if (entry->d_type == DT_UNKNOWN) {
			is_folder = fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
				    S_ISDIR(st.st_mode);
		}
		if (is_folder || is_rules(name)) {
			*vec_push(walk->arena, ret) =
				(struct entry){.name = arena_str(walk->arena, name),
					.is_folder = is_folder,
					.is_file = entry->d_type == DT_REG};
		}
	}
	closedir(folder);
	if (ret->n > 1) {
		qsort(ret->p, ret->n, sizeof(ret->p[0]), by_name);
	}
}

static void set_times(struct presc_file *file, const struct stat *st)
{
	file->size = (uint64_t)st->st_size;
	file->mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

static void add_file(struct walk *walk, int fd, struct str path, struct str name, bool is_file)
{
	struct presc_file file = {.path = path, .is_metadata = str_eq(name, metadata_name)};
	if (walk->times || !is_file) {
		struct stat st;
		if (fstatat(fd, name.p, &st, 0) != 0) {
			unreadable(walk, path, "look at the file");
			return;
		}
		if (S_ISDIR(st.st_mode)) {
			return; /* a link to a folder */
		}
		set_times(&file, &st);
	}
	if (walk->files->list.n == FILES_MAX) {
		walk->too_many = true;
		return;
	}
	*vec_push(walk->arena, &walk->files->list) = file;
}

static void walk_folder(struct walk *walk, int parent, const char *name, struct str path, int depth)
{
	AUTO(fs_closep)
	int fd = openat(
		parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (depth > 0 ? O_NOFOLLOW : 0));
	entry_vec entries = {0};
	if (fd < 0 || depth > FILES_DEPTH_MAX) {
		errno = fd < 0 ? errno : ELOOP;
		unreadable(walk, path, "open the folder");
		return;
	}
	list_folder(walk, fd, path, &entries);
	for (size_t i = 0; i < entries.n && !walk->too_many; i++) {
		struct str inner = path.n == 0 ? entries.p[i].name
					       : fs_join(walk->arena, path, entries.p[i].name);
		if (entries.p[i].is_folder) {
			walk_folder(walk, fd, entries.p[i].name.p, inner, depth + 1);
		} else {
			add_file(walk, fd, inner, entries.p[i].name, entries.p[i].is_file);
		}
	}
}

bool presc_files_list(struct str root, bool times, struct arena *arena, struct presc_report *report,
	struct presc_files *ret)
{
	const char *path = arena_cstr(arena, root);
	struct walk walk = {.arena = arena, .report = report, .files = ret, .times = times};
	struct stat st;
	if (stat(path, &st) != 0) {
		unreadable(&walk, S(""), "open the rules");
		return false;
	}
	if (!S_ISDIR(st.st_mode)) {
		add_file(&walk, AT_FDCWD, S(""), str_from(path), false);
		return true;
	}
	walk_folder(&walk, AT_FDCWD, path, S(""), 0);
	if (walk.too_many) {
		presc_fault(report, 0, 0, "split the set", "more than %d files", FILES_MAX);
	}
	return true;
}

int presc_files_open(struct str root)
{
	AUTO(arena_done) struct arena arena = {0};
	return open(arena_cstr(&arena, root), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Everything from an open file; size is what it was a moment ago. */
static bool read_open(int fd, size_t size, struct buf *buf, struct err *err)
{
	for (;;) {
		char *room = buf_room(buf, size + 1);
		if (room == NULL) {
			return err_set(err, ERR_LIMIT, "the file is larger than 16 MiB");
		}
		ssize_t n = read(fd, room, size + 1);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			return err_set(err, ERR_INPUT, "cannot read the file: %s", strerror(errno));
		}
		buf->n += (size_t)n;
		if (n == 0 || (size_t)n == size) {
			return true;
		}
	}
}

bool presc_files_read(
	int root_fd, struct str root, struct presc_file *file, struct buf *buf, struct err *err)
{
	AUTO(fs_closep)
	int fd = openat(root_fd < 0 ? AT_FDCWD : root_fd, file->path.n == 0 ? root.p : file->path.p,
		O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	buf_reset(buf);
	if (fd < 0 || fstat(fd, &st) != 0) {
		return err_set(err, ERR_INPUT, "cannot open the file: %s", strerror(errno));
	}
	if (!S_ISREG(st.st_mode)) {
		return err_set(err, ERR_INPUT, "not an ordinary file");
	}
	if (st.st_size > TREE_MAX) {
		err_hint(err, "split it");
		return err_set(err, ERR_LIMIT, "the file is larger than 16 MiB");
	}
	set_times(file, &st);
	return read_open(fd, (size_t)st.st_size, buf, err);
}
