#pragma once
#include "common/intern.h"
#include "staticscan/scope.h"
#include "staticscan/source.h"
#include "staticscan/syntax.h"

/* What is known while a notebook is read; the parts of the scanner fill it and ask it. */
enum use_how { USE_IMPORT, USE_FROM_IMPORT, USE_REFERENCE, USE_CALL, USE_DECORATOR };

/* A place as the parts write it down; lines and columns come at the end. */
struct mark {
	uint32_t cell; /* index in facts.cells */
	uint32_t at;   /* byte of that cell */
};

struct use {
	uint32_t path; /* in facts.paths */
	struct mark mark;
	uint32_t keywords; /* index + 1 in facts.keywords, or 0 */
	uint8_t how;       /* enum use_how */
	bool possible, flat;
};

/* A use of a name of the notebook that is decided when everything is read. */
struct pending {
	const struct scope *module;
	uint32_t name; /* in facts.names */
	uint32_t path; /* "name.attributes" in facts.paths */
	struct mark mark;
	uint32_t n_stars; /* star imports before it */
	uint8_t how;
	bool later; /* in a function: it sees every binding and star */
};

struct star {
	const struct scope *module;
	uint32_t path; /* SCOPE_NONE: a local module's, not reported */
};

struct facts {
	struct arena *arena;
	const struct scan_cell *cells;
	size_t n_cells;
	const struct scan_settings *settings;
	int python_minor; /* of Python 3 */
	struct intern names, paths;
	VEC(struct str) local_modules; /* beside the notebook, or written by a cell */
	VEC(struct scan_import) imports;
	VEC(struct mark) import_marks; /* of imports */
	VEC(struct use) uses;
	VEC(struct pending) pendings;
	VEC(struct star) stars;
	VEC(struct str) keywords;
	VEC(struct scan_diagnostic) diagnostics;
	VEC(struct mark) diagnostic_marks;
	int alternatives; /* groups so far */
	struct installs *installs;
	struct syntax_parser *parser;
	int64_t deadline_ns; /* of the cell under way, for what could go on for long */
};

void facts_diagnose(struct facts *facts, const char *severity, const char *code, struct mark mark,
	struct str message);
