#include "index/local.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/fs.h"
#include "common/hash.h"
#include "index/url.h"
#include "index/wheeltail.h"
#include "common/vec.h"
#include "common/banned.h"

enum { ENTRIES_MAX = 1000000, READ_BYTES = 1 << 20 };

struct str index_local_url(struct str path, struct arena *arena)
{
	AUTO(buf_done) struct buf url = {0};
	buf_add(&url, S("file://"));
	for (size_t i = 0; i < path.n; i++) {
		unsigned char c = (unsigned char)path.p[i];
		bool odd = c <= ' ' || c >= 0x7f || c == '%' || c == '?' || c == '#' || c == '"' ||
			   c == '<' || c == '>' || c == '@';
		if (odd) {
			buf_addf(&url, "%%%02X", c);
		} else {
			buf_byte(&url, (char)c);
		}
	}
	return arena_str(arena, buf_str(&url));
}

bool index_local_path(struct str url, struct arena *arena, struct str *ret)
{
	static const struct str hosts[] = {STR_INIT("file:///"), STR_INIT("file://localhost/")};
	for (size_t i = 0; i < 2; i++) {
		if (str_starts(url, hosts[i])) {
			struct str path = index_url_unescape(str_skip(url, hosts[i].n - 1), arena);
			if (str_find_char(path, '\0') >= 0) {
				return false;
			}
			*ret = path;
			return true;
		}
	}
	return false;
}

static void close_folder(DIR **folder)
{
	if (*folder != NULL) {
		closedir(*folder);
	}
}

static int by_name(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

bool index_local_folder(
	struct str path, struct arena *arena, struct index_page *ret, struct err *err)
{
	AUTO(close_folder) DIR *folder = opendir(arena_cstr(arena, path));
	VEC(struct str) names = {0};
	if (folder == NULL) {
		err_hint(err, "check the path");
		return err_set(err, ERR_NETWORK, "cannot read the folder '" STR_FMT "': %s",
			STR_ARG(path), strerror(errno));
	}
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		if (names.n == ENTRIES_MAX) {
			return err_set(err, ERR_LIMIT,
				"the folder '" STR_FMT "' has more than %d entries", STR_ARG(path),
				ENTRIES_MAX);
		}
		*vec_push(arena, &names) = arena_str(arena, str_from(entry->d_name));
	}
	if (names.n > 1) { /* the order of a folder is an accident */
		qsort(names.p, names.n, sizeof(*names.p), by_name);
	}
	struct str base = arena_printf(arena, STR_FMT "/", STR_ARG(index_local_url(path, arena)));
	struct index_page_builder page = {.url = base, .arena = arena, .status = S("active")};
	for (size_t i = 0; i < names.n; i++) {
		struct str url = index_local_url(fs_join(arena, path, names.p[i]), arena);
		(void)index_page_add(&page, 0, url, names.p[i]);
	}
	*ret = (struct index_page){.status = page.status,
		.files = page.files,
		.n_files = page.n_files,
		.n_skipped = page.n_skipped};
	return true;
}

static bool open_file(
	struct str path, struct arena *arena, int *ret_fd, uint64_t *ret_size, struct err *err)
{
	struct stat st;
	int fd = open(arena_cstr(arena, path), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) != 0) {
		err_set(err, ERR_INPUT, "it cannot be read: %s", strerror(errno));
		fs_closep(&fd);
		return false;
	}
	if (!S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(err, ERR_INPUT, "it is no ordinary file");
	}
	*ret_fd = fd;
	*ret_size = (uint64_t)st.st_size;
	return true;
}

static bool read_piece(int fd, uint64_t at, size_t n, struct arena *arena, struct index_piece *ret,
	struct err *err)
{
	char *bytes = arena_alloc(arena, n + 1, 1);
	size_t have = 0;
	while (have < n) {
		ssize_t got = pread(fd, bytes + have, n - have, (off_t)(at + have));
		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got <= 0) {
			return err_set(err, ERR_INPUT, "it cannot be read");
		}
		have += (size_t)got;
	}
	*ret = (struct index_piece){
		at, {bytes, n}
        };
	return true;
}

bool index_local_wheel(struct str path, struct arena *arena, struct str *ret_text, struct err *err)
{
	AUTO(fs_closep) int fd = -1;
	uint64_t size;
	if (!open_file(path, arena, &fd, &size, err)) {
		return false;
	}
	struct index_piece pieces[WHEELTAIL_PIECES_MAX];
	size_t need = size < WHEELTAIL_FIRST ? (size_t)size : WHEELTAIL_FIRST;
	uint64_t at = size - need;
	for (size_t n = 0; n < WHEELTAIL_PIECES_MAX;) {
		if (!read_piece(fd, at, need, arena, &pieces[n++], err)) {
			return false;
		}
		enum index_wheeltail got =
			index_wheeltail_read(pieces, n, size, arena, ret_text, &at, &need, err);
		if (got != WHEELTAIL_MORE) {
			return got == WHEELTAIL_DONE;
		}
	}
	return err_set(err, ERR_INPUT, "the wheel has its METADATA in too many places");
}

bool index_local_sha256(struct str path, char *ret_hex, struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(fs_closep) int fd = -1;
	uint64_t size;
	struct hash_sha256 hash;
	if (!open_file(path, &arena, &fd, &size, err)) {
		return false;
	}
	char *bytes = arena_alloc(&arena, READ_BYTES, 1);
	hash_sha256_init(&hash);
	for (;;) {
		ssize_t got = read(fd, bytes, READ_BYTES);
		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got < 0) {
			return err_set(err, ERR_INPUT, "it cannot be read: %s", strerror(errno));
		}
		if (got == 0) {
			break;
		}
		hash_sha256_add(&hash, (struct str){bytes, (size_t)got});
	}
	hash_sha256_end(&hash, ret_hex);
	return true;
}
