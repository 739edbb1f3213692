#include "staticscan/shell.h"
#include "common/banned.h"

typedef VEC(char) byte_vec;

struct lexer {
	struct scan_text in;
	size_t at;
	struct arena *arena;
	shell_commands *ret;

	VEC(struct shell_word) words; /* of the command under way */
	byte_vec text;                /* of the word under way */
	struct shell_word word;
	bool in_word;

	int nested;    /* open if, for, while, until, case, select */
	bool after_or; /* the pipeline under way stands right of || */
	bool pipe_in;  /* the command under way stands right of | */

	VEC(struct str) heredocs; /* delimiters whose bodies start at the next newline */
};

static char peek(const struct lexer *lexer, size_t ahead)
{
	size_t at = lexer->at + ahead;
	return at < lexer->in.n && !lexer->in.p[at].opaque ? lexer->in.p[at].c : '\0';
}

static bool at_end(const struct lexer *lexer)
{
	return lexer->at >= lexer->in.n;
}

static void start_word(struct lexer *lexer)
{
	if (!lexer->in_word) {
		lexer->in_word = true;
		lexer->word = (struct shell_word){.plain = SIZE_MAX, .at = SIZE_MAX};
		lexer->text = (byte_vec){0};
	}
}

/* The character under way becomes part of the word. */
static void keep(struct lexer *lexer, bool dynamic)
{
	const struct scan_char *c = &lexer->in.p[lexer->at++];
	if (lexer->word.at == SIZE_MAX) {
		lexer->word.at = c->at;
	}
	lexer->word.end = c->at + 1;
	if ((dynamic || c->opaque) && !lexer->word.dynamic) {
		lexer->word.dynamic = true;
		lexer->word.plain = lexer->text.n;
	}
	*vec_push(lexer->arena, &lexer->text) = c->c;
}

static struct str word_text(const struct lexer *lexer)
{
	return (struct str){lexer->text.p, lexer->text.n};
}

static void end_word(struct lexer *lexer)
{
	if (!lexer->in_word) {
		return;
	}
	lexer->in_word = false;
	struct shell_word *word = &lexer->word;
	word->text = word_text(lexer);
	word->plain = word->dynamic ? word->plain : word->text.n;
	if (word->at == SIZE_MAX) { /* '' */
		/* a quote that nothing closes was stepped over past the end */
		size_t after = lexer->at < lexer->in.n ? lexer->at : lexer->in.n;
		word->at = after > 0 ? lexer->in.p[after - 1].at : 0;
		word->end = word->at;
	}
	*vec_push(lexer->arena, &lexer->words) = *word;
}

/* Step over a bracketed part, from its opening character to the closing one, keeping all of it. */
static void keep_balanced(struct lexer *lexer, char open, char close)
{
	int depth = 0;
	char quote = '\0';
	while (!at_end(lexer)) {
		char c = lexer->in.p[lexer->at].c;
		keep(lexer, true);
		if (quote != '\0') {
			quote = c == quote ? '\0' : quote;
		} else if (c == '\'' || c == '"') {
			quote = c;
		} else if (c == '\\' && !at_end(lexer)) {
			keep(lexer, true);
		} else if (c == open && open != close) {
			depth++;
		} else if (c == close && (open == close ? depth++ > 0 : --depth <= 0)) {
			return;
		}
	}
}

/* $NAME, ${...}, $(...): the shell's to know. A lone '$' is itself. */
static void dollar(struct lexer *lexer)
{
	char next = peek(lexer, 1);
	if (next == '{' || next == '(') {
		keep(lexer, true);
		keep_balanced(lexer, next, next == '{' ? '}' : ')');
		return;
	}
	bool name = char_is_alpha(next) || next == '_';
	bool special = next != '\0' && strchr("0123456789@*#?!-$", next) != NULL;
	keep(lexer, name || special);
	if (special) {
		keep(lexer, true);
	}
	while (name && (char_is_alnum(peek(lexer, 0)) || peek(lexer, 0) == '_')) {
		keep(lexer, true);
	}
}

static void single_quotes(struct lexer *lexer)
{
	lexer->at++;
	while (!at_end(lexer) && peek(lexer, 0) != '\'') {
		keep(lexer, false);
	}
	lexer->at++;
}

/* $'...': the escapes that stand for one plain character; others stay as they are. */
static void ansi_quotes(struct lexer *lexer)
{
	lexer->at += 2;
	while (!at_end(lexer) && peek(lexer, 0) != '\'') {
		char next = peek(lexer, 1);
		if (peek(lexer, 0) == '\\' && next != '\0' && strchr("\\'\"", next) != NULL) {
			lexer->at++;
		}
		keep(lexer, false);
	}
	lexer->at++;
}

static void double_quotes(struct lexer *lexer)
{
	lexer->at++;
	while (!at_end(lexer) && peek(lexer, 0) != '"') {
		char c = peek(lexer, 0);
		char next = peek(lexer, 1);
		if (c == '\\' && next == '\n') {
			lexer->at += 2;
		} else if (c == '\\' && next != '\0' && strchr("$`\"\\", next) != NULL) {
			lexer->at++;
			keep(lexer, false);
		} else if (c == '$') {
			dollar(lexer);
		} else if (c == '`') {
			keep_balanced(lexer, '`', '`');
		} else {
			keep(lexer, false);
		}
	}
	lexer->at++;
}

/* ---- commands ---- */

static bool is_word(const struct shell_word *word, const char *text)
{
	return !word->dynamic && str_eq(word->text, str_from(text));
}

/* Take reserved words off the front of the command; they open and close blocks. */
static size_t reserved_words(struct lexer *lexer)
{
	static const char *const plain[] = {"then", "do", "else", "elif", "{", "}", "!"};
	static const char *const open[] = {"if", "while", "until"};
	static const char *const open_list[] = {"for", "case", "select"};
	static const char *const close[] = {"fi", "done", "esac"};
	size_t at = 0;
	while (at < lexer->words.n) {
		const struct shell_word *word = &lexer->words.p[at];
		bool found = false;
		for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
			found = found || is_word(word, plain[i]);
		}
		for (size_t i = 0; i < 3; i++) {
			if (is_word(word, open[i])) {
				lexer->nested++;
				found = true;
			} else if (is_word(word, close[i])) {
				lexer->nested -= lexer->nested > 0;
				found = true;
			} else if (is_word(word, open_list[i])) {
				lexer->nested++;
				return lexer->words.n;
			}
		}
		if (!found) {
			break;
		}
		at++;
	}
	return at;
}

static void end_command(struct lexer *lexer)
{
	end_word(lexer);
	size_t first = reserved_words(lexer);
	if (first < lexer->words.n) {
		*vec_push(lexer->arena, lexer->ret) = (struct shell_command){
			.words = lexer->words.p + first,
			.n = lexer->words.n - first,
			.conditional = lexer->nested > 0 || lexer->after_or,
			.pipe_input = lexer->pipe_in,
		};
	}
	lexer->words.p = NULL;
	lexer->words.n = lexer->words.cap = 0;
	lexer->pipe_in = false;
}

/* The rest of this line without the tabs it begins with; goes past its newline. */
static struct str heredoc_line(struct lexer *lexer)
{
	byte_vec line = {0};
	while (!at_end(lexer) && lexer->in.p[lexer->at].c != '\n') {
		char c = lexer->in.p[lexer->at++].c;
		if (line.n > 0 || c != '\t') {
			*vec_push(lexer->arena, &line) = c;
		}
	}
	lexer->at++;
	return (struct str){line.p, line.n};
}

/* After a newline: pass over the bodies of here-documents. */
static void skip_heredocs(struct lexer *lexer)
{
	for (size_t i = 0; i < lexer->heredocs.n; i++) {
		bool found = false;
		while (!at_end(lexer) && !found) {
			found = str_eq(heredoc_line(lexer), lexer->heredocs.p[i]);
		}
	}
	lexer->heredocs.n = 0;
}

/* ; & && || | |& newline ( ) */
static void operator(struct lexer *lexer)
{
	char c = peek(lexer, 0);
	char next = peek(lexer, 1);
	bool doubled = c == next && (c == '&' || c == '|' || c == ';');
	end_command(lexer);
	lexer->at += doubled || (c == '|' && next == '&') ? 2 : 1;
	if (c == '|' && !doubled) {
		lexer->pipe_in = true;
	} else {
		lexer->after_or = c == '|';
	}
	if (c == '\n') {
		skip_heredocs(lexer);
	}
}

static void take_word(struct lexer *lexer);

static bool is_fd(struct str text)
{
	uint64_t number;
	return text.n <= 3 && str_to_u64(text, &number);
}

/*
 * A redirection: the operator and its target go away. One that touches the word before it was most
 * likely meant as a version: `pip install pandas>=1.3`.
 */
static void redirection(struct lexer *lexer)
{
	bool touches = lexer->in_word;
	size_t start = lexer->at;
	struct shell_word before = {0};
	if (touches && !lexer->word.dynamic && is_fd(word_text(lexer))) {
		lexer->in_word = false; /* the 2 of 2> */
		touches = false;
	}
	end_word(lexer);
	size_t index = lexer->words.n - 1;
	bool heredoc = peek(lexer, 0) == '<' && peek(lexer, 1) == '<' && peek(lexer, 2) != '<';
	if (peek(lexer, 0) == '&') {
		lexer->at++;
		touches = false;
	}
	while (peek(lexer, 0) == '>' || peek(lexer, 0) == '<') {
		lexer->at++;
	}
	if (peek(lexer, 0) == '&' || peek(lexer, 0) == '|' || (heredoc && peek(lexer, 0) == '-')) {
		lexer->at++;
	}
	while (peek(lexer, 0) == ' ' || peek(lexer, 0) == '\t') {
		lexer->at++;
	}
	if (peek(lexer, 0) == '(') { /* <(...) */
		start_word(lexer);
		keep_balanced(lexer, '(', ')');
	} else {
		take_word(lexer);
	}
	if (lexer->in_word) {
		end_word(lexer);
		before = lexer->words.p[--lexer->words.n];
	}
	if (heredoc) {
		*vec_push(lexer->arena, &lexer->heredocs) = before.text;
	} else if (touches && index < lexer->words.n && lexer->words.p[index].redirect.n == 0) {
		byte_vec raw = {0};
		for (size_t i = start; i < lexer->at && i < lexer->in.n; i++) {
			*vec_push(lexer->arena, &raw) = lexer->in.p[i].c;
		}
		lexer->words.p[index].redirect = (struct str){raw.p, raw.n};
	}
}

/* One step inside a word; false at a character that ends it. */
static bool word_step(struct lexer *lexer)
{
	if (at_end(lexer)) {
		return false;
	}
	char c = peek(lexer, 0);
	char next = peek(lexer, 1);
	if (c != '\0' && strchr(" \t\n;&|()<>", c) != NULL) {
		return false;
	}
	start_word(lexer);
	if (c == '\'') {
		single_quotes(lexer);
	} else if (c == '"') {
		double_quotes(lexer);
	} else if (c == '$' && next == '\'') {
		ansi_quotes(lexer);
	} else if (c == '$' && next == '"') {
		lexer->at++;
	} else if (c == '$') {
		dollar(lexer);
	} else if (c == '`') {
		keep_balanced(lexer, '`', '`');
	} else if (c == '\\' && next == '\n') {
		lexer->at += 2;
	} else if (c == '\\' && lexer->at + 1 < lexer->in.n) {
		lexer->at++;
		keep(lexer, false);
	} else {
		keep(lexer, false);
	}
	return true;
}

static void take_word(struct lexer *lexer)
{
	while (word_step(lexer)) {
	}
}

void shell_parse(struct scan_text text, struct arena *arena, shell_commands *ret)
{
	struct lexer lexer = {.in = text, .arena = arena, .ret = ret};
	while (!at_end(&lexer)) {
		char c = peek(&lexer, 0);
		char next = peek(&lexer, 1);
		if (c == '#' && !lexer.in_word) {
			while (!at_end(&lexer) && peek(&lexer, 0) != '\n') {
				lexer.at++;
			}
		} else if (c == ' ' || c == '\t') {
			end_word(&lexer);
			lexer.at++;
		} else if (c == '\\' && next == '\n') {
			lexer.at += 2;
		} else if (c == '<' || c == '>' || (c == '&' && next == '>')) {
			redirection(&lexer);
		} else if (!word_step(&lexer)) {
			operator(&lexer);
		}
	}
	end_command(&lexer);
}
