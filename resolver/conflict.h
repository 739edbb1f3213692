#pragma once
#include "resolver/solve.h"

/*
 * Why nothing fits, from the derivation of a failure: which of the user's requirements it was derived
 * from, the facts about releases in words, and the derivation itself as plain data.
 */

/* Mark in used[n_requirements] the user's requirements that the failure was derived from. */
void conflict_requirements(const struct solver *solver, bool *used);

/* Text and steps of a failed solver whose requirements (indices into the request) are minimal. */
void conflict_explain(struct solver *solver, const size_t *requirements, size_t n,
	struct arena *arena, struct resolver_conflict *ret);

/* Add to the text what was found to work instead (suggestions, python). */
void conflict_add_suggestions(const struct resolver_request *request, struct arena *arena,
	struct resolver_conflict *conflict);

/*
 * The releases of a project that match `set` but cannot be used here: the next one from *at on, or NULL.
 */
const struct excluded_release *conflict_next_excluded(
	const struct candidates *candidates, const struct specifier_set *set, size_t *at);
