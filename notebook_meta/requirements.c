#include "notebook_meta/notebook_meta.h"
#include "common/vec.h"
#include "notebook_meta/jsontext.h"
#include "packaging/name.h"
#include "packaging/requirement.h"
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
	return arena_str(arena, jsontext_get(string));
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

/* ---- metadata.requirements: a Pipfile as an object, or as JSON in a string (horus.md 1) ---- */

/* Marker variables that a Pipfile table may hold as keys: sys_platform = "== 'linux'". */
static const char *const marker_keys[] = {"os_name", "sys_platform", "platform_machine",
	"platform_python_implementation", "platform_release", "platform_system", "platform_version",
	"python_version", "python_full_version", "implementation_name", "implementation_version"};

static void add_marker(struct buf *out, struct str left, struct str right)
{
	if (left.n + right.n == 0) {
		return;
	}
	buf_add(out, out->n == 0 ? S("(") : S(" and ("));
	buf_add(out, left);
	buf_add(out, left.n == 0 ? S("") : S(" "));
	buf_add(out, right);
	buf_byte(out, ')');
}

/* All conditions of a table joined, without parentheses when there is but one; "" when none. */
static struct str pipfile_marker(const json_t *table, struct arena *arena)
{
	AUTO(buf_done) struct buf text = {0};
	int n = 0;
	struct str markers = jsontext_get(json_object_get(table, "markers"));
	add_marker(&text, S(""), markers);
	n += markers.n > 0;
	for (size_t i = 0; i < sizeof(marker_keys) / sizeof(marker_keys[0]); i++) {
		struct str rest = jsontext_get(json_object_get(table, marker_keys[i]));
		if (rest.n > 0) {
			add_marker(&text, str_from(marker_keys[i]), rest);
			n++;
		}
	}
	struct str all = buf_str(&text);
	return arena_str(arena, n == 1 ? str_slice(all, 1, all.n - 1) : all);
}

/* "git+URL@REF", a path or an address; "" when the table names a version of an index. */
static struct str pipfile_location(const json_t *table, struct arena *arena)
{
	static const char *const plain[] = {"file", "path", "url"};
	struct str git = jsontext_get(json_object_get(table, "git"));
	struct str ref = jsontext_get(json_object_get(table, "ref"));
	if (git.n > 0) {
		return arena_printf(arena, "git+" STR_FMT "%s" STR_FMT, STR_ARG(git),
			ref.n > 0 ? "@" : "", STR_ARG(ref));
	}
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		struct str location = jsontext_get(json_object_get(table, plain[i]));
		if (location.n > 0) {
			return arena_str(arena, location);
		}
	}
	return S("");
}

/* One entry of [packages] as a requirement: name[extras]specifier; marker. */
static struct str pipfile_entry(struct str name, const json_t *value, struct arena *arena)
{
	AUTO(buf_done) struct buf text = {0};
	const json_t *extras = json_object_get(value, "extras");
	struct str version =
		jsontext_get(json_is_string(value) ? value : json_object_get(value, "version"));
	struct str location = pipfile_location(value, arena);
	struct str marker = pipfile_marker(value, arena);
	buf_add(&text, name);
	for (size_t i = 0; i < json_array_size(extras); i++) {
		buf_add(&text, i == 0 ? S("[") : S(","));
		buf_add(&text, jsontext_get(json_array_get(extras, i)));
	}
	buf_add(&text, json_array_size(extras) > 0 ? S("]") : S(""));
	if (location.n > 0) {
		buf_add(&text, S(" @ "));
		buf_add(&text, location);
	} else if (!str_eq(str_trim(version), S("*"))) {
		buf_add(&text, str_trim(version));
	}
	if (marker.n > 0) {
		buf_add(&text, location.n > 0 ? S(" ; ") : S("; "));
		buf_add(&text, marker);
	}
	return arena_str(arena, buf_str(&text));
}

static void read_pipfile_packages(
	const json_t *pipfile, const char *section, str_vec *ret, struct gathered *all)
{
	json_t *packages = json_object_get(pipfile, section);
	const char *key;
	json_t *value;
	json_object_foreach(packages, key, value)
	{
		struct str name = arena_str(all->arena, str_from(key));
		struct str index = jsontext_get(json_object_get(value, "index"));
		*vec_push(all->arena, ret) = pipfile_entry(name, value, all->arena);
		if (index.n > 0) {
			*vec_push(all->arena, &all->routed_names) = name;
			*vec_push(all->arena, &all->routed_indexes) = arena_str(all->arena, index);
		}
	}
}

static void read_pipfile(const json_t *pipfile, struct gathered *all, struct str *ret_python)
{
	read_pipfile_packages(pipfile, "packages", &all->packages, all);
	read_pipfile_packages(pipfile, "dev-packages", &all->dev, all);
	const json_t *sources = json_object_get(pipfile, "source");
	sources = sources != NULL ? sources : json_object_get(pipfile, "sources");
	for (size_t i = 0; i < json_array_size(sources); i++) {
		const json_t *source = json_array_get(sources, i);
		struct str url = held(json_object_get(source, "url"), all->arena);
		if (url.n > 0) {
			*vec_push(all->arena, &all->index_names) =
				held(json_object_get(source, "name"), all->arena);
			*vec_push(all->arena, &all->index_urls) = url;
		}
	}
	const json_t *requires = json_object_get(pipfile, "requires");
	struct str full = jsontext_get(json_object_get(requires, "python_full_version"));
	struct str minor = jsontext_get(json_object_get(requires, "python_version"));
	if (full.n > 0) {
		*ret_python = arena_printf(all->arena, "==" STR_FMT, STR_ARG(full));
	} else if (minor.n > 0) {
		*ret_python = arena_printf(all->arena, "==" STR_FMT ".*", STR_ARG(minor));
	}
}

bool nb_requirements(const struct notebook *notebook, struct arena *arena,
	struct nb_requirements *ret, struct err *err)
{
	struct gathered all = {.arena = arena};
	struct str python = S("");
	struct str source = S("");
	const json_t *own =
		json_object_get(json_object_get(notebook->metadata, "thoth"), "requirements");
	const json_t *older = json_object_get(notebook->metadata, "requirements");
	json_auto_t *decoded = NULL;
	if (own != NULL) {
		source = S("metadata.thoth");
		if (!read_own(own, &all, &python, err)) {
			return err_in(err, notebook->path);
		}
	} else if (older != NULL) {
		if (json_is_string(older)) {
			struct str text = jsontext_get(older);
			decoded = json_loadb(text.p, text.n, 0, NULL);
			older = decoded;
		}
		if (json_is_object(older)) { /* else it is somebody else's key of that name */
			source = S("metadata.requirements");
			read_pipfile(older, &all, &python);
		}
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
		if (json_is_string(line) && is_about(jsontext_get(line), name, arena)) {
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
	while (at > 0 && str_cmp(jsontext_get(json_array_get(list, at - 1)), text) > 0) {
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
		const char *alias = arena_cstr(arena, jsontext_get(value));
		json_object_del(pins, key);
		bool used = false;
		const char *other;
		json_t *of;
		json_object_foreach(pins, other, of)
		{
			used = used || str_eq(jsontext_get(of), str_from(alias));
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
