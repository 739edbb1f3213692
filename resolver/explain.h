#pragma once
#include "resolver/solve.h"

/*
 * Words for people: why each package is there at that version. Conflicts: conflict.h.
 */

/* "cell 2", "cell 2, line 3", "executed cell 2", "line 4 of requirements.txt", "the notebook's metadata", ... */
struct str explain_origin(const struct origin *origin, struct arena *arena);

/* Fill edges, rejections and the reason of every choice; package names are sorted. */
MUST_USE bool explain_choices(
	struct solver *solver, struct arena *arena, struct resolver_result *ret, struct err *err);
