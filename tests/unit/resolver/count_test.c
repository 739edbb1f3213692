#include "tests/unit/resolver/search_help.h"
#include <math.h>
#include "resolver/count.h"
#include "common/banned.h"

/* Two roots, a circle between c and d, a rule about three packages and one about two. */
#define SMALL                                                                                      \
	"'packages':[{'name':'a','root':true,'versions':['1','2','3']},{'name':'b','root':true,'"  \
	"versions':['1','2','3']},"                                                                \
	"{'name':'c','root':false,'versions':['1','2','3']},{'name':'d','root':false,'versions':[" \
	"'1','2']}],"                                                                              \
	"'requires':[{'package':'a','version':0,'on':'c','allowed':[[0,1]]},{'package':'a','"      \
	"version':1,'on':'c','allowed':[[0,2]]},"                                                  \
	"{'package':'b','version':2,'on':'d','allowed':[[0,1]]},{'package':'c','version':1,'on':'" \
	"d','allowed':[[1,1]]},"                                                                   \
	"{'package':'d','version':0,'on':'c','allowed':[[0,1]]},{'package':'d','version':1,'on':'" \
	"c','allowed':[[1,2]]}],"                                                                  \
	"'rules':[{'when':[{'package':'a','from':0,'to':1},{'package':'b','from':0,'to':0},{'"     \
	"package':'c','from':0,'to':0}],'forbid':true},"                                           \
	"{'when':[{'package':'a','from':2,'to':2},{'package':'b','from':1,'to':1}],'forbid':true}" \
	"]"

/* All valid stacks of SMALL, each as one number; by brute force. */
static uint32_t enumerate(const struct model *model, uint32_t *ret_stacks)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < 256; i++) {
		uint16_t stack[4];
		for (uint32_t p = 0; p < 4; p++) {
			uint32_t v = i >> (2 * p) & 3;
			stack[p] = v < model->packages[p].n ? (uint16_t)v : MODEL_ABSENT;
		}
		bool twice = model->packages[model->number[3]].n == 2 &&
			     (i >> (2 * model->number[3]) & 3) == 2; /* absent is 3 */
		if (!twice && model_score(model, stack) != MODEL_NO_SCORE) {
			ret_stacks[n++] = i;
		}
	}
	return n;
}

static uint32_t number_of(const uint16_t *stack)
{
	uint32_t number = 0;
	for (uint32_t p = 0; p < 4; p++) {
		number |= (stack[p] == MODEL_ABSENT ? 3u : stack[p]) << (2 * p);
	}
	return number;
}

static void counts_what_is_valid(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct model model = compile(SMALL, &arena);
	uint32_t stacks[256], n = enumerate(&model, stacks);
	struct count *count = count_stacks(&model, &arena, NULL, NULL);
	assert_true(n > 10);
	assert_int_equal((int)count_number(count), n);
}

static void counts_beyond_64_bits(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(buf_done) struct buf text = {0};
	buf_add(&text, S("'packages':["));
	for (int i = 0; i < 40; i++) {
		buf_addf(&text,
			"%s{'name':'p%d','root':true,'versions':['0','1','2','3','4','5','6','7','"
			"8','9']}",
			i > 0 ? "," : "", i);
	}
	buf_add(&text, S("]"));
	struct model model = compile(text.p, &arena);
	struct count *count = count_stacks(&model, &arena, NULL, NULL);
	assert_true(
		str_eq(count_text(count, &arena), S("10000000000000000000000000000000000000000")));
	assert_true(fabs(count_number(count) / 1e40 - 1) < 1e-9);
}

static void counts_none(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct model model = compile("'packages':[{'name':'a','root':true,'versions':[]}]", &arena);
	struct count *count = count_stacks(&model, &arena, NULL, NULL);
	struct random random = random_seeded(1);
	uint16_t stack[1];
	assert_true(str_eq(count_text(count, &arena), S("0")));
	assert_false(count_draw(count, &random, stack));
}

/*
 * Chi-square: with k equally likely stacks the sum has mean k - 1 and variance 2 (k - 1). The seed is
 * fixed, so this passes or fails for good; five standard deviations would be chance once in millions.
 */
static void draws_every_stack_as_often(void **state)
{
	(void)state;
	enum { DRAWS = 40000 };
	AUTO(arena_done) struct arena arena = {0};
	struct model model = compile(SMALL, &arena);
	uint32_t stacks[256], n = enumerate(&model, stacks), seen[256] = {0};
	struct count *count = count_stacks(&model, &arena, NULL, NULL);
	struct random random = random_seeded(7);
	for (int i = 0; i < DRAWS; i++) {
		uint16_t stack[4];
		assert_true(count_draw(count, &random, stack));
		assert_true(model_score(&model, stack) != MODEL_NO_SCORE);
		seen[number_of(stack)]++;
	}
	double expected = (double)DRAWS / n, sum = 0;
	for (uint32_t k = 0; k < n; k++) {
		double off = seen[stacks[k]] - expected;
		sum += off * off / expected;
	}
	assert_true(fabs(sum - (n - 1)) < 5 * sqrt(2.0 * (n - 1)));
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
	struct model model = compile(SMALL, &arena);
	assert_null(count_stacks(&model, &arena, at_once, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_what_is_valid),
		cmocka_unit_test(counts_beyond_64_bits),
		cmocka_unit_test(counts_none),
		cmocka_unit_test(draws_every_stack_as_often),
		cmocka_unit_test(stops_when_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
