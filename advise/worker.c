#include "advise/worker.h"
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <unistd.h>
#include "advise/advise.h"
#include "advise/frontend.h"
#include "advise/session.h"
#include "common/clock.h"
#include "common/hash.h"
#include "common/jansson_text.h"
#include "common/log.h"
#include "notebook_meta/jsontext.h"
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
	json_t *more;           /* members of the answer beside the report's */
	json_t *progress;       /* the last one, when it came too soon to be sent */
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

static void send_progress(struct service *service)
{
	if (service->progress != NULL) {
		send_document(service, service->progress);
		json_decref(service->progress);
		service->progress = NULL;
	}
}

static void on_progress(void *data, const char *phase, size_t done, size_t total)
{
	struct service *service = data;
	int64_t now = clock_monotonic_ms();
	json_decref(service->progress);
	service->progress = json_pack("{s:O,s:{s:s,s:I,s:I}}", "id", service->id, "progress",
		"phase", phase, "done", (json_int_t)done, "total", (json_int_t)total);
	if (now - service->last_progress_ms >= PROGRESS_EVERY_MS) {
		service->last_progress_ms = now;
		send_progress(service);
	}
}

static struct str *words_of(json_t *arguments, struct arena *arena, size_t *ret_n)
{
	*ret_n = json_array_size(arguments);
	struct str *words = arena_array(arena, struct str, *ret_n);
	for (size_t i = 0; i < *ret_n; i++) {
		words[i] = jansson_text(json_array_get(arguments, i));
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
		  "%thoth audit             known vulnerabilities of the lock, and what fixes "
		  "them\n"
		  "%thoth verify            what this kernel has installed, against the lock\n"
		  "%thoth scan              what the code installs, imports and uses\n"
		  "%thoth discover          which packages give what it imports\n"
		  "%thoth convert           install commands as %thoth add lines, shown\n"
		  "%thoth help              this text\n"
		  "%%thoth requirements     declare the requirements in the lines below\n"));
}

/* What drive.c does with a report on the command line, where there is a file to write. */
static void fit_to_cell(enum advise_command command, const struct advise_options *options,
	bool attached, struct advise_report *report)
{
	bool edited = (command == ADVISE_ADD || command == ADVISE_REMOVE) && report->changed;
	if (options->dry_run || options->check) { /* nothing to write or to adopt */
		json_decref(report->metadata);
		report->metadata = NULL;
	} else if (edited && attached) {
		report->metadata = report->metadata == NULL ? json_null() : report->metadata;
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

static struct advise_input input_of(const struct session *session)
{
	return (struct advise_input){.path = session->notebook.path,
		.notebook = &session->notebook,
		.is_file = session->is_file,
		.executed = session->executed,
		.kernel_python = str_from(getenv("THOTH_KERNEL_PYTHON"))};
}

static struct advise_callbacks callbacks_of(struct service *service)
{
	return (struct advise_callbacks){.cancelled = is_cancelled,
		.progress = on_progress,
		.data = service,
		.pool = &service->pool};
}

/* What front ends ask. */
static void run_frontend(struct str name, const struct str *words, size_t n, json_t *request,
	struct service *service, struct arena *arena, struct advise_report *report)
{
	struct err err = {0};
	struct session session;
	if (!session_open(json_object_get(request, "notebook"), S(""), arena, &session, &err)) {
		advise_report_error(report, &err);
		return;
	}
	struct advise_input input = input_of(&session);
	struct advise_callbacks callbacks = callbacks_of(service);
	service->more = frontend_answer(name, words, n, request, &input, &callbacks, arena, &err);
	if (service->more == NULL) {
		advise_report_error(report, &err);
	}
	nb_done(&session.notebook);
}

static void run_command(
	json_t *request, struct service *service, struct arena *arena, struct advise_report *report)
{
	struct err err = {0};
	struct advise_options options;
	enum advise_command command;
	struct str name = jansson_text(json_object_get(request, "command"));
	size_t n;
	struct str *words = words_of(json_object_get(request, "arguments"), arena, &n);
	struct str named = session_take_option(words, &n);
	bool requirements = str_eq(name, S("requirements"));
	if (name.n == 0 || str_eq(name, S("help"))) {
		worker_help(&report->text);
		return;
	}
	if (frontend_knows(name)) {
		run_frontend(name, words, n, request, service, arena, report);
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
		add_body(&options, jansson_text(json_object_get(request, "body")));
	}
	struct session session;
	if (!session_open(json_object_get(request, "notebook"), named, arena, &session, &err)) {
		advise_report_error(report, &err);
		return;
	}
	struct advise_input input = input_of(&session);
	struct advise_callbacks callbacks = callbacks_of(service);
	advise_run(command, &options, &input, &callbacks, arena, report);
	fit_to_cell(command, &options, session.attached, report);
	nb_done(&session.notebook);
}

/* The SHA-256 of metadata.thoth as JSON without blanks, keys sorted: names one value of it. */
static json_t *revision_of(json_t *metadata)
{
	AUTO(buf_done) struct buf text = {0};
	char hex[HASH_HEX + 1];
	jsontext_add(
		&text, metadata, &(struct jsontext_style){.colon = S(":"), .separator = S(",")});
	hash_sha256_hex(buf_str(&text), hex);
	return json_string(hex);
}

/* The new value of metadata.thoth, or null. Who asked sees to it that it gets into the notebook. */
static void put_metadata(struct advise_report *report, json_t *answer)
{
	if (report->err.kind != ERR_NONE || report->metadata == NULL) {
		return;
	}
	json_object_set(answer, "metadata", report->metadata);
	json_object_set_new(answer, "rev", revision_of(report->metadata));
	json_object_set_new(answer, "changed", json_boolean(report->changed));
	if (report->data != NULL) { /* travels with the output, for `thoth adopt` */
		json_object_set_new(report->data, "v", json_integer(1));
		json_object_set(report->data, "rev", json_object_get(answer, "rev"));
		json_object_set(report->data, "metadata", report->metadata);
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
	json_object_set_new(answer, "text", advise_json_text(buf_str(&text)));
	if (report->html.n > 0) {
		json_object_set_new(answer, "html", advise_json_text(buf_str(&report->html)));
	}
	put_metadata(report, answer);
	if (report->data != NULL && report->kind != NULL) {
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
	send_progress(service); /* the last one always */
	json_t *answer = answer_of(service->id, &report);
	json_object_update_missing(answer, service->more);
	json_decref(service->more);
	service->more = NULL;
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
