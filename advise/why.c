#include "advise/why.h"
#include "advise/exports.h"
#include "advise/files.h"
#include "advise/inputs.h"
#include "advise/licenses.h"
#include "advise/lock.h"
#include "advise/show.h"
#include "advise/targets.h"
#include "packaging/name.h"
#include "resolver/explain.h"
#include "common/banned.h"

static void show_text(const struct advise_input *input, const struct lock *lock,
	struct arena *arena, struct advise_report *report)
{
	struct nb_requirements declared;
	struct err ignored = {0};
	if (input->notebook != NULL &&
		nb_requirements(input->notebook, arena, &declared, &ignored) &&
		declared.n_packages > 0) {
		buf_add(&report->text, S("declared requirements:\n"));
		for (size_t i = 0; i < declared.n_packages; i++) {
			buf_add(&report->text, S("  "));
			buf_add_shown(&report->text, declared.packages[i], true);
			buf_byte(&report->text, '\n');
		}
		buf_byte(&report->text, '\n');
	}
	size_t before = report->text.n;
	buf_addf(&report->text, "%zu package%s locked", lock->n, lock->n == 1 ? "" : "s");
	for (size_t i = 0; i < lock->n_environments; i++) {
		buf_add(&report->text, i == 0 ? S(" for ") : S(", "));
		buf_add_shown(&report->text, lock->environments[i], true);
	}
	buf_add(&report->text, lock->created.n > 0 ? S(" on ") : S(""));
	buf_add_shown(&report->text, lock->created, true);
	show_lock_html(lock, str_skip(buf_str(&report->text), before), &report->html);
	buf_add(&report->text, S("\n\n"));
	show_lock_text(lock, &report->text);
	if (lock->n_messages > 0) {
		buf_byte(&report->text, '\n');
		show_messages(lock->messages, lock->n_messages, &report->text);
	}
}

/* What an export says besides the lock itself: only some forms do. */
static bool asked_for(const struct advise_options *options, const struct advise_input *input,
	struct arena *arena, struct request *ret, struct err *err)
{
	bool all = options->format == ADVISE_PIPFILE || options->format == ADVISE_PIPFILE_LOCK;
	struct advise_options *with_dev = arena_new(arena, struct advise_options);
	*with_dev = *options;
	with_dev->dev = true; /* both forms have a place for them */
	return all ? request_gather(input, with_dev, arena, ret, err)
		   : config_read(options, arena, &ret->config, err);
}

void why_show(const struct advise_options *options, const struct advise_input *input,
	struct arena *arena, struct advise_report *report)
{
	struct lock lock;
	report->kind = "show";
	struct err err = {0};
	bool has_lock;
	if (options->format != ADVISE_PIPFILE) {
		if (!inputs_need_lock(options, input, arena, &lock, report)) {
			return;
		}
	} else if (!inputs_lock(options, input, arena, &lock, &has_lock, &err)) {
		advise_report_error(report, &err); /* no lock will do, a broken one will not */
		return;
	}
	report->data = json_object();
	json_object_set_new(report->data, "schema", json_string("thoth.show/1"));
	json_object_set_new(report->data, "path", advise_json_text(input->path));
	json_object_set_new(report->data, "packages", show_packages_json(&lock));
	json_object_set_new(
		report->data, "messages", show_messages_json(lock.messages, lock.n_messages));
	json_object_set_new(report->data, "created", advise_json_text(lock.created));
	json_object_set_new(report->data, "inputs", advise_json_text(lock.inputs));
	struct str pythons;
	size_t n_targets, n_keys;
	const struct environment *targets = targets_of_lock(input, &lock, arena, &n_targets);
	const struct str *keys = targets_keys(targets, n_targets, arena, &n_keys);
	json_object_set_new(report->data, "environments",
		n_keys > lock.n_environments
			? show_names_json(keys, n_keys)
			: show_names_json(lock.environments, lock.n_environments));
	lock.environment_markers =
		targets_markers(targets, n_targets, arena, &lock.n_environment_markers, &pythons);
	if (options->licenses) {
		licenses_show(options, input, &lock, arena, report);
		return;
	}
	if (!exports_is_export(options->format)) {
		show_text(input, &lock, arena, report);
		return;
	}
	if (pythons.n == 0) {
		pythons = inputs_python(options, input, arena);
	}
	struct request request = {0};
	bool complete =
		options->format != ADVISE_PYLOCK || files_complete(options, &lock, arena, &err);
	if (!complete || !asked_for(options, input, arena, &request, &err) ||
		!exports_put(
			options, input, &request, &lock, pythons, arena, &report->text, &err)) {
		advise_report_error(report, &err);
	}
}

static const struct resolver_choice *find_choice(
	const struct resolver_result *result, struct str name)
{
	for (size_t i = 0; i < result->n_choices; i++) {
		if (str_eq(result->choices[i].package.name, name)) {
			return &result->choices[i];
		}
	}
	return NULL;
}

/* A way from something the user asked for down to a package, built upwards. */
struct way {
	struct str text; /* "flask -> werkzeug" */
	struct str top;  /* the first name of it */
	size_t depth;
};

enum { WAYS_SHOWN = 10, WAYS_OPEN_MAX = 2000 };

static bool goes_through(struct str text, struct str name)
{
	struct str rest = text;
	struct str one;
	while (str_cut(rest, S(" -> "), &one, &rest)) {
		if (str_eq(one, name)) {
			return true;
		}
	}
	return str_eq(rest, name);
}

/* All ways to a package, shortest first; *ret_more when there are others. Breadth first, upwards. */
static const struct str *find_ways(const struct request *request,
	const struct resolver_result *result, struct str name, struct arena *arena, size_t *ret_n,
	bool *ret_more)
{
	VEC(struct way) open = {0};
	VEC(struct str) ways = {0};
	*vec_push(arena, &open) = (struct way){name, name, 0};
	size_t at = 0;
	for (; at < open.n && at < WAYS_OPEN_MAX && ways.n < WAYS_SHOWN; at++) {
		struct way way = open.p[at];
		const struct resolver_choice *choice = find_choice(result, way.top);
		for (size_t i = 0; choice != NULL && i < choice->n_edges; i++) {
			const struct resolver_edge *edge = &choice->edges[i];
			const struct resolver_requirement *user =
				edge->from.n == 0 ? &request->requirements.p[edge->user] : NULL;
			if (user != NULL && !user->constraint && ways.n < WAYS_SHOWN) {
				struct str origin = explain_origin(&user->origin, arena);
				*vec_push(arena, &ways) = arena_printf(arena,
					STR_FMT " -> " STR_FMT, STR_ARG(origin), STR_ARG(way.text));
			} else if (user == NULL && !goes_through(way.text, edge->from)) {
				struct str text = arena_printf(arena, STR_FMT " -> " STR_FMT,
					STR_ARG(edge->from), STR_ARG(way.text));
				*vec_push(arena, &open) =
					(struct way){text, edge->from, way.depth + 1};
			}
		}
	}
	*ret_n = ways.n;
	*ret_more = at < open.n;
	return ways.p;
}

static void put_ways(const struct request *request, const struct resolver_result *result,
	struct str name, struct arena *arena, struct advise_report *report)
{
	size_t n;
	bool more;
	const struct str *ways = find_ways(request, result, name, arena, &n, &more);
	json_t *list = json_array();
	buf_addf(&report->text, "\nthe way%s to it:%s", n > 1 ? "s" : "", n > 1 ? "\n" : " ");
	for (size_t i = 0; i < n; i++) {
		buf_add(&report->text, n > 1 ? S("  ") : S(""));
		buf_add_shown(&report->text, ways[i], true);
		buf_byte(&report->text, '\n');
		json_array_append_new(list, advise_json_text(ways[i]));
	}
	buf_add(&report->text, more ? S("  ... and longer ones\n") : S(""));
	json_object_set_new(report->data, "chain", advise_json_text(n > 0 ? ways[0] : name));
	json_object_set_new(report->data, "chains", list);
}

static void put_edges(const struct request *request, const struct resolver_result *result,
	const struct resolver_choice *choice, struct arena *arena, struct advise_report *report)
{
	struct buf *text = &report->text;
	json_t *edges = json_array();
	buf_add(text, S("required by:\n"));
	for (size_t i = 0; i < choice->n_edges; i++) {
		const struct resolver_edge *edge = &choice->edges[i];
		const struct resolver_choice *by =
			edge->from.n > 0 ? find_choice(result, edge->from) : NULL;
		struct str from =
			by != NULL ? arena_printf(arena, STR_FMT " " STR_FMT, STR_ARG(edge->from),
					     STR_ARG(by->package.version))
			: edge->from.n > 0
				? edge->from
				: explain_origin(
					  &request->requirements.p[edge->user].origin, arena);
		buf_add(text, S("  "));
		buf_add_shown(text, from, true);
		buf_add(text, S(": "));
		buf_add_shown(text, edge->requirement, true);
		buf_byte(text, '\n');
		json_t *made = json_object();
		json_object_set_new(
			made, "from", advise_json_text(edge->from.n > 0 ? edge->from : from));
		if (by != NULL) {
			json_object_set_new(made, "version", advise_json_text(by->package.version));
		}
		json_object_set_new(made, "requirement", advise_json_text(edge->requirement));
		json_array_append_new(edges, made);
	}
	json_object_set_new(report->data, "required-by", edges);
}

static void put_rejected(const struct resolver_choice *choice, struct advise_report *report)
{
	struct buf *text = &report->text;
	json_t *rejected = json_array();
	buf_add(text, choice->n_rejections > 0 ? S("newer versions, and what kept them out:\n")
					       : S("there is no newer version\n"));
	for (size_t i = 0; i < choice->n_rejections; i++) {
		const struct resolver_rejection *r = &choice->rejections[i];
		buf_add(text, S("  "));
		if (r->n > 1) {
			buf_addf(text, STR_FMT " to ", STR_ARG(r->oldest));
		}
		buf_add_shown(text, r->version, true);
		if (r->n > 1) {
			buf_addf(text, " (%zu versions)", r->n);
		}
		buf_add(text, S(": "));
		buf_add_shown(text, r->reason, true);
		buf_byte(text, '\n');
		json_t *made = json_object();
		json_object_set_new(made, "version", advise_json_text(r->version));
		json_object_set_new(made, "oldest", advise_json_text(r->oldest));
		json_object_set_new(made, "versions", json_integer((json_int_t)r->n));
		json_object_set_new(made, "reason", advise_json_text(r->reason));
		json_array_append_new(rejected, made);
	}
	json_object_set_new(report->data, "rejected", rejected);
}

/* Was the lock made from something else than what stands there now? */
static bool is_stale(const struct request *request, const struct lock *lock)
{
	return lock->inputs.n > 0 && !str_eq(lock->inputs, request->inputs);
}

static void say_stale(struct advise_report *report)
{
	json_object_set_new(report->data, "stale", json_true());
	buf_add(&report->notes,
		S("the lock was made from other requirements, indexes or options than there are "
		  "now; 'thoth lock' brings it up to date\n"));
}

/* Resolve again with the lock preferred, for what the lock does not store. Quiet when it cannot. */
static void add_details(const struct advise_options *given, const struct advise_input *input,
	const struct advise_callbacks *callbacks, const struct lock *lock,
	const struct locked_package *package, struct arena *arena, struct advise_report *report)
{
	struct request request;
	struct resolver_result result;
	AUTO(index_freep) struct index *index = NULL;
	struct err err = {0};
	struct advise_options *options = arena_new(arena, struct advise_options);
	*options = *given;
	options->all_rejections = true;
	lock_environment_options(lock, arena, options);
	if (!request_gather(input, options, arena, &request, &err)) {
		buf_addf(&report->notes, "more cannot be said now: %s\n", err.message);
		return;
	}
	if (is_stale(&request, lock)) {
		say_stale(report);
	}
	if (!lock_solve_for(
		    &request, options, lock, package, callbacks, arena, &index, &result, &err)) {
		if (err.kind == ERR_INTERRUPTED) {
			advise_report_error(report, &err);
			return;
		}
		buf_addf(&report->notes, "more cannot be said now: %s\n", err.message);
		return;
	}
	const struct resolver_choice *choice =
		result.solved ? find_choice(&result, package->name) : NULL;
	if (choice == NULL || !str_eq(choice->package.version, package->version)) {
		buf_add(&report->notes, S("the lock is out of date: its requirements or the index "
					  "have changed since; lock it again\n"));
		json_object_set_new(report->data, "stale", json_true());
		return;
	}
	put_ways(&request, &result, package->name, arena, report);
	put_edges(&request, &result, choice, arena, report);
	put_rejected(choice, report);
}

/* Without a name: every package and its stored reason, one a line. */
static void put_all(const struct advise_options *given, const struct advise_input *input,
	const struct lock *lock, struct arena *arena, struct advise_report *report)
{
	struct request request;
	struct err ignored = {0};
	struct advise_options *options = arena_new(arena, struct advise_options);
	*options = *given;
	lock_environment_options(lock, arena, options);
	json_object_set_new(report->data, "packages", show_packages_json(lock));
	show_lock_text(lock, &report->text);
	if (request_gather(input, options, arena, &request, &ignored) && is_stale(&request, lock)) {
		say_stale(report);
	}
}

static json_t *why_document(const struct advise_input *input)
{
	json_t *data = json_object();
	json_object_set_new(data, "schema", json_string("thoth.why/1"));
	json_object_set_new(data, "path", advise_json_text(input->path));
	return data;
}

/*
 * One entry of the lock: version, reason, and of a lock for several environments which of them use it.
 * What the document says at its top is about the last, which is the newest.
 */
static void put_entry(const struct advise_input *input, const struct lock *lock,
	const struct locked_package *package, struct arena *arena, struct advise_report *report)
{
	json_object_set_new(report->data, "version", advise_json_text(package->version));
	json_object_set_new(report->data, "reason", advise_json_text(package->reason));
	buf_addf(&report->text, STR_FMT " " STR_FMT, STR_ARG(package->name),
		STR_ARG(package->version));
	const struct marker *marker = NULL;
	struct err ignored = {0};
	if (package->marker.n > 0 && marker_parse(package->marker, arena, &marker, &ignored)) {
		size_t n;
		const struct environment *targets = targets_of_lock(input, lock, arena, &n);
		struct environment *uses = arena_array(arena, struct environment, n);
		size_t n_uses = 0;
		for (size_t i = 0; i < n; i++) {
			if (marker_evaluate(marker, &targets[i], NULL, 0) == MARKER_TRUE) {
				uses[n_uses++] = targets[i];
			}
		}
		buf_add(&report->text, S(", where "));
		buf_add_shown(&report->text, package->marker, true);
		if (n_uses > 0) {
			buf_addf(&report->text, " (" STR_FMT ")",
				STR_ARG(universal_places(uses, n_uses, arena)));
		}
	}
	buf_add(&report->text, S(": "));
	buf_add_shown(&report->text, package->reason, true);
	buf_byte(&report->text, '\n');
	json_t *entry = json_object();
	json_object_set_new(entry, "version", advise_json_text(package->version));
	json_object_set_new(entry, "reason", advise_json_text(package->reason));
	if (package->marker.n > 0) {
		json_object_set_new(entry, "marker", advise_json_text(package->marker));
	}
	json_t *entries = json_object_get(report->data, "entries");
	if (entries == NULL) {
		entries = json_array();
		json_object_set_new(report->data, "entries", entries);
	}
	json_array_append_new(entries, entry);
}

/* What the lock's messages say of this package: rules, mostly. */
static void put_messages(
	const struct lock *lock, struct str name, struct arena *arena, struct advise_report *report)
{
	struct lock_message *about = arena_array(arena, struct lock_message, lock->n_messages);
	size_t n = 0;
	for (size_t i = 0; i < lock->n_messages; i++) {
		if (str_eq(lock->messages[i].package, name)) {
			about[n++] = lock->messages[i];
		}
	}
	if (n > 0) {
		buf_byte(&report->text, '\n');
		show_messages(about, n, &report->text);
		json_object_set_new(report->data, "messages", show_messages_json(about, n));
	}
}

void why_run(const struct advise_options *options, const struct advise_input *input,
	const struct advise_callbacks *callbacks, struct arena *arena, struct advise_report *report)
{
	struct lock lock;
	struct err err = {0};
	report->kind = "why";
	if (options->words.n > 1) {
		err_hint(&err, "as in 'thoth why nb.ipynb numpy', or without a name for all");
		err_set(&err, ERR_USAGE, "why wants the name of one package");
		advise_report_error(report, &err);
		return;
	}
	if (!inputs_need_lock(options, input, arena, &lock, report)) {
		return;
	}
	if (options->words.n == 0) {
		report->data = why_document(input);
		put_all(options, input, &lock, arena, report);
		return;
	}
	struct str name = name_normal(options->words.items[0], arena);
	size_t found = 0;
	for (size_t i = 0; i < lock.n; i++) {
		if (str_eq(lock.packages[i].name, name)) {
			if (found++ == 0) {
				report->data = why_document(input);
				json_object_set_new(report->data, "name", advise_json_text(name));
			}
			buf_add(&report->text, found > 1 ? S("\n") : S(""));
			put_entry(input, &lock, &lock.packages[i], arena, report);
			add_details(
				options, input, callbacks, &lock, &lock.packages[i], arena, report);
		}
	}
	if (found > 0) {
		put_messages(&lock, name, arena, report);
	} else {
		err_in(&err, input->path);
		err_set(&err, ERR_INPUT, "'" STR_FMT "' is not in the lock", STR_ARG(name));
		advise_report_error(report, &err);
		report->exit = 1;
	}
}
