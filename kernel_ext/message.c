#include "kernel_ext/message.h"
#include <jansson.h>
#include "common/clock.h"
#include "common/jsonread.h"
#include "common/jansson_text.h"
#include "common/banned.h"

/* Take the next value as a string, or skip it. */
static void take_string(struct jsonread *in, struct arena *arena, struct str *ret)
{
	if (jsonread_peek(in) == JSONREAD_STRING) {
		*ret = jsonread_string(in, arena);
	} else {
		jsonread_skip(in);
	}
}

static bool ended_well(struct jsonread *in)
{
	struct err err = {0};
	return jsonread_end(in, &err);
}

bool kernel_header_read(struct str json, struct arena *arena, struct kernel_header *ret)
{
	struct jsonread in = jsonread_start(json);
	struct kernel_header header = {0};
	struct str name;
	jsonread_object(&in);
	while (jsonread_key(&in, &name)) {
		if (str_eq(name, S("msg_type"))) {
			take_string(&in, arena, &header.msg_type);
		} else if (str_eq(name, S("msg_id"))) {
			take_string(&in, arena, &header.msg_id);
		} else if (str_eq(name, S("session"))) {
			take_string(&in, arena, &header.session);
		} else {
			jsonread_skip(&in);
		}
	}
	if (!ended_well(&in)) {
		return false;
	}
	*ret = header;
	return true;
}

/* Take true or false, or skip what is neither and keep `otherwise`. */
static bool take_bool(struct jsonread *in, bool otherwise)
{
	enum jsonread_kind kind = jsonread_peek(in);
	jsonread_skip(in);
	return kind == JSONREAD_TRUE || (kind != JSONREAD_FALSE && otherwise);
}

static struct str read_cell_id(struct str metadata, struct arena *arena)
{
	struct jsonread in = jsonread_start(metadata);
	struct str id = {0};
	struct str name;
	jsonread_object(&in);
	while (jsonread_key(&in, &name)) {
		if (str_eq(name, S("cellId"))) {
			take_string(&in, arena, &id);
		} else {
			jsonread_skip(&in);
		}
	}
	return ended_well(&in) ? id : (struct str){0};
}

bool kernel_execute_read(
	struct str content, struct str metadata, struct arena *arena, struct kernel_execute *ret)
{
	struct jsonread in = jsonread_start(content);
	struct str code = {0};
	bool silent = false;
	bool kept = true;
	struct str name;
	jsonread_object(&in);
	while (jsonread_key(&in, &name)) {
		if (str_eq(name, S("code"))) {
			take_string(&in, arena, &code);
		} else if (str_eq(name, S("silent"))) {
			silent = take_bool(&in, false);
		} else if (str_eq(name, S("store_history"))) {
			kept = take_bool(&in, true);
		} else {
			jsonread_skip(&in);
		}
	}
	if (!ended_well(&in)) {
		return false;
	}
	*ret = (struct kernel_execute){
		.code = code,
		.cell_id = read_cell_id(metadata, arena),
		.is_cell = !silent && kept,
	};
	return true;
}

void kernel_execute_read_count(struct str content, int64_t *ret)
{
	struct jsonread in = jsonread_start(content);
	int64_t count = *ret;
	struct str name;
	jsonread_object(&in);
	while (jsonread_key(&in, &name)) {
		bool is_count = str_eq(name, S("execution_count"));
		if (is_count && jsonread_peek(&in) == JSONREAD_NUMBER) {
			count = jsonread_int(&in);
		} else {
			jsonread_skip(&in);
		}
	}
	if (ended_well(&in) && count >= 0) {
		*ret = count;
	}
}

bool kernel_status_is_idle(struct str content)
{
	AUTO(arena_done) struct arena arena = {0};
	struct jsonread in = jsonread_start(content);
	struct str state = {0};
	struct str name;
	jsonread_object(&in);
	while (jsonread_key(&in, &name)) {
		if (str_eq(name, S("execution_state"))) {
			take_string(&in, &arena, &state);
		} else {
			jsonread_skip(&in);
		}
	}
	return str_eq(state, S("idle"));
}

bool kernel_info_is_python(struct str content)
{
	json_auto_t *info = json_loadb(content.p, content.n, 0, NULL);
	const json_t *language = json_object_get(info, "language_info");
	return str_eq(str_from(json_string_value(json_object_get(language, "name"))), S("python"));
}

bool kernel_info_add_banner(
	struct str content, const char *line, struct arena *arena, struct str *ret)
{
	json_auto_t *info = json_loadb(content.p, content.n, 0, NULL);
	const json_t *banner = json_object_get(info, "banner");
	if (!json_is_string(banner)) {
		return false;
	}
	struct str old = jansson_text(banner);
	struct str lines = arena_printf(arena, STR_FMT "\n%s", STR_ARG(str_trim_right(old)), line);
	json_object_set_new(info, "banner", json_stringn(lines.p, lines.n));
	char *text = json_dumps(info, JSON_COMPACT);
	*ret = arena_str(arena, str_from(text));
	free(text);
	return true;
}

static void random_id(char ret[33])
{
	unsigned char bytes[16];
	hash_random(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++) {
		snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
	}
}

void kernel_session_init(struct kernel_session *session, struct str key)
{
	*session = (struct kernel_session){.key = key};
	random_id(session->id);
	random_id(session->private_id);
}

void kernel_message_add(struct kernel_session *session, const struct kernel_message *message,
	struct kernel_frames *frames)
{
	AUTO(arena_done) struct arena arena = {0};
	const char *id = message->to_kernel ? session->private_id : session->id;
	struct str date = clock_rfc3339(&arena, clock_now_ms());
	session->count++;
	struct kernel_wire wire = {
		.header = arena_printf(&arena,
			"{\"msg_id\":\"%s_%llu\",\"session\":\"%s\",\"username\":\"thoth\","
			"\"date\":\"" STR_FMT "\",\"msg_type\":\"%s\",\"version\":\"5.5\"}",
			id, (unsigned long long)session->count, id, STR_ARG(date), message->type),
		.parent = message->parent.n == 0 ? S("{}") : message->parent,
		.metadata = S("{}"),
		.content = message->content,
	};
	char signature[HASH_HEX + 1];
	kernel_wire_sign(&wire, session->key, signature);
	const struct str parts[] = {S("<IDS|MSG>"), str_from(signature), wire.header, wire.parent,
		wire.metadata, wire.content};
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		kernel_frames_set(frames, frames->n, parts[i]);
	}
}
