#include <math.h>
#include "resolver/descent.h"
#include "resolver/predictor.h"
#include "common/banned.h"

/* ---- choices in a state ----------------------------------------------------------------------- */

static const mask_word *open_of(
	const struct predictor_context *context, uint32_t state, uint32_t package)
{
	return &beam_get(context->beam, state)->open[context->model->packages[package].words_at];
}

static uint32_t newest(const struct predictor_context *context, uint32_t state, uint32_t package)
{
	const mask_word *open = open_of(context, state, package);
	uint32_t w = context->model->packages[package].words - 1;
	while (w > 0 && open[w] == 0) {
		w--;
	}
	return w * MASK_BITS + MASK_BITS - 1 - (uint32_t)__builtin_clzll(open[w]);
}

/* The unresolved package with a rank, in the model's order. */
static uint32_t unresolved(const struct predictor_context *context, uint32_t number, uint32_t rank)
{
	const struct beam_state *state = beam_get(context->beam, number);
	for (uint32_t w = 0; w < context->beam->bit_words; w++) {
		mask_word waiting = state->required[w] & ~state->resolved[w];
		for (; waiting != 0; waiting &= waiting - 1) {
			if (rank-- == 0) {
				return w * MASK_BITS + (uint32_t)__builtin_ctzll(waiting);
			}
		}
	}
	return 0; /* not reached: a state in the beam has unresolved packages */
}

static uint32_t random_unresolved(const struct predictor_context *context, uint32_t state)
{
	return unresolved(context, state,
		random_below(context->random, beam_get(context->beam, state)->unresolved));
}

struct predictor_move predictor_first(const struct predictor_context *context, uint32_t state)
{
	uint32_t package = unresolved(context, state, 0);
	return (struct predictor_move){state, package, newest(context, state, package)};
}

static uint32_t any_version(
	const struct predictor_context *context, uint32_t state, uint32_t package)
{
	const mask_word *open = open_of(context, state, package);
	uint32_t words = context->model->packages[package].words;
	return mask_select(open, words, random_below(context->random, mask_count(open, words)));
}

struct predictor_move predictor_any(const struct predictor_context *context, uint32_t state)
{
	uint32_t package = random_unresolved(context, state);
	return (struct predictor_move){state, package, any_version(context, state, package)};
}

/*
 * The newest, but one time in ten any: the i-th newest of n with probability proportional to n - i
 * (a falling distribution, as in adviser).
 */
static uint32_t recent_version(
	const struct predictor_context *context, uint32_t state, uint32_t package)
{
	const mask_word *open = open_of(context, state, package);
	uint32_t words = context->model->packages[package].words, n = mask_count(open, words);
	if (n == 1 || random_unit(context->random) >= 0.1) {
		return newest(context, state, package);
	}
	uint32_t drawn = random_below(context->random, n * (n + 1) / 2), i = 0;
	for (; drawn >= n - i; i++) {
		drawn -= n - i;
	}
	return mask_select(open, words, n - 1 - i);
}

struct predictor_move predictor_recent(const struct predictor_context *context, uint32_t state)
{
	uint32_t package = random_unresolved(context, state);
	return (struct predictor_move){state, package, recent_version(context, state, package)};
}

/* ---- temperature ------------------------------------------------------------------------------ */

double predictor_cooled(const struct predictor_context *context, double temperature)
{
	double limit = (double)context->settings.limit;
	double k = ((double)context->accepted + log((double)context->iteration + 1)) / limit;
	return temperature * pow(context->settings.coefficient, k);
}

bool predictor_accepts(const struct predictor_context *context, uint32_t state, double temperature)
{
	if (temperature <= 0) {
		return false;
	}
	double worse = (double)(beam_get(context->beam, beam_top(context->beam))->score -
				beam_get(context->beam, state)->score) /
		       context->model->input->scale;
	return worse < 0 || exp(-worse / temperature) >= random_unit(context->random);
}

/* ---- the predictors --------------------------------------------------------------------------- */

static uint32_t last_or_any(const struct predictor_context *context)
{
	return context->beam->last != BEAM_NONE ? context->beam->last
						: beam_any(context->beam, context->random);
}

/* Newest first; after a dead end with some chance until a stack is complete. */
static void *latest_init(const struct predictor_context *context)
{
	return arena_new(context->arena, bool);
}

static struct predictor_move latest_choose(void *self, const struct predictor_context *context)
{
	const bool *hop = self;
	uint32_t state = last_or_any(context);
	return *hop ? predictor_recent(context, state) : predictor_first(context, state);
}

static void latest_dead(
	void *self, const struct predictor_context *context, struct predictor_move move)
{
	bool *hop = self;
	(void)context;
	(void)move;
	*hop = true;
}

static void latest_final(void *self, const struct predictor_context *context, uint32_t state,
	struct predictor_move move, int64_t gain)
{
	bool *hop = self;
	(void)context;
	(void)state;
	(void)move;
	(void)gain;
	*hop = false;
}

static struct predictor_move walk_choose(void *self, const struct predictor_context *context)
{
	(void)self;
	return predictor_any(context, last_or_any(context));
}

static struct predictor_move sampling_choose(void *self, const struct predictor_context *context)
{
	(void)self;
	return predictor_any(context, beam_any(context->beam, context->random));
}

/* First the packages that do not vary, newest first; then those that do, at random. */
static struct predictor_move combinations_choose(
	void *self, const struct predictor_context *context)
{
	const bool *combine = context->settings.combine;
	uint32_t state = last_or_any(context);
	(void)self;
	for (uint32_t rank = 0;
		combine != NULL && rank < beam_get(context->beam, state)->unresolved; rank++) {
		uint32_t package = unresolved(context, state, rank);
		if (!combine[package]) {
			return (struct predictor_move){
				state, package, newest(context, state, package)};
		}
	}
	return predictor_any(context, state);
}

static struct predictor_move hill_choose(void *self, const struct predictor_context *context)
{
	(void)self;
	return predictor_first(context, beam_top(context->beam));
}

static void *annealing_init(const struct predictor_context *context)
{
	double *temperature = arena_new(context->arena, double);
	*temperature = context->settings.temperature == 0 ? 100 : context->settings.temperature;
	return temperature;
}

static struct predictor_move annealing_choose(void *self, const struct predictor_context *context)
{
	double *temperature = self;
	uint32_t top = beam_top(context->beam), state = beam_old(context->beam, context->random);
	*temperature = context->hurry ? 0 : predictor_cooled(context, *temperature);
	if (state != top && predictor_accepts(context, state, *temperature)) {
		return predictor_any(context, state);
	}
	return predictor_recent(context, top);
}

const struct predictor predictor_latest = {
	.name = STR_INIT("latest"),
	.init = latest_init,
	.choose = latest_choose,
	.dead = latest_dead,
	.final = latest_final,
};
const struct predictor predictor_random_walk = {
	.name = STR_INIT("random"),
	.choose = walk_choose,
};
const struct predictor predictor_sampling = {
	.name = STR_INIT("sampling"),
	.choose = sampling_choose,
};
const struct predictor predictor_combinations = {
	.name = STR_INIT("combinations"),
	.choose = combinations_choose,
};
const struct predictor predictor_hill = {
	.name = STR_INIT("hill"),
	.choose = hill_choose,
};
const struct predictor predictor_annealing = {
	.name = STR_INIT("annealing"),
	.init = annealing_init,
	.choose = annealing_choose,
};
