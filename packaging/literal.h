#pragma once
#include "common/arena.h"

/*
 * Values in markers are Python string literals, escapes included, though the standard knows none.
 *
 * Decode what stands between the quotes. A view of `inside` when nothing is escaped. False when
 * Python would not read it: a line break, NUL, or a broken escape (\N{...} is not supported).
 */
MUST_USE bool literal_decode(struct str inside, struct arena *arena, struct str *ret);

/*
 * Write text as a literal that literal_decode and Python read back: single quotes, double ones when
 * that saves escapes.
 */
void literal_add(struct str text, struct buf *out);
