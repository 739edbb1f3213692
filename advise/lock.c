#include "advise/lock.h"
#include "advise/exports.h"
#include "advise/build.h"
#include "advise/inputs.h"
#include "advise/rules.h"
#include "advise/conflict.h"
#include "advise/diff.h"
#include "advise/decisions.h"
#include "advise/direct.h"
#include "advise/score.h"
#include "advise/show.h"
#include "advise/targets.h"
#include "common/clock.h"
#include "index/index.h"
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

static void bridge_proven(void *data)
{
	const struct bridge *bridge = data;
	const struct advise_callbacks *c = bridge->callbacks;
	if (c != NULL && c->proven != NULL) {
		c->proven(c->data);
	}
}

/* A conflict whose explanation was cut short stands, unless the user does not want it any more. */
static bool is_wanted(
	const struct bridge *bridge, const struct resolver_conflict *conflict, struct err *err)
{
	const struct advise_callbacks *c = bridge->callbacks;
	bool late = c != NULL && c->late != NULL && *c->late;
	return !conflict->cut_short || late ||
	       err_set(err, ERR_INTERRUPTED, "stopped; nothing was changed");
}

static void bridge_answered(void *data)
{
	const struct bridge *bridge = data;
	const struct advise_callbacks *c = bridge->callbacks;
	if (c != NULL && c->answered != NULL) {
		c->answered(c->data);
	}
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

/* The index of a request, with what has an address of its own in it; NULL with err. */
static struct index *open_index(struct request *request, const struct advise_options *options,
	struct bridge *bridge, struct arena *arena, struct err *err)
{
	struct index_options index_options = config_index_options(&request->config, options);
	index_options.pins = request->pins.p;
	index_options.n_pins = request->pins.n;
	index_options.as_of_ms = request->as_of_ms;
	index_options.cancelled = bridge_cancelled;
	index_options.progress = bridge_progress;
	index_options.data = bridge;
	index_options.pool = bridge->callbacks == NULL ? NULL : bridge->callbacks->pool;
	struct index *index = index_new(&index_options, err);
	if (index != NULL && !direct_open(index, options, arena, request, err)) {
		index_free(index);
		return NULL;
	}
	if (index != NULL) {
		build_for_index(index, options, request, arena);
	}
	return index;
}

static struct resolver_request resolver_request_of(
	const struct request *request, const struct advise_options *options, struct bridge *bridge)
{
	return (struct resolver_request){.requirements = request->requirements.p,
		.n_requirements = request->requirements.n,
		.environment = &request->environment,
		.prereleases = options->prereleases || request->prereleases
				       ? RESOLVER_PRE_ALLOW
				       : RESOLVER_PRE_IF_NECESSARY,
		.prerelease_names = request->prerelease_names.p,
		.n_prerelease_names = request->prerelease_names.n,
		.formats = request->formats.p,
		.n_formats = request->formats.n,
		.all_rejections = options->all_rejections,
		.cancelled = bridge_cancelled,
		.proven = bridge_proven,
		.answered = bridge_answered,
		.data = bridge};
}

static struct universal_request universal_request_of(const struct request *request,
	const struct advise_options *options, const struct lock *old, const struct rules *rules,
	struct bridge *bridge, struct arena *arena)
{
	struct locked_package *kept = arena_array(arena, struct locked_package, old->n);
	size_t n_kept = 0;
	for (size_t i = 0; i < old->n; i++) {
		if (!is_upgraded(options, old->packages[i].name)) {
			kept[n_kept++] = old->packages[i];
		}
	}
	return (struct universal_request){.base = resolver_request_of(request, options, bridge),
		.targets = request->targets.p,
		.n_targets = request->targets.n,
		.universal = request->universal,
		.all_files = options->all_hashes,
		.old = kept,
		.n_old = n_kept,
		.rules = &rules->pipeline};
}

/* What the options ask of the scored search, with the rules of each target; NULL: nothing. Held by arena. */
static const struct resolver_scoring *scoring_of(
	const struct advise_options *options, struct arena *arena)
{
	struct search_request *search = arena_new(arena, struct search_request);
	struct resolver_scoring *scoring = arena_new(arena, struct resolver_scoring);
	bool wanted;
	*search = score_search(options, &wanted);
	scoring->search = search;
	return wanted ? scoring : NULL;
}

bool lock_solve(struct request *request, const struct advise_options *options,
	const struct lock *old, const struct advise_callbacks *callbacks, struct arena *arena,
	struct index **ret_index, struct universal_result *ret, struct err *err)
{
	struct bridge *bridge = arena_new(arena, struct bridge);
	bridge->callbacks = callbacks;
	struct index *index = open_index(request, options, bridge, arena, err);
	if (index == NULL) {
		return false;
	}
	AUTO(rules_done) struct rules rules;
	rules_open(request, options, arena, &rules);
	struct universal_request all =
		universal_request_of(request, options, old, &rules, bridge, arena);
	all.base.scoring = scoring_of(options, arena);
	if (!universal_solve(index, &all, arena, ret, err) ||
		!is_wanted(bridge, &ret->conflict, err)) {
		index_free(index);
		return false;
	}
	*ret_index = index;
	return true;
}

bool lock_solve_for(struct request *request, const struct advise_options *options,
	const struct lock *old, const struct locked_package *package,
	const struct advise_callbacks *callbacks, struct arena *arena, struct index **ret_index,
	struct resolver_result *ret, struct err *err)
{
	struct bridge *bridge = arena_new(arena, struct bridge);
	bridge->callbacks = callbacks;
	const struct environment *target = &request->environment;
	const struct marker *marker;
	struct err ignored = {0};
	if (package->marker.n > 0 && marker_parse(package->marker, arena, &marker, &ignored)) {
		for (size_t i = request->targets.n; i-- > 0;) {
			const struct environment *one = &request->targets.p[i];
			bool holds = marker_evaluate(marker, one, NULL, 0) == MARKER_TRUE;
			target = holds ? one : target;
		}
	}
	struct index *index = open_index(request, options, bridge, arena, err);
	if (index == NULL) {
		return false;
	}
	AUTO(rules_done) struct rules rules;
	rules_open(request, options, arena, &rules);
	struct universal_request all =
		universal_request_of(request, options, old, &rules, bridge, arena);
	if (!universal_solve_target(index, &all, target, arena, ret, err) ||
		!is_wanted(bridge, &ret->conflict, err)) {
		index_free(index);
		return false;
	}
	*ret_index = index;
	return true;
}

void lock_environment_options(
	const struct lock *lock, struct arena *arena, struct advise_options *options)
{
	struct str python, platform;
	bool named = options->universal || options->python_versions.n > 0 ||
		     options->platforms.n > 0 || options->environments.n > 0;
	if (!named && lock->n_environments == 1 &&
		environment_key_options(lock->environments[0], arena, &python, &platform)) {
		options->python_versions.items[options->python_versions.n++] = python;
		options->platforms.items[options->platforms.n++] = platform;
	}
}

/* One line that says what was locked for what: "7 packages for Python 3.11.7 on linux x86_64 (...)". */
static void put_summary(const struct request *request, size_t n_packages, struct buf *out)
{
	const struct environment *environment = &request->environment;
	buf_addf(out, "%zu package%s for ", n_packages, n_packages == 1 ? "" : "s");
	if (request->targets.n == 1) {
		buf_addf(out, "Python " STR_FMT " on " STR_FMT " " STR_FMT,
			STR_ARG(environment->python_full_version), STR_ARG(environment->platform),
			STR_ARG(environment->arch));
	} else {
		AUTO(arena_done) struct arena arena = {0};
		struct str places =
			universal_places(request->targets.p, request->targets.n, &arena);
		buf_add(out, places);
	}
	if (environment->why.n > 0) {
		buf_add(out, S(" ("));
		buf_add_shown(out, environment->why, true);
		buf_byte(out, ')');
	}
	buf_byte(out, '\n');
}

/*
 * The packages of the result. Where the old lock, made from the same, was followed without a look at newer
 * versions, its reason says more than "the lock already had it", and stays true.
 */
static const struct locked_package *with_old_reasons(const struct request *request,
	const struct universal_result *result, const struct lock *old, struct arena *arena)
{
	struct locked_package *packages =
		arena_array(arena, struct locked_package, result->n_packages);
	bool same = str_eq(old->inputs, request->inputs);
	for (size_t i = 0; i < result->n_packages; i++) {
		packages[i] = result->packages[i];
		for (size_t k = 0; same && packages[i].kept && k < old->n; k++) {
			const struct locked_package *before = &old->packages[k];
			if (before->reason.n > 0 && str_eq(before->name, packages[i].name) &&
				str_eq(before->version, packages[i].version)) {
				packages[i].reason = before->reason;
			}
		}
	}
	return packages;
}

/* What the resolver chose as plain data for storing and showing. */
static struct lock make_lock(const struct request *request, const struct universal_result *result,
	const struct lock *old, struct arena *arena)
{
	size_t n = request->messages.n + result->n_messages;
	struct lock_message *messages = arena_array(arena, struct lock_message, n);
	for (size_t i = 0; i < n; i++) {
		messages[i] = i < request->messages.n ? request->messages.p[i]
						      : result->messages[i - request->messages.n];
	}
	struct lock lock = {.packages = with_old_reasons(request, result, old, arena),
		.n = result->n_packages,
		.inputs = request->inputs,
		.created = clock_rfc3339(arena, clock_now_ms()),
		.messages = messages,
		.n_messages = n};
	if (request->universal) {
		lock.environments = &request->universal_name;
		lock.n_environments = 1;
	} else {
		lock.environments = targets_keys(
			request->targets.p, request->targets.n, arena, &lock.n_environments);
	}
	if (request->targets.n > 1) {
		lock.environment_markers = result->environments;
		lock.n_environment_markers = result->n_environments;
	}
	return lock;
}

static json_t *document(const struct advise_input *input, const char *status)
{
	json_t *data = json_object();
	json_object_set_new(data, "schema", json_string("thoth.lock/1"));
	json_object_set_new(data, "path", advise_json_text(input->path));
	json_object_set_new(data, "status", json_string(status));
	return data;
}

/* What the answer was made with, besides the index: of metadata.thoth.resolution. */
static json_t *data_json(const struct request *request)
{
	json_t *made = json_object();
	json_object_set_new(made, "prescriptions", advise_json_text(request->rules));
	json_object_set_new(made, "advisories", advise_json_text(request->advisories));
	return made;
}

static json_t *resolution_json(const struct request *request, const struct index *index,
	const struct universal_result *result, int64_t started_ms)
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
	json_object_set_new(made, "solves", json_integer((json_int_t)result->solves));
	json_object_set_new(made, "data", data_json(request));
	return made;
}

static void report_conflict(const struct advise_input *input, const struct request *request,
	const struct universal_result *result, struct advise_report *report)
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
	err_set(&err, ERR_UNSAT, STR_FMT "%s", STR_ARG(conflict->text),
		conflict->cut_short
			? "\nthe time that --timeout gives ended before it was known what "
			  "would work"
			: "");
	report->data = document(input, "unsatisfiable");
	json_object_set_new(report->data, "conflict", advise_conflict_json(request, conflict));
	advise_report_error(report, &err);
}

static void report_solved(const struct advise_options *options, const struct advise_input *input,
	const struct request *request, const struct universal_result *result,
	const struct lock *old, bool had_lock, const struct lock *lock, struct arena *arena,
	struct advise_report *report)
{
	struct buf *text = &report->text;
	AUTO(buf_done) struct buf changes = {0};
	struct diff diff = {.old = old,
		.new = lock,
		.had_lock = had_lock,
		.options = options,
		.asked = options->updating ? "update" : "--upgrade"};
	json_object_set_new(report->data, "diff", diff_make(&diff, &changes));
	json_object_set_new(report->data, "packages", show_packages_json(lock));
	size_t n_keys;
	const struct str *keys =
		targets_keys(request->targets.p, request->targets.n, arena, &n_keys);
	if (request->universal) {
		json_object_set_new(report->data, "universal", advise_json_text(request->pythons));
	}
	json_object_set_new(report->data, "environments", show_names_json(keys, n_keys));
	json_object_set_new(
		report->data, "messages", show_messages_json(lock->messages, lock->n_messages));
	show_messages(lock->messages, lock->n_messages, &report->notes);
	if (exports_is_export(options->format)) {
		struct err err = {0};
		if (!exports_put(
			    options, input, request, lock, request->pythons, arena, text, &err)) {
			err_in(&err, input->path);
			advise_report_error(report, &err);
		}
		return;
	}
	buf_add_shown(text, input->path.n > 0 ? input->path : S("the executed cells"), true);
	buf_add(text, S(": "));
	size_t before = text->n;
	put_summary(request, lock->n, text);
	show_lock_html(lock, str_skip(buf_str(text), before), &report->html);
	score_put_text(result->score, options->verbose > 0, text);
	if (lock->n == 0) {
		buf_add(text,
			S("no install command and no declared requirement was found; 'thoth add' "
			  "declares one\n"));
		return;
	}
	if (!options->updating) {
		buf_byte(text, '\n');
		show_lock_text(lock, text);
	}
	if (changes.n > 0) {
		buf_add(text, S("\nchanged since the last lock:\n"));
		buf_add(text, buf_str(&changes));
	}
}

static bool has_advice(const struct lock *lock)
{
	bool found = false;
	for (size_t i = 0; i < lock->n_messages; i++) {
		found = found || lock->messages[i].unit.n > 0;
	}
	return found;
}

/* The scored search, wherever it is told: the document, the page, a picture, `thoth log`. */
static void tell_score(const struct advise_options *options, const struct advise_input *input,
	const struct request *request, const struct universal_result *result,
	const struct lock *lock, struct advise_report *report)
{
	json_t *resolution = json_object_get(report->data, "resolution");
	json_t *products = score_products_json(result->score);
	score_put_json(result->score, resolution);
	if (products != NULL) {
		json_object_set_new(report->data, "products", products);
	}
	score_show(result->score, options, input->path, report);
	decisions_keep(request->config.cache_dir, lock, result->score, resolution);
}

void lock_run(const struct advise_options *options, const struct advise_input *input,
	const struct advise_callbacks *callbacks, struct arena *arena, struct advise_report *report)
{
	int64_t started = clock_monotonic_ms();
	struct request request;
	struct universal_result result;
	struct lock old;
	bool had_lock;
	AUTO(index_freep) struct index *index = NULL;
	struct err err = {0};
	report->kind = "lock";
	if (!request_gather(input, options, arena, &request, &err) ||
		!inputs_lock(options, input, arena, &old, &had_lock, &err) ||
		!lock_solve(&request, options, &old, callbacks, arena, &index, &result, &err)) {
		err_in(&err, input->path);
		report->data = document(input, "error");
		advise_report_error(report, &err);
		return;
	}
	if (!result.solved) {
		show_messages(request.messages.p, request.messages.n, &report->notes);
		show_messages(result.messages, result.n_messages, &report->notes);
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
	inputs_compare(input, &old, result.packages, result.n_packages, arena, &request);
	struct lock lock = make_lock(&request, &result, &old, arena);
	if (input->notebook == NULL) {
		old = inputs_part(&old, &lock, arena);
	}
	report->data = document(input, "resolved");
	report_solved(options, input, &request, &result, &old, had_lock, &lock, arena, report);
	json_t *resolution = resolution_json(&request, index, &result, started);
	json_object_set_new(report->data, "resolution", resolution);
	tell_score(options, input, &request, &result, &lock, report);
	if (input->notebook != NULL) {
		json_t *before = json_object_get(input->notebook->metadata, "thoth");
		json_auto_t *stored = json_pack("{s:o}", "data", data_json(&request));
		score_put_stored(
			result.score, &old, &lock, json_object_get(before, "resolution"), stored);
		report->metadata = nb_lock_value(before, &lock, stored);
		/* no lock of nothing, unless a rule speaks of the code */
		bool nothing = lock.n == 0 && !had_lock && !has_advice(&lock);
		report->changed =
			!nothing && (before == NULL || !json_equal(before, report->metadata));
	}
}
