#include "unit/test.h"
#include "common/intern.h"
#include "common/banned.h"

static void gives_dense_ids_and_the_same_id_again(void **state)
{
	(void)state;
	AUTO(intern_done) struct intern table = {0};
	AUTO(arena_done) struct arena arena = {0};
	assert_int_equal(intern_find(&table, S("x")), INTERN_NONE);
	for (uint32_t i = 0; i < 20000; i++) {
		assert_int_equal(intern_id(&table, arena_printf(&arena, "name-%u", i)), i);
	}
	for (uint32_t i = 0; i < 20000; i++) {
		struct str name = arena_printf(&arena, "name-%u", i);
		assert_int_equal(intern_id(&table, name), i);
		assert_int_equal(intern_find(&table, name), i);
		assert_str(intern_str(&table, i), name);
	}
	assert_int_equal(table.n, 20000);
	assert_int_equal(intern_find(&table, S("name-")), INTERN_NONE);
}

static void keeps_a_copy_of_any_bytes(void **state)
{
	(void)state;
	AUTO(intern_done) struct intern table = {0};
	char text[] = "a\0b";
	uint32_t id = intern_id(&table, (struct str){text, 3});
	text[0] = 'x';
	assert_str(intern_str(&table, id), S("a\0b"));
	assert_int_not_equal(intern_id(&table, S("a")), id);
	assert_int_equal(intern_id(&table, S("")), intern_id(&table, (struct str){0}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_dense_ids_and_the_same_id_again),
		cmocka_unit_test(keeps_a_copy_of_any_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
