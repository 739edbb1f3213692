#include "advise/outdated.h"
#include "advise/inputs.h"
#include "advise/lock.h"
#include "packaging/name.h"
#include "common/banned.h"

/* The package of a name that counts for an environment (NULL: any). */
static const struct locked_package *find_package(
	const struct lock *lock, struct str name, const struct environment *environment)
{
	AUTO(arena_done) struct arena scratch = {0};
	for (size_t i = 0; i < lock->n; i++) {
		const struct locked_package *p = &lock->packages[i];
		const struct marker *marker = NULL;
		struct err ignored = {0};
		bool counts = environment == NULL || p->marker.n == 0 ||
			      !marker_parse(p->marker, &scratch, &marker, &ignored) ||
			      marker_evaluate(marker, environment, NULL, 0) == MARKER_TRUE;
		if (str_eq(p->name, name) && counts) {
			return p;
		}
	}
	return NULL;
}

/* A package: what it is at, what it could be at, and the newest there is with what keeps it out. */
struct row {
	struct str name, locked, update, newest, reason;
};

/* The newest final release that is out even when everything else may move; NULL when none is. */
static const struct resolver_rejection *held_back(const struct resolver_choice *choice)
{
	for (size_t i = 0; i < choice->n_rejections; i++) {
		if (choice->rejections[i].newest_final.n > 0) {
			return &choice->rejections[i];
		}
	}
	return NULL;
}

static json_t *row_json(const struct row *row)
{
	json_t *made = json_object();
	json_object_set_new(made, "name", advise_json_text(row->name));
	json_object_set_new(made, "version", advise_json_text(row->locked));
	if (row->update.n > 0) {
		json_object_set_new(made, "update", advise_json_text(row->update));
	}
	json_object_set_new(made, "newest", advise_json_text(row->newest));
	if (row->reason.n > 0) {
		json_object_set_new(made, "reason", advise_json_text(row->reason));
	}
	return made;
}

static void put_row(const struct row *row, struct buf *out)
{
	buf_add(out, S("  "));
	buf_add_shown(out, row->name, true);
	buf_byte(out, ' ');
	buf_add_shown(out, row->locked, true);
	if (row->update.n > 0) {
		buf_addf(out, " -> " STR_FMT, STR_ARG(row->update));
	}
	if (row->reason.n > 0) {
		buf_addf(out, "; not " STR_FMT ": ", STR_ARG(row->newest));
		buf_add_shown(out, row->reason, true);
	}
	buf_byte(out, '\n');
}

static void put_section(
	const char *title, const struct row *rows, size_t n, bool updates, struct buf *out)
{
	bool first = true;
	for (size_t i = 0; i < n; i++) {
		if ((rows[i].update.n > 0) == updates) {
			buf_addf(out, "%s", first ? title : "");
			put_row(&rows[i], out);
			first = false;
		}
	}
}

static void report_rows(
	const struct row *rows, size_t n, struct advise_report *report, size_t n_packages)
{
	json_t *list = json_array();
	size_t updates = 0;
	for (size_t i = 0; i < n; i++) {
		json_array_append_new(list, row_json(&rows[i]));
		updates += rows[i].update.n > 0;
	}
	json_object_set_new(report->data, "outdated", list);
	put_section("can be updated (thoth update):\n", rows, n, true, &report->text);
	put_section("newer ones are kept back:\n", rows, n, false, &report->text);
	if (n == 0) {
		buf_addf(&report->text, "%zu package%s, nothing newer\n", n_packages,
			n_packages == 1 ? "" : "s");
	}
	report->exit = updates > 0 ? 1 : 0;
}

void outdated_run(const struct advise_options *given, const struct advise_input *input,
	const struct advise_callbacks *callbacks, struct arena *arena, struct advise_report *report)
{
	struct lock lock;
	struct request request;
	struct resolver_result result;
	AUTO(index_freep) struct index *index = NULL;
	struct err err = {0};
	struct advise_options *options = arena_new(arena, struct advise_options);
	*options = *given;
	options->upgrade = true;
	static const struct locked_package any = {0}; /* of a lock for several: the first target */
	report->kind = "outdated";
	if (!inputs_need_lock(options, input, arena, &lock, report)) {
		return;
	}
	lock_environment_options(&lock, arena, options);
	if (!request_gather(input, options, arena, &request, &err) ||
		!lock_solve_for(
			&request, options, &lock, &any, callbacks, arena, &index, &result, &err)) {
		err_in(&err, input->path);
		advise_report_error(report, &err);
		return;
	}
	if (!result.solved) {
		err_in(&err, input->path);
		err_set(&err, ERR_UNSAT, STR_FMT, STR_ARG(result.conflict.text));
		advise_report_error(report, &err);
		return;
	}
	report->data = json_object();
	json_object_set_new(report->data, "schema", json_string("thoth.outdated/1"));
	json_object_set_new(report->data, "path", advise_json_text(input->path));
	struct row *rows = arena_array(arena, struct row, result.n_choices);
	size_t n = 0;
	for (size_t i = 0; i < result.n_choices; i++) {
		const struct resolver_choice *choice = &result.choices[i];
		const struct locked_package *p =
			find_package(&lock, choice->package.name, &request.environment);
		const struct resolver_rejection *held = held_back(choice);
		bool moves = p != NULL && !str_eq(p->version, choice->package.version);
		if (p == NULL || (!moves && held == NULL)) {
			continue;
		}
		rows[n++] = (struct row){.name = p->name,
			.locked = p->version,
			.update = moves ? choice->package.version : S(""),
			.newest = held != NULL ? held->newest_final : choice->package.version,
			.reason = held != NULL ? held->reason : S("")};
	}
	report_rows(rows, n, report, lock.n);
}

void update_run(const struct advise_options *given, const struct advise_input *input,
	const struct advise_callbacks *callbacks, struct arena *arena, struct advise_report *report)
{
	struct lock lock;
	struct err err = {0};
	struct advise_options *options = arena_new(arena, struct advise_options);
	*options = *given;
	report->kind = "lock";
	if (!inputs_need_lock(options, input, arena, &lock, report)) {
		return;
	}
	for (size_t i = 0; i < options->words.n; i++) {
		struct str name = name_normal(options->words.items[i], arena);
		if (find_package(&lock, name, NULL) == NULL) {
			err_in(&err, input->path);
			err_set(&err, ERR_INPUT, "'" STR_FMT "' is not in the lock", STR_ARG(name));
			advise_report_error(report, &err);
			report->exit = 1;
			return;
		}
		options->words.items[i] = name;
	}
	options->upgrade = true;
	options->upgrade_names = options->words;
	options->updating = true;
	lock_environment_options(&lock, arena, options);
	lock_run(options, input, callbacks, arena, report);
}
