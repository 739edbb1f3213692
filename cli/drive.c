#include "cli/drive.h"
#include "advise/exports.h"
#include "advise/inputs.h"
#include "cli/other.h"
#include "cli/stop.h"
#include <errno.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/banned.h"

enum { PROGRESS_AFTER_MS = 300, WRITE_TRIES = 3, REQUIREMENTS_MAX = 16 << 20 };

bool drive_print(FILE *stream, const struct buf *buf)
{
	return buf->n == 0 || fwrite(buf->p, 1, buf->n, stream) == buf->n;
}

void drive_print_json(json_t *document)
{
	char *text = json_dumps(document, JSON_INDENT(1) | JSON_ENSURE_ASCII);
	if (text != NULL) {
		fputs(text, stdout);
		fputc('\n', stdout);
	}
	free(text);
}

int drive_error(const struct err *err, bool json)
{
	AUTO(buf_done) struct buf out = {0};
	err_show(err, &out);
	drive_print(stderr, &out);
	if (json) {
		json_t *document = json_pack("{s:o}", "error", advise_error_json(err));
		drive_print_json(document);
		json_decref(document);
	}
	return err_exit_code(err->kind);
}

/* The progress line on a terminal, after a while. */
struct progress {
	int64_t started_ms, shown_ms;
	bool enabled, visible;
};

static void on_progress(void *data, const char *phase, size_t done, size_t total)
{
	struct progress *progress = data;
	int64_t now = clock_monotonic_ms();
	if (!progress->enabled || now - progress->started_ms < PROGRESS_AFTER_MS ||
		now - progress->shown_ms < 100) {
		return;
	}
	progress->shown_ms = now;
	progress->visible = true;
	fprintf(stderr, "\r\033[K%s: %zu of %zu documents", phase, done, total);
	fflush(stderr);
}

static void end_progress(struct progress *progress)
{
	if (progress->visible) {
		fputs("\r\033[K", stderr);
	}
	progress->visible = false;
}

bool drive_ask(void *data, struct str question)
{
	(void)data;
	char answer[16] = "";
	fprintf(stderr, STR_FMT " [y/N] ", STR_ARG(question));
	fflush(stderr);
	if (fgets(answer, sizeof(answer), stdin) == NULL) {
		return false;
	}
	struct str said = str_trim(str_from(answer));
	return str_ieq(said, S("y")) || str_ieq(said, S("yes"));
}

bool drive_write(const struct notebook *notebook, json_t *value, struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	struct str bytes;
	if (!nb_splice(notebook, value, &arena, &bytes, err)) {
		return false;
	}
	stop_hold();
	bool written = nb_write(notebook, bytes, err);
	stop_release(written);
	return written;
}

static bool is_notebook(struct str path)
{
	return str_ends(path, S(".ipynb"));
}

static bool wants_write(const struct advise_options *options, const struct advise_report *report)
{
	return report->err.kind == ERR_NONE && report->changed && !options->dry_run &&
	       !options->check;
}

/* What became of the file, on the last line of the text. */
static void put_outcome(enum advise_command command, const struct advise_options *options,
	struct str path, bool notebook, struct advise_report *report)
{
	bool edits = command == ADVISE_LOCK || command == ADVISE_UPDATE || command == ADVISE_ADD ||
		     command == ADVISE_REMOVE || (command == ADVISE_DISCOVER && options->write);
	if (!edits || exports_is_export(options->format) || report->err.kind != ERR_NONE) {
		return;
	}
	const char *what =
		!notebook ? "only a notebook is changed by a lock; --format prints it for a file"
		: !report->changed ? "nothing to change in metadata.thoth of"
		: options->check   ? "would change metadata.thoth of"
		: options->dry_run ? "not written (--dry-run): metadata.thoth of"
				   : "written to metadata.thoth of";
	buf_addf(&report->text, "%s%s",
		command == ADVISE_LOCK || command == ADVISE_UPDATE ? "\n" : "", what);
	if (notebook) {
		buf_byte(&report->text, ' ');
		buf_add_shown(&report->text, path, true);
	}
	buf_byte(&report->text, '\n');
}

mode_t drive_mode_of(const char *path)
{
	struct stat st;
	mode_t mask = umask(0);
	umask(mask);
	return stat(path, &st) == 0 ? st.st_mode & 07777 : 0666 & ~mask;
}

/* --output: the export goes to a file, and the text says so. */
static void write_export(const struct advise_options *options, struct advise_report *report)
{
	AUTO(arena_done) struct arena arena = {0};
	struct str old;
	struct err err = {0};
	struct err none = {0};
	struct str bytes = buf_str(&report->text);
	const char *path = arena_cstr(&arena, options->output);
	bool same = access(path, F_OK) == 0 && fs_read(path, bytes.n + 1, &arena, &old, &none) &&
		    str_eq(old, bytes);
	bool writes = !same && !options->dry_run && !options->check;
	report->changed = report->changed || !same;
	if (writes &&
		((!options->force && !exports_may_replace(path, options->format, bytes, &err)) ||
			!fs_write_atomic(path, bytes, drive_mode_of(path), &err))) {
		advise_report_error(report, &err);
		return;
	}
	buf_reset(&report->text);
	buf_addf(&report->text, "%s ",
		same     ? "nothing to change in"
		: writes ? "written to"
			 : "not written:");
	buf_add_shown(&report->text, options->output, true);
	buf_byte(&report->text, '\n');
}

static int print_report(const struct advise_options *options, struct advise_report *report)
{
	drive_print(stderr, &report->notes);
	if (report->err.kind != ERR_NONE) {
		AUTO(buf_done) struct buf out = {0};
		err_show(&report->err, &out);
		drive_print(stderr, &out);
	}
	if (options->json) {
		drive_print_json(report->data);
	} else if (!options->quiet || (options->format != ADVISE_TEXT && options->output.n == 0)) {
		drive_print(stdout, &report->text);
	}
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "thoth: cannot write the answer: %s\n", strerror(errno));
		return 6;
	}
	return report->exit;
}

static bool read_input(enum advise_command command, struct str path, bool requirements_too,
	struct arena *arena, struct notebook *notebook, struct advise_input *ret, struct err *err)
{
	bool edits = command == ADVISE_ADD || command == ADVISE_REMOVE || command == ADVISE_UPDATE;
	*ret = (struct advise_input){.path = path, .is_file = true};
	if (edits && !inputs_may_edit(command, path, err)) {
		return false;
	}
	if (is_notebook(path) || (!requirements_too && !str_eq(path, S("-")))) {
		ret->notebook = notebook;
		return nb_read(arena_cstr(arena, path), arena, notebook, err);
	}
	if (str_eq(path, S("-"))) {
		ret->path = S("<stdin>");
		ret->is_file = false;
		return fs_read_fd(0, "<stdin>", REQUIREMENTS_MAX, arena, &ret->requirements, err);
	}
	return fs_read(arena_cstr(arena, path), REQUIREMENTS_MAX, arena, &ret->requirements, err);
}

/* One try: false when the file changed under us and it is worth trying again. */
static bool drive_once(enum advise_command command, const struct advise_options *options,
	struct str path, bool requirements_too, bool last_try, int *ret_exit)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(nb_done) struct notebook notebook = {0};
	AUTO(advise_report_done) struct advise_report report = {0};
	struct advise_input input;
	struct err err = {0};
	if (!read_input(command, path, requirements_too, &arena, &notebook, &input, &err)) {
		err_in(&err, path);
		*ret_exit = drive_error(&err, options->json);
		return true;
	}
	bool person = isatty(0) && isatty(2) && !options->json && !str_eq(path, S("-"));
	input.user_words = true;
	input.consent = person ? drive_ask : NULL;
	AUTO(nb_done) struct notebook other = {0};
	if (command == ADVISE_DIFF) {
		struct str name = options->words.n > 0 ? options->words.items[0] : S("");
		if (!other_read(path, name, &arena, &other, &input.other_name, &err)) {
			err_in(&err, input.other_name);
			*ret_exit = drive_error(&err, options->json);
			return true;
		}
		input.other = &other;
	}
	struct progress progress = {.started_ms = clock_monotonic_ms(),
		.enabled = isatty(2) && !options->no_progress && !options->quiet && !options->json};
	struct advise_callbacks callbacks = {.cancelled = stop_asked,
		.progress = on_progress,
		.data = &progress,
		.proven = stop_patiently,
		.answered = stop_answered};
	advise_run(command, options, &input, &callbacks, &arena, &report);
	end_progress(&progress);
	if (wants_write(options, &report) && input.notebook != NULL &&
		!drive_write(&notebook, report.metadata, &err)) {
		if (err.kind == ERR_CHANGED && !last_try) {
			return false;
		}
		err_in(&err, path);
		advise_report_error(&report, &err);
	}
	if (options->output.n > 0 && report.err.kind == ERR_NONE) {
		write_export(options, &report);
	}
	put_outcome(command, options, path, input.notebook != NULL, &report);
	*ret_exit = print_report(options, &report);
	if (options->check && report.changed && *ret_exit == 0) {
		*ret_exit = 1;
	}
	return true;
}

static int drive_path(enum advise_command command, const struct advise_options *options,
	struct str path, bool requirements_too)
{
	int code = 0;
	for (int i = 1;
		!drive_once(command, options, path, requirements_too, i == WRITE_TRIES, &code);
		i++) {
	}
	return code;
}

static int usage_error(const char *usage, const char *message, bool json)
{
	struct err err = {0};
	err_hint(&err, "usage: thoth %s", usage);
	err_set(&err, ERR_USAGE, "%s", message);
	return drive_error(&err, json);
}

/* Was JSON asked for, among arguments that could not be read? */
static bool wants_json(const struct str *argv, size_t argc)
{
	for (size_t i = 0; i < argc; i++) {
		if (str_eq(argv[i], S("--json")) || str_eq(argv[i], S("-j"))) {
			return true;
		}
	}
	return false;
}

int drive(enum advise_command command, const char *usage, const struct str *argv, size_t argc,
	size_t paths, bool requirements_too)
{
	AUTO(arena_done) struct arena arena = {0};
	struct advise_options options;
	struct err err = {0};
	if (!advise_options_parse(command, argv, argc, false, &arena, &options, &err)) {
		return drive_error(&err, wants_json(argv, argc));
	}
	if (options.help) {
		AUTO(buf_done) struct buf out = {0};
		buf_addf(&out, "usage: thoth %s\n\n", usage);
		advise_options_help(command, false, &out);
		drive_print(stdout, &out);
		return 0;
	}
	if (options.verbose > 0) {
		log_set_level(options.verbose > 1 ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	}
	if (options.words.n == 0) {
		return usage_error(usage, "which notebook?", options.json);
	}
	stop_catch(options.json);
	stop_after(options.timeout_ms);
	if (paths == 1) {
		struct str path = options.words.items[0];
		options.words.n--;
		memmove(&options.words.items[0], &options.words.items[1],
			options.words.n * sizeof(options.words.items[0]));
		return drive_path(command, &options, path, requirements_too);
	}
	int worst = 0;
	bool list = options.json && options.words.n > 1; /* one document all the same */
	for (size_t i = 0; i < options.words.n; i++) {
		fputs(!list ? "" : i == 0 ? "[\n" : ",\n", stdout);
		int code = drive_path(command, &options, options.words.items[i], requirements_too);
		worst = code > worst ? code : worst;
	}
	fputs(list ? "]\n" : "", stdout);
	return worst;
}
