#pragma once
#include "resolver/solve.h"

/*
 * What would work instead: each of the conflicting requirements relaxed to the nearest range that can be
 * met, and another Python where only Requires-Python is in the way. Everything offered was resolved, the
 * whole request with this one change, before it is offered.
 *
 * A real stack needs documents that the failure did not, so there is a limit of time and of requests, and
 * once one way out was found the others have to do with the documents that are known by then;
 * what is not found so is not offered. spent_ms: how long the failure took, which is about what its
 * user will wait once more. failed: for its candidates; conflict has its requirements and gets
 * suggestions, python and without.
 */
void suggest(const struct solver *failed, int64_t spent_ms, struct arena *arena,
	struct resolver_conflict *conflict);
