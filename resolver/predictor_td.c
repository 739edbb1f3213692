#include "resolver/predictor.h"
#include "common/banned.h"

/*
 * Temporal difference and Monte Carlo tree search as adviser has them: a running mean of rewards for
 * each version, and a temperature that says how often to explore. A trajectory is one walk from a
 * state of the beam to a complete stack or a dead end; a new one starts from the best state with the
 * version of the highest mean, or, exploring, from any state.
 *
 * Source: Sutton and Barto, "Reinforcement Learning" (2018), chapters 6, 7 and 12 for the names;
 * there is no discount and no bootstrapped target here, as there is none in adviser.
 */
struct mean {
	double sum;
	uint64_t count;
};

struct learner {
	struct mean *means; /* [versions] */
	double *best;       /* [packages] highest mean that a version ever had */
	double temperature;
	bool exploits; /* the trajectory follows the means */
	uint32_t next; /* state that the trajectory goes on with, or BEAM_NONE */
	uint64_t next_made;
	uint32_t taken; /* moves since rewards were handed out */
	int64_t collected;
};

static void *learner_init(const struct predictor_context *context)
{
	struct learner *learner = arena_new(context->arena, struct learner);
	learner->means = arena_array(context->arena, struct mean, context->model->n_versions);
	learner->temperature =
		context->settings.temperature == 0 ? 1 : context->settings.temperature;
	learner->best = arena_array(context->arena, double, context->model->n);
	learner->next = BEAM_NONE;
	return learner;
}

/*
 * The version to take for a package that is required: one that was never tried, newest first, or the one with
 * the highest mean.
 */
static uint32_t best_version(const struct learner *learner, const struct predictor_context *context,
	const struct beam_state *state, uint32_t package)
{
	const struct model_package *p = &context->model->packages[package];
	const mask_word *open = &state->open[p->words_at];
	double best = 0;
	uint32_t found = UINT32_MAX;
	for (uint32_t v = p->n; v-- > 0;) {
		if (!mask_has(open, v)) {
			continue;
		}
		const struct mean *mean = &learner->means[p->first + v];
		if (mean->count == 0 && !context->hurry) {
			return v;
		}
		double value = mean->count == 0 ? 0 : mean->sum / (double)mean->count;
		if (found == UINT32_MAX || value > best) {
			best = value;
			found = v;
		}
	}
	return found;
}

static bool goes_on(const struct learner *learner, const struct predictor_context *context)
{
	if (learner->next == BEAM_NONE) {
		return false;
	}
	const struct beam_state *state = beam_get(context->beam, learner->next);
	return state->at[0] != BEAM_NONE && state->made == learner->next_made;
}

static struct predictor_move follow(
	const struct learner *learner, const struct predictor_context *context, uint32_t state)
{
	struct predictor_move move = predictor_recent(context, state);
	if (learner->exploits) {
		move.version = best_version(
			learner, context, beam_get(context->beam, state), move.package);
	}
	return move;
}

/*
 * What a state may come to: its score, the best mean among what is open to each package that is required, and
 * for the packages that may still come in the best mean ever.
 */
static double promise(
	const struct learner *learner, const struct predictor_context *context, uint32_t number)
{
	const struct beam_state *state = beam_get(context->beam, number);
	double sum = (double)state->score;
	for (uint32_t p = 0; p < context->model->n; p++) {
		if (mask_has(state->resolved, p)) {
			continue;
		}
		double hope = learner->best[p];
		if (mask_has(state->required, p)) {
			uint32_t version = best_version(learner, context, state, p);
			const struct mean *mean =
				&learner->means[model_version(context->model, p, version)];
			hope = mean->count == 0 ? hope : mean->sum / (double)mean->count;
		}
		sum += hope;
	}
	return sum;
}

/* The most promising of the top state and some others. */
static uint32_t most_promising(
	const struct learner *learner, const struct predictor_context *context)
{
	enum { OTHERS = 4 };
	uint32_t best = beam_top(context->beam);
	double most = promise(learner, context, best);
	for (int i = 0; i < OTHERS; i++) {
		uint32_t other = beam_old(context->beam, context->random);
		double here = promise(learner, context, other);
		if (here > most) {
			most = here;
			best = other;
		}
	}
	return best;
}

static struct predictor_move start_trajectory(
	struct learner *learner, const struct predictor_context *context)
{
	uint32_t any = beam_any(context->beam, context->random);
	if (context->hurry) {
		learner->temperature = 0;
	} else if (learner->temperature > 0) {
		learner->temperature = predictor_cooled(context, learner->temperature);
	}
	if (predictor_accepts(context, any, learner->temperature)) {
		learner->exploits = false;
		return predictor_recent(context, any);
	}
	learner->exploits = true;
	return follow(learner, context, most_promising(learner, context));
}

static struct predictor_move td_choose(void *self, const struct predictor_context *context)
{
	struct learner *learner = self;
	if (goes_on(learner, context)) {
		return follow(learner, context, learner->next);
	}
	return start_trajectory(learner, context);
}

static void add_reward(struct learner *learner, const struct model *model, uint32_t package,
	uint32_t version, int64_t reward)
{
	struct mean *mean = &learner->means[model_version(model, package, version)];
	mean->sum += (double)reward;
	mean->count++;
	double value = mean->sum / (double)mean->count;
	learner->best[package] = value > learner->best[package] ? value : learner->best[package];
}

/* Hand out what was collected, to every package of the state or to the last one. */
static void hand_out(struct learner *learner, const struct predictor_context *context,
	uint32_t number, struct predictor_move move)
{
	const struct model *model = context->model;
	if (!context->settings.trace) {
		add_reward(learner, model, move.package, move.version, learner->collected);
	} else if (number != BEAM_NONE) {
		const struct beam_state *state = beam_get(context->beam, number);
		for (uint32_t p = 0; p < model->n; p++) {
			if (state->stack[p] != MODEL_ABSENT) {
				add_reward(learner, model, p, state->stack[p], learner->collected);
			}
		}
	}
	learner->taken = 0;
	learner->collected = 0;
}

static void continue_with(
	struct learner *learner, const struct predictor_context *context, uint32_t state)
{
	learner->next = state;
	learner->next_made = state == BEAM_NONE ? 0 : beam_get(context->beam, state)->made;
}

static void td_reward(void *self, const struct predictor_context *context, uint32_t state,
	struct predictor_move move, int64_t gain)
{
	struct learner *learner = self;
	learner->collected += gain;
	if (++learner->taken >= context->settings.steps) {
		hand_out(learner, context, state, move);
	}
	continue_with(learner, context, state);
}

static void td_final(void *self, const struct predictor_context *context, uint32_t state,
	struct predictor_move move, int64_t gain)
{
	struct learner *learner = self;
	learner->collected += gain;
	hand_out(learner, context, state, move);
	continue_with(learner, context, BEAM_NONE);
}

static void td_dead(void *self, const struct predictor_context *context, struct predictor_move move)
{
	struct learner *learner = self;
	if (learner->taken > 0) {
		hand_out(learner, context, BEAM_NONE, move);
	}
	continue_with(learner, context, BEAM_NONE);
}

/* ---- Monte Carlo tree search ------------------------------------------------------------------ */

enum { HEATING_UP = 10 }; /* the first 1/10 of the stacks are for temporal difference */

static struct predictor_move mcts_choose(void *self, const struct predictor_context *context)
{
	struct learner *learner = self;
	bool heating = context->iteration < context->settings.limit / HEATING_UP;
	if (goes_on(learner, context) && (heating || learner->next == context->beam->last)) {
		return follow(learner, context, learner->next); /* the roll-out */
	}
	return start_trajectory(learner, context);
}

static void mcts_reward(void *self, const struct predictor_context *context, uint32_t state,
	struct predictor_move move, int64_t gain)
{
	(void)move;
	(void)gain;
	continue_with(self, context, state);
}

/* The whole score of the stack is the reward of all its versions. */
static void mcts_final(void *self, const struct predictor_context *context, uint32_t number,
	struct predictor_move move, int64_t gain)
{
	struct learner *learner = self;
	const struct beam_state *state = beam_get(context->beam, number);
	(void)move;
	(void)gain;
	for (uint32_t p = 0; p < context->model->n; p++) {
		if (state->stack[p] != MODEL_ABSENT) {
			add_reward(learner, context->model, p, state->stack[p], state->score);
		}
	}
	continue_with(learner, context, BEAM_NONE);
}

static void mcts_dead(
	void *self, const struct predictor_context *context, struct predictor_move move)
{
	(void)move;
	continue_with(self, context, BEAM_NONE);
}

const struct predictor predictor_td = {
	.name = STR_INIT("td"),
	.init = learner_init,
	.choose = td_choose,
	.reward = td_reward,
	.final = td_final,
	.dead = td_dead,
};
const struct predictor predictor_mcts = {
	.name = STR_INIT("mcts"),
	.init = learner_init,
	.choose = mcts_choose,
	.reward = mcts_reward,
	.final = mcts_final,
	.dead = mcts_dead,
};
