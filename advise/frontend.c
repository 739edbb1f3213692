#include "advise/frontend.h"
#include "advise/facts.h"
#include "advise/lock.h"
#include "advise/look.h"
#include "common/jansson_text.h"
#include "common/vec.h"
#include "packaging/name.h"
#include "staticscan/catalog.h"
#include "common/banned.h"

bool frontend_knows(struct str command)
{
	return str_eq(command, S("look")) || str_eq(command, S("installed")) ||
	       str_eq(command, S("installs")) || str_eq(command, S("complete"));
}

/* -- installs --------------------------------------------------------------------------------- */

static bool is_failure(struct str line)
{
	static const struct str starts[] = {
		STR_INIT("ERROR:"), STR_INIT("error:"), STR_INIT("Error:"), STR_INIT("\xc3\x97 ")};
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		if (str_starts(line, starts[i])) {
			return true;
		}
	}
	return str_find(line, S("No module named pip")) >= 0 ||
	       str_ends(line, S(": command not found")) || str_ends(line, S(": not found"));
}

bool frontend_read_output(struct str output, struct arena *arena, struct str **ret, size_t *ret_n)
{
	static const struct str pip = STR_INIT("Successfully uninstalled ");
	VEC(struct str) names = {0};
	struct str line;
	while (str_next_line(&output, &line)) {
		line = str_trim(line);
		struct str name = {0};
		struct str rest;
		if (is_failure(line)) {
			return false;
		}
		if (str_starts(line, pip)) {
			name = str_skip(line, pip.n);
			ptrdiff_t dash = str_find_last_char(name, '-');
			name = str_slice(name, 0, dash < 0 ? name.n : (size_t)dash);
		} else if (str_starts(line, S("- "))) {
			name = str_cut(str_skip(line, 2), S("=="), &name, &rest) ? name : S("");
		}
		if (name_is_valid(name)) {
			*vec_push(arena, &names) = name_normal(name, arena);
		}
	}
	*ret = names.p;
	*ret_n = names.n;
	return true;
}

static bool is_among(struct str name, const struct str *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(names[i], name)) {
			return true;
		}
	}
	return false;
}

static json_t *recordable(struct str source, const struct advise_input *input, struct arena *arena)
{
	struct scan_cell cell = {.source = source};
	struct scan_installs installs;
	struct nb_requirements declared = {0};
	struct err ignored = {0};
	size_t n;
	json_t *list = json_array();
	scan_find_installs(&cell, 1, arena, &installs);
	if (!nb_requirements(input->notebook, arena, &declared, &ignored)) {
		declared = (struct nb_requirements){0};
	}
	const struct scan_request *effective = scan_effective(&installs, arena, &n);
	for (size_t i = 0; i < n; i++) {
		if (!nb_declares(&declared, effective[i].name, arena)) {
			json_array_append_new(list, advise_json_text(effective[i].text));
		}
	}
	return list;
}

/* Modules that other cells have imported, and whose distribution is another now. */
static json_t *restarts(struct str source, const struct str *changed, size_t n_changed,
	const struct advise_input *input, struct arena *arena)
{
	enum { CANDIDATES_MAX = 16 };
	size_t n;
	const struct scan_cell *cells = facts_cells(input, arena, &n);
	struct scan_facts facts;
	json_t *modules = json_object(); /* as a set */
	json_t *list = json_array();
	facts_scan(input, cells, n_changed == 0 ? 0 : n, true, arena, &facts);
	for (size_t i = 0; i < facts.n_imports; i++) {
		const struct scan_import *import = &facts.imports[i];
		struct str found[CANDIDATES_MAX];
		size_t n_found = catalog_import_distributions(import, arena, found, CANDIDATES_MAX);
		struct str first;
		struct str rest;
		if (import->class != SCAN_THIRD_PARTY || import->probe ||
			(import->place.cell < n &&
				str_eq(cells[import->place.cell].source, source))) {
			continue;
		}
		first = str_cut(import->module, S("."), &first, &rest) ? first : import->module;
		bool is_changed = is_among(name_normal(first, arena), changed, n_changed);
		for (size_t k = 0; k < n_found; k++) {
			is_changed |= is_among(found[k], changed, n_changed);
		}
		const char *key = arena_cstr(arena, first);
		if (is_changed && json_object_get(modules, key) == NULL) {
			json_object_set_new(modules, key, json_true());
			json_array_append_new(list, advise_json_text(first));
		}
	}
	json_decref(modules);
	return list;
}

/* What is at another version than before, whatever the output says; appended to names[*n]. */
static void compare_installed(const json_t *before, const struct advise_input *input,
	struct arena *arena, struct str **names, size_t *n)
{
	const char *name;
	json_t *version;
	if (json_object_size(before) == 0) {
		return;
	}
	json_auto_t *now = look_installed(input, arena);
	struct str *all = arena_array(arena, struct str, *n + json_object_size(now));
	if (*n > 0) {
		memcpy(all, *names, *n * sizeof(*all));
	}
	json_object_foreach(now, name, version)
	{
		const json_t *old = json_object_get(before, name);
		if (old != NULL && !json_equal(old, version)) {
			all[(*n)++] = arena_str(arena, str_from(name));
		}
	}
	*names = all;
}

static json_t *installs(
	const json_t *request, const struct advise_input *input, struct arena *arena)
{
	struct str source = jansson_text(json_object_get(request, "source"));
	struct str *changed = NULL;
	size_t n = 0;
	if (!frontend_read_output(
		    jansson_text(json_object_get(request, "output")), arena, &changed, &n)) {
		return json_pack("{s:{s:[],s:[]}}", "installs", "requirements", "restart");
	}
	compare_installed(json_object_get(request, "before"), input, arena, &changed, &n);
	return json_pack("{s:{s:o,s:o}}", "installs", "requirements",
		recordable(source, input, arena), "restart",
		restarts(source, changed, n, input, arena));
}

/* -- complete --------------------------------------------------------------------------------- */

static void offer(
	json_t *names, json_t *seen, struct str name, struct str prefix, struct arena *arena)
{
	const char *key = arena_cstr(arena, name);
	if (str_starts(name, prefix) && json_object_get(seen, key) == NULL &&
		json_array_size(names) < FRONTEND_NAMES_MAX) {
		json_object_set_new(seen, key, json_true());
		json_array_append_new(names, advise_json_text(name));
	}
}

/* From the lock, what the cells ask for, and what the table gives for a module of that name. */
static json_t *names_like(struct str typed, const struct advise_input *input, struct arena *arena)
{
	enum { CANDIDATES_MAX = 16 };
	struct str prefix = name_normal(typed, arena);
	json_t *names = json_array();
	json_auto_t *seen = json_object();
	struct lock lock;
	bool found = false;
	struct err ignored = {0};
	if (nb_lock_read(input->notebook, arena, &lock, &found, &ignored) && found) {
		for (size_t i = 0; i < lock.n; i++) {
			offer(names, seen, lock.packages[i].name, prefix, arena);
		}
	}
	size_t n;
	const struct scan_cell *cells = facts_cells(input, arena, &n);
	struct scan_facts facts;
	struct str given[CANDIDATES_MAX];
	facts_scan(input, cells, n, true, arena, &facts);
	for (size_t i = 0; i < facts.installs.n; i++) {
		if (facts.installs.requests[i].kind == SCAN_REQUIREMENT) {
			offer(names, seen, facts.installs.requests[i].name, prefix, arena);
		}
	}
	for (size_t i = 0; i < facts.n_imports; i++) {
		size_t n_given = catalog_import_distributions(
			&facts.imports[i], arena, given, CANDIDATES_MAX);
		for (size_t k = 0; k < n_given; k++) {
			offer(names, seen, given[k], prefix, arena);
		}
	}
	size_t n_given = catalog_distributions(typed, given, CANDIDATES_MAX);
	for (size_t k = 0; k < n_given; k++) { /* "cv2" stands for what has it */
		offer(names, seen, given[k], S(""), arena);
	}
	return names;
}

/* One page of the index, that of this package. */
static json_t *versions_of(struct str name, const struct advise_input *input,
	const struct advise_callbacks *callbacks, struct arena *arena, struct err *err)
{
	struct advise_options options;
	struct request request;
	const struct index_project *project = NULL;
	if (!advise_options_parse(ADVISE_LOCK, NULL, 0, true, arena, &options, err) ||
		!request_gather(input, &options, arena, &request, err)) {
		return NULL;
	}
	struct index_options index_options = config_index_options(&request.config, &options);
	index_options.pins = request.pins.p;
	index_options.n_pins = request.pins.n;
	index_options.cancelled = callbacks->cancelled;
	index_options.data = callbacks->data;
	AUTO(index_freep) struct index *index = index_new(&index_options, err);
	if (index == NULL || !index_project(index, name_normal(name, arena), &project, err)) {
		return NULL;
	}
	json_t *versions = json_array();
	for (size_t i = 0; project != NULL && i < project->n_releases &&
			   json_array_size(versions) < FRONTEND_VERSIONS_MAX;
		i++) {
		if (!project->releases[i].is_yanked) {
			json_array_append_new(
				versions, advise_json_text(project->releases[i].version));
		}
	}
	return versions;
}

static json_t *complete(const struct str *words, size_t n, const struct advise_input *input,
	const struct advise_callbacks *callbacks, struct arena *arena, struct err *err)
{
	bool versions = n == 2 && str_eq(words[0], S("versions"));
	if (n != 2 || (versions && !name_is_valid(words[1]))) {
		err_set(err, ERR_USAGE, "expected the start of a name, or a package");
		return NULL;
	}
	json_t *list = versions ? versions_of(words[1], input, callbacks, arena, err)
				: names_like(words[1], input, arena);
	return list == NULL ? NULL
			    : json_pack("{s:{s:o}}", "candidates", versions ? "versions" : "names",
				      list);
}

json_t *frontend_answer(struct str command, const struct str *words, size_t n,
	const json_t *request, const struct advise_input *input,
	const struct advise_callbacks *callbacks, struct arena *arena, struct err *err)
{
	if (str_eq(command, S("look"))) {
		return look(input, arena);
	}
	if (str_eq(command, S("installed"))) {
		return json_pack("{s:o}", "installed", look_installed(input, arena));
	}
	if (str_eq(command, S("installs"))) {
		return installs(request, input, arena);
	}
	return complete(words, n, input, callbacks, arena, err);
}
