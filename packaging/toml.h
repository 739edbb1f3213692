#pragma once
#include "packaging/tree.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * TOML 1.0 as a tree of plain data, read by toml++ (the only C++ in the project). All of it is held by the
 * arena and nothing of it views `text`. A key that is set twice is an error. Over 16 MiB, a million values
 * or 100 levels: ERR_LIMIT. Errors have line and column and say what was expected.
 */
MUST_USE bool toml_parse(struct str text, struct arena *arena, struct tree *ret, struct err *err);

#ifdef __cplusplus
}
#endif
