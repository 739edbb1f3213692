#include "staticscan/reader.h"
#include "common/banned.h"

/* What escapes mean: !commands, %magics and %%cell magics. Source: IPython 9. */

/* Magics whose name is a program and whose argument its command line. */
static const char *const manager_magics[] = {"pip", "uv", "conda", "mamba", "micromamba", NULL};
/* Magics whose argument is shell text. */
static const char *const shell_magics[] = {"sx", "system", "shell", NULL};

/* Magics whose argument is Python after their options, and the options that take a value. */
struct python_magic {
	const char *name, *values;
	bool setup; /* as a cell magic, its own line may hold Python */
};
static const struct python_magic python_magics[] = {
	{"time",   "",      true },
	{"timeit", "nrp",   true },
	{"prun",   "lsTD",  true },
	{"memit",  "rt",    true },
	{"mprun",  "fT",    false},
	{"lprun",  "fmDTu", false},
	{"debug",  "b",     false},
};

static const struct python_magic *python_magic(struct str name)
{
	for (size_t i = 0; i < sizeof(python_magics) / sizeof(python_magics[0]); i++) {
		if (str_eq(name, str_from(python_magics[i].name))) {
			return &python_magics[i];
		}
	}
	return NULL;
}

/* The word at byte `at`, up to a blank or `to`. */
static struct str word_at(const struct reader *reader, size_t at, size_t to)
{
	struct str rest = str_slice(reader->source, at, to);
	size_t n = 0;
	while (n < rest.n && !char_is_space(rest.p[n])) {
		n++;
	}
	return str_slice(rest, 0, n);
}

static size_t skip_blanks(const struct reader *reader, size_t at, size_t to)
{
	return at + count_blanks(str_slice(reader->source, at, to));
}

/* Over the options of a Python magic; their values may be words of their own. */
static size_t skip_options(
	const struct reader *reader, size_t at, size_t to, const struct python_magic *magic)
{
	at = skip_blanks(reader, at, to);
	while (at < to && reader->source.p[at] == '-') {
		struct str option = word_at(reader, at, to);
		at = skip_blanks(reader, at + option.n, to);
		if (option.n == 2 && strchr(magic->values, option.p[1]) != NULL) {
			at = skip_blanks(reader, at + word_at(reader, at, to).n, to);
		}
	}
	return at;
}

static void add_shell(struct reader *reader, const char_vec *text, const char *via, bool expanding)
{
	if (text->n == 0) {
		return;
	}
	if (text->n > SHELL_TEXT_MAX) {
		reader_diagnose(reader, "warning", "cell-too-large", text->p[0].at,
			S("a command of more than 1 MiB is not read"));
	} else if (reader->ret->shells.n >= SHELLS_MAX) {
		if (!reader->told_shells) {
			reader_diagnose(reader, "warning", "cell-too-large", text->p[0].at,
				S("more than 20,000 commands: the rest is not read"));
		}
		reader->told_shells = true;
	} else if (text->n > 0) {
		*vec_push(reader->arena, &reader->ret->shells) = (struct source_shell){
			.text = {text->p, text->n},
			.via = str_from(via),
			.at = (uint32_t)reader->text.n,
			.expanding = expanding
                };
	}
}

static void take_chars(struct reader *reader, char_vec *out, size_t from, size_t to)
{
	/* a little more than the maximum is enough for add_shell to refuse it */
	for (size_t i = from; i < to && out->n <= SHELL_TEXT_MAX + WORD_MAX; i++) {
		*vec_push(reader->arena, out) =
			(struct scan_char){(uint32_t)i, reader->source.p[i], false};
	}
}

static void take_char(struct reader *reader, char_vec *out, size_t at, char c)
{
	*vec_push(reader->arena, out) = (struct scan_char){(uint32_t)at, c, false};
}

static bool continues(const struct reader *reader, size_t i)
{
	const struct line *line = &reader->lines[i];
	return line->to > line->from && reader->source.p[line->to - 1] == '\\' &&
	       i + 1 < reader->end;
}

/* The line after the escaped line i. */
static size_t after(const struct reader *reader, size_t i)
{
	while (continues(reader, i)) {
		i++;
	}
	return i + 1;
}

/* The text from byte `at` of line i on, with the lines it continues on. */
static char_vec joined(struct reader *reader, size_t i, size_t at)
{
	char_vec out = {0};
	if (reader->told_shells) {
		return out; /* which will not be looked at */
	}
	for (;;) {
		size_t to = reader->lines[i].to;
		bool more = continues(reader, i);
		take_chars(reader, &out, at, more ? to - 1 : to);
		if (!more) {
			return out;
		}
		take_char(reader, &out, to - 1, ' ');
		at = reader->lines[++i].from;
	}
}

static void add_module(struct reader *reader, struct str name, size_t at)
{
	if (name.n > 0) {
		*vec_push(reader->arena, &reader->ret->modules) =
			(struct source_module){name, (uint32_t)at};
	}
}

static void tell_included(struct reader *reader, size_t at, size_t to)
{
	struct str path = word_at(reader, at, to);
	while (path.n > 0 && path.p[0] == '-') {
		at = skip_blanks(reader, at + path.n, to);
		path = word_at(reader, at, to);
	}
	AUTO(buf_done) struct buf shown = {0};
	buf_add_shown(&shown, path, true);
	if (path.n > 0) {
		reader_diagnose(reader, "info", "included-file", at,
			arena_printf(reader->arena, "the code of '" STR_FMT "' is not looked at",
				STR_ARG(buf_str(&shown))));
	}
}

/* Magics that import something; `at` is after the magic's name. */
static void importing_magic(struct reader *reader, struct str name, size_t at, size_t to)
{
	static const char *const built_in[] = {"autoreload", "storemagic", NULL};
	static const char *const including[] = {"run", "load", "loadpy", NULL};
	at = skip_blanks(reader, at, to);
	struct str argument = word_at(reader, at, to);
	if (str_eq(name, S("load_ext")) || str_eq(name, S("reload_ext"))) {
		add_module(reader, word_in(argument, built_in) ? S("") : argument, at);
	} else if (str_eq(name, S("matplotlib"))) {
		bool list = str_eq(argument, S("--list")) || str_eq(argument, S("-l"));
		add_module(reader, list ? S("") : S("matplotlib"), at);
	} else if (str_eq(name, S("pylab"))) {
		add_module(reader, S("numpy"), at);
		add_module(reader, S("matplotlib"), at);
	} else if (word_in(name, including)) {
		tell_included(reader, at, to);
	}
}

/* The Python of a magic from byte `at` of line i on, in the place of the magic. */
static void python_rows(struct reader *reader, size_t i, size_t at, size_t row_from, size_t escape)
{
	size_t blanks = row_from + count_blanks(str_slice(reader->source, row_from, escape));
	size_t next = after(reader, i);
	reader->patches.n = 0;
	if (blanks < escape) { /* "x = %time f()" becomes two joined lines */
		reader_row(reader, 0, 0, row_from, escape);
		reader->text.n--;
		reader_put(reader, "\\\n", 2);
		blanks = row_from;
	}
	reader_row(reader, row_from, blanks, at, reader->lines[i].to);
	for (i++; i < next; i++) {
		reader_row(reader, 0, 0, reader->lines[i].from, reader->lines[i].to);
	}
}

/* What stands in the Python text for an escape that holds no Python. */
static void nothing_row(struct reader *reader, size_t row_from, size_t at)
{
	size_t blanks = row_from + count_blanks(str_slice(reader->source, row_from, at));
	if (blanks == at) {
		reader_made_row(reader, row_from, at, S("0"));
		return;
	}
	reader->patches.n = 0;
	reader_row(reader, 0, 0, row_from, at);
	reader->text.n--;
	reader_put(reader, "0\n", 2);
}

/* "%name rest" with the name at byte `at`. True when its Python has been written. */
static bool line_magic(
	struct reader *reader, size_t i, size_t at, size_t row_from, size_t escape, const char *via)
{
	size_t to = reader->lines[i].to;
	struct str name = word_at(reader, at, to);
	const struct python_magic *python = python_magic(name);
	if (word_in(name, manager_magics)) {
		char_vec text = joined(reader, i, at);
		add_shell(reader, &text, via, true);
	} else if (word_in(name, shell_magics)) {
		char_vec text = joined(reader, i, skip_blanks(reader, at + name.n, to));
		add_shell(reader, &text, via, true);
	} else if (python != NULL) {
		size_t rest = skip_options(reader, at + name.n, to, python);
		char c = rest < to ? reader->source.p[rest] : '\0';
		if (c == '!' || c == '%') {
			(void)magic_escape(reader, i, rest, row_from, escape);
			return true;
		}
		if (c != '\0') {
			python_rows(reader, i, rest, row_from, escape);
			return true;
		}
	} else {
		importing_magic(reader, name, at + name.n, to);
	}
	return false;
}

size_t magic_escape(struct reader *reader, size_t i, size_t at, size_t row_from, size_t row_to)
{
	size_t to = reader->lines[i].to;
	char c = reader->source.p[at];
	char next = at + 1 < to ? reader->source.p[at + 1] : '\0';
	bool written = false;
	if (c == '!') {
		char_vec text = joined(reader, i, at + (next == '!' ? 2 : 1));
		add_shell(reader, &text, "shell", true);
	} else if (next != ' ' && next != '%') {
		written = line_magic(reader, i, at + 1, row_from, row_to, "line-magic");
	}
	if (!written) {
		nothing_row(reader, row_from, row_to);
	}
	return after(reader, i);
}

bool magic_automatic(struct reader *reader)
{
	static const char *const others[] = {"ls", "cd", "pwd", "mkdir", "rm", "cp", "mv", "cat",
		"load_ext", "reload_ext", "matplotlib", "pylab", "run", "load", "env", "who",
		"whos", "history", "reset", "lsmagic", "ll", "rmdir", NULL};
	struct str line = reader_line(reader, 0);
	struct str name = source_identifier(line);
	struct str rest = str_skip(line, name.n);
	struct str argument = str_trim(rest);
	bool assigns =
		argument.n > 0 && argument.p[0] == '=' && !(argument.n > 1 && argument.p[1] == '=');
	if (reader->n_lines != 1 || assigns || (rest.n > 0 && rest.p[0] != ' ') ||
		(argument.n > 0 && strchr(",;.(", argument.p[0]) != NULL)) {
		return false;
	}
	bool magic = word_in(name, manager_magics) || word_in(name, shell_magics) ||
		     word_in(name, others) || python_magic(name) != NULL;
	if (!magic || (reader->settings->is_bound != NULL &&
			      reader->settings->is_bound(reader->settings->data, name))) {
		return false;
	}
	size_t from = reader->lines[0].from;
	if (!line_magic(reader, 0, from, from, from, "automagic")) {
		nothing_row(reader, from, from);
	}
	return true;
}

/* ---- cell magics ---- */

/* %%script and its like: the program after the options, without its folder. */
static struct str program_of(const struct reader *reader, size_t at, size_t to)
{
	static const char *const with_value[] = {"--out", "--err", "--proc", NULL};
	at = skip_blanks(reader, at, to);
	struct str program = word_at(reader, at, to);
	while (str_starts(program, S("--"))) {
		at = skip_blanks(reader, at + program.n, to);
		if (word_in(program, with_value)) {
			at = skip_blanks(reader, at + word_at(reader, at, to).n, to);
		}
		program = word_at(reader, at, to);
	}
	return str_skip(program, (size_t)(str_find_last_char(program, '/') + 1));
}

static void shell_body(struct reader *reader, bool expanding)
{
	char_vec out = {0};
	for (size_t i = reader->first; i < reader->end; i++) {
		size_t to = reader->lines[i].to;
		take_chars(reader, &out, reader->lines[i].from, to);
		take_char(reader, &out, to, '\n');
	}
	add_shell(reader, &out, "cell-magic", expanding);
}

/* %%writefile [-a] NAME */
static void written_file(struct reader *reader, size_t at, size_t to)
{
	AUTO(buf_done) struct buf text = {0};
	at = skip_blanks(reader, at, to);
	struct str name = word_at(reader, at, to);
	bool append = str_eq(name, S("-a")) || str_eq(name, S("--append"));
	if (append) {
		at = skip_blanks(reader, at + name.n, to);
		name = word_at(reader, at, to);
	}
	for (size_t i = reader->first; i < reader->end; i++) {
		buf_add(&text, reader_line(reader, i));
		buf_byte(&text, '\n');
	}
	if (name.n > 0) {
		*vec_push(reader->arena, &reader->ret->files) = (struct source_file){
			name, arena_str(reader->arena, buf_str(&text)), append};
	}
}

static void python_body(struct reader *reader)
{
	if (reader->first < reader->end && !magic_cell(reader)) {
		reader_lines(reader);
	}
}

/* The body of %%name, whose arguments start at byte `at`. */
static void cell_body(struct reader *reader, struct str name, size_t magic_at, size_t at, size_t to)
{
	static const char *const nested[] = {"capture", "mprun", "snakeviz", "scalene", "heat",
		"debug", "time", "timeit", "prun", "memit", NULL};
	static const char *const shells[] = {"bash", "sh", "zsh", "shell", NULL};
	static const char *const expanding[] = {"!", "sx", "system", NULL};
	static const char *const script_shells[] = {"bash", "sh", "zsh", "dash", NULL};
	static const char *const pythons[] = {"python", "python3", "pypy", NULL};
	static const char *const quiet[] = {"script", "html", "HTML", "latex", "markdown", "svg",
		"SVG", "javascript", "js", "perl", "ruby", "R", "sql", "julia", "bigquery", NULL};
	struct str program = program_of(reader, at, to);
	bool script = str_eq(name, S("script"));
	if (word_in(name, shells) || word_in(name, expanding)) {
		shell_body(reader, word_in(name, expanding));
	} else if (script && word_in(program, script_shells)) {
		shell_body(reader, false);
	} else if (word_in(name, pythons) || (script && word_in(program, pythons))) {
		reader->ret->other_process = true;
		reader->plain = true;
		python_body(reader);
	} else if (word_in(name, nested)) {
		const struct python_magic *magic = python_magic(name);
		size_t setup =
			magic != NULL && magic->setup ? skip_options(reader, at, to, magic) : to;
		if (setup < to) {
			reader->patches.n = 0;
			reader_row(reader, 0, 0, setup, to);
		}
		python_body(reader);
	} else if (str_eq(name, S("writefile")) || str_eq(name, S("file"))) {
		written_file(reader, at, to);
	} else if (str_eq(name, S("cython"))) {
		add_module(reader, S("Cython"), magic_at);
	} else if (!word_in(name, quiet)) {
		reader_diagnose(reader, "info", "unknown-cell-magic", magic_at,
			arena_printf(reader->arena,
				"the cell magic '%%%%" STR_FMT
				"' is not known; the cell is not scanned",
				STR_ARG(str_slice(name, 0, WORD_MAX))));
	}
}

/* A line of Colab's forms: "#@title Install", "# @markdown ...". */
static bool is_form(struct str line)
{
	if (!str_starts(line, S("#"))) {
		return false;
	}
	line = str_trim_left(str_skip(line, 1));
	return str_starts(line, S("@title")) || str_starts(line, S("@param")) ||
	       str_starts(line, S("@markdown"));
}

/* Colab takes a cell magic below the lines of a form, which IPython would not. */
static void skip_form(struct reader *reader)
{
	size_t i = reader->first;
	while (i < reader->end &&
		(is_form(reader_line(reader, i)) || str_trim(reader_line(reader, i)).n == 0)) {
		i++;
	}
	if (i > reader->first && is_form(reader_line(reader, reader->first)) && i < reader->end &&
		str_starts(reader_line(reader, i), S("%%"))) {
		reader->first = i;
	}
}

bool magic_cell(struct reader *reader)
{
	skip_form(reader);
	struct str line = reader_line(reader, reader->first);
	if (!str_starts(line, S("%%"))) {
		return false;
	}
	size_t magic_at = reader->lines[reader->first].from;
	size_t to = reader->lines[reader->first].to;
	struct str name = word_at(reader, magic_at + 2, to);
	if (str_ends(name, S("?"))) {
		return false;
	}
	reader->first++;
	cell_body(reader, name, magic_at, magic_at + 2 + name.n, to);
	return true;
}
