#pragma once
#include "resolver/predictor.h"

/*
 * Stacks found and scored until a limit, by a predictor over a beam of partial stacks (explore.c), or by
 * local search over whole ones (local.c), which repairs a stack around one changed package.
 */
struct explore_point {   /* what a plot shows */
	uint64_t stacks; /* scored so far */
	int64_t score, best;
	uint32_t beam;
};

enum { EXPLORE_HISTORY = 4096 }; /* points kept; every second one goes when it is full */

struct explore_request {
	uint64_t limit; /* stacks to score */
	uint32_t count; /* best ones to keep */
	uint64_t seed;
	uint32_t width;           /* of the beam; 0: unlimited */
	uint32_t latest_versions; /* candidates of a package when it is first required; 0: all */
	struct predictor_settings settings; /* limit is filled in */
	int64_t deadline_ns; /* clock_monotonic_ns(); 0: none. The last tenth of the time is hurried */
	bool (*cancelled)(void *data); /* asked every 256 moves; NULL: never */
	bool (*accept)(void *data, const uint16_t *stack, int64_t score); /* strides; NULL: all */
	void *data;
	bool history;
};

struct explore_stack {
	uint16_t *stack;
	int64_t score;
};

struct explore_result {
	struct explore_stack *stacks; /* best first; of equal ones the one found first */
	uint32_t n;
	uint64_t scored, discarded, moves;
	bool exhausted; /* every stack there is was seen */
	const struct explore_point *history;
	uint32_t n_history;
	size_t bytes; /* memory taken */
};

void explore(const struct model *model, const struct predictor *predictor,
	const struct explore_request *request, struct arena *arena, struct explore_result *ret);

enum local_kind { LOCAL_RANDOM, LOCAL_HILL, LOCAL_ANNEALING };

/* moves are versions chosen. */
void explore_local(const struct model *model, enum local_kind kind,
	const struct explore_request *request, struct arena *arena, struct explore_result *ret);

/* ---- for explore.c and local.c ------------------------------------------------------------------ */

struct explorer {
	const struct model *model;
	const struct explore_request *request;
	struct arena *arena;
	struct explore_result *result;
	struct explore_point *history;
	uint32_t n_history, every; /* every how many stacks a point is kept */
	uint32_t since;            /* moves since the clock was looked at */
	int64_t start_ns;
	bool stopped, hurry;
};

void explorer_start(struct explorer *explorer);

/* A complete stack: keep it if it is among the best. */
void explorer_take(struct explorer *explorer, const uint16_t *stack, int64_t score, uint32_t beam);

/* True when it is time to end. */
bool explorer_must_stop(struct explorer *explorer);
