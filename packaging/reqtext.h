#pragma once
#include "common/arena.h"
#include "common/err.h"

/*
 * The text layer of requirements files, below their grammar (reqfile.h): what encoding a file has,
 * what a line is, and how options are quoted. Source: pip 26.3's behaviour.
 */

/*
 * The file as UTF-8: by its byte order mark (UTF-8, 16, 32), else by a "coding: latin-1" comment in
 * the first two lines, else as it is. Error: it is none of them.
 */
MUST_USE bool reqtext_decode(
	struct str bytes, struct arena *arena, struct str *ret, struct err *err);

/*
 * Next logical line: lines ending in '\' joined to what follows, the comment ("#" at the start or
 * after white space) and outer white space taken off. Empty lines are not given. *line counts the
 * physical lines taken so far and *ret_first is the first one of this. False at the end.
 */
bool reqtext_next(
	struct str *rest, int *line, struct arena *arena, struct str *ret, int *ret_first);

/* ${NAME} (capitals, digits, '_') replaced from the process environment where set and not empty. */
struct str reqtext_expand(struct str text, struct arena *arena);

/* Words as a POSIX shell splits them, without substitutions. Error: a quote that is not closed. */
MUST_USE bool reqtext_words(
	struct str text, struct arena *arena, struct str **ret, size_t *ret_n, struct err *err);
