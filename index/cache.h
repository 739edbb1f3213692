#pragma once
#include "common/arena.h"

/*
 * Answers of indexes on disk, one file each: <cache>/index-v1/ab/cdef..., named by the SHA-256 of the
 * index's address and the document's (never by a hash that a page merely claims: decision 14). An
 * entry carries its full key and checksums; one that is broken, cut off or of another key is no
 * entry. Writing is best effort: without a writable folder everything works, only slower.
 */
struct index_cache_entry {
	int status;             /* 200, or 404: known not to be there */
	int64_t fetched_ms;     /* wall clock of the answer or its last confirmation */
	int64_t fresh_until_ms; /* may be used without asking until then; 0: ask */
	struct str url;         /* after redirects */
	struct str content_type, etag, last_modified;
	struct str body;
};

/* "source\nurl", what the entry is filed under. */
struct str index_cache_key(struct str source, struct str url, struct arena *arena);

/* Path of the entry; "" when folder is "". */
struct str index_cache_path(struct str folder, struct str key, struct arena *arena);

/* The entry, as views into *storage, which the caller frees with buf_done(). False: none. */
MUST_USE bool index_cache_read(
	struct str path, struct str key, struct buf *storage, struct index_cache_entry *ret);

/*
 * The same as a view of the file itself, which is neither copied nor read twice: entries are replaced by
 * rename and never cut, so the view keeps what was there when it was made.
 */
struct index_cache_map {
	void *p;
	size_t n;
};
MUST_USE bool index_cache_map(struct str path, struct str key, struct index_cache_map *map,
	struct index_cache_entry *ret);
void index_cache_unmap(struct index_cache_map *map); /* a zeroed one is fine */

/* The same from bytes in memory. */
MUST_USE bool index_cache_decode(struct str bytes, struct str key, struct index_cache_entry *ret);

void index_cache_write(struct str path, struct str key, const struct index_cache_entry *entry);

/* The server confirmed the entry (304): note when, and how long it is fresh now. */
void index_cache_confirm(struct str path, int64_t fetched_ms, int64_t fresh_until_ms);

/*
 * Until when an answer that came now may be used unasked, from its Cache-Control and Age (RFC 9111):
 * now + max-age - age, 0 with no-cache or without max-age, -1 with no-store: it must not be kept.
 * A server that says nothing at all gets what public indexes say themselves, ten minutes (a heuristic as
 * in section 4.2.2); --refresh asks all the same.
 */
enum { INDEX_FRESH_UNSAID_S = 600 };
int64_t index_cache_fresh_until(struct str cache_control, int64_t age_s, int64_t now_ms);
