#pragma once
#include <sqlite3.h>
#include "knowledge/knowledge.h"

/* Opening SQLite files, and statements; private to knowledge/. */
enum { STORE_APPLICATION = 0x54484f54, STORE_ADVISORIES_VERSION = 1, STORE_TEXT_MAX = 4 << 20 };

struct knowledge {
	sqlite3 *database;
	sqlite3_stmt *package; /* kept for the life of the connection */
	char path[4096];
};

/* Read only, immutable, nothing in it is trusted. False with err. */
MUST_USE bool store_open_snapshot(const char *path, sqlite3 **ret, struct err *err);

/* A new file for one writer, without a journal: it is thrown away when anything fails. */
MUST_USE bool store_create(const char *path, const char *schema, sqlite3 **ret, struct err *err);

MUST_USE bool store_run(sqlite3 *database, const char *sql, struct err *err);
MUST_USE bool store_prepare(
	sqlite3 *database, const char *sql, sqlite3_stmt **ret, struct err *err);

/* Says what SQLite says. Returns false. */
bool store_fail(sqlite3 *database, struct err *err);

void store_bind(sqlite3_stmt *statement, int at, struct str text);
struct str store_text(sqlite3_stmt *statement, int column, struct arena *arena);
void store_finalize(sqlite3_stmt **statement);
