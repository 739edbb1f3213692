#include <fcntl.h>
#include <sys/stat.h>
#include "unit/test.h"
#include "common/clock.h"
#include "prescriptions/cache.h"
#include "common/banned.h"

/* clang-format off */
#define UNIT(name)                                                                                 \
	"units:\n  sieves:\n  - {name: " name                                                      \
	", type: sieve, should_include: {adviser_pipeline: true}, "                                \
	"match: {package_version: {name: a}}}\n"
/* clang-format on */

/* Open a source; "made", "mapped" or "refused". */
static const char *how(const struct presc_cache *cache, struct str source)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(presc_table_done) struct presc_table table = {0};
	struct presc_report report = {.arena = &arena};
	if (!presc_open(cache, source, &report, &table)) {
		return "refused";
	}
	assert_int_equal(report.notes.list.n, 1); /* no metadata: kept with the set */
	return table.is_mapped ? "mapped" : "made";
}

static void later(int64_t ms)
{
	clock_fix(clock_now_ms() + ms);
}

static struct str only_file(struct arena *arena, struct str folder)
{
	AUTO(buf_done) struct buf command = {0};
	FILE *found;
	char name[300] = "";
	buf_addf(&command, "ls " STR_FMT "/*.set", STR_ARG(folder));
	found = popen(command.p, "r");
	assert_non_null(found);
	assert_non_null(fgets(name, sizeof(name), found));
	pclose(found);
	return arena_str(arena, str_trim(str_from(name)));
}

static void opens_a_folder_once_and_maps_it_until_a_file_changes(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct str folder = test_folder(&arena);
	struct str rules = fs_join(&arena, folder, S("rules"));
	struct presc_cache cache = presc_cache_at(fs_join(&arena, folder, S("cache")), &arena);
	test_file(&arena, rules, "a.yaml", S(UNIT("A")), 0600);
	later(1000);
	assert_string_equal(how(&cache, rules), "made");
	assert_string_equal(how(&cache, rules), "mapped");
	assert_string_equal(how(&cache, fs_join(&arena, rules, S("../rules/"))), "mapped");
	/* another time, another size, one more file, one less */
	const struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	assert_int_equal(utimensat(AT_FDCWD, fs_join(&arena, rules, S("a.yaml")).p, times, 0), 0);
	assert_string_equal(how(&cache, rules), "made");
	assert_string_equal(how(&cache, rules), "mapped");
	struct str more = test_file(&arena, rules, "b/b.yaml", S(UNIT("B")), 0600);
	later(1000);
	assert_string_equal(how(&cache, rules), "made");
	assert_string_equal(how(&cache, rules), "mapped");
	assert_int_equal(unlink(more.p), 0);
	assert_string_equal(how(&cache, rules), "made");
	/* nothing is kept without a folder */
	struct presc_cache none = {0};
	assert_string_equal(how(&none, rules), "made");
	/* faults are not hidden by what was kept */
	test_file(&arena, rules, "c.yaml", S("units: 7\n"), 0600);
	assert_string_equal(how(&cache, rules), "refused");
	assert_string_equal(how(&cache, rules), "refused");
	clock_fix(-1);
	test_folder_remove(folder);
}

/* Written again within a tick of the clock, a file would look the same. */
static void keeps_nothing_of_files_written_just_now(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct str folder = test_folder(&arena);
	struct str rules = fs_join(&arena, folder, S("rules"));
	struct presc_cache cache = presc_cache_at(fs_join(&arena, folder, S("cache")), &arena);
	struct str file = test_file(&arena, rules, "a.yaml", S(UNIT("A")), 0600);
	struct stat st;
	assert_int_equal(stat(file.p, &st), 0);
	clock_fix((int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000 + 2);
	assert_string_equal(how(&cache, rules), "made");
	assert_string_equal(how(&cache, rules), "made");
	clock_fix(-1);
	test_folder_remove(folder);
}

/* Every byte of the head, and some of the rest, turned round: never used, made again. */
static void makes_a_damaged_set_again(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct str folder = test_folder(&arena);
	struct str rules = fs_join(&arena, folder, S("rules"));
	struct presc_cache cache = presc_cache_at(fs_join(&arena, folder, S("cache")), &arena);
	test_file(&arena, rules, "a.yaml", S(UNIT("A")), 0600);
	later(1000);
	assert_string_equal(how(&cache, rules), "made");
	struct str path = only_file(&arena, cache.folder);
	struct str whole;
	struct err err = {0};
	assert_ok(fs_read(path.p, TABLE_MAX, &arena, &whole, &err), err);
	for (size_t i = 0; i < whole.n; i += i < 64 ? 1 : 97) {
		char *bytes = (char *)whole.p;
		bytes[i] = (char)~bytes[i];
		assert_ok(fs_write_atomic(path.p, whole, 0600, &err), err);
		bytes[i] = (char)~bytes[i];
		assert_string_equal(how(&cache, rules), "made");
		assert_string_equal(how(&cache, rules), "mapped");
	}
	for (size_t n = 0; n < whole.n; n += 131) {
		assert_ok(fs_write_atomic(path.p, str_slice(whole, 0, n), 0600, &err), err);
		assert_string_equal(how(&cache, rules), "made");
	}
	clock_fix(-1);
	test_folder_remove(folder);
}

static void opens_a_set_by_its_digest_alone(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(presc_table_done) struct presc_table table = {0};
	struct str folder = test_folder(&arena);
	struct str rules = fs_join(&arena, folder, S("rules"));
	struct presc_cache cache = presc_cache_at(fs_join(&arena, folder, S("cache")), &arena);
	struct presc_cache none = {0};
	struct presc_report report = {.arena = &arena};
	struct err err = {0};
	test_file(&arena, rules, "a.yaml", S(UNIT("A")), 0600);
	assert_true(presc_open(&none, rules, &report, &table));
	struct str digest = arena_str(&arena, str_from(table.header->digest));
	assert_int_equal(digest.n, 71);
	assert_string_equal(how(&cache, digest), "refused");
	assert_ok(presc_cache_keep(&cache, &table, &err), err);
	test_folder_remove(rules);
	assert_string_equal(how(&cache, digest), "mapped");
	assert_string_equal(how(&none, digest), "refused");
	/* under a name that is not its own */
	char *other = (char *)arena_str(&arena, digest).p;
	other[20] = other[20] == '0' ? '1' : '0';
	struct str from =
		arena_printf(&arena, STR_FMT "/sha256-%s.set", STR_ARG(cache.folder), digest.p + 7);
	struct str to =
		arena_printf(&arena, STR_FMT "/sha256-%s.set", STR_ARG(cache.folder), other + 7);
	assert_int_equal(rename(from.p, to.p), 0);
	assert_string_equal(how(&cache, str_from(other)), "refused");
	test_folder_remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_a_folder_once_and_maps_it_until_a_file_changes),
		cmocka_unit_test(keeps_nothing_of_files_written_just_now),
		cmocka_unit_test(makes_a_damaged_set_again),
		cmocka_unit_test(opens_a_set_by_its_digest_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
