#pragma once
#include "resolver/beam.h"

/*
 * A predictor says which partial stack of the beam goes on, with which version of which package, and
 * hears what came of it. It sees states, never changes them, and owns its memory.
 *
 * The behaviour follows project Thoth's adviser: the same choices from the same distributions;
 * docs/resolver.md says where ours differ.
 */
struct predictor_move {
	uint32_t state, package, version;
};

struct predictor_settings {
	uint64_t limit;     /* stacks that will be scored */
	double temperature; /* to start with, in points; 0: the predictor's own */
	double coefficient; /* that it cools with; 0 means 0.999 */
	uint32_t steps;     /* temporal difference: moves a reward is collected over; 0 means 1 */
	bool trace; /* temporal difference: reward every package of the state, not the last */
	const bool *combine; /* package combinations: packages to vary [packages]; NULL: all */
};

/* What every predictor is asked with. */
struct predictor_context {
	const struct model *model;
	struct beam *beam;
	struct random *random;
	struct predictor_settings settings;
	uint64_t iteration, accepted; /* moves asked for; complete stacks */
	bool hurry;                   /* little time is left: only what is known to be good */
	struct arena *arena;
};

struct predictor {
	struct str name;
	void *(*init)(const struct predictor_context *context); /* NULL: needs no memory */
	struct predictor_move (*choose)(void *self, const struct predictor_context *context);
	/* The move was made: `state` is the new one, `gain` what its score gained. NULL: not heard. */
	void (*reward)(void *self, const struct predictor_context *context, uint32_t state,
		struct predictor_move move, int64_t gain);
	void (*final)(void *self, const struct predictor_context *context, uint32_t state,
		struct predictor_move move, int64_t gain);
	void (*dead)(
		void *self, const struct predictor_context *context, struct predictor_move move);
};

extern const struct predictor predictor_latest, predictor_random_walk, predictor_sampling,
	predictor_combinations, predictor_hill, predictor_annealing, predictor_td, predictor_mcts;

/* Ways to take an unresolved package of a state and a version of it. */
struct predictor_move predictor_first(const struct predictor_context *context, uint32_t state);
struct predictor_move predictor_any(const struct predictor_context *context, uint32_t state);
struct predictor_move predictor_recent(const struct predictor_context *context, uint32_t state);

/* One step of cooling: T * a^k, k = (accepted + ln(iteration + 1)) / limit. */
double predictor_cooled(const struct predictor_context *context, double temperature);

/* Whether a state is taken instead of the top one at that temperature. */
bool predictor_accepts(const struct predictor_context *context, uint32_t state, double temperature);
