#pragma once
#include "advise/advise.h"
#include "common/vec.h"
#include "staticscan/scan.h"

/*
 * `thoth scan`: what notebooks and Python files install, import and use, as one document (staticscan.md 4.1)
 * or as text for a person.
 */
enum { SCAN_FILE_MAX = 64 << 20 /* bytes of a Python file */ };

struct advise_scanned {
	struct str path;
	struct str python; /* version of the standard library list, "" not said */
	struct scan_facts facts;
	const struct notebook *notebook; /* NULL for a Python file; its metadata is gone */
	struct str source;               /* of a Python file */
};

struct advise_scan {
	struct arena *arena;
	struct str version; /* of this program */
	VEC(struct advise_scanned) files;
};

/*
 * Read one notebook or Python file (.py, .ipy). python: "" or what --python-version says. Errors: ERR_INPUT,
 * ERR_LIMIT.
 */
MUST_USE bool advise_scan_add(
	struct advise_scan *scan, struct str path, struct str python, struct err *err);

/* The same of cells at hand, those of a running kernel. */
void advise_scan_cells(
	struct advise_scan *scan, const struct notebook *notebook, bool is_file, struct str python);

/* `%thoth scan`. */
void advise_scan_run(const struct advise_options *options, const struct advise_input *input,
	struct arena *arena, struct advise_report *report);

/* The document, ASCII, ending in a newline. */
void advise_scan_json(const struct advise_scan *scan, struct buf *out);
void advise_scan_text(const struct advise_scan *scan, struct buf *out);

/*
 * The diagnostics for tools (scan_ci.c): a SARIF 2.1.0 log (OASIS, "Static Analysis Results Interchange
 * Format", 3.13 to 3.30), and workflow commands, one a line. Lines are those of the file, where such tools
 * put their marks; the message says which cell, and line of the cell.
 */
void advise_scan_sarif(const struct advise_scan *scan, struct buf *out);
void advise_scan_github(const struct advise_scan *scan, struct buf *out);

/* "numpy" of "numpy.random.rand"; and for qsort() of pointers to uses: by root, then by symbol. */
struct str scan_root(struct str symbol);
int scan_by_root(const void *a, const void *b);
