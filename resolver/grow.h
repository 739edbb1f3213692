#pragma once
#include "resolver/solve.h"

/*
 * How the solver's world grows: a package is made when something first requires it, the requirements
 * of a candidate become incompatibilities when it is about to be chosen, and the index is told early
 * what will be needed next.
 */

/*
 * Does a combined requirement of a project hold in the stack as it is? One with `!=` is decided by the
 * extras that the user asks for alone: what other packages ask for would have to take it away again.
 */
bool grow_combined_holds(
	const struct solver *solver, uint32_t base, const struct combined_requirement *combined);

/* Turn the user's requirements into incompatibilities; fetches their pages side by side. */
MUST_USE bool grow_from_user(struct solver *solver, struct err *err);

/*
 * Add what `state` of `package` requires (once). *ret_conflict: the package, other than this one,
 * because of which the state cannot be taken now, or NOT_DECIDED.
 */
MUST_USE bool grow_from_candidate(struct solver *solver, uint32_t package, uint32_t state,
	uint32_t *ret_conflict, struct err *err);
