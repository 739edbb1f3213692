#pragma once
#include "advise/request.h"

/*
 * Requirements with an address of their own: `name @ https://...`, `./x.whl`, `./folder`, `-e .`,
 * `git+https://...@rev`. Those of a notebook need the user's yes (trust.h). Nothing is fetched while they
 * are noted; direct_open() does that once the index is open. struct direct is in request.h.
 */

/* Note one, or say that it is left out. own: the user named it, it did not come with a notebook. */
void direct_note(
	const struct direct *direct, bool own, struct arena *arena, struct request *request);

/*
 * "name @ address" in the user's own words is a yes for the notebook in that folder, too: `thoth add` gives
 * it.
 */
void direct_allow(const struct requirement *requirement, struct str folder, struct arena *arena);

/*
 * Fetch or ask all that were noted, give them to the index, and add their requirements to the request.
 * Errors name where they are asked for; ERR_INPUT too when a build is needed that --allow-build does not
 * allow.
 */
MUST_USE bool direct_open(struct index *index, const struct advise_options *options,
	struct arena *arena, struct request *request, struct err *err);
