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
	struct str text;    /* name[extras]specifier; marker (name normalised), or location;
			    credentials masked */
	struct str name;    /* normalised, "" when unknown */
	struct str manager; /* "pip", "uv", "conda", "apt", ... */
	struct str via;     /* "shell", "line-magic", "cell-magic", "automagic" */
	bool upgrade, pre, no_deps, editable, tooling, conditional, uninstall;
	bool foreign;         /* of conda, apt, npm, ... or a tool's own environment (pipx, uvx): no
			 requirement of the notebook. `tooling` is set too, text is as written */
	struct str index_url; /* of the command, credentials masked */
	const struct str *extra_index_urls;
	size_t n_extra_index_urls;
	const struct str *find_links; /* credentials masked */
	size_t n_find_links;
	bool no_index;
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
 * earlier ones, extras accumulate, uninstall removes, tooling stays out. Only SCAN_REQUIREMENT, and
 * as a bare one what is SCAN_DYNAMIC but has a name ("torch=={version}" asks for torch). In
 * the order of first mention, which the resolver goes by;
 * ret[*ret_n] held by the arena; text may differ from any single request (merged extras).
 */
const struct scan_request *scan_effective(
	const struct scan_installs *installs, struct arena *arena, size_t *ret_n);
