#pragma once
#include "common/arena.h"
#include "common/err.h"
#include "packaging/tree.h"
#include "packaging/version.h"

/*
 * What was observed, beside what exists (index/): known vulnerabilities by package and version, with the
 * snapshot they come from. SQL is in this folder alone.
 *
 * Advisories are one SQLite file, built whole from OSV documents, swapped in by rename and then only read.
 * A file that is not there means that nobody looked, which is never good news; a file that is damaged, or
 * made by another version, is refused with words, and the caller goes on without and says so.
 *
 * One package is one row set of one read: knowledge_package() loads all that is known of a name, and
 * whether a version is affected is then decided in memory, by the order of PEP 440.
 */
struct knowledge;

/* Where an imported set comes from; every recommendation names it. Texts are "" when not known. */
struct knowledge_snapshot {
	struct str source;   /* file, folder or address, without credentials */
	struct str revision; /* as the source says it */
	struct str date;     /* "2024-10-10": of its newest change */
	struct str licence, sha256, etag;
	int64_t imported_ms;
	int64_t n_advisories, n_packages;
	int64_t n_withdrawn; /* kept, never reported */
	int64_t n_left_out;  /* documents that could not be understood */
};

/* One event of a range, in the order of versions. */
enum knowledge_event_kind { EVENT_INTRODUCED, EVENT_FIXED, EVENT_LAST_AFFECTED };
struct knowledge_event {
	enum knowledge_event_kind kind;
	uint32_t range;    /* which of the advisory's ranges */
	bool is_beginning; /* "0": before every version */
	struct version version;
};

struct knowledge_advisory {
	struct str id;       /* "PYSEC-2024-1" */
	struct str aliases;  /* "CVE-2024-1 GHSA-...", separated by blanks */
	struct str summary;  /* the beginning of its text, one line; from outside, not escaped */
	struct str link;     /* http(s), "" none */
	struct str severity; /* a CVSS vector as written; "" when nobody gave one */
	struct str published;
	const struct knowledge_event *events; /* events[n_events] by range, then version */
	size_t n_events;
	const struct version *versions; /* affected whatever the ranges say; versions[n_versions] */
	size_t n_versions;
};

struct knowledge_package {
	struct str name;                             /* normalised */
	const struct knowledge_advisory *advisories; /* advisories[n] by id, none withdrawn */
	size_t n;
};

/* The file below the user's data folder. Held by arena. */
struct str knowledge_advisories_path(struct arena *arena);

/*
 * Open the advisories for reading. *ret NULL and true: there is no such file. False: it is damaged or of
 * another version (ERR_INPUT).
 */
MUST_USE bool knowledge_open(const char *path, struct knowledge **ret, struct err *err);
void knowledge_freep(struct knowledge **knowledge);

/* Held by arena. ERR_INPUT: damaged. */
MUST_USE bool knowledge_snapshot_read(struct knowledge *knowledge, struct arena *arena,
	struct knowledge_snapshot *ret, struct err *err);

/* All that is known of a name (normalised); n is 0 when nothing is. ERR_INPUT: damaged. */
MUST_USE bool knowledge_package(struct knowledge *knowledge, struct str name, struct arena *arena,
	struct knowledge_package *ret, struct err *err);

/* By a range or by the list, as OSV says: either is enough. */
bool knowledge_affects(const struct knowledge_advisory *advisory, const struct version *version);

/* The lowest version above this one in which the advisory says it is fixed; "" none. */
struct str knowledge_fixed(
	const struct knowledge_advisory *advisory, const struct version *version);

/* Is it the advisory of this name, by its id or an alias? */
bool knowledge_is_named(const struct knowledge_advisory *advisory, struct str id);

/* ---- making the file ------------------------------------------------------------------------------ */

struct knowledge_import;

/* Begin a new file beside `path`. NULL with err. */
struct knowledge_import *knowledge_import_new(const char *path, struct err *err);

/*
 * Take one OSV document (ossf.github.io/osv-schema). False with err: it cannot be understood and is left
 * out, which is counted; the import goes on.
 */
MUST_USE bool knowledge_import_advisory(
	struct knowledge_import *import, const struct tree *osv, struct err *err);

/*
 * Write what it was made from (dates and counts are filled in) and put it at `path` by rename. Refused
 * when there was no advisory at all. *ret is held by arena.
 */
MUST_USE bool knowledge_import_end(struct knowledge_import *import,
	const struct knowledge_snapshot *about, struct arena *arena, struct knowledge_snapshot *ret,
	struct err *err);

/* Throws away what was not ended. */
void knowledge_import_freep(struct knowledge_import **import);

/* ---- private to knowledge/ and its tests -------------------------------------------------------------- */

/* Events and versions as the file keeps them: lines "r", "i 1.0", "f 2.0", "l 1.5", and one version a line. */
void knowledge_read_affected(struct str events, struct str versions, struct arena *arena,
	struct knowledge_advisory *ret);
