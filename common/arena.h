#pragma once
#include <stddef.h>
#include "common/attr.h"
#include "common/str.h"

/*
 * Memory that lives as long as one operation: a message, a page, a resolution. Who starts the
 * operation writes
 *
 *	AUTO(arena_done) struct arena arena = {0};
 *
 * and hands &arena to everything that allocates on the way. There is no free of a single object;
 * all goes together. Running out of memory aborts with a message: our inputs are bounded, so it
 * is a bug and not an event.
 */
struct arena {
	struct arena_block *block; /* newest block, links to the older ones */
	size_t used, cap;          /* bytes of the newest block */
	size_t total;              /* bytes of all blocks, for limits and tests */
};

void arena_done(struct arena *arena);

/* Forget everything but keep the newest block, for loops that handle one message after another. */
void arena_reset(struct arena *arena);

/* n * size zeroed bytes, aligned for any type. n == 0 gives a valid pointer to nothing. */
MUST_USE void *arena_alloc(struct arena *arena, size_t n, size_t size);

#define arena_new(arena, type) ((type *)arena_alloc((arena), 1, sizeof(type)))
#define arena_array(arena, type, n) ((type *)arena_alloc((arena), (n), sizeof(type)))

/* A copy of s held by the arena, followed by a NUL that does not count. */
MUST_USE struct str arena_str(struct arena *arena, struct str s);

/* The same as a C string, for the edge of a C API. A NUL inside s ends it early. */
MUST_USE const char *arena_cstr(struct arena *arena, struct str s);

/* printf into the arena. */
MUST_USE struct str arena_printf(struct arena *arena, const char *format, ...) PRINTF(2, 3);

/* Abort with a message: out of memory, or a size that does not fit. */
NORETURN void arena_die(const char *what);
