#pragma once
#include "resolver/solve.h"

/*
 * From the newest stack to the best-scored one, private to the resolver folder: a world is grown around
 * the solver's answer (world.h) until nothing in it can be beaten or its budget is used up, its model is
 * searched (search.h), and what is chosen goes through the complete solver once more, which explains it.
 * When that does not confirm the stack, or nothing scores more, the answer stays as it is.
 */

/*
 * solver has solved and request->scoring is set. Replaces the answer in *result where another scores more,
 * and sets result->score. False: as explain_choices(). That the index cannot be asked, or an interruption,
 * only ends the search: the best so far is taken and score->why says so.
 */
MUST_USE bool best_find(struct solver *solver, const struct resolver_request *request,
	struct arena *arena, struct resolver_result *result, struct err *err);
