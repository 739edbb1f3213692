#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/*
 * Sets of the states one package can be in: bit 0 is "not in the stack", bit i + 1 is candidate i
 * (newest first). Because absence is a state like any other, a term of an incompatibility is one
 * such set, negation is the complement, and PubGrub's positive and negative terms need no separate
 * rules. words = (states + 63) / 64; the bits past the last state are always 0.
 */
typedef uint64_t set_word;

static inline uint32_t set_words(uint32_t states)
{
	return (states + 63) / 64;
}

static inline bool set_has(const set_word *a, uint32_t bit)
{
	return (a[bit / 64] >> (bit % 64) & 1) != 0;
}

static inline void set_put(set_word *a, uint32_t bit)
{
	a[bit / 64] |= (set_word)1 << (bit % 64);
}

static inline void set_drop(set_word *a, uint32_t bit)
{
	a[bit / 64] &= ~((set_word)1 << (bit % 64));
}

static inline void set_copy(set_word *to, const set_word *from, uint32_t words)
{
	memcpy(to, from, words * sizeof(*to));
}

static inline void set_fill(set_word *a, uint32_t states)
{
	uint32_t words = set_words(states);
	memset(a, 0xff, words * sizeof(*a));
	if (states % 64 != 0) {
		a[words - 1] = ((set_word)1 << (states % 64)) - 1;
	}
}

static inline void set_complement(set_word *a, uint32_t states)
{
	uint32_t words = set_words(states);
	for (uint32_t i = 0; i < words; i++) {
		a[i] = ~a[i];
	}
	if (states % 64 != 0) {
		a[words - 1] &= ((set_word)1 << (states % 64)) - 1;
	}
}

static inline bool set_is_subset(const set_word *a, const set_word *of, uint32_t words)
{
	for (uint32_t i = 0; i < words; i++) {
		if ((a[i] & ~of[i]) != 0) {
			return false;
		}
	}
	return true;
}

/* a is a subset of (b or c) */
static inline bool set_is_subset_of_union(
	const set_word *a, const set_word *b, const set_word *c, uint32_t words)
{
	for (uint32_t i = 0; i < words; i++) {
		if ((a[i] & ~(b[i] | c[i])) != 0) {
			return false;
		}
	}
	return true;
}

static inline bool set_meets(const set_word *a, const set_word *b, uint32_t words)
{
	for (uint32_t i = 0; i < words; i++) {
		if ((a[i] & b[i]) != 0) {
			return true;
		}
	}
	return false;
}

static inline bool set_equal(const set_word *a, const set_word *b, uint32_t words)
{
	return memcmp(a, b, words * sizeof(*a)) == 0;
}

static inline bool set_is_full(const set_word *a, uint32_t states)
{
	uint32_t words = set_words(states);
	for (uint32_t i = 0; i + 1 < words; i++) {
		if (a[i] != UINT64_MAX) {
			return false;
		}
	}
	set_word last = states % 64 == 0 ? UINT64_MAX : ((set_word)1 << (states % 64)) - 1;
	return a[words - 1] == last;
}

static inline uint32_t set_count(const set_word *a, uint32_t words)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < words; i++) {
		n += (uint32_t)__builtin_popcountll(a[i]);
	}
	return n;
}

/* The lowest bit of (a and mask), or UINT32_MAX. mask NULL: all. */
static inline uint32_t set_first(const set_word *a, const set_word *mask, uint32_t words)
{
	for (uint32_t i = 0; i < words; i++) {
		set_word w = mask == NULL ? a[i] : a[i] & mask[i];
		if (w != 0) {
			return i * 64 + (uint32_t)__builtin_ctzll(w);
		}
	}
	return UINT32_MAX;
}
