#include "staticscan/pieces.h"
#include "common/clock.h"
#include "common/banned.h"

/* A logical line, as far as a broken text has them. */
struct logical_line {
	uint32_t from, to; /* bytes of the text, the line end included */
	uint32_t indent;
	bool broken;
};

typedef VEC(struct logical_line) logical_lines;

struct splitter {
	struct walker *walker;
	struct syntax_parser *parser;
	struct str text;
	uint32_t from; /* where to start in it */
	int64_t deadline_ns;
	logical_lines lines;
};

static void diagnose(struct splitter *splitter, const char *severity, const char *code, uint32_t at,
	struct str message)
{
	struct walker *walker = splitter->walker;
	struct mark mark = {walker->cell, source_origin(walker->python, at)};
	facts_diagnose(walker->facts, severity, code, mark, message);
}

/* ---- logical lines of a text that may be broken ---- */

/* What the tokenizer is inside of at the end of a physical line. */
struct inside {
	int brackets;
	char quote; /* of a triple-quoted string, or '\0' */
	bool continued;
};

/* Over a string that starts at line.p[at]; an unterminated plain one ends with its line. */
static size_t string_end(struct inside *in, struct str line, size_t at)
{
	char quote = line.p[at];
	bool triple = at + 2 < line.n && line.p[at + 1] == quote && line.p[at + 2] == quote;
	for (at += triple ? 3 : 1; at < line.n; at++) {
		if (line.p[at] == '\\') {
			at++;
		} else if (line.p[at] == quote && !triple) {
			return at + 1;
		} else if (line.p[at] == quote && at + 2 < line.n && line.p[at + 1] == quote &&
			   line.p[at + 2] == quote) {
			return at + 3;
		}
	}
	in->quote = triple ? quote : '\0';
	in->continued = !triple && line.n > 1 && line.p[line.n - 2] == '\\';
	return line.n;
}

static size_t triple_end(struct inside *in, struct str line)
{
	for (size_t at = 0; at < line.n; at++) {
		if (line.p[at] == '\\') {
			at++;
		} else if (line.p[at] == in->quote && at + 2 < line.n &&
			   line.p[at + 1] == in->quote && line.p[at + 2] == in->quote) {
			in->quote = '\0';
			return at + 3;
		}
	}
	return line.n;
}

/* Read a physical line, its "\n" included. */
static void look(struct inside *in, struct str line)
{
	size_t at = in->quote != '\0' ? triple_end(in, line) : 0;
	in->continued = false;
	while (at < line.n && in->quote == '\0') {
		char c = line.p[at];
		if (c == '#') {
			return;
		}
		if (c == '"' || c == '\'') {
			at = string_end(in, line, at);
			continue;
		}
		in->brackets += c == '(' || c == '[' || c == '{';
		in->brackets -= in->brackets > 0 && (c == ')' || c == ']' || c == '}');
		in->continued = c == '\\' && at + 2 == line.n;
		at++;
	}
}

static bool one_of(struct str word, const char *const *list)
{
	size_t i = 0;
	while (list[i] != NULL && !str_eq(word, str_from(list[i]))) {
		i++;
	}
	return list[i] != NULL;
}

/* NAME = at the left margin, but not NAME == . */
static bool is_assignment(struct str line)
{
	size_t n = 0;
	while (n < line.n && (char_is_alnum(line.p[n]) || line.p[n] == '_' || line.p[n] == '.' ||
				     ((unsigned char)line.p[n] & 0x80) != 0)) {
		n++;
	}
	struct str rest = str_trim_left(str_skip(line, n));
	return n > 0 && rest.n > 1 && rest.p[0] == '=' && rest.p[1] != '=';
}

/* May this line start a statement although brackets are open before it? */
static bool starts_anew(struct str line)
{
	static const char *const anywhere[] = {"import", "def", "class", "return", "while", "try",
		"raise", "del", "pass", "assert", "global", "nonlocal", "break", "continue", "with",
		NULL};
	static const char *const at_margin[] = {
		"if", "for", "from", "async", "elif", "else", "except", "finally", "print", NULL};
	struct str text = str_trim_left(line);
	bool margin = text.n == line.n;
	struct str word = source_identifier(text);
	if (one_of(word, anywhere)) {
		return true;
	}
	bool from = str_eq(word, S("from")) && str_find(text, S(" import ")) >= 0;
	return from || (margin && (one_of(word, at_margin) || str_starts(text, S("@")) ||
					  is_assignment(text)));
}

/* resync: a statement may start although a bracket is open, as it does where one was forgotten. */
static void find_lines(struct splitter *splitter, bool resync)
{
	struct arena *arena = splitter->walker->facts->arena;
	struct str text = splitter->text;
	struct inside in = {0};
	size_t at = splitter->from;
	splitter->lines.n = 0;
	while (at < text.n) {
		ptrdiff_t newline = str_find_char(str_skip(text, at), '\n');
		size_t next = newline < 0 ? text.n : at + (size_t)newline + 1;
		struct str line = str_slice(text, at, next);
		struct str trimmed = str_trim_left(line);
		bool open = in.brackets > 0 || in.continued;
		if (resync && in.quote == '\0' && open && starts_anew(line)) {
			in = (struct inside){0};
			open = false;
		}
		bool fresh = in.quote == '\0' && !open;
		bool blank = trimmed.n == 0 || trimmed.p[0] == '#';
		if (fresh && (!blank || splitter->lines.n == 0)) {
			*vec_push(arena, &splitter->lines) = (struct logical_line){
				.from = (uint32_t)at, .indent = (uint32_t)(line.n - trimmed.n)};
		}
		splitter->lines.p[splitter->lines.n - 1].to = (uint32_t)next;
		look(&in, line);
		at = next;
	}
}

static struct str line_text(const struct splitter *splitter, const struct logical_line *line)
{
	return str_slice(splitter->text, line->from + line->indent, line->to);
}

/* ---- one statement at the left margin ---- */

static bool parse(struct splitter *splitter, struct str text, struct syntax *ret)
{
	return syntax_parse(
		splitter->parser, text, splitter->deadline_ns, splitter->walker->facts->arena, ret);
}

static void walk(struct splitter *splitter, const struct syntax *found, uint32_t base)
{
	struct syntax *tree = arena_new(splitter->walker->facts->arena, struct syntax);
	*tree = *found; /* literals in it may be looked at later */
	walk_tree(splitter->walker, tree, base);
}

/* Is this line fine for itself, given what it would need around it? */
static bool is_fine(struct splitter *splitter, const struct logical_line *line)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(buf_done) struct buf buf = {0};
	struct str text = line_text(splitter, line);
	struct str word = source_identifier(text);
	struct syntax tree;
	static const char *const ifs[] = {"else", "elif", NULL};
	static const char *const tries[] = {"except", "finally", NULL};
	static const char *const headers[] = {"if", "elif", "else", "for", "while", "try", "except",
		"finally", "with", "def", "class", "async", "match", "case", NULL};
	struct str bare = str_trim_right(text);
	ptrdiff_t comment = str_find_last_char(bare, '#');
	bool ends = str_ends(bare, S(":")) ||
		    (comment > 0 &&
			    str_ends(str_trim_right(str_slice(bare, 0, (size_t)comment)), S(":")));
	buf_add(&buf, one_of(word, ifs)                 ? S("if 0:\n pass\n")
		      : one_of(word, tries)             ? S("try:\n pass\n")
		      : str_eq(word, S("case")) && ends ? S("match 0:\n ")
							: S(""));
	buf_add(&buf, bare);
	if (str_starts(text, S("@"))) {
		buf_add(&buf, S("\ndef f(): pass\n"));
	} else if (ends && str_eq(word, S("match"))) {
		buf_add(&buf, S("\n case 0:\n  pass\n"));
	} else if (ends && one_of(word, headers)) {
		buf_add(&buf, S("\n  pass\n"));
		if (str_eq(word, S("try"))) {
			buf_add(&buf, S("finally:\n pass\n"));
		}
	} else {
		buf_byte(&buf, '\n');
	}
	bool done =
		syntax_parse(splitter->parser, buf_str(&buf), splitter->deadline_ns, &arena, &tree);
	return !done || tree.error_at == SYNTAX_NO_NODE;
}

/* In its place stands what keeps the lines around it readable. */
static void replace(struct logical_line *line, uint32_t base, bool header, char *copy)
{
	static const char block[] = "if 1:";
	uint32_t from = line->from + line->indent - base;
	uint32_t to = line->to - base;
	uint32_t n = 0;
	while (from + n < to && copy[from + n] != '\n') {
		n++;
	}
	for (uint32_t i = from; i < to; i++) {
		copy[i] = copy[i] == '\n' ? '\n' : ' ';
	}
	if (header && n >= sizeof(block) - 1) {
		memcpy(copy + from, block, sizeof(block) - 1);
	} else if (n > 0) {
		copy[from] = '0';
	}
}

/* The lines [first, end) hold an error: find which, and walk the rest. */
static void repair(struct splitter *splitter, size_t first, size_t end, const struct syntax *broken)
{
	struct logical_line *lines = splitter->lines.p;
	uint32_t base = lines[first].from;
	size_t n = lines[end - 1].to - base;
	char *copy = arena_alloc(splitter->walker->facts->arena, n + 1, 1);
	struct syntax tree;
	size_t found = 0;
	memcpy(copy, splitter->text.p + base, n);
	for (size_t i = first; i < end && end > first + 1; i++) {
		if (clock_monotonic_ns() < splitter->deadline_ns && !is_fine(splitter, &lines[i])) {
			bool header = i + 1 < end && lines[i + 1].indent > lines[i].indent;
			replace(&lines[i], base, header, copy);
			diagnose(splitter, "error", "syntax-error", lines[i].from + lines[i].indent,
				S("this statement is not read: it is no Python"));
			found++;
		}
	}
	if (found == 0) {
		diagnose(splitter, "error", "syntax-error", base + broken->error_at,
			S("here the Python is broken; what is around it may be misread"));
	}
	if (found > 0 && parse(splitter, (struct str){copy, n}, &tree)) {
		walk(splitter, &tree, base);
	} else {
		walk(splitter, broken, base);
	}
}

static bool joins_before(const struct splitter *splitter, size_t i)
{
	static const char *const joining[] = {"else", "elif", "except", "finally", NULL};
	struct str word = source_identifier(line_text(splitter, &splitter->lines.p[i]));
	return splitter->lines.p[i].indent > 0 || one_of(word, joining) ||
	       str_starts(line_text(splitter, &splitter->lines.p[i - 1]), S("@"));
}

/* One past the lines that make one statement at the left margin with line `first`. */
static size_t statement_end(const struct splitter *splitter, size_t first)
{
	size_t i = first + 1;
	while (i < splitter->lines.n && joins_before(splitter, i)) {
		i++;
	}
	return i;
}

static bool too_slow(struct splitter *splitter, uint32_t at)
{
	if (clock_monotonic_ns() <= splitter->deadline_ns) {
		return false;
	}
	diagnose(splitter, "warning", "cell-too-slow", at,
		S("the rest of this cell takes too long and is not looked at"));
	return true;
}

/* text[from, to) holds an error: statement by statement. False when time is up. */
static bool walk_split(struct splitter *outer, uint32_t from, uint32_t to)
{
	struct splitter splitter = *outer;
	splitter.text = str_slice(outer->text, 0, to);
	splitter.from = from;
	splitter.lines.p = NULL;
	splitter.lines.n = splitter.lines.cap = 0;
	find_lines(&splitter, true);
	for (size_t i = 0; i < splitter.lines.n;) {
		size_t first = i;
		struct syntax tree;
		i = statement_end(&splitter, first);
		uint32_t start = splitter.lines.p[first].from;
		struct str text = str_slice(splitter.text, start, splitter.lines.p[i - 1].to);
		if (too_slow(&splitter, start)) {
			return false;
		}
		if (!parse(&splitter, text, &tree)) {
			continue; /* told at the next statement */
		}
		if (tree.error_at == SYNTAX_NO_NODE) {
			walk(&splitter, &tree, start);
		} else {
			repair(&splitter, first, i, &tree);
		}
	}
	return !too_slow(&splitter, to);
}

/* Many statements at once, as long as there is no error. */
static void walk_batches(struct splitter *splitter)
{
	find_lines(splitter, false);
	for (size_t i = 0; i < splitter->lines.n;) {
		struct syntax tree;
		uint32_t from = splitter->lines.p[i].from;
		uint32_t to = from;
		while (i < splitter->lines.n && to - from < PIECES_BATCH) {
			i = statement_end(splitter, i);
			to = splitter->lines.p[i - 1].to;
		}
		if (too_slow(splitter, from)) {
			return;
		}
		int64_t deadline_ns = splitter->deadline_ns;
		int64_t soon_ns = clock_monotonic_ns() + PIECES_BATCH_NS;
		splitter->deadline_ns = soon_ns < deadline_ns ? soon_ns : deadline_ns;
		bool done = parse(splitter, str_slice(splitter->text, from, to), &tree);
		splitter->deadline_ns = deadline_ns;
		if (done && tree.error_at == SYNTAX_NO_NODE) {
			walk(splitter, &tree, from);
		} else if (!walk_split(splitter, from, to)) {
			return;
		}
	}
}

void pieces_walk(struct walker *walker, struct syntax_parser *parser)
{
	struct splitter splitter = {.walker = walker,
		.parser = parser,
		.text = walker->python->text,
		.deadline_ns = clock_monotonic_ns() + PIECES_NS};
	struct syntax tree;
	if (splitter.text.n > SYNTAX_TEXT_MAX) {
		diagnose(&splitter, "warning", "cell-too-large", 0,
			S("a cell of more than 1 MiB is not looked at; its commands are"));
	} else if (splitter.text.n > PIECES_BATCH) {
		walk_batches(&splitter);
	} else if (splitter.text.n > 0) {
		if (parse(&splitter, splitter.text, &tree) && tree.error_at == SYNTAX_NO_NODE) {
			walk(&splitter, &tree, 0);
		} else {
			(void)walk_split(&splitter, 0, (uint32_t)splitter.text.n);
		}
	}
	walk_escapes(walker, UINT32_MAX);
}
