#include "advise/advise.h"
#include "advise/audit.h"
#include "advise/convert.h"
#include "advise/decisions.h"
#include "advise/diff.h"
#include "advise/discover.h"
#include "advise/edit.h"
#include "advise/lock.h"
#include "advise/outdated.h"
#include "advise/scan.h"
#include "advise/verify.h"
#include "advise/why.h"
#include "common/clock.h"
#include "common/banned.h"

void advise_report_done(struct advise_report *report)
{
	buf_done(&report->text);
	buf_done(&report->html);
	buf_done(&report->notes);
	json_decref(report->data);
	json_decref(report->metadata);
	*report = (struct advise_report){0};
}

json_t *advise_json_text(struct str text)
{
	json_t *made = json_stringn(text.n == 0 ? "" : text.p, text.n);
	if (made != NULL) {
		return made;
	}
	AUTO(buf_done) struct buf shown = {0};
	buf_add_shown(&shown, text, false);
	return json_stringn(shown.p, shown.n);
}

json_t *advise_error_json(const struct err *err)
{
	json_t *error = json_object();
	json_object_set_new(error, "kind", json_string(err_kind_name(err->kind)));
	json_object_set_new(error, "message", advise_json_text(str_from(err->message)));
	if (err->hint[0] != '\0') {
		json_object_set_new(error, "hint", advise_json_text(str_from(err->hint)));
	}
	if (err->input[0] != '\0') {
		json_object_set_new(error, "file", advise_json_text(str_from(err->input)));
	}
	if (err->cell > 0) {
		json_object_set_new(error, "cell", json_integer(err->cell - 1));
	}
	if (err->cell_id[0] != '\0') {
		json_object_set_new(error, "cell_id", advise_json_text(str_from(err->cell_id)));
	}
	if (err->line > 0) {
		json_object_set_new(error, "line", json_integer(err->line));
	}
	if (err->column > 0) {
		json_object_set_new(error, "column", json_integer(err->column));
	}
	return error;
}

void advise_report_error(struct advise_report *report, const struct err *err)
{
	report->err = *err;
	report->exit = err_exit_code(err->kind);
	if (report->data == NULL) {
		report->data = json_object();
	}
	json_object_set_new(report->data, "error", advise_error_json(err));
}

bool advise_command_find(struct str name, enum advise_command *ret)
{
	for (enum advise_command i = ADVISE_LOCK; i < ADVISE_ADOPT; i++) {
		if (str_eq(name, str_from(advise_command_name(i)))) {
			*ret = i;
			return true;
		}
	}
	return false;
}

static void dispatch(enum advise_command command, const struct advise_options *options,
	const struct advise_input *input, const struct advise_callbacks *callbacks,
	struct arena *arena, struct advise_report *report)
{
	switch (command) {
	case ADVISE_LOCK:
		lock_run(options, input, callbacks, arena, report);
		break;
	case ADVISE_ADD:
	case ADVISE_REMOVE:
		edit_run(command == ADVISE_REMOVE, options, input, callbacks, arena, report);
		break;
	case ADVISE_SHOW:
		why_show(options, input, arena, report);
		break;
	case ADVISE_WHY:
		why_run(options, input, callbacks, arena, report);
		break;
	case ADVISE_DIFF:
		diff_run(input, arena, report);
		break;
	case ADVISE_OUTDATED:
		outdated_run(options, input, callbacks, arena, report);
		break;
	case ADVISE_UPDATE:
		update_run(options, input, callbacks, arena, report);
		break;
	case ADVISE_AUDIT:
		audit_run(options, input, callbacks, arena, report);
		break;
	case ADVISE_DISCOVER:
		discover_run(options, input, arena, report);
		break;
	case ADVISE_CONVERT:
		convert_run(options, input, arena, report);
		break;
	case ADVISE_VERIFY:
		verify_run(options, input, arena, report);
		break;
	case ADVISE_LOG:
		decisions_run(options, input, arena, report);
		break;
	case ADVISE_SCAN:
		advise_scan_run(options, input, arena, report);
		break;
	case ADVISE_ADOPT: /* advise_command_find() never gives these */
	case ADVISE_INDEXES:
	case ADVISE_EXTRACT:
	case ADVISE_SAVE:
	case ADVISE_PRESCRIPTIONS:
	case ADVISE_ENV:
	case ADVISE_DATA:
		break;
	}
}

/* The callbacks of the caller, and --timeout. */
struct deadline {
	const struct advise_callbacks *callbacks;
	int64_t end_ms; /* 0: none */
	bool passed;
};

static bool is_over(void *data)
{
	struct deadline *deadline = data;
	const struct advise_callbacks *c = deadline->callbacks;
	deadline->passed |= deadline->end_ms > 0 && clock_monotonic_ms() >= deadline->end_ms;
	return deadline->passed || (c != NULL && c->cancelled != NULL && c->cancelled(c->data));
}

static void pass_progress(void *data, const char *phase, size_t done, size_t total)
{
	const struct deadline *deadline = data;
	const struct advise_callbacks *c = deadline->callbacks;
	if (c != NULL && c->progress != NULL) {
		c->progress(c->data, phase, done, total);
	}
}

static void pass_proven(void *data)
{
	const struct deadline *deadline = data;
	const struct advise_callbacks *c = deadline->callbacks;
	if (c != NULL && c->proven != NULL) {
		c->proven(c->data);
	}
}

static void pass_answered(void *data)
{
	const struct deadline *deadline = data;
	const struct advise_callbacks *c = deadline->callbacks;
	if (c != NULL && c->answered != NULL) {
		c->answered(c->data);
	}
}

/* Stopped, and not by the user: say so. */
static void say_deadline(const struct advise_options *options, struct advise_report *report)
{
	struct err err = report->err;
	err_hint(&err, "give it more time, or run it again: what was fetched is kept");
	err_set(&err, ERR_INTERRUPTED,
		"no answer within %lld.%03lld s (--timeout); nothing was changed",
		(long long)options->timeout_ms / 1000, (long long)options->timeout_ms % 1000);
	advise_report_error(report, &err);
}

void advise_run(enum advise_command command, const struct advise_options *options,
	const struct advise_input *input, const struct advise_callbacks *callbacks,
	struct arena *arena, struct advise_report *report)
{
	struct deadline deadline = {.callbacks = callbacks,
		.end_ms = options->timeout_ms > 0 ? clock_monotonic_ms() + options->timeout_ms : 0};
	struct advise_callbacks ours = {.cancelled = is_over,
		.progress = pass_progress,
		.data = &deadline,
		.pool = callbacks == NULL ? NULL : callbacks->pool,
		.proven = pass_proven,
		.answered = pass_answered,
		.late = &deadline.passed};
	dispatch(command, options, input, &ours, arena, report);
	if (deadline.passed && report->err.kind == ERR_INTERRUPTED) {
		say_deadline(options, report);
	}
}
