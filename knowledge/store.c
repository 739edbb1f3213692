#include "knowledge/store.h"
#include <errno.h>
#include <unistd.h>
#include "common/fs.h"
#include "common/banned.h"

bool store_fail(sqlite3 *database, struct err *err)
{
	return err_set(err, ERR_INPUT, "%s",
		database == NULL ? "no memory for the data base" : sqlite3_errmsg(database));
}

bool store_run(sqlite3 *database, const char *sql, struct err *err)
{
	return sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK ||
	       store_fail(database, err);
}

bool store_prepare(sqlite3 *database, const char *sql, sqlite3_stmt **ret, struct err *err)
{
	return sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, ret, NULL) ==
		       SQLITE_OK ||
	       store_fail(database, err);
}

void store_finalize(sqlite3_stmt **statement)
{
	sqlite3_finalize(*statement);
}

void store_bind(sqlite3_stmt *statement, int at, struct str text)
{
	/* the arena or the caller holds it until the statement has run */
	sqlite3_bind_text(statement, at, text.p == NULL ? "" : text.p, (int)text.n, SQLITE_STATIC);
}

struct str store_text(sqlite3_stmt *statement, int column, struct arena *arena)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);
	int n = sqlite3_column_bytes(statement, column);
	return text == NULL ? S("") : arena_str(arena, (struct str){text, (size_t)n});
}

/* A path as the address of a file: what means something in an address is escaped. */
static void put_uri(const char *path, struct buf *out)
{
	buf_add(out, S("file:"));
	for (; *path != '\0'; path++) {
		if (*path == '%' || *path == '?' || *path == '#') {
			buf_addf(out, "%%%02x", (unsigned char)*path);
		} else {
			buf_byte(out, *path);
		}
	}
	buf_add(out, S("?immutable=1"));
}

static bool number_is(sqlite3 *database, const char *sql, int64_t wanted, struct err *err)
{
	AUTO(store_finalize) sqlite3_stmt *statement = NULL;
	if (!store_prepare(database, sql, &statement, err)) {
		return false;
	}
	if (sqlite3_step(statement) != SQLITE_ROW) {
		return store_fail(database, err);
	}
	return sqlite3_column_int64(statement, 0) == wanted ||
	       err_set(err, ERR_INPUT, "it was made by another version of thoth");
}

bool store_open_snapshot(const char *path, sqlite3 **ret, struct err *err)
{
	AUTO(buf_done) struct buf uri = {.max = 16384};
	sqlite3 *database = NULL;
	put_uri(path, &uri);
	int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
	bool fine = sqlite3_open_v2(uri.p, &database, flags, NULL) == SQLITE_OK ||
		    store_fail(database, err);
	if (fine) {
		sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
		sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
		sqlite3_limit(database, SQLITE_LIMIT_LENGTH, STORE_TEXT_MAX);
		fine = store_run(database, "PRAGMA cell_size_check=ON", err) &&
		       store_run(database, "PRAGMA mmap_size=268435456", err) &&
		       number_is(database, "PRAGMA application_id", STORE_APPLICATION, err) &&
		       number_is(database, "PRAGMA user_version", STORE_ADVISORIES_VERSION, err);
	}
	if (!fine) {
		sqlite3_close(database);
		return false;
	}
	*ret = database;
	return true;
}

bool store_create(const char *path, const char *schema, sqlite3 **ret, struct err *err)
{
	sqlite3 *database = NULL;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	char marks[128];
	snprintf(marks, sizeof(marks), "PRAGMA application_id=%d; PRAGMA user_version=%d",
		STORE_APPLICATION, STORE_ADVISORIES_VERSION);
	bool fine = (sqlite3_open_v2(path, &database, flags, NULL) == SQLITE_OK ||
			    store_fail(database, err)) &&
		    store_run(database,
			    "PRAGMA page_size=4096; PRAGMA journal_mode=OFF; PRAGMA "
			    "synchronous=OFF",
			    err) &&
		    store_run(database, marks, err) && store_run(database, schema, err) &&
		    store_run(database, "BEGIN", err);
	if (!fine) {
		sqlite3_close(database);
		return false;
	}
	*ret = database;
	return true;
}
