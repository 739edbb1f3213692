#include "unit/test.h"
#include "notebook_meta/notebook_meta.h"

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

/* clang-format off: version 14 stumbles over these tables */
static const struct locked_file files[] = {
	{.sha256 = STR_INIT(A64), .size = -1, .upload_ms = -1},
	{.sha256 = STR_INIT(B64), .size = -1, .upload_ms = -1},
};

static const struct locked_package packages[] = {
	{.name = STR_INIT("numpy"),
         .version = STR_INIT("2.1.3"),
         .files = files,
         .n_files = 1,
         .reason = STR_INIT("newest that pandas allows")         },
	{ .name = STR_INIT("pandas"),
         .version = STR_INIT("2.2.3"),
         .files = files,
         .n_files = 2,
         .marker = STR_INIT("python_version >= '3.10'"),
         .index = STR_INIT("gpu"),
         .other_index = true,
         .reason = STR_INIT("cell 2 asks for it; newest release")},
};

static const struct str environments[] = {STR_INIT("cp311-linux_x86_64-glibc_2.36")};

static const struct lock_message messages[] = {
	{.type = STR_INIT("WARNING"),
         .package = STR_INIT("numpy"),
         .message = STR_INIT("old\x1b"),
         .link = STR_INIT("https://docs.example"),
         .unit = STR_INIT("u"),
         .origin = {.cell_id = STR_INIT("a1b2"), .cell = 2, .line = 3}},
};

static const struct lock sample = {.packages = packages,
	.n = 2,
	.environments = environments,
	.n_environments = 1,
	.inputs = STR_INIT("sha256:0"),
	.created = STR_INIT("2026-11-21T09:00:00Z"),
	.messages = messages,
	.n_messages = 1};

static void parse_with(struct arena *arena, json_t *thoth, struct notebook *ret)
{
	struct err err = {0};
	AUTO(nb_done) struct notebook empty = {0};
	struct str bytes;
	assert_ok(nb_parse(S("n"), S("{\n \"metadata\": {},\n \"nbformat\": 4\n}"), arena, &empty,
			  &err),
		err);
	assert_ok(nb_splice(&empty, thoth, arena, &bytes, &err), err);
	assert_ok(nb_parse(S("n"), bytes, arena, ret, &err), err);
}
/* clang-format on */

static void the_form_is_the_documented_one(void **state)
{
	(void)state;
	static const char wanted[] =
		"{\n \"metadata\": {\n  \"thoth\": {\n   \"environments\": [\n"
		"    \"cp311-linux_x86_64-glibc_2.36\"\n   ],\n"
		"   \"justification\": {\n    \"numpy\": \"newest that pandas allows\",\n"
		"    \"pandas\": \"cell 2 asks for it; newest release\"\n   },\n"
		"   \"lock\": {\n    \"created\": \"2026-11-21T09:00:00Z\",\n"
		"    \"index-of\": {\n     \"pandas\": \"gpu\"\n    },\n    \"inputs\": "
		"\"sha256:0\",\n"
		"    \"packages\": [\n     \"numpy==2.1.3 --hash=sha256:" A64 "\",\n"
		"     \"pandas==2.2.3; python_version >= '3.10' --hash=sha256:" A64
		" --hash=sha256:" B64 "\"\n    ]\n   },\n"
		"   \"messages\": [\n    {\n     \"cell_id\": \"a1b2\",\n     \"line\": 3,\n"
		"     \"link\": \"https://docs.example\",\n     \"message\": \"old\\u001b\",\n"
		"     \"package\": \"numpy\",\n     \"type\": \"WARNING\",\n     \"unit\": \"u\"\n "
		"   }\n   ],\n"
		"   \"resolution\": {\n    \"score\": 4990\n   },\n   \"version\": 1\n  }\n },\n"
		" \"nbformat\": 4\n}";
	AUTO(arena_done) struct arena arena = {0};
	AUTO(nb_done) struct notebook nb = {0};
	json_auto_t *resolution = json_pack("{s:i}", "score", 4990);
	json_auto_t *value = nb_lock_value(NULL, &sample, resolution);
	parse_with(&arena, value, &nb);
	assert_str(nb.bytes, str_from(wanted));
}

static void a_lock_reads_back_as_it_was(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(nb_done) struct notebook nb = {0};
	struct err err = {0};
	struct lock lock;
	bool found = false;
	json_auto_t *value = nb_lock_value(NULL, &sample, NULL);
	parse_with(&arena, value, &nb);
	assert_ok(nb_lock_read(&nb, &arena, &lock, &found, &err), err);
	assert_true(found);
	assert_int_equal(lock.n, 2);
	assert_str(lock.packages[0].name, S("numpy"));
	assert_str(lock.packages[1].version, S("2.2.3"));
	assert_str(lock.packages[1].marker, S("python_version >= '3.10'"));
	assert_str(lock.packages[1].reason, S("cell 2 asks for it; newest release"));
	assert_true(lock.packages[1].other_index);
	assert_str(lock.packages[1].index, S("gpu"));
	assert_int_equal(lock.packages[1].n_files, 2);
	assert_str(lock.packages[1].files[1].sha256, S(B64));
	assert_str(lock.environments[0], environments[0]);
	assert_str(lock.inputs, S("sha256:0"));
	assert_str(lock.messages[0].origin.cell_id, S("a1b2"));
	json_auto_t *again = nb_lock_value(NULL, &lock, NULL);
	assert_true(json_equal(again, value));
}

static void no_lock_is_no_error(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(nb_done) struct notebook nb = {0};
	struct err err = {0};
	struct lock lock;
	bool found = true;
	assert_ok(nb_parse(S("n"), S("{\"metadata\":{},\"nbformat\":4}"), &arena, &nb, &err), err);
	assert_ok(nb_lock_read(&nb, &arena, &lock, &found, &err), err);
	assert_false(found);
}

static void created_stays_until_the_lock_changes(void **state)
{
	(void)state;
	json_auto_t *first = nb_lock_value(NULL, &sample, NULL);
	struct lock later = sample;
	later.created = S("2027-01-01T00:00:00Z");
	json_auto_t *same = nb_lock_value(first, &later, NULL);
	assert_true(json_equal(first, same));
	later.n = 1;
	json_auto_t *other = nb_lock_value(first, &later, NULL);
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(other, "lock"), "created")),
		"2027-01-01T00:00:00Z");
	assert_null(json_object_get(json_object_get(other, "lock"), "index-of"));
	assert_null(json_object_get(json_object_get(other, "justification"), "pandas"));
}

static void the_rest_of_our_metadata_stays(void **state)
{
	(void)state;
	json_auto_t *old = json_pack("{s:{s:[s]},s:s,s:{},s:[s]}", "requirements", "packages", "a",
		"recommendation-type", "stable", "resolution", "messages", "old");
	struct lock quiet = sample;
	quiet.n_messages = 0;
	json_auto_t *value = nb_lock_value(old, &quiet, NULL);
	assert_true(json_equal(
		json_object_get(value, "requirements"), json_object_get(old, "requirements")));
	assert_string_equal(
		json_string_value(json_object_get(value, "recommendation-type")), "stable");
	assert_null(json_object_get(value, "messages"));
	assert_null(json_object_get(value, "resolution"));
	assert_non_null(json_object_get(old, "messages")); /* a pure function */
}

static void a_broken_lock_is_named(void **state)
{
	(void)state;
	static const struct {
		const char *lock, *word;
	} cases[] = {
		{"[]",				       "metadata.thoth.lock"                   },
		{"{}",				       "metadata.thoth.lock.packages"          },
		{"{\"packages\": [\"a==1\", \"b>=2\"]}",     "line 2 of metadata.thoth.lock.packages"},
		{"{\"packages\": [\"a==1 --hash=md5:00\"]}", "line 1"                                },
		{"{\"packages\": [7]}",                      "line 1"                                },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		AUTO(nb_done) struct notebook nb = {0};
		struct err err = {0};
		struct lock lock;
		bool found;
		struct str text = arena_printf(&arena,
			"{\"metadata\":{\"thoth\":{\"lock\":%s}},\"nbformat\":4}", cases[i].lock);
		assert_ok(nb_parse(S("n.ipynb"), text, &arena, &nb, &err), err);
		assert_false(nb_lock_read(&nb, &arena, &lock, &found, &err));
		assert_int_equal(err.kind, ERR_INPUT);
		assert_non_null(strstr(err.message, cases[i].word));
		assert_string_equal(err.input, "n.ipynb");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_form_is_the_documented_one),
		cmocka_unit_test(a_lock_reads_back_as_it_was),
		cmocka_unit_test(no_lock_is_no_error),
		cmocka_unit_test(created_stays_until_the_lock_changes),
		cmocka_unit_test(the_rest_of_our_metadata_stays),
		cmocka_unit_test(a_broken_lock_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
