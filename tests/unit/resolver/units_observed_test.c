#include "unit/test.h"
#include "resolver/units_observed.h"

static void take(struct knowledge_import *import, int i, const char *fixed, struct arena *arena)
{
	struct tree tree;
	struct err err = {0};
	struct str text = arena_printf(arena,
		"{\"id\": \"ID-%d\", \"aliases\": [\"CVE-%d\"], \"affected\": [{\"package\":"
		"{\"ecosystem\": \"PyPI\", \"name\": \"demo\"}, \"ranges\": [{\"type\":"
		"\"ECOSYSTEM\", \"events\": [{\"introduced\": \"0\"}, {\"fixed\": \"%s\"}]}]}]}",
		i, i, fixed);
	assert_ok(tree_json(text, arena, &tree, &err), err);
	assert_ok(knowledge_import_advisory(import, &tree, &err), err);
}

/* demo 1.0 has seven advisories, 2.0 two, 3.0 none. */
static struct knowledge *make(struct arena *arena, struct str folder)
{
	AUTO(knowledge_import_freep) struct knowledge_import *import = NULL;
	struct err err = {0};
	struct knowledge *knowledge = NULL;
	struct knowledge_snapshot made;
	const struct knowledge_snapshot about = {.source = S("test")};
	struct str path = fs_join(arena, folder, S("advisories.sqlite"));
	import = knowledge_import_new(path.p, &err);
	assert_non_null(import);
	for (int i = 0; i < 7; i++) {
		take(import, i, i < 2 ? "3.0" : "2.0", arena);
	}
	assert_ok(knowledge_import_end(import, &about, arena, &made, &err), err);
	assert_ok(knowledge_open(path.p, &knowledge, &err), err);
	return knowledge;
}

static int score_of(struct observed *observed, const char *version)
{
	size_t n;
	int score = 0;
	const struct presc_tuple tuple = {.name = S("demo"), .version = str_from(version)};
	const struct unit_clause *clauses = observed_clauses(observed, 0, &n);
	for (size_t i = 0; i < n; i++) {
		const struct unit_term *term = &clauses[i].terms[0];
		score += term->fits(term->what, &tuple) ? clauses[i].score : 0;
	}
	return score;
}

static void each_advisory_counts_down_to_a_limit(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct str folder = test_folder(&arena);
	AUTO(knowledge_freep) struct knowledge *knowledge = make(&arena, folder);
	static const struct str allowed[] = {STR_INIT("CVE-0"), STR_INIT("id-1")};
	struct observed_source source = {.knowledge = knowledge, .recommendation = PRESC_STABLE};
	struct observed *observed = observed_new(&source, &arena);
	assert_int_equal(score_of(observed, "1.0"), -1000);
	assert_int_equal(score_of(observed, "2.0"), -400);
	assert_int_equal(score_of(observed, "3.0"), 0);
	source.allowed = allowed;
	source.n_allowed = 2;
	observed = observed_new(&source, &arena);
	assert_int_equal(score_of(observed, "2.0"), 0);
	assert_int_equal(score_of(observed, "1.0"), -1000);
	source.recommendation = PRESC_LATEST;
	observed = observed_new(&source, &arena);
	assert_int_equal(score_of(observed, "1.0"), 0);
	test_folder_remove(folder);
}

static void only_security_takes_releases_out(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct str folder = test_folder(&arena);
	AUTO(knowledge_freep) struct knowledge *knowledge = make(&arena, folder);
	for (int type = PRESC_LATEST; type <= PRESC_SECURITY; type++) {
		const struct observed_source source = {.knowledge = knowledge,
			.snapshot = S("2024-10-10"),
			.recommendation = (enum presc_recommendation)type};
		struct observed *observed = observed_new(&source, &arena);
		const struct presc_tuple bad = {.name = S("demo"), .version = S("2.0")};
		const struct presc_tuple good = {.name = S("demo"), .version = S("3.0")};
		struct str why = S("");
		bool security = type == PRESC_SECURITY;
		assert_int_equal(observed_has_sieves(observed, S("demo")), security);
		assert_false(observed_has_sieves(observed, S("other")));
		assert_int_equal(observed_is_sieved(observed, &bad, &why), security);
		assert_true(!security || str_find(why, S("2024-10-10")) > 0);
		assert_false(observed_is_sieved(observed, &good, &why));
	}
	test_folder_remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_advisory_counts_down_to_a_limit),
		cmocka_unit_test(only_security_takes_releases_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
