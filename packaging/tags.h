#pragma once
#include "packaging/environment.h"
#include "packaging/filename.h"

/*
 * Compatibility tags (PEP 425, 600, 656, 803): which wheels an environment can use, best first.
 */
struct tags;

/* Every tag the environment supports, in priority order; held by the arena. Fast to ask. */
const struct tags *tags_new(const struct environment *environment, struct arena *arena);

/* Priority of the best tag of a wheel: 0 is best, -1 not usable here. */
int tags_priority(const struct tags *tags, const struct filename *wheel);

/* The tags as text, best first: text[n]; held by the arena of tags_new. */
const struct str *tags_list(const struct tags *tags, size_t *ret_n);
