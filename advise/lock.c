#include "advise/lock.h"
#include "advise/conflict.h"
#include "advise/show.h"
#include "common/clock.h"
#include "index/index.h"
#include "packaging/export.h"
#include "resolver/explain.h"
#include "common/banned.h"

struct bridge {
	const struct advise_callbacks *callbacks;
};

static bool bridge_cancelled(void *data)
{
	const struct bridge *bridge = data;
	const struct advise_callbacks *c = bridge->callbacks;
	return c != NULL && c->cancelled != NULL && c->cancelled(c->data);
}

static void bridge_progress(void *data, size_t done, size_t total)
{
	const struct bridge *bridge = data;
	const struct advise_callbacks *c = bridge->callbacks;
	if (c != NULL && c->progress != NULL) {
		c->progress(c->data, "index", done, total);
	}
}

static bool is_upgraded(const struct advise_options *options, struct str name)
{
	if (!options->upgrade) {
		return false;
	}
	for (size_t i = 0; i < options->upgrade_names.n; i++) {
		if (str_ieq(options->upgrade_names.items[i], name)) {
			return true;
		}
	}
	return options->upgrade_names.n == 0;
}

bool lock_solve(const struct request *request, const struct advise_options *options,
	const struct lock *old, const struct advise_callbacks *callbacks, struct arena *arena,
	struct index **ret_index, struct resolver_result *ret, struct err *err)
{
	struct bridge *bridge = arena_new(arena, struct bridge);
	bridge->callbacks = callbacks;
	struct index_options index_options = config_index_options(&request->config, options);
	index_options.pins = request->pins.p;
	index_options.n_pins = request->pins.n;
	index_options.as_of_ms = request->as_of_ms;
	index_options.cancelled = bridge_cancelled;
	index_options.progress = bridge_progress;
	index_options.data = bridge;
	struct index *index = index_new(&index_options, err);
	if (index == NULL) {
		return false;
	}
	struct resolver_preference *preferred =
		arena_array(arena, struct resolver_preference, old->n);
	size_t n_preferred = 0;
	for (size_t i = 0; i < old->n; i++) {
		if (!is_upgraded(options, old->packages[i].name)) {
			preferred[n_preferred++] = (struct resolver_preference){
				old->packages[i].name, old->packages[i].version};
		}
	}
	struct resolver_request resolve = {.requirements = request->requirements.p,
		.n_requirements = request->requirements.n,
		.environment = &request->environment,
		.preferred = preferred,
		.n_preferred = n_preferred,
		.prereleases =
			options->prereleases ? RESOLVER_PRE_ALLOW : RESOLVER_PRE_IF_NECESSARY,
		.prerelease_names = request->prerelease_names.p,
		.n_prerelease_names = request->prerelease_names.n,
		.formats = request->formats.p,
		.n_formats = request->formats.n,
		.all_rejections = options->all_rejections,
		.cancelled = bridge_cancelled,
		.data = bridge};
	if (!resolver_solve(index, &resolve, arena, ret, err)) {
		index_free(index);
		return false;
	}
	*ret_index = index;
	return true;
}

bool lock_old(const struct advise_input *input, struct arena *arena, struct lock *ret,
	bool *ret_found, struct err *err)
{
	*ret = (struct lock){0};
	*ret_found = false;
	return input->notebook == NULL ||
	       nb_lock_read(input->notebook, arena, ret, ret_found, err) ||
	       err_in(err, input->path);
}

void lock_environment_options(
	const struct lock *lock, struct arena *arena, struct advise_options *options)
{
	struct str python, platform;
	if (options->python_version.n == 0 && options->platform.n == 0 &&
		lock->n_environments > 0 &&
		environment_key_options(lock->environments[0], arena, &python, &platform)) {
		options->python_version = python;
		options->platform = platform;
	}
}

void lock_put_summary(const struct environment *environment, size_t n_packages, struct buf *out)
{
	buf_addf(out, "%zu package%s for Python " STR_FMT " on " STR_FMT " " STR_FMT, n_packages,
		n_packages == 1 ? "" : "s", STR_ARG(environment->python_full_version),
		STR_ARG(environment->platform), STR_ARG(environment->arch));
	if (environment->why.n > 0) {
		buf_add(out, S(" ("));
		buf_add_shown(out, environment->why, true);
		buf_byte(out, ')');
	}
	buf_byte(out, '\n');
}

/* What the resolver chose as plain data for storing and showing. */
static struct lock make_lock(
	const struct request *request, const struct resolver_result *result, struct arena *arena)
{
	struct locked_package *packages =
		arena_array(arena, struct locked_package, result->n_choices);
	for (size_t i = 0; i < result->n_choices; i++) {
		packages[i] = result->choices[i].package;
	}
	size_t n = request->messages.n + result->n_messages;
	struct lock_message *messages = arena_array(arena, struct lock_message, n);
	for (size_t i = 0; i < n; i++) {
		messages[i] = i < request->messages.n ? request->messages.p[i]
						      : result->messages[i - request->messages.n];
	}
	struct str *environments = arena_array(arena, struct str, 1);
	environments[0] = environment_key(&request->environment, arena);
	return (struct lock){.packages = packages,
		.n = result->n_choices,
		.environments = environments,
		.n_environments = 1,
		.inputs = request->inputs,
		.created = clock_rfc3339(arena, clock_now_ms()),
		.messages = messages,
		.n_messages = n};
}

static const struct locked_package *find_package(const struct lock *lock, struct str name)
{
	for (size_t i = 0; i < lock->n; i++) {
		if (str_eq(lock->packages[i].name, name)) {
			return &lock->packages[i];
		}
	}
	return NULL;
}

static json_t *change_json(struct str name, struct str from, struct str to)
{
	json_t *change = json_object();
	json_object_set_new(change, "name", advise_json_text(name));
	if (from.n > 0) {
		json_object_set_new(change, "from", advise_json_text(from));
	}
	if (to.n > 0) {
		json_object_set_new(change, "to", advise_json_text(to));
	}
	return change;
}

/* The difference of two locks as JSON and, when there was a lock before, as lines of text. */
static json_t *make_diff(
	const struct lock *old, bool had_lock, const struct lock *lock, struct buf *text)
{
	json_t *added = json_array();
	json_t *removed = json_array();
	json_t *changed = json_array();
	for (size_t i = 0; i < lock->n; i++) {
		const struct locked_package *p = &lock->packages[i];
		const struct locked_package *before = find_package(old, p->name);
		if (before == NULL) {
			json_array_append_new(added, change_json(p->name, S(""), p->version));
			if (had_lock) {
				buf_addf(text, "  + " STR_FMT " " STR_FMT "\n", STR_ARG(p->name),
					STR_ARG(p->version));
			}
		} else if (!str_eq(before->version, p->version)) {
			json_array_append_new(
				changed, change_json(p->name, before->version, p->version));
			buf_addf(text, "  ~ " STR_FMT " " STR_FMT " -> " STR_FMT "\n",
				STR_ARG(p->name), STR_ARG(before->version), STR_ARG(p->version));
		}
	}
	for (size_t i = 0; i < old->n; i++) {
		const struct locked_package *p = &old->packages[i];
		if (find_package(lock, p->name) == NULL) {
			json_array_append_new(removed, change_json(p->name, p->version, S("")));
			buf_addf(text, "  - " STR_FMT " " STR_FMT "\n", STR_ARG(p->name),
				STR_ARG(p->version));
		}
	}
	json_t *diff = json_object();
	json_object_set_new(diff, "added", added);
	json_object_set_new(diff, "removed", removed);
	json_object_set_new(diff, "changed", changed);
	return diff;
}

static json_t *document(const struct advise_input *input, const char *status)
{
	json_t *data = json_object();
	json_object_set_new(data, "schema", json_string("thoth.lock/1"));
	json_object_set_new(data, "path", advise_json_text(input->path));
	json_object_set_new(data, "status", json_string(status));
	return data;
}

static json_t *resolution_json(
	const struct index *index, const struct resolver_result *result, int64_t started_ms)
{
	struct index_stats stats = index_stats(index);
	json_t *made = json_object();
	json_object_set_new(made, "wall_ms", json_integer(clock_monotonic_ms() - started_ms));
	json_object_set_new(
		made, "metadata_documents", json_integer((json_int_t)stats.metadata_documents));
	json_object_set_new(made, "pages", json_integer((json_int_t)stats.pages));
	json_object_set_new(made, "requests", json_integer((json_int_t)stats.requests));
	json_object_set_new(made, "bytes_fetched", json_integer(stats.bytes_fetched));
	json_object_set_new(made, "decisions", json_integer((json_int_t)result->decisions));
	json_object_set_new(made, "conflicts", json_integer((json_int_t)result->conflicts));
	return made;
}

static void report_conflict(const struct advise_input *input, const struct request *request,
	const struct resolver_result *result, struct advise_report *report)
{
	struct err err = {0};
	const struct resolver_conflict *conflict = &result->conflict;
	if (conflict->n_requirements > 0) {
		const struct origin *origin =
			&request->requirements.p[conflict->requirements[0]].origin;
		err.cell = origin->cell;
		err.line = origin->line;
		snprintf(err.cell_id, sizeof(err.cell_id), STR_FMT, STR_ARG(origin->cell_id));
	}
	err_in(&err, input->path);
	if (conflict->n_suggestions == 0 && conflict->python.n == 0 && conflict->n_without == 0) {
		err_hint(&err, conflict->n_requirements == 1
				       ? "change this requirement, or take it out"
				       : "loosen one of these requirements");
	}
	err_set(&err, ERR_UNSAT, STR_FMT, STR_ARG(conflict->text));
	report->data = document(input, "unsatisfiable");
	json_object_set_new(report->data, "conflict", advise_conflict_json(request, conflict));
	advise_report_error(report, &err);
}

static void put_export(const struct advise_options *options, const struct request *request,
	const struct lock *lock, struct advise_report *report)
{
	if (options->format == ADVISE_REQUIREMENTS) {
		export_requirements(lock, &report->text);
		return;
	}
	AUTO(arena_done) struct arena arena = {0};
	struct str python = arena_printf(
		&arena, "==" STR_FMT ".*", STR_ARG(request->environment.python_version));
	export_pylock(lock, python, &report->text);
}

static void report_solved(const struct advise_options *options, const struct advise_input *input,
	const struct request *request, const struct lock *old, bool had_lock,
	const struct lock *lock, struct advise_report *report)
{
	struct buf *text = &report->text;
	AUTO(buf_done) struct buf changes = {0};
	json_object_set_new(report->data, "diff", make_diff(old, had_lock, lock, &changes));
	json_object_set_new(report->data, "packages", show_packages_json(lock));
	json_t *environments = json_array();
	json_array_append_new(environments, advise_json_text(lock->environments[0]));
	json_object_set_new(report->data, "environments", environments);
	json_object_set_new(
		report->data, "messages", show_messages_json(lock->messages, lock->n_messages));
	show_messages(lock->messages, lock->n_messages, &report->notes);
	if (options->format == ADVISE_REQUIREMENTS || options->format == ADVISE_PYLOCK) {
		put_export(options, request, lock, report);
		return;
	}
	buf_add_shown(text, input->path.n > 0 ? input->path : S("the executed cells"), true);
	buf_add(text, S(": "));
	size_t before = text->n;
	lock_put_summary(&request->environment, lock->n, text);
	show_lock_html(lock, str_skip(buf_str(text), before), &report->html);
	if (lock->n == 0) {
		buf_add(text,
			S("no install command and no declared requirement was found; 'thoth add' "
			  "declares one\n"));
		return;
	}
	buf_byte(text, '\n');
	show_lock_text(lock, text);
	if (changes.n > 0) {
		buf_add(text, S("\nchanged since the last lock:\n"));
		buf_add(text, buf_str(&changes));
	}
}

void lock_run(const struct advise_options *options, const struct advise_input *input,
	const struct advise_callbacks *callbacks, struct arena *arena, struct advise_report *report)
{
	int64_t started = clock_monotonic_ms();
	struct request request;
	struct resolver_result result;
	struct lock old;
	bool had_lock;
	AUTO(index_freep) struct index *index = NULL;
	struct err err = {0};
	report->kind = "lock";
	if (!request_gather(input, options, arena, &request, &err) ||
		!lock_old(input, arena, &old, &had_lock, &err) ||
		!lock_solve(&request, options, &old, callbacks, arena, &index, &result, &err)) {
		err_in(&err, input->path);
		report->data = document(input, "error");
		advise_report_error(report, &err);
		return;
	}
	if (!result.solved) {
		show_messages(request.messages.p, request.messages.n, &report->notes);
		report_conflict(input, &request, &result, report);
		return;
	}
	struct index_stats stats = index_stats(index);
	if (stats.stale > 0) {
		buf_addf(&report->notes,
			"WARNING: the index could not be asked for %zu document%s; an old copy was "
			"used\n",
			stats.stale, stats.stale == 1 ? "" : "s");
	}
	struct lock lock = make_lock(&request, &result, arena);
	report->data = document(input, "resolved");
	report_solved(options, input, &request, &old, had_lock, &lock, report);
	json_object_set_new(report->data, "resolution", resolution_json(index, &result, started));
	if (input->notebook != NULL) {
		json_t *before = json_object_get(input->notebook->metadata, "thoth");
		report->metadata = nb_lock_value(before, &lock, NULL);
		bool nothing = lock.n == 0 && !had_lock; /* no lock of nothing */
		report->changed =
			!nothing && (before == NULL || !json_equal(before, report->metadata));
	}
}
