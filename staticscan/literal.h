#pragma once
#include "staticscan/source.h"

/*
 * What stands between the quotes of a Python string, source.p[from, to), as characters with their bytes in
 * source. raw: backslashes are themselves. Escapes that need a table are not read: false.
 */
MUST_USE bool literal_chars(
	struct str source, size_t from, size_t to, bool raw, struct arena *arena, char_vec *ret);
