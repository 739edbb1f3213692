#pragma once
#include "common/vec.h"
#include "staticscan/scan.h"

/*
 * Stage 1: from a cell to what IPython's input transformation makes of it (staticscan.md 1): shell text,
 * modules that magics import, and the Python that is left. Nothing is run; positions stay those of the
 * cell as it was written.
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

typedef VEC(struct scan_char) char_vec;

/*
 * The Python of a cell: escapes are replaced by "0", prompts and margins are gone, every line ends in
 * "\n". A row is one line; byte `at` of the text, in row r, is byte at - r.start + r.from of the cell,
 * or r.from when it stands in the row's first r.indent bytes, which are made up.
 */
struct source_row {
	uint32_t start, indent, from;
};
struct source_python {
	struct str text;
	const struct source_row *rows;
	size_t n_rows;
};

/* Byte of the cell where byte `at` of the text comes from. */
uint32_t source_origin(const struct source_python *python, uint32_t at);

struct source_shell {
	struct scan_text text; /* one or more commands; a magic's own name is its first word */
	struct str via;        /* "shell", "line-magic", "cell-magic", "automagic" */
	uint32_t at;           /* byte of the Python text where it stands */
	bool expanding;        /* {name} and $name in it are Python's */
};

/* A module that a magic imports: %matplotlib, %load_ext NAME. */
struct source_module {
	struct str name;
	uint32_t at; /* byte in the cell */
};

/* A file that %%writefile makes. */
struct source_file {
	struct str name, text;
	bool append;
};

struct source_result {
	struct source_python python;
	bool other_process;              /* %%python: its names are not the notebook's */
	VEC(struct source_shell) shells; /* by `at` */
	VEC(struct source_module) modules;
	VEC(struct source_file) files;
	VEC(struct scan_diagnostic) diagnostics;
};

struct source_settings {
	bool script;                                   /* a .py file: no escapes, no magics */
	bool (*is_bound)(void *data, struct str name); /* is it a variable? For automagic */
	void *data;
};

/* Everything of one cell, held by the arena. */
void source_read(const struct scan_cell *cell, const struct source_settings *settings,
	struct arena *arena, struct source_result *ret);

/* Where a byte of a cell stands: fast as long as one asks from front to back. */
struct source_cursor {
	struct str source;
	size_t at;
	int line, column; /* of `at`, from 0 */
};

/* 1-based line and column, in code points, of byte `at`. */
void source_locate(struct source_cursor *cursor, size_t at, int *ret_line, int *ret_column);

/* The characters [from, to) as text. */
struct str source_chars(struct scan_text in, size_t from, size_t to, struct arena *arena);

/* The identifier at the start of s, "" when there is none. */
struct str source_identifier(struct str s);
