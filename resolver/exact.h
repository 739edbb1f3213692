#pragma once
#include "resolver/model.h"

/*
 * The best stack of a model, and the proof that there is none better: depth-first branch and bound
 * over the network of soft constraints (network.h), whose bound is kept up at every node. Values
 * that cannot beat the best stack known are dropped, so that small networks are left.
 *
 * At any time there is a best stack and a bound that no stack exceeds; the search ends when they
 * meet, or when its budget is used up. A budget counts nodes and not time, so that two machines give
 * the same answer.
 *
 * Of stacks with equal score the one with the highest sum of preferences is the best (model_input's
 * `preference`, else: how far each version is from the newest, the less the better; a package left
 * out counts as newest), and after that one that a fixed draw over names and versions chooses. So the
 * answer, once proven, is the same for every seed.
 *
 * Sources: Land and Doig (1960) for branch and bound; docs/resolver.md has the others.
 */
struct explore_point; /* explore.h */

enum exact_status {
	EXACT_OPTIMAL,       /* the best, proven */
	EXACT_FEASIBLE,      /* the best found; no stack is above the bound */
	EXACT_UNSATISFIABLE, /* no stack is valid, proven */
	EXACT_UNKNOWN,       /* nothing found, nothing proven */
};

enum {
	EXACT_COUNT_MAX = 10000,
	EXACT_NODES = 3000, /* at most: of about 250 ms, see budget_of() in search.c */
	EXACT_NODES_LEAST = 100,
	EXACT_FIRST = 5000
};

struct exact_progress {
	int64_t score, bound; /* score MODEL_NO_SCORE: no stack yet */
	uint64_t nodes, scored;
};

struct exact_request {
	uint64_t nodes;                /* budget; 0: none */
	uint32_t count;                /* stacks to find, the best ones; 0 means 1 */
	uint64_t seed;                 /* of the first stacks; never changes a proven answer */
	int64_t deadline_ns;           /* clock_monotonic_ns() to stop at; 0: none */
	bool (*cancelled)(void *data); /* asked many times a millisecond; NULL: never */
	/* A stack that may be reported (strides); NULL: every valid one. */
	bool (*accept)(void *data, const uint16_t *stack, int64_t score);
	/* After every better stack and every lower bound; NULL: nobody wants to know. */
	void (*progress)(void *data, const struct exact_progress *progress);
	void *data;
	bool history; /* of the local search that finds the first stacks */
};

struct exact_result {
	enum exact_status status;
	struct exact_stack {
		uint16_t *stack; /* [packages of the model] */
		int64_t score;
		double sum; /* with what decides between equal scores */
	} * stacks;         /* best first, held by the arena */
	uint32_t n;
	int64_t bound;          /* INT64_MAX: not known */
	uint64_t nodes, scored; /* nodes of the tree; stacks scored on the way */
	struct str why;         /* of what is not proven or not satisfiable; "" else */
	const struct explore_point *history;
	uint32_t n_history;
	size_t bytes; /* memory taken */
};

/*
 * A model too large to prove anything about gives the best stack found, a bound of INT64_MAX and why. False:
 * err says what went wrong (ERR_LIMIT).
 */
MUST_USE bool exact_search(const struct model *model, const struct exact_request *request,
	struct arena *arena, struct exact_result *ret, struct err *err);
