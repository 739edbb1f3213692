#pragma once
#include <stddef.h>
#include "common/arena.h"

/*
 * Growable arrays held by an arena:
 *
 *	VEC(struct pin) pins = {0};
 *	*vec_push(arena, &pins) = pin;
 *	for (size_t i = 0; i < pins.n; i++) use(&pins.p[i]);
 *
 * Growing moves the elements, so keep indices and not pointers while an array still grows. The
 * old memory stays in the arena; doubling keeps that below the size of the array.
 */
#define VEC(type)                                                                                  \
	struct {                                                                                   \
		type *p;                                                                           \
		size_t n, cap;                                                                     \
	}

/* Pointer to a new, zeroed last element. */
#define vec_push(arena, v)                                                                         \
	((v)->p = vec_grow((arena), (v)->p, (v)->n, &(v)->cap, sizeof(*(v)->p)), &(v)->p[(v)->n++])

static inline void *vec_grow(struct arena *arena, void *p, size_t n, size_t *cap, size_t size)
{
	if (n < *cap) {
		return p;
	}
	*cap = *cap == 0 ? 8 : *cap * 2;
	void *grown = arena_alloc(arena, *cap, size);
	if (n > 0) {
		memcpy(grown, p, n * size);
	}
	return grown;
}
