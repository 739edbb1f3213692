#pragma once
#include "common/err.h"
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

/* The document, ASCII, ending in a newline. */
void advise_scan_json(const struct advise_scan *scan, struct buf *out);
void advise_scan_text(const struct advise_scan *scan, struct buf *out);
