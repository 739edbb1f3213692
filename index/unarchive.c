#include "index/unarchive.h"
#include <archive.h>
#include <archive_entry.h>
#include "common/banned.h"

static void free_reader(struct archive **reader)
{
	archive_read_free(*reader);
}

static char folded(char c)
{
	return c == '_' || c == '.' ? '-' : c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_folder(struct str a, struct str b)
{
	if (a.n != b.n) {
		return false;
	}
	for (size_t i = 0; i < a.n; i++) {
		if (folded(a.p[i]) != folded(b.p[i])) {
			return false;
		}
	}
	return true;
}

/* Is this entry FOLDER/NAME? */
static bool is_wanted(struct archive_entry *entry, struct str folder, struct str name)
{
	const char *path = archive_entry_pathname(entry);
	struct str above;
	struct str rest = str_from(path == NULL ? "" : path);
	while (str_starts(rest, S("./"))) {
		rest = str_skip(rest, 2);
	}
	return str_cut(rest, S("/"), &above, &rest) && str_eq(rest, name) &&
	       (folder.n == 0 || is_folder(above, folder)) &&
	       archive_entry_filetype(entry) == AE_IFREG && archive_entry_hardlink(entry) == NULL;
}

static bool read_data(struct archive *reader, struct archive_entry *entry, size_t max,
	struct arena *arena, struct str *ret, struct err *err)
{
	int64_t size = archive_entry_size(entry);
	if (!archive_entry_size_is_set(entry) || size < 0 || (uint64_t)size > max) {
		return err_set(err, ERR_INPUT, "its metadata is larger than %zu bytes", max);
	}
	char *text = arena_alloc(arena, (size_t)size + 1, 1);
	size_t n = 0;
	while (n < (size_t)size) {
		la_ssize_t got = archive_read_data(reader, text + n, (size_t)size - n);
		if (got <= 0) {
			return err_set(err, ERR_INPUT, "its metadata cannot be unpacked");
		}
		n += (size_t)got;
	}
	/* The checksum of a zip member is only looked at when its end is asked for. */
	char end;
	if (archive_read_data(reader, &end, 1) != 0) {
		return err_set(err, ERR_INPUT, "its metadata cannot be unpacked");
	}
	*ret = (struct str){text, n};
	return true;
}

static bool start(struct archive *reader, struct str bytes, enum unarchive_kind kind)
{
	if (reader == NULL) {
		return false;
	}
	bool known = kind == UNARCHIVE_ZIP
			     ? archive_read_support_format_zip_seekable(reader) == ARCHIVE_OK
			     : archive_read_support_filter_gzip(reader) == ARCHIVE_OK &&
				       archive_read_support_filter_bzip2(reader) == ARCHIVE_OK &&
				       archive_read_support_filter_xz(reader) == ARCHIVE_OK &&
				       archive_read_support_filter_zstd(reader) == ARCHIVE_OK &&
				       archive_read_support_format_tar(reader) == ARCHIVE_OK;
	return known && archive_read_open_memory(reader, bytes.p, bytes.n) == ARCHIVE_OK;
}

static bool read_member(struct str bytes, enum unarchive_kind kind, struct str folder,
	struct str name, size_t max, struct arena *arena, struct str *ret, struct err *err)
{
	AUTO(free_reader) struct archive *reader = archive_read_new();
	if (!start(reader, bytes, kind)) {
		return err_set(err, ERR_INPUT, "it is no archive");
	}
	int64_t passed = 0;
	for (size_t i = 0; i < UNARCHIVE_ENTRIES_MAX; i++) {
		struct archive_entry *entry;
		int got = archive_read_next_header(reader, &entry);
		if (got == ARCHIVE_EOF) {
			return err_set(err, ERR_INPUT, "it holds no '" STR_FMT "/" STR_FMT "'",
				STR_ARG(folder), STR_ARG(name));
		}
		if (got != ARCHIVE_OK && got != ARCHIVE_WARN) {
			return err_set(err, ERR_INPUT, "it is a broken archive");
		}
		if (is_wanted(entry, folder, name)) {
			return read_data(reader, entry, max, arena, ret, err);
		}
		/* What the next turn must pass over: in a zip nothing, in a tar all of it. */
		int64_t size = kind == UNARCHIVE_ZIP ? 0 : archive_entry_size(entry);
		if (size < 0 || size > UNARCHIVE_UNPACKED_MAX - passed ||
			archive_filter_bytes(reader, 0) > UNARCHIVE_UNPACKED_MAX) {
			return err_set(err, ERR_INPUT, "it is too large once unpacked");
		}
		passed += size;
	}
	return err_set(err, ERR_INPUT, "it holds too many files");
}

static bool each_member(struct str bytes, enum unarchive_kind kind, size_t max,
	bool (*take)(void *data, struct str path, struct str text), void *data, struct err *err)
{
	AUTO(free_reader) struct archive *reader = archive_read_new();
	AUTO(arena_done) struct arena arena = {0};
	if (!start(reader, bytes, kind)) {
		return err_set(err, ERR_INPUT, "it is no archive");
	}
	int64_t unpacked = 0;
	for (size_t i = 0; i < UNARCHIVE_ENTRIES_MAX; i++) {
		struct archive_entry *entry;
		struct str text;
		int got = archive_read_next_header(reader, &entry);
		if (got == ARCHIVE_EOF) {
			return true;
		}
		if (got != ARCHIVE_OK && got != ARCHIVE_WARN) {
			return err_set(err, ERR_INPUT, "it is a broken archive");
		}
		const char *path = archive_entry_pathname(entry);
		if (archive_entry_filetype(entry) != AE_IFREG ||
			archive_entry_hardlink(entry) != NULL || path == NULL) {
			continue;
		}
		int64_t size = archive_entry_size(entry);
		if (size < 0 || size > UNARCHIVE_UNPACKED_MAX - unpacked) {
			return err_set(err, ERR_INPUT, "it is too large once unpacked");
		}
		unpacked += size;
		arena_reset(&arena);
		if (!read_data(reader, entry, max, &arena, &text, err)) {
			return err_prefix(err, "'%.200s'", path);
		}
		if (!take(data, str_from(path), text)) {
			return false;
		}
	}
	return err_set(err, ERR_INPUT, "it holds too many files");
}

__attribute__((visibility("default")))
const struct unarchive_functions thoth_unarchive_functions = {
	UNARCHIVE_TABLE_VERSION,
	read_member,
	each_member,
};
