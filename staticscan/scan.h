#pragma once
#include "common/arena.h"
#include "common/err.h"

/*
 * What does this code use? Cell text in, facts out; nothing is run and nothing is imported.
 *
 * source.c and magic.c turn a cell into shell text and Python, as IPython would; syntax.c parses the Python,
 * pieces.c sees to it that an error costs one statement; walk.c goes through the tree with Python's
 * scopes (scope.c) and tells imports.c and symbols.c what it meets; shell.c, install.c and calls.c read
 * install commands; catalog.c knows the standard library and which distribution gives a module.
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
	struct str raw;     /* the word as written, without its quotes; credentials masked */
	struct str manager; /* "pip", "uv", "conda", "apt", ... */
	struct str via; /* "shell", "line-magic", "cell-magic", "automagic", "python-call", ... */
	const struct str *extras; /* sorted */
	size_t n_extras;
	struct str specifier, marker;      /* of a requirement; a wheel's file name says "==1.0" */
	struct str url, ref, subdirectory; /* of an address: without fragment and ref */
	struct str path;                   /* of a file or folder */
	struct str name_guess;             /* from the last part of an address, "" none */
	bool upgrade, pre, no_deps, editable, tooling, conditional, uninstall;
	bool foreign; /* of conda, apt, npm, ... or a tool's own environment (pipx, uvx): no
			 requirement of the notebook. `tooling` is set too, text is as written */
	bool tool;    /* for a tool's own environment: uvx, pipx */
	bool force_reinstall, ignore_installed, user, require_hashes;
	struct str target, only_binary, no_binary; /* values of these options */
	struct str index_url;                      /* of the command, credentials masked */
	const struct str *extra_index_urls;
	size_t n_extra_index_urls;
	const struct str *find_links; /* credentials masked */
	size_t n_find_links;
	bool no_index;
	bool uncalled;        /* in a function that nothing calls: it does not count */
	struct str from_file; /* of a requirements file: its path as named; "" else. No line then */
	size_t cell;          /* index over all cells, from 0 */
	struct str cell_id;
	int line, column; /* of the word, from 1, in the original cell text */
	int end_column;   /* behind its last character */
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
	const struct str *constraints; /* requirement texts of constraints files, in order */
	size_t n_constraints;
	const struct str
		*written; /* files of -r and -c that %%writefile cells make, as named there */
	size_t n_written;
};

/* The install commands alone, as scan_code finds them. */
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

/*
 * The same as sorted texts, requirements by address and path included: "name[extras]specifier; marker" or
 * "name @ url". ret[*ret_n] held by the arena.
 */
const struct str *scan_standing(
	const struct scan_installs *installs, struct arena *arena, size_t *ret_n);

/* ---- everything: installs, imports, the library symbols used ---- */

enum scan_class {
	SCAN_STDLIB,
	SCAN_THIRD_PARTY,
	SCAN_LOCAL,
	SCAN_FUTURE,
	SCAN_RELATIVE,
	SCAN_OTHER_PYTHON, /* of another Python's standard library */
};

struct scan_place {
	size_t cell;      /* index over all cells, from 0 */
	int line, column; /* from 1; column in code points */
};

struct scan_imported {
	struct str name, asname; /* asname "" when there is none */
};

struct scan_import {
	struct str module; /* as written, relative ones with their dots */
	const struct scan_imported *names;
	size_t n_names;
	int level;
	struct str kind;           /* "import", "from", "dynamic", "magic" */
	const struct str *context; /* outermost first: "function", "try", "type-checking", ... */
	size_t n_context;
	int alternative; /* imports of one try/except share a number from 1; 0 none */
	bool probe;      /* find_spec: asked for, not imported */
	enum scan_class class;
	struct str cell_id;
	struct scan_place place;
};

struct scan_use {
	struct str symbol; /* "numpy.random.rand", "__builtins__.eval" */
	struct str how;    /* "import", "from-import", "reference", "call", "decorator" */
	bool possible;     /* else certain */
	bool flat;         /* belongs in the flat report */
	struct str
		keywords; /* of a call worth knowing, its literal keyword arguments as JSON; "" none */
	struct scan_place place;
};

struct scan_settings {
	bool script;       /* the one cell is a .py file */
	struct str python; /* "3.11" or longer, of the notebook; "" the newest we know */
	struct str
		folder; /* of the notebook, where local modules and requirement files lie; "" none */
	bool leave_files; /* requirements files beside the notebook are not read: the caller does */
};

struct scan_facts {
	struct scan_installs installs;
	const struct scan_import *imports; /* in document order */
	size_t n_imports;
	const struct scan_use *uses; /* by symbol, how, certainty, place; no doubles */
	size_t n_uses;
};

/*
 * Read all code cells, in order. Never fails: what cannot be read becomes a diagnostic (in installs). Held
 * by the arena.
 */
void scan_code(const struct scan_cell *cells, size_t n_cells, const struct scan_settings *settings,
	struct arena *arena, struct scan_facts *ret);

const char *scan_class_name(enum scan_class class);
