#include "resolver/resolver.h"
#include "common/clock.h"
#include "resolver/best.h"
#include "resolver/conflict.h"
#include "resolver/explain.h"
#include "resolver/prefetch.h"
#include "resolver/suggest.h"
#include "common/banned.h"

enum {
	MINIMISE_AT_MOST = 40,
	MINIMISE_MS = 400,
	MINIMISE_REQUESTS = 24, /* that leave the machine; of a pair none */
	SUGGEST_FIRST_UP_TO = 3,
};

/* The request with a limit, for attempts that only make an answer better. */
struct budget {
	const struct resolver_request *request;
	struct index *index;
	int64_t end_ms;
	size_t requests_max;
};

static bool is_stopped(const struct resolver_request *request)
{
	return request->cancelled != NULL && request->cancelled(request->data);
}

static bool is_spent(void *data)
{
	const struct budget *budget = data;
	const struct resolver_request *request = budget->request;
	return clock_monotonic_ms() > budget->end_ms ||
	       index_stats(budget->index).requests > budget->requests_max || is_stopped(request);
}

/* Solve within the budget, less the requirements left out. False also when it is spent. */
static bool solve_limited(struct budget *budget, const bool *left_out, struct arena *arena,
	struct solver *solver, bool *ret_solved)
{
	struct resolver_request *limited = arena_new(arena, struct resolver_request);
	*limited = *budget->request;
	limited->cancelled = is_spent;
	limited->data = budget;
	struct err ignored = {0};
	struct index_patience before =
		index_patience(budget->index, (struct index_patience){is_spent, budget});
	bool ran = solver_init(solver, budget->index, limited, left_out, arena, &ignored) &&
		   solver_run(solver, ret_solved, &ignored);
	index_patience(budget->index, before);
	return ran;
}

/* Is the request, less the requirements left out, unsatisfiable? Trouble on the way counts as no. */
static bool still_fails(struct budget *budget, const bool *left_out)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(solver_done) struct solver solver;
	bool solved = true;
	return solve_limited(budget, left_out, &arena, &solver, &solved) && !solved;
}

/* The user's requirements that a conflict is about. */
struct clash {
	bool *left_out;  /* [n_requirements of the request] */
	bool *necessary; /* the rest is known to be possible without it */
	size_t n;
};

static struct clash find_clash(
	const struct resolver_request *request, const struct solver *failed, struct arena *arena)
{
	struct clash clash = {.left_out = arena_array(arena, bool, request->n_requirements),
		.necessary = arena_array(arena, bool, request->n_requirements)};
	bool *used = arena_array(arena, bool, request->n_requirements);
	conflict_requirements(failed, used);
	for (size_t i = 0; i < request->n_requirements; i++) {
		clash.left_out[i] = !used[i];
		clash.n += used[i] ? 1 : 0;
	}
	return clash;
}

/*
 * A smallest set of the user's requirements that is unsatisfiable by itself: drop, one by one, each
 * without which it still fails. What can be met needs documents that nobody has asked for yet, so this
 * has a limit; what is not tried by then stays. False when nothing was dropped.
 */
static bool minimise(struct budget *budget, struct clash *clash)
{
	size_t before = clash->n;
	for (size_t i = budget->request->n_requirements;
		i-- > 0 && clash->n > 1 && clash->n <= MINIMISE_AT_MOST;) {
		if (clash->left_out[i] || clash->necessary[i]) {
			continue;
		}
		clash->left_out[i] = true;
		if (still_fails(budget, clash->left_out)) {
			clash->n--;
		} else {
			clash->left_out[i] = false;
		}
	}
	return clash->n < before;
}

static const size_t *list_of(
	const struct resolver_request *request, const struct clash *clash, struct arena *arena)
{
	size_t *list = arena_array(arena, size_t, clash->n);
	size_t at = 0;
	for (size_t i = 0; i < request->n_requirements; i++) {
		if (!clash->left_out[i]) {
			list[at++] = i;
		}
	}
	return list;
}

/* What can be relaxed or left out to good effect is no idle part of the clash. */
static void mark_necessary(const struct resolver_conflict *conflict, struct clash *clash)
{
	for (size_t i = 0; i < conflict->n_suggestions; i++) {
		clash->necessary[conflict->suggestions[i].requirement] = true;
	}
	for (size_t i = 0; i < conflict->n_without; i++) {
		clash->necessary[conflict->without[i]] = true;
	}
}

/*
 * Find the smallest clash, solve once more with it alone so that the facts shown are about it, and look for
 * what works instead. Of a few requirements the last comes first: what can be relaxed need not be tried
 * again, and an attempt that succeeds costs documents.
 */
static void explain(struct index *index, const struct resolver_request *request,
	struct solver *failed, int64_t started_ms, struct arena *arena,
	struct resolver_result *result)
{
	struct clash clash = find_clash(request, failed, arena);
	struct resolver_conflict *conflict = &result->conflict;
	int64_t spent_ms = clock_monotonic_ms() - started_ms;
	bool suggested = clash.n <= SUGGEST_FIRST_UP_TO;
	if (suggested) {
		conflict_explain(failed, list_of(request, &clash, arena), clash.n, arena, conflict);
		suggest(failed, spent_ms, arena, conflict);
		mark_necessary(conflict, &clash);
	}
	struct budget budget = {request, index, clock_monotonic_ms() + MINIMISE_MS,
		index_stats(index).requests + MINIMISE_REQUESTS};
	index_hold(index, clash.n <= 2);
	bool smaller = minimise(&budget, &clash);
	AUTO(solver_done) struct solver alone = {0};
	bool solved = true;
	bool ran = (smaller || clash.n < request->n_requirements) &&
		   solve_limited(&budget, clash.left_out, arena, &alone, &solved);
	index_hold(index, false);
	struct solver *shown = ran && !solved ? &alone : failed;
	conflict_explain(shown, list_of(request, &clash, arena), clash.n, arena, conflict);
	if (!suggested) {
		suggest(shown, spent_ms, arena, conflict);
	}
	if (!request->bare) {
		conflict_add_suggestions(request, arena, conflict);
	}
	conflict->cut_short = is_stopped(request);
}

bool resolver_solve(struct index *index, const struct resolver_request *request,
	struct arena *arena, struct resolver_result *ret, struct err *err)
{
	AUTO(solver_done) struct solver solver = {0};
	AUTO(prefetch_done) struct prefetch prefetch = {0};
	struct resolver_result result = {0};
	int64_t started_ms = clock_monotonic_ms();
	if (!prefetch_init(&prefetch, index, request, &solver, false, err) ||
		!solver_init(&solver, index, request, NULL, arena, err) ||
		!solver_run(&solver, &result.solved, err)) {
		return false;
	}
	index_listen(index, NULL);
	result.decisions = solver.decisions;
	result.conflicts = solver.conflicts;
	if (!result.solved && request->proven != NULL) {
		request->proven(request->data);
	}
	if (result.solved && !explain_choices(&solver, arena, &result, err)) {
		return false;
	}
	if (result.solved && request->scoring != NULL &&
		!best_find(&solver, request, arena, &result, err)) {
		return false;
	}
	if (!result.solved && request->terse) {
		struct clash clash = find_clash(request, &solver, arena);
		conflict_explain(
			&solver, list_of(request, &clash, arena), clash.n, arena, &result.conflict);
	} else if (!result.solved) {
		explain(index, request, &solver, started_ms, arena, &result);
	}
	*ret = result;
	return true;
}
