#include "advise/decisions.h"
#include "advise/score.h"
#include "common/fs.h"
#include "resolver/explore.h"
#include "resolver/plot.h"
#include "common/banned.h"

enum { POINTS_KEPT = 400, DECISIONS_MAX = 4 << 20, HASH_DIGITS = 64 };

/* CACHE/decisions/HASH.json; "" when the lock's inputs are no hash. */
static struct str file_of(struct str cache_dir, struct str inputs, struct arena *arena)
{
	struct str digits = str_skip(inputs, S("sha256:").n);
	bool fine = str_starts(inputs, S("sha256:")) && digits.n == HASH_DIGITS;
	for (size_t i = 0; fine && i < digits.n; i++) {
		fine = char_is_digit(digits.p[i]) || (digits.p[i] >= 'a' && digits.p[i] <= 'f');
	}
	struct str name = arena_printf(arena, STR_FMT ".json", STR_ARG(digits));
	return fine ? fs_join(arena, fs_join(arena, cache_dir, S("decisions")), name) : S("");
}

/* [[stacks, score, best, beam], ...], of a long history every so many. */
static json_t *history_json(const struct resolver_score *score)
{
	json_t *list = json_array();
	uint32_t n = score == NULL ? 0 : score->n_history;
	uint32_t step = n / POINTS_KEPT + 1;
	for (uint32_t i = 0; i < n; i += step) {
		const struct explore_point *p = &score->history[i];
		json_array_append_new(
			list, json_pack("[I,I,I,I]", (json_int_t)p->stacks, (json_int_t)p->score,
				      (json_int_t)p->best, (json_int_t)p->beam));
	}
	return list;
}

static json_t *packages_json(const struct lock *lock)
{
	json_t *list = json_array();
	for (size_t i = 0; i < lock->n; i++) {
		const struct locked_package *p = &lock->packages[i];
		json_array_append_new(
			list, json_pack("{s:o,s:o,s:o}", "name", advise_json_text(p->name),
				      "version", advise_json_text(p->version), "reason",
				      advise_json_text(p->reason)));
	}
	return list;
}

void decisions_keep(struct str cache_dir, const struct lock *lock,
	const struct resolver_score *score, json_t *resolution)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(buf_done) struct buf text = {0};
	struct err ignored = {0};
	struct str path = cache_dir.n == 0 ? S("") : file_of(cache_dir, lock->inputs, &arena);
	if (path.n == 0 || !fs_make_dirs(fs_dirname(&arena, path).p, &ignored)) {
		return;
	}
	score_put_text(score, true, &text);
	json_auto_t *document = json_pack("{s:s,s:o,s:o,s:O,s:o,s:o}", "schema", "thoth.log/1",
		"created", advise_json_text(lock->created), "inputs",
		advise_json_text(lock->inputs), "resolution", resolution, "packages",
		packages_json(lock), "history", history_json(score));
	json_object_set_new(document, "text", advise_json_text(buf_str(&text)));
	char *bytes = json_dumps(document, JSON_COMPACT);
	bool written = bytes != NULL && fs_write_atomic(path.p, str_from(bytes), 0600, &ignored);
	(void)written;
	free(bytes);
}

/* ---- and read ----------------------------------------------------------------------------------- */

static struct str text_of(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);
	return json_is_string(value)
		       ? (struct str){json_string_value(value), json_string_length(value)}
		       : S("");
}

static void put_packages(json_t *document, struct buf *out)
{
	size_t i;
	json_t *package;
	json_array_foreach(json_object_get(document, "packages"), i, package)
	{
		buf_add(out, S("  "));
		buf_add_shown(out, text_of(package, "name"), true);
		buf_byte(out, ' ');
		buf_add_shown(out, text_of(package, "version"), true);
		buf_add(out, S(": "));
		buf_add_shown(out, text_of(package, "reason"), true);
		buf_byte(out, '\n');
	}
}

/* The picture of --plot, out of the history; false: there is none. */
static bool draw(json_t *document, struct str title, struct arena *arena, struct buf *out)
{
	json_t *history = json_object_get(document, "history");
	json_t *bound = json_object_get(json_object_get(document, "resolution"), "bound");
	size_t n = json_array_size(history);
	struct explore_point *points = arena_array(arena, struct explore_point, n);
	for (size_t i = 0; i < n; i++) {
		json_t *point = json_array_get(history, i);
		points[i].stacks = (uint64_t)json_integer_value(json_array_get(point, 0));
		points[i].score = json_integer_value(json_array_get(point, 1));
		points[i].best = json_integer_value(json_array_get(point, 2));
		points[i].beam = (uint32_t)json_integer_value(json_array_get(point, 3));
	}
	struct plot plot = {.title = title,
		.points = points,
		.n = (uint32_t)n,
		.scale = 1000,
		.has_bound = json_is_integer(bound),
		.bound = json_integer_value(bound)};
	if (n > 0) {
		plot_svg(&plot, out);
	}
	return n > 0;
}

static bool read_decisions(const struct advise_options *options, const struct advise_input *input,
	struct arena *arena, json_t **ret, struct err *err)
{
	struct lock lock;
	bool found = false;
	struct str cache = options->cache_dir.n > 0 ? options->cache_dir : fs_cache_dir(arena);
	if (input->notebook == NULL) {
		return err_set(err, ERR_INPUT, "only of notebooks it is kept how they were locked");
	}
	if (!nb_lock_read(input->notebook, arena, &lock, &found, err)) {
		return false;
	}
	struct str path = found ? file_of(cache, lock.inputs, arena) : S("");
	struct str bytes;
	struct err ignored = {0};
	if (path.n == 0 || !fs_read(path.p, DECISIONS_MAX, arena, &bytes, &ignored)) {
		err_hint(err, "'thoth lock' on this machine keeps it");
		return err_set(err, ERR_INPUT,
			found ? "nothing is known here of how this lock was decided"
			      : "there is no lock in metadata.thoth");
	}
	*ret = json_loadb(bytes.p, bytes.n, 0, NULL);
	return *ret != NULL || err_set(err, ERR_INPUT, "what was kept of the lock is damaged");
}

void decisions_run(const struct advise_options *options, const struct advise_input *input,
	struct arena *arena, struct advise_report *report)
{
	struct err err = {0};
	json_auto_t *document = NULL;
	report->kind = "log";
	if (!read_decisions(options, input, arena, &document, &err)) {
		err_in(&err, input->path);
		advise_report_error(report, &err);
		report->exit = 1;
		return;
	}
	report->data = json_incref(document);
	struct buf *out = &report->text;
	buf_add_shown(out, input->path, true);
	buf_add(out, S(": locked "));
	buf_add_shown(out, text_of(document, "created"), true);
	buf_byte(out, '\n');
	put_packages(document, out);
	buf_add_shown(out, text_of(document, "text"), false);
	AUTO(buf_done) struct buf svg = {0};
	if (options->plot && draw(document, input->path, arena, &svg)) {
		if (options->plot_file.n == 0) {
			buf_add(&report->html, buf_str(&svg));
		} else if (!fs_write_atomic(arena_cstr(arena, options->plot_file), buf_str(&svg),
				   0644, &err)) {
			advise_report_error(report, &err);
		}
	}
}
