#include "unit/resolver/world_help.h"
#include <limits.h>
#include "common/random.h"
#include "common/banned.h"

/* a has three releases; b 2 comes with a 2 and 3, b 1 fits all. */
static void small_index(struct asked *asked)
{
	asked_start(asked);
	release(asked, "a", "1.0", "b");
	release(asked, "a", "2.0", "b>=1");
	release(asked, "a", "3.0", "b>=1, c");
	release(asked, "b", "1.0", "");
	release(asked, "b", "2.0", "");
	release(asked, "c", "1.0", "");
	require(asked, "a");
}

#define TERMS(...)                                                                                 \
	(const struct about[])                                                                     \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}

static void takes_the_release_that_no_rule_is_against(void **state)
{
	(void)state;
	AUTO(asked_done) struct asked asked;
	small_index(&asked);
	clause(&asked, -200, 1, TERMS({"a", "3.0"}));
	solve(&asked);
	assert_chosen(&asked, "a", "2.0");
	assert_chosen(&asked, "b", "2.0");
	assert_chosen(&asked, "c", NULL);
	const struct resolver_score *score = asked.result.score;
	assert_true(score->searched && score->proven);
	assert_int_equal(score->score, 0);
	assert_int_equal(score->plain, -200);
	assert_int_equal(score->bound, 0);
	assert_int_equal(score->n_left_out, 0);
	assert_str(chosen(&asked, "a")->reason,
		S("the command line asks for it; 2.0 instead of 3.0: rule 1 gives 3.0 -0.2"));
}

static void leaves_the_answer_alone_when_nothing_can_be_gained(void **state)
{
	(void)state;
	static const struct {
		int32_t score;
		struct about terms[2];
		uint32_t n;
	} cases[] = {
		{-200, {{"a", "1.0"}},              1}, /* not in the answer */
		{200,  {{"a", "3.0"}},              1}, /* the answer has it */
		{200,  {{"a", "9.0"}},              1}, /* no such release */
		{-200, {{"zzz", ""}},               1}, /* no such package */
		{-200, {{"a", ""}},                 1}, /* whatever its version */
		{200,  {{"a", "1.0"}, {"zzz", ""}}, 2},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO(asked_done) struct asked asked;
		small_index(&asked);
		clause(&asked, cases[i].score, cases[i].n, cases[i].terms);
		solve(&asked);
		assert_chosen(&asked, "a", "3.0");
		assert_false(asked.result.score->searched);
		assert_true(asked.result.score->proven);
		assert_int_equal(asked.result.score->documents, 0);
		assert_int_equal(index_stats(asked.index).metadata_documents, 3);
	}
}

static void goes_back_for_a_pair(void **state)
{
	(void)state;
	AUTO(asked_done) struct asked asked;
	small_index(&asked);
	clause(&asked, 300, 2, TERMS({"a", "1.0 2.0"}, {"b", "1.0"}));
	clause(&asked, -100, 1, TERMS({"b", "1.0"}));
	solve(&asked);
	assert_chosen(&asked, "a", "2.0");
	assert_chosen(&asked, "b", "1.0");
	assert_int_equal(asked.result.score->score, 200);
	assert_true(asked.result.score->proven);
}

static void brings_in_what_an_older_release_requires(void **state)
{
	(void)state;
	AUTO(asked_done) struct asked asked;
	asked_start(&asked);
	release(&asked, "a", "1.0", "old<2");
	release(&asked, "a", "2.0", "");
	release(&asked, "old", "1.0", "deep");
	release(&asked, "old", "2.0", "");
	release(&asked, "deep", "1.0", "");
	require(&asked, "a");
	clause(&asked, -500, 1, TERMS({"a", "2.0"}));
	solve(&asked);
	assert_chosen(&asked, "a", "1.0");
	assert_chosen(&asked, "old", "1.0");
	assert_chosen(&asked, "deep", "1.0");
	assert_true(asked.result.score->proven);
}

static void weighs_what_an_older_release_brings_in(void **state)
{
	(void)state;
	AUTO(asked_done) struct asked asked;
	asked_start(&asked);
	release(&asked, "a", "1.0", "old");
	release(&asked, "a", "2.0", "");
	release(&asked, "old", "1.0", "");
	require(&asked, "a");
	clause(&asked, -500, 1, TERMS({"a", "2.0"}));
	clause(&asked, -600, 1, TERMS({"old", ""}));
	solve(&asked);
	assert_chosen(&asked, "a", "2.0");
	assert_true(asked.result.score->proven);
	assert_int_equal(asked.result.score->score, -500);
}

static void keeps_extras_at_the_version_of_their_project(void **state)
{
	(void)state;
	AUTO(asked_done) struct asked asked;
	asked_start(&asked);
	release(&asked, "a", "1.0", "x; extra == 'e'");
	release(&asked, "a", "2.0", "y; extra == 'e'");
	release(&asked, "x", "1.0", "");
	release(&asked, "y", "1.0", "");
	require(&asked, "a[e]");
	clause(&asked, -500, 1, TERMS({"a", "2.0"}));
	clause(&asked, -100, 1, TERMS({"x", ""}));
	solve(&asked);
	assert_chosen(&asked, "a", "1.0");
	assert_chosen(&asked, "x", "1.0");
	assert_chosen(&asked, "y", NULL);
	assert_int_equal(asked.result.score->score, -100);
}

static void heeds_who_requires_a_package(void **state)
{
	(void)state;
	AUTO(asked_done) struct asked asked;
	small_index(&asked);
	require(&asked, "b");
	struct unit_clause *from = clause(&asked, -300, 2, TERMS({"a", "3.0"}, {"c", ""}));
	((struct unit_term *)from->terms)[1].from = 1;
	solve(&asked);
	assert_chosen(&asked, "a", "2.0");
	assert_true(asked.result.score->proven);
}

static void each_package_counts_for_a_rule_about_any(void **state)
{
	(void)state;
	AUTO(asked_done) struct asked asked;
	small_index(&asked);
	clause(&asked, 10, 1, TERMS({"", "1.0"}));
	solve(&asked);
	assert_chosen(&asked, "a", "3.0"); /* with b and c: 20; a 1.0 with b: 20, but newer wins */
	assert_chosen(&asked, "b", "1.0");
	assert_int_equal(asked.result.score->score, 20);
	assert_true(asked.result.score->proven);
}

static void stays_with_the_lock_where_scores_are_equal(void **state)
{
	(void)state;
	AUTO(asked_done) struct asked asked;
	small_index(&asked);
	locked(&asked, "a", "1.0");
	clause(&asked, -200, 1, TERMS({"a", "3.0"}));
	solve(&asked);
	assert_chosen(&asked, "a", "1.0");
	assert_false(asked.result.score->searched);
}

static void moves_a_lock_that_scores_less(void **state)
{
	(void)state;
	AUTO(asked_done) struct asked asked;
	small_index(&asked);
	locked(&asked, "a", "2.0");
	clause(&asked, -200, 1, TERMS({"a", "2.0"}));
	solve(&asked);
	assert_chosen(&asked, "a", "3.0");
	assert_str(chosen(&asked, "a")->moved, S("rule 1 gives 2.0 -0.2"));
}

static void says_what_did_not_fit_into_the_budget(void **state)
{
	(void)state;
	AUTO(asked_done) struct asked asked;
	asked_start(&asked);
	for (int i = 1; i <= 9; i++) {
		char version[8];
		snprintf(version, sizeof(version), "%d.0", i);
		release(&asked, "a", version, "b");
	}
	release(&asked, "b", "1.0", "");
	require(&asked, "a");
	asked.scoring.documents = 0; /* as many as the plain answer: 2 */
	clause(&asked, -100, 1, TERMS({"a", "9.0 8.0 7.0"}));
	clause(&asked, 100, 2, TERMS({"a", "1.0"}, {"b", ""}));
	clause(&asked, -100, 1, TERMS({"a", "6.0 5.0 4.0 3.0 2.0 1.0"}));
	solve(&asked);
	assert_chosen(&asked, "a", "1.0"); /* what may gain most comes first */
	assert_int_equal(asked.result.score->documents, 2);
	assert_int_equal(index_stats(asked.index).metadata_documents, 4);
}

static void is_the_same_for_every_seed(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 5; seed++) {
		AUTO(asked_done) struct asked asked;
		small_index(&asked);
		asked.search.explore.seed = seed;
		clause(&asked, -100, 2, TERMS({"a", "3.0"}, {"b", "2.0"}));
		solve(&asked);
		assert_chosen(&asked, "a", "2.0");
		assert_chosen(&asked, "b", "2.0");
	}
}

/* ---- random small indexes against brute force --------------------------------------------------- */

enum { MOST_PROJECTS = 5, MOST_VERSIONS = 4, MOST_RULES = 8, ROUNDS = 300 };

struct random_world {
	struct random random;
	int projects, versions[MOST_PROJECTS];
	bool root[MOST_PROJECTS];
	/* requires[p][v][q]: lowest and highest version of q, highest 0: not required */
	struct {
		int low, high;
	} requires[MOST_PROJECTS][MOST_VERSIONS + 1][MOST_PROJECTS];
	struct {
		int n, project[3], low[3], high[3], score;
	} rules[MOST_RULES];
	int n_rules;
};

static int below(struct random_world *world, int n)
{
	return (int)random_below(&world->random, (uint32_t)n);
}

static void draw_world(struct random_world *world)
{
	world->projects = 2 + below(world, MOST_PROJECTS - 1);
	for (int p = 0; p < world->projects; p++) {
		world->versions[p] = 1 + below(world, MOST_VERSIONS);
		world->root[p] = p == 0 || below(world, 4) == 0;
	}
	for (int p = 0; p < world->projects; p++) {
		for (int v = 1; v <= world->versions[p]; v++) {
			for (int q = 0; q < world->projects; q++) {
				bool wanted = q != p && below(world, q > p ? 2 : 8) == 0;
				int low = 1 + below(world, world->versions[q]);
				int high = low + below(world, world->versions[q] - low + 1);
				world->requires[p][v][q].low = low;
				world->requires[p][v][q].high = wanted ? high : 0;
			}
		}
	}
}

static void draw_rules(struct random_world *world)
{
	world->n_rules = 1 + below(world, MOST_RULES);
	for (int i = 0; i < world->n_rules; i++) {
		world->rules[i].n = 1 + below(world, 3);
		world->rules[i].score = (below(world, 21) - 10) * 50;
		for (int t = 0; t < world->rules[i].n; t++) {
			int p = below(world, world->projects);
			int low = 1 + below(world, world->versions[p]);
			world->rules[i].project[t] = p;
			world->rules[i].low[t] = low;
			world->rules[i].high[t] = low + below(world, world->versions[p] - low + 1);
		}
	}
}

/* Is it valid and founded: nothing in it but what the roots lead to? */
static bool is_valid(const struct random_world *world, const int *stack)
{
	bool reached[MOST_PROJECTS] = {0};
	for (int round = 0; round <= world->projects; round++) {
		for (int p = 0; p < world->projects; p++) {
			reached[p] |= world->root[p];
			for (int q = 0; reached[p] && stack[p] > 0 && q < world->projects; q++) {
				reached[q] |= world->requires[p][stack[p]][q].high > 0;
			}
		}
	}
	for (int p = 0; p < world->projects; p++) {
		if (reached[p] != (stack[p] > 0)) {
			return false;
		}
		for (int q = 0; stack[p] > 0 && q < world->projects; q++) {
			int low = world->requires[p][stack[p]][q].low;
			int high = world->requires[p][stack[p]][q].high;
			if (high > 0 && (stack[q] < low || stack[q] > high)) {
				return false;
			}
		}
	}
	return true;
}

static int score_of(const struct random_world *world, const int *stack)
{
	int sum = 0;
	for (int i = 0; i < world->n_rules; i++) {
		bool applies = true;
		for (int t = 0; t < world->rules[i].n; t++) {
			int v = stack[world->rules[i].project[t]];
			applies &= v > 0 && v >= world->rules[i].low[t] &&
				   v <= world->rules[i].high[t];
		}
		sum += applies ? world->rules[i].score : 0;
	}
	return sum;
}

/* The best score of all valid stacks; INT_MIN: there is none. */
static int brute_force(const struct random_world *world)
{
	int stack[MOST_PROJECTS] = {0}, best = INT_MIN;
	for (;;) {
		if (is_valid(world, stack) && score_of(world, stack) > best) {
			best = score_of(world, stack);
		}
		int p = 0;
		while (p < world->projects && stack[p] == world->versions[p]) {
			stack[p++] = 0;
		}
		if (p == world->projects) {
			return best;
		}
		stack[p]++;
	}
}

static const char *text_of(struct asked *asked, int low, int high)
{
	AUTO(buf_done) struct buf out = {0};
	for (int v = low; v <= high; v++) {
		buf_addf(&out, "%s%d.0", v == low ? "" : " ", v);
	}
	return arena_cstr(&asked->arena, buf_str(&out));
}

static const char *requirements_of(
	struct asked *asked, const struct random_world *world, int p, int v)
{
	AUTO(buf_done) struct buf out = {0};
	for (int q = 0; q < world->projects; q++) {
		int low = world->requires[p][v][q].low, high = world->requires[p][v][q].high;
		if (high > 0) {
			buf_addf(&out, "%sp%d>=%d.0,<=%d.0", out.n > 0 ? ", " : "", q, low, high);
		}
	}
	return arena_cstr(&asked->arena, buf_str(&out));
}

static void put_index(struct asked *asked, const struct random_world *world)
{
	for (int p = 0; p < world->projects; p++) {
		const char *name = arena_printf(&asked->arena, "p%d", p).p;
		for (int v = 1; v <= world->versions[p]; v++) {
			release(asked, name, arena_printf(&asked->arena, "%d.0", v).p,
				requirements_of(asked, world, p, v));
		}
		if (world->root[p]) {
			require(asked, name);
		}
	}
}

static void put_rules(struct asked *asked, const struct random_world *world, bool touch_all)
{
	for (int i = 0; i < world->n_rules; i++) {
		struct about terms[3];
		for (int t = 0; t < world->rules[i].n; t++) {
			terms[t].name =
				arena_printf(&asked->arena, "p%d", world->rules[i].project[t]).p;
			terms[t].versions =
				text_of(asked, world->rules[i].low[t], world->rules[i].high[t]);
		}
		clause(asked, world->rules[i].score, (uint32_t)world->rules[i].n, terms);
	}
	for (int p = 0; p < world->projects && touch_all; p++) {
		for (int v = 1; v <= world->versions[p]; v++) { /* adds 1 whatever the version */
			struct about one = {arena_printf(&asked->arena, "p%d", p).p,
				arena_printf(&asked->arena, "%d.0", v).p};
			clause(asked, 1, 1, &one);
			clause(asked, -1, 1, &one);
		}
	}
}

static void check_answer(const struct asked *asked, const struct random_world *world, int best)
{
	int stack[MOST_PROJECTS] = {0};
	const struct resolver_score *score = asked->result.score;
	for (size_t i = 0; i < asked->result.n_choices; i++) {
		const struct locked_package *package = &asked->result.choices[i].package;
		stack[package->name.p[1] - '0'] = package->version.p[0] - '0';
	}
	assert_true(is_valid(world, stack));
	assert_int_equal(score_of(world, stack), score->score);
	assert_true(score->score >= score->plain);
	assert_true(score->bound >= score->score);
	assert_true(score->score <= best);
}

static void finds_what_brute_force_finds(void **state)
{
	(void)state;
	int moved = 0, beyond = 0;
	for (uint64_t round = 0; round < ROUNDS; round++) {
		struct random_world world = {.random = random_seeded(round)};
		AUTO(asked_done) struct asked asked;
		bool touch_all = round % 3 != 0;
		draw_world(&world);
		draw_rules(&world);
		asked_start(&asked);
		put_index(&asked, &world);
		put_rules(&asked, &world, touch_all);
		solve(&asked);
		int best = brute_force(&world);
		assert_int_equal(asked.result.solved, best != INT_MIN);
		if (asked.result.score == NULL) { /* no stack, or every rule scores 0 */
			continue;
		}
		check_answer(&asked, &world, best);
		assert_true(asked.result.score->proven);
		moved += asked.result.score->score > asked.result.score->plain ? 1 : 0;
		beyond += asked.result.score->score < best ? 1 : 0;
		if (touch_all && asked.result.score->score != best) {
			fail_msg("round %d: %lld, and %d can be had", (int)round,
				(long long)asked.result.score->score, best);
		}
	}
	printf("# %d of %d moved, %d are better outside of what is touched\n", moved, ROUNDS,
		beyond);
	assert_true(moved > ROUNDS / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_release_that_no_rule_is_against),
		cmocka_unit_test(leaves_the_answer_alone_when_nothing_can_be_gained),
		cmocka_unit_test(goes_back_for_a_pair),
		cmocka_unit_test(brings_in_what_an_older_release_requires),
		cmocka_unit_test(weighs_what_an_older_release_brings_in),
		cmocka_unit_test(keeps_extras_at_the_version_of_their_project),
		cmocka_unit_test(heeds_who_requires_a_package),
		cmocka_unit_test(each_package_counts_for_a_rule_about_any),
		cmocka_unit_test(stays_with_the_lock_where_scores_are_equal),
		cmocka_unit_test(moves_a_lock_that_scores_less),
		cmocka_unit_test(says_what_did_not_fit_into_the_budget),
		cmocka_unit_test(is_the_same_for_every_seed),
		cmocka_unit_test(finds_what_brute_force_finds),
	};
	return cmocka_run_group_tests_name("resolver best", tests, NULL, NULL);
}
