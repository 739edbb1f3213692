#include "resolver/resolver.h"
#include "common/clock.h"
#include "resolver/conflict.h"
#include "resolver/explain.h"
#include "resolver/prefetch.h"
#include "resolver/suggest.h"
#include "common/banned.h"

enum { MINIMISE_AT_MOST = 40, MINIMISE_MS = 400 };

/* The request with a deadline, for attempts that only make an answer better. */
struct budget {
	const struct resolver_request *request;
	int64_t end_ms;
};

static bool is_spent(void *data)
{
	const struct budget *budget = data;
	const struct resolver_request *request = budget->request;
	return clock_monotonic_ms() > budget->end_ms ||
	       (request->cancelled != NULL && request->cancelled(request->data));
}

/* Is the request, less the requirements left out, unsatisfiable? Trouble on the way counts as no. */
static bool still_fails(struct index *index, struct budget *budget, const bool *left_out)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(solver_done) struct solver solver;
	struct resolver_request limited = *budget->request;
	limited.cancelled = is_spent;
	limited.data = budget;
	struct err ignored = {0};
	bool solved = true;
	struct index_patience before =
		index_patience(index, (struct index_patience){is_spent, budget});
	bool fails = solver_init(&solver, index, &limited, left_out, &arena, &ignored) &&
		     solver_run(&solver, &solved, &ignored) && !solved;
	index_patience(index, before);
	return fails;
}

/*
 * A smallest set of the user's requirements that is unsatisfiable by itself: start with those the
 * failure was derived from and drop, one by one, each without which it still fails. What can be met
 * needs documents that nobody has asked for yet, so this has a time limit; what is not tried by then stays.
 */
static const size_t *minimal_conflict(struct index *index, const struct resolver_request *request,
	const struct solver *failed, struct arena *arena, bool *left_out, size_t *ret_n)
{
	size_t n = request->n_requirements;
	bool *used = arena_array(arena, bool, n);
	conflict_requirements(failed, used);
	size_t n_used = 0;
	for (size_t i = 0; i < n; i++) {
		left_out[i] = !used[i];
		n_used += used[i] ? 1 : 0;
	}
	struct budget budget = {request, clock_monotonic_ms() + MINIMISE_MS};
	for (size_t i = n; i-- > 0 && n_used > 1 && n_used <= MINIMISE_AT_MOST;) {
		if (!used[i]) {
			continue;
		}
		left_out[i] = true;
		if (still_fails(index, &budget, left_out)) {
			used[i] = false;
			n_used--;
		} else {
			left_out[i] = false;
		}
	}
	size_t *list = arena_array(arena, size_t, n_used);
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		if (used[i]) {
			list[at++] = i;
		}
	}
	*ret_n = n_used;
	return list;
}

/* Find the clash, then solve once more with it alone, so that the facts shown are about it. */
static bool explain(struct index *index, const struct resolver_request *request,
	struct solver *failed, int64_t started_ms, struct arena *arena,
	struct resolver_result *result, struct err *err)
{
	bool *left_out = arena_array(arena, bool, request->n_requirements);
	size_t n;
	const size_t *list = minimal_conflict(index, request, failed, arena, left_out, &n);
	AUTO(solver_done) struct solver alone;
	bool solved;
	if (!solver_init(&alone, index, request, left_out, arena, err) ||
		!solver_run(&alone, &solved, err)) {
		return false;
	}
	struct solver *shown = solved ? failed : &alone;
	conflict_explain(shown, list, n, arena, &result->conflict);
	suggest(shown, clock_monotonic_ms() - started_ms, arena, &result->conflict);
	conflict_add_suggestions(request, arena, &result->conflict);
	return true;
}

bool resolver_solve(struct index *index, const struct resolver_request *request,
	struct arena *arena, struct resolver_result *ret, struct err *err)
{
	AUTO(solver_done) struct solver solver = {0};
	AUTO(prefetch_done) struct prefetch prefetch = {0};
	struct resolver_result result = {0};
	int64_t started_ms = clock_monotonic_ms();
	if (!prefetch_init(&prefetch, index, request, &solver, err) ||
		!solver_init(&solver, index, request, NULL, arena, err) ||
		!solver_run(&solver, &result.solved, err)) {
		return false;
	}
	index_listen(index, NULL);
	result.decisions = solver.decisions;
	result.conflicts = solver.conflicts;
	if (!result.solved && request->terse) {
		*ret = result;
		return true;
	}
	bool explained =
		result.solved ? explain_choices(&solver, arena, &result, err)
			      : explain(index, request, &solver, started_ms, arena, &result, err);
	if (!explained) {
		return false;
	}
	*ret = result;
	return true;
}
