#pragma once
#include "advise/request.h"

/*
 * The use cases around one resolution, private to advise/.
 */

/* Solve what was gathered; the index stays open in *ret_index, which the caller frees. */
MUST_USE bool lock_solve(const struct request *request, const struct advise_options *options,
	const struct lock *old, const struct advise_callbacks *callbacks, struct arena *arena,
	struct index **ret_index, struct resolver_result *ret, struct err *err);

void lock_run(const struct advise_options *options, const struct advise_input *input,
	const struct advise_callbacks *callbacks, struct arena *arena,
	struct advise_report *report);

/* The lock that the notebook carries; *ret_found false when it has none or there is no notebook. */
MUST_USE bool lock_old(const struct advise_input *input, struct arena *arena, struct lock *ret,
	bool *ret_found, struct err *err);

/* One line that says what was locked for what: "7 packages for Python 3.11.7 on linux x86_64 (...)". */
void lock_put_summary(const struct environment *environment, size_t n_packages, struct buf *out);

/*
 * Let options name the environment that a stored lock is for, where they name none: the Python and the
 * platform of the lock's first environment. Nothing changes when the lock says none.
 */
void lock_environment_options(
	const struct lock *lock, struct arena *arena, struct advise_options *options);
