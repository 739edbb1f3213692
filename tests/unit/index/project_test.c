#include "unit/test.h"
#include "index/project.h"
#include "common/banned.h"

/* A project out of file names alone; "!" in front: yanked, "@N " in front: uploaded at N ms. */
static void build(
	const char *const *names, int64_t as_of_ms, struct arena *arena, struct index_project *ret)
{
	struct index_page_file *files = arena_array(arena, struct index_page_file, 32);
	struct index_page page = {.status = S("active"), .files = files};
	for (; *names != NULL; names++) {
		struct index_page_file *file = &files[page.n_files++];
		const char *name = *names;
		file->is_yanked = *name == '!';
		name += file->is_yanked;
		file->upload_ms = *name == '@' ? strtoll(name + 1, NULL, 10) : -1;
		name = *name == '@' ? strchr(name, ' ') + 1 : name;
		file->filename = str_from(name);
	}
	AUTO(buf_done) struct buf packed = {0};
	index_project_pack(&page, S("foo-bar"), &packed);
	assert_true(index_project_open(
		arena_str(arena, buf_str(&packed)), S("foo-bar"), as_of_ms, arena, ret));
}

/* "2.0:2 1.0:1": versions, newest first, with the number of their files; "!" when yanked. */
static struct str summary(const struct index_project *project, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	for (size_t i = 0; i < project->n_releases; i++) {
		const struct index_release *release = &project->releases[i];
		buf_addf(&out, "%s%s" STR_FMT ":%zu", i > 0 ? " " : "",
			release->is_yanked ? "!" : "", STR_ARG(release->version), release->n_files);
	}
	return arena_str(arena, buf_str(&out));
}

static void gathers_releases_newest_first(void **state)
{
	(void)state;
	static const struct {
		const char *names[8];
		const char *summary;
		size_t n_skipped;
	} cases[] = {
		{{"foo_bar-1.0-py3-none-any.whl", "foo_bar-1.0.tar.gz", "foo_bar-1.10.tar.gz",
			 "foo_bar-1.9.tar.gz"},
                 "1.10:1 1.9:1 1.0:2",								0},
 /* one version in two spellings, its files apart on the page */
		{{"foo_bar-69.3.tar.gz", "foo_bar-70.tar.gz", "foo_bar-69.3.0-py3-none-any.whl"},
                 "70:1 69.3:2",								       0},
		{{"Foo.Bar-1.0.tar.gz", "foo-bar-1.0.zip", "foo_bar-1.0rc1.tar.gz"},
                 "1.0:2 1.0rc1:1",								    0},
 /* what is no wheel or sdist, unreadable, or another project's */
		{{"foo_bar-1.0.tar.gz", "foo_bar-1.0.exe", "foo_bar-x.y.tar.gz",
			 "other-1.0-py3-none-any.whl",
			 "foo_bar-1.0-py2-none-any-extra-more-parts.whl"},
                 "1.0:1",									     4},
		{{"!foo_bar-2.0.tar.gz", "!foo_bar-2.0-py3-none-any.whl", "!foo_bar-1.0.tar.gz",
			 "foo_bar-1.0-py3-none-any.whl"},
                 "!2.0:2 1.0:2",								      0},
		{{NULL},									  "", 0},
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct index_project project;
		build(cases[i].names, 0, &arena, &project);
		assert_str(summary(&project, &arena), str_from(cases[i].summary));
		assert_int_equal(project.n_skipped, cases[i].n_skipped);
	}
}

static void goes_back_in_time_by_file(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct index_project project;
	static const char *const names[] = {"@100 foo_bar-1.0.tar.gz", "@199 foo_bar-1.1.tar.gz",
		"@200 foo_bar-1.1-py3-none-any.whl", "@300 foo_bar-2.0.tar.gz",
		"foo_bar-0.1.tar.gz", NULL};
	build(names, 200, &arena, &project);
	assert_str(summary(&project, &arena), S("1.1:1 1.0:1"));
	assert_int_equal(project.n_undated, 1);
	build(names, 0, &arena, &project);
	assert_str(summary(&project, &arena), S("2.0:1 1.1:2 1.0:1 0.1:1"));
	assert_int_equal(project.n_undated, 0);
}

/* The same bytes are one file; other bytes under the same name are no file that is used. */
static void takes_no_side_between_two_files_of_one_name(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(buf_done) struct buf packed = {0};
	struct str a = arena_printf(&arena, "%064d", 1);
	struct str b = arena_printf(&arena, "%064d", 2);
	const struct index_page_file files[] = {
		{.filename = S("foo_bar-1.0.tar.gz"), .sha256 = a,     .upload_ms = -1},
		{.filename = S("foo_bar-2.0.tar.gz"), .sha256 = a,     .upload_ms = -1},
		{.filename = S("foo_bar-3.0.tar.gz"), .upload_ms = -1},
		{.filename = S("foo_bar-1.0.tar.gz"),                        .sha256 = a, .upload_ms = -1               },
		{.filename = S("foo_bar-2.0.tar.gz"),                        .sha256 = b, .upload_ms = -1},
		{.filename = S("foo_bar-3.0.tar.gz"),                        .sha256 = b, .upload_ms = -1               },
		{.filename = S("foo_bar-2.0.tar.gz"),                        .sha256 = a, .upload_ms = -1},
	};
	struct index_page page = {.status = S("active"), .files = files, .n_files = N_OF(files)};
	struct index_project project;
	index_project_pack(&page, S("foo-bar"), &packed);
	assert_true(index_project_open(
		arena_str(&arena, buf_str(&packed)), S("foo-bar"), 0, &arena, &project));
	assert_str(summary(&project, &arena), S("3.0:1 2.0:1 1.0:1"));
	assert_int_equal(project.n_skipped, 0);
	assert_int_equal(project.n_refused, 1);
	const struct index_file *three = index_release_files(&project, &project.releases[0]);
	const struct index_file *two = index_release_files(&project, &project.releases[1]);
	const struct index_file *one = index_release_files(&project, &project.releases[2]);
	assert_str(three->sha256, b);
	assert_true(two->is_refused && two->name.kind == FILENAME_OTHER);
	assert_int_equal(
		index_release_brief(&project, &project.releases[1], 0).kind, FILENAME_OTHER);
	assert_true(!one->is_refused && one->name.kind == FILENAME_SDIST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gathers_releases_newest_first),
		cmocka_unit_test(goes_back_in_time_by_file),
		cmocka_unit_test(takes_no_side_between_two_files_of_one_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
