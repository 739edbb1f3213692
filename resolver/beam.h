#pragma once
#include "common/random.h"
#include "resolver/model.h"

/*
 * The beam: partial stacks that the predictors choose among, best score first, with an optional width
 * beyond which the lowest go. A partial stack (a state) has versions for some packages, and for the
 * others that are required what is still open. States live in a pool and are used again.
 */
struct beam_state {
	int64_t score;
	uint64_t made;       /* when it was pushed; breaks ties, the earlier one is higher */
	uint32_t at[2];      /* in the two heaps; BEAM_NONE: not in the beam */
	uint32_t unresolved; /* packages required and without a version */
	uint16_t *stack;     /* [packages] */
	mask_word *required, *resolved; /* bits of packages */
	mask_word *open;                /* [n_words], valid for required packages */
};

#define BEAM_NONE UINT32_MAX

struct beam {
	const struct model *model;
	struct arena *arena;
	struct beam_state **states; /* by number */
	uint32_t n_states, cap_states;
	uint32_t *free;
	uint32_t n_free;
	uint32_t *heaps[2]; /* highest first; with a width also lowest first */
	uint32_t n, width;  /* width 0: unlimited */
	uint32_t last;      /* the one pushed last, while it is there; else BEAM_NONE */
	uint32_t bit_words;
	uint64_t pushed;
	bool dropped; /* some state did not fit */
	size_t bytes;
};

struct beam beam_make(const struct model *model, uint32_t width, struct arena *arena);

/* A fresh state, not in the beam; a copy of another one unless that is BEAM_NONE. */
uint32_t beam_new(struct beam *beam, uint32_t from);
void beam_recycle(struct beam *beam, uint32_t state);

/*
 * Put a state in. Of a full beam the lowest goes, even when the new one is lower: what was begun may be
 * brought to its end.
 */
void beam_push(struct beam *beam, uint32_t state);
void beam_remove(struct beam *beam, uint32_t state);

static inline struct beam_state *beam_get(const struct beam *beam, uint32_t state)
{
	return beam->states[state];
}

/* The highest score; the last one pushed; any one. The beam is not empty. */
static inline uint32_t beam_top(const struct beam *beam)
{
	return beam->heaps[0][0];
}
static inline uint32_t beam_any(const struct beam *beam, struct random *random)
{
	return beam->heaps[0][random_below(random, beam->n)];
}

/*
 * Any one, and more likely one that is there for long: numbers are given in order, and a state keeps its
 * number while versions are left to try. Such states are near the roots, where most is still open.
 */
uint32_t beam_old(const struct beam *beam, struct random *random);
