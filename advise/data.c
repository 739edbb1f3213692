#include "advise/data.h"
#include <dirent.h>
#include <sys/stat.h>
#include "advise/config.h"
#include "common/clock.h"
#include "common/fs.h"
#include "common/hash.h"
#include "index/download.h"
#include "index/module.h"
#include "index/unarchive.h"
#include "index/url.h"
#include "prescriptions/yaml.h"
#include "common/banned.h"

enum {
	ARCHIVE_MAX = 256 << 20,
	DOCUMENT_MAX = 4 << 20,
	NOTICE_MAX = 64 << 10,
	DEPTH_MAX = 16,
	FILES_MAX = 500000,
	NOTES_MAX = 5, /* left-out documents that are named */
};

/* ---- documents ------------------------------------------------------------------------------------ */

struct taking {
	struct knowledge_import *import;
	struct knowledge_snapshot about;
	struct presc_yaml yaml;
	struct arena *arena; /* as long as the command */
	struct buf *notes;
	int64_t n_left_out; /* that did not even come as a tree */
	size_t n_notes, n_files;
	const struct advise_callbacks *callbacks;
	struct err *err;
};

static void left_out(struct taking *taking, struct str path, const char *why)
{
	taking->n_notes++;
	if (taking->n_notes <= NOTES_MAX) {
		buf_add(taking->notes, S("NOTE: left out '"));
		buf_add_shown(taking->notes, path, true);
		buf_addf(taking->notes, "': %s\n", why);
	}
}

/* The document as a tree; false: the first fault is in *err. */
static bool read_tree(struct taking *taking, struct str path, struct str text, struct arena *arena,
	struct tree *ret, struct err *err)
{
	if (str_ends(path, S(".json"))) {
		return tree_json(text, arena, ret, err);
	}
	struct presc_report report = {.arena = arena};
	bool fine = presc_yaml_read(&taking->yaml, text, arena, &report, ret) &&
		    report.faults.list.n == 0;
	if (!fine) {
		struct str message = report.faults.list.n > 0 ? report.faults.list.p[0].message
							      : S("it is no YAML");
		err_set(err, ERR_INPUT, STR_FMT, STR_ARG(message));
	}
	return fine;
}

/* What the notice beside the data says: licence and attribution are kept with what was made of it. */
static void take_notice(struct taking *taking, struct str path, struct str text)
{
	struct str name = fs_basename(path);
	if (text.n > NOTICE_MAX || !str_starts(name, S("NOTICE"))) {
		return;
	}
	taking->about.licence = arena_str(taking->arena, str_trim(text));
	ptrdiff_t at = str_find(text, S("revision "));
	struct str rest = at < 0 ? S("") : str_skip(text, (size_t)at + strlen("revision "));
	size_t n = 0;
	while (n < rest.n && char_is_alnum(rest.p[n])) {
		n++;
	}
	if (n >= 7 && n <= 64) {
		taking->about.revision = arena_str(taking->arena, str_slice(rest, 0, n));
	}
}

static bool is_document(struct str path)
{
	return str_ends(path, S(".yaml")) || str_ends(path, S(".yml")) ||
	       str_ends(path, S(".json"));
}

static bool take_file(void *data, struct str path, struct str text)
{
	struct taking *taking = data;
	AUTO(arena_done) struct arena arena = {0};
	struct tree tree;
	struct err err = {0};
	const struct advise_callbacks *c = taking->callbacks;
	if (++taking->n_files % 64 == 0 && c != NULL && c->cancelled != NULL &&
		c->cancelled(c->data)) {
		return err_set(taking->err, ERR_INTERRUPTED, "stopped; nothing was changed");
	}
	take_notice(taking, path, text);
	if (!is_document(path)) {
		return true;
	}
	if (!read_tree(taking, path, text, &arena, &tree, &err)) {
		taking->n_left_out++;
		left_out(taking, path, err.message);
	} else if (!knowledge_import_advisory(taking->import, &tree, &err)) {
		left_out(taking, path, err.message);
	}
	return true;
}

/* ---- where they come from ------------------------------------------------------------------------- */

static void dir_close(DIR **dir)
{
	if (*dir != NULL) {
		closedir(*dir);
	}
}

/* Below a folder, links not followed. */
static bool take_folder(struct taking *taking, struct str folder, int depth, struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(dir_close) DIR *dir = opendir(arena_cstr(&arena, folder));
	const struct dirent *entry;
	if (dir == NULL) {
		return err_set(
			err, ERR_INPUT, "cannot read the folder '" STR_FMT "'", STR_ARG(folder));
	}
	while ((entry = readdir(dir)) != NULL) {
		struct str path = fs_join(&arena, folder, str_from(entry->d_name));
		struct stat st;
		if (entry->d_name[0] == '.' || lstat(path.p, &st) != 0) {
			continue;
		}
		if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX) {
			if (!take_folder(taking, path, depth + 1, err)) {
				return false;
			}
		} else if (S_ISREG(st.st_mode) && (is_document(path) || st.st_size <= NOTICE_MAX)) {
			AUTO(arena_done) struct arena one = {0};
			struct str text;
			if (taking->n_files > FILES_MAX) {
				return err_set(err, ERR_LIMIT,
					"more than %d files in '" STR_FMT "'", FILES_MAX,
					STR_ARG(folder));
			}
			if (!fs_read(path.p, DOCUMENT_MAX, &one, &text, err) ||
				!take_file(taking, path, text)) {
				return false;
			}
		}
	}
	return true;
}

/* An archive or one document, as its name says. */
static bool take_bytes(struct taking *taking, struct str name, struct str bytes, struct err *err)
{
	static const struct unarchive_functions *archive;
	if (is_document(name)) {
		return bytes.n <= DOCUMENT_MAX
			       ? take_file(taking, name, bytes)
			       : err_set(err, ERR_LIMIT, "it is larger than %d bytes",
					 DOCUMENT_MAX);
	}
	if (archive == NULL) {
		archive = index_module_open("thoth-unarchive.so", "thoth_unarchive_functions",
			UNARCHIVE_TABLE_VERSION, "archive module", err);
	}
	enum unarchive_kind kind = str_starts(bytes, S("PK\3\4")) ? UNARCHIVE_ZIP : UNARCHIVE_TAR;
	return archive != NULL && archive->each(bytes, kind, DOCUMENT_MAX, take_file, taking, err);
}

static bool check_sha256(struct taking *taking, const struct advise_options *options,
	struct str bytes, struct err *err)
{
	char hex[HASH_HEX + 1];
	hash_sha256_hex(bytes, hex);
	taking->about.sha256 = arena_str(taking->arena, str_from(hex));
	if (options->sha256.n == 0 || str_ieq(options->sha256, taking->about.sha256)) {
		return true;
	}
	err_hint(err, "fetch it anew, or find out who changed it");
	return err_set(err, ERR_INPUT, "its SHA-256 is %s, not what --sha256 says", hex);
}

static bool is_address(struct str place)
{
	struct index_url ignored;
	return index_url_split(place, &ignored) && !str_starts(place, S("file:"));
}

/* *ret_unchanged: the server says that what we have is the newest. */
static bool take_address(struct taking *taking, const struct advise_options *options,
	struct str place, struct str etag, bool *ret_unchanged, struct err *err)
{
	AUTO(index_download_done) struct download download = {0};
	struct config config;
	if (!config_read(options, taking->arena, &config, err)) {
		return false;
	}
	struct index_options network = config_index_options(&config, options);
	network.cancelled = taking->callbacks == NULL ? NULL : taking->callbacks->cancelled;
	network.data = taking->callbacks == NULL ? NULL : taking->callbacks->data;
	if (options->offline) {
		return err_set(err, ERR_USAGE, "--offline: an address is not asked");
	}
	if (!index_download(&network, place, etag, ARCHIVE_MAX, taking->arena, &download, err)) {
		return false;
	}
	*ret_unchanged = download.is_unchanged;
	taking->about.etag = download.etag;
	struct index_url parts;
	struct str path = index_url_split(place, &parts) ? parts.path : place;
	return download.is_unchanged ||
	       (check_sha256(taking, options, buf_str(&download.body), err) &&
		       take_bytes(taking, path, buf_str(&download.body), err));
}

static bool take_place(struct taking *taking, const struct advise_options *options,
	struct str place, struct str etag, bool *ret_unchanged, struct err *err)
{
	struct stat st;
	struct str bytes;
	*ret_unchanged = false;
	if (is_address(place)) {
		taking->about.source = index_url_public(place, taking->arena);
		return take_address(taking, options, place, etag, ret_unchanged, err);
	}
	const char *path = arena_cstr(taking->arena, place);
	taking->about.source = place;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		if (options->sha256.n > 0) {
			return err_set(err, ERR_USAGE, "--sha256 is of a file, not of a folder");
		}
		return take_folder(taking, place, 0, err);
	}
	return fs_read(path, ARCHIVE_MAX, taking->arena, &bytes, err) &&
	       check_sha256(taking, options, bytes, err) && take_bytes(taking, place, bytes, err);
}

/* ---- what is there -------------------------------------------------------------------------------- */

void data_open(struct arena *arena, struct knowledge **ret, struct str *ret_why)
{
	struct err err = {0};
	*ret_why = S("");
	*ret = NULL;
	if (!knowledge_open(knowledge_advisories_path(arena).p, ret, &err)) {
		*ret_why = arena_str(arena, str_from(err.message));
	} else if (*ret == NULL) {
		*ret_why = S("no advisories are there: nobody looked for known vulnerabilities "
			     "('thoth data update' takes them in)");
	}
}

bool data_is_missing(struct arena *arena)
{
	struct stat st;
	return stat(knowledge_advisories_path(arena).p, &st) != 0;
}

struct str data_snapshot_name(const struct knowledge_snapshot *snapshot, struct arena *arena)
{
	(void)arena;
	return snapshot->date.n > 0 ? snapshot->date : S("of unknown date");
}

static json_t *snapshot_json(const struct knowledge_snapshot *snapshot, struct arena *arena)
{
	json_t *made = json_object();
	const struct {
		const char *key;
		struct str text;
	} texts[] = {
		{"date",               snapshot->date                            },
		{								"source",    snapshot->source                                          },
		{						       "revision",                    snapshot->revision						     },
		{				   "licence",             snapshot->licence                                      },
		{												      "sha256", snapshot->sha256},
		{ "imported",                     clock_rfc3339(arena,								snapshot->imported_ms)},
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i].text.n > 0) {
			json_object_set_new(made, texts[i].key, advise_json_text(texts[i].text));
		}
	}
	json_object_set_new(made, "advisories", json_integer(snapshot->n_advisories));
	json_object_set_new(made, "packages", json_integer(snapshot->n_packages));
	json_object_set_new(made, "withdrawn", json_integer(snapshot->n_withdrawn));
	json_object_set_new(made, "left_out", json_integer(snapshot->n_left_out));
	return made;
}

static void say_snapshot(
	const struct knowledge_snapshot *snapshot, struct arena *arena, struct buf *out)
{
	buf_addf(out, "advisories of " STR_FMT ": %lld for %lld packages",
		STR_ARG(data_snapshot_name(snapshot, arena)), (long long)snapshot->n_advisories,
		(long long)snapshot->n_packages);
	buf_addf(out, " (%lld withdrawn, %lld left out)\n  from ", (long long)snapshot->n_withdrawn,
		(long long)snapshot->n_left_out);
	buf_add_shown(out, snapshot->source, true);
	if (snapshot->revision.n > 0) {
		buf_add(out, S(", revision "));
		buf_add_shown(out, snapshot->revision, true);
	}
	struct str taken = clock_rfc3339(arena, snapshot->imported_ms);
	buf_addf(out, ", taken in " STR_FMT "\n", STR_ARG(taken));
	struct str rest = snapshot->licence;
	struct str line;
	while (str_next_line(&rest, &line)) {
		buf_add(out, S("  "));
		buf_add_shown(out, line, true);
		buf_byte(out, '\n');
	}
}

static void tell(const struct knowledge_snapshot *snapshot, const char *status, struct arena *arena,
	struct advise_report *report)
{
	json_t *advisories = snapshot_json(snapshot, arena);
	json_object_set_new(advisories, "status", json_string(status));
	report->data = json_pack("{s:s,s:o}", "schema", "thoth.data/1", "advisories", advisories);
	say_snapshot(snapshot, arena, &report->text);
}

static void status(struct arena *arena, struct advise_report *report)
{
	struct err err = {0};
	struct knowledge_snapshot snapshot;
	AUTO(knowledge_freep) struct knowledge *knowledge = NULL;
	if (!knowledge_open(knowledge_advisories_path(arena).p, &knowledge, &err) ||
		(knowledge != NULL &&
			!knowledge_snapshot_read(knowledge, arena, &snapshot, &err))) {
		advise_report_error(report, &err);
	} else if (knowledge == NULL) {
		report->data = json_pack("{s:s,s:{s:s}}", "schema", "thoth.data/1", "advisories",
			"status", "missing");
		buf_add(&report->text,
			S("advisories: none; nobody looked for known vulnerabilities\n"));
	} else {
		tell(&snapshot, "present", arena, report);
	}
}

/* ---- update --------------------------------------------------------------------------------------- */

/* The ETag of what we have, when it is from the same address and can be used. */
static struct str known_etag(
	struct str place, struct arena *arena, struct knowledge_snapshot *ret_old)
{
	struct err ignored = {0};
	AUTO(knowledge_freep) struct knowledge *knowledge = NULL;
	if (!knowledge_open(knowledge_advisories_path(arena).p, &knowledge, &ignored) ||
		knowledge == NULL ||
		!knowledge_snapshot_read(knowledge, arena, ret_old, &ignored) ||
		!str_eq(ret_old->source, index_url_public(place, arena))) {
		return S("");
	}
	return ret_old->etag;
}

static void taking_done(struct taking *taking)
{
	presc_yaml_done(&taking->yaml);
	knowledge_import_freep(&taking->import);
}

static bool update_from(const struct advise_options *options, struct str place,
	const struct advise_callbacks *callbacks, struct arena *arena,
	struct knowledge_snapshot *ret, bool *ret_unchanged, struct buf *notes, struct err *err)
{
	AUTO(taking_done)
	struct taking taking = {.arena = arena, .callbacks = callbacks, .notes = notes, .err = err};
	struct knowledge_snapshot old = {0};
	struct str etag = is_address(place) ? known_etag(place, arena, &old) : S("");
	taking.import = knowledge_import_new(knowledge_advisories_path(arena).p, err);
	if (taking.import == NULL ||
		!take_place(&taking, options, place, etag, ret_unchanged, err)) {
		return false;
	}
	if (*ret_unchanged) {
		*ret = old;
		return true;
	}
	taking.about.n_left_out = taking.n_left_out;
	if (taking.n_notes > NOTES_MAX) {
		buf_addf(notes, "NOTE: and %zu more\n", taking.n_notes - NOTES_MAX);
	}
	return knowledge_import_end(taking.import, &taking.about, arena, ret, err);
}

static void update(const struct advise_options *options, struct str place,
	const struct advise_callbacks *callbacks, struct arena *arena, struct advise_report *report)
{
	struct err err = {0};
	struct knowledge_snapshot made = {0};
	bool unchanged = false;
	if (place.n == 0) {
		err_hint(&err, "thoth data update FILE|FOLDER|ADDRESS, or set THOTH_ADVISORIES");
		err_set(&err, ERR_USAGE, "nothing says where advisories come from");
		advise_report_error(report, &err);
		return;
	}
	place = arena_str(arena, place);
	if (!update_from(
		    options, place, callbacks, arena, &made, &unchanged, &report->notes, &err)) {
		err_in(&err, is_address(place) ? index_url_public(place, arena) : place);
		advise_report_error(report, &err);
		return;
	}
	tell(&made, unchanged ? "unchanged" : "updated", arena, report);
}

void data_run(const struct advise_options *options, const struct advise_callbacks *callbacks,
	struct arena *arena, struct advise_report *report)
{
	const struct advise_list *words = &options->words;
	struct str what = words->n > 0 ? words->items[0] : S("");
	report->kind = "data";
	if (str_eq(what, S("status")) && words->n == 1) {
		status(arena, report);
	} else if (str_eq(what, S("update")) && words->n <= 2) {
		update(options, words->n == 2 ? words->items[1] : options->advisories, callbacks,
			arena, report);
	} else {
		struct err err = {0};
		err_set(&err, ERR_USAGE, "data wants 'status', or 'update' and a place");
		advise_report_error(report, &err);
	}
}
