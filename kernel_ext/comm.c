#include "kernel_ext/comm.h"
#include "common/jansson_text.h"
#include "common/log.h"
#include "kernel_ext/display.h"
#include "common/banned.h"

static const char target[] = "thoth";

void kernel_comms_init(struct kernel_comms *comms, struct kernel_session *session, void *iopub)
{
	*comms = (struct kernel_comms){.session = session, .iopub = iopub};
}

static void drop(struct kernel_comm *comm)
{
	free(comm->header);
	json_decref(comm->path);
	json_decref(comm->metadata);
	json_decref(comm->cells);
	json_decref(comm->differs);
	*comm = (struct kernel_comm){0};
}

void kernel_comms_done(struct kernel_comms *comms)
{
	for (size_t i = 0; i < comms->n; i++) {
		drop(&comms->comm[i]);
	}
	for (size_t i = 0; i < KERNEL_INFO_ASKED_MAX; i++) {
		free(comms->info_asked[i]);
	}
	*comms = (struct kernel_comms){0};
}

struct kernel_comm *kernel_comms_find(struct kernel_comms *comms, struct str id)
{
	for (size_t i = 0; i < comms->n; i++) {
		if (str_eq(str_from(comms->comm[i].id), id)) {
			return &comms->comm[i];
		}
	}
	return NULL;
}

void kernel_comms_close(struct kernel_comms *comms, struct kernel_comm *comm)
{
	size_t i = (size_t)(comm - comms->comm);
	drop(comm);
	comms->n--;
	memmove(&comms->comm[i], &comms->comm[i + 1], (comms->n - i) * sizeof(comms->comm[0]));
	comms->comm[comms->n] = (struct kernel_comm){0};
}

static struct kernel_comm *longest_silent(struct kernel_comms *comms)
{
	struct kernel_comm *found = &comms->comm[0];
	for (size_t i = 1; i < comms->n; i++) {
		if (comms->comm[i].spoke < found->spoke) {
			found = &comms->comm[i];
		}
	}
	return found;
}

struct kernel_comm *kernel_comms_open(struct kernel_comms *comms, struct str id)
{
	struct kernel_comm *known = kernel_comms_find(comms, id);
	if (known != NULL) {
		kernel_comms_close(comms, known);
	} else if (comms->n == KERNEL_COMMS_MAX) {
		kernel_comms_close(comms, longest_silent(comms));
	}
	struct kernel_comm *comm = &comms->comm[comms->n++];
	*comm = (struct kernel_comm){0};
	memcpy(comm->id, id.p, id.n);
	return comm;
}

/* Cheap: most comm messages are other people's, and may be large. */
static bool may_be_ours(const struct kernel_comms *comms, bool opens, struct str content)
{
	if (content.n > KERNEL_COMM_DATA_MAX) {
		return false;
	}
	if (opens) {
		return str_find(content, S("\"thoth\"")) >= 0;
	}
	for (size_t i = 0; i < comms->n; i++) {
		if (str_find(content, str_from(comms->comm[i].id)) >= 0) {
			return true;
		}
	}
	return false;
}

bool kernel_comms_read(const struct kernel_comms *comms, struct str msg_type, struct str content,
	struct kernel_comm_message *ret)
{
	static const struct str types[] = {
		STR_INIT("comm_open"), STR_INIT("comm_msg"), STR_INIT("comm_close")};
	struct kernel_comm_message message = {0};
	size_t kind = 0;
	while (kind < 3 && !str_eq(msg_type, types[kind])) {
		kind++;
	}
	message.kind = (enum kernel_comm_kind)kind;
	bool opens = kind == KERNEL_COMM_OPEN;
	if (kind == 3 || !may_be_ours(comms, opens, content)) {
		return false;
	}
	message.content = json_loadb(content.p, content.n, JSON_ALLOW_NUL, NULL);
	message.data = json_object_get(message.content, "data");
	message.id = jansson_text(json_object_get(message.content, "comm_id"));
	bool ours = opens ? str_eq(jansson_text(json_object_get(message.content, "target_name")),
				    str_from(target))
			  : kernel_comms_find((struct kernel_comms *)comms, message.id) != NULL;
	if (!ours || message.id.n == 0 || message.id.n > KERNEL_COMM_ID_MAX ||
		memchr(message.id.p, '\0', message.id.n) != NULL) {
		json_decref(message.content);
		return false;
	}
	if (!json_is_object(message.data)) {
		json_object_set_new(message.content, "data", json_object());
		message.data = json_object_get(message.content, "data");
	}
	*ret = message;
	return true;
}

static void keep(json_t **slot, json_t *value)
{
	json_t *old = *slot;
	*slot = json_incref(value);
	json_decref(old);
}

void kernel_comms_set_metadata(struct kernel_comm *comm, json_t *metadata)
{
	json_t *value = json_is_object(metadata) ? metadata : NULL;
	if (value != comm->metadata && !json_equal(value, comm->metadata)) {
		comm->state = NULL; /* what was seen was of the old one */
		comm->failed = false;
	}
	keep(&comm->metadata, value);
}

/* Text that a front end may say: a path, and nothing that a terminal would obey. */
static bool is_plain(json_t *value)
{
	return json_is_string(value) && json_string_length(value) < 4096 &&
	       memchr(json_string_value(value), '\0', json_string_length(value)) == NULL;
}

void kernel_comms_heard(
	struct kernel_comms *comms, struct kernel_comm *comm, struct str header, json_t *data)
{
	json_t *path = json_object_get(data, "path");
	json_t *metadata = json_object_get(data, "metadata");
	json_t *cells = json_object_get(data, "cells");
	comm->spoke = ++comms->spoken;
	comm->mute = false;
	if (header.n <= KERNEL_COMM_HEADER_MAX) {
		free(comm->header);
		comm->header = str_copy(header);
		comm->n_header = header.n;
	}
	if (is_plain(path)) {
		keep(&comm->path, path);
	}
	if (json_is_object(metadata) || json_is_null(metadata)) {
		kernel_comms_set_metadata(comm, metadata);
	}
	if (json_is_array(cells)) {
		comm->failed &= json_equal(comm->cells, cells);
		keep(&comm->cells, cells);
		comm->asked_cells = false;
	}
}

void kernel_comms_send(struct kernel_comms *comms, const struct kernel_comm *comm, json_t *data)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(kernel_frames_done) struct kernel_frames frames = {0};
	json_auto_t *content = json_object();
	json_object_set_new(content, "comm_id", json_string(comm->id));
	json_object_set(content, "data", data);
	char *text = json_dumps(content, JSON_COMPACT);
	if (text == NULL) { /* not possible for what we made or read */
		log_warn("kernel", "a comm message could not be written");
		return;
	}
	kernel_frames_set(&frames, 0, arena_printf(&arena, "comm-%s", comm->id));
	kernel_message_add(comms->session,
		&(struct kernel_message){
			.type = "comm_msg",
			.parent = {comm->header, comm->n_header},
			.content = str_from(text),
        },
		&frames);
	kernel_frames_send(&frames, comms->iopub);
	free(text);
}

struct str kernel_comm_path(const struct kernel_comm *comm)
{
	return jansson_text(comm->path);
}

static bool holds_cell(const struct kernel_comm *comm, struct str cell_id)
{
	size_t i;
	json_t *cell;
	json_array_foreach(comm->cells, i, cell)
	{
		if (str_eq(jansson_text(json_object_get(cell, "id")), cell_id)) {
			return true;
		}
	}
	return false;
}

struct kernel_comm *kernel_comms_of_cell(struct kernel_comms *comms, struct str cell_id)
{
	struct kernel_comm *found = NULL;
	bool one_notebook = true;
	for (size_t i = 0; i < comms->n; i++) {
		struct kernel_comm *comm = &comms->comm[i];
		one_notebook &= str_eq(kernel_comm_path(comm), kernel_comm_path(&comms->comm[0]));
		if (cell_id.n > 0 && holds_cell(comm, cell_id)) {
			return comm;
		}
		if (cell_id.n == 0 || comm->cells == NULL || comm->mute) {
			found = comm;
		}
	}
	return one_notebook ? found : NULL;
}

void kernel_comms_info_asked(struct kernel_comms *comms, struct str msg_id, struct str content)
{
	json_auto_t *request = json_loadb(content.p, content.n, 0, NULL);
	struct str wanted = jansson_text(json_object_get(request, "target_name"));
	if (comms->n == 0 || msg_id.n == 0 || msg_id.n > KERNEL_COMM_HEADER_MAX ||
		(wanted.n > 0 && !str_eq(wanted, str_from(target)))) {
		return; /* somebody who asks for widgets must not meet us */
	}
	char **slot = &comms->info_asked[comms->n_info_asked++ % KERNEL_INFO_ASKED_MAX];
	free(*slot);
	*slot = str_copy(msg_id);
}

static bool was_asked(struct kernel_comms *comms, struct str msg_id)
{
	for (size_t i = 0; i < KERNEL_INFO_ASKED_MAX; i++) {
		char **slot = &comms->info_asked[i];
		if (*slot != NULL && str_eq(str_from(*slot), msg_id)) {
			free(*slot);
			*slot = NULL;
			return true;
		}
	}
	return false;
}

bool kernel_comms_info_add(struct kernel_comms *comms, struct str parent_id, struct str content,
	struct arena *arena, struct str *ret)
{
	if (!was_asked(comms, parent_id)) {
		return false;
	}
	json_auto_t *reply = json_loadb(content.p, content.n, 0, NULL);
	json_t *list = json_object_get(reply, "comms");
	if (!json_is_object(list)) {
		return false;
	}
	for (size_t i = 0; i < comms->n; i++) {
		json_object_set_new(
			list, comms->comm[i].id, json_pack("{s:s}", "target_name", target));
	}
	char *text = json_dumps(reply, JSON_COMPACT);
	*ret = arena_str(arena, str_from(text));
	free(text);
	return true;
}
