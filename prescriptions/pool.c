#include "prescriptions/pool.h"
#include <stdlib.h>
#include "common/banned.h"

enum { POOL_MAX = 1 << 30 }; /* bytes */

/* Which half of a slot is the hash's: most others are told apart without a look at their bytes. */
#define TAG 0xffffffff00000000u

void pool_done(struct pool *pool)
{
	free(pool->bytes);
	free(pool->entries);
	free(pool->slots);
	*pool = (struct pool){0};
}

/* Multiply and fold eight bytes at a time; the seed keeps a stranger from choosing who meets. */
static uint64_t hash(uint64_t seed, const unsigned char *p, size_t n)
{
	const uint64_t prime = 0x9e3779b97f4a7c15u;
	uint64_t h = seed ^ n * prime;
	uint64_t word;
	for (; n >= 8; p += 8, n -= 8) {
		memcpy(&word, p, 8);
		h = (h ^ word) * prime;
		h ^= h >> 29;
	}
	if (n > 0) {
		word = 0;
		memcpy(&word, p, n);
		h = (h ^ word) * prime;
		h ^= h >> 29;
	}
	h *= 0xbf58476d1ce4e5b9u;
	return h ^ h >> 32;
}

static void *grown(void *p, size_t size)
{
	void *bigger = realloc(p, size);
	if (bigger == NULL) {
		arena_die("out of memory");
	}
	return bigger;
}

static void place(struct pool *pool, uint32_t id)
{
	uint32_t i = (uint32_t)pool->entries[id].hash & (pool->n_slots - 1);
	while (pool->slots[i] != 0) {
		i = (i + 1) & (pool->n_slots - 1);
	}
	pool->slots[i] = (pool->entries[id].hash & TAG) | (id + 1);
}

static void grow(struct pool *pool, uint32_t cap)
{
	if (pool->n_slots == 0) {
		hash_random(&pool->seed, sizeof(pool->seed));
	}
	pool->cap = cap;
	pool->entries = grown(pool->entries, pool->cap * sizeof(*pool->entries));
	free(pool->slots);
	pool->n_slots = pool->cap * 2;
	pool->slots = calloc(pool->n_slots, sizeof(*pool->slots));
	if (pool->slots == NULL) {
		arena_die("out of memory");
	}
	for (uint32_t id = 0; id < pool->n; id++) {
		place(pool, id);
	}
}

void pool_reserve(struct pool *pool, size_t n)
{
	enum { MOST = 1 << 18 };
	uint32_t cap = 1024;
	while (cap < n && cap < MOST) {
		cap *= 2;
	}
	if (cap > pool->cap) {
		grow(pool, cap);
	}
}

static uint32_t add_bytes(struct pool *pool, const void *p, size_t n, size_t align)
{
	size_t at = (pool->n_bytes + align - 1) / align * align;
	if (n > POOL_MAX || at > POOL_MAX - n) {
		arena_die("rules larger than 1 GiB");
	}
	if (at + n > pool->cap_bytes) {
		pool->cap_bytes = (at + n) * 2 < 65536 ? 65536 : (at + n) * 2;
		pool->bytes = grown(pool->bytes, pool->cap_bytes);
	}
	memset(pool->bytes + pool->n_bytes, 0, at - pool->n_bytes);
	if (n > 0) {
		memcpy(pool->bytes + at, p, n);
	}
	pool->n_bytes = at + n;
	return (uint32_t)at;
}

uint32_t pool_id(struct pool *pool, const void *p, size_t n, size_t align)
{
	if (pool->n == pool->cap) {
		grow(pool, pool->cap == 0 ? 1024 : pool->cap * 2);
	}
	uint64_t h = hash(pool->seed, p, n);
	for (uint32_t i = (uint32_t)h & (pool->n_slots - 1); pool->slots[i] != 0;
		i = (i + 1) & (pool->n_slots - 1)) {
		uint32_t known = (uint32_t)pool->slots[i] - 1;
		const struct pool_entry *entry = &pool->entries[known];
		if (((pool->slots[i] ^ h) & TAG) == 0 && entry->n == n &&
			(n == 0 || memcmp(pool->bytes + entry->at, p, n) == 0)) {
			return known;
		}
	}
	uint32_t id = pool->n++;
	pool->entries[id] = (struct pool_entry){
		.hash = h, .at = add_bytes(pool, p, n, align), .n = (uint32_t)n};
	place(pool, id);
	return id;
}
