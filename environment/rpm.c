#include "environment/machine_files.h"
#include <fcntl.h>
#include <sqlite3.h>
#include "common/fs.h"
#include "common/banned.h"

/*
 * The package data base of rpm, which is SQLite since rpm 4.16: one row a package, whose blob is a header
 * in network byte order: number of entries, bytes of data, entries of (tag, type, offset, count), data.
 */
enum { HEADER_MAX = 32 << 20, ENTRIES_MAX = 100000, ENTRY = 16 };
enum {
	TAG_NAME = 1000,
	TAG_VERSION = 1001,
	TAG_RELEASE = 1002,
	TAG_EPOCH = 1003,
	TAG_ARCH = 1022,
	TAG_SOURCE = 1044,
	TYPE_INT32 = 4,
	TYPE_STRING = 6,
};

static uint32_t big32(struct str bytes, size_t at)
{
	const unsigned char *p = (const unsigned char *)bytes.p + at;
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The text or the number at an offset of the data, "" when it is neither. */
static struct str entry_value(struct str data, uint32_t type, uint32_t offset, struct arena *arena)
{
	if (offset >= data.n) {
		return S("");
	}
	if (type == TYPE_STRING) {
		struct str rest = str_skip(data, offset);
		ptrdiff_t end = str_find_char(rest, '\0');
		return end < 0 ? S("") : arena_str(arena, str_slice(rest, 0, (size_t)end));
	}
	if (type == TYPE_INT32 && data.n - offset >= 4) {
		return arena_printf(arena, "%u", big32(data, offset));
	}
	return S("");
}

bool machine_read_rpm(struct str blob, struct arena *arena, struct machine_package *ret)
{
	struct machine_package package = {.kind = MACHINE_RPM};
	if (blob.n < 8 || blob.n > HEADER_MAX) {
		return false;
	}
	uint32_t n = big32(blob, 0);
	if (n > ENTRIES_MAX || (size_t)n * ENTRY > blob.n - 8) {
		return false;
	}
	struct str data = str_skip(blob, 8 + (size_t)n * ENTRY);
	for (uint32_t i = 0; i < n; i++) {
		size_t at = 8 + (size_t)i * ENTRY;
		struct str *to = NULL;
		switch (big32(blob, at)) {
		case TAG_NAME:
			to = &package.name;
			break;
		case TAG_VERSION:
			to = &package.version;
			break;
		case TAG_RELEASE:
			to = &package.release;
			break;
		case TAG_EPOCH:
			to = &package.epoch;
			break;
		case TAG_ARCH:
			to = &package.arch;
			break;
		case TAG_SOURCE:
			to = &package.source;
			break;
		default:
			continue;
		}
		*to = entry_value(data, big32(blob, at + 4), big32(blob, at + 8), arena);
	}
	*ret = package;
	return package.name.n > 0;
}

static void database_close(sqlite3 **database)
{
	sqlite3_close(*database);
}

static void statement_done(sqlite3_stmt **statement)
{
	sqlite3_finalize(*statement);
}

/* Nothing in a foreign file is run, and nothing is written beside it. */
static bool open_read_only(int fd, struct arena *arena, sqlite3 **ret)
{
	struct str uri = arena_printf(arena, "file:/proc/self/fd/%d?immutable=1", fd);
	int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
	if (sqlite3_open_v2(uri.p, ret, flags, NULL) != SQLITE_OK) {
		return false;
	}
	sqlite3_db_config(*ret, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(*ret, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_limit(*ret, SQLITE_LIMIT_LENGTH, HEADER_MAX);
	return sqlite3_exec(*ret, "PRAGMA cell_size_check=ON", NULL, NULL, NULL) == SQLITE_OK;
}

static bool read_all(sqlite3 *database, struct arena *arena, machine_packages *ret)
{
	AUTO(statement_done) sqlite3_stmt *statement = NULL;
	if (sqlite3_prepare_v2(database, "SELECT blob FROM Packages", -1, &statement, NULL) !=
		SQLITE_OK) {
		return false;
	}
	int step;
	while ((step = sqlite3_step(statement)) == SQLITE_ROW && ret->n < MACHINE_PACKAGES_MAX) {
		struct str blob = {sqlite3_column_blob(statement, 0),
			(size_t)sqlite3_column_bytes(statement, 0)};
		struct machine_package package;
		bool key = blob.n > 0 && machine_read_rpm(blob, arena, &package) &&
			   !str_eq(package.name, S("gpg-pubkey"));
		if (key) {
			*vec_push(arena, ret) = package;
		}
	}
	return step == SQLITE_DONE || step == SQLITE_ROW;
}

bool machine_look_rpm(const struct machine_root *root, struct arena *arena, machine_packages *ret,
	bool *ret_found, struct err *err)
{
	static const char *const places[] = {
		"var/lib/rpm/rpmdb.sqlite", "usr/lib/sysimage/rpm/rpmdb.sqlite"};
	*ret_found = false;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		AUTO(fs_closep) int fd = machine_open(root, places[i], 0);
		AUTO(database_close) sqlite3 *database = NULL;
		if (fd < 0) {
			continue;
		}
		if (!open_read_only(fd, arena, &database) || !read_all(database, arena, ret)) {
			return err_set(err, ERR_ENVIRONMENT, "'/%s' cannot be read: %s", places[i],
				database == NULL ? "no memory" : sqlite3_errmsg(database));
		}
		*ret_found = true;
		return true;
	}
	return true;
}
