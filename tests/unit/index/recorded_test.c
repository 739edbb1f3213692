#include "unit/test.h"
#include "index/index.h"
#include "common/banned.h"

#define MULTI "0a32c2255a7e13be9a5552d8284236cca0ecf0b7234c2b2bcbe80f175c186729"

#define FLASK                                                                                      \
	"{\"files\":[{\"url\":\"/files/flask-1.0-py3-none-any.whl\"},"                             \
	"{\"url\":\"https://f.example/flask-0.9-py3-none-any.whl\"},"                              \
	"{\"url\":\"../../../outside/flask-0.8-py3-none-any.whl\"}]}"

struct fixture {
	struct arena arena;
	struct str folder;
	struct index *index;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct arena *arena = &fixture->arena;
	struct str folder = test_folder(arena);
	test_file(arena, folder, "i/flask/index.json", S(FLASK), 0600);
	test_file(arena, folder, "i/files/flask-1.0-py3-none-any.whl.metadata",
		S("Metadata-Version: 2.1\nName: Flask\nVersion: 1.0\nRequires-Dist: click\n"),
		0600);
	test_file(arena, folder, "i/flask/flask-0.9-py3-none-any.whl.metadata",
		S("Metadata-Version: 2.1\nName: other\nVersion: 0.9\n"), 0600);
	test_file(arena, folder, "outside/flask-0.8-py3-none-any.whl.metadata",
		S("Metadata-Version: 2.1\nName: flask\nVersion: 0.8\n"), 0600);
	test_file(arena, folder, "i/click/index.html",
		S("<h1>Links for click</h1><a href=\"click-8.0.tar.gz\">c</a>"), 0600);
	test_file(arena, folder, "second/click/index.html", S("<a href=\"click-9.tar.gz\">c</a>"),
		0600);
	test_file(arena, folder, "i/multi/index.html",
		S("<a href=\"multi-1.0-cp39-cp39-win_amd64.whl\" data-core-metadata=\"sha256=" MULTI
		  "\">m</a><a href=\"multi-1.0-cp39-cp39-win_arm64.whl\" "
		  "data-core-metadata=\"sha256=" MULTI
		  "\">m</a><a href=\"multi-2.0-cp39-cp39-win_arm64.whl\" "
		  "data-core-metadata=\"sha256=" MULTI "\">m</a>"),
		0600);
	test_file(arena, folder, "i/multi/multi-1.0-cp39-cp39-win_amd64.whl.metadata",
		S("Metadata-Version: 2.1\nName: multi\nVersion: 1.0\n"), 0600);
	test_file(arena, folder, "second/werkzeug/index.html",
		S("<a href=\"werkzeug-3.tar.gz\">w</a>"), 0600);
	struct index_source sources[] = {
		{.alias = S("first"),
                 .url = arena_printf(arena,   "file://" STR_FMT "/i/",                       STR_ARG(folder))},
		{.url = arena_printf(arena,                   "file://" STR_FMT "/second", STR_ARG(folder))},
	};
	struct index_options options = {
		.sources = sources, .n_sources = 2, .offline = true, .retries = -1};
	struct err err = {0};
	fixture->folder = folder;
	fixture->index = index_new(&options, &err);
	assert_non_null(fixture->index);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	index_free(fixture->index);
	test_folder_remove(fixture->folder);
	arena_done(&fixture->arena);
	free(fixture);
	return 0;
}

static const struct index_project *project(struct fixture *fixture, struct str name)
{
	const struct index_project *found = NULL;
	struct err err = {0};
	assert_ok(index_project(fixture->index, name, &found, &err), err);
	return found;
}

static void the_first_source_that_knows_a_project_serves_it(void **state)
{
	const struct index_project *click = project(*state, S("click"));
	assert_non_null(click);
	assert_str(click->source_alias, S("first"));
	assert_int_equal(click->n_releases, 1);
	assert_str(click->releases[0].version, S("8.0"));
	const struct index_project *werkzeug = project(*state, S("werkzeug"));
	assert_non_null(werkzeug);
	assert_int_equal(werkzeug->source, 1);
	assert_null(project(*state, S("nonesuch")));
	assert_null(project(*state, S("../second/click")));
	assert_ptr_equal(project(*state, S("click")), click);
}

static void reads_metadata_beside_the_page_and_below_the_folder(void **state)
{
	struct fixture *fixture = *state;
	const struct index_project *flask = project(fixture, S("flask"));
	const struct metadata *metadata = NULL;
	struct err err = {0};
	assert_int_equal(flask->n_releases, 3);
	assert_ok(index_metadata(fixture->index, flask,
			  index_release_files(flask, &flask->releases[0]), &metadata, &err),
		err);
	assert_non_null(metadata);
	assert_int_equal(metadata->n_requires_dist, 1);
	assert_str(metadata->requires_dist[0], S("click"));
	/* of another project: this file is refused, and named */
	assert_false(index_metadata(fixture->index, flask,
		index_release_files(flask, &flask->releases[1]), &metadata, &err));
	assert_int_equal(err.kind, ERR_INPUT);
	assert_non_null(strstr(err.message, "flask-0.9-py3-none-any.whl"));
	/* outside of the folder: not there */
	assert_ok(index_metadata(fixture->index, flask,
			  index_release_files(flask, &flask->releases[2]), &metadata, &err),
		err);
	assert_null(metadata);
}

/* One document for all wheels of a version that announce its hash, and not for those of another version. */
static void asks_once_for_metadata_of_one_hash(void **state)
{
	struct fixture *fixture = *state;
	const struct index_project *multi = project(fixture, S("multi"));
	const struct index_release *release = &multi->releases[1];
	const struct index_file *files = index_release_files(multi, release);
	const struct metadata *metadata[2];
	struct err err = {0};
	assert_int_equal(release->n_files, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_ok(
			index_metadata(fixture->index, multi, &files[i], &metadata[i], &err), err);
	}
	assert_non_null(metadata[0]);
	assert_ptr_equal(metadata[0], metadata[1]);
	assert_int_equal(index_stats(fixture->index).metadata_documents, 1);
	assert_ok(index_metadata(fixture->index, multi,
			  index_release_files(multi, &multi->releases[0]), &metadata[0], &err),
		err);
	assert_null(metadata[0]);
}

static void refuses_addresses_that_are_none(void **state)
{
	(void)state;
	static const char *const urls[] = {
		"", "index.example/simple", "ftp://h/x", "file://host/x", "https://", "https:///x"};
	for (size_t i = 0; i < N_OF(urls); i++) {
		struct index_source source = {.url = str_from(urls[i])};
		struct index_options options = {.sources = &source, .n_sources = 1};
		struct err err = {0};
		assert_null(index_new(&options, &err));
		assert_int_equal(err.kind, ERR_USAGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			the_first_source_that_knows_a_project_serves_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			reads_metadata_beside_the_page_and_below_the_folder, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			asks_once_for_metadata_of_one_hash, set_up, tear_down),
		cmocka_unit_test(refuses_addresses_that_are_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
