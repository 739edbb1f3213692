#pragma once
#include "common/arena.h"
#include "common/hash.h"

/*
 * Distinct byte strings to dense ids, as common/intern.h, for the millions of small texts and values of a
 * set of rules: a quicker hash (keyed with a random number), and bytes one after the other in one block.
 */
struct pool {
	unsigned char *bytes;
	size_t n_bytes, cap_bytes;
	struct pool_entry {
		uint64_t hash;
		uint32_t at, n;
	} * entries;
	uint32_t n, cap;
	uint64_t *slots; /* upper half of the hash, and id + 1; or 0 */
	uint32_t n_slots;
	uint64_t seed;
};

/* Room for about n strings, so that it need not grow while it fills. */
void pool_reserve(struct pool *pool, size_t n);

void pool_done(struct pool *pool);

/* The id of these bytes, which are copied when they are new; new ones start at a multiple of align. */
uint32_t pool_id(struct pool *pool, const void *p, size_t n, size_t align);

static inline struct str pool_str(const struct pool *pool, uint32_t id)
{
	return (struct str){(const char *)pool->bytes + pool->entries[id].at, pool->entries[id].n};
}
