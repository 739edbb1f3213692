#include "knowledge/knowledge.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/fs.h"
#include "knowledge/store.h"
#include "packaging/name.h"
#include "common/banned.h"

/* Making the file of advisories out of OSV documents. */
enum { SUMMARY_MAX = 300, ID_MAX = 200, AFFECTED_MAX = 1 << 20 };

struct knowledge_import {
	sqlite3 *database;
	sqlite3_stmt *advisory, *affected;
	char path[4096], made[4200];
	struct knowledge_snapshot counts;
	char newest[32];
	bool is_there; /* the file at `made` */
};

static const char schema[] =
	"CREATE TABLE snapshot(id INTEGER PRIMARY KEY, source TEXT, revision TEXT, date TEXT,"
	" licence TEXT, sha256 TEXT, etag TEXT, imported INTEGER, advisories INTEGER,"
	" packages INTEGER, withdrawn INTEGER, left_out INTEGER);"
	"CREATE TABLE advisory(id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, aliases TEXT,"
	" summary TEXT, link TEXT, severity TEXT, published TEXT, withdrawn TEXT);"
	"CREATE TABLE affected(package TEXT, advisory INTEGER, events TEXT, versions TEXT,"
	" PRIMARY KEY(package, advisory)) WITHOUT ROWID;";

/* ---- texts of a document -------------------------------------------------------------------------- */

/* A string, or a date that YAML took for one. */
static struct str text_of(const struct tree *table, struct str key)
{
	const struct tree *member = tree_get(table, key);
	bool is = member != NULL && (member->kind == TREE_STRING || member->kind == TREE_DATE);
	return is ? member->text : S("");
}

static const struct tree *list_of(const struct tree *table, struct str key, size_t *ret_n)
{
	const struct tree *member = tree_get(table, key);
	bool is = member != NULL && member->kind == TREE_ARRAY;
	*ret_n = is ? member->n : 0;
	return is ? member->items : NULL;
}

/* The beginning of the text, in one line, cut between words and characters. */
static struct str summary_of(const struct tree *osv, struct arena *arena)
{
	struct str text = str_trim(text_of(osv, S("summary")));
	text = text.n > 0 ? text : str_trim(text_of(osv, S("details")));
	AUTO(buf_done) struct buf out = {0};
	for (size_t i = 0; i < text.n && out.n < SUMMARY_MAX; i++) {
		bool blank = char_is_space(text.p[i]);
		if (!blank) {
			buf_byte(&out, text.p[i]);
		} else if (out.n > 0 && out.p[out.n - 1] != ' ') {
			buf_byte(&out, ' ');
		}
	}
	bool cut = out.n >= SUMMARY_MAX;
	while (cut && out.n > 0 && out.p[out.n - 1] != ' ') {
		out.n--;
	}
	struct str summary = str_trim(buf_str(&out));
	return arena_printf(arena, STR_FMT "%s", STR_ARG(summary), cut ? " ..." : "");
}

/* The reference that says most: an advisory, a page, an article, any. */
static struct str link_of(const struct tree *osv)
{
	static const struct str types[] = {STR_INIT("ADVISORY"), STR_INIT("WEB"),
		STR_INIT("ARTICLE"), STR_INIT("REPORT"), STR_INIT("FIX")};
	size_t n;
	const struct tree *references = list_of(osv, S("references"), &n);
	struct str best = S("");
	size_t best_rank = sizeof(types) / sizeof(types[0]) + 1;
	for (size_t i = 0; i < n; i++) {
		struct str url = tree_text(&references[i], S("url"));
		struct str type = tree_text(&references[i], S("type"));
		size_t rank = 0;
		while (rank < sizeof(types) / sizeof(types[0]) && !str_eq(types[rank], type)) {
			rank++;
		}
		bool web = str_starts(url, S("https://")) || str_starts(url, S("http://"));
		if (web && rank < best_rank && url.n < 2000) {
			best = url;
			best_rank = rank;
		}
	}
	return best;
}

static struct str aliases_of(const struct tree *osv, struct arena *arena)
{
	size_t n;
	const struct tree *aliases = list_of(osv, S("aliases"), &n);
	AUTO(buf_done) struct buf out = {0};
	for (size_t i = 0; i < n && i < 100; i++) {
		struct str alias = aliases[i].kind == TREE_STRING ? aliases[i].text : S("");
		if (alias.n > 0 && alias.n < ID_MAX && str_find_char(alias, ' ') < 0) {
			buf_addf(&out, "%s" STR_FMT, out.n > 0 ? " " : "", STR_ARG(alias));
		}
	}
	return arena_str(arena, buf_str(&out));
}

static struct str severity_of(const struct tree *osv)
{
	size_t n;
	const struct tree *severities = list_of(osv, S("severity"), &n);
	return n == 0 ? S("") : tree_text(&severities[0], S("score"));
}

/* ---- what is affected ----------------------------------------------------------------------------- */

static bool put_version(struct buf *out, const char *word, struct str text)
{
	struct version version;
	if (!version_parse(text, &version)) {
		return false;
	}
	buf_addf(out, "%s" STR_FMT "\n", word, STR_ARG(version.text));
	return true;
}

/* One range; false when an event of it cannot be placed in the order of versions. */
static bool put_range(const struct tree *range, struct buf *out)
{
	static const struct {
		struct str key;
		const char *word;
	} kinds[] = {
		{STR_INIT("introduced"),    "i "},
		{STR_INIT("fixed"),         "f "},
		{STR_INIT("last_affected"), "l "},
	};
	size_t n;
	const struct tree *events = list_of(range, S("events"), &n);
	size_t before = out->n;
	buf_add(out, S("r\n"));
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
			const struct tree *event = tree_get(&events[i], kinds[k].key);
			if (event != NULL && !put_version(out, kinds[k].word, event->text)) {
				out->n = before;
				return false;
			}
		}
	}
	return true;
}

/*
 * Ranges and versions of one entry of `affected`. A range that cannot be placed leaves the list of versions,
 * which says the same of all releases of then. False: nothing of it can be used.
 */
static bool put_affected(const struct tree *entry, struct buf *events, struct buf *versions)
{
	size_t n;
	const struct tree *ranges = list_of(entry, S("ranges"), &n);
	size_t before = events->n + versions->n;
	for (size_t i = 0; i < n; i++) {
		if (str_eq(tree_text(&ranges[i], S("type")), S("ECOSYSTEM"))) {
			(void)put_range(&ranges[i], events);
		}
	}
	const struct tree *listed = list_of(entry, S("versions"), &n);
	for (size_t i = 0; i < n; i++) {
		(void)put_version(
			versions, "", listed[i].text); /* of before PEP 440: nobody has it */
	}
	return !events->full && !versions->full && events->n + versions->n > before;
}

static bool same_package(const struct tree *entry, struct str name, struct arena *arena)
{
	const struct tree *package = tree_get(entry, S("package"));
	struct str own = tree_text(package, S("name"));
	return str_eq(tree_text(package, S("ecosystem")), S("PyPI")) && name_is_valid(own) &&
	       str_eq(name_normal(own, arena), name);
}

/* Most listed versions are within the ranges: what stays is what these do not tell. */
static void drop_told(struct str events, struct buf *versions, struct arena *arena)
{
	struct knowledge_advisory ranges;
	struct str rest = arena_str(arena, buf_str(versions));
	struct str line;
	knowledge_read_affected(events, S(""), arena, &ranges);
	buf_reset(versions);
	while (str_next_line(&rest, &line)) {
		struct version version;
		if (version_parse(line, &version) && !knowledge_affects(&ranges, &version)) {
			buf_addf(versions, STR_FMT "\n", STR_ARG(line));
		}
	}
}

static bool insert_affected(struct knowledge_import *import, int64_t advisory,
	const struct tree *entries, size_t n, struct str name, struct arena *arena, struct err *err)
{
	AUTO(buf_done) struct buf events = {.max = AFFECTED_MAX};
	AUTO(buf_done) struct buf versions = {.max = AFFECTED_MAX};
	bool all = true;
	for (size_t i = 0; i < n; i++) {
		if (same_package(&entries[i], name, arena)) {
			all = put_affected(&entries[i], &events, &versions) && all;
		}
	}
	if (!all) {
		return err_set(err, ERR_INPUT,
			"what it says of '" STR_FMT "' is not in versions of PEP 440",
			STR_ARG(name));
	}
	drop_told(buf_str(&events), &versions, arena);
	store_bind(import->affected, 1, name);
	sqlite3_bind_int64(import->affected, 2, advisory);
	store_bind(import->affected, 3, buf_str(&events));
	store_bind(import->affected, 4, buf_str(&versions));
	bool fine =
		sqlite3_step(import->affected) == SQLITE_DONE || store_fail(import->database, err);
	sqlite3_reset(import->affected);
	return fine;
}

/* Each package once, though it may have several entries. */
static bool insert_packages(struct knowledge_import *import, int64_t advisory,
	const struct tree *osv, struct arena *arena, struct err *err)
{
	size_t n;
	size_t found = 0;
	const struct tree *entries = list_of(osv, S("affected"), &n);
	for (size_t i = 0; i < n; i++) {
		struct str own = tree_text(tree_get(&entries[i], S("package")), S("name"));
		if (!name_is_valid(own)) {
			continue;
		}
		struct str name = name_normal(own, arena);
		bool first = same_package(&entries[i], name, arena);
		for (size_t k = 0; k < i && first; k++) {
			first = !same_package(&entries[k], name, arena);
		}
		if (first && !insert_affected(import, advisory, entries, n, name, arena, err)) {
			return false;
		}
		found += first;
	}
	return found > 0 || err_set(err, ERR_INPUT, "it is about no package of this ecosystem");
}

static bool insert_advisory(struct knowledge_import *import, const struct tree *osv,
	struct arena *arena, struct err *err)
{
	struct str id = tree_text(osv, S("id"));
	if (id.n == 0 || id.n > ID_MAX) {
		return err_set(err, ERR_INPUT, "it has no id");
	}
	store_bind(import->advisory, 1, id);
	store_bind(import->advisory, 2, aliases_of(osv, arena));
	store_bind(import->advisory, 3, summary_of(osv, arena));
	store_bind(import->advisory, 4, link_of(osv));
	store_bind(import->advisory, 5, severity_of(osv));
	store_bind(import->advisory, 6, str_slice(text_of(osv, S("published")), 0, 10));
	store_bind(import->advisory, 7, text_of(osv, S("withdrawn")));
	bool fine =
		sqlite3_step(import->advisory) == SQLITE_DONE || store_fail(import->database, err);
	sqlite3_reset(import->advisory);
	return fine && insert_packages(import, sqlite3_last_insert_rowid(import->database), osv,
			       arena, err);
}

bool knowledge_import_advisory(
	struct knowledge_import *import, const struct tree *osv, struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	struct err ignored = {0};
	if (!store_run(import->database, "SAVEPOINT one", err)) {
		return false;
	}
	if (!insert_advisory(import, osv, &arena, err)) {
		import->counts.n_left_out++;
		(void)!store_run(import->database, "ROLLBACK TO one; RELEASE one", &ignored);
		return false;
	}
	struct str modified = str_slice(text_of(osv, S("modified")), 0, 10);
	int64_t ms;
	if (clock_parse(modified, &ms) && str_cmp(modified, str_from(import->newest)) > 0) {
		snprintf(import->newest, sizeof(import->newest), STR_FMT, STR_ARG(modified));
	}
	import->counts.n_advisories++;
	import->counts.n_withdrawn += text_of(osv, S("withdrawn")).n > 0;
	return store_run(import->database, "RELEASE one", err);
}

/* ---- begin and end -------------------------------------------------------------------------------- */

void knowledge_import_freep(struct knowledge_import **import)
{
	struct knowledge_import *one = *import;
	if (one == NULL) {
		return;
	}
	sqlite3_finalize(one->advisory);
	sqlite3_finalize(one->affected);
	sqlite3_close(one->database);
	if (one->is_there) {
		unlink(one->made);
	}
	free(one);
	*import = NULL;
}

struct knowledge_import *knowledge_import_new(const char *path, struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	struct str folder = fs_dirname(&arena, str_from(path));
	if (!fs_make_dirs(folder.p, err)) {
		return NULL;
	}
	struct knowledge_import *import = calloc(1, sizeof(*import));
	if (import == NULL) {
		arena_die("out of memory");
	}
	snprintf(import->path, sizeof(import->path), "%s", path);
	snprintf(import->made, sizeof(import->made), "%s.%ld.new", path, (long)getpid());
	unlink(import->made);
	import->is_there = true;
	if (!store_create(import->made, schema, &import->database, err) ||
		!store_prepare(import->database,
			"INSERT INTO advisory(name, aliases, summary, link, severity, published,"
			" withdrawn) VALUES (?,?,?,?,?,?,?)",
			&import->advisory, err) ||
		!store_prepare(import->database, "INSERT INTO affected VALUES (?,?,?,?)",
			&import->affected, err)) {
		err_prefix(err, "cannot make '%s'", import->made);
		knowledge_import_freep(&import);
	}
	return import;
}

static bool insert_snapshot(
	struct knowledge_import *import, const struct knowledge_snapshot *about, struct err *err)
{
	AUTO(store_finalize) sqlite3_stmt *row = NULL;
	if (!store_prepare(import->database,
		    "INSERT INTO snapshot SELECT 1,?,?,?,?,?,?,?,?,count(DISTINCT package),?,? FROM"
		    " affected",
		    &row, err)) {
		return false;
	}
	store_bind(row, 1, about->source);
	store_bind(row, 2, about->revision);
	store_bind(row, 3, about->date.n > 0 ? about->date : str_from(import->newest));
	store_bind(row, 4, about->licence);
	store_bind(row, 5, about->sha256);
	store_bind(row, 6, about->etag);
	sqlite3_bind_int64(row, 7, clock_now_ms());
	sqlite3_bind_int64(row, 8, import->counts.n_advisories);
	sqlite3_bind_int64(row, 9, import->counts.n_withdrawn);
	sqlite3_bind_int64(row, 10, about->n_left_out + import->counts.n_left_out);
	return sqlite3_step(row) == SQLITE_DONE || store_fail(import->database, err);
}

/* On the disk before the name is. */
static bool put_in_place(struct knowledge_import *import, struct err *err)
{
	AUTO(fs_closep) int fd = open(import->made, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0 || rename(import->made, import->path) != 0) {
		return err_set(err, ERR_INPUT, "cannot write '%s': %s", import->path,
			strerrordesc_np(errno));
	}
	import->is_there = false;
	return true;
}

bool knowledge_import_end(struct knowledge_import *import, const struct knowledge_snapshot *about,
	struct arena *arena, struct knowledge_snapshot *ret, struct err *err)
{
	if (import->counts.n_advisories == 0) {
		return err_set(err, ERR_INPUT, "there is no advisory in it");
	}
	if (!insert_snapshot(import, about, err) || !store_run(import->database, "COMMIT", err) ||
		!store_run(import->database, "ANALYZE; VACUUM", err)) {
		return err_prefix(err, "cannot make '%s'", import->made);
	}
	struct knowledge made = {.database = import->database};
	return knowledge_snapshot_read(&made, arena, ret, err) && put_in_place(import, err);
}
