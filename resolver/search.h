#pragma once
#include "resolver/exact.h"
#include "resolver/explore.h"

/*
 * The one door to the scored search: which stack is best? By name of a predictor, exactly, or as it
 * seems right for the size of the model (`auto`), always within a budget that counts work and not
 * time, so that the same question has the same answer everywhere.
 */
enum search_mode {
	SEARCH_AUTO,
	SEARCH_EXACT,
	SEARCH_LATEST,
	SEARCH_HILL,
	SEARCH_ANNEALING,
	SEARCH_TD,
	SEARCH_MCTS,
	SEARCH_RANDOM,
	SEARCH_SAMPLING,
	SEARCH_COMBINATIONS,
	SEARCH_MODES, /* how many */
};

/* "auto", "exact", "latest", "hill", ... */
struct str search_mode_name(enum search_mode mode);
MUST_USE bool search_mode_from(struct str name, enum search_mode *ret);

struct search_request {
	enum search_mode mode;
	/*
	 * Stacks to score, best ones to keep, seed, beam, time, strides and history. hill, annealing and
	 * random search among whole stacks; with `beam` they go over partial ones as adviser does.
	 */
	struct explore_request explore;
	bool beam;
	uint64_t nodes; /* of the exact search; 0: for auto what takes about 250 ms, else none */
};

enum search_status {
	SEARCH_OPTIMAL,       /* the best, proven */
	SEARCH_FEASIBLE,      /* the best found */
	SEARCH_UNSATISFIABLE, /* proven to have no stack */
	SEARCH_UNKNOWN,       /* none found, nothing proven */
};

struct search_result {
	enum search_status status;
	enum search_mode mode;              /* what auto chose */
	const struct explore_stack *stacks; /* best first */
	uint32_t n;
	int64_t bound; /* no stack is above it; of predictors without proof a plain sum of maxima */
	uint64_t scored, moves, nodes;
	struct str why; /* of what is not proven or has no stack, and why auto chose; "" else */
	const struct explore_point *history;
	uint32_t n_history;
	size_t bytes; /* memory of the search */
};

/* Everything in *ret is held by the arena. */
void search_run(const struct model *model, const struct search_request *request,
	struct arena *arena, struct search_result *ret);
