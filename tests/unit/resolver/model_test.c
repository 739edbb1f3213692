#include "tests/unit/resolver/search_help.h"
#include "resolver/descent.h"
#include "common/banned.h"

#define TWO "'packages':[{'name':'a','root':true,'versions':['1','2']},{'name':'b','root':false,'versions':['1']}]"

static void says_what_is_wrong_with_an_instance(void **state)
{
	(void)state;
	static const struct {
		const char *members, *message;
	} cases[] = {
		{"'packages':3", "expected an array"},
		{"'packages':[{'name':'a','versions':[1]}]", "expected a string"},
		{"'packages':[{'name':'a','versions':[]},{'name':'a','versions':[]}]", "package 'a' is there twice"},
		{TWO ",'requires':[{'package':'a','version':0,'on':'c','allowed':[[0,0]]}]", "there is no package 'c'"},
		{TWO ",'requires':[{'package':'a','version':2,'on':'b','allowed':[[0,0]]}]", "requirement 1: 'a' has 2 versions, there is no number 2"},
		{TWO ",'requires':[{'package':'a','version':0,'on':'b','allowed':[[0,1]]}]", "requirement 1: 'b' has 1 versions, there is no number 1"},
		{TWO ",'requires':[{'package':'b','version':0,'on':'a','allowed':[[1,0]]}]", "requirement 1: the range 1..0 of 'a' is the wrong way round"},
		{TWO ",'requires':[{'package':'b','version':-1,'on':'a','allowed':[]}]", "expected the number of a version, got -1"},
		{TWO ",'requires':[{'package':'a','version':0,'on':'b','allowed':[[0]]}]", "expected a range [from, to]"},
		{TWO ",'requires':[{'package':'a','version':0,'on':'b'}]", "a requirement needs"},
		{TWO ",'unary':{'a':[1]}", "'a' has 2 versions and 1 scores"},
		{TWO ",'unary':{'a':[1,2000000000]}", "score 2000000000 is larger than 1073741824"},
		{TWO ",'unary':{'a':[1,99999999999999999999]}", "expected"},
		{TWO ",'unary':{'a':[1,0.5]}", "expected"},
		{TWO ",'unary':{'c':[]}", "there is no package 'c'"},
		{TWO ",'rules':[{'when':[],'score':1}]", "rule 1: a rule has 0 terms, expected 1 to 8"},
		{TWO ",'rules':[{'when':[{'package':'a','from':0,'to':7}],'score':1}]", "rule 1: 'a' has 2 versions, there is no number 7"},
		{TWO ",'rules':[{'when':[{'package':'a','from':0,'to':1}]}]", "rule 1: a rule needs 'score' or 'forbid'"},
		{TWO ",'rules':[{'when':[{'package':'a','from':0}],'score':1}]", "rule 1: a term of a rule needs"},
		{TWO ",'unary':{'a':[1000000000,0]},'rules':[{'when':[{'package':'a','from':0,'to':0}],'score':1000000000}]", "rule 1: scores add up to 2000000000"},
		{TWO ",'tables':[{'a':'a','b':'a','table':[[1,2],[3,4]]}]", "table 1 is about one package only"},
		{TWO ",'tables':[{'a':'a','b':'b','table':[[1]]}]", "a table has 1 rows instead of 2"},
		{TWO ",'tables':[{'a':'a','b':'b','table':[[1,2],[3]]}]", "a row of a table has 2 scores instead of 1"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct model model;
		struct str text = instance_text(cases[i].members, &arena);
		assert_false(compile_text(text, &arena, &model, &err));
		if (strstr(err.message, cases[i].message) == NULL) {
			fail_msg("'%s' instead of '%s'", err.message, cases[i].message);
		}
	}
}

static void says_why_nothing_is_valid(void **state)
{
	(void)state;
	static const struct {
		const char *members, *why;
	} cases[] = {
		{"'packages':[{'name':'a','root':true,'versions':[]}]",
			"'a' has to be there and has no versions"},
		{TWO ",'requires':[{'package':'a','version':0,'on':'b','allowed':[]},{'package':'a','version':1,'on':'b','allowed':[]}]",
			"'a' has to be there, and none of its 2 versions can be: 2 requires 'b' in versions that cannot be had; 1 requires 'b'"},
		{TWO ",'rules':[{'when':[{'package':'a','from':0,'to':1}],'forbid':true},{'when':[{'package':'a','from':0,'to':1}],'score':5}]",
			"'a' has to be there, and none of its 2 versions can be: a rule forbids 2; a rule forbids 1"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct model model = compile(cases[i].members, &arena);
		if (!str_starts(model.unsatisfiable, str_from(cases[i].why))) {
			fail_msg("'" STR_FMT "'", STR_ARG(model.unsatisfiable));
		}
	}
}

static void puts_requirers_before_what_they_require(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct model model = compile("'packages':[{'name':'c','root':false,'versions':['1']},"
				     "{'name':'b','root':false,'versions':['1']},"
				     "{'name':'a','root':true,'versions':['1']}],"
				     "'requires':[{'package':'a','version':0,'on':'b','allowed':[[0,0]]},"
				     "{'package':'b','version':0,'on':'c','allowed':[[0,0]]}]",
		&arena);
	assert_false(model.cyclic);
	assert_int_equal(model.number[2], 0);
	assert_int_equal(model.number[1], 1);
	assert_int_equal(model.number[0], 2);
}

/* a requires nothing; b and c require each other, and b scores. */
#define CIRCLE                                                                                     \
	"'packages':[{'name':'a','root':true,'versions':['1']},{'name':'b','root':false,'versions':['1']},{'name':'c','root':false,'versions':['1']}]," \
	"'requires':[{'package':'b','version':0,'on':'c','allowed':[[0,0]]},{'package':'c','version':0,'on':'b','allowed':[[0,0]]}],'unary':{'b':[100]}"

static void lets_no_circle_support_itself(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct model model = compile(CIRCLE, &arena);
	uint16_t alone[3], all[3] = {0, 0, 0};
	memset(alone, 0xff, sizeof(alone));
	alone[model.number[0]] = 0;
	assert_true(model.cyclic);
	assert_int_equal(model_score(&model, alone), 0);
	assert_true(model_score(&model, all) == MODEL_NO_SCORE);
}

static void a_walk_scores_what_the_model_says(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct model model = compile(
		"'packages':[{'name':'a','root':true,'versions':['1','2']},{'name':'b','root':false,'versions':['1','2','3']},"
		"{'name':'c','root':true,'versions':['1','2']}],"
		"'requires':[{'package':'a','version':1,'on':'b','allowed':[[1,2]]},{'package':'b','version':1,'on':'a','allowed':[[1,1]]}],"
		"'unary':{'a':[1,2],'b':[10,20,30],'c':[100,200]},"
		"'rules':[{'when':[{'package':'a','from':1,'to':1},{'package':'c','from':0,'to':0}],'score':-7},"
		"{'when':[{'package':'a','from':1,'to':1},{'package':'b','from':1,'to':1},{'package':'c','from':0,'to':1}],'score':1000},"
		"{'when':[{'package':'b','from':2,'to':2},{'package':'c','from':1,'to':1}],'forbid':true}]",
		&arena);
	struct descent descent = descent_make(&model, &arena);
	struct random random = random_seeded(1);
	struct descent_policy policy = {.choice = DESCENT_RANDOM};
	int64_t best = MODEL_NO_SCORE;
	for (int i = 0; i < 200; i++) {
		int64_t score = descent_run(&descent, &policy, &random);
		if (score != MODEL_NO_SCORE) {
			assert_int_equal(score, model_score(&model, descent.stack));
			best = score > best ? score : best;
		}
	}
	assert_int_equal(best, 2 + 20 + 200 + 1000);
}

static void takes_the_newest_where_nobody_says_otherwise(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct model model = compile(TWO, &arena);
	struct descent descent = descent_make(&model, &arena);
	struct random random = random_seeded(1);
	struct descent_policy policy = {.choice = DESCENT_NEWEST};
	assert_int_equal(descent_run(&descent, &policy, &random), 0);
	assert_int_equal(descent.stack[model.number[0]], 1);
	assert_int_equal(descent.stack[model.number[1]], MODEL_ABSENT);
}

static void counts_and_selects_bits_of_wide_masks(void **state)
{
	(void)state;
	mask_word mask[3] = {0};
	static const uint32_t bits[] = {0, 7, 8, 63, 64, 100, 127, 128, 190, 191};
	for (uint32_t i = 0; i < 10; i++) {
		mask_add(mask, bits[i]);
	}
	assert_int_equal(mask_count(mask, 3), 10);
	for (uint32_t i = 0; i < 10; i++) {
		assert_int_equal(mask_select(mask, 3, i), bits[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_is_wrong_with_an_instance),
		cmocka_unit_test(says_why_nothing_is_valid),
		cmocka_unit_test(puts_requirers_before_what_they_require),
		cmocka_unit_test(lets_no_circle_support_itself),
		cmocka_unit_test(a_walk_scores_what_the_model_says),
		cmocka_unit_test(takes_the_newest_where_nobody_says_otherwise),
		cmocka_unit_test(counts_and_selects_bits_of_wide_masks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
