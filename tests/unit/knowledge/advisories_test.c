#include "unit/test.h"
#include "knowledge/knowledge.h"

/* ---- which versions -------------------------------------------------------------------------------- */

static struct version version_of(const char *text)
{
	struct version version;
	assert_true(version_parse(str_from(text), &version));
	return version;
}

static void tells_affected_versions_as_osv_does(void **state)
{
	(void)state;
	static const struct {
		const char *events, *versions, *version;
		bool affected;
		const char *fixed;
	} cases[] = {
		{"r\ni 0\nf 1.2\n",                "",           "1.1",    true,  "1.2"  },
		{"r\ni 0\nf 1.2\n",                "",           "0.dev1", true,  "1.2"  },
		{"r\ni 0\nf 1.2\n",                "",           "1.2",    false, ""     },
		{"r\ni 0\nf 1.2\n",                "",           "1.2.0",  false, ""     },
		{"r\ni 0\nf 1.2\n",                "",           "1.2rc1", true,  "1.2"  },
		{"r\ni 0\nf 1.2\n",                "",           "1.10",   false, ""     },
		{"r\ni 1.0\nl 1.5\n",              "",           "1.5",    true,  ""     },
		{"r\ni 1.0\nl 1.5\n",              "",           "1.5.1",  false, ""     },
		{"r\ni 1.0\nl 1.5\n",              "",           "0.9",    false, ""     },
		{"r\nf 1.2\ni 0\nf 3.1\ni 2.0\n",  "",           "1.5",    false, ""     },
		{"r\nf 1.2\ni 0\nf 3.1\ni 2.0\n",  "",           "2.5",    true,  "3.1"  },
		{"r\nf 1.2\ni 0\nf 3.1\ni 2.0\n",  "",           "1.0",    true,  "1.2"  },
		{"r\ni 0\nf 1.2\nr\ni 0\nf 2.0\n", "",           "1.0",    true,  "2.0"  },
		{"r\ni 0\n",                       "",           "99",     true,  ""     },
		{"",			       "1.0\n1.1\n", "1.1.0",  true,  ""     },
		{"",			       "1.0\n1.1\n", "1.2",    false, ""     },
		{"r\ni 2.0\nf 2.1\n",              "1.0\n",      "1.0",    true,  "2.1"  },
		{"r\ni 0\nf 2!1.0\n",              "",           "9",      true,  "2!1.0"},
		{"",			       "",           "1",      false, ""     },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct knowledge_advisory advisory = {0};
		struct version version = version_of(cases[i].version);
		knowledge_read_affected(
			str_from(cases[i].events), str_from(cases[i].versions), &arena, &advisory);
		bool affected = knowledge_affects(&advisory, &version);
		struct str fixed = affected ? knowledge_fixed(&advisory, &version) : S("");
		if (affected != cases[i].affected || !str_eq(fixed, str_from(cases[i].fixed))) {
			fail_msg("case %zu: %d, fixed '" STR_FMT "'", i, affected, STR_ARG(fixed));
		}
	}
}

/* ---- the file -------------------------------------------------------------------------------------- */

static bool import_one(struct knowledge_import *import, const char *json, struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	struct tree tree;
	assert_ok(tree_json(str_from(json), &arena, &tree, err), *err);
	return knowledge_import_advisory(import, &tree, err);
}

static const char jinja[] =
	"{\"id\": \"PYSEC-1\", \"aliases\": [\"CVE-2024-1\", \"GHSA-x\"], \"details\": \"Bad\\n"
	"things.\", \"modified\": \"2024-10-10T01:02:03Z\", \"published\": "
	"\"2024-01-02T00:00:00Z\","
	"\"references\": [{\"type\": \"WEB\", \"url\": \"https://site.example/1\"},"
	"{\"type\": \"ADVISORY\", \"url\": \"https://site.example/2\"}],"
	"\"severity\": [{\"type\": \"CVSS_V3\", \"score\": \"CVSS:3.1/AV:N\"}],"
	"\"affected\": [{\"package\": {\"ecosystem\": \"PyPI\", \"name\": \"Jinja2\"},"
	"\"ranges\": [{\"type\": \"GIT\", \"events\": [{\"introduced\": \"0\"}]},"
	"{\"type\": \"ECOSYSTEM\", \"events\": [{\"introduced\": \"0\"}, {\"fixed\": \"3.1.4\"}]}],"
	"\"versions\": [\"2.0\", \"3.1.3\", \"no version\"]}]}";
static const char withdrawn[] =
	"{\"id\": \"PYSEC-2\", \"withdrawn\": \"2024-01-01T00:00:00Z\", \"affected\": "
	"[{\"package\":"
	"{\"ecosystem\": \"PyPI\", \"name\": \"jinja2\"}, \"versions\": [\"3.1.3\"]}]}";

/* A file with both, and a document that is left out. */
static struct str make(struct arena *arena, struct str folder)
{
	AUTO(knowledge_import_freep) struct knowledge_import *import = NULL;
	struct err err = {0};
	struct knowledge_snapshot made;
	struct str path = fs_join(arena, folder, S("k/advisories.sqlite"));
	import = knowledge_import_new(path.p, &err);
	assert_non_null(import);
	assert_ok(import_one(import, jinja, &err), err);
	assert_ok(import_one(import, withdrawn, &err), err);
	assert_false(import_one(import, "{\"id\": \"OTHER\", \"affected\": []}", &err));
	assert_false(import_one(import, jinja, &err)); /* the same id again */
	const struct knowledge_snapshot about = {.source = S("test"), .revision = S("r1")};
	err = (struct err){0};
	assert_ok(knowledge_import_end(import, &about, arena, &made, &err), err);
	assert_str(made.date, S("2024-10-10"));
	assert_int_equal(made.n_advisories, 2);
	assert_int_equal(made.n_withdrawn, 1);
	assert_int_equal(made.n_left_out, 2);
	assert_int_equal(made.n_packages, 1);
	return path;
}

static void finds_what_was_taken_in(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(knowledge_freep) struct knowledge *knowledge = NULL;
	struct str folder = test_folder(&arena);
	struct str path = make(&arena, folder);
	struct err err = {0};
	struct knowledge_package package;
	assert_ok(knowledge_open(path.p, &knowledge, &err), err);
	assert_ok(knowledge_package(knowledge, S("jinja2"), &arena, &package, &err), err);
	assert_int_equal(package.n, 1);
	const struct knowledge_advisory *one = &package.advisories[0];
	assert_str(one->id, S("PYSEC-1"));
	assert_str(one->summary, S("Bad things."));
	assert_str(one->link, S("https://site.example/2"));
	assert_str(one->severity, S("CVSS:3.1/AV:N"));
	assert_str(one->published, S("2024-01-02"));
	assert_int_equal(one->n_versions, 0); /* the range tells them */
	struct version version = version_of("3.1.3");
	assert_true(knowledge_affects(one, &version));
	assert_str(knowledge_fixed(one, &version), S("3.1.4"));
	assert_true(knowledge_is_named(one, S("cve-2024-1")));
	assert_true(knowledge_is_named(one, S("PYSEC-1")));
	assert_false(knowledge_is_named(one, S("CVE-2024")));
	assert_ok(knowledge_package(knowledge, S("flask"), &arena, &package, &err), err);
	assert_int_equal(package.n, 0);
	test_folder_remove(folder);
}

static void a_file_that_is_not_there_is_no_error(void **state)
{
	(void)state;
	AUTO(knowledge_freep) struct knowledge *knowledge = NULL;
	struct err err = {0};
	assert_ok(knowledge_open("/nonexistent/advisories.sqlite", &knowledge, &err), err);
	assert_null(knowledge);
}

static void refuses_what_is_damaged_with_words(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "SQLite format 3", "not a data base at all"};
	AUTO(arena_done) struct arena arena = {0};
	struct str folder = test_folder(&arena);
	for (size_t i = 0; i < N_OF(texts); i++) {
		AUTO(knowledge_freep) struct knowledge *knowledge = NULL;
		struct err err = {0};
		struct str path = test_file(&arena, folder, "x.sqlite", str_from(texts[i]), 0600);
		assert_false(knowledge_open(path.p, &knowledge, &err));
		assert_int_equal(err.kind, ERR_INPUT);
		assert_non_null(strstr(err.message, "x.sqlite"));
		assert_non_null(strstr(err.hint, "thoth data update"));
	}
	test_folder_remove(folder);
}

/* 512 bytes of the file overwritten: an answer, or words; never a crash. */
static void read_damaged(struct str path, struct str whole, size_t at)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(knowledge_freep) struct knowledge *knowledge = NULL;
	struct knowledge_package package;
	struct knowledge_snapshot snapshot;
	struct err err = {0};
	struct str damaged = arena_str(&arena, whole);
	memset((char *)damaged.p + at, (int)(at / 1024 * 37 % 256), 512);
	assert_ok(fs_write_atomic(path.p, damaged, 0600, &err), err);
	if (knowledge_open(path.p, &knowledge, &err) && knowledge != NULL &&
		knowledge_snapshot_read(knowledge, &arena, &snapshot, &err)) {
		(void)!knowledge_package(knowledge, S("jinja2"), &arena, &package, &err);
	}
}

static void survives_any_damaged_page(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct str folder = test_folder(&arena);
	struct str path = make(&arena, folder);
	struct str whole;
	struct err err = {0};
	assert_ok(fs_read(path.p, 16 << 20, &arena, &whole, &err), err);
	for (size_t at = 64; at + 512 <= whole.n; at += 1024) {
		read_damaged(path, whole, at);
	}
	test_folder_remove(folder);
}

static void nothing_is_replaced_by_an_import_without_advisories(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(knowledge_import_freep) struct knowledge_import *import = NULL;
	AUTO(knowledge_freep) struct knowledge *knowledge = NULL;
	struct str folder = test_folder(&arena);
	struct str path = make(&arena, folder);
	const struct knowledge_snapshot about = {0};
	struct knowledge_snapshot made;
	struct err err = {0};
	import = knowledge_import_new(path.p, &err);
	assert_non_null(import);
	assert_false(knowledge_import_end(import, &about, &arena, &made, &err));
	knowledge_import_freep(&import);
	assert_ok(knowledge_open(path.p, &knowledge, &err), err);
	assert_non_null(knowledge);
	assert_ok(knowledge_snapshot_read(knowledge, &arena, &made, &err), err);
	assert_str(made.source, S("test"));
	test_folder_remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_affected_versions_as_osv_does),
		cmocka_unit_test(finds_what_was_taken_in),
		cmocka_unit_test(a_file_that_is_not_there_is_no_error),
		cmocka_unit_test(refuses_what_is_damaged_with_words),
		cmocka_unit_test(survives_any_damaged_page),
		cmocka_unit_test(nothing_is_replaced_by_an_import_without_advisories),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
