#pragma once
#include "staticscan/source.h"

/*
 * Shell text to simple commands and their words (POSIX shell, 2.3 token recognition; the bash forms
 * that notebooks use). Nothing is expanded: what only a shell knows makes its word dynamic.
 */
struct shell_word {
	struct str text; /* without quotes; of a dynamic word the raw placeholders stand in it */
	size_t at;       /* byte in the cell of its first character, after an opening quote */
	size_t end;      /* byte in the cell after its last character */
	size_t plain;    /* bytes of text before the first dynamic one; text.n when there is none */
	bool dynamic;
	struct str redirect; /* "" or what touches it, as ">=1.2": a redirection by mistake */
};

struct shell_command {
	const struct shell_word *words;
	size_t n;
	bool conditional; /* in if, for, while, case, or right of || */
	bool pipe_input;  /* reads from the command before it */
};

typedef VEC(struct shell_command) shell_commands;
typedef VEC(struct shell_word) shell_words;

void shell_parse(struct scan_text text, struct arena *arena, shell_commands *ret);
