#include "unit/test.h"
#include "index/cache.h"
#include "common/banned.h"

static const struct index_cache_entry sample = {
	.status = 200,
	.fetched_ms = 1000,
	.fresh_until_ms = 5000,
	.url = STR_INIT("https://index.example/simple/x/"),
	.content_type = STR_INIT("text/html"),
	.etag = STR_INIT("\"abc\""),
	.last_modified = STR_INIT("Sat, 21 Nov 2026 09:00:00 GMT"),
	.body = STR_INIT("<a href=x-1.whl>x</a>"),
};

struct fixture {
	struct arena arena;
	struct str folder, key, path;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	fixture->folder = test_folder(&fixture->arena);
	fixture->key = index_cache_key(S("https://index.example/simple"),
		S("https://index.example/simple/x/"), &fixture->arena);
	fixture->path = index_cache_path(fixture->folder, fixture->key, &fixture->arena);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	test_folder_remove(fixture->folder);
	arena_done(&fixture->arena);
	free(fixture);
	return 0;
}

static void gives_back_what_was_written(void **state)
{
	struct fixture *fixture = *state;
	AUTO(buf_done) struct buf storage = {0};
	struct index_cache_entry entry;
	assert_false(index_cache_read(fixture->path, fixture->key, &storage, &entry));
	index_cache_write(fixture->path, fixture->key, &sample);
	assert_true(index_cache_read(fixture->path, fixture->key, &storage, &entry));
	assert_int_equal(entry.status, 200);
	assert_int_equal(entry.fetched_ms, 1000);
	assert_int_equal(entry.fresh_until_ms, 5000);
	assert_str(entry.url, sample.url);
	assert_str(entry.content_type, sample.content_type);
	assert_str(entry.etag, sample.etag);
	assert_str(entry.last_modified, sample.last_modified);
	assert_str(entry.body, sample.body);
}

static void confirming_changes_the_times_alone(void **state)
{
	struct fixture *fixture = *state;
	AUTO(buf_done) struct buf storage = {0};
	struct index_cache_entry entry;
	index_cache_write(fixture->path, fixture->key, &sample);
	index_cache_confirm(fixture->path, 7000, 9000);
	assert_true(index_cache_read(fixture->path, fixture->key, &storage, &entry));
	assert_int_equal(entry.fetched_ms, 7000);
	assert_int_equal(entry.fresh_until_ms, 9000);
	assert_str(entry.body, sample.body);
}

/* Whatever single byte a disk gets wrong, and wherever a file is cut, the entry is not believed. */
static void ignores_every_damaged_entry(void **state)
{
	struct fixture *fixture = *state;
	struct index_cache_entry entry;
	struct err err = {0};
	struct str bytes;
	index_cache_write(fixture->path, fixture->key, &sample);
	assert_ok(fs_read(fixture->path.p, 1 << 20, &fixture->arena, &bytes, &err), err);
	assert_true(index_cache_decode(bytes, fixture->key, &entry));
	for (size_t i = 0; i < bytes.n; i++) {
		((char *)bytes.p)[i] ^= 0x10;
		assert_false(index_cache_decode(bytes, fixture->key, &entry));
		((char *)bytes.p)[i] ^= 0x10;
		assert_false(index_cache_decode(str_slice(bytes, 0, i), fixture->key, &entry));
	}
	assert_true(index_cache_decode(bytes, fixture->key, &entry));
}

/* Decision 14: an entry of one index never answers for another. */
static void files_under_index_and_address(void **state)
{
	struct fixture *fixture = *state;
	struct index_cache_entry entry;
	AUTO(buf_done) struct buf storage = {0};
	index_cache_write(fixture->path, fixture->key, &sample);
	struct str other = index_cache_key(S("https://other.example/simple"),
		S("https://index.example/simple/x/"), &fixture->arena);
	struct str path = index_cache_path(fixture->folder, other, &fixture->arena);
	assert_false(str_eq(path, fixture->path));
	assert_false(index_cache_read(path, other, &storage, &entry));
	assert_false(index_cache_read(fixture->path, other, &storage, &entry));
}

static void works_without_a_folder(void **state)
{
	struct fixture *fixture = *state;
	struct index_cache_entry entry;
	AUTO(buf_done) struct buf storage = {0};
	struct str path = index_cache_path(S(""), fixture->key, &fixture->arena);
	index_cache_write(path, fixture->key, &sample);
	assert_false(index_cache_read(path, fixture->key, &storage, &entry));
	path = index_cache_path(S("/proc/nowhere"), fixture->key, &fixture->arena);
	index_cache_write(path, fixture->key, &sample);
	assert_false(index_cache_read(path, fixture->key, &storage, &entry));
}

static void reads_cache_control(void **state)
{
	(void)state;
	static const struct {
		const char *header;
		int64_t age_s, until;
	} cases[] = {
		{"max-age=600, public",          0,   1600000                       },
		{"public,MAX-AGE=600",           100, 1500000                       },
		{"max-age=600",                  600, 0                             },
		{"max-age=600, no-cache",        0,   0                             },
		{"no-store, max-age=600",        0,   -1                            },
		{"",			     0,   1600000                       },
		{"max-age=x",                    0,   0                             },
		{"max-age=99999999999999999999", 0,   0                             },
		{"max-age=9999999999",           0,   1000000 + 365LL * 86400 * 1000},
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		assert_int_equal(
			index_cache_fresh_until(str_from(cases[i].header), cases[i].age_s, 1000000),
			cases[i].until);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(gives_back_what_was_written, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			confirming_changes_the_times_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(ignores_every_damaged_entry, set_up, tear_down),
		cmocka_unit_test_setup_teardown(files_under_index_and_address, set_up, tear_down),
		cmocka_unit_test_setup_teardown(works_without_a_folder, set_up, tear_down),
		cmocka_unit_test(reads_cache_control),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
