#include "unit/test.h"
#include "prescriptions/load.h"
#include "prescriptions/match.h"
#include "common/banned.h"

static struct presc_unit load(const char *text, struct arena *arena, struct presc_table *table)
{
	struct presc_report report = {.arena = arena, .file = S("f")};
	struct presc_unit unit;
	if (!presc_load_text(str_from(text), S("p"), &report, table)) {
		fail_msg(STR_FMT, STR_ARG(report.faults.list.p[0].message));
	}
	assert_true(presc_unit_read(table, 0, arena, &unit));
	return unit;
}

#define STEP(match)                                                                                \
	"units:\n  steps:\n  - {name: A, type: step, should_include: {adviser_pipeline: true}, "   \
	"run: {}, " match "}\n"

/* PEP 440's default for steps; sieves and pseudonyms see pre-releases like any other. */
static void judges_prereleases_by_who_asks(void **state)
{
	(void)state;
	static const struct {
		const char *spec, *version;
		bool step, sieve;
	} cases[] = {
		{">=1.0",   "2.0",    true,  true },
		{">=1.0",   "2.0rc1", false, true },
		{">=1.0a1", "2.0rc1", true,  true },
		{"",        "2.0rc1", false, true },
		{"",        "2.0",    true,  true },
		{"<2.0",    "2.0",    false, false},
		{"===odd",  "odd",    true,  true },
		{">=1.0",   "odd",    false, false},
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		AUTO(presc_table_done) struct presc_table table = {0};
		struct str text = arena_printf(
			&arena, STEP("match: {package_version: {version: '%s'}}"), cases[i].spec);
		struct presc_unit unit = load(text.p, &arena, &table);
		struct presc_tuple tuple = {.name = S("a"), .version = str_from(cases[i].version)};
		struct presc_ways ways = {0};
		const struct presc_package *package = &unit.instances[0].package;
		assert_int_equal(
			presc_package_matches(package, &tuple, false, &ways), cases[i].step);
		assert_int_equal(
			presc_package_matches(package, &tuple, true, &ways), cases[i].sieve);
	}
}

/* A rule that names the usual index by its public address counts behind a mirror too. */
static void takes_the_default_index_for_its_public_address(void **state)
{
	(void)state;
	static const struct {
		const char *rule, *index;
		bool matches, matches_literally;
	} cases[] = {
		{"https://canonical.example/simple",          "https://canonical.example/simple",  true,
                 true											  },
		{"https://canonical.example/simple",          "https://canonical.example/simple/", true,
                 true											  },
		{"https://canonical.example/simple",          "https://mirror.example/api",        true,  false},
		{"https://canonical.example/simple",          "https://other.example/simple",      false, false},
		{"https://mirror.example/api",                "https://canonical.example/simple",  false, false},
		{"{not: 'https://canonical.example/simple'}", "https://mirror.example/api/",       false,
                 true											  },
		{"{not: 'https://canonical.example/simple'}", "https://other.example/simple",      true,
                 true											  },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		AUTO(presc_table_done) struct presc_table table = {0};
		struct str text = arena_printf(
			&arena, STEP("match: {package_version: {index_url: %s}}"), cases[i].rule);
		struct presc_unit unit = load(text.p, &arena, &table);
		struct presc_tuple tuple = {
			.name = S("a"), .version = S("1"), .index = str_from(cases[i].index)};
		struct presc_ways ways = {.default_index = S("https://mirror.example/api"),
			.canonical = S("https://canonical.example/simple/")};
		const struct presc_package *package = &unit.instances[0].package;
		assert_int_equal(
			presc_package_matches(package, &tuple, false, &ways), cases[i].matches);
		ways.literal = true;
		assert_int_equal(presc_package_matches(package, &tuple, false, &ways),
			cases[i].matches_literally);
	}
}

/* Pillow comes in through the very package that it does not go with. */
static void sees_a_group_whoever_brought_its_members_in(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(presc_table_done) struct presc_table table = {0};
	struct presc_unit unit =
		load("units:\n  steps:\n  - {name: A, type: step.Group, should_include: "
		     "{adviser_pipeline: true}, run: {not_acceptable: x}, match: {group: ["
		     "{package_version: {name: pillow, version: ==8.3.0}}, "
		     "{package_version: {name: numpy}}]}}\n",
			&arena, &table);
	assert_int_equal(unit.n_instances, 2);
	assert_true(unit.multi_package_resolution);
	const struct presc_tuple pillow = {.name = S("pillow"), .version = S("8.3.0")};
	const struct presc_tuple numpy = {.name = S("numpy"), .version = S("1.20")};
	const struct presc_stack has_numpy = {&numpy, 1};
	const struct presc_stack nothing = {0};
	struct presc_ways ways = {0};
	assert_true(presc_step_matches(&unit.instances[0], &pillow, &has_numpy, &has_numpy, &ways));
	assert_false(presc_step_matches(&unit.instances[0], &pillow, &nothing, &nothing, &ways));
	ways.literal = true; /* the original looks away when a resolved package brought it in */
	assert_false(
		presc_step_matches(&unit.instances[0], &pillow, &has_numpy, &has_numpy, &ways));
}

/* package_version_from: who brought it in, and nobody else unless that is allowed. */
static void asks_who_brought_a_package_in(void **state)
{
	(void)state;
	static const struct {
		const char *more;
		bool two_parents;
	} cases[] = {
		{"",					  false},
		{", package_version_from_allow_other: true",  true },
		{", package_version_from_allow_other: false", false},
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		AUTO(presc_table_done) struct presc_table table = {0};
		struct str text = arena_printf(&arena,
			STEP("match: {package_version: {name: a}, state: {package_version_from: "
			     "[{name: b, version: '>=2'}]%s}}"),
			cases[i].more);
		struct presc_unit unit = load(text.p, &arena, &table);
		const struct presc_tuple adding = {.name = S("a"), .version = S("1")};
		const struct presc_tuple stack[] = {
			{.name = S("b"), .version = S("2")},
                        {.name = S("c"), .version = S("1")}
                };
		const struct presc_stack both = {stack, 2};
		const struct presc_stack first = {stack, 1};
		const struct presc_stack nobody = {0};
		const struct presc_ways ways = {0};
		const struct presc_instance *instance = &unit.instances[0];
		assert_true(presc_step_matches(instance, &adding, &both, &first, &ways));
		assert_false(presc_step_matches(instance, &adding, &both, &nobody, &ways));
		assert_false(presc_step_matches(instance, &adding, &nobody, &first, &ways));
		assert_int_equal(presc_step_matches(instance, &adding, &both, &both, &ways),
			cases[i].two_parents);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_prereleases_by_who_asks),
		cmocka_unit_test(takes_the_default_index_for_its_public_address),
		cmocka_unit_test(sees_a_group_whoever_brought_its_members_in),
		cmocka_unit_test(asks_who_brought_a_package_in),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
