#include "advise/save.h"
#include "advise/inputs.h"
#include "packaging/declared.h"
#include "common/jansson_text.h"
#include "common/banned.h"

struct saved {
	json_t *value; /* the new metadata.thoth */
	struct arena *arena;
	bool has_requirements, has_lock;
};

static json_t *list_of(json_t *requirements, const char *name)
{
	json_t *list = json_object_get(requirements, name);
	if (list == NULL) {
		list = json_array();
		json_object_set_new(requirements, name, list);
	}
	return list;
}

static json_t *map_of(json_t *requirements, const char *name)
{
	json_t *map = json_object_get(requirements, name);
	if (map == NULL) {
		map = json_object();
		json_object_set_new(requirements, name, map);
	}
	return map;
}

static void add_text(json_t *list, struct str text)
{
	size_t i;
	json_t *item;
	json_array_foreach(list, i, item)
	{
		struct str known = jansson_text(item);
		if (str_eq(known, text)) {
			return;
		}
		if (str_cmp(known, text) > 0) {
			break;
		}
	}
	json_array_insert_new(list, i, advise_json_text(text));
}

static void set_member(json_t *map, struct str name, struct str value, struct arena *arena)
{
	json_object_set_new(map, arena_cstr(arena, name), advise_json_text(value));
}

/* A package that is pinned to an index, and where that index is. */
static void add_pin(struct saved *saved, const struct declared *declared,
	const struct declared_item *item, json_t *requirements)
{
	struct arena *arena = saved->arena;
	set_member(map_of(requirements, "index-of"), item->name, item->index, arena);
	for (size_t i = 0; i < declared->indexes.n; i++) {
		const struct declared_index *index = &declared->indexes.p[i];
		if (str_eq(index->name, item->index)) {
			set_member(map_of(requirements, "indexes"), index->name, index->url, arena);
		}
	}
}

/* Requirements in the form of metadata.thoth; indexes only where something is pinned to them. */
static void add_declared(struct saved *saved, const struct declared *declared)
{
	json_t *requirements = map_of(saved->value, "requirements");
	struct str main = declared->indexes.n > 0 ? declared->indexes.p[0].name : S("");
	for (size_t i = 0; i < declared->items.n; i++) {
		const struct declared_item *item = &declared->items.p[i];
		bool dev = str_eq(item->group, S("dev"));
		add_text(list_of(requirements, item->constraint ? "constraints"
					       : dev            ? "dev"
								: "packages"),
			item->text);
		if (item->index.n > 0 && !str_eq(item->index, main)) {
			add_pin(saved, declared, item, requirements);
		}
	}
	for (size_t i = 0; i < declared->prereleases.n; i++) {
		add_text(list_of(requirements, "prereleases"), declared->prereleases.p[i]);
	}
	if (declared->python.n > 0) {
		json_object_set_new(requirements, "python", advise_json_text(declared->python));
	}
	saved->has_requirements = true;
}

static void add_lock(struct saved *saved, const struct lock *lock)
{
	json_t *value = nb_lock_value(saved->value, lock, NULL);
	json_decref(saved->value);
	saved->value = value;
	saved->has_lock = true;
}

static bool save_file(const struct advise_options *options, const struct save_file *file,
	struct saved *saved, struct err *err)
{
	struct advise_input input = {.path = file->path, .requirements = file->text};
	struct declared declared = {0};
	struct lock lock = {0};
	bool found = false;
	if (inputs_is_lock(file->path)) {
		if (!inputs_lock(options, &input, saved->arena, &lock, &found, err)) {
			return false;
		}
		add_lock(saved, &lock);
		return true;
	}
	if (!inputs_declared(options, &input, saved->arena, &declared, err)) {
		return err_in(err, file->path);
	}
	add_declared(saved, &declared);
	return true;
}

/* The older keys of the notebook itself. */
static bool save_others(const struct advise_options *options, const struct notebook *notebook,
	struct saved *saved, struct err *err)
{
	struct notebook view = *notebook;
	view.metadata = notebook->metadata == NULL ? json_object() : json_copy(notebook->metadata);
	json_object_del(view.metadata, "thoth");
	struct advise_input input = {.path = notebook->path, .notebook = &view};
	struct nb_requirements found;
	struct lock lock = {0};
	bool has_lock = false;
	bool fine = nb_requirements(&view, saved->arena, &found, err) &&
		    inputs_lock(options, &input, saved->arena, &lock, &has_lock, err);
	if (fine && found.source.n > 0) {
		struct declared declared = {.python = found.python};
		inputs_of_metadata(&found, saved->arena, &declared);
		add_declared(saved, &declared);
	}
	if (fine && has_lock) {
		add_lock(saved, &lock);
	}
	json_decref(view.metadata);
	if (fine && found.source.n == 0 && !has_lock) {
		err_in(err, notebook->path);
		err_hint(err, "name files, as in 'thoth save nb.ipynb Pipfile Pipfile.lock'");
		return err_set(err, ERR_INPUT,
			"nothing to save: no file was named, none lies beside the notebook, and "
			"its "
			"metadata has no older keys");
	}
	return fine;
}

/* What is there and would become something else. */
static bool may_replace(const json_t *old, const struct saved *saved, struct err *err)
{
	static const char *const members[] = {"requirements", "lock"};
	bool wanted[] = {saved->has_requirements, saved->has_lock};
	for (size_t i = 0; i < 2; i++) {
		const json_t *before = json_object_get(old, members[i]);
		if (wanted[i] && before != NULL &&
			!json_equal(before, json_object_get(saved->value, members[i]))) {
			err_hint(err, "give --force to replace it");
			return err_set(err, ERR_INPUT,
				"the notebook has other %s in metadata.thoth already",
				i == 0 ? "requirements" : "versions");
		}
	}
	return true;
}

bool save_value(const struct advise_options *options, const struct notebook *notebook,
	const struct save_file *files, size_t n_files, struct arena *arena, json_t **ret,
	bool *ret_changed, struct err *err)
{
	json_t *old = json_object_get(notebook->metadata, "thoth");
	struct advise_options *all = arena_new(arena, struct advise_options);
	*all = *options;
	all->dev = true; /* metadata has a place for them */
	struct saved saved = {.value = json_object(), .arena = arena};
	bool fine = true;
	for (size_t i = 0; fine && i < n_files; i++) {
		fine = save_file(all, &files[i], &saved, err);
	}
	fine = fine && (n_files > 0 || save_others(all, notebook, &saved, err));
	if (!fine || (!options->force && !may_replace(old, &saved, err))) {
		json_decref(saved.value);
		return false;
	}
	/* what was not saved stays as it is */
	json_t *value = json_is_object(old) ? json_deep_copy(old) : json_object();
	json_object_update(value, saved.value);
	json_object_set_new(value, "version", json_integer(1));
	if (saved.has_lock) { /* the reasons were those of another lock */
		json_object_del(value, "justification");
		json_object_del(value, "messages");
		json_object_del(value, "environments");
	}
	json_decref(saved.value);
	*ret_changed = !json_equal(value, old);
	*ret = value;
	return true;
}
