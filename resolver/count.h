#pragma once
#include "common/random.h"
#include "resolver/model.h"

/*
 * How many stacks are valid, exactly, and stacks drawn so that each is as likely as any other.
 *
 * Packages are decided in the model's order, and what is left to do is a *state*: which of the others
 * are required and what is still open to them. Stacks with the same rest share their state, so there
 * are far fewer states than stacks (TensorFlow with its 52 packages: some thousands for 2.6e42), and
 * each is counted once. Drawing walks from the first state on, each version as often as there are stacks
 * behind it.
 *
 * Forbidding rules count; they may multiply the states, which have a limit.
 */
enum { COUNT_STATES = 400000, COUNT_BYTES = 96 << 20 };

struct count;

/*
 * Count. NULL when it takes more states or memory than above, or `cancelled` said so (may be NULL):
 * the number is not known then. All is held by the arena.
 */
MUST_USE struct count *count_stacks(
	const struct model *model, struct arena *arena, bool (*cancelled)(void *data), void *data);

/* Decimal digits. */
struct str count_text(const struct count *count, struct arena *arena);

/* The nearest double; INFINITY above its range. */
double count_number(const struct count *count);

uint32_t count_states(const struct count *count);

/* Draw a stack, uniformly. False when there is none. */
bool count_draw(struct count *count, struct random *random, uint16_t *ret_stack);
