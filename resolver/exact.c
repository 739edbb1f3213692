#include "resolver/exact.h"
#include <math.h>
#include "common/clock.h"
#include "resolver/descent.h"
#include "resolver/explore.h"
#include "resolver/network.h"
#include "common/banned.h"

struct exact {
	const struct model *model;
	const struct exact_request *request;
	struct arena *arena;
	const struct network *network; /* the one being searched */
	struct network_state *states;  /* by depth; those below n_states are made */
	uint32_t n_states;
	struct descent descent;
	struct random random;
	uint16_t *hints;
	struct exact_stack *stacks; /* [count] best first */
	uint32_t n, count;
	double threshold;  /* sums that are of interest are above it */
	double root_bound; /* no stack at all has a higher sum; INFINITY before that is known */
	double open_bound; /* highest bound of what was left open when stopping */
	uint64_t nodes, scored;
	double *failures; /* [variables] how often fixing one failed at once */
	bool stopped;
};

static void publish(const struct exact *exact)
{
	const struct exact_request *request = exact->request;
	if (request->progress == NULL) {
		return;
	}
	double bound = exact->root_bound / exact->network->weight;
	struct exact_progress progress = {
		.score = exact->n > 0 ? exact->stacks[0].score : MODEL_NO_SCORE,
		.bound = bound < 0x1p62 ? (int64_t)floor(bound) : INT64_MAX,
		.nodes = exact->nodes,
		.scored = exact->scored};
	request->progress(request->data, &progress);
}

/* ---- stacks found ----------------------------------------------------------------------------- */

static void keep_stack(struct exact *exact, const uint16_t *stack, int64_t score)
{
	double sum = network_sum(exact->network, stack, score);
	uint32_t n = exact->model->n, at = exact->n;
	if (sum <= exact->threshold) {
		return;
	}
	for (uint32_t i = 0; i < exact->n; i++) {
		if (exact->stacks[i].sum == sum &&
			memcmp(exact->stacks[i].stack, stack, n * sizeof(stack[0])) == 0) {
			return;
		}
	}
	if (exact->request->accept != NULL &&
		!exact->request->accept(exact->request->data, stack, score)) {
		return;
	}
	uint16_t *room = exact->n < exact->count ? arena_array(exact->arena, uint16_t, n)
						 : exact->stacks[exact->n - 1].stack;
	at = exact->n < exact->count ? exact->n++ : exact->n - 1;
	for (; at > 0 && exact->stacks[at - 1].sum < sum; at--) {
		exact->stacks[at] = exact->stacks[at - 1];
	}
	memcpy(room, stack, n * sizeof(stack[0]));
	exact->stacks[at] = (struct exact_stack){room, score, sum};
	if (exact->n == exact->count) {
		exact->threshold = exact->stacks[exact->n - 1].sum;
	}
	if (at == 0) {
		publish(exact);
	}
}

/* The stack that takes what is worth most in each variable, repaired where that does not fit. */
static void try_stack(struct exact *exact, const struct network_state *state)
{
	const struct network *network = exact->network;
	for (uint32_t v = 0; v < network->n; v++) {
		const struct network_variable *variable = &network->variables[v];
		if (variable->package == UINT32_MAX) {
			continue;
		}
		uint32_t best = 0;
		for (uint32_t i = 1; i < variable->n; i++) {
			if (state->unary[variable->at + i] > state->unary[variable->at + best]) {
				best = i;
			}
		}
		exact->hints[variable->package] = variable->version[best];
	}
	struct descent_policy policy = {.hints = exact->hints, .choice = DESCENT_NEWEST};
	int64_t score = descent_run(&exact->descent, &policy, &exact->random);
	exact->scored++;
	if (score != MODEL_NO_SCORE) {
		keep_stack(exact, exact->descent.stack, score);
	}
}

/* ---- budget ----------------------------------------------------------------------------------- */

static bool must_stop(struct exact *exact)
{
	const struct exact_request *request = exact->request;
	if (exact->stopped) {
		return true;
	}
	exact->stopped =
		(request->nodes != 0 && exact->nodes >= request->nodes) ||
		(request->cancelled != NULL && request->cancelled(request->data)) ||
		(request->deadline_ns != 0 && clock_monotonic_ns() >= request->deadline_ns);
	return exact->stopped;
}

/* ---- the tree --------------------------------------------------------------------------------- */

static struct network_state *state_at(struct exact *exact, uint32_t depth)
{
	if (depth == exact->n_states) {
		exact->states[exact->n_states++] = network_state_make(exact->network, exact->arena);
	}
	return &exact->states[depth];
}

/* Sweep while that gets the bound on. False: nothing better is left below. */
static bool settle(struct exact *exact, struct network_state *state, uint32_t most, double progress)
{
	for (uint32_t i = 0; i < most; i++) {
		double before = state->bound;
		if (!network_sweep(exact->network, state, exact->threshold)) {
			return false;
		}
		double gap = state->bound - exact->threshold;
		if (before - state->bound <= progress * gap) {
			break;
		}
	}
	return true;
}

/* The package to branch on and the value to try first; false when every package has one value. */
static bool choose_branch(const struct exact *exact, const struct network_state *state,
	uint32_t *ret_variable, uint32_t *ret_value)
{
	const struct network *network = exact->network;
	double best = INFINITY;
	for (uint32_t v = 0; v < network->n; v++) {
		const struct network_variable *variable = &network->variables[v];
		const double *unary = &state->unary[variable->at];
		uint32_t open = 0, top = 0;
		double second = -INFINITY;
		for (uint32_t i = 0; i < variable->n; i++) {
			if (unary[i] == -INFINITY) {
				continue;
			}
			if (open == 0 || unary[i] > unary[top]) {
				second = open == 0 ? second : unary[top];
				top = i;
			} else if (unary[i] > second) {
				second = unary[i];
			}
			open++;
		}
		if (open < 2 || variable->package == UINT32_MAX) {
			continue;
		}
		double rank = open / (1.0 + variable->n_edges + exact->failures[v]);
		if (rank < best) {
			best = rank;
			*ret_variable = v;
			*ret_value = top;
		}
	}
	return best < INFINITY;
}

/* Every package has one value: that is a stack, if it is founded. */
static void take_leaf(struct exact *exact, const struct network_state *state)
{
	const struct network *network = exact->network;
	memset(exact->hints, 0xff, exact->model->n * sizeof(exact->hints[0]));
	for (uint32_t v = 0; v < network->n; v++) {
		const struct network_variable *variable = &network->variables[v];
		for (uint32_t i = 0; i < variable->n && variable->package != UINT32_MAX; i++) {
			if (state->unary[variable->at + i] > -INFINITY) {
				exact->hints[variable->package] = variable->version[i];
			}
		}
	}
	int64_t score = model_score(exact->model, exact->hints);
	exact->scored++;
	if (score != MODEL_NO_SCORE) {
		keep_stack(exact, exact->hints, score);
	}
}

static void search(struct exact *exact, uint32_t depth)
{
	struct network_state *state = state_at(exact, depth);
	for (;;) {
		uint32_t variable = 0, value = 0;
		if (must_stop(exact)) {
			exact->open_bound =
				state->bound > exact->open_bound ? state->bound : exact->open_bound;
			return;
		}
		exact->nodes++;
		if (!settle(exact, state, 8, 0.01)) {
			return;
		}
		try_stack(exact, state);
		if (state->bound <= exact->threshold) {
			return;
		}
		if (!choose_branch(exact, state, &variable, &value)) {
			take_leaf(exact, state);
			return;
		}
		struct network_state *below = state_at(exact, depth + 1);
		state = &exact->states[depth];
		network_state_copy(exact->network, below, state);
		network_fix(exact->network, below, variable, value);
		uint64_t before = exact->nodes;
		search(exact, depth + 1);
		exact->failures[variable] += exact->nodes == before + 1 ? 1 : 0;
		state = &exact->states[depth];
		network_drop(exact->network, state, variable, value);
	}
}

/* Local search first: every value that cannot beat a good stack is dropped sooner. */
static struct explore_result find_first(struct exact *exact)
{
	const struct exact_request *request = exact->request;
	struct explore_request explore = {.limit = EXACT_FIRST,
		.seed = request->seed,
		.deadline_ns = request->deadline_ns,
		.cancelled = request->cancelled,
		.accept = request->accept,
		.data = request->data,
		.history = request->history};
	struct explore_result result;
	explore_local(exact->model, LOCAL_HILL, &explore, exact->arena, &result);
	exact->scored += result.scored;
	return result;
}

static bool is_stopped(void *data)
{
	return must_stop(data);
}

/* ---- all of it -------------------------------------------------------------------------------- */

static int64_t whole_bound(const struct exact *exact, double bound)
{
	return (int64_t)floor(bound / exact->network->weight);
}

static void finish(const struct exact *exact, bool proven, double bound, struct exact_result *ret)
{
	double best = exact->n > 0 ? exact->stacks[0].sum : -INFINITY;
	*ret = (struct exact_result){.stacks = exact->stacks,
		.n = exact->n,
		.nodes = exact->nodes,
		.scored = exact->scored,
		.why = S("")};
	if (proven) {
		ret->status = exact->n > 0 ? EXACT_OPTIMAL : EXACT_UNSATISFIABLE;
		ret->bound = exact->n > 0 ? exact->stacks[0].score : 0;
		ret->why = exact->n > 0 ? S("") : S("no combination of versions is valid");
	} else {
		ret->status = exact->n > 0 ? EXACT_FEASIBLE : EXACT_UNKNOWN;
		ret->bound = whole_bound(exact, bound > best ? bound : best);
		ret->why = S("the budget was used up");
	}
}

/* What is known when there is no network: the first stacks, and no bound. */
static void finish_without(const struct exact *exact, const struct explore_result *first,
	struct str why, struct exact_result *ret)
{
	for (uint32_t i = 0; i < first->n; i++) {
		exact->stacks[i] =
			(struct exact_stack){first->stacks[i].stack, first->stacks[i].score, 0};
	}
	*ret = (struct exact_result){.status = first->n > 0 ? EXACT_FEASIBLE : EXACT_UNKNOWN,
		.stacks = exact->stacks,
		.n = first->n,
		.bound = INT64_MAX,
		.scored = exact->scored,
		.why = arena_str(exact->arena, why)};
}

/* Sweep at the root until little changes. False: nothing better than what is known. */
static bool settle_root(struct exact *exact, struct network_state *root)
{
	enum { ROOT_SWEEPS = 60 };
	bool open = true;
	for (int i = 0; i < ROOT_SWEEPS && open && !must_stop(exact); i++) {
		open = settle(exact, root, 1, 0);
		if (open) {
			try_stack(exact, root);
			open = root->bound > exact->threshold;
		}
	}
	return open;
}

/* The tree, over a network of what the root left. */
static bool search_tree(struct exact *exact, const struct network_state *root, struct err *err)
{
	struct network *smaller = arena_new(exact->arena, struct network);
	bool dominance =
		!exact->model->cyclic && exact->count == 1 && exact->request->accept == NULL;
	if (!network_reduce(exact->network, root, dominance, exact->arena, smaller, err)) {
		return false;
	}
	exact->network = smaller;
	exact->states = arena_array(exact->arena, struct network_state, smaller->n + 2);
	exact->failures = arena_array(exact->arena, double, smaller->n);
	network_state_start(smaller, state_at(exact, 0));
	search(exact, 0);
	return true;
}

/* With a network at hand. False: see exact_search(). */
static bool search_network(struct exact *exact, const struct explore_result *first,
	struct exact_result *ret, struct err *err)
{
	struct network_state root = network_state_make(exact->network, exact->arena);
	network_state_start(exact->network, &root);
	/* what tables give at best is counted only when all were looked at: nothing is dropped yet */
	bool open = network_sweep(exact->network, &root, -INFINITY);
	if (open && must_stop(exact)) {
		finish_without(exact, first, S("the budget was used up"), ret);
		return true;
	}
	for (uint32_t i = 0; i < first->n; i++) {
		keep_stack(exact, first->stacks[i].stack, first->stacks[i].score);
	}
	open = open && settle_root(exact, &root);
	exact->root_bound = root.bound;
	publish(exact);
	double bound = root.bound;
	if (open && !exact->stopped) {
		if (!search_tree(exact, &root, err)) {
			return false;
		}
		bound = exact->open_bound;
	}
	finish(exact, !exact->stopped || !open, bound, ret);
	return true;
}

bool exact_search(const struct model *model, const struct exact_request *request,
	struct arena *arena, struct exact_result *ret, struct err *err)
{
	size_t before = arena->total;
	struct network network;
	if (model->unsatisfiable.n > 0) {
		*ret = (struct exact_result){
			.status = EXACT_UNSATISFIABLE, .why = model->unsatisfiable};
		return true;
	}
	struct exact exact = {.model = model,
		.request = request,
		.arena = arena,
		.descent = descent_make(model, arena),
		.random = random_seeded(request->seed),
		.hints = arena_array(arena, uint16_t, model->n),
		.count = request->count == 0 ? 1 : request->count,
		.threshold = -INFINITY,
		.root_bound = INFINITY,
		.open_bound = -INFINITY};
	exact.stacks = arena_array(arena, struct exact_stack, exact.count);
	memset(exact.hints, 0xff, model->n * sizeof(exact.hints[0]));
	struct explore_result first = find_first(&exact);
	exact.network = &network;
	if (!network_make(model, is_stopped, &exact, arena, &network, err)) {
		finish_without(&exact, &first, str_from(err->message), ret);
	} else if (!search_network(&exact, &first, ret, err)) {
		return false;
	}
	ret->history = first.history;
	ret->n_history = first.n_history;
	ret->bytes = arena->total - before;
	return true;
}
