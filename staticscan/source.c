#include "staticscan/source.h"
#include "staticscan/reader.h"
#include "common/banned.h"

enum { DIAGNOSTICS_MAX = 1000 /* of one cell */ };

void source_locate(struct source_cursor *cursor, size_t at, int *ret_line, int *ret_column)
{
	struct str source = cursor->source;
	if (at < cursor->at) {
		*cursor = (struct source_cursor){.source = source};
	}
	for (; cursor->at < at && cursor->at < source.n; cursor->at++) {
		size_t i = cursor->at;
		char c = source.p[i];
		if (c == '\n' || (c == '\r' && (i + 1 >= source.n || source.p[i + 1] != '\n'))) {
			cursor->line++;
			cursor->column = 0;
		} else if (((unsigned char)c & 0xc0) != 0x80) {
			cursor->column++;
		}
	}
	*ret_line = cursor->line + 1;
	*ret_column = cursor->column + 1;
}

void reader_diagnose(struct reader *reader, const char *severity, const char *code, size_t at,
	struct str message)
{
	if (reader->ret->diagnostics.n >= DIAGNOSTICS_MAX) {
		return;
	}
	struct scan_diagnostic *diagnostic = vec_push(reader->arena, &reader->ret->diagnostics);
	*diagnostic = (struct scan_diagnostic){.severity = str_from(severity),
		.code = str_from(code),
		.message = message,
		.cell = reader->cell->index,
		.cell_id = reader->cell->id};
	source_locate(&reader->cursor, at, &diagnostic->line, &diagnostic->column);
}

static bool is_identifier_char(char c)
{
	return char_is_alnum(c) || c == '_' || ((unsigned char)c & 0x80) != 0;
}

struct str source_identifier(struct str s)
{
	size_t n = 0;
	while (n < s.n && is_identifier_char(s.p[n])) {
		n++;
	}
	return str_slice(s, 0, n);
}

struct str source_chars(struct scan_text in, size_t from, size_t to, struct arena *arena)
{
	char *p = arena_alloc(arena, to - from + 1, 1);
	for (size_t i = from; i < to; i++) {
		p[i - from] = in.p[i].c;
	}
	return (struct str){p, to - from};
}

/* ---- the Python that is left ---- */

uint32_t source_origin(const struct source_python *python, uint32_t at)
{
	size_t low = 0;
	size_t high = python->n_rows;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (python->rows[middle].start <= at) {
			low = middle;
		} else {
			high = middle;
		}
	}
	if (python->n_rows == 0) {
		return 0;
	}
	const struct source_row *row = &python->rows[low];
	uint32_t in = at > row->start ? at - row->start : 0;
	return row->from + (in > row->indent ? in - row->indent : 0);
}

void reader_put(struct reader *reader, const char *p, size_t n)
{
	while (reader->text.cap - reader->text.n < n) {
		size_t cap = reader->text.cap == 0 ? reader->source.n + 64 : reader->text.cap * 2;
		char *grown = arena_alloc(reader->arena, cap, 1);
		if (reader->text.n > 0) {
			memcpy(grown, reader->text.p, reader->text.n);
		}
		reader->text.p = grown;
		reader->text.cap = cap;
	}
	if (n > 0) {
		memcpy(reader->text.p + reader->text.n, p, n);
		reader->text.n += n;
	}
}

void reader_row(struct reader *reader, size_t blanks_from, size_t blanks_to, size_t from, size_t to)
{
	*vec_push(reader->arena, &reader->rows) = (struct source_row){
		(uint32_t)reader->text.n, (uint32_t)(blanks_to - blanks_from), (uint32_t)from};
	reader_put(reader, reader->source.p + blanks_from, blanks_to - blanks_from);
	size_t start = reader->text.n;
	reader_put(reader, reader->source.p + from, to - from);
	for (size_t i = 0; i < reader->patches.n; i++) {
		size_t at = reader->patches.p[i].at;
		if (at >= from && at < to) {
			reader->text.p[start + at - from] = reader->patches.p[i].c;
		}
	}
	reader_put(reader, "\n", 1);
}

void reader_made_row(struct reader *reader, size_t from, size_t at, struct str text)
{
	*vec_push(reader->arena, &reader->rows) =
		(struct source_row){(uint32_t)reader->text.n, (uint32_t)(at - from), (uint32_t)at};
	reader_put(reader, reader->source.p + from, at - from);
	reader_put(reader, text.p, text.n);
	reader_put(reader, "\n", 1);
}

/* ---- lines ---- */

struct str reader_line(const struct reader *reader, size_t i)
{
	return str_slice(reader->source, reader->lines[i].from, reader->lines[i].to);
}

static void split_lines(struct reader *reader, bool keep_margin)
{
	VEC(struct line) lines = {0};
	struct str rest = reader->source;
	struct str text;
	bool started = false;
	if (str_starts(rest, S("\xef\xbb\xbf"))) {
		rest = str_skip(rest, 3);
	}
	while (str_next_line(&rest, &text)) {
		started = started || count_blanks(text) < text.n;
		if (started) { /* leading blank lines go */
			size_t from = (size_t)(text.p - reader->source.p);
			*vec_push(reader->arena, &lines) =
				(struct line){(uint32_t)from, (uint32_t)(from + text.n)};
		}
	}
	reader->lines = lines.p;
	reader->n_lines = lines.n;
	size_t margin = lines.n == 0 || keep_margin ? 0 : count_blanks(reader_line(reader, 0));
	struct str space = lines.n == 0 ? S("") : str_slice(reader_line(reader, 0), 0, margin);
	for (size_t i = 0; i < lines.n; i++) {
		if (str_starts(reader_line(reader, i), space)) {
			lines.p[i].from += (uint32_t)margin;
		}
	}
}

/* Length of ">>> ", "... ", "In [3]: " or "   ...: " at the start, 0 when there is none. */
static size_t prompt_length(struct str s)
{
	if (str_starts(s, S(">>>")) || str_starts(s, S("..."))) {
		return s.n > 3 && s.p[3] == ' ' ? 4 : s.n == 3 ? 3 : 0;
	}
	size_t at = count_blanks(s);
	if (str_starts(str_skip(s, at), S("...:"))) {
		at += 4;
	} else if (str_starts(s, S("In ["))) {
		at = 4;
		while (at < s.n && char_is_digit(s.p[at])) {
			at++;
		}
		if (!str_starts(str_skip(s, at), S("]:"))) {
			return 0;
		}
		at += 2;
	} else {
		return 0;
	}
	return at < s.n && s.p[at] == ' ' ? at + 1 : at;
}

static bool is_first_prompt(struct str s)
{
	return prompt_length(s) > 0 && !str_starts(s, S("..."));
}

static void strip_prompts(struct reader *reader)
{
	bool any = false;
	for (size_t i = 0; i < reader->n_lines && i < 2; i++) {
		any = any || is_first_prompt(reader_line(reader, i));
	}
	for (size_t i = 0; any && i < reader->n_lines; i++) {
		((struct line *)reader->lines)[i].from +=
			(uint32_t)prompt_length(reader_line(reader, i));
	}
}

/* ---- Python between the escapes: as much of it as says where lines begin ---- */

/* A logical line of Python. */
struct logical {
	size_t next;                   /* the line after it */
	size_t start, end;             /* bytes of the cell */
	size_t equals;                 /* first '=' outside brackets that assigns, or SIZE_MAX */
	size_t escape_line, escape_at; /* "x = !cmd": where the escape starts; else SIZE_MAX */
	bool strings;                  /* there are strings in it */
	size_t help_at;                /* last byte when that is a '?', or SIZE_MAX */
};

/* What the tokenizer is inside of. */
struct inside {
	int brackets;
	char quote; /* '\0' outside strings */
	bool triple;
};

/* One string character at p[at]; returns the next position. */
static size_t string_step(struct inside *in, struct str line, size_t at)
{
	if (line.p[at] == '\\') {
		return at + 2;
	}
	if (line.p[at] != in->quote) {
		return at + 1;
	}
	bool three = at + 2 < line.n && line.p[at + 1] == in->quote && line.p[at + 2] == in->quote;
	if (in->triple && !three) {
		return at + 1;
	}
	in->quote = '\0';
	return at + (in->triple ? 3 : 1);
}

static void patch(struct reader *reader, size_t at, char c)
{
	*vec_push(reader->arena, &reader->patches) = (struct patch){(uint32_t)at, c};
}

static void tell_python2(struct reader *reader, size_t at)
{
	if (!reader->told_python2) {
		reader_diagnose(reader, "warning", "python2-syntax", at,
			S("this is Python 2; no current Python runs it"));
	}
	reader->told_python2 = true;
}

/* The prefix of a string that starts at `at`: what the parser does not know is written otherwise. */
static void string_prefix(struct reader *reader, struct str line, size_t from, size_t at)
{
	size_t start = at;
	while (start > from && at - start < 3 && is_identifier_char(line.p[start - 1])) {
		start--;
	}
	size_t n = at - start;
	char first = n > 0 ? char_lower(line.p[start]) : '\0';
	char second = n > 1 ? char_lower(line.p[start + 1]) : '\0';
	if (n > 2) {
		return;
	}
	if ((first == 't' && (n == 1 || second == 'r')) || (first == 'r' && second == 't')) {
		patch(reader, first == 't' ? start : start + 1, 'f');
	} else if (first == 'u' && second == 'r') {
		tell_python2(reader, start);
		patch(reader, start, ' ');
	}
}

static size_t string_start(struct inside *in, struct str line, size_t at)
{
	char c = line.p[at];
	in->quote = c;
	in->triple = at + 2 < line.n && line.p[at + 1] == c && line.p[at + 2] == c;
	return at + (in->triple ? 3 : 1);
}

/* The '=' at line.p[at] assigns: it is no part of ==, <=, +=, := and the like. */
static bool is_assignment(struct str line, size_t at)
{
	char before = at > 0 ? line.p[at - 1] : ' ';
	char after = at + 1 < line.n ? line.p[at + 1] : ' ';
	return after != '=' && strchr("=!<>+-*/%&|^@:~", before) == NULL;
}

/* After the first '=': is it followed by an escape, here or on the next line? */
static void find_escape(struct reader *reader, size_t i, size_t at, struct logical *logical)
{
	size_t to = reader->lines[i].to;
	at += count_blanks(str_slice(reader->source, at, to));
	if (at + 1 == to && reader->source.p[at] == '\\' && i + 1 < reader->end) {
		i++;
		at = reader->lines[i].from;
		to = reader->lines[i].to;
		at += count_blanks(str_slice(reader->source, at, to));
	}
	char c = at < to ? reader->source.p[at] : '\0';
	char next = at + 1 < to ? reader->source.p[at + 1] : '\0';
	if (c == '!' || (c == '%' && (char_is_alpha(next) || next == '_'))) {
		logical->escape_line = i;
		logical->escape_at = at;
	}
}

/* 0777 and 10L: how Python 2 wrote integers. Returns what is after the number. */
static size_t number(struct reader *reader, struct str line, size_t at)
{
	size_t end = at;
	while (end < line.n && char_is_digit(line.p[end])) {
		end++;
	}
	char after = end < line.n ? line.p[end] : '\0';
	bool octal = line.p[at] == '0' && end - at > 1 && after != '.' && after != 'e' &&
		     after != 'E' && after != '_' && after != 'j' && after != 'J';
	for (size_t i = at; octal && i < end && line.p[i] == '0'; i++) {
		octal = i + 1 < end; /* 000 is fine */
	}
	if (octal || after == 'L' || after == 'l') {
		tell_python2(reader, at);
	}
	while (end < line.n && (is_identifier_char(line.p[end]) || line.p[end] == '.')) {
		end++;
	}
	return end;
}

/* A word outside strings: over it, unless it is a string's prefix. */
static size_t word(struct reader *reader, struct str line, size_t at, size_t first)
{
	struct str name = source_identifier(str_skip(line, at));
	size_t end = at + name.n;
	if (at == first && str_eq(name, S("lazy"))) {
		struct str rest = str_trim_left(str_skip(line, end));
		struct str next = source_identifier(rest);
		for (size_t i = at;
			(str_eq(next, S("import")) || str_eq(next, S("from"))) && i < end; i++) {
			patch(reader, i, ' ');
		}
		for (size_t i = end; reader->patches.n > 0 && i < (size_t)(rest.p - line.p); i++) {
			patch(reader, i, ' ');
		}
	}
	return end;
}

/* A character that is neither in a string nor part of a word. */
static void symbol(struct reader *reader, size_t i, size_t from, size_t at, struct inside *in,
	struct logical *logical)
{
	struct str line = str_slice(reader->source, 0, reader->lines[i].to);
	char c = line.p[at];
	in->brackets += c == '(' || c == '[' || c == '{';
	in->brackets -= in->brackets > 0 && (c == ')' || c == ']' || c == '}');
	if (c == '=' && in->brackets == 0 && logical->equals == SIZE_MAX) {
		char before = at > from ? line.p[at - 1] : ' ';
		char after = at + 1 < line.n ? line.p[at + 1] : ' ';
		if (is_assignment(line, at)) {
			logical->equals = at;
			if (!reader->plain) {
				find_escape(reader, i, at + 1, logical);
			}
		} else if (after != '=' && strchr("=!<>", before) == NULL) {
			logical->equals = at; /* += and the like: no escape after them */
		}
	} else if (c == '`') {
		tell_python2(reader, at);
		patch(reader, at, reader->backquote ? ')' : '(');
		reader->backquote = !reader->backquote;
	} else if (c == '>' && at > from && line.p[at - 1] == '<') {
		tell_python2(reader, at - 1);
	} else if (c == '\0') {
		patch(reader, at, ' ');
		reader_diagnose(reader, "error", "syntax-error", at, S("a NUL byte is no Python"));
	}
}

/* Look through one physical line. True when the logical line goes on. */
static bool physical_line(
	struct reader *reader, size_t i, size_t from, struct inside *in, struct logical *logical)
{
	struct str line = str_slice(reader->source, 0, reader->lines[i].to);
	bool continued = false;
	size_t at = from;
	size_t first = from + count_blanks(str_skip(line, from));
	logical->help_at = SIZE_MAX;
	while (at < line.n && logical->escape_at == SIZE_MAX) {
		char c = line.p[at];
		if (in->quote != '\0') {
			at = string_step(in, line, at);
		} else if (c == '#') {
			break;
		} else if (c == '"' || c == '\'') {
			string_prefix(reader, line, from, at);
			at = string_start(in, line, at);
			logical->strings = true;
			logical->help_at = SIZE_MAX;
		} else if (char_is_digit(c)) {
			at = number(reader, line, at);
			logical->help_at = SIZE_MAX;
		} else if (is_identifier_char(c)) {
			at = word(reader, line, at, first);
			logical->help_at = SIZE_MAX;
		} else {
			symbol(reader, i, from, at, in, logical);
			continued = c == '\\' && at + 1 == line.n;
			logical->help_at = char_is_space(c) ? logical->help_at
					   : c == '?'       ? at
							    : SIZE_MAX;
			at++;
		}
	}
	if (in->quote != '\0' && !in->triple) {
		bool goes_on = line.n > from && line.p[line.n - 1] == '\\';
		in->quote = goes_on ? in->quote : '\0';
	}
	return continued || in->brackets > 0 || in->quote != '\0';
}

/*
 * The logical line that starts at byte `from` of line i. An escape is looked for in it, but a bracket that
 * is never closed would hide all that follow: they are no escapes for IPython either.
 */
static struct logical logical_line(struct reader *reader, size_t i, size_t from)
{
	struct inside in = {0};
	struct logical logical = {
		.start = from, .equals = SIZE_MAX, .escape_line = SIZE_MAX, .escape_at = SIZE_MAX};
	reader->patches.n = 0;
	reader->backquote = false;
	while (physical_line(reader, i, from, &in, &logical) && i + 1 < reader->end &&
		logical.escape_at == SIZE_MAX) {
		i++;
		from = reader->lines[i].from;
	}
	logical.next = i + 1;
	logical.end = reader->lines[i].to;
	return logical;
}

/* ---- a run of lines that IPython would transform ---- */

/* "name.attr[0]?" or "%magic??" at the end of a line: help, which holds no code. */
static bool is_help(const struct reader *reader, const struct logical *logical)
{
	if (logical->help_at == SIZE_MAX || reader->plain) {
		return false;
	}
	size_t at = logical->help_at;
	at -= at > logical->start && reader->source.p[at - 1] == '?';
	size_t end = at;
	while (at > logical->start) {
		char c = reader->source.p[at - 1];
		if (!is_identifier_char(c) && strchr(".*%[]-", c) == NULL) {
			break;
		}
		at--;
	}
	return at < end && !char_is_digit(reader->source.p[at]);
}

/* A pip line without '%' among others: the classic mistake, which Python cannot read. */
static bool check_bare_command(struct reader *reader, size_t at, size_t end)
{
	struct str text = str_slice(reader->source, at, end);
	bool bare = str_starts(text, S("pip install ")) || str_starts(text, S("pip3 install ")) ||
		    str_starts(text, S("conda install "));
	if (bare) {
		reader_diagnose(reader, "error", "syntax-error", at,
			S("a command without '%' or '!' in a cell of several lines is no Python"));
	}
	return bare;
}

/* One logical line into the Python text. */
static size_t python_line(struct reader *reader, size_t i, size_t at)
{
	struct logical logical = logical_line(reader, i, at);
	size_t first = i;
	if (check_bare_command(reader, at, logical.end) || is_help(reader, &logical)) {
		reader_made_row(reader, reader->lines[i].from, at, S("0"));
		return logical.next;
	}
	for (; i < logical.next; i++) {
		if (i == logical.escape_line) {
			return magic_escape(reader, i, logical.escape_at, reader->lines[i].from,
				logical.escape_at);
		}
		struct str text = str_trim(reader_line(reader, i));
		if (i == first || i + 1 == logical.next || !str_eq(text, S("\\")) ||
			logical.strings) {
			reader_row(reader, 0, 0, reader->lines[i].from, reader->lines[i].to);
		} /* else one that only continues, of which the parser does not like thousands */
	}
	return logical.next;
}

void reader_lines(struct reader *reader)
{
	for (size_t i = reader->first; i < reader->end;) {
		size_t at = reader->lines[i].from + count_blanks(reader_line(reader, i));
		char c = at < reader->lines[i].to ? reader->source.p[at] : '#';
		if (c == '#') {
			reader_made_row(reader, at, at, S(""));
			i++;
		} else if (!reader->plain && (c == '!' || c == '%')) {
			i = magic_escape(reader, i, at, reader->lines[i].from, at);
		} else if (!reader->plain && strchr("?,;/", c) != NULL) { /* help, autocall */
			reader_made_row(reader, reader->lines[i].from, at, S("0"));
			i++;
		} else {
			i = python_line(reader, i, at);
		}
	}
}

void source_read(const struct scan_cell *cell, const struct source_settings *settings,
	struct arena *arena, struct source_result *ret)
{
	struct reader reader = {.cell = cell,
		.source = cell->source,
		.cursor = {.source = cell->source},
		.settings = settings,
		.arena = arena,
		.ret = ret,
		.plain = settings->script};
	if (cell->source.n >= UINT32_MAX / 2) {
		reader_diagnose(&reader, "warning", "cell-too-large", 0, S("the cell is not read"));
		return;
	}
	split_lines(&reader, settings->script);
	if (!settings->script) {
		strip_prompts(&reader);
	}
	reader.end = reader.n_lines;
	if (reader.n_lines == 0) {
		return;
	}
	if (settings->script || (!magic_cell(&reader) && !magic_automatic(&reader))) {
		reader_lines(&reader);
	}
	ret->python = (struct source_python){
		{reader.text.p, reader.text.n},
                reader.rows.p, reader.rows.n
        };
}
