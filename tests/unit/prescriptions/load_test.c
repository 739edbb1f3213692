#include "unit/test.h"
#include "prescriptions/load.h"
#include "prescriptions/unit.h"
#include "common/banned.h"

/* clang-format off */
#define UNIT(name)                                                                                 \
	"units:\n  sieves:\n  - {name: " name                                                      \
	", type: sieve, should_include: {adviser_pipeline: true}, "                                \
	"match: {package_version: {name: a}}}\n"
/* clang-format on */

/* The names of all units, in their order. */
static struct str names_of(const struct presc_table *table, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	for (uint32_t i = 0; i < table_count(table, TABLE_UNITS); i++) {
		buf_addf(&out, "%s" STR_FMT, i > 0 ? " " : "",
			STR_ARG(table_str(table, table->units[i].name)));
	}
	return arena_str(arena, buf_str(&out));
}

static void reads_a_folder_in_the_order_of_names(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(presc_table_done) struct presc_table table = {0};
	AUTO(presc_table_done) struct presc_table again = {0};
	struct str folder = test_folder(&arena);
	test_file(&arena, folder, "b/x.yaml", S(UNIT("X")), 0600);
	test_file(&arena, folder, "b/_prescription_metadata.yaml",
		S("prescription: {name: inner, release: 2}"), 0600);
	test_file(&arena, folder, "_prescription_metadata.yaml",
		S("prescription:\n  name: outer\n  release: 2026.01\n"), 0600);
	test_file(&arena, folder, "c.yml", S(UNIT("C")), 0600);
	test_file(&arena, folder, "a.yaml", S(UNIT("A")), 0600);
	test_file(&arena, folder, ".hidden.yaml", S("no rules at all ["), 0600);
	test_file(&arena, folder, "README.txt", S("no rules at all ["), 0600);
	struct presc_report report = {.arena = &arena};
	assert_true(presc_load(folder, true, &report, &table));
	assert_str(names_of(&table, &arena), S("outer.A inner.X outer.C"));
	assert_int_equal(table.header->n_files, 3);
	assert_str(table_str(&table, table.header->name), S("outer"));
	assert_str(table_str(&table, table.header->release), S("2026.01"));
	assert_true(str_starts(str_from(table.header->digest), S("sha256:")));
	assert_int_equal(report.notes.list.n, 0);

	struct presc_report second = {.arena = &arena};
	assert_true(presc_load(folder, true, &second, &again));
	assert_int_equal(again.n, table.n);
	assert_memory_equal(again.p, table.p, table.n);
	test_folder_remove(folder);
}

static void names_every_fault_of_every_file(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(presc_table_done) struct presc_table table = {0};
	AUTO(buf_done) struct buf out = {0};
	struct str folder = test_folder(&arena);
	test_file(&arena, folder, "_prescription_metadata.yaml",
		S("prescription: {name: n, release: '1'}"), 0600);
	test_file(&arena, folder, "a.yaml", S(UNIT("A")), 0600);
	test_file(&arena, folder, "b.yaml", S("units: {boot: []}\n"), 0600);
	test_file(&arena, folder, "c/d.yaml", S(UNIT("A")), 0600);
	test_file(&arena, folder, "c/e.yaml", S("units: [\n"), 0600);
	struct presc_report report = {.arena = &arena};
	assert_false(presc_load(folder, false, &report, &table));
	for (size_t i = 0; i < report.faults.list.n; i++) {
		report.faults.list.p[i].hint = "";
		presc_fault_show(&report, &report.faults.list.p[i], &out);
	}
	struct str wanted = arena_printf(&arena,
		STR_FMT "/b.yaml:1:9: unknown key 'boot'\n" STR_FMT
			"/c/d.yaml:3:5: a unit 'n.A' is already present in a.yaml, line 3\n" STR_FMT
			"/c/e.yaml:2:1: no YAML: while parsing a flow node, did not find expected "
			"node content\n",
		STR_ARG(folder), STR_ARG(folder), STR_ARG(folder));
	assert_str(buf_str(&out), wanted);
	test_folder_remove(folder);
}

static void says_when_there_are_no_rules(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(presc_table_done) struct presc_table empty = {0};
	AUTO(presc_table_done) struct presc_table missing = {0};
	struct str folder = test_folder(&arena);
	struct presc_report report = {.arena = &arena};
	assert_false(presc_load(folder, false, &report, &empty));
	assert_str(report.faults.list.p[0].message, S("there are no rules"));
	struct presc_report other = {.arena = &arena};
	assert_false(presc_load(fs_join(&arena, folder, S("nowhere")), false, &other, &missing));
	assert_true(str_find(other.faults.list.p[0].message, S("No such file")) >= 0);
	test_folder_remove(folder);
}

static void goes_round_no_links(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(presc_table_done) struct presc_table table = {0};
	struct str folder = test_folder(&arena);
	struct str file = test_file(&arena, folder, "a.yaml", S(UNIT("A")), 0600);
	assert_int_equal(symlink(folder.p, fs_join(&arena, folder, S("loop.yaml")).p), 0);
	assert_int_equal(symlink(folder.p, fs_join(&arena, folder, S("loop")).p), 0);
	assert_int_equal(symlink(file.p, fs_join(&arena, folder, S(".b.yaml")).p), 0);
	struct presc_report report = {.arena = &arena};
	assert_true(presc_load(folder, false, &report, &table));
	assert_str(names_of(&table, &arena), S("UNKNOWN.A"));
	assert_int_equal(report.notes.list.n, 1);
	test_folder_remove(folder);
}

/* Units read back are what was written; short links become addresses. */
static void gives_units_as_plain_data(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(presc_table_done) struct presc_table table = {0};
	struct presc_report report = {.arena = &arena, .file = S("f")};
	assert_true(presc_load_text(
		S("units:\n"
		  "  pseudonyms:\n"
		  "  - name: P\n"
		  "    type: pseudonym\n"
		  "    should_include: {adviser_pipeline: true}\n"
		  "    match: {package_version: {name: a}}\n"
		  "    run:\n"
		  "      yield: {package_version: {name: b, locked_version: ==1.0}}\n"
		  "      log: {type: INFO, message: hello}\n"
		  "      stack_info: [{type: INFO, message: m, link: doc}]\n"
		  "  wraps:\n"
		  "  - name: W\n"
		  "    type: wrap\n"
		  "    should_include: {adviser_pipeline: true}\n"
		  "    run: {advised_manifest_changes: [{a: [1, 2.5, null, 'x']}]}\n"),
		S("p"), &report, &table));
	struct presc_unit unit;
	assert_true(presc_unit_read(&table, 0, &arena, &unit));
	assert_str(unit.new_name, S("b"));
	assert_str(unit.new_version, S("1.0"));
	assert_str(unit.log_message, S("hello"));
	assert_str(unit.stack_info[0].link, S("https://thoth-station.ninja/j/doc"));
	assert_int_equal(unit.line, 3);
	assert_true(presc_unit_read(&table, 1, &arena, &unit));
	AUTO(buf_done) struct buf json = {0};
	table_json(&table, unit.manifest_changes, &json);
	assert_str(buf_str(&json), S("[{\"a\":[1,2.5,null,\"x\"]}]"));
	assert_int_equal(unit.n_instances, 1); /* always */
	const struct table_name *name = table_name_find(&table, S("a"));
	assert_non_null(name);
	assert_int_equal(name->n, 1);
	assert_int_equal(table.postings[name->first], 0);
	assert_int_equal(table_name_find(&table, S(""))->n, 1);
	assert_null(table_name_find(&table, S("b")));
	assert_false(presc_unit_read(&table, 2, &arena, &unit));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_folder_in_the_order_of_names),
		cmocka_unit_test(names_every_fault_of_every_file),
		cmocka_unit_test(says_when_there_are_no_rules),
		cmocka_unit_test(goes_round_no_links),
		cmocka_unit_test(gives_units_as_plain_data),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
