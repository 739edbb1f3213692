#include "prescriptions/cache.h"
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/fs.h"
#include "common/hash.h"
#include "prescriptions/files.h"
#include "prescriptions/load.h"
#include "common/banned.h"

struct presc_cache presc_cache_at(struct str cache_dir, struct arena *arena)
{
	struct str base = cache_dir.n > 0 ? cache_dir : fs_cache_dir(arena);
	return (struct presc_cache){.folder = fs_join(arena, base, S("rules"))};
}

/* ---- files of the cache ----------------------------------------------------------------------- */

/* Map a compiled set. False: there is none, or it cannot be used. */
static bool map_set(const char *path, struct presc_table *ret, struct err *err)
{
	AUTO(fs_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		return err_set(err, ERR_INPUT, "there is no such set");
	}
	if (st.st_size < (off_t)sizeof(struct table_header) || st.st_size > TABLE_MAX) {
		return err_set(err, ERR_INPUT, "not a compiled set of rules: its size");
	}
	void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED) {
		return err_set(err, ERR_INPUT, "the set cannot be mapped");
	}
	if (!table_open(p, (size_t)st.st_size, ret, err)) {
		munmap(p, (size_t)st.st_size);
		return false;
	}
	ret->is_mapped = true;
	return true;
}

static bool is_digest(struct str source)
{
	bool is = str_starts(source, S("sha256:")) && source.n == HASH_HEX + 7;
	for (size_t i = 7; is && i < source.n; i++) {
		is = char_is_digit(source.p[i]) || (source.p[i] >= 'a' && source.p[i] <= 'f');
	}
	return is;
}

static struct str digest_path(
	const struct presc_cache *cache, struct str digest, struct arena *arena)
{
	return arena_printf(arena, STR_FMT "/sha256-" STR_FMT ".set", STR_ARG(cache->folder),
		STR_ARG(str_skip(digest, 7)));
}

/* One for each folder, wherever it is reached from. "" when nothing is kept. */
static struct str folder_path(
	const struct presc_cache *cache, struct str source, struct arena *arena)
{
	char real[PATH_MAX];
	char hex[HASH_HEX + 1];
	if (cache->folder.n == 0 || realpath(arena_cstr(arena, source), real) == NULL) {
		return S("");
	}
	hash_sha256_hex(str_from(real), hex);
	return arena_printf(arena, STR_FMT "/folder-%.32s.set", STR_ARG(cache->folder), hex);
}

/* ---- is it still what it was? ----------------------------------------------------------------- */

static bool is_current(const struct presc_table *table, const struct presc_files *files)
{
	if (files->list.n != table_count(table, TABLE_FILES)) {
		return false;
	}
	for (size_t i = 0; i < files->list.n; i++) {
		const struct presc_file *now = &files->list.p[i];
		const struct table_file *then = &table->files[i];
		if (now->size != then->size || now->mtime_ns != then->mtime_ns ||
			!str_eq(now->path, table_str(table, then->path))) {
			return false;
		}
	}
	return true;
}

/* A file written a moment ago could be written again without a new time. */
static bool is_settled(const struct presc_table *table, int64_t now_ms)
{
	enum { TICK_MS = 50 };
	for (uint32_t i = 0; i < table_count(table, TABLE_FILES); i++) {
		if (table->files[i].mtime_ns / 1000000 > now_ms - TICK_MS) {
			return false;
		}
	}
	return true;
}

/* What the set keeps of its notes. */
static void take_notes(const struct presc_table *table, struct presc_report *report)
{
	for (uint32_t i = 0; i < table_count(table, TABLE_NOTES); i++) {
		const struct table_note *note = &table->notes[i];
		*vec_push(report->arena, &report->notes.list) = (struct presc_fault){
			.file = table_str(table, note->file),
			.line = (int)note->line,
			.column = (int)note->column,
			.message = table_str(table, note->message),
			.hint = arena_cstr(report->arena, table_str(table, note->hint)),
		};
	}
}

/* ---- opening ---------------------------------------------------------------------------------- */

static bool open_digest(const struct presc_cache *cache, struct str source,
	struct presc_report *report, struct presc_table *ret)
{
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	report->file = source;
	if (cache->folder.n == 0) {
		return presc_fault(report, 0, 0, "leave --no-cache out",
			       "a set with this name is in the cache alone"),
		       false;
	}
	if (!map_set(digest_path(cache, source, &arena).p, ret, &err)) {
		presc_fault(report, 0, 0, "'thoth prescriptions compile DIR' makes one", "%s",
			err.message);
		return false;
	}
	if (!str_eq(str_from(ret->header->digest), source)) {
		presc_table_done(ret);
		presc_fault(report, 0, 0, "'thoth prescriptions compile DIR' makes one",
			"the set has another digest");
		return false;
	}
	take_notes(ret, report);
	return true;
}

/* A set that cannot be kept costs time and nothing else. */
static void keep(struct str path, const struct presc_cache *cache, const struct presc_table *table)
{
	AUTO(arena_done) struct arena arena = {0};
	struct err ignored = {0};
	if (fs_make_dirs(arena_cstr(&arena, cache->folder), &ignored)) {
		bool kept = fs_write_atomic(arena_cstr(&arena, path),
			(struct str){(const char *)table->p, table->n}, 0600, &ignored);
		(void)kept;
	}
}

bool presc_open(const struct presc_cache *cache, struct str source, struct presc_report *report,
	struct presc_table *ret)
{
	AUTO(arena_done) struct arena arena = {0};
	if (is_digest(source)) {
		return open_digest(cache, source, report, ret);
	}
	struct presc_files files = {0};
	struct presc_report unread = {.arena = &arena};
	struct err err = {0};
	struct str path = folder_path(cache, source, &arena);
	report->root = source;
	if (path.n > 0 && map_set(path.p, ret, &err)) {
		if (presc_files_list(source, true, &arena, &unread, &files) &&
			unread.faults.list.n == 0 && is_current(ret, &files)) {
			take_notes(ret, report);
			return true;
		}
		presc_table_done(ret);
	}
	int64_t now_ms = clock_now_ms();
	bool loaded = presc_load(source, true, report, ret);
	if (loaded && path.n > 0 && is_settled(ret, now_ms)) {
		keep(path, cache, ret);
	}
	return loaded;
}

bool presc_cache_keep(
	const struct presc_cache *cache, const struct presc_table *table, struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	struct str digest = str_from(table->header->digest);
	return fs_make_dirs(arena_cstr(&arena, cache->folder), err) &&
	       fs_write_atomic(digest_path(cache, digest, &arena).p,
		       (struct str){(const char *)table->p, table->n}, 0600, err);
}
