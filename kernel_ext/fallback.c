#include "kernel_ext/fallback.h"
#include <assert.h>
#include <jansson.h>
#include "common/log.h"
#include "kernel_ext/display.h"
#include "kernel_ext/relay.h"
#include "common/banned.h"

enum { WAITING_MAX = 1024 }; /* cells that are told at once that they are not run */

static void *iopub_of(struct kernel_relay *relay)
{
	return relay->front_socket[KERNEL_IOPUB];
}

static void reply(struct kernel_relay *relay, int channel, const struct kernel_frames *frames,
	const struct kernel_wire *wire, const char *type, json_t *content)
{
	char *text = json_dumps(content, JSON_COMPACT);
	kernel_send_reply(
		&relay->session, relay->front_socket[channel], frames, wire, type, str_from(text));
	free(text);
	json_decref(content);
}

static void publish(
	struct kernel_relay *relay, struct str parent, const char *type, json_t *content)
{
	kernel_send_iopub(&relay->session, iopub_of(relay), type, parent, content);
	json_decref(content);
}

static void status(struct kernel_relay *relay, struct str parent, const char *state)
{
	kernel_send_status(&relay->session, iopub_of(relay), parent, state);
}

static json_t *error_content(const char *name, const char *text)
{
	AUTO(buf_done) struct buf line = {0};
	buf_addf(&line, "%s: %s", name, text);
	return json_pack("{s:s,s:s,s:s,s:[s]}", "status", "error", "ename", name, "evalue", text,
		"traceback", line.p);
}

/* -- a %thoth cell ---------------------------------------------------------------------------- */

/* The wire of the cell at work. */
static struct kernel_wire wire_of(const struct kernel_fallback *fallback)
{
	struct kernel_wire wire = {0};
	bool parsed = kernel_frames_parse(&fallback->request, 1, &wire);
	(void)parsed; /* it was when it came */
	return wire;
}

/* One member of the request's content that may be false. */
static bool is_told_not_to(struct str content, const char *member)
{
	json_auto_t *request = json_loadb(content.p, content.n, 0, NULL);
	return json_is_false(json_object_get(request, member));
}

/* Reply to a cell and be done with it. `failed` is NULL or its error; both are taken. */
static void end_request(struct kernel_relay *relay, const struct kernel_frames *frames,
	const struct kernel_wire *wire, json_t *failed)
{
	json_t *content = failed != NULL ? json_incref(failed)
					 : json_pack("{s:s,s:{},s:[]}", "status", "ok",
						   "user_expressions", "payload");
	if (failed != NULL) {
		json_t *shown = json_copy(failed);
		json_object_del(shown, "status");
		publish(relay, wire->header, "error", shown);
		json_decref(failed);
	}
	json_object_set_new(content, "execution_count", json_integer(relay->fallback.count));
	reply(relay, KERNEL_SHELL, frames, wire, "execute_reply", content);
	status(relay, wire->header, "idle");
}

/* What came before an error was told is not run, as IPython does it; what comes after it is. */
struct waiting {
	struct kernel_frames frames[WAITING_MAX];
	size_t n;
};

static struct waiting *take_waiting(struct kernel_relay *relay)
{
	struct waiting *waiting = calloc(1, sizeof(*waiting));
	if (waiting == NULL) {
		arena_die("out of memory");
	}
	while (waiting->n < WAITING_MAX &&
		kernel_frames_receive(&waiting->frames[waiting->n],
			relay->front_socket[KERNEL_SHELL]) == KERNEL_MESSAGE) {
		waiting->n++;
	}
	return waiting;
}

static void abort_waiting(struct kernel_relay *relay, struct waiting *waiting)
{
	relay->fallback.aborting = true;
	for (size_t i = 0; i < waiting->n; i++) {
		kernel_route_from_client(relay, KERNEL_SHELL, &waiting->frames[i]);
	}
	for (size_t i = 0; i < WAITING_MAX; i++) {
		kernel_frames_done(&waiting->frames[i]);
	}
	relay->fallback.aborting = false;
	free(waiting);
}

/* end_request() with an error, and what follows from it for other cells. */
static void fail_request(struct kernel_relay *relay, const struct kernel_frames *frames,
	const struct kernel_wire *wire, json_t *failed)
{
	if (is_told_not_to(wire->content, "stop_on_error")) {
		end_request(relay, frames, wire, failed);
		return;
	}
	struct waiting *waiting = take_waiting(relay);
	end_request(relay, frames, wire, failed);
	abort_waiting(relay, waiting);
}

static void end_cell(struct kernel_relay *relay, json_t *failed)
{
	struct kernel_fallback *fallback = &relay->fallback;
	AUTO(kernel_frames_done) struct kernel_frames request = {0};
	struct kernel_wire wire = wire_of(fallback);
	kernel_frames_move(&fallback->request, &request);
	fallback->id = 0;
	fallback->has_display = false;
	if (failed != NULL) {
		fail_request(relay, &request, &wire, failed);
	} else {
		end_request(relay, &request, &wire, NULL);
	}
}

/* busy, and the count that this cell gets. */
static void begin_request(struct kernel_relay *relay, const struct kernel_wire *wire)
{
	AUTO(arena_done) struct arena arena = {0};
	struct kernel_execute execute = {0};
	status(relay, wire->header, "busy");
	if (!kernel_execute_read(wire->content, wire->metadata, &arena, &execute)) {
		return;
	}
	kernel_cells_add(&relay->stub.cells, &execute);
	relay->fallback.count += execute.is_cell ? 1 : 0;
	json_t *code = json_stringn(execute.code.n == 0 ? "" : execute.code.p, execute.code.n);
	publish(relay, wire->header, "execute_input",
		json_pack("{s:o,s:I}", "code", code != NULL ? code : json_string(""),
			"execution_count", (json_int_t)relay->fallback.count));
}

/* Its turn has come: ask the worker. */
static void start_cell(struct kernel_relay *relay)
{
	AUTO(arena_done) struct arena arena = {0};
	struct kernel_fallback *fallback = &relay->fallback;
	struct kernel_wire wire = wire_of(fallback);
	struct kernel_execute execute;
	struct str line = {0};
	begin_request(relay, &wire);
	bool read = kernel_execute_read(wire.content, wire.metadata, &arena, &execute) &&
		    kernel_magic_of_cell(execute.code, execute.cell_id, &arena, &line);
	fallback->has_display = false;
	fallback->id = -1;
	if (read) {
		kernel_frontend_ask(&relay->stub.frontend, line, &fallback->id);
	}
}

static bool is_magic(const struct kernel_wire *wire)
{
	AUTO(arena_done) struct arena arena = {0};
	struct kernel_execute execute;
	struct str line;
	return (str_find(wire->content, S("%thoth")) >= 0 ||
		       str_find(wire->content, S("%horus")) >= 0) &&
	       kernel_execute_read(wire->content, wire->metadata, &arena, &execute) &&
	       kernel_magic_of_cell(execute.code, execute.cell_id, &arena, &line);
}

/* One at a time: the caller has seen that none is at work. */
static void take_cell(struct kernel_relay *relay, struct kernel_frames *frames)
{
	assert(relay->fallback.request.n == 0);
	kernel_frames_move(frames, &relay->fallback.request);
	if (relay->fallback.executing == 0) {
		start_cell(relay);
	}
}

bool kernel_fallback_waits(const struct kernel_fallback *fallback)
{
	return fallback->request.n > 0;
}

bool kernel_fallback_cell(
	struct kernel_relay *relay, struct kernel_frames *frames, const struct kernel_wire *wire)
{
	struct kernel_fallback *fallback = &relay->fallback;
	if (fallback->aborting) {
		status(relay, wire->header, "busy");
		reply(relay, KERNEL_SHELL, frames, wire, "execute_reply",
			json_pack("{s:s}", "status", "aborted"));
		status(relay, wire->header, "idle");
		return true;
	}
	if (!fallback->no_stub || fallback->request.n > 0 || !is_magic(wire)) {
		return false;
	}
	take_cell(relay, frames);
	return true;
}

void kernel_fallback_executing(struct kernel_relay *relay, int change)
{
	struct kernel_fallback *fallback = &relay->fallback;
	if (change > 0) {
		fallback->executing++;
	} else if (fallback->executing > 0) {
		fallback->executing--;
	}
	if (fallback->executing == 0 && fallback->request.n > 0 && fallback->id == 0) {
		start_cell(relay);
	}
}

/* -- what the worker says --------------------------------------------------------------------- */

static void show(struct kernel_relay *relay, struct str parent, json_t *data, bool keeps)
{
	AUTO(arena_done) struct arena arena = {0};
	struct kernel_fallback *fallback = &relay->fallback;
	json_t *content = json_pack("{s:o,s:{},s:{}}", "data", data, "metadata", "transient");
	if (fallback->has_display || keeps) {
		fallback->n_displays += fallback->has_display ? 0 : 1;
		struct str name = arena_printf(&arena, "thoth-%s-%llu", relay->session.id,
			(unsigned long long)fallback->n_displays);
		json_object_set_new(json_object_get(content, "transient"), "display_id",
			json_stringn(name.p, name.n));
	}
	publish(relay, parent, fallback->has_display ? "update_display_data" : "display_data",
		content);
	fallback->has_display |= keeps;
}

/* One line that is written over: the worker says no more than ten a second. */
static void show_progress(struct kernel_relay *relay, struct str parent, const json_t *progress)
{
	AUTO(buf_done) struct buf text = {0};
	const char *phase = json_string_value(json_object_get(progress, "phase"));
	json_int_t total = json_integer_value(json_object_get(progress, "total"));
	buf_addf(&text, "%s", phase == NULL ? "working" : phase);
	buf_addf(&text, " %lld", (long long)json_integer_value(json_object_get(progress, "done")));
	if (total > 0) {
		buf_addf(&text, "/%lld", (long long)total);
	}
	show(relay, parent, json_pack("{s:s}", "text/plain", text.p), true);
}

/* NULL when the answer is no failure. */
static json_t *failure_of(const json_t *answer)
{
	json_int_t code = json_integer_value(json_object_get(answer, "exit"));
	const json_t *error = json_object_get(answer, "error");
	const char *message = json_string_value(json_object_get(error, "message"));
	const char *hint = json_string_value(json_object_get(error, "hint"));
	AUTO(buf_done) struct buf text = {0};
	if (code == 0) {
		return NULL;
	}
	if (message != NULL) {
		buf_add_shown(&text, str_from(message), false);
	} else {
		buf_addf(&text, "the answer is no (exit code %lld)", (long long)code);
	}
	if (hint != NULL) {
		buf_add(&text, S("\n  hint: "));
		buf_add_shown(&text, str_from(hint), false);
	}
	return error_content("ThothError", text.p);
}

static void show_answer(struct kernel_relay *relay, struct str parent, const json_t *answer)
{
	json_t *data = json_object();
	const char *html = json_string_value(json_object_get(answer, "html"));
	json_t *text = json_object_get(answer, "text");
	json_object_update(data, json_object_get(answer, "data"));
	if (html != NULL && html[0] != '\0') {
		json_object_set(data, "text/html", json_object_get(answer, "html"));
	}
	if (json_object_size(data) > 0 || json_string_length(text) > 0) {
		json_object_set_new(
			data, "text/plain", text != NULL ? json_incref(text) : json_string(""));
		show(relay, parent, data, false);
	} else {
		json_decref(data);
	}
}

void kernel_fallback_answered(void *user, int64_t id, struct str line, bool final)
{
	struct kernel_relay *relay = user;
	struct kernel_fallback *fallback = &relay->fallback;
	if (fallback->request.n == 0 || fallback->id != id) {
		return; /* given up */
	}
	json_auto_t *answer = json_loadb(line.p, line.n, JSON_ALLOW_NUL, NULL);
	struct kernel_wire wire = wire_of(fallback);
	if (!final) {
		show_progress(relay, wire.header, json_object_get(answer, "progress"));
		return;
	}
	show_answer(relay, wire.header, answer);
	end_cell(relay, failure_of(answer));
}

void kernel_fallback_interrupt(struct kernel_relay *relay)
{
	struct kernel_fallback *fallback = &relay->fallback;
	if (fallback->request.n == 0 || fallback->id == 0) {
		return;
	}
	int64_t id = fallback->id;
	fallback->id = 0; /* what it says from now on is not shown */
	kernel_frontend_cancel(&relay->stub.frontend, id);
	end_cell(relay, error_content("KeyboardInterrupt", ""));
}

/* -- without a kernel ------------------------------------------------------------------------- */

void kernel_fallback_begin(struct kernel_relay *relay, const struct err *why)
{
	log_error("kernel", "%s; only %%thoth is answered", why->message);
	relay->fallback.why = *why;
	relay->phase = KERNEL_REDUCED;
	kernel_route_release(relay);
}

/* Why there is no kernel, for people. */
static struct str reason(const struct kernel_relay *relay, struct arena *arena)
{
	const struct err *why = &relay->fallback.why;
	AUTO(buf_done) struct buf text = {0};
	buf_add(&text, S("there is no kernel: "));
	buf_add_shown(&text, str_from(why->message), false);
	if (why->hint[0] != '\0') {
		buf_add(&text, S("\n  hint: "));
		buf_add_shown(&text, str_from(why->hint), false);
	}
	return arena_str(arena, buf_str(&text));
}

static json_t *info_content(const struct kernel_relay *relay)
{
	AUTO(arena_done) struct arena arena = {0};
	const char *language = relay->fallback.language;
	bool python = language != NULL && strcmp(language, "python") == 0;
	struct str banner = arena_printf(&arena, "thoth: %s", reason(relay, &arena).p);
	return json_pack("{s:s,s:s,s:s,s:s,s:{s:s,s:s,s:s,s:s},s:s%,s:[],s:[]}", "status", "ok",
		"protocol_version", "5.5", "implementation", "thoth", "implementation_version",
		THOTH_VERSION, "language_info", "name", language == NULL ? "text" : language,
		"version", "0", "mimetype", python ? "text/x-python" : "text/plain",
		"file_extension", python ? ".py" : ".txt", "banner", banner.p, banner.n,
		"help_links", "supported_features");
}

static json_t *ports_content(const struct kernel_relay *relay)
{
	json_t *content = json_pack("{s:s}", "status", "ok");
	for (int i = 0; i < KERNEL_CHANNELS; i++) {
		json_object_set_new(content, kernel_connection_port_name(i),
			json_integer(relay->front.port[i]));
	}
	return content;
}

static void refuse_cell(struct kernel_relay *relay, const struct kernel_frames *frames,
	const struct kernel_wire *wire)
{
	AUTO(arena_done) struct arena arena = {0};
	struct kernel_execute execute = {0};
	bool read = kernel_execute_read(wire->content, wire->metadata, &arena, &execute);
	bool nothing = read && (!execute.is_cell || str_trim(execute.code).n == 0);
	if (nothing) { /* clients ask so whether we are there */
		status(relay, wire->header, "busy");
		end_request(relay, frames, wire, NULL);
		return;
	}
	begin_request(relay, wire);
	fail_request(relay, frames, wire, error_content("KernelError", reason(relay, &arena).p));
}

static json_t *content_for(struct kernel_relay *relay, struct str msg_type)
{
	AUTO(arena_done) struct arena arena = {0};
	if (str_eq(msg_type, S("kernel_info_request"))) {
		return info_content(relay);
	}
	if (str_eq(msg_type, S("connect_request"))) {
		return ports_content(relay);
	}
	if (str_eq(msg_type, S("complete_request"))) {
		return json_pack("{s:s,s:[],s:i,s:i,s:{}}", "status", "ok", "matches",
			"cursor_start", 0, "cursor_end", 0, "metadata");
	}
	if (str_eq(msg_type, S("inspect_request"))) {
		return json_pack(
			"{s:s,s:b,s:{},s:{}}", "status", "ok", "found", 0, "data", "metadata");
	}
	if (str_eq(msg_type, S("is_complete_request"))) {
		return json_pack("{s:s}", "status", "complete");
	}
	if (str_eq(msg_type, S("history_request"))) {
		return json_pack("{s:s,s:[]}", "status", "ok", "history");
	}
	if (str_eq(msg_type, S("comm_info_request"))) {
		return json_pack("{s:s,s:{}}", "status", "ok", "comms");
	}
	if (str_eq(msg_type, S("shutdown_request"))) {
		return json_pack("{s:s,s:b}", "status", "ok", "restart", 0);
	}
	return error_content("KernelError", reason(relay, &arena).p);
}

void kernel_fallback_answer(struct kernel_relay *relay, int channel, struct str msg_type,
	struct kernel_frames *frames, const struct kernel_wire *wire)
{
	AUTO(arena_done) struct arena arena = {0};
	const struct str suffix = S("_request");
	if (channel == KERNEL_STDIN || !str_ends(msg_type, suffix)) {
		return; /* wants no answer */
	}
	bool is_free = channel == KERNEL_SHELL && relay->fallback.request.n == 0;
	if (is_free && str_eq(msg_type, S("execute_request"))) {
		if (is_magic(wire)) {
			take_cell(relay, frames);
		} else {
			refuse_cell(relay, frames, wire);
		}
		return;
	}
	struct str name = str_slice(msg_type, 0, msg_type.n - suffix.n);
	if (name.n > 64 || str_find_char(name, '"') >= 0 || !str_is_utf8(name)) {
		return;
	}
	json_t *content = content_for(relay, msg_type);
	struct str added;
	if (str_eq(name, S("comm_info"))) { /* with ours */
		struct kernel_header header = {0};
		if (kernel_header_read(wire->header, &arena, &header) &&
			kernel_comms_info_add(&relay->stub.frontend.comms, header.msg_id,
				S("{\"status\":\"ok\",\"comms\":{}}"), &arena, &added)) {
			json_decref(content);
			content = json_loadb(added.p, added.n, 0, NULL);
		}
	}
	status(relay, wire->header, "busy");
	reply(relay, channel, frames, wire, arena_printf(&arena, STR_FMT "_reply", STR_ARG(name)).p,
		content);
	status(relay, wire->header, "idle");
}

void kernel_fallback_done(struct kernel_fallback *fallback)
{
	kernel_frames_done(&fallback->request);
}
