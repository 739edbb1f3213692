#include <math.h>
#include "resolver/descent.h"
#include "resolver/explore.h"
#include "common/banned.h"

/*
 * Local search: from a whole stack to one in which one package has another version. Mostly nothing
 * else has to change, and then the new score is the old one and the difference at that package; else
 * the walk down from the roots repairs what no longer fits (descent.h).
 */
struct local {
	struct explorer explorer;
	const struct model *model;
	struct descent now, trial;
	int64_t score;     /* of now */
	uint32_t *present; /* packages of now */
	uint32_t n_present;
	uint16_t *hints;
	struct random random;
	double temperature; /* in scores; 0: nothing worse is taken */
	uint64_t steps;     /* versions chosen without a walk */
	uint32_t idle;      /* tries in a row without a stack scored */
};

enum { IDLE_MAX = 20000 };

static void list_present(struct local *local)
{
	local->n_present = 0;
	for (uint32_t p = 0; p < local->model->n; p++) {
		if (local->now.stack[p] != MODEL_ABSENT) {
			local->present[local->n_present++] = p;
		}
	}
}

static void take_trial(struct local *local, int64_t score)
{
	struct descent old = local->now;
	local->now = local->trial;
	local->trial = old;
	local->score = score;
	list_present(local);
}

/* A walk with these hints. False: a dead end. */
static bool walk(struct local *local, const uint16_t *hints, int64_t *ret_score)
{
	struct descent_policy policy = {.hints = hints, .choice = DESCENT_RANDOM};
	*ret_score = descent_run(&local->trial, &policy, &local->random);
	if (*ret_score == MODEL_NO_SCORE) {
		local->idle++;
		return false;
	}
	local->idle = 0;
	explorer_take(&local->explorer, local->trial.stack, *ret_score, 0);
	return true;
}

static bool is_done(struct local *local)
{
	return local->explorer.result->scored >= local->explorer.request->limit ||
	       local->idle > IDLE_MAX || explorer_must_stop(&local->explorer);
}

/* A new place to start from: the best stack with a few packages left to chance, or pure chance. */
static bool restart(struct local *local, bool from_best)
{
	const struct explore_result *result = local->explorer.result;
	int64_t score = 0;
	if (from_best && result->n > 0) {
		memcpy(local->hints, result->stacks[0].stack,
			local->model->n * sizeof(local->hints[0]));
		uint32_t changes = 2 + random_below(&local->random, 2 + local->n_present / 6);
		for (uint32_t i = 0; i < changes && local->n_present > 0; i++) {
			local->hints[local->present[random_below(
				&local->random, local->n_present)]] = MODEL_ABSENT;
		}
	}
	while (!walk(local, from_best && result->n > 0 ? local->hints : NULL, &score)) {
		if (is_done(local)) {
			return false;
		}
	}
	take_trial(local, score);
	return true;
}

/* ---- moves without a walk --------------------------------------------------------------------- */

/* Requirements of both versions are about the same packages, and what is there fits the new one. */
static bool is_light(const struct local *local, uint32_t package, uint32_t version)
{
	const struct model *model = local->model;
	uint32_t old = model_version(model, package, local->now.stack[package]);
	uint32_t new = model_version(model, package, version);
	uint32_t from = model->requirements_at[old], n = model->requirements_at[old + 1] - from;
	uint32_t other = model->requirements_at[new];
	if (model->cyclic || model->requirements_at[new + 1] - other != n) {
		return false;
	}
	for (uint32_t i = 0; i < n; i++) {
		const struct model_requirement *x = &model->requirements[from + i];
		const struct model_requirement *y = &model->requirements[other + i];
		if (x->package != y->package ||
			(x->allowed != y->allowed &&
				!mask_has(y->allowed, local->now.stack[y->package]))) {
			return false;
		}
	}
	return true;
}

static int64_t rules_of(const struct local *local, uint32_t package, uint32_t version, bool *ok)
{
	const struct model_package *p = &local->model->packages[package];
	int64_t sum = 0;
	for (uint32_t i = 0; i < p->n_rules; i++) {
		const struct model_rule *rule = &local->model->rules[p->rules[i]];
		bool applies = true;
		for (uint32_t t = 0; applies && t < rule->n; t++) {
			uint32_t about = rule->terms[t].package;
			uint32_t v = about == package ? version : local->now.stack[about];
			applies = v != MODEL_ABSENT && mask_has(rule->terms[t].mask, v);
		}
		*ok &= !applies || rule->score != MODEL_FORBIDDEN;
		sum += applies ? rule->score : 0;
	}
	return sum;
}

/* Score that another version of a package would bring. False: forbidden. */
static bool difference(const struct local *local, uint32_t package, uint32_t version, int64_t *ret)
{
	const struct model *model = local->model;
	const struct model_package *p = &model->packages[package];
	uint32_t old = local->now.stack[package];
	int64_t sum = (int64_t)model->unary[p->first + version] - model->unary[p->first + old];
	bool ok = true;
	for (uint32_t i = 0; i < p->n_links; i++) {
		const struct model_link *link = &p->links[i];
		uint16_t other = local->now.stack[link->other];
		if (other == MODEL_ABSENT) {
			continue;
		}
		const int32_t *table = link->table + (size_t)other * link->other_step;
		int32_t cell = table[(size_t)version * link->own_step];
		if (cell == MODEL_FORBIDDEN) {
			return false;
		}
		sum += cell - table[(size_t)old * link->own_step];
	}
	if (p->n_rules > 0) {
		sum += rules_of(local, package, version, &ok) -
		       rules_of(local, package, old, &(bool){true});
	}
	*ret = sum;
	return ok;
}

static void intersect(mask_word *into, const mask_word *with, uint32_t words)
{
	for (uint32_t w = 0; w < words; w++) {
		into[w] &= with[w];
	}
}

/* What its requirers leave open to a package. */
static void reopen(struct local *local, uint32_t package)
{
	const struct model *model = local->model;
	const struct model_package *p = &model->packages[package];
	mask_word *open = local->now.open + p->words_at;
	memcpy(open, p->usable, p->words * sizeof(open[0]));
	for (uint32_t k = 0; k < p->n_requirers; k++) {
		uint16_t by = local->now.stack[p->requirers[k]];
		if (by == MODEL_ABSENT) {
			continue;
		}
		uint32_t v = model_version(model, p->requirers[k], by);
		for (uint32_t r = model->requirements_at[v]; r < model->requirements_at[v + 1];
			r++) {
			if (model->requirements[r].package == package) {
				intersect(open, model->requirements[r].allowed, p->words);
			}
		}
	}
}

static void change(struct local *local, uint32_t package, uint32_t version)
{
	const struct model *model = local->model;
	uint32_t old = model_version(model, package, local->now.stack[package]);
	uint32_t new = model_version(model, package, version);
	uint32_t from = model->requirements_at[old], other = model->requirements_at[new];
	local->now.stack[package] = (uint16_t)version;
	for (uint32_t i = 0; from + i < model->requirements_at[old + 1]; i++) {
		if (model->requirements[from + i].allowed !=
			model->requirements[other + i].allowed) {
			reopen(local, model->requirements[other + i].package);
		}
	}
}

static bool is_taken(struct local *local, int64_t difference_to_now)
{
	return difference_to_now >= 0 ||
	       (local->temperature > 0 && exp((double)difference_to_now / local->temperature) >
						  random_unit(&local->random));
}

/* Try another version of a random package. True: a stack was scored, and is it better now? */
static bool try_move(struct local *local, bool *ret_better)
{
	uint32_t package = local->present[random_below(&local->random, local->n_present)];
	const struct model_package *p = &local->model->packages[package];
	const mask_word *open = &local->now.open[p->words_at];
	uint32_t n = mask_count(open, p->words);
	*ret_better = false;
	if (n < 2) {
		local->idle++;
		return false;
	}
	uint32_t version = mask_select(open, p->words, random_below(&local->random, n));
	int64_t gain = 0;
	if (version == local->now.stack[package]) {
		local->idle++;
		return false;
	}
	if (is_light(local, package, version)) {
		local->steps++;
		if (!difference(local, package, version, &gain)) {
			local->idle++;
			return false;
		}
		local->idle = 0;
		uint16_t old = local->now.stack[package];
		local->now.stack[package] = (uint16_t)version;
		explorer_take(&local->explorer, local->now.stack, local->score + gain, 0);
		local->now.stack[package] = old;
		if (is_taken(local, gain)) {
			change(local, package, version);
			local->score += gain;
			*ret_better = gain > 0;
		}
		return true;
	}
	memcpy(local->hints, local->now.stack, local->model->n * sizeof(local->hints[0]));
	local->hints[package] = (uint16_t)version;
	int64_t score = 0;
	if (!walk(local, local->hints, &score)) {
		return false;
	}
	gain = score - local->score;
	if (is_taken(local, gain)) {
		take_trial(local, score);
		*ret_better = gain > 0;
	}
	return true;
}

/* ---- the three ways --------------------------------------------------------------------------- */

static void draw(struct local *local)
{
	int64_t score = 0;
	while (!is_done(local)) {
		(void)walk(local, NULL, &score);
	}
}

static void climb(struct local *local)
{
	uint64_t patience = 100 + 2 * (uint64_t)local->model->n_versions;
	uint32_t restarts = 0;
	while (!is_done(local) && restart(local, restarts % 4 != 0)) {
		restarts++;
		for (uint64_t stale = 0; stale < patience && !is_done(local); stale++) {
			bool better = false;
			(void)try_move(local, &better);
			stale = better ? 0 : stale;
		}
	}
}

/* Rounds that cool down from half a point to a hundredth, each from the best stack so far. */
static void anneal(struct local *local)
{
	double scale = local->model->input->scale, hot = 0.5 * scale, cold = 0.01 * scale;
	uint64_t limit = local->explorer.request->limit, round = limit / 4;
	round = round < 2000 ? 2000 : round > 50000 ? 50000 : round;
	round = round > limit ? limit : round;
	while (!is_done(local) && restart(local, true)) {
		for (uint64_t i = 0; i < round && !is_done(local); i++) {
			bool better = false;
			if (i % 16 == 0) {
				local->temperature =
					hot * pow(cold / hot, (double)i / (double)round);
			}
			(void)try_move(local, &better);
		}
		local->temperature = 0;
	}
}

void explore_local(const struct model *model, enum local_kind kind,
	const struct explore_request *request, struct arena *arena, struct explore_result *ret)
{
	size_t before = arena->total;
	struct local local = {
		.explorer = {.model = model, .request = request, .arena = arena, .result = ret},
		.model = model,
		.now = descent_make(model, arena),
		.trial = descent_make(model, arena),
		.present = arena_array(arena, uint32_t, model->n),
		.hints = arena_array(arena, uint16_t, model->n),
		.random = random_seeded(request->seed),
	};
	*ret = (struct explore_result){0};
	explorer_start(&local.explorer);
	if (model->unsatisfiable.n == 0) {
		switch (kind) {
		case LOCAL_RANDOM:
			draw(&local);
			break;
		case LOCAL_HILL:
			climb(&local);
			break;
		case LOCAL_ANNEALING:
			anneal(&local);
			break;
		}
	}
	ret->moves = local.steps + local.now.steps + local.trial.steps;
	ret->bytes = arena->total - before;
}
