#include "knowledge/knowledge.h"
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/fs.h"
#include "common/vec.h"
#include "knowledge/store.h"
#include "common/banned.h"

/* Reading advisories; import.c makes the file. */
enum { ADVISORIES_MAX = 10000 };

struct str knowledge_advisories_path(struct arena *arena)
{
	return fs_join(arena, fs_data_dir(arena), S("knowledge/advisories.sqlite"));
}

static bool damaged(const char *path, struct err *err)
{
	err->kind = ERR_INPUT;
	err_hint(err, "make it anew with 'thoth data update'");
	return err_prefix(err, "the advisories '%s' cannot be used", path);
}

void knowledge_freep(struct knowledge **knowledge)
{
	if (*knowledge != NULL) {
		sqlite3_finalize((*knowledge)->package);
		sqlite3_close((*knowledge)->database);
		free(*knowledge);
		*knowledge = NULL;
	}
}

bool knowledge_open(const char *path, struct knowledge **ret, struct err *err)
{
	static const char question[] =
		"SELECT advisory.name, aliases, summary, link, severity, published, events, "
		"versions"
		" FROM affected JOIN advisory ON advisory.id = affected.advisory"
		" WHERE package = ? AND withdrawn = '' ORDER BY advisory.name";
	struct stat st;
	if (stat(path, &st) != 0 && (errno == ENOENT || errno == ENOTDIR)) {
		*ret = NULL;
		return true;
	}
	struct knowledge *knowledge = calloc(1, sizeof(*knowledge));
	if (knowledge == NULL) {
		arena_die("out of memory");
	}
	snprintf(knowledge->path, sizeof(knowledge->path), "%s", path);
	if (!store_open_snapshot(path, &knowledge->database, err) ||
		!store_prepare(knowledge->database, question, &knowledge->package, err)) {
		knowledge_freep(&knowledge);
		return damaged(path, err);
	}
	*ret = knowledge;
	return true;
}

bool knowledge_snapshot_read(struct knowledge *knowledge, struct arena *arena,
	struct knowledge_snapshot *ret, struct err *err)
{
	AUTO(store_finalize) sqlite3_stmt *row = NULL;
	if (!store_prepare(knowledge->database,
		    "SELECT source, revision, date, licence, sha256, etag, imported, advisories,"
		    " packages, withdrawn, left_out FROM snapshot WHERE id = 1",
		    &row, err)) {
		return damaged(knowledge->path, err);
	}
	if (sqlite3_step(row) != SQLITE_ROW) {
		err_set(err, ERR_INPUT, "it does not say what it was made from");
		return damaged(knowledge->path, err);
	}
	*ret = (struct knowledge_snapshot){.source = store_text(row, 0, arena),
		.revision = store_text(row, 1, arena),
		.date = store_text(row, 2, arena),
		.licence = store_text(row, 3, arena),
		.sha256 = store_text(row, 4, arena),
		.etag = store_text(row, 5, arena),
		.imported_ms = sqlite3_column_int64(row, 6),
		.n_advisories = sqlite3_column_int64(row, 7),
		.n_packages = sqlite3_column_int64(row, 8),
		.n_withdrawn = sqlite3_column_int64(row, 9),
		.n_left_out = sqlite3_column_int64(row, 10)};
	return true;
}

bool knowledge_package(struct knowledge *knowledge, struct str name, struct arena *arena,
	struct knowledge_package *ret, struct err *err)
{
	VEC(struct knowledge_advisory) found = {0};
	sqlite3_stmt *row = knowledge->package;
	store_bind(row, 1, name);
	int step;
	while ((step = sqlite3_step(row)) == SQLITE_ROW && found.n < ADVISORIES_MAX) {
		struct knowledge_advisory *advisory = vec_push(arena, &found);
		advisory->id = store_text(row, 0, arena);
		advisory->aliases = store_text(row, 1, arena);
		advisory->summary = store_text(row, 2, arena);
		advisory->link = store_text(row, 3, arena);
		advisory->severity = store_text(row, 4, arena);
		advisory->published = store_text(row, 5, arena);
		knowledge_read_affected(
			store_text(row, 6, arena), store_text(row, 7, arena), arena, advisory);
	}
	bool fine = step == SQLITE_DONE || step == SQLITE_ROW;
	if (!fine) {
		store_fail(knowledge->database, err);
	}
	sqlite3_reset(row);
	sqlite3_clear_bindings(row);
	if (!fine) {
		return damaged(knowledge->path, err);
	}
	*ret = (struct knowledge_package){name, found.p, found.n};
	return true;
}
