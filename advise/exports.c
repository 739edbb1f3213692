#include "advise/exports.h"
#include <limits.h>
#include <unistd.h>
#include "common/fs.h"
#include "packaging/export.h"
#include "packaging/lockfile.h"
#include "packaging/name.h"
#include "packaging/pipfile.h"
#include "packaging/toml.h"
#include "common/banned.h"

bool exports_is_export(enum advise_format format)
{
	return format != ADVISE_TEXT && format != ADVISE_JSON && format < ADVISE_SARIF;
}

/* ---- what was asked for ----------------------------------------------------------------------- */

static struct str address_of(const struct config *config, size_t i, struct arena *arena)
{
	return config_without_credentials(config->sources[i].url, arena);
}

/* Names that a Pipfile can hold: the alias where it is one, else "main" and "index-2". */
static struct str source_name(const struct config *config, size_t i, struct arena *arena)
{
	struct str alias = config->sources[i].alias;
	return config_is_alias(alias) ? alias
	       : i == config->main    ? S("main")
				      : arena_printf(arena, "index-%zu", i + 1);
}

static void add_sources(
	const struct request *request, struct export_project *project, struct arena *arena)
{
	const struct config *config = &request->config;
	struct export_source *sources = arena_array(arena, struct export_source, config->n_sources);
	size_t n = 0;
	for (size_t i = 0; i < config->n_sources; i++) {
		size_t at = i == 0 ? config->main : i <= config->main ? i - 1 : i;
		sources[n++] = (struct export_source){
			source_name(config, at, arena), address_of(config, at, arena)};
	}
	project->sources = sources;
	project->n_sources = n;
}

/* The source that a package is pinned to; "" for the main index. */
static struct str pinned_to(const struct request *request, struct str name, struct arena *arena)
{
	for (size_t i = 0; i < request->pins.n; i++) {
		const struct index_pin *pin = &request->pins.p[i];
		bool known = pin->source != INDEX_NOWHERE && pin->source != request->config.main;
		if (str_eq(pin->name, name)) {
			return known ? source_name(&request->config, pin->source, arena) : S("");
		}
	}
	return S("");
}

static bool is_pipfile(const struct advise_input *input)
{
	return input->notebook == NULL && str_eq(fs_basename(input->path), S("Pipfile"));
}

/* Categories are a Pipfile's own; extras and groups of other files were asked for, and count. */
static struct str group_of(const struct advise_input *input, struct str group)
{
	return is_pipfile(input) || str_eq(group, S("dev")) ? group : S("");
}

static struct export_project project_of(const struct advise_input *input,
	const struct request *request, struct str pythons, struct arena *arena)
{
	struct export_project project = {.pythons = pythons,
		.prereleases = request->prerelease_names.p,
		.n_prereleases = request->prerelease_names.n,
		.all_prereleases = request->prereleases};
	struct export_item *items = arena_array(arena, struct export_item, request->requirements.n);
	for (size_t i = 0; i < request->requirements.n; i++) {
		const struct resolver_requirement *r = &request->requirements.p[i];
		if (!r->constraint) {
			items[project.n_items++] =
				(struct export_item){.requirement = &r->requirement,
					.group = group_of(input, r->origin.group),
					.index = pinned_to(request, r->requirement.name, arena)};
		}
	}
	project.items = items;
	add_sources(request, &project, arena);
	return project;
}

/* ---- the forms -------------------------------------------------------------------------------- */

struct tree exports_with_source(const struct tree *pipfile, struct arena *arena)
{
	bool has =
		tree_get(pipfile, S("source")) != NULL || tree_get(pipfile, S("sources")) != NULL;
	if (has) {
		return *pipfile;
	}
	struct tree *source = arena_array(arena, struct tree, 3);
	source[0] = (struct tree){.kind = TREE_STRING, .key = S("name"), .text = S("pypi")};
	source[1] =
		(struct tree){.kind = TREE_STRING, .key = S("url"), .text = S(THOTH_DEFAULT_INDEX)};
	source[2] = (struct tree){.kind = TREE_BOOL, .key = S("verify_ssl"), .truth = true};
	struct tree *list = arena_new(arena, struct tree);
	*list = (struct tree){.kind = TREE_TABLE, .items = source, .n = 3};
	struct tree *items = arena_array(arena, struct tree, pipfile->n + 1);
	memcpy(items, pipfile->items, pipfile->n * sizeof(*items));
	items[pipfile->n] =
		(struct tree){.kind = TREE_ARRAY, .key = S("source"), .items = list, .n = 1};
	struct tree made = *pipfile;
	made.items = items;
	made.n = pipfile->n + 1;
	return made;
}

static bool put_pipfile_lock(const struct advise_input *input, const struct lock *lock,
	const struct export_project *project, struct arena *arena, struct buf *out, struct err *err)
{
	struct export_project own = *project;
	struct tree pipfile;
	struct str text = input->requirements;
	AUTO(buf_done) struct buf made = {0};
	if (!is_pipfile(input)) {
		export_pipfile(project, &made);
		text = arena_str(arena, buf_str(&made));
	}
	if (!toml_parse(text, arena, &pipfile, err)) {
		return false;
	}
	if (is_pipfile(input)) { /* its own sources, by its own names */
		pipfile = exports_with_source(&pipfile, arena);
		const struct tree *sources = tree_get(&pipfile, S("source"));
		struct export_source *list =
			arena_array(arena, struct export_source, sources == NULL ? 0 : sources->n);
		for (size_t i = 0; sources != NULL && i < sources->n; i++) {
			list[i] = (struct export_source){tree_text(&sources->items[i], S("name")),
				tree_text(&sources->items[i], S("url"))};
		}
		own.sources = list;
		own.n_sources = sources == NULL ? 0 : sources->n;
	}
	return export_pipfile_lock(lock, &own, &pipfile, out, err);
}

/* "analysis" of "work/analysis.ipynb"; of a pyproject.toml and its like the folder. */
static struct str name_of(const struct advise_input *input, struct arena *arena)
{
	struct str base = fs_basename(input->path);
	ptrdiff_t dot = str_find_last_char(base, '.');
	struct str stem = dot > 0 ? str_slice(base, 0, (size_t)dot) : base;
	bool vague = str_eq(stem, S("pyproject")) || str_eq(stem, S("Pipfile")) ||
		     str_eq(stem, S("pylock")) || str_eq(stem, S("requirements")) ||
		     str_eq(stem, S("uv")) || str_eq(stem, S("poetry"));
	char folder[PATH_MAX];
	bool known = vague && input->is_file &&
		     realpath(arena_cstr(arena, fs_dirname(arena, input->path)), folder) != NULL;
	return known ? arena_str(arena, fs_basename(str_from(folder))) : stem;
}

static void put_containerfile(const struct request *request, const struct lock *lock,
	const struct export_project *project, struct arena *arena, struct buf *out)
{
	const struct config *config = &request->config;
	struct str *urls = arena_array(arena, struct str, config->n_sources + 1);
	size_t n = 0;
	bool default_only = config->n_sources == 1 &&
			    str_starts(S(THOTH_DEFAULT_INDEX), address_of(config, 0, arena));
	for (size_t i = 0; i < project->n_sources && !default_only; i++) {
		if (!str_starts(project->sources[i].url, S("file:"))) {
			urls[n++] = project->sources[i].url;
		}
	}
	export_containerfile(lock, project, urls, n, out);
}

bool exports_put(const struct advise_options *options, const struct advise_input *input,
	const struct request *request, const struct lock *lock, struct str pythons,
	struct arena *arena, struct buf *out, struct err *err)
{
	struct export_project project = project_of(input, request, pythons, arena);
	switch (options->format) {
	case ADVISE_TEXT:
	case ADVISE_JSON:
	case ADVISE_SARIF:
	case ADVISE_GITHUB:
		break;
	case ADVISE_REQUIREMENTS:
		export_requirements(lock, out);
		break;
	case ADVISE_PYLOCK:
		export_pylock(lock, pythons, out);
		break;
	case ADVISE_PIPFILE:
		if (is_pipfile(input)) {
			buf_add(out, input->requirements);
		} else {
			export_pipfile(&project, out);
		}
		break;
	case ADVISE_PIPFILE_LOCK:
		return put_pipfile_lock(input, lock, &project, arena, out, err);
	case ADVISE_CONDA_ENV:
		export_conda(lock, &project, name_of(input, arena), out);
		break;
	case ADVISE_CONTAINERFILE:
		put_containerfile(request, lock, &project, arena, out);
		break;
	}
	return true;
}

/* ---- files ------------------------------------------------------------------------------------ */

bool exports_format_of(struct str path, enum advise_format *ret)
{
	struct str name = fs_basename(path);
	enum lockfile_kind kind;
	if (lockfile_kind_of(name, &kind)) {
		*ret = kind == LOCKFILE_PIPENV ? ADVISE_PIPFILE_LOCK : ADVISE_PYLOCK;
		return kind == LOCKFILE_PIPENV || kind == LOCKFILE_PYLOCK;
	}
	if (str_eq(name, S("Pipfile"))) {
		*ret = ADVISE_PIPFILE;
	} else if (str_eq(name, S("Containerfile")) || str_eq(name, S("Dockerfile"))) {
		*ret = ADVISE_CONTAINERFILE;
	} else if (str_ends(name, S(".yml")) || str_ends(name, S(".yaml"))) {
		*ret = ADVISE_CONDA_ENV;
	} else if (str_ends(name, S(".txt"))) {
		*ret = ADVISE_REQUIREMENTS;
	} else {
		return false;
	}
	return true;
}

bool exports_may_replace(
	const char *path, enum advise_format format, struct str bytes, struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	struct declared_choice choice = {0};
	struct lockfile ignored;
	struct err none = {0};
	struct str old;
	if (access(path, F_OK) != 0) {
		return true;
	}
	if (!fs_read(path, TREE_MAX, &arena, &old, err)) {
		return false;
	}
	struct str rest = old;
	struct str first = S("");
	(void)str_next_line(&rest, &first);
	enum lockfile_kind kind = format == ADVISE_PIPFILE_LOCK ? LOCKFILE_PIPENV : LOCKFILE_PYLOCK;
	bool lock = format == ADVISE_PIPFILE_LOCK || format == ADVISE_PYLOCK;
	if (old.n == 0 || str_eq(old, bytes) || str_find(first, S("made by thoth")) >= 0 ||
		(lock && lockfile_parse(kind, old, &choice, &arena, &ignored, &none))) {
		return true;
	}
	err_in(err, str_from(path));
	err_hint(err, "give --force to replace it, or name another file");
	return err_set(err, ERR_INPUT, "the file is there already, and thoth did not make it");
}
