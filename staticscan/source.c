#include "staticscan/source.h"
#include "staticscan/literal.h"
#include "staticscan/names.h"
#include "common/banned.h"

enum {
	SHELL_TEXT_MAX = 1 << 20, /* bytes of one command, as staticscan.md 5 has for a cell */
	PLACEHOLDER_MAX = 200,
	INDENT_MAX = 100, /* nested blocks that are remembered */
	TAB = 8,
	DIAGNOSTICS_MAX = 1000, /* of one cell */
};

/* A line of the cell without its prompt, leading white space of the cell and line end. */
struct line {
	size_t from, to;
};

struct block {
	size_t indent;
	bool conditional;
};

typedef VEC(struct scan_char) char_vec;

struct reader {
	const struct scan_cell *cell;
	struct str source;
	struct source_cursor cursor;
	struct source_names *names;
	struct arena *arena;
	struct source_result *ret;
	const struct line *lines;
	size_t n_lines;
	size_t first, end; /* the lines under way: a cell magic's body has a smaller range */
	struct block blocks[INDENT_MAX];
	size_t n_blocks;
};

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

static void diagnose(struct reader *reader, const char *severity, const char *code, size_t at,
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

/* ---- lines ---- */

static struct str line_text(const struct reader *reader, size_t i)
{
	return str_slice(reader->source, reader->lines[i].from, reader->lines[i].to);
}

static size_t blanks(struct str s)
{
	size_t n = 0;
	while (n < s.n && (s.p[n] == ' ' || s.p[n] == '\t' || s.p[n] == '\f')) {
		n++;
	}
	return n;
}

static size_t indent_width(struct str s)
{
	size_t width = 0;
	size_t n = blanks(s);
	for (size_t i = 0; i < n; i++) {
		width = s.p[i] == '\t' ? (width / TAB + 1) * TAB : width + 1;
	}
	return width;
}

static void split_lines(struct reader *reader)
{
	VEC(struct line) lines = {0};
	struct str rest = reader->source;
	struct str text;
	bool started = false;
	if (str_starts(rest, S("\xef\xbb\xbf"))) {
		rest = str_skip(rest, 3);
	}
	while (str_next_line(&rest, &text)) {
		started = started || blanks(text) < text.n;
		if (started) { /* leading blank lines go */
			size_t from = (size_t)(text.p - reader->source.p);
			*vec_push(reader->arena, &lines) = (struct line){from, from + text.n};
		}
	}
	reader->lines = lines.p;
	reader->n_lines = lines.n;
	size_t margin = lines.n == 0 ? 0 : blanks(line_text(reader, 0));
	struct str space = lines.n == 0 ? S("") : str_slice(line_text(reader, 0), 0, margin);
	for (size_t i = 0; i < lines.n; i++) {
		if (str_starts(line_text(reader, i), space)) {
			lines.p[i].from += margin;
		}
	}
}

/* Length of ">>> ", "... ", "In [3]: " or "   ...: " at the start, 0 when there is none. */
static size_t prompt_length(struct str s)
{
	if (str_starts(s, S(">>>")) || str_starts(s, S("..."))) {
		return s.n > 3 && s.p[3] == ' ' ? 4 : s.n == 3 ? 3 : 0;
	}
	size_t at = blanks(s);
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
		any = any || is_first_prompt(line_text(reader, i));
	}
	for (size_t i = 0; any && i < reader->n_lines; i++) {
		((struct line *)reader->lines)[i].from += prompt_length(line_text(reader, i));
	}
}

/* ---- what an escape means ---- */

static bool one_of(struct str name, const char *const *list)
{
	for (size_t i = 0; list[i] != NULL; i++) {
		if (str_eq(name, str_from(list[i]))) {
			return true;
		}
	}
	return false;
}

/* Magics whose name is a program and whose argument its command line. */
static const char *const manager_magics[] = {"pip", "uv", "conda", "mamba", "micromamba", NULL};
/* Magics whose argument is shell text. */
static const char *const shell_magics[] = {"sx", "system", "shell", NULL};
/* Magics whose argument is Python or another escape, after their options. */
static const char *const python_magics[] = {
	"time", "timeit", "prun", "memit", "mprun", "lprun", "debug", NULL};

static void add_shell(struct reader *reader, struct scan_text text, const char *via, bool expanding)
{
	bool conditional = false;
	for (size_t i = 0; i < reader->n_blocks; i++) {
		conditional = conditional || reader->blocks[i].conditional;
	}
	if (text.n == 0) {
		return;
	}
	if (text.n > SHELL_TEXT_MAX) {
		diagnose(reader, "warning", "cell-too-large", text.p[0].at,
			S("a command of more than 1 MiB is not read"));
		return;
	}
	*vec_push(reader->arena, &reader->ret->shells) = (struct source_shell){
		.text = expanding ? names_expand(reader->names, text, reader->arena) : text,
		.via = str_from(via),
		.conditional = conditional};
}

static struct scan_text text_skip(struct scan_text text, size_t n)
{
	n = n > text.n ? text.n : n;
	return (struct scan_text){text.p + n, text.n - n};
}

static size_t text_blanks(struct scan_text text)
{
	size_t n = 0;
	while (n < text.n && (text.p[n].c == ' ' || text.p[n].c == '\t')) {
		n++;
	}
	return n;
}

static struct str text_word(const struct reader *reader, struct scan_text text)
{
	size_t n = 0;
	while (n < text.n && text.p[n].c != ' ' && text.p[n].c != '\t' && n < PLACEHOLDER_MAX) {
		n++;
	}
	return names_chars(text, 0, n, reader->arena);
}

static void escape(struct reader *reader, struct scan_text text);

/* "%name rest", given from the name on. */
static void line_magic(struct reader *reader, struct scan_text text, const char *via)
{
	struct str name = text_word(reader, text);
	struct scan_text rest = text_skip(text, name.n);
	rest = text_skip(rest, text_blanks(rest));
	if (one_of(name, manager_magics)) {
		add_shell(reader, text, via, true);
	} else if (one_of(name, shell_magics)) {
		add_shell(reader, rest, via, true);
	} else if (one_of(name, python_magics)) {
		while (rest.n > 0 && rest.p[0].c == '-') {
			rest = text_skip(rest, text_word(reader, rest).n);
			rest = text_skip(rest, text_blanks(rest));
		}
		escape(reader, rest);
	}
}

/* Text that may start with '!', '!!' or '%'; anything else is no escape. */
static void escape(struct reader *reader, struct scan_text text)
{
	char c = text.n > 0 ? text.p[0].c : '\0';
	char next = text.n > 1 ? text.p[1].c : '\0';
	if (c == '!') {
		add_shell(reader, text_skip(text, next == '!' ? 2 : 1), "shell", true);
	} else if (c == '%' && next != ' ' && next != '%') {
		line_magic(reader, text_skip(text, 1), "line-magic");
	}
}

static void take_chars(struct reader *reader, char_vec *out, size_t from, size_t to)
{
	/* a little more than the maximum is enough for add_shell to refuse it */
	for (size_t i = from; i < to && out->n <= SHELL_TEXT_MAX + PLACEHOLDER_MAX; i++) {
		*vec_push(reader->arena, out) =
			(struct scan_char){(uint32_t)i, reader->source.p[i], false};
	}
}

/*
 * The escaped line that starts at byte `at` of line i, with the lines it continues on. Returns the
 * line after it.
 */
static size_t take_escape(struct reader *reader, size_t i, size_t at)
{
	char_vec out = {0};
	for (size_t from = at;; from = reader->lines[i].from) {
		size_t to = reader->lines[i].to;
		bool more = to > from && reader->source.p[to - 1] == '\\' && i + 1 < reader->end;
		take_chars(reader, &out, from, more ? to - 1 : to);
		i++;
		if (!more) {
			break;
		}
		*vec_push(reader->arena, &out) = (struct scan_char){(uint32_t)to - 1, ' ', false};
	}
	escape(reader, (struct scan_text){out.p, out.n});
	return i;
}

/* ---- Python between the escapes: as much of it as says where lines begin ---- */

/* A logical line of Python. */
struct logical {
	size_t next;       /* the line after it */
	size_t start, end; /* bytes of the cell */
	size_t equals;     /* first '=' outside brackets that assigns, or SIZE_MAX */
	size_t last_equals;
	size_t escape_line, escape_at; /* "x = !cmd": where the escape starts; else SIZE_MAX */
	bool colon;                    /* ends in ':' */
	bool walrus;
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
	at += blanks(str_slice(reader->source, at, to));
	if (at + 1 == to && reader->source.p[at] == '\\' && i + 1 < reader->end) {
		i++;
		at = reader->lines[i].from;
		to = reader->lines[i].to;
		at += blanks(str_slice(reader->source, at, to));
	}
	char c = at < to ? reader->source.p[at] : '\0';
	char next = at + 1 < to ? reader->source.p[at + 1] : '\0';
	if (c == '!' || (c == '%' && (char_is_alpha(next) || next == '_'))) {
		logical->escape_line = i;
		logical->escape_at = at;
	}
}

/* Look through one physical line. True when the logical line goes on. */
static bool physical_line(
	struct reader *reader, size_t i, size_t from, struct inside *in, struct logical *logical)
{
	struct str line = str_slice(reader->source, 0, reader->lines[i].to);
	bool continued = false;
	size_t at = from;
	while (at < line.n && logical->escape_at == SIZE_MAX) {
		char c = line.p[at];
		if (in->quote != '\0') {
			at = string_step(in, line, at);
			continue;
		}
		if (c == '#') {
			break;
		}
		if (c == '"' || c == '\'') {
			at = string_start(in, line, at);
			logical->colon = false;
			continue;
		}
		in->brackets += c == '(' || c == '[' || c == '{';
		in->brackets -= in->brackets > 0 && (c == ')' || c == ']' || c == '}');
		continued = c == '\\' && at + 1 == line.n;
		logical->walrus =
			logical->walrus || (c == '=' && at > from && line.p[at - 1] == ':');
		if (c == '=' && in->brackets == 0) {
			bool first = logical->equals == SIZE_MAX;
			bool assigns = is_assignment(line, at);
			char before = at > from ? line.p[at - 1] : ' ';
			char after = at + 1 < line.n ? line.p[at + 1] : ' ';
			if (assigns && first && logical->last_equals == SIZE_MAX) {
				logical->equals = at;
				find_escape(reader, i, at + 1, logical);
			}
			if (after != '=' && strchr("=!<>", before) == NULL) {
				logical->last_equals = at; /* += and the like bind as well */
			}
		}
		logical->colon = char_is_space(c) ? logical->colon : c == ':';
		at++;
	}
	if (in->quote != '\0' && !in->triple) {
		bool goes_on = line.n > from && line.p[line.n - 1] == '\\';
		in->quote = goes_on ? in->quote : '\0';
	}
	return continued || in->brackets > 0 || in->quote != '\0';
}

static struct logical logical_line(struct reader *reader, size_t i, size_t from)
{
	struct inside in = {0};
	struct logical logical = {.start = from,
		.equals = SIZE_MAX,
		.last_equals = SIZE_MAX,
		.escape_line = SIZE_MAX,
		.escape_at = SIZE_MAX};
	while (physical_line(reader, i, from, &in, &logical) && i + 1 < reader->end &&
		logical.escape_at == SIZE_MAX) {
		i++;
		from = reader->lines[i].from;
	}
	logical.next = i + 1;
	logical.end = reader->lines[i].to;
	return logical;
}

/* ---- names bound to literals ---- */

/* NAME = "literal" at the left margin binds; any other binding of a name makes it unknown. */
static void note_bindings(struct reader *reader, const struct logical *logical)
{
	static const char *const binding[] = {"for", "with", "import", "from", "def", "class",
		"del", "global", "except", "async", "match", "case", "nonlocal", NULL};
	struct str text = str_slice(reader->source, logical->start, logical->end);
	struct str value;
	if (logical->escape_at == SIZE_MAX && logical->equals != SIZE_MAX) {
		struct str name =
			str_trim(str_slice(reader->source, logical->start, logical->equals));
		struct str right = str_slice(reader->source, logical->equals + 1, logical->end);
		bool plain = name.n > 0 && names_identifier(name).n == name.n &&
			     !char_is_digit(name.p[0]);
		if (plain && reader->n_blocks == 0 && literal_value(right, reader->arena, &value)) {
			names_set(reader->names, name, value, reader->arena);
			return;
		}
	}
	if (reader->names->values.n == 0) {
		return;
	}
	if (one_of(names_identifier(text), binding) || logical->walrus) {
		names_forget(reader->names, text);
	} else if (logical->escape_at != SIZE_MAX) {
		names_forget(reader->names,
			str_slice(reader->source, logical->start, logical->escape_at));
	} else if (logical->last_equals != SIZE_MAX) {
		names_forget(reader->names,
			str_slice(reader->source, logical->start, logical->last_equals));
	}
}

/* ---- get_ipython().system("...") and its kin: what a notebook exported to a script holds ---- */

static void ipython_call(struct reader *reader, const struct logical *logical)
{
	struct str source = reader->source;
	size_t at = logical->equals == SIZE_MAX ? logical->start : logical->equals + 1;
	at += blanks(str_slice(source, at, logical->end));
	struct str call = str_slice(source, at, logical->end);
	if (!str_starts(call, S("get_ipython()."))) {
		return;
	}
	call = str_skip(call, strlen("get_ipython()."));
	struct str method = names_identifier(call);
	struct scan_text arguments[3] = {{0}};
	size_t n = literal_arguments(source, (size_t)(call.p - source.p) + method.n, logical->end,
		reader->arena, arguments, 3);
	if (n == 1 && (str_eq(method, S("system")) || str_eq(method, S("getoutput")))) {
		add_shell(reader, arguments[0], "shell", true);
	} else if (n == 1 && str_eq(method, S("magic"))) {
		bool percent = arguments[0].n > 0 && arguments[0].p[0].c == '%';
		line_magic(reader, text_skip(arguments[0], percent), "line-magic");
	} else if (n == 2 && str_eq(method, S("run_line_magic"))) {
		char_vec text = {0};
		for (size_t i = 0; i < arguments[0].n; i++) {
			*vec_push(reader->arena, &text) = arguments[0].p[i];
		}
		*vec_push(reader->arena, &text) = (struct scan_char){(uint32_t)at, ' ', false};
		for (size_t i = 0; i < arguments[1].n; i++) {
			*vec_push(reader->arena, &text) = arguments[1].p[i];
		}
		line_magic(reader, (struct scan_text){text.p, text.n}, "line-magic");
	} else if (n == 3 && str_eq(method, S("run_cell_magic"))) {
		static const char *const shells[] = {
			"bash", "sh", "!", "sx", "system", "zsh", "shell", NULL};
		if (one_of(names_chars(arguments[0], 0, arguments[0].n, reader->arena), shells)) {
			add_shell(reader, arguments[2], "cell-magic", false);
		}
	}
}

/* ---- a run of lines that IPython would transform ---- */

static void enter_block(struct reader *reader, size_t indent, struct str word)
{
	static const char *const conditional[] = {
		"if", "elif", "else", "for", "while", "match", "case", "except", "async", NULL};
	if (reader->n_blocks < INDENT_MAX) {
		reader->blocks[reader->n_blocks++] =
			(struct block){indent, one_of(word, conditional)};
	}
}

static bool is_automagic(struct reader *reader, size_t i)
{
	struct str line = line_text(reader, i);
	struct str word = names_identifier(line);
	struct str rest = str_skip(line, word.n);
	struct str after = str_trim(rest);
	bool assigns = after.n > 0 && after.p[0] == '=' && !(after.n > 1 && after.p[1] == '=');
	return reader->n_lines == 1 && rest.n > 0 && rest.p[0] == ' ' && !assigns &&
	       (one_of(word, manager_magics) || one_of(word, shell_magics));
}

/* A pip line without '%' among others: the classic mistake, which Python cannot read. */
static void check_bare_command(struct reader *reader, size_t at, size_t end)
{
	struct str text = str_slice(reader->source, at, end);
	if (str_starts(text, S("pip install ")) || str_starts(text, S("pip3 install ")) ||
		str_starts(text, S("conda install "))) {
		diagnose(reader, "error", "syntax-error", at,
			S("a command without '%' or '!' in a cell of several lines is no Python"));
	}
}

static size_t python_line(struct reader *reader, size_t i, size_t at, size_t indent)
{
	struct logical logical = logical_line(reader, i, at);
	struct str word = names_identifier(str_slice(reader->source, at, logical.end));
	check_bare_command(reader, at, logical.end);
	note_bindings(reader, &logical);
	if (logical.escape_at != SIZE_MAX) {
		return take_escape(reader, logical.escape_line, logical.escape_at);
	}
	ipython_call(reader, &logical);
	if (logical.colon) {
		enter_block(reader, indent, word);
	}
	return logical.next;
}

static void read_lines(struct reader *reader)
{
	reader->n_blocks = 0;
	for (size_t i = reader->first; i < reader->end;) {
		struct str line = line_text(reader, i);
		size_t indent = indent_width(line);
		size_t at = reader->lines[i].from + blanks(line);
		char c = at < reader->lines[i].to ? reader->source.p[at] : '#';
		if (c == '#') {
			i++;
			continue;
		}
		while (reader->n_blocks > 0 &&
			reader->blocks[reader->n_blocks - 1].indent >= indent) {
			reader->n_blocks--;
		}
		if (c == '!' || c == '%') {
			i = take_escape(reader, i, at);
		} else if (strchr("?,;/", c) != NULL) {
			i++; /* help and autocall */
		} else {
			i = python_line(reader, i, at, indent);
		}
	}
}

/* ---- cell magics ---- */

/* %%script and %%bash: is the program a shell, is it Python? */
static struct str program_of(struct str argument)
{
	argument = str_trim(argument);
	size_t n = 0;
	while (n < argument.n && !char_is_space(argument.p[n])) {
		n++;
	}
	struct str program = str_slice(argument, 0, n);
	return str_skip(program, (size_t)(str_find_last_char(program, '/') + 1));
}

static void shell_body(struct reader *reader, bool expanding)
{
	char_vec out = {0};
	for (size_t i = reader->first; i < reader->end; i++) {
		size_t to = reader->lines[i].to;
		take_chars(reader, &out, reader->lines[i].from, to);
		*vec_push(reader->arena, &out) = (struct scan_char){(uint32_t)to, '\n', false};
	}
	add_shell(reader, (struct scan_text){out.p, out.n}, "cell-magic", expanding);
}

/* True when the cell is one magic and has been dealt with. */
static bool cell_magic(struct reader *reader)
{
	static const char *const nested[] = {"time", "timeit", "capture", "prun", "memit", "mprun",
		"snakeviz", "scalene", "heat", "debug", NULL};
	static const char *const shells[] = {"bash", "sh", "zsh", "shell", NULL};
	static const char *const expanding[] = {"!", "sx", "system", NULL};
	static const char *const script_shells[] = {"bash", "sh", "zsh", "dash", NULL};
	static const char *const quiet[] = {"python", "python3", "pypy", "script", "writefile",
		"file", "html", "HTML", "latex", "markdown", "svg", "SVG", "javascript", "js",
		"perl", "ruby", "R", "sql", "cython", "julia", "bigquery", NULL};
	struct str line = line_text(reader, reader->first);
	if (!str_starts(line, S("%%"))) {
		return false;
	}
	struct str rest = str_skip(line, 2);
	size_t n = 0;
	while (n < rest.n && !char_is_space(rest.p[n])) {
		n++;
	}
	struct str name = str_slice(rest, 0, n);
	if (str_ends(name, S("?"))) {
		return false;
	}
	size_t magic_at = reader->lines[reader->first].from;
	reader->first++;
	if (one_of(name, shells) || one_of(name, expanding)) {
		shell_body(reader, one_of(name, expanding));
	} else if (str_eq(name, S("script")) &&
		   one_of(program_of(str_skip(rest, n)), script_shells)) {
		shell_body(reader, false);
	} else if (one_of(name, nested)) {
		if (reader->first < reader->end && !cell_magic(reader)) {
			read_lines(reader);
		}
	} else if (!one_of(name, quiet)) {
		diagnose(reader, "info", "unknown-cell-magic", magic_at,
			S("this cell magic is not known; the cell is not scanned"));
	}
	return true;
}

void source_read(const struct scan_cell *cell, struct source_names *names, struct arena *arena,
	struct source_result *ret)
{
	struct reader reader = {.cell = cell,
		.source = cell->source,
		.cursor = {.source = cell->source},
		.names = names,
		.arena = arena,
		.ret = ret};
	if (cell->source.n >= UINT32_MAX) {
		diagnose(&reader, "warning", "cell-too-large", 0, S("the cell is not read"));
		return;
	}
	split_lines(&reader);
	strip_prompts(&reader);
	reader.end = reader.n_lines;
	if (reader.n_lines == 0 || cell_magic(&reader)) {
		return;
	}
	if (is_automagic(&reader, 0)) {
		char_vec out = {0};
		take_chars(&reader, &out, reader.lines[0].from, reader.lines[0].to);
		line_magic(&reader, (struct scan_text){out.p, out.n}, "automagic");
		return;
	}
	read_lines(&reader);
}
