#pragma once
#include "advise/request.h"
#include "resolver/universal.h"

/*
 * The use cases around one resolution, private to advise/.
 */

/*
 * Solve what was gathered, for all its targets; requirements with addresses of their own are opened and
 * added to the request. The index stays open in *ret_index, which the caller frees.
 */
MUST_USE bool lock_solve(struct request *request, const struct advise_options *options,
	const struct lock *old, const struct advise_callbacks *callbacks, struct arena *arena,
	struct index **ret_index, struct universal_result *ret, struct err *err);

/* The same for one target alone, the first that uses the package of the lock. */
MUST_USE bool lock_solve_for(struct request *request, const struct advise_options *options,
	const struct lock *old, const struct locked_package *package,
	const struct advise_callbacks *callbacks, struct arena *arena, struct index **ret_index,
	struct resolver_result *ret, struct err *err);

void lock_run(const struct advise_options *options, const struct advise_input *input,
	const struct advise_callbacks *callbacks, struct arena *arena,
	struct advise_report *report);

/*
 * Let options name the environment that a stored lock is for, where they name none and the lock is for
 * one. (For a lock of several targets_gather() does so by itself.)
 */
void lock_environment_options(
	const struct lock *lock, struct arena *arena, struct advise_options *options);
