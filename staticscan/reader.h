#pragma once
#include "staticscan/source.h"

/* What source.c (lines) and magic.c (what escapes mean) share while one cell is read. */
enum {
	SHELL_TEXT_MAX = 1 << 20, /* bytes of one command, as staticscan.md 5 has for a cell */
	SHELLS_MAX = 20000,       /* commands of one cell */
	WORD_MAX = 200,           /* of the name of a magic */
};

/* A line of the cell without its prompt, leading white space of the cell and line end. */
struct line {
	uint32_t from, to;
};

struct patch {
	uint32_t at; /* byte in the cell */
	char c;      /* stands there in the Python text */
};

struct reader {
	const struct scan_cell *cell;
	struct str source;
	struct source_cursor cursor;
	const struct source_settings *settings;
	struct arena *arena;
	struct source_result *ret;
	const struct line *lines;
	size_t n_lines;
	size_t first, end; /* the lines under way: a cell magic's body has a smaller range */
	VEC(struct patch) patches; /* of the logical line under way */
	bool backquote;            /* inside Python 2's `repr` */
	bool told_python2, told_shells;
	bool plain;     /* Python without escapes: a script, a body for another process */
	VEC(char) text; /* Python so far */
	VEC(struct source_row) rows;
};

void reader_diagnose(struct reader *reader, const char *severity, const char *code, size_t at,
	struct str message);
struct str reader_line(const struct reader *reader, size_t i);

/* Add n bytes to the Python text. */
void reader_put(struct reader *reader, const char *p, size_t n);

/*
 * Add one row of Python: the cell's bytes [blanks_from, blanks_to), which are its indentation, then its
 * bytes [from, to), patched.
 */
void reader_row(
	struct reader *reader, size_t blanks_from, size_t blanks_to, size_t from, size_t to);
/* Add a row of the blanks [from, at) and `text`, which stands for what is at byte `at`. */
void reader_made_row(struct reader *reader, size_t from, size_t at, struct str text);

/* Read the lines [first, end) as Python with escapes. */
void reader_lines(struct reader *reader);

/*
 * The escape at byte `at` of line i, with the lines it continues on; [row_from, row_to) is what stands
 * before it in its row ("x = ", or blanks alone). Returns the line after it.
 */
size_t magic_escape(struct reader *reader, size_t i, size_t at, size_t row_from, size_t row_to);

/* True when the lines [first, end) are one cell magic and have been dealt with. */
bool magic_cell(struct reader *reader);

/* A cell of one line that is a line magic without its '%'. */
bool magic_automatic(struct reader *reader);

static inline bool word_in(struct str name, const char *const *list)
{
	size_t i = 0;
	while (list[i] != NULL && !str_eq(name, str_from(list[i]))) {
		i++;
	}
	return list[i] != NULL;
}

static inline size_t count_blanks(struct str s)
{
	size_t n = 0;
	while (n < s.n && (s.p[n] == ' ' || s.p[n] == '\t' || s.p[n] == '\f')) {
		n++;
	}
	return n;
}
