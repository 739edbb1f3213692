#include "unit/test.h"
#include <stdalign.h>
#include "common/vec.h"
#include "common/banned.h"

static void gives_zeroed_aligned_memory_of_any_size(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	static const size_t sizes[] = {0, 1, 15, 16, 17, 4095, 4096, 4097, 1 << 20, (1 << 20) + 1};
	for (size_t round = 0; round < 3; round++) {
		for (size_t i = 0; i < N_OF(sizes); i++) {
			char *p = arena_array(&arena, char, sizes[i]);
			assert_non_null(p);
			assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
			for (size_t k = 0; k < sizes[i]; k++) {
				assert_int_equal(p[k], 0);
			}
			memset(p, 0xff, sizes[i]);
		}
	}
}

static void zeroes_again_after_a_reset(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	arena_reset(&arena); /* an unused one is fine */
	memset(arena_alloc(&arena, 10000, 1), 0xff, 10000);
	memset(arena_alloc(&arena, 20000, 1), 0xff, 20000);
	for (int i = 0; i < 1000; i++) {
		arena_reset(&arena);
		size_t held = arena.total;
		char *p = arena_alloc(&arena, 20000, 1);
		assert_int_equal(p[0] | p[19999], 0);
		assert_int_equal(arena.total, held); /* the kept block is enough */
		memset(p, 0xff, 20000);
	}
}

static void copies_strings_with_any_byte(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct str copy = arena_str(&arena, S("a\0b"));
	assert_str(copy, S("a\0b"));
	assert_int_equal(copy.p[copy.n], '\0');
	assert_string_equal(arena_cstr(&arena, S("a\0b")), "a");
	assert_str(arena_str(&arena, (struct str){0}), S(""));
	assert_str(arena_printf(&arena, "%d-%s", 42, "x"), S("42-x"));
}

static void arrays_keep_their_elements_while_they_grow(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	VEC(size_t) numbers = {0};
	for (size_t i = 0; i < 10000; i++) {
		*vec_push(&arena, &numbers) = i * i;
	}
	assert_int_equal(numbers.n, 10000);
	for (size_t i = 0; i < numbers.n; i++) {
		assert_int_equal(numbers.p[i], i * i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_zeroed_aligned_memory_of_any_size),
		cmocka_unit_test(zeroes_again_after_a_reset),
		cmocka_unit_test(copies_strings_with_any_byte),
		cmocka_unit_test(arrays_keep_their_elements_while_they_grow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
