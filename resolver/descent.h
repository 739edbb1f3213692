#pragma once
#include "common/random.h"
#include "resolver/model.h"

/*
 * One walk from the roots down to a complete stack with its score. The next required package in the
 * model's order gets a version out of those its requirers leave open; what that requires narrows the
 * others. A stack made this way is valid and founded, on cycles too.
 *
 * With hints (an old stack, changed somewhere) the walk is a move of local search: it keeps what
 * still fits and repairs the rest.
 */
struct descent {
	const struct model *model;
	uint16_t *stack;               /* [n]: the last walk's result */
	uint64_t steps;                /* versions chosen in all walks */
	mask_word *open;               /* [n_words]: versions open to each required package */
	mask_word *required, *decided; /* bits of packages */
	uint32_t bit_words;
};

enum descent_choice { DESCENT_RANDOM, DESCENT_NEWEST };

struct descent_policy {
	const uint16_t *hints; /* [n], taken while open (MODEL_ABSENT: none here); NULL: none */
	enum descent_choice choice; /* where no hint can be taken */
	/* Instead of choice: one of the versions in open. NULL: not used. */
	uint32_t (*choose)(void *data, uint32_t package, const mask_word *open);
	void *data;
};

enum { DESCENT_TRIES = 4 }; /* versions of one package before a walk is given up */

struct descent descent_make(const struct model *model, struct arena *arena);

/* Score of descent->stack, or MODEL_NO_SCORE when the walk came to a dead end. */
int64_t descent_run(
	struct descent *descent, const struct descent_policy *policy, struct random *random);

/* Bits in a mask, and one of them by its rank (0 the lowest) below that count. */
uint32_t mask_count(const mask_word *mask, uint32_t words);
uint32_t mask_select(const mask_word *mask, uint32_t words, uint32_t rank);
