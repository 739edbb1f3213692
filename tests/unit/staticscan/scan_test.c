#include "unit/test.h"
#include <time.h>
#include "common/clock.h"
#include "staticscan/scan.h"

/* What is found is tested by the cases in tests/golden/scan; here stands what a case cannot say. */

static struct scan_installs scan(struct str source, struct arena *arena)
{
	struct scan_installs installs;
	struct scan_cell cell = {.index = 7, .id = S("abc"), .source = source};
	scan_find_installs(&cell, 1, arena, &installs);
	return installs;
}

static void positions_count_code_points_and_every_line_end(void **state)
{
	(void)state;
	static const struct {
		struct str source;
		int line, column;
	} cases[] = {
		{STR_INIT("\xef\xbb\xbf!pip install a"),       1, 15},
		{STR_INIT("é = 1\r!pip install a"),           2, 14},
		{STR_INIT("x = 1\r\n\r\n!pip install 'é' a"), 3, 15},
		{STR_INIT("!echo é && pip install a"),        1, 24},
		{STR_INIT("%%bash\r\npip \\\r\n install a"),   3, 10},
		{STR_INIT("!pip \\\r\n install \\\r\n  a"),    3, 3 },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct scan_installs found = scan(cases[i].source, &arena);
		assert_true(found.n > 0);
		assert_int_equal(found.requests[0].line, cases[i].line);
		assert_int_equal(found.requests[0].column, cases[i].column);
		assert_int_equal(found.requests[0].cell, 7);
		assert_str(found.requests[0].cell_id, S("abc"));
	}
}

/* Nothing that could let somebody in is in any field, however it is written. */
static void secrets_are_masked_everywhere(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"!pip install git+https://u:hunter2@h.example/r.git",
		"!pip install git+https://hunter2@h.example/r.git",
		"!pip install git+ssh://u:hunter2@h.example/r.git",
		"!pip install 'x @ https://u:hunter2@h.example/x.whl'",
		"!pip install -i https://u:hunter2@h.example/ x",
		"!pip install --extra-index-url=https://u:hunter2@h.example/ x",
		"!pip install -f https://u:hunter2@h.example/ x",
		"!pip install -r https://u:hunter2@h.example/r.txt",
		"!pip install -e git+https://u:hunter2@h.example/r.git#egg=x",
		"!pip install https://u:hunter2@h.example/{x}.whl",
		"!pip install 'bad req https://u:hunter2@h.example/'",
		"!pip install https://u:p@ss:hunter2@h.example/x.whl",
		"!uv add --index=https://u:hunter2@h.example/ x",
		"!conda install -c https://u:hunter2@h.example/ https://u:hunter2@h.example/x",
	};
	for (size_t i = 0; i < N_OF(lines); i++) {
		AUTO(arena_done) struct arena arena = {0};
		AUTO(buf_done) struct buf all = {0};
		struct scan_installs found = scan(str_from(lines[i]), &arena);
		for (size_t j = 0; j < found.n; j++) {
			const struct scan_request *r = &found.requests[j];
			buf_add(&all, r->text);
			buf_add(&all, r->index_url);
			for (size_t k = 0; k < r->n_extra_index_urls; k++) {
				buf_add(&all, r->extra_index_urls[k]);
			}
			for (size_t k = 0; k < r->n_find_links; k++) {
				buf_add(&all, r->find_links[k]);
			}
		}
		bool told = false;
		for (size_t j = 0; j < found.n_diagnostics; j++) {
			buf_add(&all, found.diagnostics[j].message);
			told = told || str_eq(found.diagnostics[j].code, S("secret-in-url"));
		}
		if (str_find(buf_str(&all), S("hunter2")) >= 0) {
			fail_msg("%s gave " STR_FMT, lines[i], STR_ARG(buf_str(&all)));
		}
		assert_true(told);
	}
}

/* Shared notebooks are untrusted: no cell may cost seconds. 2 s is the promise for 10 MB. */
static void large_cells_are_read_in_linear_time(void **state)
{
	(void)state;
	if (under_valgrind()) {
		skip(); /* it measures time */
	}
	static const struct {
		const char *start, *piece, *end;
	} cases[] = {
		{"",              "!pip install a==1 b\n",       ""                },
		{"%%bash\n",      "pip install a\n",             ""                },
		{"!pip install ", "a ",                          ""                },
		{"!pip install ", "{x} ",                        ""                },
		{"",              "x = '1'\n!pip install {x}\n", ""                },
		{"",              "((((((((((",                  "\n!pip install a"},
		{"",              "'''a''' \"\" ",               "\n!pip install a"},
		{"",              "x = [{(\n",                   ""                },
		{"",              "if a:\n ",                    ""                },
		{"!",             "\\\n",                        ""                },
		{"!",             "`$(${<(",                     ""                },
		{"!pip install ", "x>y ",                        ""                },
		{"%%bash\n",      "cat <<A\n",                   ""                },
		{"",              "pip install x\n",             ""                },
		{"!pip install ", "https://a@b ",                ""                },
	};
	enum { BYTES = 900000, LIMIT_MS = 2000 };
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		AUTO(buf_done) struct buf source = {0};
		size_t n;
		buf_add(&source, str_from(cases[i].start));
		while (source.n < BYTES) {
			buf_add(&source, str_from(cases[i].piece));
		}
		buf_add(&source, str_from(cases[i].end));
		clock_t before = clock(); /* of this process: others run tests beside us */
		int64_t wall_before = clock_monotonic_ms();
		struct scan_installs found = scan(buf_str(&source), &arena);
		(void)scan_effective(&found, &arena, &n);
		int64_t took = (clock() - before) * 1000LL / CLOCKS_PER_SEC;
		int64_t wall = clock_monotonic_ms() - wall_before;
		printf("# case %zu: %d ms, %d on the clock, %zu requests, %zu MB\n", i, (int)took,
			(int)wall, found.n, arena.total >> 20);
		assert_true(took < LIMIT_MS || wall < LIMIT_MS);
	}
}

static void a_too_large_command_is_named_and_skipped(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(buf_done) struct buf source = {0};
	buf_add(&source, S("x = 1\n!pip install "));
	while (source.n < 2 << 20) {
		buf_add(&source, S("aaaaaaaaaaaaaaaa "));
	}
	buf_add(&source, S("\n!pip install b"));
	struct scan_installs found = scan(buf_str(&source), &arena);
	assert_int_equal(found.n, 1);
	assert_str(found.requests[0].name, S("b"));
	assert_str(found.diagnostics[0].code, S("cell-too-large"));
	assert_int_equal(found.diagnostics[0].line, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(positions_count_code_points_and_every_line_end),
		cmocka_unit_test(secrets_are_masked_everywhere),
		cmocka_unit_test(large_cells_are_read_in_linear_time),
		cmocka_unit_test(a_too_large_command_is_named_and_skipped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
