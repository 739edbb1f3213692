#include "common/arena.h"
#include <stdarg.h>
#include <stdalign.h>
#include <stdint.h>
#include "common/banned.h"

enum { BLOCK_MIN = 4096, BLOCK_MAX = 1 << 20 };

struct arena_block {
	struct arena_block *older;
	alignas(max_align_t) char data[];
};

void arena_die(const char *what)
{
	fprintf(stderr, "thoth: %s\n", what);
	abort();
}

void arena_done(struct arena *arena)
{
	for (struct arena_block *b = arena->block; b != NULL;) {
		struct arena_block *older = b->older;
		free(b);
		b = older;
	}
	*arena = (struct arena){0};
}

void arena_reset(struct arena *arena)
{
	if (arena->block == NULL) {
		return;
	}
	for (struct arena_block *b = arena->block->older; b != NULL;) {
		struct arena_block *older = b->older;
		free(b);
		b = older;
	}
	arena->block->older = NULL;
	memset(arena->block->data, 0, arena->used);
	arena->used = 0;
	arena->total = arena->cap;
}

static void add_block(struct arena *arena, size_t need)
{
	size_t cap = arena->cap == 0 ? BLOCK_MIN : arena->cap * 2;
	if (cap > BLOCK_MAX) {
		cap = BLOCK_MAX;
	}
	if (cap < need) {
		cap = need;
	}
	/* calloc: fresh pages from the system are zero already and are not touched twice */
	struct arena_block *block = calloc(1, sizeof(*block) + cap);
	if (block == NULL) {
		arena_die("out of memory");
	}
	block->older = arena->block;
	arena->block = block;
	arena->used = 0;
	arena->cap = cap;
	arena->total += cap;
}

void *arena_alloc(struct arena *arena, size_t n, size_t size)
{
	size_t bytes;
	size_t padded;
	if (__builtin_mul_overflow(n, size, &bytes) ||
		__builtin_add_overflow(bytes, alignof(max_align_t) - 1, &padded) ||
		padded > PTRDIFF_MAX) {
		arena_die("allocation larger than the address space");
	}
	padded &= ~(alignof(max_align_t) - 1);
	if (arena->block == NULL || arena->cap - arena->used < padded) {
		add_block(arena, padded);
	}
	void *p = arena->block->data + arena->used;
	arena->used += padded;
	return p;
}

struct str arena_str(struct arena *arena, struct str s)
{
	char *p = arena_alloc(arena, s.n + 1, 1);
	if (s.n > 0) {
		memcpy(p, s.p, s.n);
	}
	return (struct str){p, s.n};
}

const char *arena_cstr(struct arena *arena, struct str s)
{
	return arena_str(arena, s).p;
}

struct str arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0) {
		arena_die("bad format");
	}
	char *p = arena_alloc(arena, (size_t)n + 1, 1);
	va_start(args, format);
	vsnprintf(p, (size_t)n + 1, format, args);
	va_end(args);
	return (struct str){p, (size_t)n};
}
