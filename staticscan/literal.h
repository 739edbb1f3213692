#pragma once
#include "staticscan/source.h"

/*
 * Python literals: strings (no f and no b prefix) and plain integers. Escapes that need a table are
 * not read; such a literal counts as unknown.
 */

/* The value of an expression that is one literal, with nothing but a comment after it. */
MUST_USE bool literal_value(struct str expression, struct arena *arena, struct str *ret);

/*
 * The arguments of a call whose '(' stands at source.p[at] or after blanks: ret[max] filled with string
 * literals. 0 when one is something else, or there are more.
 */
size_t literal_arguments(struct str source, size_t at, size_t end, struct arena *arena,
	struct scan_text *ret, size_t max);
