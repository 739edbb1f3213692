#pragma once
#include "common/arena.h"
#include "common/err.h"

/*
 * What does this code use? Cell text in, facts out; nothing is run. This thread reads install
 * commands; imports and calls follow with the full scanner (spec staticscan).
 */
struct scan_cell {
	size_t index;  /* from 0 over all cells */
	struct str id; /* "" when none */
	struct str source;
};

enum scan_request_kind {
	SCAN_REQUIREMENT, /* text is a PEP 508 requirement */
	SCAN_VCS,         /* git+https://... */
	SCAN_URL,
	SCAN_PATH,
	SCAN_REQUIREMENTS_FILE,
	SCAN_CONSTRAINTS_FILE,
	SCAN_INVALID, /* not a requirement: text as written */
	SCAN_DYNAMIC, /* holds a placeholder whose value only Python knows */
};

struct scan_request {
	enum scan_request_kind kind;
	struct str text;    /* requirement or location, credentials masked */
	struct str name;    /* normalised, "" when unknown */
	struct str manager; /* "pip", "uv", ... */
	struct str via;     /* "!", "%", "%%bash", "python -m", ... as in staticscan.md */
	bool upgrade, pre, no_deps, editable, tooling, conditional, uninstall;
	struct str index_url; /* of the command, credentials masked */
	const struct str *extra_index_urls;
	size_t n_extra_index_urls;
	size_t cell; /* index over all cells, from 0 */
	struct str cell_id;
	int line, column; /* of the word, from 1, in the original cell text */
};

struct scan_diagnostic {
	struct str severity; /* "error", "warning", "info" */
	struct str code;     /* "unquoted-redirect", "missing-file", ... */
	struct str message;
	size_t cell;
	struct str cell_id;
	int line, column;
};

struct scan_installs {
	const struct scan_request *requests; /* in document order */
	size_t n;
	const struct scan_diagnostic *diagnostics;
	size_t n_diagnostics;
};

/*
 * Install commands of all code cells, in order. Never fails: what cannot be read becomes a diagnostic.
 * Held by the arena.
 */
void scan_find_installs(const struct scan_cell *cells, size_t n_cells, struct arena *arena,
	struct scan_installs *ret);

/*
 * What stands after the last cell, one per name (staticscan.md 2.5): later specifiers replace
 * earlier ones, extras accumulate, uninstall removes, tooling stays out. Only SCAN_REQUIREMENT.
 * ret[*ret_n] held by the arena; text may differ from any single request (merged extras).
 */
const struct scan_request *scan_effective(
	const struct scan_installs *installs, struct arena *arena, size_t *ret_n);
