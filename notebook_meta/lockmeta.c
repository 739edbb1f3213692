#include "notebook_meta/notebook_meta.h"
#include <limits.h>
#include "common/vec.h"
#include "notebook_meta/jsontext.h"
#include "packaging/export.h"
#include "common/jansson_text.h"
#include "common/banned.h"

/* ---- lock to JSON (the form is cli.md 5) ---- */

static void set_text(json_t *object, const char *member, struct str text)
{
	if (text.n > 0) {
		json_object_set_new(object, member, jsontext_string(text));
	}
}

/* member = value, which is taken over, or gone when value is empty. */
static void set_unless_empty(json_t *object, const char *member, json_t *value)
{
	if (json_object_size(value) > 0 || json_array_size(value) > 0) {
		json_object_set_new(object, member, value);
	} else {
		json_object_del(object, member);
		json_decref(value);
	}
}

/*
 * Where the reason of a package stands: under its name; of a name that is locked at several versions
 * only the newest does, the others under "name==version".
 */
static struct str reason_key(const struct lock *lock, size_t i, struct arena *arena)
{
	const struct locked_package *p = &lock->packages[i];
	bool newest = i + 1 == lock->n || !str_eq(lock->packages[i + 1].name, p->name);
	return newest ? p->name
		      : arena_printf(
				arena, STR_FMT "==" STR_FMT, STR_ARG(p->name), STR_ARG(p->version));
}

static json_t *lock_object(const struct lock *lock)
{
	AUTO(buf_done) struct buf line = {0};
	json_t *object = json_object();
	json_t *packages = json_array();
	json_t *index_of = json_object();
	json_t *versions = json_object();
	for (size_t i = 0; i < lock->n; i++) {
		const struct locked_package *package = &lock->packages[i];
		buf_reset(&line);
		export_requirement_line(package, &line);
		json_array_append_new(packages, jsontext_string(buf_str(&line)));
		if (package->url.n > 0) { /* the line names no version */
			json_object_setn_new(versions, package->name.p, package->name.n,
				jsontext_string(package->version));
		}
		if (package->other_index && package->index.n > 0) {
			json_object_setn_new(index_of, package->name.p, package->name.n,
				jsontext_string(package->index));
		}
	}
	set_unless_empty(object, "versions", versions);
	set_text(object, "inputs", lock->inputs);
	set_unless_empty(object, "index-of", index_of);
	json_object_set_new(object, "packages", packages); /* an empty lock is a lock */
	return object;
}

static json_t *message_object(const struct lock_message *message)
{
	json_t *object = json_object();
	set_text(object, "type", message->type);
	set_text(object, "package", message->package);
	set_text(object, "version", message->version);
	set_text(object, "message", message->message);
	set_text(object, "link", message->link);
	set_text(object, "unit", message->unit);
	set_text(object, "cell_id", message->origin.cell_id);
	if (message->origin.cell_id.n == 0 && message->origin.cell > 0) {
		json_object_set_new(object, "cell", json_integer(message->origin.cell - 1));
	}
	if (message->origin.line > 0) {
		json_object_set_new(object, "line", json_integer(message->origin.line));
	}
	return object;
}

/* The old lock says the same, whenever it was made. */
static bool same_but_created(const json_t *old, const json_t *new)
{
	json_auto_t *copy = json_copy((json_t *)old); /* jansson's copy takes no const */
	if (!json_is_object(copy)) {
		return false;
	}
	json_object_del(copy, "created");
	return json_equal(copy, new);
}

json_t *nb_lock_value(json_t *old, const struct lock *lock, json_t *resolution)
{
	AUTO(arena_done) struct arena arena = {0};
	json_t *value = json_is_object(old) ? json_deep_copy(old) : json_object();
	json_t *new_lock = lock_object(lock);
	json_t *justification = json_object();
	json_t *messages = json_array();
	json_t *environments = json_array();
	if (value == NULL || new_lock == NULL || justification == NULL || messages == NULL ||
		environments == NULL) {
		arena_die("out of memory");
	}
	for (size_t i = 0; i < lock->n; i++) {
		if (lock->packages[i].reason.n > 0) {
			struct str key = reason_key(lock, i, &arena);
			json_object_setn_new(justification, key.p, key.n,
				jsontext_string(lock->packages[i].reason));
		}
	}
	for (size_t i = 0; i < lock->n_messages; i++) {
		json_array_append_new(messages, message_object(&lock->messages[i]));
	}
	for (size_t i = 0; i < lock->n_environments; i++) {
		json_array_append_new(environments, jsontext_string(lock->environments[i]));
	}
	const json_t *old_lock = json_object_get(old, "lock");
	struct str old_created = jansson_text(json_object_get(old_lock, "created"));
	bool same = old_created.n > 0 && same_but_created(old_lock, new_lock) &&
		    json_equal(json_object_get(old, "environments"), environments);
	set_text(new_lock, "created", same ? old_created : lock->created);
	json_object_set_new(value, "version", json_integer(1));
	json_object_set_new(value, "lock", new_lock);
	set_unless_empty(value, "justification", justification);
	set_unless_empty(value, "messages", messages);
	set_unless_empty(value, "environments", environments);
	if (resolution != NULL) {
		json_object_set(value, "resolution", resolution);
	} else {
		json_object_del(value, "resolution");
	}
	return value;
}

/* ---- and back ---- */

static struct str text_of(const json_t *object, const char *member, struct arena *arena)
{
	return arena_str(arena, jansson_text(json_object_get(object, member)));
}

static bool expect_list(const json_t *value, const char *what, struct err *err)
{
	if (value != NULL && !json_is_array(value)) {
		return err_set(err, ERR_INPUT, "expected a list as metadata.thoth.%s", what);
	}
	return true;
}

static bool read_package(const json_t *thoth, const json_t *index_of, struct str line,
	struct arena *arena, struct locked_package *ret, struct err *err)
{
	if (!export_read_line(line, arena, ret, err)) {
		return false;
	}
	const char *name = arena_cstr(arena, ret->name);
	ret->index = text_of(index_of, name, arena);
	ret->other_index = ret->index.n > 0;
	if (ret->url.n > 0) {
		const json_t *versions =
			json_object_get(json_object_get(thoth, "lock"), "versions");
		struct str version = text_of(versions, name, arena);
		ret->version = version.n > 0 ? version : ret->version;
	}
	const json_t *reasons = json_object_get(thoth, "justification");
	struct str own = arena_printf(arena, "%s==" STR_FMT, name, STR_ARG(ret->version));
	ret->reason = text_of(reasons, own.p, arena);
	ret->reason = ret->reason.n > 0 ? ret->reason : text_of(reasons, name, arena);
	return true;
}

static bool read_packages(
	const json_t *thoth, struct arena *arena, struct lock *ret, struct err *err)
{
	const json_t *lock = json_object_get(thoth, "lock");
	const json_t *lines = json_object_get(lock, "packages");
	const json_t *index_of = json_object_get(lock, "index-of");
	if (!json_is_array(lines)) {
		return err_set(err, ERR_INPUT, "expected a list as metadata.thoth.lock.packages");
	}
	ret->n = json_array_size(lines);
	struct locked_package *packages = arena_array(arena, struct locked_package, ret->n);
	for (size_t i = 0; i < ret->n; i++) {
		struct str line = arena_str(arena, jansson_text(json_array_get(lines, i)));
		if (!read_package(thoth, index_of, line, arena, &packages[i], err)) {
			return err_prefix(err, "line %zu of metadata.thoth.lock.packages", i + 1);
		}
	}
	ret->packages = packages;
	return true;
}

/* Cells count from 0 in JSON and from 1 in memory, where 0 is "unknown". */
static int cell_of(const json_t *from)
{
	json_t *cell = json_object_get(from, "cell");
	json_int_t value = json_integer_value(cell);
	return json_is_integer(cell) && value >= 0 && value < INT_MAX ? (int)value + 1 : 0;
}

static void read_messages(const json_t *list, struct arena *arena, struct lock *ret)
{
	ret->n_messages = json_array_size(list);
	struct lock_message *messages = arena_array(arena, struct lock_message, ret->n_messages);
	for (size_t i = 0; i < ret->n_messages; i++) {
		const json_t *from = json_array_get(list, i);
		messages[i] = (struct lock_message){
			.type = text_of(from, "type", arena),
			.package = text_of(from, "package", arena),
			.version = text_of(from, "version", arena),
			.message = text_of(from, "message", arena),
			.link = text_of(from, "link", arena),
			.unit = text_of(from, "unit", arena),
			.origin.cell_id = text_of(from, "cell_id", arena),
			.origin.cell = cell_of(from),
			.origin.line = (int)json_integer_value(json_object_get(from, "line")),
		};
	}
	ret->messages = messages;
}

bool nb_lock_read(const struct notebook *notebook, struct arena *arena, struct lock *ret,
	bool *ret_found, struct err *err)
{
	const json_t *thoth = json_object_get(notebook->metadata, "thoth");
	const json_t *object = json_object_get(thoth, "lock");
	const json_t *environments = json_object_get(thoth, "environments");
	const json_t *messages = json_object_get(thoth, "messages");
	struct lock lock = {0};
	if (object == NULL) {
		*ret_found = false;
		return true;
	}
	if (!json_is_object(object)) {
		err_set(err, ERR_INPUT, "expected an object as metadata.thoth.lock");
		return err_in(err, notebook->path);
	}
	if (!expect_list(environments, "environments", err) ||
		!expect_list(messages, "messages", err) ||
		!read_packages(thoth, arena, &lock, err)) {
		return err_in(err, notebook->path);
	}
	lock.inputs = text_of(object, "inputs", arena);
	lock.created = text_of(object, "created", arena);
	lock.n_environments = json_array_size(environments);
	struct str *names = arena_array(arena, struct str, lock.n_environments);
	for (size_t i = 0; i < lock.n_environments; i++) {
		names[i] = arena_str(arena, jansson_text(json_array_get(environments, i)));
	}
	lock.environments = names;
	read_messages(messages, arena, &lock);
	*ret = lock;
	*ret_found = true;
	return true;
}
