#include "resolver/search.h"
#include "common/banned.h"

static const struct {
	struct str name;
	const struct predictor *predictor;
} modes[SEARCH_MODES] = {
	[SEARCH_AUTO] = {STR_INIT("auto"),         NULL                   },
	[SEARCH_EXACT] = {STR_INIT("exact"),        NULL                   },
	[SEARCH_LATEST] = {STR_INIT("latest"),       &predictor_latest      },
	[SEARCH_HILL] = {STR_INIT("hill"),         &predictor_hill        },
	[SEARCH_ANNEALING] = {STR_INIT("annealing"),    &predictor_annealing   },
	[SEARCH_TD] = {STR_INIT("td"),           &predictor_td          },
	[SEARCH_MCTS] = {STR_INIT("mcts"),         &predictor_mcts        },
	[SEARCH_RANDOM] = {STR_INIT("random"),       &predictor_random_walk },
	[SEARCH_SAMPLING] = {STR_INIT("sampling"),     &predictor_sampling    },
	[SEARCH_COMBINATIONS] = {STR_INIT("combinations"), &predictor_combinations},
};

struct str search_mode_name(enum search_mode mode)
{
	return modes[mode].name;
}

bool search_mode_from(struct str name, enum search_mode *ret)
{
	for (int i = 0; i < SEARCH_MODES; i++) {
		if (str_eq(name, modes[i].name)) {
			*ret = (enum search_mode)i;
			return true;
		}
	}
	return false;
}

/* The best that versions, pairs and rules could give if they had nothing to do with each other. */
static int64_t plain_bound(const struct model *model)
{
	int64_t bound = 0;
	for (uint32_t p = 0; p < model->n; p++) {
		const struct model_package *package = &model->packages[p];
		int64_t best = package->root ? INT64_MIN : 0;
		for (uint32_t v = 0; v < package->n; v++) {
			int32_t score = model->unary[package->first + v];
			best = mask_has(package->usable, v) && score > best ? score : best;
		}
		bound += best == INT64_MIN ? 0 : best;
	}
	for (uint32_t i = 0; i < model->n_pairs; i++) {
		const struct model_pair *pair = &model->pairs[i];
		size_t cells = (size_t)model->packages[pair->a].n * model->packages[pair->b].n;
		int32_t best = 0;
		for (size_t c = 0; c < cells; c++) {
			best = pair->table[c] > best ? pair->table[c] : best;
		}
		bound += best;
	}
	for (uint32_t i = 0; i < model->n_rules; i++) {
		bound += model->rules[i].score > 0 ? model->rules[i].score : 0;
	}
	return bound;
}

static void take_explored(
	const struct model *model, const struct explore_result *explored, struct search_result *ret)
{
	ret->stacks = explored->stacks;
	ret->n = explored->n;
	ret->scored += explored->scored;
	ret->moves += explored->moves;
	ret->history = explored->history;
	ret->n_history = explored->n_history;
	if (model->unsatisfiable.n > 0) {
		ret->status = SEARCH_UNSATISFIABLE;
		ret->why = model->unsatisfiable;
	} else if (explored->exhausted) {
		ret->status = explored->n > 0 ? SEARCH_OPTIMAL : SEARCH_UNSATISFIABLE;
		ret->why = explored->n > 0 ? S("") : S("no combination of versions is valid");
	} else {
		ret->status = explored->n > 0 ? SEARCH_FEASIBLE : SEARCH_UNKNOWN;
	}
	ret->bound = ret->status == SEARCH_OPTIMAL ? explored->stacks[0].score : plain_bound(model);
}

static void run_predictor(const struct model *model, const struct search_request *request,
	struct arena *arena, struct search_result *ret)
{
	struct explore_result explored;
	enum local_kind kind = request->mode == SEARCH_HILL        ? LOCAL_HILL
			       : request->mode == SEARCH_ANNEALING ? LOCAL_ANNEALING
								   : LOCAL_RANDOM;
	bool local = request->mode == SEARCH_HILL || request->mode == SEARCH_ANNEALING ||
		     request->mode == SEARCH_RANDOM;
	if (local && !request->beam) {
		explore_local(model, kind, &request->explore, arena, &explored);
	} else {
		explore(model, modes[request->mode].predictor, &request->explore, arena, &explored);
	}
	if (explored.n == 0 && !explored.exhausted && model->unsatisfiable.n == 0) {
		ret->scored = explored.scored;
		ret->moves = explored.moves;
		explore_local(model, LOCAL_RANDOM, &request->explore, arena, &explored);
		ret->why = S(
			"the predictor completed no stack within its beam; these are random ones");
	}
	take_explored(model, &explored, ret);
}

/* The exact search. False: the model is too large for it. */
static bool run_exact(const struct model *model, const struct search_request *request,
	uint64_t nodes, struct arena *arena, struct search_result *ret)
{
	struct err err = {0};
	struct exact_request exact = {
		.nodes = nodes,
		.count = request->explore.count,
		.seed = request->explore.seed,
		.deadline_ns = request->explore.deadline_ns,
		.cancelled = request->explore.cancelled,
		.accept = request->explore.accept,
		.data = request->explore.data,
		.history = request->explore.history,
	};
	struct exact_result result;
	if (!exact_search(model, &exact, arena, &result, &err)) {
		ret->why = arena_str(arena, str_from(err.message));
		return false;
	}
	struct explore_stack *stacks = arena_array(arena, struct explore_stack, result.n);
	for (uint32_t i = 0; i < result.n; i++) {
		stacks[i] = (struct explore_stack){result.stacks[i].stack, result.stacks[i].score};
	}
	static const enum search_status statuses[] = {
		[EXACT_OPTIMAL] = SEARCH_OPTIMAL,
		[EXACT_FEASIBLE] = SEARCH_FEASIBLE,
		[EXACT_UNSATISFIABLE] = SEARCH_UNSATISFIABLE,
		[EXACT_UNKNOWN] = SEARCH_UNKNOWN,
	};
	ret->status = statuses[result.status];
	ret->stacks = stacks;
	ret->n = result.n;
	ret->bound = result.bound == INT64_MAX ? plain_bound(model) : result.bound;
	ret->scored = result.scored;
	ret->nodes = result.nodes;
	ret->why = result.why;
	ret->history = result.history;
	ret->n_history = result.n_history;
	return true;
}

/* What exact search did not finish, local search may still improve; the bound stays. */
static void improve(const struct model *model, const struct search_request *request,
	struct arena *arena, struct search_result *ret)
{
	struct explore_result explored;
	explore_local(model, LOCAL_HILL, &request->explore, arena, &explored);
	ret->scored += explored.scored;
	ret->moves = explored.moves;
	if (explored.n > 0 && (ret->n == 0 || explored.stacks[0].score > ret->stacks[0].score)) {
		ret->stacks = explored.stacks;
		ret->n = explored.n;
		ret->status = SEARCH_FEASIBLE;
		if (explored.stacks[0].score == ret->bound) {
			ret->status = SEARCH_OPTIMAL;
			ret->why = S("");
		}
	}
}

/*
 * Nodes that take about 250 ms of a processor. A node costs the more the more packages have to do with each
 * other: with 341, 683 and 985 pairs of 52 packages 0.15, 1.0 and 2.1 ms were seen, which is about 2 ns for
 * each pair of pairs. Counted and not timed, so that two machines give the same lock.
 */
static uint64_t budget_of(const struct model *model)
{
	enum { PAIRS_SQUARED = 120000000 };
	uint64_t many = (uint64_t)model->n_pairs + model->n_rules;
	uint64_t nodes = many == 0 ? EXACT_NODES : PAIRS_SQUARED / (many * many);
	return nodes > EXACT_NODES         ? EXACT_NODES
	       : nodes < EXACT_NODES_LEAST ? EXACT_NODES_LEAST
					   : nodes;
}

void search_run(const struct model *model, const struct search_request *request,
	struct arena *arena, struct search_result *ret)
{
	size_t before = arena->total;
	*ret = (struct search_result){.mode = request->mode};
	bool exact = request->mode == SEARCH_AUTO || request->mode == SEARCH_EXACT;
	uint64_t nodes = request->nodes == 0 && request->mode == SEARCH_AUTO ? budget_of(model)
									     : request->nodes;
	if (!exact) {
		run_predictor(model, request, arena, ret);
	} else if (!run_exact(model, request, nodes, arena, ret)) {
		struct search_request instead = *request;
		struct str why = ret->why;
		instead.mode = ret->mode = SEARCH_HILL;
		instead.beam = false;
		run_predictor(model, &instead, arena, ret);
		ret->why = ret->why.n > 0 ? ret->why : why;
	} else if (request->mode == SEARCH_AUTO) {
		ret->mode = SEARCH_EXACT;
		if (ret->status == SEARCH_FEASIBLE || ret->status == SEARCH_UNKNOWN) {
			improve(model, request, arena, ret);
		}
	}
	ret->bytes = arena->total - before;
}
