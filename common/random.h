#pragma once
#include <stdint.h>

/*
 * A seeded generator, so that everything that draws lots can be repeated: the same seed gives the
 * same numbers on every machine. Not for secrets.
 *
 * Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators" (2021), xoshiro256**,
 * seeded by splitmix64 as they advise.
 */
struct random {
	uint64_t s[4];
};

/* Different seeds give unrelated streams; 0 is as good as any. */
struct random random_seeded(uint64_t seed);

static inline uint64_t random_rotated(uint64_t x, int by)
{
	return x << by | x >> (64 - by);
}

static inline uint64_t random_next(struct random *random)
{
	uint64_t *s = random->s;
	uint64_t result = random_rotated(s[1] * 5, 7) * 9, t = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = random_rotated(s[3], 45);
	return result;
}

/* Uniform in 0..n-1 without bias, n > 0 (Lemire, 2019). */
static inline uint32_t random_below(struct random *random, uint32_t n)
{
	uint64_t product = (random_next(random) >> 32) * n;
	if ((uint32_t)product < n) {
		uint32_t reject = -n % n;
		while ((uint32_t)product < reject) {
			product = (random_next(random) >> 32) * n;
		}
	}
	return (uint32_t)(product >> 32);
}

/* Uniform in [0, 1), a multiple of 2^-53. */
static inline double random_unit(struct random *random)
{
	return (double)(random_next(random) >> 11) * 0x1p-53;
}
