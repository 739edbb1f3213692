#include "resolver/beam.h"
#include "common/banned.h"

struct beam beam_make(const struct model *model, uint32_t width, struct arena *arena)
{
	return (struct beam){.model = model,
		.arena = arena,
		.width = width,
		.last = BEAM_NONE,
		.bit_words = mask_words(model->n)};
}

/* ---- the pool --------------------------------------------------------------------------------- */

static uint32_t *grown(struct beam *beam, const uint32_t *old, uint32_t n, uint32_t cap)
{
	uint32_t *array = arena_array(beam->arena, uint32_t, cap);
	if (n > 0) {
		memcpy(array, old, n * sizeof(array[0]));
	}
	return array;
}

static void grow_pool(struct beam *beam)
{
	uint32_t cap = beam->cap_states == 0 ? 64 : beam->cap_states * 2;
	struct beam_state **states = arena_array(beam->arena, struct beam_state *, cap);
	if (beam->n_states > 0) {
		memcpy(states, beam->states, beam->n_states * sizeof(states[0]));
	}
	beam->states = states;
	beam->free = grown(beam, beam->free, beam->n_free, cap);
	beam->heaps[0] = grown(beam, beam->heaps[0], beam->n, cap);
	beam->heaps[1] = grown(beam, beam->heaps[1], beam->width == 0 ? 0 : beam->n, cap);
	beam->cap_states = cap;
}

/* One state in one piece of memory, so that its arrays lie together. */
static struct beam_state *make_state(struct beam *beam)
{
	const struct model *model = beam->model;
	size_t masks = 2 * (size_t)beam->bit_words + model->n_words;
	size_t words = (sizeof(struct beam_state) + 7) / 8 + masks + (model->n + 3) / 4;
	mask_word *memory = arena_array(beam->arena, mask_word, words);
	struct beam_state *state = (struct beam_state *)memory;
	state->required = memory + (sizeof(struct beam_state) + 7) / 8;
	state->resolved = state->required + beam->bit_words;
	state->open = state->resolved + beam->bit_words;
	state->stack = (uint16_t *)(state->open + model->n_words);
	beam->bytes += words * sizeof(mask_word);
	return state;
}

uint32_t beam_new(struct beam *beam, uint32_t from)
{
	uint32_t number = 0;
	if (beam->n_free > 0) {
		number = beam->free[--beam->n_free];
	} else {
		if (beam->n_states == beam->cap_states) {
			grow_pool(beam);
		}
		number = beam->n_states++;
		beam->states[number] = make_state(beam);
	}
	struct beam_state *state = beam->states[number];
	state->at[0] = state->at[1] = BEAM_NONE;
	size_t masks = (2 * (size_t)beam->bit_words + beam->model->n_words) * sizeof(mask_word);
	size_t all = masks + beam->model->n * sizeof(uint16_t);
	if (from == BEAM_NONE) {
		state->score = 0;
		state->unresolved = 0;
		memset(state->required, 0, masks);
		memset(state->stack, 0xff, beam->model->n * sizeof(uint16_t));
	} else {
		state->score = beam->states[from]->score;
		state->unresolved = beam->states[from]->unresolved;
		memcpy(state->required, beam->states[from]->required, all);
	}
	return number;
}

void beam_recycle(struct beam *beam, uint32_t state)
{
	beam->free[beam->n_free++] = state;
}

/* ---- two heaps over one set ------------------------------------------------------------------- */

/* Does state a belong above state b in heap h? */
static bool is_above(const struct beam *beam, int h, uint32_t a, uint32_t b)
{
	const struct beam_state *x = beam->states[a], *y = beam->states[b];
	bool higher = x->score != y->score ? x->score > y->score : x->made < y->made;
	return higher == (h == 0);
}

static void place(struct beam *beam, int h, uint32_t at, uint32_t state)
{
	beam->heaps[h][at] = state;
	beam->states[state]->at[h] = at;
}

static void sift_up(struct beam *beam, int h, uint32_t at)
{
	uint32_t state = beam->heaps[h][at];
	while (at > 0 && is_above(beam, h, state, beam->heaps[h][(at - 1) / 2])) {
		place(beam, h, at, beam->heaps[h][(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	place(beam, h, at, state);
}

static void sift_down(struct beam *beam, int h, uint32_t at, uint32_t n)
{
	uint32_t state = beam->heaps[h][at];
	for (uint32_t child; (child = 2 * at + 1) < n; at = child) {
		if (child + 1 < n &&
			is_above(beam, h, beam->heaps[h][child + 1], beam->heaps[h][child])) {
			child++;
		}
		if (!is_above(beam, h, beam->heaps[h][child], state)) {
			break;
		}
		place(beam, h, at, beam->heaps[h][child]);
	}
	place(beam, h, at, state);
}

void beam_remove(struct beam *beam, uint32_t number)
{
	struct beam_state *state = beam->states[number];
	beam->n--;
	for (int h = 0; h < (beam->width == 0 ? 1 : 2); h++) {
		uint32_t at = state->at[h], moved = beam->heaps[h][beam->n];
		state->at[h] = BEAM_NONE;
		if (moved == number) {
			continue;
		}
		place(beam, h, at, moved);
		sift_up(beam, h, at);
		sift_down(beam, h, beam->states[moved]->at[h], beam->n);
	}
	if (beam->last == number) {
		beam->last = BEAM_NONE;
	}
}

void beam_push(struct beam *beam, uint32_t number)
{
	struct beam_state *state = beam->states[number];
	if (beam->width != 0 && beam->n == beam->width) {
		uint32_t lowest = beam->heaps[1][0];
		beam->dropped = true;
		beam_remove(beam, lowest);
		beam_recycle(beam, lowest);
	}
	state->made = beam->pushed++;
	for (int h = 0; h < (beam->width == 0 ? 1 : 2); h++) {
		place(beam, h, beam->n, number);
		sift_up(beam, h, beam->n);
	}
	beam->n++;
	beam->last = number;
}

uint32_t beam_old(const struct beam *beam, struct random *random)
{
	for (int tries = 0; tries < 8; tries++) {
		double unit = random_unit(random);
		uint32_t number = (uint32_t)(unit * unit * unit * unit * beam->n_states);
		if (beam->states[number]->at[0] != BEAM_NONE) {
			return number;
		}
	}
	return beam_any(beam, random);
}
