#include "advise/look.h"
#include "advise/discover.h"
#include "advise/facts.h"
#include "advise/lock.h"
#include "advise/targets.h"
#include "environment/environment.h"
#include "environment/installed.h"
#include "common/banned.h"

/* What the parts of a look share. */
struct sight {
	const struct advise_input *input;
	struct arena *arena;
	struct advise_options options;
	struct lock lock;
	bool is_locked;
	bool gathered; /* request is there */
	struct request request;
	struct scan_facts facts;
};

static void gather(struct sight *sight)
{
	struct err ignored = {0};
	size_t n;
	const struct scan_cell *cells = facts_cells(sight->input, sight->arena, &n);
	facts_scan(sight->input, cells, n, true, sight->arena, &sight->facts);
	bool found = false;
	sight->is_locked = nb_lock_read(sight->input->notebook, sight->arena, &sight->lock, &found,
				   &ignored) &&
			   found;
	if (!advise_options_parse(
		    ADVISE_LOCK, NULL, 0, true, sight->arena, &sight->options, &ignored)) {
		return;
	}
	if (sight->is_locked) {
		lock_environment_options(&sight->lock, sight->arena, &sight->options);
	}
	sight->gathered = request_gather(
		sight->input, &sight->options, sight->arena, &sight->request, &ignored);
}

/* ---- what the kernel has -------------------------------------------------------------------------- */

static bool holds(const struct sight *sight, const struct locked_package *package)
{
	const struct marker *marker = NULL;
	struct err ignored = {0};
	return package->marker.n == 0 ||
	       !marker_parse(package->marker, sight->arena, &marker, &ignored) ||
	       marker_evaluate(marker, &sight->request.environment, NULL, 0) == MARKER_TRUE;
}

/* Is the lock one for the environment that the kernel is? */
static bool is_for_kernel(const struct sight *sight)
{
	struct environment kernel;
	struct err ignored = {0};
	struct arena *arena = sight->arena;
	if (!sight->gathered || !sight->is_locked || sight->input->kernel_python.n == 0 ||
		!python_ask(arena_cstr(arena, sight->input->kernel_python),
			arena_cstr(arena, sight->request.config.cache_dir), arena, &kernel,
			&ignored)) {
		return false;
	}
	struct str key = environment_key(&kernel, arena);
	for (size_t i = 0; i < sight->lock.n_environments; i++) {
		if (str_eq(sight->lock.environments[i], key) ||
			str_starts(sight->lock.environments[i], S("universal"))) {
			return true;
		}
	}
	return false;
}

static json_t *differs(const struct sight *sight)
{
	struct str folders[2];
	struct installed_package *list;
	struct arena *arena = sight->arena;
	json_t *found = json_array();
	if (!is_for_kernel(sight)) {
		return found; /* nothing to compare */
	}
	size_t n_folders = targets_site_folders(
		sight->input, arena_cstr(arena, sight->request.config.cache_dir), arena, folders);
	if (n_folders == 0) {
		return found;
	}
	size_t n = installed_list(folders, n_folders, arena, &list);
	for (size_t i = 0; i < sight->lock.n && json_array_size(found) < LOOK_DIFFERS_MAX; i++) {
		const struct locked_package *package = &sight->lock.packages[i];
		const struct installed_package *there = installed_named(list, n, package->name);
		bool same = there != NULL && (package->version.n == 0 ||
						     installed_is(there, package->version, arena));
		if (same || !holds(sight, package)) {
			continue;
		}
		json_array_append_new(found,
			json_pack("{s:o,s:o,s:o}", "name", advise_json_text(package->name),
				"locked", advise_json_text(package->version), "installed",
				there == NULL ? json_null() : advise_json_text(there->version)));
	}
	return found;
}

static const char *state_of(const struct sight *sight, const json_t *differences)
{
	if (!sight->is_locked) {
		return "unlocked";
	}
	if (!sight->gathered) {
		return "stale"; /* it could not even be made again */
	}
	if (!str_eq(sight->lock.inputs, sight->request.inputs)) {
		return "stale";
	}
	return json_array_size(differences) > 0 ? "differs" : "locked";
}

/* ---- what the cells say --------------------------------------------------------------------------- */

static json_t *findings(const struct sight *sight)
{
	const struct scan_installs *installs = &sight->facts.installs;
	json_t *found = json_object();
	for (size_t i = 0; i < installs->n_diagnostics; i++) {
		const struct scan_diagnostic *d = &installs->diagnostics[i];
		const char *id = arena_cstr(sight->arena, d->cell_id);
		if (id[0] == '\0') {
			continue;
		}
		if (json_object_get(found, id) == NULL) {
			json_object_set_new(found, id, json_array());
		}
		json_array_append_new(json_object_get(found, id),
			json_pack("{s:o,s:o,s:i,s:o}", "rule", advise_json_text(d->code),
				"severity", advise_json_text(d->severity), "line", d->line,
				"message", advise_json_text(d->message)));
	}
	return found;
}

static void add_requirement(
	json_t *list, struct str name, struct str text, const struct origin *origin, bool locks)
{
	const char *from = origin->imported        ? "import"
			   : origin->metadata      ? "metadata"
			   : origin->cell_id.n > 0 ? "cell"
						   : "file";
	if (json_array_size(list) < LOOK_REQUIREMENTS_MAX) {
		json_array_append_new(list,
			json_pack("{s:o,s:o,s:s,s:i,s:o,s:i,s:b}", "name", advise_json_text(name),
				"text", advise_json_text(text), "origin", from, "cell",
				origin->cell, "cell_id", advise_json_text(origin->cell_id), "line",
				origin->line, "locks", locks));
	}
}

/* What is asked for, and what is imported without anybody asking for it. */
static json_t *requirements(struct sight *sight)
{
	struct request *request = &sight->request;
	struct err ignored = {0};
	json_t *list = json_array();
	if (!sight->gathered) {
		return list;
	}
	size_t n_asked = request->requirements.n;
	if (!discover_gather(sight->input, &sight->facts, sight->arena, request, &ignored)) {
		request->requirements.n = n_asked;
	}
	for (size_t i = 0; i < request->requirements.n; i++) {
		const struct resolver_requirement *r = &request->requirements.p[i];
		if (!r->constraint) {
			add_requirement(list, r->requirement.name, r->requirement.text, &r->origin,
				i < n_asked);
		}
	}
	for (size_t i = 0; i < request->directs.n; i++) {
		const struct direct *direct = &request->directs.p[i];
		if (!direct->constraint) {
			add_requirement(list, direct->requirement.name, direct->requirement.text,
				&direct->origin, true);
		}
	}
	return list;
}

json_t *look(const struct advise_input *input, struct arena *arena)
{
	struct sight sight = {.input = input, .arena = arena};
	gather(&sight);
	json_t *differences = differs(&sight);
	return json_pack("{s:s,s:o,s:o,s:o}", "state", state_of(&sight, differences), "differs",
		differences, "findings", findings(&sight), "requirements", requirements(&sight));
}

json_t *look_installed(const struct advise_input *input, struct arena *arena)
{
	struct sight sight = {.input = input, .arena = arena};
	struct str folders[2];
	struct installed_package *list;
	json_t *found = json_object();
	if (input->kernel_python.n == 0) {
		return found;
	}
	gather(&sight);
	size_t n_folders = !sight.gathered
				   ? 0
				   : targets_site_folders(input,
					     arena_cstr(arena, sight.request.config.cache_dir),
					     arena, folders);
	size_t n = installed_list(folders, n_folders, arena, &list);
	for (size_t i = 0; i < n; i++) {
		json_object_set_new(
			found, arena_cstr(arena, list[i].name), advise_json_text(list[i].version));
	}
	return found;
}
