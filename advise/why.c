#include "advise/why.h"
#include "advise/files.h"
#include "advise/lock.h"
#include "advise/show.h"
#include "packaging/export.h"
#include "packaging/name.h"
#include "resolver/explain.h"
#include "common/banned.h"

static bool no_lock(const struct advise_input *input, struct advise_report *report)
{
	struct err err = {0};
	err_in(&err, input->path);
	err_hint(&err, "lock it with 'thoth lock'");
	err_set(&err, ERR_INPUT, "there is no lock in metadata.thoth");
	advise_report_error(report, &err);
	report->exit = 1; /* the answer is "no", not a broken file */
	return false;
}

static bool read_lock(const struct advise_input *input, struct arena *arena, struct lock *ret,
	struct advise_report *report)
{
	struct err err = {0};
	bool found;
	if (!lock_old(input, arena, ret, &found, &err)) {
		advise_report_error(report, &err);
		return false;
	}
	return found || no_lock(input, report);
}

/* The Python of an environment key "cp311-linux_x86_64-glibc_2.36" as "==3.11.*"; "" when unknown. */
static struct str python_of(const struct lock *lock, struct arena *arena)
{
	struct str key = lock->n_environments == 0 ? S("") : lock->environments[0];
	size_t n = 2;
	while (n < key.n && char_is_digit(key.p[n])) {
		n++;
	}
	if (!str_starts(key, S("cp")) || n < 4) {
		return S("");
	}
	struct str minor = str_slice(key, 3, n);
	return arena_printf(arena, "==%c." STR_FMT ".*", key.p[2], STR_ARG(minor));
}

static void show_text(const struct advise_input *input, const struct lock *lock,
	struct arena *arena, struct advise_report *report)
{
	struct nb_requirements declared;
	struct err ignored = {0};
	if (nb_requirements(input->notebook, arena, &declared, &ignored) &&
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

void why_show(const struct advise_options *options, const struct advise_input *input,
	struct arena *arena, struct advise_report *report)
{
	struct lock lock;
	report->kind = "show";
	if (!read_lock(input, arena, &lock, report)) {
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
	json_t *environments = json_array();
	for (size_t i = 0; i < lock.n_environments; i++) {
		json_array_append_new(environments, advise_json_text(lock.environments[i]));
	}
	json_object_set_new(report->data, "environments", environments);
	switch (options->format) {
	case ADVISE_TEXT:
	case ADVISE_JSON:
		show_text(input, &lock, arena, report);
		break;
	case ADVISE_REQUIREMENTS:
		export_requirements(&lock, &report->text);
		break;
	case ADVISE_PYLOCK: {
		struct err err = {0};
		if (!files_complete(options, &lock, arena, &err)) {
			advise_report_error(report, &err);
			break;
		}
		export_pylock(&lock, python_of(&lock, arena), &report->text);
		break;
	}
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

/* The shortest way up to something the user asked for: "cell 2 -> flask -> werkzeug". */
static struct str chain(const struct request *request, const struct resolver_result *result,
	struct str name, struct arena *arena)
{
	struct str text = name;
	for (size_t depth = 0; depth < result->n_choices + 1; depth++) {
		const struct resolver_choice *choice = find_choice(result, name);
		if (choice == NULL || choice->n_edges == 0) {
			return text;
		}
		const struct resolver_edge *edge = &choice->edges[0];
		for (size_t i = 1; i < choice->n_edges && edge->from.n > 0; i++) {
			const struct resolver_choice *from =
				find_choice(result, choice->edges[i].from);
			bool shorter = choice->edges[i].from.n == 0 ||
				       (from != NULL && from->package.direct);
			edge = shorter ? &choice->edges[i] : edge;
		}
		if (edge->from.n == 0) {
			struct str origin =
				explain_origin(&request->requirements.p[edge->user].origin, arena);
			return arena_printf(
				arena, STR_FMT " -> " STR_FMT, STR_ARG(origin), STR_ARG(text));
		}
		text = arena_printf(
			arena, STR_FMT " -> " STR_FMT, STR_ARG(edge->from), STR_ARG(text));
		name = edge->from;
	}
	return text;
}

static void put_details(const struct request *request, const struct resolver_result *result,
	const struct resolver_choice *choice, struct arena *arena, struct advise_report *report)
{
	struct buf *text = &report->text;
	struct str way = chain(request, result, choice->package.name, arena);
	buf_add(text, S("\nthe way to it: "));
	buf_add_shown(text, way, true);
	buf_add(text, S("\nrequired by:\n"));
	json_object_set_new(report->data, "chain", advise_json_text(way));
	json_t *edges = json_array();
	for (size_t i = 0; i < choice->n_edges; i++) {
		const struct resolver_edge *edge = &choice->edges[i];
		struct str from =
			edge->from.n > 0
				? edge->from
				: explain_origin(
					  &request->requirements.p[edge->user].origin, arena);
		buf_add(text, S("  "));
		buf_add_shown(text, from, true);
		buf_add(text, S(": "));
		buf_add_shown(text, edge->requirement, true);
		buf_byte(text, '\n');
		json_t *made = json_object();
		json_object_set_new(made, "from", advise_json_text(from));
		json_object_set_new(made, "requirement", advise_json_text(edge->requirement));
		json_array_append_new(edges, made);
	}
	json_object_set_new(report->data, "required-by", edges);
	json_t *rejected = json_array();
	buf_add(text, choice->n_rejections > 0 ? S("newer versions, and what kept them out:\n")
					       : S("there is no newer version\n"));
	for (size_t i = 0; i < choice->n_rejections; i++) {
		const struct resolver_rejection *r = &choice->rejections[i];
		buf_add(text, S("  "));
		buf_add_shown(text, r->version, true);
		buf_add(text, S(": "));
		buf_add_shown(text, r->reason, true);
		buf_byte(text, '\n');
		json_t *made = json_object();
		json_object_set_new(made, "version", advise_json_text(r->version));
		json_object_set_new(made, "reason", advise_json_text(r->reason));
		json_array_append_new(rejected, made);
	}
	json_object_set_new(report->data, "rejected", rejected);
}

/* Resolve again with the lock preferred, for what the lock does not store. Quiet when it cannot. */
static void add_details(const struct advise_options *options, const struct advise_input *input,
	const struct advise_callbacks *callbacks, const struct lock *lock,
	const struct locked_package *package, struct arena *arena, struct advise_report *report)
{
	struct request request;
	struct resolver_result result;
	AUTO(index_freep) struct index *index = NULL;
	struct err err = {0};
	if (!request_gather(input, options, arena, &request, &err) ||
		!lock_solve(&request, options, lock, callbacks, arena, &index, &result, &err)) {
		buf_addf(&report->notes, "more cannot be said now: %s\n", err.message);
		return;
	}
	const struct resolver_choice *choice =
		result.solved ? find_choice(&result, package->name) : NULL;
	if (choice == NULL || !str_eq(choice->package.version, package->version)) {
		buf_add(&report->notes, S("the lock is out of date: its requirements or the index "
					  "have changed since; lock it again\n"));
		return;
	}
	put_details(&request, &result, choice, arena, report);
}

void why_run(const struct advise_options *options, const struct advise_input *input,
	const struct advise_callbacks *callbacks, struct arena *arena, struct advise_report *report)
{
	struct lock lock;
	struct err err = {0};
	report->kind = "why";
	if (options->words.n != 1) {
		err_hint(&err, "as in 'thoth why nb.ipynb numpy'");
		err_set(&err, ERR_USAGE, "why wants the name of one package");
		advise_report_error(report, &err);
		return;
	}
	if (!read_lock(input, arena, &lock, report)) {
		return;
	}
	struct str name = name_normal(options->words.items[0], arena);
	const struct locked_package *package = NULL;
	for (size_t i = 0; i < lock.n; i++) {
		package = str_eq(lock.packages[i].name, name) ? &lock.packages[i] : package;
	}
	if (package == NULL) {
		err_in(&err, input->path);
		err_set(&err, ERR_INPUT, "'" STR_FMT "' is not in the lock", STR_ARG(name));
		advise_report_error(report, &err);
		report->exit = 1;
		return;
	}
	report->data = json_object();
	json_object_set_new(report->data, "schema", json_string("thoth.why/1"));
	json_object_set_new(report->data, "path", advise_json_text(input->path));
	json_object_set_new(report->data, "name", advise_json_text(package->name));
	json_object_set_new(report->data, "version", advise_json_text(package->version));
	json_object_set_new(report->data, "reason", advise_json_text(package->reason));
	buf_addf(&report->text, STR_FMT " " STR_FMT ": ", STR_ARG(package->name),
		STR_ARG(package->version));
	buf_add_shown(&report->text, package->reason, true);
	buf_byte(&report->text, '\n');
	add_details(options, input, callbacks, &lock, package, arena, report);
}
