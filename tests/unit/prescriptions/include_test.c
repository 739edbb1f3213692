#include "unit/test.h"
#include "prescriptions/include.h"
#include "prescriptions/load.h"
#include "common/banned.h"

static void load(const char *text, struct arena *arena, struct presc_table *ret)
{
	struct presc_report report = {.arena = arena, .file = S("f")};
	if (!presc_load_text(str_from(text), S("p"), &report, ret)) {
		fail_msg(STR_FMT, STR_ARG(report.faults.list.p[0].message));
	}
}

/* The names of the units that come in, in their order. */
static struct str included(
	const struct presc_table *table, const struct presc_context *context, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	struct presc_inclusion inclusion;
	presc_include(table, context, arena, &inclusion);
	for (int section = 0; section < PRESC_SECTIONS; section++) {
		for (size_t i = 0; i < inclusion.n[section]; i++) {
			const struct table_unit *unit = &table->units[inclusion.units[section][i]];
			buf_addf(&out, "%s" STR_FMT, out.n > 0 ? " " : "",
				STR_ARG(table_str(table, unit->name)));
		}
	}
	return arena_str(arena, buf_str(&out));
}

#define BOOT(name, rest) "  - {name: " name ", type: boot, run: {}, should_include: {" rest "}}\n"

static void follows_dependencies_until_nothing_more_comes_in(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(presc_table_done) struct presc_table table = {0};
	load("units:\n  boots:\n" BOOT(
		     "A", "adviser_pipeline: true, dependencies: {boots: [p.B]}") BOOT("B",
		     "adviser_pipeline: true, dependencies: {boots: [p.C], sieves: [Own]}")
			BOOT("C", "adviser_pipeline: true") BOOT("D",
				"adviser_pipeline: true, dependencies: {boots: [p.E]}") BOOT("E",
				"dependency_monkey_pipeline: true") BOOT("F",
				"adviser_pipeline: true, dependencies: {boots: [p.Nobody]}"),
		&arena, &table);
	struct presc_context context = {0};
	assert_str(included(&table, &context, &arena), S("p.C"));
	static const struct str own[] = {STR_INIT("Own")};
	context.included[PRESC_SIEVES].names = own;
	context.included[PRESC_SIEVES].n = 1;
	assert_str(included(&table, &context, &arena), S("p.C p.B p.A"));
	context.is_monkey = true;
	assert_str(included(&table, &context, &arena), S("p.E"));
	static const struct str blocked[] = {STR_INIT("p.C")};
	context = (struct presc_context){.blocked = blocked, .n_blocked = 1};
	assert_str(included(&table, &context, &arena), S(""));
}

static void decides_by_recommendation_and_decision(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(presc_table_done) struct presc_table table = {0};
	load("units:\n  boots:\n" BOOT("S",
		     "adviser_pipeline: true, recommendation_types: [stable, security]") BOOT("N",
		     "adviser_pipeline: true, recommendation_types: {not: [stable]}")
			BOOT("M", "dependency_monkey_pipeline: true, decision_types: [random]")
				BOOT("O", "adviser_pipeline: true, times: 0"),
		&arena, &table);
	struct presc_context context = {.recommendation = PRESC_STABLE};
	assert_str(included(&table, &context, &arena), S("p.S"));
	context.recommendation = PRESC_LATEST;
	assert_str(included(&table, &context, &arena), S("p.N"));
	context = (struct presc_context){.is_monkey = true, .decision = PRESC_RANDOM};
	assert_str(included(&table, &context, &arena), S("p.M"));
}

/* Where the documentation and the original part. */
static void is_literal_when_asked(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(presc_table_done) struct presc_table table = {0};
	load("units:\n  boots:\n" BOOT("Without",
		     "adviser_pipeline: true, runtime_environments: {cuda_version: null}")
			BOOT("Or", "adviser_pipeline: true, runtime_environments: {hardware: "
				   "[{cpu_families: [6]}, {cpu_families: [23]}]}")
				BOOT("Second", "adviser_pipeline: true, library_usage: {t: [t.b]}"),
		&arena, &table);
	static const struct str symbols[] = {STR_INIT("t.a"), STR_INIT("t.b")};
	const struct presc_usage usage = {S("t"), symbols, 2};
	struct presc_context context = {
		.usage = &usage,
		.n_usage = 1,
		.machine = {.cuda_version = S("11.1"), .has_cpu_family = true, .cpu_family = 6}
        };
	assert_str(included(&table, &context, &arena), S("p.Or p.Second"));
	context.literal = true;
	assert_str(included(&table, &context, &arena), S("p.Without"));
}

/* What a rule wants, what the code uses, and whether that is so; and to the letter. */
static void finds_used_symbols(void **state)
{
	(void)state;
	static const struct {
		struct str wanted, used;
		bool fits, literal;
	} cases[] = {
		{STR_INIT("a.load"), STR_INIT("a.load"),      true,  true },
		{STR_INIT("a.load"), STR_INIT("a.load.fast"), true,  false},
		{STR_INIT("a.load"), STR_INIT("a.loads"),     false, false},
		{STR_INIT("a.load"), STR_INIT("a"),           false, false},
		{STR_INIT("a.*"),    STR_INIT("a"),           true,  true },
		{STR_INIT("a.*"),    STR_INIT("a.b"),         true,  true },
		{STR_INIT("a.*"),    STR_INIT("ab.c"),        false, true },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
			presc_symbol_fits(cases[i].wanted, cases[i].used, false), cases[i].fits);
		assert_int_equal(
			presc_symbol_fits(cases[i].wanted, cases[i].used, true), cases[i].literal);
	}
}

static void tells_what_depends_on_the_machine(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(presc_table_done) struct presc_table table = {0};
	load("units:\n  boots:\n" BOOT("Any", "adviser_pipeline: true") BOOT("Python",
		     "adviser_pipeline: true, runtime_environments: {python_version: '<3.9'}")
			BOOT("Cuda", "adviser_pipeline: true, runtime_environments: {cuda_version: "
				     "'>=11'}") BOOT("Testing",
				"adviser_pipeline: true, recommendation_types: [testing], "
				"runtime_environments: {cuda_version: '>=11'}"),
		&arena, &table);
	struct presc_context context = {.machine.python_version = S("3.12")};
	assert_str(included(&table, &context, &arena), S("p.Any"));
	context.machine_is = PRESC_MACHINE_ALWAYS;
	assert_str(included(&table, &context, &arena), S("p.Any p.Cuda"));
	context.machine.cuda_version = S("12.1");
	context.machine_is = PRESC_MACHINE_NEVER;
	assert_str(included(&table, &context, &arena), S("p.Any"));
	context.machine_is = PRESC_MACHINE_KNOWN;
	assert_str(included(&table, &context, &arena), S("p.Any p.Cuda"));
}

static void reads_image_names_with_ports_and_without_tags(void **state)
{
	(void)state;
	static const struct {
		const char *wanted, *image;
		bool fits;
	} cases[] = {
		{"[r.example:5000/a]",       "r.example:5000/a:v1",  true },
		{"['r.example:5000/a:v1']",  "r.example:5000/a:v1",  true },
		{"['r.example:5000/a:v1']",  "r.example:5000/a:v10", false},
		{"['r.example:5000/a:v1*']", "r.example:5000/a:v10", true },
		{"['r.example:5000/a:v1']",  "r.example:5000/a",     true },
		{"['r.example:5000/a:v1']",  "r.example/a:v1",       false},
		{"['a:*']",                  "a:v2",                 true },
		{"{not: ['a:*']}",           "a:v2",                 false},
		{"[null]",                   "",                     true },
		{"['a:1']",                  "",                     false},
		{"{not: [null]}",            "",                     false},
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		AUTO(presc_table_done) struct presc_table table = {0};
		struct str text = arena_printf(&arena,
			"units:\n  boots:\n  - {name: A, type: boot, run: {}, should_include: "
			"{adviser_pipeline: true, runtime_environments: {base_images: %s}}}\n",
			cases[i].wanted);
		load(text.p, &arena, &table);
		struct presc_context context = {
			.machine = {.base_image = str_from(cases[i].image)}};
		if ((included(&table, &context, &arena).n > 0) != cases[i].fits) {
			fail_msg("%s %s", cases[i].wanted, cases[i].image);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_dependencies_until_nothing_more_comes_in),
		cmocka_unit_test(decides_by_recommendation_and_decision),
		cmocka_unit_test(is_literal_when_asked),
		cmocka_unit_test(finds_used_symbols),
		cmocka_unit_test(tells_what_depends_on_the_machine),
		cmocka_unit_test(reads_image_names_with_ports_and_without_tags),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
