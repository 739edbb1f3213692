#include "kernel_ext/ask.h"
#include "kernel_ext/worker.h"
#include "common/jansson_text.h"
#include "common/banned.h"

enum { OPTIONS_MAX = 64 };

bool kernel_ask_locks(const struct kernel_ask *ask)
{
	struct str word = str_trim(ask->magic.line);
	if (ask->kind != KERNEL_ASK_CELL) {
		return ask->kind == KERNEL_ASK_LOCK;
	}
	(void)str_cut(word, S(" "), &word, &(struct str){0});
	return str_eq(word, S("lock")) || str_eq(word, S("update")) ||
	       str_find(ask->magic.line, S(" --lock")) >= 0;
}

/* The notebook as a front end shows it, or NULL when it has not told its cells. */
static json_t *notebook_of(const struct kernel_ask *ask, const struct kernel_comm *comm)
{
	if (comm == NULL || comm->cells == NULL) {
		return NULL;
	}
	json_t *thoth = json_incref(comm->metadata);
	json_t *requirements = json_object_get(ask->data, "requirements");
	if (json_is_object(requirements)) {
		json_t *edited =
			thoth == NULL ? json_pack("{s:i}", "version", 1) : json_copy(thoth);
		json_object_set(edited, "requirements", requirements);
		json_decref(thoth);
		thoth = edited;
	}
	json_t *metadata = json_object();
	if (thoth != NULL) {
		json_object_set_new(metadata, "thoth", thoth);
	}
	return json_pack("{s:O?,s:o,s:O,s:b}", "path", comm->path, "metadata", metadata, "cells",
		comm->cells, "attached", 1);
}

/* For an install cell: what was executed, and what the notebook declares. */
static json_t *executed_notebook(const struct kernel_comm *comm, const struct kernel_cells *cells)
{
	json_t *metadata = json_object();
	if (comm != NULL && comm->metadata != NULL) {
		json_object_set(metadata, "thoth", comm->metadata);
	}
	return json_pack("{s:n,s:o,s:o}", "path", "metadata", metadata, "cells",
		kernel_cells_json(cells, KERNEL_LINE_MAX / 2));
}

/* {"upgrade":true,"limit":5,"constraint":["a"]} as words. */
static void add_options(json_t *options, json_t *arguments)
{
	const char *key;
	json_t *value;
	json_object_foreach(options, key, value)
	{
		AUTO(arena_done) struct arena arena = {0};
		if (strspn(key, "abcdefghijklmnopqrstuvwxyz-") != strlen(key) || key[0] == '\0') {
			continue; /* no option of ours */
		}
		json_t *list = json_is_array(value) ? json_incref(value) : json_pack("[O]", value);
		for (size_t i = 0; i < json_array_size(list); i++) {
			json_t *one = json_array_get(list, i);
			struct str word = arena_printf(&arena, "--%s", key);
			if (json_is_string(one)) {
				word = arena_printf(&arena, "--%s=%s", key, json_string_value(one));
			} else if (json_is_integer(one)) {
				word = arena_printf(&arena, "--%s=%lld", key,
					(long long)json_integer_value(one));
			} else if (!json_is_true(one)) {
				continue;
			}
			if (json_array_size(arguments) < OPTIONS_MAX) {
				json_array_append_new(arguments, json_stringn(word.p, word.n));
			}
		}
		json_decref(list);
	}
}

/* Command and arguments of a front end's request. */
static json_t *arguments_of(const struct kernel_ask *ask, const char **ret_command)
{
	json_t *arguments = json_array();
	json_t *package = json_object_get(ask->data, "package");
	switch (ask->kind) {
	case KERNEL_ASK_CELL:
	case KERNEL_ASK_LOCK:
		*ret_command = "lock";
		add_options(json_object_get(ask->data, "options"), arguments);
		break;
	case KERNEL_ASK_ADD:
	case KERNEL_ASK_REMOVE: {
		size_t i;
		json_t *one;
		*ret_command = ask->kind == KERNEL_ASK_ADD ? "add" : "remove";
		json_array_foreach(json_object_get(ask->data, "requirements"), i, one)
		{
			json_array_append(arguments, one);
		}
		break;
	}
	case KERNEL_ASK_WHY:
		*ret_command = "why";
		json_array_append(arguments, package);
		break;
	case KERNEL_ASK_LOOK:
		*ret_command = "look";
		break;
	case KERNEL_ASK_INSTALLED:
		*ret_command = "installed";
		break;
	case KERNEL_ASK_INSTALLS:
		*ret_command = "installs";
		break;
	case KERNEL_ASK_COMPLETE:
		*ret_command = "complete";
		json_array_append_new(
			arguments, json_string(package != NULL ? "versions" : "names"));
		json_array_append(
			arguments, package != NULL ? package : json_object_get(ask->data, "name"));
		break;
	}
	return arguments;
}

/* The words of a front end's request must be as harmless as those of a cell. */
static bool check_arguments(
	const json_t *arguments, bool options, struct arena *arena, struct err *err)
{
	size_t n = json_array_size(arguments);
	struct kernel_words words = {.p = arena_array(arena, struct str, n)};
	for (size_t i = 0; i < n; i++) {
		struct str word = jansson_text(json_array_get(arguments, i));
		if (word.n == 0 || (!options && word.p[0] == '-')) {
			return err_set(err, ERR_USAGE, "expected a name or a requirement");
		}
		words.p[words.n++] = word;
	}
	return kernel_words_check(&words, err);
}

bool kernel_ask_request(const struct kernel_ask *ask, const struct kernel_comm *comm,
	const struct kernel_cells *cells, struct arena *arena, struct str *ret, struct err *err)
{
	json_auto_t *notebook = ask->kind == KERNEL_ASK_INSTALLS ? executed_notebook(comm, cells)
								 : notebook_of(ask, comm);
	if (ask->kind == KERNEL_ASK_CELL) {
		return kernel_magic_request(&ask->magic, ask->id, cells, notebook, arena, ret, err);
	}
	const char *command = "";
	json_auto_t *arguments = arguments_of(ask, &command);
	if (!check_arguments(arguments, ask->kind == KERNEL_ASK_LOCK, arena, err)) {
		return false;
	}
	json_t *request = json_pack("{s:I,s:s,s:O,s:i}", "id", (json_int_t)ask->id, "command",
		command, "arguments", arguments, "columns", KERNEL_COLUMNS_DEFAULT);
	if (ask->kind == KERNEL_ASK_INSTALLS) {
		json_object_update_missing(request, ask->data);
	}
	return kernel_request_text(request, cells, notebook, arena, ret, err);
}
