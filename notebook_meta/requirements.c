#include "notebook_meta/notebook_meta.h"
#include "common/vec.h"
#include "notebook_meta/jsontext.h"
#include "packaging/name.h"
#include "packaging/pipfile.h"
#include "packaging/requirement.h"
#include "common/jansson_text.h"
#include "common/banned.h"

typedef VEC(struct str) str_vec;

/* What is being gathered for struct nb_requirements. */
struct gathered {
	struct arena *arena;
	str_vec packages, dev, constraints, prereleases;
	str_vec index_names, index_urls, routed_names, routed_indexes;
};

static struct str held(const json_t *string, struct arena *arena)
{
	return arena_str(arena, jansson_text(string));
}

/* ---- metadata.thoth.requirements: our own form (cli.md 5), read strictly ---- */

static bool read_list(
	const json_t *from, const char *member, str_vec *ret, struct arena *arena, struct err *err)
{
	const json_t *list = json_object_get(from, member);
	if (list != NULL && !json_is_array(list)) {
		return err_set(err, ERR_INPUT, "expected a list as metadata.thoth.requirements.%s",
			member);
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		if (!json_is_string(item)) {
			return err_set(err, ERR_INPUT,
				"expected strings in metadata.thoth.requirements.%s", member);
		}
		*vec_push(arena, ret) = held(item, arena);
	}
	return true;
}

static bool read_map(const json_t *from, const char *member, str_vec *ret_names,
	str_vec *ret_values, struct arena *arena, struct err *err)
{
	json_t *map = json_object_get(from, member);
	if (map != NULL && !json_is_object(map)) {
		return err_set(err, ERR_INPUT,
			"expected an object as metadata.thoth.requirements.%s", member);
	}
	const char *key;
	json_t *value;
	json_object_foreach(map, key, value)
	{
		if (!json_is_string(value)) {
			return err_set(err, ERR_INPUT,
				"expected strings in metadata.thoth.requirements.%s", member);
		}
		*vec_push(arena, ret_names) = arena_str(arena, str_from(key));
		*vec_push(arena, ret_values) = held(value, arena);
	}
	return true;
}

static bool read_own(
	const json_t *own, struct gathered *all, struct str *ret_python, struct err *err)
{
	const json_t *python = json_object_get(own, "python");
	if (!json_is_object(own)) {
		return err_set(err, ERR_INPUT, "expected an object as metadata.thoth.requirements");
	}
	if (python != NULL && !json_is_string(python)) {
		return err_set(
			err, ERR_INPUT, "expected a string as metadata.thoth.requirements.python");
	}
	*ret_python = held(python, all->arena);
	return read_list(own, "packages", &all->packages, all->arena, err) &&
	       read_list(own, "dev", &all->dev, all->arena, err) &&
	       read_list(own, "constraints", &all->constraints, all->arena, err) &&
	       read_list(own, "prereleases", &all->prereleases, all->arena, err) &&
	       read_map(own, "indexes", &all->index_names, &all->index_urls, all->arena, err) &&
	       read_map(own, "index-of", &all->routed_names, &all->routed_indexes, all->arena, err);
}

/* ---- what other tools left (horus.md 1) ---- */

/* A value of metadata as a tree: it may be JSON in a string. False: it is neither that nor an object. */
static bool read_tree(const json_t *value, struct arena *arena, struct tree *ret)
{
	struct err ignored = {0};
	char *text = json_is_object(value) ? json_dumps(value, 0) : NULL;
	struct str json = text != NULL ? arena_str(arena, str_from(text)) : jansson_text(value);
	free(text);
	return json.n > 0 && tree_json(json, arena, ret, &ignored) && ret->kind == TREE_TABLE;
}

static void put_declared(const struct declared *declared, struct gathered *all)
{
	struct str main = declared->indexes.n > 0 ? declared->indexes.p[0].name : S("");
	for (size_t i = 0; i < declared->items.n; i++) {
		const struct declared_item *item = &declared->items.p[i];
		*vec_push(all->arena, item->group.n > 0 ? &all->dev : &all->packages) = item->text;
		/* the first source stands for the main index of the user's settings */
		if (item->index.n > 0 && !str_eq(item->index, main)) {
			*vec_push(all->arena, &all->routed_names) = item->name;
			*vec_push(all->arena, &all->routed_indexes) = item->index;
		}
	}
	for (size_t i = 0; i < declared->indexes.n; i++) {
		*vec_push(all->arena, &all->index_names) = declared->indexes.p[i].name;
		*vec_push(all->arena, &all->index_urls) = declared->indexes.p[i].url;
	}
	for (size_t i = 0; i < declared->prereleases.n; i++) {
		*vec_push(all->arena, &all->prereleases) = declared->prereleases.p[i];
	}
}

/* metadata.requirements: a Pipfile. *ret_found false: it is somebody else's key of that name. */
static bool read_pipfile(const json_t *metadata, struct gathered *all, struct str *ret_python,
	bool *ret_found, struct err *err)
{
	static const struct declared_choice choice = {.dev = true};
	struct declared declared;
	struct tree tree;
	*ret_found = read_tree(json_object_get(metadata, "requirements"), all->arena, &tree);
	if (!*ret_found) {
		return true;
	}
	if (!pipfile_read(&tree, &choice, all->arena, &declared, err)) {
		err->line = 0; /* of the JSON in the string: nobody sees those lines */
		err->column = 0;
		return err_prefix(err, "metadata.requirements");
	}
	put_declared(&declared, all);
	*ret_python = declared.python;
	return true;
}

/* metadata.uv or metadata.runt.uv: {"dependencies": [...], "requires-python": "..."}. */
static bool read_uv(const json_t *metadata, struct gathered *all, struct str *ret_python)
{
	const json_t *uv = json_object_get(metadata, "uv");
	uv = uv != NULL ? uv : json_object_get(json_object_get(metadata, "runt"), "uv");
	const json_t *list = json_object_get(uv, "dependencies");
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (json_is_string(json_array_get(list, i))) {
			*vec_push(all->arena, &all->packages) =
				held(json_array_get(list, i), all->arena);
		}
	}
	*ret_python = held(json_object_get(uv, "requires-python"), all->arena);
	return json_is_array(list);
}

/* The Python of the first environment in thoth_config, as "==3.11.*"; "" when there is none. */
static struct str config_python(const json_t *metadata, struct arena *arena)
{
	struct tree tree;
	if (!read_tree(json_object_get(metadata, "thoth_config"), arena, &tree)) {
		return S("");
	}
	const struct tree *environments = tree_get(&tree, S("runtime_environments"));
	bool any = environments != NULL && environments->kind == TREE_ARRAY && environments->n > 0;
	struct str python = any ? tree_text(&environments->items[0], S("python_version")) : S("");
	return python.n > 0 ? arena_printf(arena, "==" STR_FMT ".*", STR_ARG(python)) : S("");
}

static bool read_others(const json_t *metadata, struct gathered *all, struct str *ret_python,
	struct str *ret_source, struct err *err)
{
	bool found;
	if (!read_pipfile(metadata, all, ret_python, &found, err)) {
		return false;
	}
	if (found) {
		*ret_source = S("metadata.requirements");
	} else if (read_uv(metadata, all, ret_python)) {
		*ret_source = S("metadata.uv");
	}
	if (ret_python->n == 0) {
		*ret_python = config_python(metadata, all->arena);
	}
	return true;
}

bool nb_requirements(const struct notebook *notebook, struct arena *arena,
	struct nb_requirements *ret, struct err *err)
{
	struct gathered all = {.arena = arena};
	struct str python = S("");
	struct str source = S("");
	const json_t *own =
		json_object_get(json_object_get(notebook->metadata, "thoth"), "requirements");
	if (own != NULL) {
		source = S("metadata.thoth");
	}
	if (own != NULL ? !read_own(own, &all, &python, err)
			: !read_others(notebook->metadata, &all, &python, &source, err)) {
		return err_in(err, notebook->path);
	}
	*ret = (struct nb_requirements){.python = python,
		.source = source,
		.packages = all.packages.p,
		.n_packages = all.packages.n,
		.dev = all.dev.p,
		.n_dev = all.dev.n,
		.constraints = all.constraints.p,
		.n_constraints = all.constraints.n,
		.prereleases = all.prereleases.p,
		.n_prereleases = all.prereleases.n,
		.index_names = all.index_names.p,
		.index_urls = all.index_urls.p,
		.n_indexes = all.index_urls.n,
		.routed_names = all.routed_names.p,
		.routed_indexes = all.routed_indexes.p,
		.n_routed = all.routed_names.n};
	return true;
}

/* ---- add and remove ---- */

/* metadata.thoth of the notebook as a deep copy to change; an empty object when there is none. */
static json_t *own_copy(const struct notebook *notebook)
{
	json_t *own = json_object_get(notebook->metadata, "thoth");
	json_t *copy = own == NULL ? json_object() : json_deep_copy(own);
	if (copy == NULL) {
		arena_die("out of memory");
	}
	return copy;
}

/* The member of that name and type, made when missing. NULL with err when it is something else. */
static json_t *member_of(json_t *object, const char *name, bool list, struct err *err)
{
	json_t *member = json_object_get(object, name);
	if (member == NULL) {
		member = list ? json_array() : json_object();
		json_object_set_new(object, name, member);
	}
	if (list ? !json_is_array(member) : !json_is_object(member)) {
		err_set(err, ERR_INPUT, "expected %s as '%s' in metadata.thoth",
			list ? "a list" : "an object", name);
		return NULL;
	}
	return member;
}

/* The stored line is about this (normalised) name. What does not parse is judged by its first word. */
static bool is_about(struct str line, struct str name, struct arena *arena)
{
	line = str_trim(line);
	size_t n = 0;
	while (n < line.n && (char_is_alnum(line.p[n]) || memchr("-_.", line.p[n], 3) != NULL)) {
		n++;
	}
	return str_eq(name_normal(str_slice(line, 0, n), arena), name);
}

/* Take every line about name out of the list; how many there were. */
static size_t drop_lines(json_t *list, struct str name, struct arena *arena)
{
	size_t n = 0;
	for (size_t i = json_array_size(list); i-- > 0;) {
		const json_t *line = json_array_get(list, i);
		if (json_is_string(line) && is_about(jansson_text(line), name, arena)) {
			json_array_remove(list, i);
			n++;
		}
	}
	return n;
}

/* Put text at its place by bytes; after the last smaller line when the list is not sorted. */
static void insert_line(json_t *list, struct str text)
{
	size_t at = json_array_size(list);
	while (at > 0 && str_cmp(jansson_text(json_array_get(list, at - 1)), text) > 0) {
		at--;
	}
	json_array_insert_new(list, at, jsontext_string(text));
}

bool nb_add_requirement(const struct notebook *notebook, struct str requirement, bool dev,
	json_t **ret, bool *ret_changed, struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	json_auto_t *thoth = own_copy(notebook);
	struct str text = str_trim(requirement);
	struct requirement parsed;
	if (!requirement_parse(text, &arena, &parsed, err)) {
		err->kind = ERR_USAGE;
		return false;
	}
	json_t *requirements = member_of(thoth, "requirements", false, err);
	json_t *list = requirements == NULL
			       ? NULL
			       : member_of(requirements, dev ? "dev" : "packages", true, err);
	if (list == NULL) {
		return err_in(err, notebook->path);
	}
	drop_lines(list, parsed.name, &arena);
	insert_line(list, text);
	if (json_object_get(thoth, "version") == NULL) {
		json_object_set_new(thoth, "version", json_integer(1));
	}
	*ret_changed = !json_equal(thoth, json_object_get(notebook->metadata, "thoth"));
	*ret = json_incref(thoth);
	return true;
}

bool nb_pin_requirement(const struct notebook *notebook, struct str name, struct str alias,
	struct str url, json_t **ret, bool *ret_changed, struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	json_auto_t *thoth = own_copy(notebook);
	json_t *requirements = member_of(thoth, "requirements", false, err);
	json_t *pins =
		requirements == NULL ? NULL : member_of(requirements, "index-of", false, err);
	json_t *indexes =
		pins == NULL || url.n == 0 ? NULL : member_of(requirements, "indexes", false, err);
	if (pins == NULL || (indexes == NULL && url.n > 0)) {
		return err_in(err, notebook->path);
	}
	json_object_set_new(
		pins, arena_cstr(&arena, name_normal(name, &arena)), jsontext_string(alias));
	if (indexes != NULL) {
		json_object_set_new(indexes, arena_cstr(&arena, alias), jsontext_string(url));
	}
	*ret_changed = !json_equal(thoth, json_object_get(notebook->metadata, "thoth"));
	*ret = json_incref(thoth);
	return true;
}

/* Take the pins of a (normalised) name out, and the index when nothing else is pinned to it. */
static void drop_pin(json_t *requirements, struct str name, struct arena *arena)
{
	json_t *pins = json_object_get(requirements, "index-of");
	json_t *indexes = json_object_get(requirements, "indexes");
	const char *key;
	json_t *value;
	void *next;
	json_object_foreach_safe(pins, next, key, value)
	{
		if (!str_eq(name_normal(str_from(key), arena), name)) {
			continue;
		}
		const char *alias = arena_cstr(arena, jansson_text(value));
		json_object_del(pins, key);
		bool used = false;
		const char *other;
		json_t *of;
		json_object_foreach(pins, other, of)
		{
			used = used || str_eq(jansson_text(of), str_from(alias));
		}
		if (!used) {
			json_object_del(indexes, alias);
		}
	}
}

/* Take `member` out of object when it is empty. */
static void drop_empty(json_t *object, const char *member)
{
	const json_t *value = json_object_get(object, member);
	if ((json_is_array(value) && json_array_size(value) == 0) ||
		(json_is_object(value) && json_object_size(value) == 0)) {
		json_object_del(object, member);
	}
}

bool nb_remove_requirement(const struct notebook *notebook, struct str name, json_t **ret,
	bool *ret_changed, struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	json_auto_t *thoth = own_copy(notebook);
	name = str_trim(name);
	if (!name_is_valid(name)) {
		AUTO(buf_done) struct buf shown = {0};
		buf_add_shown(&shown, name, true);
		err_hint(err, "give the name alone, as in: thoth remove NOTEBOOK flask");
		return err_set(err, ERR_USAGE, "expected a package name, got '" STR_FMT "'",
			STR_ARG(buf_str(&shown)));
	}
	name = name_normal(name, &arena);
	json_t *requirements = json_object_get(thoth, "requirements");
	size_t dropped = drop_lines(json_object_get(requirements, "packages"), name, &arena) +
			 drop_lines(json_object_get(requirements, "dev"), name, &arena);
	*ret_changed = dropped > 0;
	if (dropped > 0) {
		drop_pin(requirements, name, &arena);
		drop_empty(requirements, "index-of");
		drop_empty(requirements, "indexes");
		drop_empty(requirements, "packages");
		drop_empty(requirements, "dev");
		drop_empty(thoth, "requirements");
	}
	bool nothing =
		json_object_size(thoth) == 0 || (dropped > 0 && json_object_size(thoth) == 1 &&
							json_object_get(thoth, "version") != NULL);
	*ret = nothing ? NULL : json_incref(thoth);
	return true;
}

bool nb_declares(const struct nb_requirements *declared, struct str name, struct arena *arena)
{
	for (size_t i = 0; i < declared->n_packages; i++) {
		struct requirement requirement;
		struct err ignored = {0};
		if (requirement_parse(declared->packages[i], arena, &requirement, &ignored) &&
			str_eq(requirement.name, name)) {
			return true;
		}
	}
	return false;
}
