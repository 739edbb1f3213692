#include "tests/unit/resolver/search_help.h"
#include "resolver/exact.h"
#include "common/banned.h"

/* n roots of m versions each; neighbours score for being equal, so that there is much to search. */
static struct model grid(uint32_t n, uint32_t m, struct arena *arena)
{
	AUTO(buf_done) struct buf text = {0};
	buf_add(&text, S("'packages':["));
	for (uint32_t p = 0; p < n; p++) {
		buf_addf(&text, "%s{'name':'p%u','root':true,'versions':[", p > 0 ? "," : "", p);
		for (uint32_t v = 0; v < m; v++) {
			buf_addf(&text, "%s'%u'", v > 0 ? "," : "", v);
		}
		buf_add(&text, S("]}"));
	}
	buf_add(&text, S("],'tables':["));
	uint32_t drawn = 12345;
	const char *comma = "";
	for (uint32_t p = 0; p < n; p++) {
		for (uint32_t q = p + 1; q < n; q++) {
			buf_addf(&text, "%s{'a':'p%u','b':'p%u','table':[", comma, p, q);
			for (uint32_t i = 0; i < m * m; i++) {
				drawn = drawn * 1103515245 + 12345;
				buf_addf(&text, "%s%d%s", i % m == 0 ? (i > 0 ? ",[" : "[") : ",",
					(int)(drawn >> 16 & 1023) - 512, i % m == m - 1 ? "]" : "");
			}
			buf_add(&text, S("]}"));
			comma = ",";
		}
	}
	buf_add(&text, S("]"));
	return compile(text.p, arena);
}

static void finds_the_best_and_proves_it(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct model model = grid(6, 4, &arena);
	struct exact_request request = {0};
	struct exact_result result;
	assert_true(exact_search(&model, &request, &arena, &result, &err));
	int64_t best = MODEL_NO_SCORE;
	for (uint32_t i = 0; i < 4 * 4 * 4 * 4 * 4 * 4; i++) {
		uint16_t stack[6];
		for (uint32_t p = 0, rest = i; p < 6; p++, rest /= 4) {
			stack[p] = (uint16_t)(rest % 4);
		}
		int64_t score = model_score(&model, stack);
		best = score > best ? score : best;
	}
	assert_int_equal(result.status, EXACT_OPTIMAL);
	assert_int_equal(result.stacks[0].score, best);
	assert_int_equal(result.bound, best);
}

static void keeps_its_budget_and_says_how_good_it_may_be(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct model model = grid(14, 12, &arena);
	struct exact_request request = {.nodes = 20};
	struct exact_result result;
	assert_true(exact_search(&model, &request, &arena, &result, &err));
	assert_int_equal(result.status, EXACT_FEASIBLE);
	assert_int_equal(result.nodes, 20);
	assert_int_equal(model_score(&model, result.stacks[0].stack), result.stacks[0].score);
	assert_true(result.bound > result.stacks[0].score);
}

static bool at_once(void *data)
{
	(void)data;
	return true;
}

static void stops_when_told(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct model model = grid(6, 4, &arena);
	struct exact_request request = {.cancelled = at_once};
	struct exact_result result;
	assert_true(exact_search(&model, &request, &arena, &result, &err));
	assert_int_not_equal(result.status, EXACT_OPTIMAL);
	assert_int_not_equal(result.status, EXACT_UNSATISFIABLE);
}

static void takes_the_newest_of_equals(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct model model = compile("'packages':[{'name':'a','root':true,'versions':['1','2','3']}"
				     ",{'name':'b','root':true,'versions':['1','2','3']}],"
				     "'rules':[{'when':[{'package':'a','from':2,'to':2},{'package':"
				     "'b','from':1,'to':2}],'score':-1}]",
		&arena);
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct exact_request request = {.seed = seed};
		struct exact_result result;
		assert_true(exact_search(&model, &request, &arena, &result, &err));
		assert_int_equal(result.stacks[0].score, 0);
		assert_int_equal(result.stacks[0].stack[model.number[0]], 1);
		assert_int_equal(result.stacks[0].stack[model.number[1]], 2);
	}
}

static bool odd_first(void *data, const uint16_t *stack, int64_t score)
{
	(void)data;
	(void)score;
	return stack[0] % 2 == 1;
}

static void keeps_to_stacks_that_are_accepted(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct model model = grid(4, 4, &arena);
	struct exact_request request = {.accept = odd_first};
	struct exact_result result;
	assert_true(exact_search(&model, &request, &arena, &result, &err));
	int64_t best = MODEL_NO_SCORE;
	for (uint32_t i = 0; i < 256; i++) {
		uint16_t stack[4] = {(uint16_t)(i % 4), (uint16_t)(i / 4 % 4),
			(uint16_t)(i / 16 % 4), (uint16_t)(i / 64)};
		int64_t score = model_score(&model, stack);
		best = stack[0] % 2 == 1 && score > best ? score : best;
	}
	assert_int_equal(result.status, EXACT_OPTIMAL);
	assert_int_equal(result.stacks[0].score, best);
}

static void note_progress(void *data, const struct exact_progress *progress)
{
	int64_t *last = data; /* best score so far, how often it was told */
	assert_true(progress->score == MODEL_NO_SCORE || progress->score >= last[0]);
	assert_true(progress->bound >= progress->score);
	last[0] = progress->score == MODEL_NO_SCORE ? last[0] : progress->score;
	last[1]++;
}

static void tells_how_far_it_is(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct model model = grid(8, 6, &arena);
	int64_t last[2] = {INT64_MIN, 0};
	struct exact_request request = {.progress = note_progress, .data = last};
	struct exact_result result;
	assert_true(exact_search(&model, &request, &arena, &result, &err));
	assert_true(last[1] > 1);
	assert_int_equal(last[0], result.stacks[0].score);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_best_and_proves_it),
		cmocka_unit_test(keeps_its_budget_and_says_how_good_it_may_be),
		cmocka_unit_test(stops_when_told),
		cmocka_unit_test(takes_the_newest_of_equals),
		cmocka_unit_test(keeps_to_stacks_that_are_accepted),
		cmocka_unit_test(tells_how_far_it_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
