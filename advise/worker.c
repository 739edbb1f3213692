#include "advise/worker.h"
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <unistd.h>
#include "advise/advise.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/banned.h"

enum { PROGRESS_EVERY_MS = 120 };

/* Lines that came in; one that is longer than allowed is dropped whole. */
struct lines {
	int fd;
	struct buf bytes;
	bool ended, too_long;
};

struct service {
	struct lines in;
	int out;
	bool broken; /* nobody reads our answers any more */
	json_t *id;  /* of the request at work; borrowed */
	bool cancel;
	int64_t last_progress_ms;
	struct index_pool pool; /* what was read of the index stays warm */
};

/* Read what is there, waiting at most timeout_ms (-1: until something comes). */
static void receive(struct lines *lines, int timeout_ms)
{
	struct pollfd pollfd = {.fd = lines->fd, .events = POLLIN};
	if (lines->ended || poll(&pollfd, 1, timeout_ms) <= 0) {
		return;
	}
	char *room = buf_room(&lines->bytes, 65536);
	if (room == NULL) { /* over the limit: forget the line, up to its end */
		lines->too_long = true;
		buf_reset(&lines->bytes);
		room = buf_room(&lines->bytes, 65536);
	}
	ssize_t n = read(lines->fd, room, 65536);
	if (n > 0) {
		lines->bytes.n += (size_t)n;
	} else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
		lines->ended = true;
	}
}

/* Take the first whole line, as a copy in arena. */
static bool next_line(struct lines *lines, struct arena *arena, struct str *ret)
{
	struct str all = buf_str(&lines->bytes);
	ptrdiff_t end = str_find_char(all, '\n');
	if (end < 0) {
		return false;
	}
	*ret = arena_str(arena, str_slice(all, 0, (size_t)end));
	size_t rest = all.n - (size_t)end - 1;
	assert(lines->bytes.p != NULL); /* there is a line in it */
	memmove(lines->bytes.p, lines->bytes.p + end + 1, rest);
	lines->bytes.n = rest;
	if (lines->too_long) { /* the tail of a dropped line */
		lines->too_long = false;
		*ret = S("");
	}
	return true;
}

static void send_document(struct service *service, json_t *document)
{
	char *text = json_dumps(document, JSON_COMPACT);
	size_t n = text == NULL ? 0 : strlen(text);
	if (text != NULL) {
		text[n++] = '\n'; /* takes the place of the NUL */
	}
	for (size_t at = 0; at < n && !service->broken;) {
		ssize_t wrote = write(service->out, text + at, n - at);
		if (wrote < 0 && errno != EINTR) {
			service->broken = true;
		}
		at += wrote > 0 ? (size_t)wrote : 0;
	}
	free(text);
}

/* While a request is at work: look for its cancellation; other lines wait for their turn. */
static bool is_cancelled(void *data)
{
	struct service *service = data;
	receive(&service->in, 0);
	struct str all = buf_str(&service->in.bytes);
	for (struct str rest = all; !service->cancel && rest.n > 0;) {
		ptrdiff_t end = str_find_char(rest, '\n');
		if (end < 0) {
			break;
		}
		struct str line = str_slice(rest, 0, (size_t)end);
		rest = str_skip(rest, (size_t)end + 1);
		if (str_find(line, S("\"cancel\"")) < 0) {
			continue;
		}
		json_t *document = json_loadb(line.p, line.n, 0, NULL);
		service->cancel = json_is_true(json_object_get(document, "cancel")) &&
				  json_equal(json_object_get(document, "id"), service->id);
		json_decref(document);
	}
	return service
		->cancel; /* the end of input is no cancellation: what was asked is answered */
}

static void on_progress(void *data, const char *phase, size_t done, size_t total)
{
	struct service *service = data;
	int64_t now = clock_monotonic_ms();
	if (now - service->last_progress_ms < PROGRESS_EVERY_MS) {
		return;
	}
	service->last_progress_ms = now;
	json_t *document = json_pack("{s:O,s:{s:s,s:I,s:I}}", "id", service->id, "progress",
		"phase", phase, "done", (json_int_t)done, "total", (json_int_t)total);
	send_document(service, document);
	json_decref(document);
}

static struct str text_of(json_t *value)
{
	return (struct str){json_string_value(value), json_string_length(value)};
}

/*
 * The notebook file of this session, for reading only: what the server says (a path that may be a mere
 * name), else what the user says. It is believed when it holds every executed cell as it was executed;
 * then cells are numbered as in the notebook, and its declared requirements count.
 */
static bool read_file(struct arena *arena, struct notebook *ret)
{
	static const char *const variables[] = {"JPY_SESSION_NAME", "THOTH_NOTEBOOK"};
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		const char *path = getenv(variables[i]);
		struct err ignored = {0};
		if (path != NULL && access(path, R_OK) == 0 &&
			nb_read(path, arena, ret, &ignored)) {
			return true;
		}
	}
	return false;
}

static const struct nb_cell *find_source(const struct notebook *file, struct str source)
{
	for (size_t i = 0; i < file->n_cells; i++) {
		if (file->cells[i].type == NB_CELL_CODE &&
			str_eq(str_trim(file->cells[i].source), str_trim(source))) {
			return &file->cells[i];
		}
	}
	return NULL;
}

/* Put executed cells in their places of the file; false when one is not in it. */
static bool place_cells(struct nb_cell *cells, size_t n, const struct notebook *file)
{
	for (size_t i = 0; i < n; i++) {
		if (find_source(file, cells[i].source) == NULL) {
			return false;
		}
	}
	for (size_t i = 0; i < n; i++) {
		const struct nb_cell *found = find_source(file, cells[i].source);
		cells[i].index = found->index;
		cells[i].id = found->id;
	}
	return true;
}

/* The cells of a running kernel as a notebook; views the request and, when one is known, the file. */
static struct notebook notebook_of(json_t *request, struct arena *arena, bool *ret_executed)
{
	json_t *from = json_object_get(request, "notebook");
	json_t *list = json_object_get(from, "cells");
	struct nb_cell *cells = arena_array(arena, struct nb_cell, json_array_size(list));
	size_t n = 0;
	size_t i;
	json_t *cell;
	json_array_foreach(list, i, cell)
	{
		struct str type = text_of(json_object_get(cell, "type"));
		json_t *index = json_object_get(cell, "index");
		if (type.n > 0 && !str_eq(type, S("code"))) {
			continue;
		}
		cells[n++] = (struct nb_cell){.type = NB_CELL_CODE,
			.index = json_is_integer(index) ? (size_t)json_integer_value(index) : i,
			.id = text_of(json_object_get(cell, "id")),
			.source = text_of(json_object_get(cell, "source"))};
	}
	json_t *metadata = json_object_get(from, "metadata");
	struct notebook notebook = {.path = text_of(json_object_get(from, "path")),
		.cells = cells,
		.n_cells = n,
		.nbformat = 4,
		.nbformat_minor = 5,
		.language = S("python")};
	struct notebook file = {0};
	bool placed = json_object_size(metadata) == 0 && n > 0 && read_file(arena, &file) &&
		      place_cells(cells, n, &file);
	notebook.metadata = json_incref(placed && file.metadata != NULL ? file.metadata
					: json_is_object(metadata)      ? metadata
									: NULL);
	if (notebook.metadata == NULL) {
		notebook.metadata = json_object();
	}
	nb_done(&file);
	*ret_executed = !placed;
	return notebook;
}

static struct str *words_of(json_t *arguments, struct arena *arena, size_t *ret_n)
{
	*ret_n = json_array_size(arguments);
	struct str *words = arena_array(arena, struct str, *ret_n);
	for (size_t i = 0; i < *ret_n; i++) {
		words[i] = text_of(json_array_get(arguments, i));
	}
	return words;
}

/* %%thoth requirements: each line of the body is a requirement to add. */
static void add_body(struct advise_options *options, struct str body)
{
	struct str line;
	while (str_next_line(&body, &line)) {
		line = str_trim(line);
		if (line.n > 0 && line.p[0] != '#' && options->words.n < ADVISE_LIST_MAX) {
			options->words.items[options->words.n++] = line;
		}
	}
}

void worker_help(struct buf *out)
{
	buf_add(out,
		S("%thoth lock              choose and pin every package, with a reason for each\n"
		  "%thoth add NAME...       declare requirements\n"
		  "%thoth remove NAME...    take declared requirements out\n"
		  "%thoth show              the lock and its reasons\n"
		  "%thoth why [NAME]        why this package, why this version\n"
		  "%thoth outdated          newer versions, and what keeps each back\n"
		  "%thoth update [NAME...]  choose packages anew, and say what moved why\n"
		  "%thoth help              this text\n"
		  "%%thoth requirements     declare the requirements in the lines below\n"));
}

/* What drive.c does with a report on the command line, where there is a file to write. */
static void fit_to_cell(enum advise_command command, const struct advise_options *options,
	struct advise_report *report)
{
	bool edited = (command == ADVISE_ADD || command == ADVISE_REMOVE) && report->changed;
	if (options->dry_run || options->check) { /* nothing to write or to adopt */
		json_decref(report->metadata);
		report->metadata = NULL;
	} else if (edited && !options->lock) {
		buf_addf(&report->text,
			"Not kept: a cell cannot write the notebook. Run 'thoth %s NOTEBOOK ...', "
			"or\n"
			"give --lock here, save the notebook, and run 'thoth adopt NOTEBOOK'.\n",
			advise_command_name(command));
	}
	if (options->check && report->changed && report->exit == 0) {
		report->exit = 1;
	}
}

static void run_command(
	json_t *request, struct service *service, struct arena *arena, struct advise_report *report)
{
	struct err err = {0};
	struct advise_options options;
	enum advise_command command;
	struct str name = text_of(json_object_get(request, "command"));
	size_t n;
	struct str *words = words_of(json_object_get(request, "arguments"), arena, &n);
	bool requirements = str_eq(name, S("requirements"));
	if (name.n == 0 || str_eq(name, S("help"))) {
		worker_help(&report->text);
		return;
	}
	if (!advise_command_find(requirements ? S("add") : name, &command)) {
		err_hint(&err, "'%%thoth help' lists the commands");
		err_set(&err, ERR_USAGE, "unknown command '" STR_FMT "'", STR_ARG(name));
		advise_report_error(report, &err);
		return;
	}
	if (!advise_options_parse(command, words, n, true, arena, &options, &err)) {
		advise_report_error(report, &err);
		return;
	}
	if (options.help) {
		buf_addf(&report->text, "options of %%thoth %s:\n\n", advise_command_name(command));
		advise_options_help(command, true, &report->text);
		return;
	}
	if (requirements) {
		add_body(&options, text_of(json_object_get(request, "body")));
	}
	bool executed;
	struct notebook notebook = notebook_of(request, arena, &executed);
	struct advise_input input = {.path = notebook.path,
		.notebook = &notebook,
		.executed = executed,
		.kernel_python = str_from(getenv("THOTH_KERNEL_PYTHON"))};
	struct advise_callbacks callbacks = {is_cancelled, on_progress, service, &service->pool};
	advise_run(command, &options, &input, &callbacks, arena, report);
	json_decref(notebook.metadata);
	fit_to_cell(command, &options, report);
}

/* A cell cannot write the notebook: say how the lock gets from this output into the metadata. */
static void put_next_step(const struct advise_report *report, struct buf *text, struct buf *html)
{
	static const char step[] =
		"The lock is in the output of this cell. Save the notebook, then run "
		"'thoth adopt NOTEBOOK' to put it into the notebook's metadata.";
	if (report->changed && report->metadata != NULL) {
		buf_addf(text, "\n%s\n", step);
		buf_add(html, S("<p>"));
		buf_add_html(html, str_from(step));
		buf_add(html, S("</p>"));
	}
}

static json_t *answer_of(json_t *id, struct advise_report *report)
{
	json_t *answer = json_object();
	AUTO(buf_done) struct buf text = {0};
	buf_add(&text, buf_str(&report->notes));
	buf_add(&text, buf_str(&report->text));
	if (report->err.kind != ERR_NONE) {
		json_object_set_new(answer, "error", advise_error_json(&report->err));
	}
	json_object_set(answer, "id", id);
	json_object_set_new(answer, "exit", json_integer(report->exit));
	if (report->kind != NULL && strcmp(report->kind, "lock") == 0 &&
		report->err.kind == ERR_NONE) {
		put_next_step(report, &text, &report->html);
	}
	json_object_set_new(answer, "text", advise_json_text(buf_str(&text)));
	if (report->html.n > 0) {
		json_object_set_new(answer, "html", advise_json_text(buf_str(&report->html)));
	}
	bool has_value = report->metadata != NULL && report->err.kind == ERR_NONE;
	if (has_value) {
		json_object_set(answer, "metadata", report->metadata);
	}
	if (report->data != NULL && report->kind != NULL) {
		if (has_value) { /* travels with the output, for `thoth adopt` */
			json_object_set(report->data, "metadata", report->metadata);
		}
		json_object_set_new(answer, "data",
			json_pack("{s:O}",
				report->kind[0] == 'l' ? "application/vnd.thoth.lock+json"
						       : "application/vnd.thoth.report+json",
				report->data));
	}
	return answer;
}

static void serve_line(struct service *service, struct str line)
{
	AUTO(arena_done) struct arena arena = {0};
	struct advise_report report = {0};
	struct err err = {0};
	json_error_t fault;
	json_t *request = json_loadb(line.p, line.n, JSON_ALLOW_NUL, &fault);
	if (json_is_true(json_object_get(request, "cancel"))) {
		json_decref(request); /* of a request that has been answered */
		return;
	}
	json_t *id = json_object_get(request, "id");
	service->id = id == NULL ? json_null() : id;
	service->cancel = false;
	service->last_progress_ms = clock_monotonic_ms();
	if (!json_is_object(request)) {
		err_set(&err, ERR_USAGE, "a request is one JSON object a line: %s",
			line.n == 0 ? "too long" : fault.text);
		advise_report_error(&report, &err);
	} else {
		run_command(request, service, &arena, &report);
	}
	json_t *answer = answer_of(service->id, &report);
	send_document(service, answer);
	json_decref(answer);
	advise_report_done(&report);
	json_decref(request);
}

bool worker_serve(int in, int out, struct err *err)
{
	struct service service = {
		.in = {.fd = in, .bytes.max = WORKER_LINE_MAX + 65536},
                  .out = out
        };
	while (!service.broken) {
		AUTO(arena_done) struct arena arena = {0};
		struct str line;
		if (next_line(&service.in, &arena, &line)) {
			serve_line(&service, line);
		} else if (service.in.ended) {
			break;
		} else {
			receive(&service.in, -1);
		}
	}
	buf_done(&service.in.bytes);
	index_pool_done(&service.pool);
	return !service.broken || err_set(err, ERR_ENVIRONMENT, "nobody reads the answers");
}
