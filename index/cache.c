#include "index/cache.h"
#include <sys/mman.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "common/err.h"
#include "common/fs.h"
#include "common/hash.h"
#include "common/banned.h"

/*
 * The file: this head, then body, key, url, content type, etag and last-modified without gaps.
 * Numbers are the machine's own; a cache does not travel, and the magic would not match elsewhere.
 * The head has a checksum of its own, so that confirming an entry rewrites only the head.
 */
struct head {
	uint64_t magic;
	uint64_t head_sum; /* of everything below in the head */
	uint64_t rest_sum; /* of everything behind the head */
	int64_t fetched_ms, fresh_until_ms;
	uint32_t status;
	uint32_t n_key, n_url, n_type, n_etag, n_modified;
	uint64_t n_body;
};

static const uint64_t magic = 0x3278696874686f74; /* "tohthix2" */

enum { ENTRY_MAX = 300 << 20, STRING_MAX = 64 << 10 };

/*
 * Checksum against torn writes and rotting disks, not against people: four lanes of multiply and
 * fold, because SHA-256 of a six-megabyte page would take longer than all the rest.
 */
static uint64_t checksum(struct str s)
{
	const uint64_t k = 0x9e3779b97f4a7c15;
	uint64_t lane[4] = {s.n, k, ~s.n, ~k};
	size_t i = 0;
	for (; i + 32 <= s.n; i += 32) {
		uint64_t word[4];
		memcpy(word, s.p + i, 32);
		for (int l = 0; l < 4; l++) {
			lane[l] = (lane[l] ^ word[l]) * k;
			lane[l] ^= lane[l] >> 31;
		}
	}
	uint64_t tail[4] = {0};
	if (s.n > i) {
		memcpy(tail, s.p + i, s.n - i);
	}
	uint64_t sum = 0;
	for (int l = 0; l < 4; l++) {
		lane[l] = (lane[l] ^ tail[l]) * k;
		sum = (sum ^ lane[l] ^ lane[l] >> 29) * k;
	}
	return sum ^ sum >> 32;
}

static uint64_t head_checksum(const struct head *head)
{
	const char *from = (const char *)&head->rest_sum;
	return checksum((struct str){from, sizeof(*head) - offsetof(struct head, rest_sum)});
}

struct str index_cache_key(struct str source, struct str url, struct arena *arena)
{
	return arena_printf(arena, STR_FMT "\n" STR_FMT, STR_ARG(source), STR_ARG(url));
}

struct str index_cache_path(struct str folder, struct str key, struct arena *arena)
{
	if (folder.n == 0) {
		return S("");
	}
	char hex[HASH_HEX + 1];
	hash_sha256_hex(key, hex);
	return arena_printf(arena, STR_FMT "/index-v1/%.2s/%s", STR_ARG(folder), hex, hex + 2);
}

static struct str take(struct str *rest, size_t n)
{
	struct str taken = str_slice(*rest, 0, n);
	*rest = str_skip(*rest, n);
	return taken;
}

bool index_cache_decode(struct str bytes, struct str key, struct index_cache_entry *ret)
{
	struct head head;
	if (bytes.n < sizeof(head)) {
		return false;
	}
	memcpy(&head, bytes.p, sizeof(head));
	struct str rest = str_skip(bytes, sizeof(head));
	if (head.magic != magic || head.head_sum != head_checksum(&head) ||
		head.n_key > STRING_MAX || head.n_url > STRING_MAX || head.n_type > STRING_MAX ||
		head.n_etag > STRING_MAX || head.n_modified > STRING_MAX) {
		return false;
	}
	uint64_t strings =
		(uint64_t)head.n_key + head.n_url + head.n_type + head.n_etag + head.n_modified;
	if (strings > rest.n || head.n_body != rest.n - strings ||
		head.rest_sum != checksum(rest)) {
		return false;
	}
	struct str body = take(&rest, head.n_body);
	if (!str_eq(take(&rest, head.n_key), key)) {
		return false;
	}
	ret->status = (int)head.status;
	ret->fetched_ms = head.fetched_ms;
	ret->fresh_until_ms = head.fresh_until_ms;
	ret->url = take(&rest, head.n_url);
	ret->content_type = take(&rest, head.n_type);
	ret->etag = take(&rest, head.n_etag);
	ret->last_modified = take(&rest, head.n_modified);
	ret->body = body;
	return true;
}

/* The entry's file and its length; -1 when there is none that may be read. */
static int open_entry(struct str path, size_t *ret_n)
{
	struct stat st;
	int fd = path.n == 0 ? -1 : open(path.p, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) {
		return -1;
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > ENTRY_MAX) {
		close(fd);
		return -1;
	}
	*ret_n = (size_t)st.st_size;
	return fd;
}

bool index_cache_map(
	struct str path, struct str key, struct index_cache_map *map, struct index_cache_entry *ret)
{
	size_t n = 0;
	AUTO(fs_closep) int fd = open_entry(path, &n);
	if (fd < 0 || n == 0) {
		return false;
	}
	void *p = mmap(NULL, n, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (p == MAP_FAILED) {
		return false;
	}
	if (!index_cache_decode((struct str){p, n}, key, ret)) {
		munmap(p, n);
		return false;
	}
	*map = (struct index_cache_map){p, n};
	return true;
}

void index_cache_unmap(struct index_cache_map *map)
{
	if (map->p != NULL) {
		munmap(map->p, map->n);
	}
	*map = (struct index_cache_map){0};
}

bool index_cache_read(
	struct str path, struct str key, struct buf *storage, struct index_cache_entry *ret)
{
	size_t size = 0;
	AUTO(fs_closep) int fd = open_entry(path, &size);
	if (fd < 0) {
		return false;
	}
	buf_done(storage);
	*storage = (struct buf){.max = ENTRY_MAX};
	char *room = buf_room(storage, size);
	while (room != NULL && storage->n < size) {
		ssize_t n = read(fd, room + storage->n, size - storage->n);
		if (n <= 0) {
			break;
		}
		storage->n += (size_t)n;
	}
	if (index_cache_decode(buf_str(storage), key, ret)) {
		return true;
	}
	buf_done(storage);
	*storage = (struct buf){0};
	return false;
}

/* Without fsync: a torn entry is noticed by its checksum and fetched again. */
static bool write_file(struct str path, struct str data)
{
	AUTO(arena_done) struct arena arena = {0};
	struct str temporary = arena_printf(&arena, STR_FMT ".XXXXXX", STR_ARG(path));
	int fd = mkostemp((char *)temporary.p, O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		struct err ignored = {0};
		struct str folder = fs_dirname(&arena, path);
		temporary = arena_printf(&arena, STR_FMT ".XXXXXX", STR_ARG(path));
		fd = fs_make_dirs(folder.p, &ignored) ? mkostemp((char *)temporary.p, O_CLOEXEC)
						      : -1;
	}
	if (fd < 0) {
		return false;
	}
	bool written = true;
	while (written && data.n > 0) {
		ssize_t n = write(fd, data.p, data.n);
		written = n > 0 || (n < 0 && errno == EINTR);
		data = str_skip(data, n > 0 ? (size_t)n : 0);
	}
	written = close(fd) == 0 && written;
	if (!written || rename(temporary.p, path.p) != 0) {
		unlink(temporary.p);
		return false;
	}
	return true;
}

void index_cache_write(struct str path, struct str key, const struct index_cache_entry *entry)
{
	if (path.n == 0 || key.n > STRING_MAX || entry->url.n > STRING_MAX ||
		entry->content_type.n > STRING_MAX || entry->etag.n > STRING_MAX ||
		entry->last_modified.n > STRING_MAX) {
		return;
	}
	struct head head = {
		.magic = magic,
		.fetched_ms = entry->fetched_ms,
		.fresh_until_ms = entry->fresh_until_ms,
		.status = (uint32_t)entry->status,
		.n_key = (uint32_t)key.n,
		.n_url = (uint32_t)entry->url.n,
		.n_type = (uint32_t)entry->content_type.n,
		.n_etag = (uint32_t)entry->etag.n,
		.n_modified = (uint32_t)entry->last_modified.n,
		.n_body = entry->body.n,
	};
	AUTO(buf_done) struct buf out = {.max = ENTRY_MAX};
	buf_room(&out, sizeof(head) + key.n + entry->url.n + entry->body.n + 1024);
	buf_add(&out, (struct str){(const char *)&head, sizeof(head)});
	buf_add(&out, entry->body); /* first: aligned like the head */
	buf_add(&out, key);
	buf_add(&out, entry->url);
	buf_add(&out, entry->content_type);
	buf_add(&out, entry->etag);
	buf_add(&out, entry->last_modified);
	if (out.full) {
		return;
	}
	head.rest_sum = checksum(str_skip(buf_str(&out), sizeof(head)));
	head.head_sum = head_checksum(&head);
	memcpy(out.p, &head, sizeof(head));
	(void)!write_file(path, buf_str(&out));
}

void index_cache_confirm(struct str path, int64_t fetched_ms, int64_t fresh_until_ms)
{
	struct head head;
	AUTO(fs_closep) int fd = path.n == 0 ? -1 : open(path.p, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || pread(fd, &head, sizeof(head), 0) != (ssize_t)sizeof(head) ||
		head.magic != magic || head.head_sum != head_checksum(&head)) {
		return;
	}
	head.fetched_ms = fetched_ms;
	head.fresh_until_ms = fresh_until_ms;
	head.head_sum = head_checksum(&head);
	(void)!pwrite(fd, &head, sizeof(head), 0);
}

int64_t index_cache_fresh_until(struct str cache_control, int64_t age_s, int64_t now_ms)
{
	int64_t max_age_s = cache_control.n == 0 ? INDEX_FRESH_UNSAID_S : 0;
	bool ask = false;
	while (cache_control.n > 0) {
		struct str part = cache_control;
		struct str rest = S("");
		uint64_t seconds;
		str_cut(cache_control, S(","), &part, &rest);
		cache_control = rest;
		part = str_trim(part);
		if (str_ieq(part, S("no-store"))) {
			return -1;
		}
		ask = ask || str_ieq(part, S("no-cache"));
		if (str_ieq(str_slice(part, 0, 8), S("max-age=")) &&
			str_to_u64(str_skip(part, 8), &seconds)) {
			max_age_s = seconds > 365 * 86400 ? 365 * 86400 : (int64_t)seconds;
		}
	}
	int64_t left_s = max_age_s - age_s;
	return ask || left_s <= 0 ? 0 : now_ms + left_s * 1000;
}
