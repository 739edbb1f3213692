#include "kernel_ext/frontend.h"
#include "common/clock.h"
#include "kernel_ext/display.h"
#include "kernel_ext/hello.h"
#include "common/jansson_text.h"
#include "common/banned.h"

enum {
	FETCH_MS = 1000,   /* for cells; then what is known has to do */
	WRITTEN_MS = 2000, /* for "written"; then the output carries the lock */
};

static const char lock_mime[] = "application/vnd.thoth.lock+json";

/* The document of an answer about a lock, NULL when it has none. */
static json_t *report_of(const json_t *answer)
{
	return json_object_get(json_object_get(answer, "data"), lock_mime);
}

static bool is_type(const json_t *data, const char *type)
{
	return str_eq(jansson_text(json_object_get(data, "type")), str_from(type));
}

void kernel_frontend_init(struct kernel_frontend *frontend, struct kernel_worker *worker,
	struct kernel_cells *cells, kernel_answered *to_cell, void *user)
{
	*frontend = (struct kernel_frontend){.worker = worker,
		.cells = cells,
		.to_cell = to_cell,
		.user = user,
		.patience = 1,
		.locks = json_object()};
	uint64_t patience; /* so that a test on a busy machine need not hurry */
	if (str_to_u64(str_from(getenv("THOTH_FRONTEND_PATIENCE")), &patience) && patience >= 1 &&
		patience <= 100) {
		frontend->patience = (int64_t)patience;
	}
}

static void forget(struct kernel_ask *ask)
{
	json_decref(ask->name);
	json_decref(ask->data);
	json_decref(ask->answer);
	arena_done(&ask->arena);
	*ask = (struct kernel_ask){0};
}

void kernel_frontend_done(struct kernel_frontend *frontend)
{
	for (size_t i = 0; i < KERNEL_ASKS_MAX; i++) {
		forget(&frontend->ask[i]);
	}
	json_decref(frontend->locks);
	frontend->locks = NULL;
	kernel_installs_done(&frontend->installs);
	kernel_comms_done(&frontend->comms);
}

static struct kernel_ask *find(struct kernel_frontend *frontend, int64_t id)
{
	for (size_t i = 0; i < KERNEL_ASKS_MAX; i++) {
		if (frontend->ask[i].stage != KERNEL_FREE && frontend->ask[i].id == id) {
			return &frontend->ask[i];
		}
	}
	return NULL;
}

/* NULL when there are too many. */
static struct kernel_ask *new_ask(struct kernel_frontend *frontend, enum kernel_ask_kind kind)
{
	for (size_t i = 0; i < KERNEL_ASKS_MAX; i++) {
		struct kernel_ask *ask = &frontend->ask[i];
		if (ask->stage == KERNEL_FREE) {
			*ask = (struct kernel_ask){
				.stage = KERNEL_FETCHING, .kind = kind, .id = ++frontend->last_id};
			return ask;
		}
	}
	return NULL;
}

/* -- to the front ends ------------------------------------------------------------------------ */

static void send_error(struct kernel_frontend *frontend, const struct kernel_comm *comm,
	json_t *name, json_t *answer)
{
	json_auto_t *data = json_pack("{s:s,s:O?,s:O?}", "type", "error", "id", name, "error",
		json_object_get(answer, "error"));
	json_object_set(data, "conflict", json_object_get(report_of(answer), "conflict"));
	kernel_hello_all(frontend, comm, data);
}

/* -- the last lock of each notebook ----------------------------------------------------------- */

static const char *lock_key(const struct kernel_comm *comm)
{
	return comm == NULL || comm->path == NULL ? "" : json_string_value(comm->path);
}

static void keep_lock(
	struct kernel_frontend *frontend, const struct kernel_comm *comm, json_t *message)
{
	if (json_object_size(frontend->locks) >= KERNEL_LOCKS_MAX) {
		json_object_del(
			frontend->locks, json_object_iter_key(json_object_iter(frontend->locks)));
	}
	json_object_set(frontend->locks, lock_key(comm), message);
}

/* What a comm missed that opens late. A lock of nobody's notebook is that of the first who comes. */
static void replay(struct kernel_frontend *frontend, const struct kernel_comm *comm)
{
	const char *key = lock_key(comm);
	json_t *message = json_object_get(frontend->locks, key);
	if (message == NULL && (message = json_object_get(frontend->locks, "")) != NULL) {
		json_object_set(frontend->locks, key, message);
		json_object_del(frontend->locks, "");
	}
	if (message == NULL) {
		return;
	}
	json_auto_t *again = json_copy(message);
	json_object_set_new(again, "replay", json_true());
	kernel_comms_send(&frontend->comms, comm, again);
}

/* The message for an answer that brings a new metadata.thoth. */
static json_t *lock_message(json_t *name, json_t *answer)
{
	json_t *diff = json_object_get(report_of(answer), "diff");
	json_t *message = json_pack("{s:s,s:O,s:O?,s:O,s:b}", "type", "lock", "id", name, "rev",
		json_object_get(answer, "rev"), "metadata", json_object_get(answer, "metadata"),
		"replay", 0);
	json_object_set_new(message, "diff",
		diff != NULL ? json_incref(diff)
			     : json_pack("{s:[],s:[],s:[]}", "added", "removed", "changed"));
	return message;
}

/* -- to the cell ------------------------------------------------------------------------------ */

static void append(json_t *answer, const char *member, struct str more)
{
	struct str old = jansson_text(json_object_get(answer, member));
	AUTO(buf_done) struct buf text = {0};
	buf_add(&text, old);
	buf_add(&text, more);
	json_object_set_new(answer, member, json_stringn(text.p, text.n));
}

static void say_where_the_lock_is(json_t *answer, bool written, bool saved)
{
	const char *where =
		!written ? "The lock is in the output of this cell. Save the notebook, then run "
			   "'thoth adopt NOTEBOOK' to put it into the notebook's metadata."
		: saved  ? "The lock is in the notebook's metadata, and the notebook is saved."
			 : "The lock is in the notebook's metadata; save the notebook to keep it.";
	AUTO(buf_done) struct buf text = {0};
	AUTO(buf_done) struct buf html = {0};
	if (!json_is_true(json_object_get(answer, "changed"))) {
		return;
	}
	buf_addf(&text, "\n%s\n", where);
	append(answer, "text", buf_str(&text));
	buf_add(&html, S("<p>"));
	buf_add_html(&html, str_from(where));
	buf_add(&html, S("</p>"));
	append(answer, "html", buf_str(&html));
	json_object_set_new(report_of(answer), "note", json_string(where));
}

/* The lock is elsewhere: of its packages the output keeps what a reader wants to see. */
static void shorten(json_t *report)
{
	static const char *const members[] = {"hashes", "index", "via", "extras"};
	size_t i;
	json_t *package;
	json_object_del(report, "metadata");
	json_array_foreach(json_object_get(report, "packages"), i, package)
	{
		for (size_t k = 0; k < sizeof(members) / sizeof(members[0]); k++) {
			json_object_del(package, members[k]);
		}
	}
}

/* Give the cell its answer, and be done with it. */
static void end_cell(
	struct kernel_frontend *frontend, struct kernel_ask *ask, bool written, bool saved)
{
	json_auto_t *answer = json_incref(ask->answer);
	int64_t id = ask->id;
	if (written) {
		shorten(report_of(answer));
	}
	say_where_the_lock_is(answer, written, saved);
	forget(ask);
	char *text = json_dumps(answer, JSON_COMPACT);
	frontend->to_cell(frontend->user, id, str_from(text), true);
	free(text);
}

/* -- to the worker ---------------------------------------------------------------------------- */

static struct kernel_comm *comm_of(struct kernel_frontend *frontend, const struct kernel_ask *ask)
{
	return ask->kind == KERNEL_ASK_CELL
		       ? kernel_comms_of_cell(&frontend->comms, ask->magic.cell_id)
		       : kernel_comms_find(&frontend->comms, str_from(ask->comm));
}

/* The cells have come, or will not: ask the worker. */
static void put(struct kernel_frontend *frontend, struct kernel_ask *ask)
{
	AUTO(arena_done) struct arena arena = {0};
	struct kernel_comm *comm = comm_of(frontend, ask);
	struct str request;
	struct err err = {0};
	int64_t id = ask->id;
	ask->stage = KERNEL_ASKED;
	if (comm != NULL) {
		memcpy(ask->comm, comm->id, sizeof(ask->comm));
	}
	if (kernel_ask_request(ask, comm, frontend->cells, &arena, &request, &err)) {
		if (comm != NULL && kernel_ask_locks(ask)) {
			kernel_hello_changed(frontend, comm);
		}
		kernel_worker_ask(frontend->worker, id, request);
	} else {
		kernel_frontend_answered(
			frontend, id, kernel_worker_failure(id, &err, &arena), true);
	}
}

/* Is nobody asked for cells any more whose cells would matter? */
static bool has_cells(struct kernel_frontend *frontend, const struct kernel_ask *ask)
{
	struct kernel_comms *comms = &frontend->comms;
	struct kernel_comm *comm = comm_of(frontend, ask);
	if (comm != NULL && comm->cells != NULL && !comm->asked_cells) {
		return true;
	}
	for (size_t i = 0; i < comms->n; i++) {
		if (comms->comm[i].asked_cells && !comms->comm[i].mute) {
			return false;
		}
	}
	return true;
}

static void fetch(struct kernel_frontend *frontend, struct kernel_ask *ask)
{
	struct kernel_comms *comms = &frontend->comms;
	ask->until_ms = clock_monotonic_ms() + FETCH_MS * frontend->patience;
	for (size_t i = 0; i < comms->n; i++) {
		struct kernel_comm *comm = &comms->comm[i];
		if (!comm->mute &&
			(ask->kind == KERNEL_ASK_CELL || strcmp(comm->id, ask->comm) == 0)) {
			kernel_hello_send(frontend, comm, true);
		}
	}
	if (has_cells(frontend, ask)) {
		put(frontend, ask);
	}
}

void kernel_frontend_ask(struct kernel_frontend *frontend, struct str text, int64_t *ret_id)
{
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct kernel_ask *ask = new_ask(frontend, KERNEL_ASK_CELL);
	if (ask == NULL) {
		*ret_id = ++frontend->last_id;
		err_set(&err, ERR_LIMIT, "expected at most %d requests at a time", KERNEL_ASKS_MAX);
		frontend->to_cell(frontend->user, *ret_id,
			kernel_worker_failure(*ret_id, &err, &arena), true);
		return;
	}
	*ret_id = ask->id;
	struct str name = arena_printf(&ask->arena, "cell-%lld", (long long)ask->id);
	ask->name = json_stringn(name.p, name.n);
	if (!kernel_magic_read(arena_str(&ask->arena, text), &ask->arena, &ask->magic, &err)) {
		kernel_frontend_answered(
			frontend, ask->id, kernel_worker_failure(ask->id, &err, &arena), true);
		return;
	}
	fetch(frontend, ask);
}

static void stop(struct kernel_frontend *frontend, struct kernel_ask *ask)
{
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	if (ask->stage == KERNEL_ASKED) {
		kernel_worker_cancel(frontend->worker, ask->id);
	} else if (ask->stage == KERNEL_FETCHING) {
		err_set(&err, ERR_INTERRUPTED, "interrupted");
		kernel_frontend_answered(
			frontend, ask->id, kernel_worker_failure(ask->id, &err, &arena), true);
	}
}

void kernel_frontend_cancel(struct kernel_frontend *frontend, int64_t id)
{
	struct kernel_ask *ask = find(frontend, id);
	if (ask != NULL) {
		stop(frontend, ask);
	}
}

/* -- from the worker -------------------------------------------------------------------------- */

static void pass_progress(struct kernel_frontend *frontend, struct kernel_ask *ask, struct str line)
{
	struct kernel_comm *comm = kernel_comms_find(&frontend->comms, str_from(ask->comm));
	if (ask->kind == KERNEL_ASK_CELL) {
		frontend->to_cell(frontend->user, ask->id, line, false);
	}
	if (comm == NULL) {
		return;
	}
	json_auto_t *answer = json_loadb(line.p, line.n, JSON_ALLOW_NUL, NULL);
	json_t *progress = json_object_get(answer, "progress");
	if (json_is_object(progress)) {
		json_object_set_new(progress, "type", json_string("progress"));
		json_object_set(progress, "id", ask->name);
		json_object_set_new(progress, "seq", json_integer(++ask->seq));
		kernel_hello_all(frontend, comm, progress);
	}
}

/* A new metadata.thoth: to the front ends, and kept for those to come. True: one is waited for. */
static bool tell_lock(struct kernel_frontend *frontend, struct kernel_ask *ask, json_t *answer)
{
	json_auto_t *message = lock_message(ask->name, answer);
	struct kernel_comm *comm = comm_of(frontend, ask); /* one may have come meanwhile */
	keep_lock(frontend, comm, message);
	if (comm == NULL) {
		return false;
	}
	memcpy(ask->comm, comm->id, sizeof(ask->comm));
	kernel_hello_all(frontend, comm, message);
	return !comm->mute;
}

/* What an install cell leads to; nothing is said of one that failed or changed nothing. */
static void send_installs(struct kernel_frontend *frontend, const struct kernel_comm *comm,
	const struct kernel_ask *ask, const json_t *answer)
{
	json_t *installs = json_object_get(answer, "installs");
	json_t *requirements = json_object_get(installs, "requirements");
	json_t *restart = json_object_get(installs, "restart");
	if (json_array_size(requirements) + json_array_size(restart) > 0) {
		json_auto_t *data = json_pack("{s:s,s:O,s:O,s:O}", "type", "installs", "cell",
			json_object_get(ask->data, "cell"), "requirements", requirements, "restart",
			restart);
		kernel_hello_all(frontend, comm, data);
	}
}

static void send_answer(
	struct kernel_frontend *frontend, const struct kernel_ask *ask, json_t *answer)
{
	static const char *const types[] = {
		[KERNEL_ASK_WHY] = "why", [KERNEL_ASK_COMPLETE] = "candidates"};
	struct kernel_comm *comm = kernel_comms_find(&frontend->comms, str_from(ask->comm));
	if (comm == NULL || ask->kind < KERNEL_ASK_WHY) {
		return;
	}
	if (ask->kind == KERNEL_ASK_LOOK) {
		kernel_hello_look(frontend, comm, ask->data, answer);
		return;
	}
	if (ask->kind == KERNEL_ASK_INSTALLED) {
		kernel_installs_before(&frontend->installs,
			jansson_text(json_object_get(ask->data, "msg_id")),
			json_object_get(answer, "installed"));
		return;
	}
	if (ask->kind == KERNEL_ASK_INSTALLS) {
		send_installs(frontend, comm, ask, answer);
		return;
	}
	json_auto_t *message = json_pack("{s:s,s:O}", "type", types[ask->kind], "id", ask->name);
	if (ask->kind == KERNEL_ASK_COMPLETE) {
		json_object_update_missing(message, json_object_get(answer, "candidates"));
	} else {
		json_object_set(message, "package", json_object_get(ask->data, "package"));
		json_object_set(message, "text", json_object_get(answer, "text"));
		json_object_set(message, "data", json_object_get(answer, "data"));
	}
	kernel_comms_send(&frontend->comms, comm, message);
}

/* A request of our own, for which nobody waits. */
static struct kernel_ask *own_request(
	struct kernel_frontend *frontend, const struct kernel_comm *comm, enum kernel_ask_kind kind)
{
	struct kernel_ask *ask = new_ask(frontend, kind);
	if (ask != NULL) {
		ask->name = json_string("");
		memcpy(ask->comm, comm->id, sizeof(ask->comm));
	}
	return ask;
}

/*
 * Look at a notebook. A worker is started for one that has a lock, or when a front end wants to
 * show what there is to see (`wanted`).
 */
static void look(struct kernel_frontend *frontend, struct kernel_comm *comm, bool wanted)
{
	comm->look_again = false;
	bool locked = json_is_object(json_object_get(comm->metadata, "lock"));
	for (size_t i = 0; i < KERNEL_ASKS_MAX; i++) {
		const struct kernel_ask *ask = &frontend->ask[i];
		if (ask->stage != KERNEL_FREE && strcmp(ask->comm, comm->id) == 0) {
			comm->look_again = true; /* what is under way may change what is seen */
			return;
		}
	}
	if (comm->cells == NULL || (!wanted && !locked && frontend->worker->process.pid == 0)) {
		return;
	}
	struct kernel_ask *ask = own_request(frontend, comm, KERNEL_ASK_LOOK);
	if (ask != NULL) {
		ask->data = json_object();
		json_object_set(ask->data, "metadata", comm->metadata);
		put(frontend, ask);
	}
}

/* A lock under way has ended, well or not: the state is another. */
static void note_end(struct kernel_frontend *frontend, struct kernel_ask *ask, const json_t *answer)
{
	struct kernel_comm *comm = kernel_comms_find(&frontend->comms, str_from(ask->comm));
	const json_t *error = json_object_get(answer, "error");
	bool stopped = str_eq(jansson_text(json_object_get(error, "kind")), S("interrupted"));
	if (comm == NULL || !kernel_ask_locks(ask)) {
		return;
	}
	if (error == NULL && json_object_get(answer, "metadata") != NULL) {
		kernel_hello_ended(frontend, comm, json_object_get(answer, "metadata"));
	} else if (error != NULL && !stopped) {
		kernel_hello_ended(frontend, comm, NULL);
	}
	ask->stage = KERNEL_SHOWING; /* not under way any more */
	kernel_hello_changed(frontend, comm);
}

static void take_final(struct kernel_frontend *frontend, struct kernel_ask *ask, struct str line)
{
	json_auto_t *answer = json_loadb(line.p, line.n, JSON_ALLOW_NUL, NULL);
	bool is_cell = ask->kind == KERNEL_ASK_CELL;
	bool waits = false;
	bool locks = ask->kind < KERNEL_ASK_WHY;
	bool is_ours = ask->kind >= KERNEL_ASK_LOOK;
	struct kernel_comm *comm = kernel_comms_find(&frontend->comms, str_from(ask->comm));
	if (json_object_get(answer, "error") != NULL) {
		if (comm != NULL && !is_ours) {
			send_error(frontend, comm, ask->name, answer);
		}
	} else if (locks && json_object_get(answer, "metadata") != NULL) {
		waits = tell_lock(frontend, ask, answer);
	} else {
		send_answer(frontend, ask, answer);
	}
	note_end(frontend, ask, answer);
	if (!is_cell) {
		forget(ask);
		return;
	}
	ask->answer = json_incref(answer);
	if (waits) {
		ask->stage = KERNEL_SHOWING;
		ask->until_ms = clock_monotonic_ms() + WRITTEN_MS * frontend->patience;
		return;
	}
	end_cell(frontend, ask, false, false);
}

void kernel_frontend_answered(
	struct kernel_frontend *frontend, int64_t id, struct str line, bool final)
{
	struct kernel_ask *ask = find(frontend, id);
	if (ask == NULL) {
		return;
	}
	if (!final) {
		pass_progress(frontend, ask, line);
		return;
	}
	bool plain = ask->kind == KERNEL_ASK_CELL && frontend->comms.n == 0 &&
		     str_find(line, S("\"metadata\":")) < 0;
	if (plain) { /* nothing in it is for a front end */
		forget(ask);
		frontend->to_cell(frontend->user, id, line, true);
		return;
	}
	char comm_id[KERNEL_COMM_ID_MAX + 1];
	memcpy(comm_id, ask->comm, sizeof(comm_id));
	take_final(frontend, ask, line);
	struct kernel_comm *comm = kernel_comms_find(&frontend->comms, str_from(comm_id));
	if (comm != NULL && comm->look_again) {
		look(frontend, comm, true);
	}
}

/* -- from the front ends ---------------------------------------------------------------------- */

/* Whoever waited for cells and can go on now. */
static void go_on(struct kernel_frontend *frontend)
{
	for (size_t i = 0; i < KERNEL_ASKS_MAX; i++) {
		struct kernel_ask *ask = &frontend->ask[i];
		if (ask->stage == KERNEL_FETCHING && has_cells(frontend, ask)) {
			put(frontend, ask);
		}
	}
}

/* A lock is in the page, perhaps in the file. */
static void take_written(
	struct kernel_frontend *frontend, struct kernel_comm *comm, const json_t *data)
{
	json_t *name = json_object_get(data, "id");
	bool saved = json_is_true(json_object_get(data, "saved"));
	bool saving = json_is_true(json_object_get(data, "saving")); /* when the cell has ended */
	json_t *kept = json_object_get(frontend->locks, lock_key(comm));
	if (json_equal(json_object_get(kept, "id"), name)) {
		kernel_comms_set_metadata(comm, json_object_get(kept, "metadata"));
		if (saved) {
			json_object_set_new(kept, "settled", json_true());
		}
	}
	for (size_t i = 0; i < KERNEL_ASKS_MAX; i++) {
		struct kernel_ask *ask = &frontend->ask[i];
		if (ask->stage == KERNEL_SHOWING && json_equal(ask->name, name)) {
			end_cell(frontend, ask, true, saved || saving);
		}
	}
}

static void take_cancel(
	struct kernel_frontend *frontend, const struct kernel_comm *comm, const json_t *data)
{
	for (size_t i = 0; i < KERNEL_ASKS_MAX; i++) {
		struct kernel_ask *ask = &frontend->ask[i];
		if (ask->stage != KERNEL_FREE && strcmp(ask->comm, comm->id) == 0 &&
			json_equal(ask->name, json_object_get(data, "id"))) {
			stop(frontend, ask);
		}
	}
}

static void take_request(struct kernel_frontend *frontend, const struct kernel_comm *comm,
	enum kernel_ask_kind kind, json_t *data)
{
	json_t *name = json_object_get(data, "id");
	struct kernel_ask *ask = json_is_string(name) ? new_ask(frontend, kind) : NULL;
	if (ask == NULL) {
		json_auto_t *answer =
			json_pack("{s:{s:s,s:s}}", "error", "kind", "usage", "message",
				json_is_string(name) ? "too many requests at a time"
						     : "a request needs an id, a string");
		send_error(frontend, comm, name, answer);
		return;
	}
	ask->name = json_incref(name);
	ask->data = json_incref(data);
	memcpy(ask->comm, comm->id, sizeof(ask->comm));
	fetch(frontend, ask);
}

static void refuse(struct kernel_frontend *frontend, const struct kernel_comm *comm,
	const json_t *data, const char *message, const char *hint)
{
	json_auto_t *answer = json_pack(
		"{s:{s:s,s:s,s:s}}", "error", "kind", "usage", "message", message, "hint", hint);
	send_error(frontend, comm, json_object_get(data, "id"), answer);
}

static void take_data(struct kernel_frontend *frontend, struct kernel_comm *comm, json_t *data)
{
	static const struct {
		const char *type;
		enum kernel_ask_kind kind;
	} requests[] = {
		{"lock",     KERNEL_ASK_LOCK    },
		{"add",      KERNEL_ASK_ADD     },
		{"remove",   KERNEL_ASK_REMOVE  },
		{"why",      KERNEL_ASK_WHY     },
		{"complete", KERNEL_ASK_COMPLETE},
	};
	if (is_type(data, "written")) {
		take_written(frontend, comm, data);
	} else if (is_type(data, "cancel")) {
		take_cancel(frontend, comm, data);
	} else if (is_type(data, "look")) {
		look(frontend, comm, true);
	} else if (is_type(data, "install")) {
		refuse(frontend, comm, data, "this version of thoth does not install",
			"'thoth extract' writes what pip installs");
	} else if (is_type(data, "consent")) {
		refuse(frontend, comm, data, "nothing was asked that this could be the answer to",
			"");
	}
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		if (is_type(data, requests[i].type)) {
			take_request(frontend, comm, requests[i].kind, data);
			return;
		}
	}
}

void kernel_frontend_runs(
	struct kernel_frontend *frontend, struct str msg_id, const struct kernel_execute *execute)
{
	if (frontend->comms.n == 0 ||
		!kernel_installs_begin(&frontend->installs, msg_id, execute)) {
		return;
	}
	/* pip takes longer to start than the worker to look, and "pip install -q" tells nothing */
	const struct kernel_comm *comm = kernel_comms_of_cell(&frontend->comms, execute->cell_id);
	struct kernel_ask *ask =
		comm == NULL ? NULL : own_request(frontend, comm, KERNEL_ASK_INSTALLED);
	if (ask != NULL) {
		ask->data = json_pack("{s:s%}", "msg_id", msg_id.p, msg_id.n);
		put(frontend, ask);
	}
}

void kernel_frontend_heard(struct kernel_frontend *frontend, enum kernel_channel channel,
	const struct kernel_wire *wire)
{
	if (frontend->installs.n == 0) {
		return;
	}
	struct kernel_install *install = kernel_installs_heard(&frontend->installs, channel, wire);
	if (install == NULL) {
		return;
	}
	const struct kernel_comm *comm =
		kernel_comms_of_cell(&frontend->comms, str_from(install->cell_id));
	struct kernel_ask *ask =
		comm == NULL ? NULL : own_request(frontend, comm, KERNEL_ASK_INSTALLS);
	if (ask != NULL) {
		struct str output = buf_str(&install->output);
		ask->data = json_object();
		json_object_set_new(ask->data, "cell", json_string(install->cell_id));
		json_object_set_new(
			ask->data, "source", json_stringn(install->source, install->n_source));
		json_object_set_new(ask->data, "output",
			output.n == 0 || !str_is_utf8(output) ? json_string("")
							      : json_stringn(output.p, output.n));
		json_object_set(ask->data, "before", install->before);
	}
	kernel_installs_end(&frontend->installs, install);
	if (ask != NULL) {
		put(frontend, ask);
	}
}

static bool tells_notebook(const json_t *data)
{
	return is_type(data, "metadata") || is_type(data, "cells") ||
	       json_object_get(data, "cells") != NULL;
}

bool kernel_frontend_take(struct kernel_frontend *frontend, struct str msg_type, struct str header,
	struct str content)
{
	struct kernel_comms *comms = &frontend->comms;
	struct kernel_comm_message message;
	if (!kernel_comms_read(comms, msg_type, content, &message)) {
		return false;
	}
	json_auto_t *owned = message.content; /* with message.data */
	kernel_send_status(comms->session, comms->iopub, header, "busy");
	struct kernel_comm *comm = message.kind == KERNEL_COMM_OPEN
					   ? kernel_comms_open(comms, message.id)
					   : kernel_comms_find(comms, message.id);
	kernel_comms_heard(comms, comm, header, message.data);
	switch (message.kind) {
	case KERNEL_COMM_OPEN:
		kernel_hello_send(frontend, comm, comm->cells == NULL);
		replay(frontend, comm);
		break;
	case KERNEL_COMM_DATA:
		take_data(frontend, comm, message.data);
		break;
	case KERNEL_COMM_CLOSE:
		kernel_comms_close(comms, comm);
		break;
	}
	go_on(frontend);
	comm = kernel_comms_find(comms, message.id);
	if (comm != NULL && tells_notebook(message.data)) {
		look(frontend, comm, false);
	}
	kernel_send_status(comms->session, comms->iopub, header, "idle");
	return owned != NULL;
}

/* Those who did not answer a question in time. */
static void give_up_fetching(struct kernel_frontend *frontend, struct kernel_ask *ask)
{
	struct kernel_comms *comms = &frontend->comms;
	for (size_t i = 0; i < comms->n; i++) {
		comms->comm[i].mute |= comms->comm[i].asked_cells;
	}
	put(frontend, ask);
}

static void give_up_showing(struct kernel_frontend *frontend, struct kernel_ask *ask)
{
	struct kernel_comm *comm = kernel_comms_find(&frontend->comms, str_from(ask->comm));
	if (comm != NULL) {
		comm->mute = true;
	}
	end_cell(frontend, ask, false, false);
}

int64_t kernel_frontend_keep_time(struct kernel_frontend *frontend)
{
	int64_t now = clock_monotonic_ms();
	int64_t next = INT64_MAX;
	for (size_t i = 0; i < KERNEL_ASKS_MAX; i++) {
		struct kernel_ask *ask = &frontend->ask[i];
		bool waits = ask->stage == KERNEL_FETCHING || ask->stage == KERNEL_SHOWING;
		if (waits && now >= ask->until_ms) {
			if (ask->stage == KERNEL_FETCHING) {
				give_up_fetching(frontend, ask);
			} else {
				give_up_showing(frontend, ask);
			}
		} else if (waits && ask->until_ms < next) {
			next = ask->until_ms;
		}
	}
	return next;
}
