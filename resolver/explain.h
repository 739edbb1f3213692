#pragma once
#include "resolver/solve.h"

/*
 * Words for people: why each package is there at that version, and which requirements clash.
 */

/* "cell 2", "cell 2, line 3", "executed cell 2", "line 4 of requirements.txt", "the notebook's metadata", ... */
struct str explain_origin(const struct origin *origin, struct arena *arena);

/* Fill edges, rejections and the reason of every choice; package names are sorted. */
MUST_USE bool explain_choices(
	struct solver *solver, struct arena *arena, struct resolver_result *ret, struct err *err);

/* Mark in used[n_requirements] the user's requirements that the failure was derived from. */
void explain_failure_requirements(const struct solver *solver, bool *used);

/* The conflict of a failed solver whose requirements are minimal. */
void explain_conflict(const struct solver *solver, const size_t *requirements, size_t n,
	struct arena *arena, struct resolver_conflict *ret);
