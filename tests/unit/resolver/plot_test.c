#include "tests/unit/resolver/search_help.h"
#include "resolver/plot.h"
#include "common/banned.h"

static size_t count_of(struct str text, struct str needle)
{
	size_t n = 0;
	for (ptrdiff_t at; (at = str_find(text, needle)) >= 0; n++) {
		text = str_skip(text, (size_t)at + needle.n);
	}
	return n;
}

static void draws_scores_best_beam_and_bound(void **state)
{
	(void)state;
	static const struct explore_point points[] = {
		{1, -500, -500, 3},
		{2, 1000, 1000, 4},
		{3, 200,  1000, 7},
		{4, 2500, 2500, 6},
	};
	AUTO(buf_done) struct buf out = {0};
	plot_svg(&(struct plot){.title = S("td <best> of a & b"),
			 .points = points,
			 .n = 4,
			 .scale = 1000,
			 .has_bound = true,
			 .bound = 3000},
		&out);
	struct str svg = buf_str(&out);
	assert_true(str_starts(svg, S("<svg ")));
	assert_true(str_ends(svg, S("</svg>\n")));
	assert_true(str_find(svg, S("td &#60;best&#62; of a &#38; b")) > 0);
	assert_int_equal(count_of(svg, S("h0")), 4); /* one dot a stack */
	assert_int_equal(count_of(svg, S("<polyline")), 2);
	assert_int_equal(count_of(svg, S("class=\"bound\"")), 1);
	assert_true(str_find(svg, S("nan")) < 0 && str_find(svg, S("inf")) < 0);
}

static void leaves_out_what_is_not_known(void **state)
{
	(void)state;
	static const struct explore_point one = {1, 0, 0, 0};
	for (uint32_t n = 0; n < 2; n++) {
		AUTO(buf_done) struct buf out = {0};
		plot_svg(&(struct plot){.title = S("x"), .points = &one, .n = n, .scale = 1}, &out);
		struct str svg = buf_str(&out);
		assert_int_equal(count_of(svg, S("class=\"bound\"")), 0);
		assert_true(str_find(svg, S("beam</text>")) < 0);
		assert_true(str_find(svg, S("nan")) < 0 && str_find(svg, S("inf")) < 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(draws_scores_best_beam_and_bound),
		cmocka_unit_test(leaves_out_what_is_not_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
