#pragma once
#include "advise/advise.h"
#include "packaging/lock.h"
#include "resolver/resolver.h"

/*
 * How the last lock of a notebook was decided, for `thoth log`: what was chosen and why, the score, what
 * was searched. Kept in the user's cache folder under the hash of the lock's inputs, and never in the
 * notebook; a file that is gone is no loss.
 */

/* Keep them; what cannot be written is not told. resolution: as in the document of --json, borrowed. */
void decisions_keep(struct str cache_dir, const struct lock *lock,
	const struct resolver_score *score, json_t *resolution);

void decisions_run(const struct advise_options *options, const struct advise_input *input,
	struct arena *arena, struct advise_report *report);
