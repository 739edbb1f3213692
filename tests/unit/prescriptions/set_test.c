#include "unit/test.h"
#include "prescriptions/load.h"
#include "prescriptions/set.h"
#include "prescriptions/unit.h"
#include "common/banned.h"

#define BOOT(name, message, rest)                                                                  \
	"  - {name: " name ", type: boot, run: {not_acceptable: " message                          \
	"}, should_include: {adviser_pipeline: true" rest "}}\n"

static struct str source(
	struct arena *arena, struct str folder, const char *name, const char *units)
{
	struct str root = fs_join(arena, folder, str_from(name));
	test_file(arena, root, "_prescription_metadata.yaml",
		S("prescription: {name: p, release: '1'}"), 0600);
	test_file(arena, root, "a.yaml", str_from(units), 0600);
	return root;
}

/* What the units that take part say, source by source. */
static struct str said(const struct presc_set *set, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	struct presc_context context = {0};
	struct presc_inclusion *inclusions = arena_array(arena, struct presc_inclusion, set->n);
	presc_set_include(set, &context, arena, inclusions);
	for (size_t i = 0; i < set->n; i++) {
		for (size_t k = 0; k < inclusions[i].n[PRESC_BOOTS]; k++) {
			struct presc_unit unit;
			assert_true(presc_unit_read(&set->sources[i].table,
				inclusions[i].units[PRESC_BOOTS][k], arena, &unit));
			buf_addf(&out, "%s" STR_FMT, out.n > 0 ? " " : "",
				STR_ARG(unit.not_acceptable));
		}
	}
	return arena_str(arena, buf_str(&out));
}

static void a_later_source_goes_before_an_earlier_one(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct str folder = test_folder(&arena);
	struct presc_cache none = {0};
	const struct str sources[] = {
		source(&arena, folder, "shipped",
			"units:\n  boots:\n" BOOT("A", "shipped-a", "") BOOT("B", "shipped-b", "")
				BOOT("C", "shipped-c", "")),
		source(&arena, folder, "own", "units:\n  boots:\n" BOOT("B", "own-b", "")),
	};
	AUTO(presc_set_done) struct presc_set set = {0};
	presc_set_open(&none, sources, 2, &set);
	assert_str(said(&set, &arena), S("shipped-a shipped-c own-b"));
	/* and the other way round, where the smaller one is the earlier */
	const struct str turned[] = {sources[1], sources[0]};
	AUTO(presc_set_done) struct presc_set other = {0};
	presc_set_open(&none, turned, 2, &other);
	assert_str(said(&other, &arena), S("shipped-a shipped-b shipped-c"));
	test_folder_remove(folder);
}

static void a_compiled_set_in_memory_is_the_first_source(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct str folder = test_folder(&arena);
	struct presc_cache none = {0};
	struct presc_report report = {.arena = &arena, .file = S("f")};
	AUTO(presc_table_done) struct presc_table table = {0};
	assert_true(
		presc_load_text(S("units:\n  boots:\n" BOOT("A", "in-a", "") BOOT("B", "in-b", "")),
			S("p"), &report, &table));
	const struct str own =
		source(&arena, folder, "own", "units:\n  boots:\n" BOOT("B", "own-b", ""));
	struct str compiled = {(const char *)table.p, table.n};
	AUTO(presc_set_done) struct presc_set set = {0};
	presc_set_open_over(&none, S("ours"), compiled, &own, 1, &set);
	assert_str(said(&set, &arena), S("in-a own-b"));
	/* bytes that are no set leave the others alone */
	AUTO(presc_set_done) struct presc_set cut = {0};
	presc_set_open_over(&none, S("ours"), str_slice(compiled, 0, 100), &own, 1, &cut);
	assert_false(cut.sources[0].in_use);
	assert_str(said(&cut, &arena), S("own-b"));
	test_folder_remove(folder);
}

static void a_source_with_a_fault_is_left_out_alone(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(buf_done) struct buf text = {0};
	struct str folder = test_folder(&arena);
	struct presc_cache none = {0};
	const struct str sources[] = {
		source(&arena, folder, "good", "units:\n  boots:\n" BOOT("A", "good-a", "")),
		source(&arena, folder, "bad",
			"units:\n  boots:\n" BOOT("A", "bad-a", "") BOOT("B", "7", "")),
	};
	AUTO(presc_set_done) struct presc_set set = {0};
	presc_set_open(&none, sources, 2, &set);
	assert_str(said(&set, &arena), S("good-a"));
	assert_false(set.sources[1].in_use);
	assert_int_equal(set.sources[1].report.faults.list.n, 1);
	presc_set_describe(&set, &text);
	assert_true(str_starts(buf_str(&text), S("p 1 sha256:")));
	assert_true(str_ends(buf_str(&text), S("/bad")));
	assert_true(str_find(buf_str(&text), S(", left out: ")) > 0);
	test_folder_remove(folder);
}

static void units_may_wait_for_units_of_other_sources(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct str folder = test_folder(&arena);
	struct presc_cache none = {0};
	const struct str sources[] = {
		source(&arena, folder, "one",
			"units:\n  boots:\n" BOOT("A", "a", ", dependencies: {boots: [p.B]}")
				BOOT("C", "c", ", dependencies: {boots: [p.Nobody]}")),
		source(&arena, folder, "two",
			"units:\n  boots:\n" BOOT("B", "b", ", dependencies: {boots: [p.D]}")),
		source(&arena, folder, "three", "units:\n  boots:\n" BOOT("D", "d", "")),
	};
	AUTO(presc_set_done) struct presc_set set = {0};
	presc_set_open(&none, sources, 3, &set);
	assert_str(said(&set, &arena), S("a b d"));
	test_folder_remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_later_source_goes_before_an_earlier_one),
		cmocka_unit_test(a_compiled_set_in_memory_is_the_first_source),
		cmocka_unit_test(a_source_with_a_fault_is_left_out_alone),
		cmocka_unit_test(units_may_wait_for_units_of_other_sources),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
