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

/* The wheel is for a Python of these tags, on whatever platform. */
bool tags_python_fits(const struct tags *tags, const struct filename *wheel);

/* The tags as text, best first: text[n]; held by the arena of tags_new. */
const struct str *tags_list(const struct tags *tags, size_t *ret_n);

/* What tags are made from, when it is not an environment: "cp313", "cp313t" or "pypy310_pp73", ... */
struct tags_parts {
	struct str interpreter; /* "cp313", "pp310": without the 't' of a free-threaded build */
	int major, minor;
	const struct str *abis; /* abis[n_abis], best first, without abi3 and none */
	size_t n_abis;
	const struct str *platforms; /* platforms[n_platforms], best first */
	size_t n_platforms;
};
const struct tags *tags_from_parts(const struct tags_parts *parts, struct arena *arena);

/* Platform tags of an environment, best first. */
const struct str *tags_platforms(
	const struct environment *environment, struct arena *arena, size_t *ret_n);
