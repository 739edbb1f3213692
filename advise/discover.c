#include "advise/discover.h"
#include "advise/targets.h"
#include "environment/installed.h"
#include "packaging/name.h"
#include "staticscan/catalog.h"
#include "common/banned.h"

/* One module that is imported: "google.cloud.storage" of `from google.cloud import storage`. */
struct target {
	const struct scan_import *import;
	struct str module;
	struct installed_answer installed;
	struct discover_item item;
	size_t parts; /* of the module that the answer was found by */
};

struct finder {
	const struct advise_input *input;
	const struct scan_facts *facts;
	const struct str *asked;
	size_t n_asked;
	struct arena *arena;
	VEC(struct target) targets;
};

/* ---- which imports ------------------------------------------------------------------------------- */

static bool has_context(const struct scan_import *import, struct str name)
{
	for (size_t i = 0; i < import->n_context; i++) {
		if (str_eq(import->context[i], name)) {
			return true;
		}
	}
	return false;
}

/* Needed to run, and nobody but an index can bring it. */
static bool is_needed(const struct scan_import *import)
{
	return import->class == SCAN_THIRD_PARTY && !import->probe &&
	       !has_context(import, S("type-checking")) && !catalog_is_incidental(import->module) &&
	       !catalog_is_platform(import->module);
}

static void add_target(struct finder *finder, const struct scan_import *import, struct str module)
{
	if (finder->targets.n < DISCOVER_IMPORTS_MAX && !catalog_is_platform(module)) {
		*vec_push(finder->arena, &finder->targets) =
			(struct target){.import = import, .module = module};
	}
}

static void collect(struct finder *finder)
{
	for (size_t i = 0; i < finder->facts->n_imports; i++) {
		const struct scan_import *import = &finder->facts->imports[i];
		if (!is_needed(import)) {
			continue;
		}
		size_t n = str_eq(import->kind, S("from")) ? import->n_names : 0;
		for (size_t k = 0; k < n; k++) {
			struct str name = import->names[k].name;
			add_target(finder, import,
				str_eq(name, S("*"))
					? import->module
					: arena_printf(finder->arena, STR_FMT "." STR_FMT,
						  STR_ARG(import->module), STR_ARG(name)));
		}
		if (n == 0) {
			add_target(finder, import, import->module);
		}
	}
}

/* ---- whose they are ------------------------------------------------------------------------------ */

static bool is_asked(const struct finder *finder, struct str name)
{
	for (size_t i = 0; i < finder->n_asked; i++) {
		if (str_eq(finder->asked[i], name)) {
			return true;
		}
	}
	return false;
}

static void decide(
	struct target *target, enum discover_source source, struct str distribution, size_t parts)
{
	target->item.source = source;
	target->item.distribution = distribution;
	target->parts = parts;
}

/* The first of names[n] that is among others[m]; "" for none. */
static struct str first_common(
	const struct str *names, size_t n, const struct str *others, size_t m)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < m; k++) {
			if (str_eq(names[i], others[k])) {
				return names[i];
			}
		}
	}
	return S("");
}

static void find_distribution(struct finder *finder, struct target *target)
{
	struct str listed[DISCOVER_CANDIDATES_MAX];
	const struct installed_answer *installed = &target->installed;
	size_t n = catalog_distributions(target->module, listed, DISCOVER_CANDIDATES_MAX);
	size_t parts = catalog_parts(target->module);
	struct str guess = catalog_guess(target->module, finder->arena);
	for (size_t i = 0; i < n + installed->n + 1; i++) {
		struct str name = i < n                  ? listed[i]
				  : i < n + installed->n ? installed->names[i - n]
							 : guess;
		if (name.n > 0 && is_asked(finder, name)) {
			decide(target, DISCOVER_NOTEBOOK, name, i < n ? parts : installed->parts);
			return;
		}
	}
	if (installed->n > 0 && installed->parts >= parts && installed->parts > 0) {
		struct str both = first_common(listed, n, installed->names, installed->n);
		decide(target, DISCOVER_ENVIRONMENT, both.n > 0 ? both : installed->names[0],
			installed->parts);
	} else if (n == 1) {
		decide(target, DISCOVER_TABLE, listed[0], parts);
	} else if (n > 1) {
		struct str *candidates = arena_array(finder->arena, struct str, n);
		memcpy(candidates, listed, n * sizeof(*candidates));
		decide(target, DISCOVER_TABLE, S(""), parts);
		target->item.candidates = candidates;
		target->item.n_candidates = n;
	} else {
		decide(target, guess.n > 0 ? DISCOVER_GUESS : DISCOVER_NONE, guess, 0);
	}
}

/* `a.b` of `from a.b import c`, unless it took the c to tell whose it is. */
static struct str as_imported(const struct target *target)
{
	size_t parts = 1;
	for (size_t i = 0; i < target->import->module.n; i++) {
		parts += target->import->module.p[i] == '.';
	}
	return target->parts > parts ? target->module : target->import->module;
}

static void find_all(struct finder *finder, const char *cache_dir)
{
	struct arena *arena = finder->arena;
	size_t n = finder->targets.n;
	struct str folders[2];
	struct str *modules = arena_array(arena, struct str, n);
	struct installed_answer *answers = arena_array(arena, struct installed_answer, n);
	for (size_t i = 0; i < n; i++) {
		modules[i] = finder->targets.p[i].module;
	}
	size_t n_folders =
		n == 0 ? 0 : targets_site_folders(finder->input, cache_dir, arena, folders);
	installed_find(folders, n_folders, modules, n, arena, answers);
	for (size_t i = 0; i < n; i++) {
		struct target *target = &finder->targets.p[i];
		const struct scan_place *place = &target->import->place;
		target->installed = answers[i];
		find_distribution(finder, target);
		target->item.module = as_imported(target);
		target->item.origin = facts_origin(finder->input, place->cell,
			target->import->cell_id, place->line, place->column);
		target->item.origin.imported = true;
	}
}

/* ---- try and except ------------------------------------------------------------------------------ */

static bool is_fallback(const struct scan_import *import)
{
	bool fallback = false;
	for (size_t i = 0; i < import->n_context; i++) {
		bool except = str_eq(import->context[i], S("except"));
		fallback = except || (fallback && !str_eq(import->context[i], S("try")));
	}
	return fallback;
}

static bool is_sure(const struct target *target)
{
	return target->item.distribution.n > 0 && target->item.source != DISCOVER_GUESS;
}

/* Can the imports in the try of this group be had, or the fallback (of `fallback`)? */
static bool can_be_had(const struct finder *finder, int group, bool fallback)
{
	for (size_t i = 0; i < finder->facts->n_imports; i++) {
		const struct scan_import *import = &finder->facts->imports[i];
		bool there = import->class == SCAN_STDLIB || import->class == SCAN_LOCAL;
		if (import->alternative == group && is_fallback(import) == fallback && there) {
			return true;
		}
	}
	for (size_t i = 0; i < finder->targets.n; i++) {
		const struct target *target = &finder->targets.p[i];
		if (target->import->alternative == group &&
			is_fallback(target->import) == fallback && is_sure(target)) {
			return true;
		}
	}
	return false;
}

/* Of `try: import a` `except ImportError: import b` one is enough: the first that can be had. */
static bool is_wanted(const struct finder *finder, const struct target *target)
{
	int group = target->import->alternative;
	if (group == 0) {
		return true;
	}
	bool first = can_be_had(finder, group, false) || !can_be_had(finder, group, true);
	return is_fallback(target->import) != first;
}

void discover_find(const struct advise_input *input, const struct scan_facts *facts,
	const struct str *asked, size_t n_asked, const char *cache_dir, struct arena *arena,
	struct discover_result *ret)
{
	struct finder finder = {
		.input = input, .facts = facts, .asked = asked, .n_asked = n_asked, .arena = arena};
	VEC(struct discover_item) items = {0};
	collect(&finder);
	find_all(&finder, cache_dir);
	for (size_t i = 0; i < finder.targets.n; i++) {
		const struct target *target = &finder.targets.p[i];
		bool known = !is_wanted(&finder, target);
		for (size_t k = 0; k < items.n && !known; k++) {
			known = str_eq(items.p[k].module, target->item.module) &&
				str_eq(items.p[k].distribution, target->item.distribution);
		}
		if (!known) {
			*vec_push(arena, &items) = target->item;
		}
	}
	*ret = (struct discover_result){items.p, items.n};
}
