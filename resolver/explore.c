#include "resolver/explore.h"
#include "common/clock.h"
#include "resolver/descent.h"
#include "common/banned.h"

/* ---- what both ways share --------------------------------------------------------------------- */

void explorer_start(struct explorer *explorer)
{
	uint32_t count = explorer->request->count == 0 ? 1 : explorer->request->count;
	explorer->result->stacks = arena_array(explorer->arena, struct explore_stack, count);
	explorer->every = 1;
	explorer->start_ns = clock_monotonic_ns();
	if (explorer->request->history) {
		explorer->history =
			arena_array(explorer->arena, struct explore_point, EXPLORE_HISTORY);
		explorer->result->history = explorer->history;
	}
}

static void record(struct explorer *explorer, int64_t score, uint32_t beam)
{
	struct explore_result *result = explorer->result;
	if (explorer->history == NULL || result->scored % explorer->every != 0) {
		return;
	}
	if (result->n_history == EXPLORE_HISTORY) {
		for (uint32_t i = 0; i < EXPLORE_HISTORY / 2; i++) {
			explorer->history[i] = explorer->history[2 * i + 1];
		}
		result->n_history = EXPLORE_HISTORY / 2;
		explorer->every *= 2;
	}
	explorer->history[result->n_history++] = (struct explore_point){
		result->scored, score, result->n > 0 ? result->stacks[0].score : score, beam};
}

void explorer_take(struct explorer *explorer, const uint16_t *stack, int64_t score, uint32_t beam)
{
	const struct explore_request *request = explorer->request;
	struct explore_result *result = explorer->result;
	uint32_t count = request->count == 0 ? 1 : request->count;
	size_t size = explorer->model->n * sizeof(stack[0]);
	result->scored++;
	if (result->n == count && score <= result->stacks[count - 1].score) {
		record(explorer, score, beam);
		return;
	}
	if (request->accept != NULL && !request->accept(request->data, stack, score)) {
		result->discarded++;
		return;
	}
	for (uint32_t i = 0; i < result->n; i++) {
		if (result->stacks[i].score == score &&
			memcmp(result->stacks[i].stack, stack, size) == 0) {
			return;
		}
	}
	uint32_t at = result->n < count ? result->n++ : count - 1;
	uint16_t *room = result->stacks[at].stack != NULL
				 ? result->stacks[at].stack
				 : arena_array(explorer->arena, uint16_t, explorer->model->n);
	for (; at > 0 && result->stacks[at - 1].score < score; at--) {
		result->stacks[at] = result->stacks[at - 1];
	}
	memcpy(room, stack, size);
	result->stacks[at] = (struct explore_stack){room, score};
	record(explorer, score, beam);
}

bool explorer_must_stop(struct explorer *explorer)
{
	enum { LOOK_EVERY = 64 };
	const struct explore_request *request = explorer->request;
	if (explorer->stopped || explorer->since++ % LOOK_EVERY != 0) {
		return explorer->stopped;
	}
	explorer->stopped = request->cancelled != NULL && request->cancelled(request->data);
	if (request->deadline_ns != 0) {
		int64_t now = clock_monotonic_ns();
		explorer->stopped |= now >= request->deadline_ns;
		explorer->hurry |= (request->deadline_ns - now) * 10 <=
				   request->deadline_ns - explorer->start_ns;
	}
	return explorer->stopped;
}

/* ---- one move over the beam ------------------------------------------------------------------- */

struct beam_search {
	struct explorer explorer;
	struct beam beam;
	const struct predictor *predictor;
	void *self;
	struct predictor_context context;
	bool cut; /* latest_versions left something out */
};

/* Can what the version requires be had in that state? */
static bool fits(const struct model *model, const struct beam_state *state, uint32_t version)
{
	for (uint32_t r = model->requirements_at[version]; r < model->requirements_at[version + 1];
		r++) {
		const struct model_requirement *requirement = &model->requirements[r];
		const struct model_package *on = &model->packages[requirement->package];
		uint16_t there = state->stack[requirement->package];
		if (there != MODEL_ABSENT) {
			if (!mask_has(requirement->allowed, there)) {
				return false;
			}
			continue;
		}
		const mask_word *open = mask_has(state->required, requirement->package)
						? &state->open[on->words_at]
						: on->usable;
		mask_word any = 0;
		for (uint32_t w = 0; w < on->words; w++) {
			any |= open[w] & requirement->allowed[w];
		}
		if (any == 0) {
			return false;
		}
	}
	return true;
}

/* Only the newest candidates of a package that comes in. */
static void cut_to_latest(struct beam_search *search, mask_word *open, uint32_t words)
{
	uint32_t most = search->explorer.request->latest_versions, n = 0;
	if (most == 0) {
		return;
	}
	n = mask_count(open, words);
	for (; n > most; n--) {
		mask_drop(open, mask_select(open, words, 0));
		search->cut = true;
	}
}

static void require(struct beam_search *search, struct beam_state *state, uint32_t package,
	const mask_word *allowed)
{
	const struct model_package *p = &search->explorer.model->packages[package];
	mask_word *open = &state->open[p->words_at];
	if (state->stack[package] != MODEL_ABSENT) {
		return;
	}
	bool new = !mask_has(state->required, package);
	for (uint32_t w = 0; w < p->words; w++) {
		open[w] = (new ? p->usable[w] : open[w]) &
			  (allowed == NULL ? ~(mask_word)0 : allowed[w]);
	}
	if (new) {
		mask_add(state->required, package);
		state->unresolved++;
		cut_to_latest(search, open, p->words);
	}
}

/* The version cannot be taken: out of the state, and the state with it when that was the last. */
static void fail(struct beam_search *search, struct predictor_move move)
{
	struct beam_state *state = beam_get(&search->beam, move.state);
	const struct model_package *p = &search->explorer.model->packages[move.package];
	mask_word *open = &state->open[p->words_at];
	mask_drop(open, move.version);
	if (mask_count(open, p->words) == 0) {
		beam_remove(&search->beam, move.state);
		beam_recycle(&search->beam, move.state);
	}
	if (search->predictor->dead != NULL) {
		search->predictor->dead(search->self, &search->context, move);
	}
}

/* The state in which the move is made: a copy while others are open to the package. */
static uint32_t state_for(struct beam_search *search, struct predictor_move move)
{
	struct beam_state *state = beam_get(&search->beam, move.state);
	const struct model_package *p = &search->explorer.model->packages[move.package];
	mask_word *open = &state->open[p->words_at];
	mask_drop(open, move.version);
	if (mask_count(open, p->words) > 0) {
		return beam_new(&search->beam, move.state);
	}
	beam_remove(&search->beam, move.state);
	return move.state;
}

static void expand(struct beam_search *search, struct predictor_move move)
{
	const struct model *model = search->explorer.model;
	uint32_t version = model_version(model, move.package, move.version);
	int64_t gain = 0;
	const struct beam_state *old = beam_get(&search->beam, move.state);
	uint32_t n_links = model->packages[move.package].n_links;
	if (!fits(model, old, version) ||
		!model_gain(model, old->stack, move.package, move.version, n_links, &gain)) {
		fail(search, move);
		return;
	}
	uint32_t number = state_for(search, move);
	struct beam_state *state = beam_get(&search->beam, number);
	state->stack[move.package] = (uint16_t)move.version;
	mask_add(state->resolved, move.package);
	state->unresolved--;
	state->score += gain;
	for (uint32_t r = model->requirements_at[version]; r < model->requirements_at[version + 1];
		r++) {
		require(search, state, model->requirements[r].package,
			model->requirements[r].allowed);
	}
	if (state->unresolved == 0) {
		search->context.accepted++;
		if (search->predictor->final != NULL) {
			search->predictor->final(
				search->self, &search->context, number, move, gain);
		}
		explorer_take(&search->explorer, state->stack, state->score, search->beam.n);
		beam_recycle(&search->beam, number);
		return;
	}
	beam_push(&search->beam, number);
	if (search->predictor->reward != NULL) {
		search->predictor->reward(search->self, &search->context, number, move, gain);
	}
}

static void push_first(struct beam_search *search)
{
	const struct model *model = search->explorer.model;
	uint32_t first = beam_new(&search->beam, BEAM_NONE);
	for (uint32_t i = 0; i < model->n_roots; i++) {
		require(search, beam_get(&search->beam, first), model->roots[i], NULL);
	}
	if (beam_get(&search->beam, first)->unresolved > 0) {
		beam_push(&search->beam, first);
	}
}

void explore(const struct model *model, const struct predictor *predictor,
	const struct explore_request *request, struct arena *arena, struct explore_result *ret)
{
	size_t before = arena->total;
	struct random random = random_seeded(request->seed);
	struct beam_search search = {
		.explorer = {.model = model, .request = request, .arena = arena, .result = ret},
		.beam = beam_make(model, request->width, arena),
		.predictor = predictor,
	};
	*ret = (struct explore_result){0};
	search.context = (struct predictor_context){.model = model,
		.beam = &search.beam,
		.random = &random,
		.settings = request->settings,
		.arena = arena};
	struct predictor_settings *settings = &search.context.settings;
	settings->limit = request->limit == 0 ? 1 : request->limit;
	settings->steps = settings->steps == 0 ? 1 : settings->steps;
	settings->coefficient = settings->coefficient == 0 ? 0.999 : settings->coefficient;
	explorer_start(&search.explorer);
	search.self = predictor->init == NULL ? NULL : predictor->init(&search.context);
	if (model->unsatisfiable.n == 0) {
		push_first(&search);
	}
	while (search.beam.n > 0 && ret->scored < request->limit &&
		!explorer_must_stop(&search.explorer)) {
		search.context.iteration++;
		search.context.hurry = search.explorer.hurry;
		expand(&search, predictor->choose(search.self, &search.context));
		ret->moves++;
	}
	ret->exhausted = search.beam.n == 0 && !search.beam.dropped && !search.cut;
	ret->bytes = arena->total - before;
}
