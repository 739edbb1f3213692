#include "unit/test.h"
#include "index/project.h"
#include "common/banned.h"

#define HASH "9da884457e910bf0847d396cb4b778ad9f3c3d17db1c5997cb861937bd284237"

static const struct str html = STR_INIT(
	"<meta name=\"pypi:project-status\" content=\"archived\">"
	"<a href=\"/x-1.0-py3-none-any.whl#sha256=" HASH "\" data-requires-python=\"&gt;=3.9\" "
	"data-core-metadata=\"sha256=" HASH "\">x</a>"
	"<a href=\"/x-1%2Bl.tar.gz\" data-requires-python=\"&gt;=3.9\" data-yanked=\"why\" "
	"data-upload-time=\"2026-11-21T09:00:00Z\">x</a>"
	"<a href=\"/readme\">r</a><a href=\"/x-2.zip\" data-core-metadata=\"false\">x</a>");

/* What the page said of the file of this name, and what was packed and opened. */
static void assert_same(const struct index_page *page, const struct index_file *file)
{
	const struct index_page_file *said = NULL;
	for (size_t i = 0; i < page->n_files; i++) {
		said = str_eq(page->files[i].filename, file->filename) ? &page->files[i] : said;
	}
	assert_non_null(said);
	assert_str(file->url, said->url);
	assert_str(file->sha256, said->sha256);
	assert_str(file->requires_python, said->requires_python);
	assert_str(file->yanked, said->yanked);
	assert_str(file->metadata_sha256, said->metadata_sha256);
	assert_int_equal(file->is_yanked, said->is_yanked);
	assert_int_equal(file->metadata_state, said->metadata_announced);
	assert_int_equal(file->metadata_denied, said->metadata_denied);
	assert_int_equal(file->size, said->size);
	assert_int_equal(file->upload_ms, said->upload_ms);
}

static void parse(struct arena *arena, struct index_page *page)
{
	struct err err = {0};
	assert_ok(index_page_parse(html, S("text/html"), S("https://index.example/simple/x/"),
			  arena, page, &err),
		err);
}

static void gives_back_what_the_page_said(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(buf_done) struct buf packed = {0};
	struct index_page page, again;
	struct index_project project;
	parse(&arena, &page);
	parse(&arena, &again); /* packing rearranges its page */
	index_project_pack(&page, S("x"), &packed);
	assert_true(index_project_open(buf_str(&packed), S("x"), 0, &arena, &project));
	assert_str(project.name, S("x"));
	assert_str(project.status, S("archived"));
	assert_true(project.announces_metadata);
	assert_int_equal(project.n_skipped, 1);
	assert_int_equal(project.n_releases, 3);
	for (size_t i = 0; i < project.n_releases; i++) {
		const struct index_release *release = &project.releases[i];
		const struct index_file *files = index_release_files(&project, release);
		assert_int_equal(release->n_files, 1);
		assert_same(&again, files);
		struct index_brief brief = index_release_brief(&project, release, 0);
		assert_int_equal(brief.kind, files->name.kind);
		assert_int_equal(brief.is_yanked, files->is_yanked);
		assert_str(project.pythons[brief.python], files->requires_python);
		assert_str(project.tags[brief.tags].platform, files->name.platform);
	}
	assert_str(project.releases[0].version, S("2"));
	assert_str(project.releases[1].version, S("1+l"));
	assert_true(project.releases[1].is_yanked);
}

/* Cut anywhere, it is refused or at least nothing outside of it is touched (run with sanitizers). */
static void refuses_what_points_outside(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(buf_done) struct buf packed = {0};
	struct index_page page;
	struct index_project project;
	parse(&arena, &page);
	index_project_pack(&page, S("x"), &packed);
	size_t pool = 0;
	for (size_t i = 0; i < packed.n; i++) {
		struct str cut = str_slice(buf_str(&packed), 0, i);
		bool opened = index_project_open(cut, S("x"), 0, &arena, &project);
		pool += opened;
		for (size_t r = 0; opened && r < project.n_releases; r++) {
			(void)index_release_files(&project, &project.releases[r]);
		}
	}
	assert_true(pool > 0 && pool < packed.n); /* some cuts leave the records whole */
	assert_false(index_project_open(html, S("x"), 0, &arena, &project));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_back_what_the_page_said),
		cmocka_unit_test(refuses_what_points_outside),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
