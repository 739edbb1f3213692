#include "resolver/descent.h"
#include "common/banned.h"

/* ---- bits ------------------------------------------------------------------------------------- */

/* Bits of each byte, summed up to the bytes below it. */
static uint64_t byte_sums(uint64_t x)
{
	x -= x >> 1 & 0x5555555555555555;
	x = (x & 0x3333333333333333) + (x >> 2 & 0x3333333333333333);
	x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0f;
	return x * 0x0101010101010101;
}

static uint32_t word_count(uint64_t x)
{
	return (uint32_t)(byte_sums(x) >> 56);
}

static uint32_t word_select(uint64_t x, uint32_t rank)
{
	uint64_t sums = byte_sums(x);
	uint32_t at = 0;
	while ((sums >> at & 0xff) <= rank) {
		at += 8;
	}
	rank -= at == 0 ? 0 : (uint32_t)(sums >> (at - 8) & 0xff);
	uint32_t byte = (uint32_t)(x >> at & 0xff);
	for (; rank > 0; rank--) {
		byte &= byte - 1;
	}
	return at + (uint32_t)__builtin_ctz(byte);
}

uint32_t mask_count(const mask_word *mask, uint32_t words)
{
	uint32_t n = 0;
	for (uint32_t w = 0; w < words; w++) {
		n += word_count(mask[w]);
	}
	return n;
}

uint32_t mask_select(const mask_word *mask, uint32_t words, uint32_t rank)
{
	uint32_t w = 0;
	for (uint32_t n; w + 1 < words && (n = word_count(mask[w])) <= rank; w++) {
		rank -= n;
	}
	return w * MASK_BITS + word_select(mask[w], rank);
}

static uint32_t mask_highest(const mask_word *mask, uint32_t words)
{
	while (words > 1 && mask[words - 1] == 0) {
		words--;
	}
	return words * MASK_BITS - 1 - (uint32_t)__builtin_clzll(mask[words - 1]);
}

static bool is_empty(const mask_word *mask, uint32_t words)
{
	mask_word any = 0;
	for (uint32_t w = 0; w < words; w++) {
		any |= mask[w];
	}
	return any == 0;
}

/* ---- the walk --------------------------------------------------------------------------------- */

struct descent descent_make(const struct model *model, struct arena *arena)
{
	uint32_t bit_words = mask_words(model->n);
	return (struct descent){
		.model = model,
		.stack = arena_array(arena, uint16_t, model->n),
		.open = arena_array(arena, mask_word, model->n_words),
		.required = arena_array(arena, mask_word, bit_words),
		.decided = arena_array(arena, mask_word, bit_words),
		.bit_words = bit_words,
	};
}

/* The versions open to a package that may not be required yet. */
static const mask_word *open_to(const struct descent *descent, uint32_t package)
{
	const struct model_package *p = &descent->model->packages[package];
	return mask_has(descent->required, package) ? &descent->open[p->words_at] : p->usable;
}

static bool can_require(const struct descent *descent, uint32_t from, uint32_t to)
{
	const struct model *model = descent->model;
	for (uint32_t r = from; r < to; r++) {
		const struct model_requirement *requirement = &model->requirements[r];
		uint32_t on = requirement->package;
		if (descent->stack[on] != MODEL_ABSENT) {
			if (!mask_has(requirement->allowed, descent->stack[on])) {
				return false;
			}
			continue;
		}
		const mask_word *open = open_to(descent, on);
		mask_word any = 0;
		for (uint32_t w = 0; w < model->packages[on].words; w++) {
			any |= open[w] & requirement->allowed[w];
		}
		if (any == 0) {
			return false;
		}
	}
	return true;
}

static void require(struct descent *descent, uint32_t from, uint32_t to)
{
	const struct model *model = descent->model;
	for (uint32_t r = from; r < to; r++) {
		const struct model_requirement *requirement = &model->requirements[r];
		uint32_t on = requirement->package;
		const mask_word *open = open_to(descent, on);
		mask_word *narrowed = &descent->open[model->packages[on].words_at];
		for (uint32_t w = 0; w < model->packages[on].words; w++) {
			narrowed[w] = open[w] & requirement->allowed[w];
		}
		mask_add(descent->required, on);
	}
}

static uint32_t pick(const struct descent *descent, const struct descent_policy *policy,
	struct random *random, uint32_t package, const mask_word *open)
{
	uint32_t words = descent->model->packages[package].words;
	if (policy->hints != NULL && policy->hints[package] != MODEL_ABSENT &&
		mask_has(open, policy->hints[package])) {
		return policy->hints[package];
	}
	if (policy->choose != NULL) {
		return policy->choose(policy->data, package, open);
	}
	if (policy->choice == DESCENT_NEWEST) {
		return mask_highest(open, words);
	}
	return mask_select(open, words, random_below(random, mask_count(open, words)));
}

/* Choose for one package and require what that needs. False: a dead end. */
static bool decide(struct descent *descent, const struct descent_policy *policy,
	struct random *random, uint32_t package, int64_t *score)
{
	const struct model *model = descent->model;
	const struct model_package *p = &model->packages[package];
	mask_word *open = &descent->open[p->words_at];
	uint32_t n_links = model->cyclic ? p->n_links : p->n_earlier;
	for (int tries = 0; tries < DESCENT_TRIES && !is_empty(open, p->words); tries++) {
		uint32_t version = pick(descent, policy, random, package, open);
		uint32_t from = model->requirements_at[p->first + version];
		uint32_t to = model->requirements_at[p->first + version + 1];
		int64_t gain = 0;
		if (can_require(descent, from, to) &&
			model_gain(model, descent->stack, package, version, n_links, &gain)) {
			*score += gain;
			descent->stack[package] = (uint16_t)version;
			mask_add(descent->decided, package);
			require(descent, from, to);
			descent->steps++;
			return true;
		}
		mask_drop(open, version);
	}
	return false;
}

/* The first package in the model's order that is required and not decided, or n. */
static uint32_t next_required(const struct descent *descent)
{
	for (uint32_t w = 0; w < descent->bit_words; w++) {
		mask_word waiting = descent->required[w] & ~descent->decided[w];
		if (waiting != 0) {
			return w * MASK_BITS + (uint32_t)__builtin_ctzll(waiting);
		}
	}
	return descent->model->n;
}

int64_t descent_run(
	struct descent *descent, const struct descent_policy *policy, struct random *random)
{
	const struct model *model = descent->model;
	int64_t score = 0;
	memset(descent->stack, 0xff, model->n * sizeof(descent->stack[0]));
	memset(descent->required, 0, descent->bit_words * sizeof(mask_word));
	memset(descent->decided, 0, descent->bit_words * sizeof(mask_word));
	for (uint32_t i = 0; i < model->n_roots; i++) {
		const struct model_package *p = &model->packages[model->roots[i]];
		memcpy(&descent->open[p->words_at], p->usable, p->words * sizeof(mask_word));
		mask_add(descent->required, model->roots[i]);
	}
	for (uint32_t p; (p = next_required(descent)) < model->n;) {
		if (!decide(descent, policy, random, p, &score)) {
			return MODEL_NO_SCORE;
		}
	}
	return score;
}
