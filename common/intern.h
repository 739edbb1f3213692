#pragma once
#include <stdint.h>
#include "common/arena.h"
#include "common/hash.h"

/*
 * Distinct strings to dense ids 0, 1, 2, ... and back. Equality is one compare and a "map" is an
 * array indexed by id. Wrap the id (struct name_id { uint32_t i; }) so that two tables cannot be
 * mixed. The hash is keyed by a per-process secret, so hostile names cannot pile up in one slot.
 */
struct intern {
	struct arena arena;
	struct str *strings; /* strings[n], held by arena */
	uint32_t n, cap;
	uint32_t *slots; /* id + 1, or 0; n_slots is a power of two */
	uint32_t n_slots;
	unsigned char key[HASH_KEY];
};

#define INTERN_NONE UINT32_MAX

void intern_done(struct intern *table); /* a zeroed table is empty and ready */

/* Id of s, which is copied when it is new. */
uint32_t intern_id(struct intern *table, struct str s);

/* Id of s, or INTERN_NONE. */
uint32_t intern_find(const struct intern *table, struct str s);

/* The string of an id that this table gave; lives as long as the table. */
struct str intern_str(const struct intern *table, uint32_t id);
