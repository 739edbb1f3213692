#include "unit/test.h"
#include "index/packed.h"
#include "common/banned.h"

#define HASH "9da884457e910bf0847d396cb4b778ad9f3c3d17db1c5997cb861937bd284237"

static const struct str html = STR_INIT(
	"<meta name=\"pypi:project-status\" content=\"archived\">"
	"<a href=\"/x-1.0-py3-none-any.whl#sha256=" HASH "\" data-requires-python=\"&gt;=3.9\" "
	"data-core-metadata=\"sha256=" HASH "\">x</a>"
	"<a href=\"/x-1%2Bl.tar.gz\" data-requires-python=\"&gt;=3.9\" data-yanked=\"why\" "
	"data-upload-time=\"2026-11-21T09:00:00Z\">x</a>"
	"<a href=\"/readme\">r</a><a href=\"/x-2.zip\" data-core-metadata=\"false\">x</a>");

static void assert_same(const struct index_page *a, const struct index_page *b)
{
	assert_str(a->status, b->status);
	assert_int_equal(a->n_files, b->n_files);
	assert_int_equal(a->n_skipped, b->n_skipped);
	assert_int_equal(a->has_metadata, b->has_metadata);
	for (size_t i = 0; i < a->n_files; i++) {
		const struct index_file *left = &a->files[i];
		const struct index_file *right = &b->files[i];
		assert_str(left->filename, right->filename);
		assert_str(left->url, right->url);
		assert_str(left->sha256, right->sha256);
		assert_str(left->requires_python, right->requires_python);
		assert_str(left->yanked, right->yanked);
		assert_str(left->metadata_sha256, right->metadata_sha256);
		assert_int_equal(left->is_yanked, right->is_yanked);
		assert_int_equal(left->metadata_state, right->metadata_state);
		assert_int_equal(left->metadata_denied, right->metadata_denied);
		assert_int_equal(left->size, right->size);
		assert_int_equal(left->upload_ms, right->upload_ms);
	}
}

static void gives_back_the_page_that_was_packed(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(buf_done) struct buf packed = {0};
	struct err err = {0};
	struct index_page page;
	struct index_page back;
	assert_ok(index_page_parse(html, S("text/html"), S("https://index.example/simple/x/"),
			  &arena, &page, &err),
		err);
	assert_int_equal(page.n_files, 3);
	assert_int_equal(page.n_skipped, 1);
	index_page_pack(&page, &packed);
	assert_true(index_page_unpack(buf_str(&packed), &arena, &back));
	assert_same(&back, &page);
}

/* Cut anywhere, it is refused or at least nothing outside of it is touched (run with sanitizers). */
static void refuses_what_points_outside(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(buf_done) struct buf packed = {0};
	struct err err = {0};
	struct index_page page;
	assert_ok(index_page_parse(html, S("text/html"), S("https://index.example/simple/x/"),
			  &arena, &page, &err),
		err);
	index_page_pack(&page, &packed);
	struct index_page back = {0};
	for (size_t i = 0; i < packed.n; i++) {
		assert_false(index_page_unpack(str_slice(buf_str(&packed), 0, i), &arena, &back));
	}
	assert_false(index_page_unpack(html, &arena, &back));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_back_the_page_that_was_packed),
		cmocka_unit_test(refuses_what_points_outside),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
