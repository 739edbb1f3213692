#include "tests/unit/resolver/search_help.h"
#include "common/clock.h"
#include "resolver/search.h"
#include "common/banned.h"

/* A root that needs b, which needs c; scores that pull apart; 4 * 4 * 4 stacks and a forbidden pair. */
#define CHAIN                                                                                      \
	"'packages':[{'name':'a','root':true,'versions':['1','2','3','4']},{'name':'b','root':"    \
	"false,'versions':['1','2','3','4']},"                                                     \
	"{'name':'c','root':false,'versions':['1','2','3','4']}],"                                 \
	"'requires':[{'package':'a','version':0,'on':'b','allowed':[[0,3]]},{'package':'a','"      \
	"version':1,'on':'b','allowed':[[0,3]]},"                                                  \
	"{'package':'a','version':2,'on':'b','allowed':[[0,3]]},{'package':'a','version':3,'on':'" \
	"b','allowed':[[0,3]]},"                                                                   \
	"{'package':'b','version':0,'on':'c','allowed':[[0,3]]},{'package':'b','version':1,'on':'" \
	"c','allowed':[[0,3]]},"                                                                   \
	"{'package':'b','version':2,'on':'c','allowed':[[0,3]]},{'package':'b','version':3,'on':'" \
	"c','allowed':[[0,3]]}],"                                                                  \
	"'unary':{'a':[5,-3,9,1],'b':[100,-50,20,10],'c':[1,2,3,4]},"                              \
	"'rules':[{'when':[{'package':'a','from':2,'to':2},{'package':'b','from':0,'to':0}],'"     \
	"forbid':true},"                                                                           \
	"{'when':[{'package':'a','from':0,'to':0},{'package':'b','from':0,'to':0},{'package':'c'," \
	"'from':1,'to':1}],'score':500}]"

enum { BEST = 5 + 100 + 2 + 500, STACKS = 60 };

static const enum search_mode predictors[] = {SEARCH_LATEST, SEARCH_HILL, SEARCH_ANNEALING,
	SEARCH_TD, SEARCH_MCTS, SEARCH_RANDOM, SEARCH_SAMPLING, SEARCH_COMBINATIONS};
enum { PREDICTORS = sizeof(predictors) / sizeof(predictors[0]) };

static struct search_result ask(
	const struct model *model, struct search_request request, struct arena *arena)
{
	struct search_result result;
	search_run(model, &request, arena, &result);
	for (uint32_t i = 0; i < result.n; i++) {
		assert_int_equal(
			model_score(model, result.stacks[i].stack), result.stacks[i].score);
	}
	return result;
}

static void every_predictor_scores_what_it_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * PREDICTORS; i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct model model = compile(CHAIN, &arena);
		struct search_request request = {
			.mode = predictors[i % PREDICTORS],
			.beam = i >= PREDICTORS,
			.explore = {.limit = 2000, .count = 5, .seed = 3, .width = 1000}
                };
		struct search_result result = ask(&model, request, &arena);
		assert_true(result.n > 0 && result.scored <= 2000);
		for (uint32_t k = 1; k < result.n; k++) {
			assert_true(result.stacks[k - 1].score >= result.stacks[k].score);
		}
	}
}

static void a_beam_that_runs_empty_has_seen_everything(void **state)
{
	(void)state;
	for (size_t i = 0; i < PREDICTORS; i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct model model = compile(CHAIN, &arena);
		struct search_request request = {
			.mode = predictors[i],
			.beam = true,
			.explore = {.limit = 2000, .seed = i, .width = 0}
                };
		struct search_result result = ask(&model, request, &arena);
		assert_int_equal(result.status, SEARCH_OPTIMAL);
		assert_int_equal(result.stacks[0].score, BEST);
		assert_int_equal(result.scored, STACKS);
	}
}

static void the_same_seed_gives_the_same_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < PREDICTORS; i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct model model = compile(CHAIN, &arena);
		struct search_request request = {
			.mode = predictors[i],
			.explore = {.limit = 17, .seed = 5, .width = 8, .history = true}
                };
		struct search_result one = ask(&model, request, &arena);
		struct search_result two = ask(&model, request, &arena);
		assert_int_equal(one.scored, two.scored);
		assert_int_equal(one.n_history, two.n_history);
		for (uint32_t k = 0; k < one.n_history; k++) {
			assert_int_equal(one.history[k].score, two.history[k].score);
			assert_int_equal(one.history[k].beam, two.history[k].beam);
		}
	}
}

static void keeps_to_its_limit_and_beam(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct model model = compile(CHAIN, &arena);
	struct search_request request = {
		.mode = SEARCH_TD,
		.explore = {.limit = 10, .seed = 5, .width = 3, .history = true}
        };
	struct search_result result = ask(&model, request, &arena);
	assert_int_equal(result.scored, 10);
	for (uint32_t k = 0; k < result.n_history; k++) {
		assert_true(result.history[k].beam <= 3);
	}
}

static void takes_the_newest_candidates_only(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct model model = compile(CHAIN, &arena);
	struct search_request request = {
		.mode = SEARCH_SAMPLING,
		.explore = {.limit = 100, .seed = 5, .latest_versions = 2}
        };
	struct search_result result = ask(&model, request, &arena);
	assert_int_equal(result.scored, 8); /* 2 * 2 * 2 */
	assert_int_equal(result.status, SEARCH_FEASIBLE);
	assert_int_equal(result.stacks[0].score, 9 + 20 + 4);
}

static bool at_once(void *data)
{
	(void)data;
	return true;
}

static void every_predictor_stops_when_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < PREDICTORS; i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct model model = compile(CHAIN, &arena);
		struct search_request request = {
			.mode = predictors[i],
			.explore = {.limit = 1000000000, .cancelled = at_once}
                };
		struct search_result result = ask(&model, request, &arena);
		assert_true(result.scored < 1000);
	}
}

static void keeps_its_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < PREDICTORS; i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct model model = compile(CHAIN, &arena);
		int64_t start = clock_monotonic_ns();
		struct search_request request = {
			.mode = predictors[i],
			.explore = {.limit = 1000000000000, .deadline_ns = start + 20 * 1000000}
                };
		(void)ask(&model, request, &arena);
		assert_true(clock_monotonic_ns() - start < 2000 * (int64_t)1000000);
	}
}

static bool only_b_2(void *data, const uint16_t *stack, int64_t score)
{
	const struct model *model = data;
	(void)score;
	return stack[model->number[1]] == 1;
}

static void strides_discard_stacks(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct model model = compile(CHAIN, &arena);
	struct search_request request = {
		.mode = SEARCH_HILL,
		.explore = {.limit = 1000, .accept = only_b_2, .data = &model}
        };
	struct search_result result = ask(&model, request, &arena);
	assert_int_equal(result.stacks[0].score, 9 - 50 + 4);
}

static void auto_proves_and_says_how(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct model model = compile(CHAIN, &arena);
	struct search_request request = {.explore = {.limit = 1000}};
	struct search_result result = ask(&model, request, &arena);
	assert_int_equal(result.status, SEARCH_OPTIMAL);
	assert_int_equal(result.mode, SEARCH_EXACT);
	assert_int_equal(result.stacks[0].score, BEST);
}

static void says_that_there_is_nothing(void **state)
{
	(void)state;
	for (int mode = 0; mode < SEARCH_MODES; mode++) {
		AUTO(arena_done) struct arena arena = {0};
		struct model model = compile("'packages':[{'name':'a','root':true,'versions':['1']}"
					     ",{'name':'b','root':true,'versions':['1']}],"
					     "'rules':[{'when':[{'package':'a','from':0,'to':0},{'"
					     "package':'b','from':0,'to':0}],'forbid':true}]",
			&arena);
		struct search_request request = {
			.mode = (enum search_mode)mode, .explore = {.limit = 10}};
		struct search_result result = ask(&model, request, &arena);
		assert_int_equal(result.n, 0);
		assert_true(
			result.status == SEARCH_UNSATISFIABLE || result.status == SEARCH_UNKNOWN);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_predictor_scores_what_it_says),
		cmocka_unit_test(a_beam_that_runs_empty_has_seen_everything),
		cmocka_unit_test(the_same_seed_gives_the_same_answer),
		cmocka_unit_test(keeps_to_its_limit_and_beam),
		cmocka_unit_test(takes_the_newest_candidates_only),
		cmocka_unit_test(every_predictor_stops_when_told),
		cmocka_unit_test(keeps_its_time),
		cmocka_unit_test(strides_discard_stacks),
		cmocka_unit_test(auto_proves_and_says_how),
		cmocka_unit_test(says_that_there_is_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
