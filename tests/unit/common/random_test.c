/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <math.h>
#include "common/random.h"
#include "common/banned.h"

static void gives_the_same_numbers_on_every_machine(void **state)
{
	(void)state;
	struct random random = random_seeded(42);
	/* splitmix64 and xoshiro256** worked out apart from this code */
	assert_true(random_next(&random) == 0x15780b2e0c2ec716);
	assert_true(random_next(&random) == 0x6104d9866d113a7e);
	assert_true(random_next(&random) == 0xae17533239e499a1);
}

static void different_seeds_differ(void **state)
{
	(void)state;
	struct random a = random_seeded(0), b = random_seeded(1);
	assert_true(random_next(&a) != random_next(&b));
}

static void draws_evenly_below_a_number(void **state)
{
	(void)state;
	struct random random = random_seeded(3);
	int seen[7] = {0};
	double sum = 0;
	for (int i = 0; i < 70000; i++) {
		seen[random_below(&random, 7)]++;
	}
	for (int i = 0; i < 7; i++) {
		sum += (seen[i] - 10000.0) * (seen[i] - 10000.0) / 10000.0;
	}
	assert_true(sum < 6 + 5 * sqrt(12)); /* chi-square, 6 degrees of freedom */
	assert_int_equal(random_below(&random, 1), 0);
}

static void units_lie_in_their_interval(void **state)
{
	(void)state;
	struct random random = random_seeded(4);
	double sum = 0;
	for (int i = 0; i < 10000; i++) {
		double unit = random_unit(&random);
		assert_true(unit >= 0 && unit < 1);
		sum += unit;
	}
	assert_true(fabs(sum / 10000 - 0.5) < 0.02);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_the_same_numbers_on_every_machine),
		cmocka_unit_test(different_seeds_differ),
		cmocka_unit_test(draws_evenly_below_a_number),
		cmocka_unit_test(units_lie_in_their_interval),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
