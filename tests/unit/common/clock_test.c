#include "unit/test.h"
#include <time.h>
#include "common/clock.h"
#include "common/banned.h"

static void reads_dates_and_times(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {
		{"1970-01-01T00:00:00Z",        0            },
		{"2026-11-21T09:00:00Z",        1795251600000},
		{"2026-11-21",                  1795219200000},
		{" 2026-11-21T09:00:00.123Z\n", 1795251600123},
		{"2026-11-21T09:00:00.123456Z", 1795251600123},
		{"2026-11-21t11:00:00+02:00",   1795251600000},
		{"2026-11-21 03:30:00-0530",    1795251600000},
		{"2026-11-21T09:00",            1795251600000},
		{"2024-02-29",                  1709164800000},
		{"1969-12-31T23:59:59.500Z",    -500         },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		int64_t ms = 1;
		assert_true(clock_parse(str_from(cases[i].text), &ms));
		assert_int_equal(ms, cases[i].ms);
	}
}

static void refuses_what_is_no_date(void **state)
{
	(void)state;
	static const char *const cases[] = {"", "now", "2026", "2026-11", "2026-13-01",
		"2026-00-01", "2026-11-00", "2026-11-31", "2026-02-29", "2026-11-21T",
		"2026-11-21T24:00:00Z", "2026-11-21T09:60", "2026-11-21T09:00:00.Z",
		"2026-11-21T09:00:00Zx", "2026-11-21T09:00:00+2", "+2026-11-21",
		"2026-11-21T09:00:00+24:00"};
	for (size_t i = 0; i < N_OF(cases); i++) {
		int64_t ms = 77;
		assert_false(clock_parse(str_from(cases[i]), &ms));
		assert_int_equal(ms, 77);
	}
}

static void writes_what_it_reads(void **state)
{
	(void)state;
	static const char *const cases[] = {"1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z",
		"2026-11-21T09:00:00Z", "2000-02-29T23:59:59Z", "9999-12-31T23:59:59Z"};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		int64_t ms;
		assert_true(clock_parse(str_from(cases[i]), &ms));
		assert_str(clock_rfc3339(&arena, ms), str_from(cases[i]));
		assert_str(clock_rfc3339(&arena, ms + 999), str_from(cases[i]));
	}
}

static void can_be_stopped_and_only_goes_forward(void **state)
{
	(void)state;
	clock_fix(5);
	assert_int_equal(clock_now_ms(), 5);
	clock_fix(-1);
	assert_true(clock_now_ms() > 1700000000000);
	int64_t ns = clock_monotonic_ns();
	assert_true(clock_monotonic_ns() >= ns);
	assert_true(clock_monotonic_ms() >= ns / 1000000);
}

/* The short way for what indexes write gives the moments that the C library gives. */
static void agrees_with_the_c_library_on_every_day(void **state)
{
	(void)state;
	for (int64_t day = -25567; day < 47482; day++) { /* 1900 to 2100 */
		time_t second = (time_t)(day * 86400 + (day * 7919 % 86400 + 86400) % 86400);
		struct tm tm;
		char text[64];
		int64_t ms;
		gmtime_r(&second, &tm);
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S.25Z", &tm);
		assert_true(clock_parse(str_from(text), &ms));
		assert_int_equal(ms, (int64_t)second * 1000 + 250);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_the_c_library_on_every_day),
		cmocka_unit_test(reads_dates_and_times),
		cmocka_unit_test(refuses_what_is_no_date),
		cmocka_unit_test(writes_what_it_reads),
		cmocka_unit_test(can_be_stopped_and_only_goes_forward),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
