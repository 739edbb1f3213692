#include "advise/score.h"
#include "common/fs.h"
#include "resolver/explore.h"
#include "resolver/plot.h"
#include "common/banned.h"

enum { BEAM_WIDTH = 1000, HISTORY_ROWS = 12, LEFT_OUT_NAMED = 4 };

struct search_request score_search(const struct advise_options *options, bool *ret_wanted)
{
	struct search_request search = {
		.explore = {.limit = options->limit,
			    .count = (uint32_t)options->count,
			    .seed = options->seed,
			    .width = BEAM_WIDTH,
			    .latest_versions = (uint32_t)options->limit_latest_versions,
			    .history = true}
        };
	if (!search_mode_from(options->predictor, &search.mode)) {
		search.mode = SEARCH_AUTO;
	}
	if (options->beam_width > 0) {
		search.beam = true;
		search.explore.width = (uint32_t)options->beam_width;
	}
	if (search.explore.count > EXACT_COUNT_MAX) {
		search.explore.count = EXACT_COUNT_MAX;
	}
	*ret_wanted = !str_eq(options->recommendation_type, S("latest"));
	return search;
}

/* ---- as text ------------------------------------------------------------------------------------ */

/* "1,234,567"; of more than 15 digits "2.59e42". */
static void put_digits(struct str digits, struct buf *out)
{
	enum { GROUP = 3, PLAIN = 15 };
	if (digits.n > PLAIN) {
		buf_addf(out, "%c.%c%ce%zu", digits.p[0], digits.p[1], digits.p[2], digits.n - 1);
		return;
	}
	for (size_t i = 0; i < digits.n; i++) {
		if (i > 0 && (digits.n - i) % GROUP == 0) {
			buf_byte(out, ',');
		}
		buf_byte(out, digits.p[i]);
	}
}

static void put_left_out(const struct resolver_score *score, struct buf *out)
{
	for (size_t i = 0; i < score->n_left_out && i < LEFT_OUT_NAMED; i++) {
		buf_addf(out, "%s%u of " STR_FMT,
			i > 0 ? ", " : "; not looked at: ", score->left_out[i].n,
			STR_ARG(score->left_out[i].name));
	}
	if (score->n_left_out > LEFT_OUT_NAMED) {
		buf_addf(out, " and of %zu more", score->n_left_out - LEFT_OUT_NAMED);
	}
}

/* "     scored      score       best       beam" and some rows of it. */
static void put_history(const struct resolver_score *score, struct arena *arena, struct buf *out)
{
	if (score->n_history == 0) {
		return;
	}
	buf_addf(out, "  %12s %10s %10s %8s\n", "stacks", "score", "best", "beam");
	uint32_t rows = score->n_history < HISTORY_ROWS ? score->n_history : HISTORY_ROWS;
	for (uint32_t i = 0; i < rows; i++) {
		uint32_t at =
			rows == 1 ? 0
				  : (uint32_t)((uint64_t)i * (score->n_history - 1) / (rows - 1));
		const struct explore_point *point = &score->history[at];
		buf_addf(out, "  %12llu %10s %10s %8u\n", (unsigned long long)point->stacks,
			arena_cstr(arena, resolver_points(point->score, false, arena)),
			arena_cstr(arena, resolver_points(point->best, false, arena)), point->beam);
	}
}

static void put_verbose(const struct resolver_score *score, struct arena *arena, struct buf *out)
{
	for (size_t i = 0; i < score->n_moved; i++) {
		const struct resolver_preference *moved = &score->moved[i];
		buf_addf(out, "  " STR_FMT " ", STR_ARG(moved->name));
		buf_addf(out, STR_FMT " instead of " STR_FMT ": ", STR_ARG(moved->version),
			STR_ARG(moved->instead_of));
		buf_add_shown(out, moved->why, true);
		buf_byte(out, '\n');
	}
	buf_addf(out, "  newest stack " STR_FMT,
		STR_ARG(resolver_points(score->plain, false, arena)));
	buf_addf(out, ", bound " STR_FMT, STR_ARG(resolver_points(score->bound, false, arena)));
	buf_addf(out,
		"; " STR_FMT ": %llu stacks scored, %llu nodes, %zu further documents, seed %llu\n",
		STR_ARG(score->predictor), (unsigned long long)score->scored,
		(unsigned long long)score->nodes, score->documents,
		(unsigned long long)score->seed);
	put_history(score, arena, out);
}

void score_put_text(const struct resolver_score *score, bool verbose, struct buf *out)
{
	AUTO(arena_done) struct arena arena = {0};
	if (score == NULL || (!score->searched && score->score == 0)) {
		return;
	}
	buf_addf(out, "score " STR_FMT, STR_ARG(resolver_points(score->score, false, &arena)));
	if (!score->searched) {
		buf_add(out, score->proven ? S(", and no release scores more")
					   : S(", and nothing was searched"));
	} else if (score->proven && score->stacks.n > 0) {
		buf_add(out, S(", proven best of "));
		put_digits(score->stacks, out);
		buf_add(out, S(" stacks"));
	} else if (score->proven) {
		buf_add(out, S(", proven best"));
	} else {
		buf_addf(out, ", at most " STR_FMT " is possible",
			STR_ARG(resolver_points(score->bound, false, &arena)));
	}
	if (score->why.n > 0) {
		buf_add(out, S(" ("));
		buf_add_shown(out, score->why, true);
		buf_byte(out, ')');
	}
	put_left_out(score, out);
	buf_byte(out, '\n');
	if (verbose && score->searched) {
		put_verbose(score, &arena, out);
	}
}

/* ---- as JSON ------------------------------------------------------------------------------------ */

/* What both documents have. */
static void put_common(const struct resolver_score *score, json_t *resolution)
{
	uint64_t left_out = 0;
	for (size_t i = 0; i < score->n_left_out; i++) {
		left_out += score->left_out[i].n;
	}
	json_object_set_new(resolution, "score", json_integer(score->score));
	json_object_set_new(resolution, "bound", json_integer(score->bound));
	json_object_set_new(resolution, "proven", json_boolean(score->proven));
	json_object_set_new(resolution, "stacks", json_integer((json_int_t)score->scored));
	json_object_set_new(resolution, "predictor", advise_json_text(score->predictor));
	json_object_set_new(resolution, "seed", json_integer((json_int_t)score->seed));
	if (left_out > 0) {
		json_object_set_new(resolution, "left-out", json_integer((json_int_t)left_out));
	}
}

void score_put_json(const struct resolver_score *score, json_t *resolution)
{
	if (score == NULL) {
		return;
	}
	put_common(score, resolution);
	json_object_set_new(resolution, "searched", json_boolean(score->searched));
	json_object_set_new(resolution, "newest_score", json_integer(score->plain));
	if (score->stacks.n > 0) {
		json_object_set_new(resolution, "possible_stacks", advise_json_text(score->stacks));
	}
	if (score->why.n > 0) {
		json_object_set_new(resolution, "why", advise_json_text(score->why));
	}
	json_object_set_new(resolution, "nodes", json_integer((json_int_t)score->nodes));
	json_object_set_new(
		resolution, "further_documents", json_integer((json_int_t)score->documents));
	json_t *left_out = json_object();
	for (size_t i = 0; i < score->n_left_out; i++) {
		json_object_setn_new_nocheck(left_out, score->left_out[i].name.p,
			score->left_out[i].name.n, json_integer(score->left_out[i].n));
	}
	json_object_set_new(resolution, "not_looked_at", left_out);
}

json_t *score_products_json(const struct resolver_score *score)
{
	if (score == NULL || score->n_products == 0) {
		return NULL;
	}
	json_t *products = json_array();
	for (size_t i = 0; i < score->n_products; i++) {
		const struct resolver_product *product = &score->products[i];
		json_t *packages = json_array();
		for (size_t k = 0; k < product->n; k++) {
			json_array_append_new(packages,
				json_pack("{s:o,s:o}", "name",
					advise_json_text(product->packages[k].name), "version",
					advise_json_text(product->packages[k].version)));
		}
		json_array_append_new(
			products, json_pack("{s:I,s:o}", "score", (json_int_t)product->score,
					  "packages", packages));
	}
	return products;
}

static bool same_packages(const struct lock *old, const struct lock *new)
{
	bool same = old->n == new->n;
	for (size_t i = 0; same && i < old->n; i++) {
		same = str_eq(old->packages[i].name, new->packages[i].name) &&
		       str_eq(old->packages[i].version, new->packages[i].version);
	}
	return same;
}

void score_put_stored(const struct resolver_score *score, const struct lock *old,
	const struct lock *new, json_t *old_resolution, json_t *resolution)
{
	static const char *const kept[] = {
		"score", "bound", "proven", "stacks", "predictor", "seed", "left-out"};
	json_t *before = json_object_get(old_resolution, "score");
	bool still = score != NULL && json_is_integer(before) &&
		     json_integer_value(before) == score->score && same_packages(old, new);
	for (size_t i = 0; still && i < sizeof(kept) / sizeof(kept[0]); i++) {
		json_t *value = json_object_get(old_resolution, kept[i]);
		if (value != NULL) {
			json_object_set(resolution, kept[i], value);
		}
	}
	if (!still && score != NULL && (score->searched || score->score != 0)) {
		put_common(score, resolution);
	}
}

/* ---- as a picture ------------------------------------------------------------------------------- */

static bool plot_score(const struct resolver_score *score, struct str title, struct buf *out)
{
	if (score == NULL || score->n_history == 0) {
		return false;
	}
	struct plot plot = {.title = title,
		.points = score->history,
		.n = score->n_history,
		.scale = 1000,
		.has_bound = true,
		.bound = score->bound};
	plot_svg(&plot, out);
	return true;
}

void score_show(const struct resolver_score *score, const struct advise_options *options,
	struct str title, struct advise_report *report)
{
	AUTO(buf_done) struct buf line = {0};
	AUTO(buf_done) struct buf svg = {0};
	struct err err = {0};
	score_put_text(score, false, &line);
	if (line.n > 0) {
		buf_add(&report->html, S("<p>"));
		buf_add_html(&report->html, str_trim(buf_str(&line)));
		buf_add(&report->html, S("</p>"));
	}
	if (!options->plot) {
		return;
	}
	if (!plot_score(score, title, &svg)) {
		buf_add(&report->notes,
			S("INFO: nothing was searched, so there is nothing to draw\n"));
	} else if (options->plot_file.n == 0) {
		buf_add(&report->html, buf_str(&svg));
	} else {
		AUTO(arena_done) struct arena arena = {0};
		if (!fs_write_atomic(
			    arena_cstr(&arena, options->plot_file), buf_str(&svg), 0644, &err)) {
			advise_report_error(report, &err);
		}
	}
}
