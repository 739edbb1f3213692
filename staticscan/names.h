#pragma once
#include "staticscan/source.h"

/*
 * Names bound to literal texts, and the {placeholders} and $names of escaped lines that stand for them
 * (staticscan.md 1.14).
 */

/* The identifier at the start of s, "" when there is none. */
struct str names_identifier(struct str s);

void names_set(struct source_names *names, struct str name, struct str value, struct arena *arena);

/* Every known name in text is bound anew, to we do not know what. */
void names_forget(struct source_names *names, struct str text);

/*
 * Replace what is known; the rest of {...} becomes opaque, the rest of $... is left to the shell. A
 * replaced character stands where its placeholder starts.
 */
struct scan_text names_expand(
	const struct source_names *names, struct scan_text in, struct arena *arena);

/* The characters [from, to) as text. */
struct str names_chars(struct scan_text in, size_t from, size_t to, struct arena *arena);
