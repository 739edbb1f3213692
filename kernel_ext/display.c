#include "kernel_ext/display.h"
#include "common/banned.h"

void kernel_send_welcome(struct kernel_session *session, void *iopub, struct str topic)
{
	if (!str_is_utf8(topic)) {
		return;
	}
	AUTO(arena_done) struct arena arena = {0};
	AUTO(kernel_frames_done) struct kernel_frames frames = {0};
	json_auto_t *content = json_object();
	if (json_object_set_new(content, "subscription", json_stringn(topic.p, topic.n)) != 0) {
		return; /* a NUL in it */
	}
	char *text = json_dumps(content, JSON_COMPACT);
	struct str kept = arena_str(&arena, str_from(text));
	free(text);
	if (topic.n > 0) {
		kernel_frames_set(&frames, 0, topic);
	}
	kernel_message_add(session,
		&(struct kernel_message){.type = "iopub_welcome", .content = kept}, &frames);
	kernel_frames_send(&frames, iopub);
}

void kernel_send_status(
	struct kernel_session *session, void *iopub, struct str parent, const char *state)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(kernel_frames_done) struct kernel_frames frames = {0};
	kernel_frames_set(&frames, 0, S("kernel.thoth.status"));
	kernel_message_add(session,
		&(struct kernel_message){
			.type = "status",
			.parent = parent,
			.content = arena_printf(&arena, "{\"execution_state\":\"%s\"}", state),
		},
		&frames);
	kernel_frames_send(&frames, iopub);
}

void kernel_send_iopub(struct kernel_session *session, void *iopub, const char *type,
	struct str parent, const json_t *content)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(kernel_frames_done) struct kernel_frames frames = {0};
	char *text = json_dumps(content, JSON_COMPACT);
	kernel_frames_set(&frames, 0, arena_printf(&arena, "kernel.thoth.%s", type));
	kernel_message_add(session,
		&(struct kernel_message){.type = type, .parent = parent, .content = str_from(text)},
		&frames);
	kernel_frames_send(&frames, iopub);
	free(text);
}

void kernel_send_stream(
	struct kernel_session *session, void *iopub, struct str parent, const char *text)
{
	json_auto_t *content = json_pack("{s:s, s:s}", "name", "stderr", "text", text);
	kernel_send_iopub(session, iopub, "stream", parent, content);
}

void kernel_send_reply(struct kernel_session *session, void *socket,
	const struct kernel_frames *request, const struct kernel_wire *wire, const char *type,
	struct str content)
{
	AUTO(kernel_frames_done) struct kernel_frames frames = {0};
	for (size_t i = 0; i < wire->delimiter; i++) {
		kernel_frames_set(&frames, i, kernel_frames_at(request, i));
	}
	kernel_message_add(session,
		&(struct kernel_message){.type = type, .parent = wire->header, .content = content},
		&frames);
	kernel_frames_send(&frames, socket);
}

void kernel_send_request(
	struct kernel_session *session, void *socket, const char *type, struct str content)
{
	AUTO(kernel_frames_done) struct kernel_frames frames = {0};
	kernel_message_add(session,
		&(struct kernel_message){.type = type, .content = content, .to_kernel = true},
		&frames);
	kernel_frames_send(&frames, socket);
}
