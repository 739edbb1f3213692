#pragma once
#include "common/intern.h"
#include "common/vec.h"
#include "staticscan/scan.h"

/*
 * From a cell to the shell text in it: what IPython's input transformation turns into commands
 * (staticscan.md 1). Nothing is run; positions stay those of the cell as it was written.
 */

/* One character of shell text and where it came from. */
struct scan_char {
	uint32_t at; /* byte in the cell's source */
	char c;
	bool opaque; /* of a {placeholder} whose value only Python knows: no syntax, part of a word */
};
struct scan_text {
	const struct scan_char *p;
	size_t n;
};

struct source_shell {
	struct scan_text text; /* one or more commands; a magic's own name is its first word */
	struct str via;        /* "shell", "line-magic", "cell-magic", "automagic" */
	bool conditional;      /* under Python's if, for, while, except, ... */
};

/*
 * Names bound to a literal text, in document order: a later cell sees what an earlier one bound. Any
 * other binding of the name makes it unknown again.
 */
struct source_names {
	struct intern table; /* source_names_done() */
	VEC(struct str) values;
	/* values.p[id] of table's id; p NULL: unknown */
};
void source_names_done(struct source_names *names);

struct source_result {
	VEC(struct source_shell) shells;
	VEC(struct scan_diagnostic) diagnostics;
};

/* Everything of one cell, appended to *ret; held by the arena. */
void source_read(const struct scan_cell *cell, struct source_names *names, struct arena *arena,
	struct source_result *ret);

/* Where a byte of a cell stands: fast as long as one asks from front to back. */
struct source_cursor {
	struct str source;
	size_t at;
	int line, column; /* of `at`, from 0 */
};

/* 1-based line and column, in code points, of byte `at`. */
void source_locate(struct source_cursor *cursor, size_t at, int *ret_line, int *ret_column);
