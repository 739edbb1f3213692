#include <jansson.h>
#include "common/clock.h"
#include "common/log.h"
#include "kernel_ext/complete.h"
#include "kernel_ext/display.h"
#include "kernel_ext/relay.h"
#include "common/banned.h"

static const char banner[] = "thoth: %thoth help lists what the companion can do.";

/* Count what was dropped, and say so at most once a second: the sender may be hostile. */
static void complain(struct kernel_relay *relay, uint64_t *counter)
{
	(*counter)++;
	int64_t now = clock_monotonic_ms();
	if (relay->last_complaint_ms == 0 || now - relay->last_complaint_ms >= 1000) {
		relay->last_complaint_ms = now;
		log_warn("kernel",
			"dropped messages wrong_signature=%llu replayed=%llu malformed=%llu",
			(unsigned long long)relay->n_bad_signatures,
			(unsigned long long)relay->n_replayed,
			(unsigned long long)relay->n_malformed);
	}
}

static void answer_interrupt(struct kernel_relay *relay, const struct kernel_frames *frames,
	const struct kernel_wire *wire)
{
	void *iopub = relay->front_socket[KERNEL_IOPUB];
	kernel_send_status(&relay->session, iopub, wire->header, "busy");
	kernel_child_interrupt(&relay->child);
	kernel_send_reply(&relay->session, relay->front_socket[KERNEL_CONTROL], frames, wire,
		"interrupt_reply", S("{\"status\":\"ok\"}"));
	kernel_send_status(&relay->session, iopub, wire->header, "idle");
}

/* Messages that a client waits for, or that say how a cell ended. */
static bool is_needed(struct str header)
{
	static const char *const types[] = {
		"\"status\"", "\"error\"", "\"execute_input\"", "\"shutdown_reply\""};
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (str_find(header, str_from(types[i])) >= 0) {
			return true;
		}
	}
	return false;
}

/* A client that does not read would have us fill the memory. Output is left out then, and the
 * user told once; what ends a request still goes, and so do replies up to twice the limit. */
static bool is_left_out(struct kernel_relay *relay, enum kernel_channel channel,
	const struct kernel_frames *frames, const struct kernel_wire *wire)
{
	struct kernel_queue *queue = &relay->to_client;
	if (!kernel_queue_full(queue, kernel_frames_bytes(frames))) {
		relay->told_of_loss &= queue->bytes > queue->max / 2;
		return false;
	}
	if (channel != KERNEL_IOPUB || is_needed(wire->header)) {
		return queue->bytes > 2 * queue->max;
	}
	relay->n_left_out++;
	if (!relay->told_of_loss) {
		relay->told_of_loss = true;
		log_warn("kernel", "a client does not keep up; output is left out");
		kernel_send_stream(&relay->session, relay->front_socket[KERNEL_IOPUB], wire->parent,
			"thoth: output comes faster than it is taken; some of it is left out "
			"here\n");
	}
	return true;
}

static void send_to_client(struct kernel_relay *relay, enum kernel_channel channel,
	struct kernel_frames *frames, const struct kernel_wire *wire)
{
	if (!is_left_out(relay, channel, frames, wire)) {
		kernel_frames_send_counted(frames, relay->front_socket[channel], &relay->to_client);
	}
}

static void send_to_kernel(
	struct kernel_relay *relay, enum kernel_channel channel, struct kernel_frames *frames)
{
	kernel_frames_send_counted(frames, relay->back_socket[channel], &relay->to_kernel);
}

/* Keep a control request until the kernel is ready; shell and stdin just stay in their sockets. */
static void hold(struct kernel_relay *relay, struct kernel_frames *frames)
{
	if (relay->n_held < KERNEL_HELD_MAX) {
		kernel_frames_move(frames, &relay->held[relay->n_held++]);
	}
}

/* Pass an execute_request on, and only then look at its code, so that it never waits for us. */
static void pass_cell(struct kernel_relay *relay, struct str msg_id, struct kernel_frames *frames,
	const struct kernel_wire *wire)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(kernel_frames_done) struct kernel_frames kept = {0};
	struct kernel_execute execute;
	kernel_frames_share(frames, wire->delimiter + 4, &kept);
	kernel_frames_share(frames, wire->delimiter + 5, &kept);
	send_to_kernel(relay, KERNEL_SHELL, frames);
	kernel_fallback_executing(relay, +1);
	if (kernel_execute_read(
		    kernel_frames_at(&kept, 1), kernel_frames_at(&kept, 0), &arena, &execute)) {
		kernel_cells_add(&relay->stub.cells, &execute);
		kernel_frontend_runs(&relay->stub.frontend, msg_id, &execute);
	}
}

/* Tab or Shift-Tab behind %thoth: answered here, whatever the kernel does meanwhile. */
static bool answer_words(struct kernel_relay *relay, const struct kernel_header *header,
	const struct kernel_frames *frames, const struct kernel_wire *wire)
{
	AUTO(arena_done) struct arena arena = {0};
	void *iopub = relay->front_socket[KERNEL_IOPUB];
	bool complete = str_eq(header->msg_type, S("complete_request"));
	struct str content;
	if (!complete && !str_eq(header->msg_type, S("inspect_request"))) {
		return false;
	}
	if (str_find(wire->content, S("%thoth")) < 0 && str_find(wire->content, S("%horus")) < 0) {
		return false;
	}
	if (complete ? !kernel_complete(wire->content, &relay->stub.frontend, &arena, &content)
		     : !kernel_inspect(wire->content, &arena, &content)) {
		return false;
	}
	kernel_send_status(&relay->session, iopub, wire->header, "busy");
	kernel_send_reply(&relay->session, relay->front_socket[KERNEL_SHELL], frames, wire,
		complete ? "complete_reply" : "inspect_reply", content);
	kernel_send_status(&relay->session, iopub, wire->header, "idle");
	return true;
}

/* What the shell channel brings and is not simply passed; true: it is done. */
static bool take_shell(struct kernel_relay *relay, const struct kernel_header *header,
	struct kernel_frames *frames, const struct kernel_wire *wire)
{
	struct kernel_frontend *frontend = &relay->stub.frontend;
	if (str_eq(header->msg_type, S("execute_request"))) {
		if (kernel_fallback_cell(relay, frames, wire)) {
			return true;
		}
		if (relay->phase == KERNEL_REDUCED) {
			return false;
		}
		pass_cell(relay, header->msg_id, frames, wire);
		return true;
	}
	if (str_eq(header->msg_type, S("comm_info_request"))) {
		kernel_comms_info_asked(&frontend->comms, header->msg_id, wire->content);
		return false;
	}
	return kernel_frontend_take(frontend, header->msg_type, wire->header, wire->content) ||
	       answer_words(relay, header, frames, wire);
}

void kernel_route_from_client(
	struct kernel_relay *relay, enum kernel_channel channel, struct kernel_frames *frames)
{
	AUTO(arena_done) struct arena arena = {0};
	struct kernel_wire wire;
	struct kernel_header header = {0};
	if (!kernel_frames_parse(frames, 1, &wire)) {
		complain(relay, &relay->n_malformed);
		return;
	}
	if (!kernel_wire_verify(&wire, relay->front.key)) {
		complain(relay, &relay->n_bad_signatures);
		return;
	}
	if (kernel_seen_before(&relay->seen, wire.signature)) {
		complain(relay, &relay->n_replayed);
		return;
	}
	if (channel != KERNEL_STDIN && !kernel_header_read(wire.header, &arena, &header)) {
		header = (struct kernel_header){0}; /* signed, so let the kernel judge it */
	}
	if (channel == KERNEL_CONTROL && str_eq(header.msg_type, S("interrupt_request"))) {
		kernel_fallback_interrupt(relay);
		if (!relay->message_interrupts || relay->phase == KERNEL_REDUCED) {
			answer_interrupt(relay, frames, &wire);
			return;
		}
	}
	bool shutdown = str_eq(header.msg_type, S("shutdown_request"));
	if (shutdown) {
		kernel_relay_expect_end(relay);
	}
	if (relay->phase == KERNEL_STARTING && !shutdown) {
		hold(relay, frames);
		return;
	}
	if (channel == KERNEL_SHELL && take_shell(relay, &header, frames, &wire)) {
		return;
	}
	if (relay->phase == KERNEL_REDUCED) {
		kernel_fallback_answer(relay, channel, header.msg_type, frames, &wire);
	} else {
		send_to_kernel(relay, channel, frames);
	}
}

/* Put our ports in the place of the private ones. */
static void rewrite_connect_reply(
	struct kernel_relay *relay, struct kernel_frames *frames, const struct kernel_wire *wire)
{
	json_auto_t *content = json_loadb(wire->content.p, wire->content.n, 0, NULL);
	if (!json_is_object(content)) {
		return;
	}
	for (int i = 0; i < KERNEL_CHANNELS; i++) {
		const char *name = kernel_connection_port_name(i);
		if (json_object_get(content, name) != NULL) {
			json_object_set_new(content, name, json_integer(relay->front.port[i]));
		}
	}
	char *text = json_dumps(content, JSON_COMPACT);
	kernel_frames_set_content(frames, wire, str_from(text), relay->front.key);
	free(text);
}

static void add_banner(struct kernel_relay *relay, struct kernel_frames *frames,
	const struct kernel_wire *wire, struct arena *arena)
{
	struct str content;
	if (kernel_info_add_banner(wire->content, banner, arena, &content)) {
		kernel_frames_set_content(frames, wire, content, relay->front.key);
	}
}

/* Client requests may go on as soon as nothing of their iopub can be lost. */
static void open_gate(struct kernel_relay *relay)
{
	if (relay->phase != KERNEL_STARTING || !relay->iopub_live || !relay->child_known) {
		return;
	}
	relay->phase = KERNEL_RUNNING;
	kernel_route_release(relay);
}

void kernel_route_release(struct kernel_relay *relay)
{
	for (size_t i = 0; i < relay->n_held; i++) {
		struct kernel_frames *frames = &relay->held[i];
		struct kernel_wire wire;
		struct kernel_header header;
		AUTO(arena_done) struct arena arena = {0};
		if (relay->phase != KERNEL_REDUCED) {
			send_to_kernel(relay, KERNEL_CONTROL, frames);
		} else if (kernel_frames_parse(frames, 1, &wire) &&
			   kernel_header_read(wire.header, &arena, &header)) {
			kernel_fallback_answer(
				relay, KERNEL_CONTROL, header.msg_type, frames, &wire);
		}
		kernel_frames_done(frames);
	}
	relay->n_held = 0;
}

/* Give the kernel its %thoth; what it says to that is hidden. */
static void register_magic(struct kernel_relay *relay)
{
	AUTO(arena_done) struct arena arena = {0};
	relay->own_pending++;
	kernel_send_request(&relay->session, relay->back_socket[KERNEL_SHELL], "execute_request",
		kernel_stub_registration(&relay->stub, &arena));
}

/* Our own comms stand in the list of all. */
static void add_comms(struct kernel_relay *relay, struct kernel_frames *frames,
	const struct kernel_wire *wire, struct arena *arena)
{
	struct kernel_header parent = {0};
	struct str content;
	if (kernel_header_read(wire->parent, arena, &parent) &&
		kernel_comms_info_add(&relay->stub.frontend.comms, parent.msg_id, wire->content,
			arena, &content)) {
		kernel_frames_set_content(frames, wire, content, relay->front.key);
	}
}

static void take_own_reply(struct kernel_relay *relay, const struct kernel_header *header,
	const struct kernel_wire *wire)
{
	if (!relay->child_known && str_eq(header->msg_type, S("kernel_info_reply"))) {
		relay->child_known = true;
		if (kernel_info_is_python(wire->content)) {
			register_magic(relay);
		} else {
			relay->fallback.no_stub = true;
		}
		open_gate(relay);
	} else if (str_eq(header->msg_type, S("execute_reply")) &&
		   str_find(wire->content, S("\"KeyboardInterrupt\"")) >= 0) {
		register_magic(relay); /* a manager's interrupt came in between */
	} else if (str_eq(header->msg_type, S("execute_reply")) &&
		   str_find(wire->content, S("\"error\"")) >= 0) {
		log_info("kernel", "the kernel did not take the %%thoth magic");
		relay->fallback.no_stub = true;
	}
}

static void iopub_lives(struct kernel_relay *relay)
{
	if (!relay->iopub_live) {
		relay->iopub_live = true;
		if (relay->own_pending == 0) {
			kernel_route_probe(relay);
		}
		open_gate(relay);
	}
}

void kernel_route_probe(struct kernel_relay *relay)
{
	relay->own_pending++;
	relay->next_probe_ms = clock_monotonic_ms() + KERNEL_PROBE_MS;
	kernel_send_request(
		&relay->session, relay->back_socket[KERNEL_SHELL], "kernel_info_request", S("{}"));
}

/* Is this one of the kernel's words to us alone? Cheap when none is expected. */
static bool is_hidden(struct kernel_relay *relay, const struct kernel_wire *wire)
{
	if (str_find(wire->header, S("\"iopub_welcome\"")) >= 0) {
		iopub_lives(relay);
		return true;
	}
	if (relay->own_pending == 0 ||
		str_find(wire->parent, str_from(relay->session.private_id)) < 0) {
		return false;
	}
	iopub_lives(relay);
	if (kernel_status_is_idle(wire->content)) {
		relay->own_pending--;
	}
	return true;
}

void kernel_route_from_kernel(
	struct kernel_relay *relay, enum kernel_channel channel, struct kernel_frames *frames)
{
	struct kernel_wire wire;
	if (!kernel_frames_parse(frames, 0, &wire)) {
		send_to_client(relay, channel, frames, &(struct kernel_wire){0});
		return;
	}
	if (channel == KERNEL_IOPUB && is_hidden(relay, &wire)) {
		return;
	}
	if (channel == KERNEL_IOPUB && relay->fallback.no_stub &&
		str_find(wire.header, S("\"execute_input\"")) >= 0) {
		kernel_execute_read_count(wire.content, &relay->fallback.count);
	}
	if (channel == KERNEL_SHELL || channel == KERNEL_CONTROL) {
		AUTO(arena_done) struct arena arena = {0};
		struct kernel_header header = {0};
		if (!kernel_header_read(wire.header, &arena, &header)) {
			header = (struct kernel_header){0};
		}
		if (wire.delimiter == 0) { /* no client's identity: an answer to us */
			take_own_reply(relay, &header, &wire);
			return;
		}
		if (str_eq(header.msg_type, S("execute_reply"))) {
			kernel_fallback_executing(relay, -1);
		} else if (str_eq(header.msg_type, S("connect_reply"))) {
			rewrite_connect_reply(relay, frames, &wire);
		} else if (str_eq(header.msg_type, S("kernel_info_reply"))) {
			add_banner(relay, frames, &wire, &arena);
		} else if (str_eq(header.msg_type, S("comm_info_reply"))) {
			add_comms(relay, frames, &wire, &arena);
		}
	}
	kernel_frontend_heard(&relay->stub.frontend, channel, &wire);
	send_to_client(relay, channel, frames, &wire);
}

void kernel_route_subscription(struct kernel_relay *relay, struct str message)
{
	if (message.n > 0 && message.p[0] == '\x01') {
		kernel_send_welcome(
			&relay->session, relay->front_socket[KERNEL_IOPUB], str_skip(message, 1));
	}
}
