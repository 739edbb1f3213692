#pragma once
#include "resolver/model.h"

/*
 * Versions that no valid stack can hold, found by propagation alone: what they require is not to
 * be had, a package that has to be there does not allow them, a rule forbids them, or no chain of
 * requirements leads to their package. Private to model.c.
 *
 * usable[p] are masks over the versions of package p, with the forbidden ones taken out before; they
 * are narrowed in place. Returns why no stack is valid at all, or "".
 */
struct str possible_narrow(
	const struct model *model, mask_word *const *usable, struct arena *arena);
