#include "advise/request.h"
#include <limits.h>
#include "advise/direct.h"
#include "advise/discover.h"
#include "advise/facts.h"
#include "advise/inputs.h"
#include "advise/pins.h"
#include "advise/runtime.h"
#include "advise/targets.h"
#include "common/clock.h"
#include "common/fs.h"
#include "common/hash.h"
#include "packaging/name.h"
#include "staticscan/scan.h"
#include "common/banned.h"

enum { REQUIREMENTS_FILE_MAX = 16 << 20 };

static void message(struct request *request, struct arena *arena, struct str type,
	struct origin origin, struct str package, struct str text)
{
	*vec_push(arena, &request->messages) = (struct lock_message){
		.type = type, .package = package, .message = text, .origin = origin};
}

static bool add(struct request *request, struct arena *arena, struct str text, struct origin origin,
	bool constraint, struct err *err)
{
	struct requirement requirement;
	if (!requirement_parse(arena_str(arena, text), arena, &requirement, err)) {
		err->cell = origin.cell;
		err->line = origin.line;
		err->column = origin.column;
		return err_prefix(err, "the requirement '" STR_FMT "'", STR_ARG(text));
	}
	if (requirement.url.n > 0) {
		struct direct direct = {.requirement = requirement,
			.location = requirement.url,
			.folder = fs_dirname(arena, origin.file),
			.constraint = constraint,
			.origin = origin};
		direct_note(&direct, request->own, arena, request);
		return true;
	}
	if (pins_forbid(request, requirement.name)) {
		return true;
	}
	*vec_push(arena, &request->requirements) =
		(struct resolver_requirement){requirement, origin, constraint};
	return true;
}

bool request_add(struct request *request, struct arena *arena, struct str text,
	struct origin origin, bool constraint, struct err *err)
{
	return add(request, arena, text, origin, constraint, err);
}

void request_warn(struct request *request, struct arena *arena, struct origin origin,
	struct str package, struct str text)
{
	message(request, arena, S("WARNING"), origin, package, text);
}

static bool from_metadata(const struct advise_options *options, const struct advise_input *input,
	struct arena *arena, struct request *request, struct err *err)
{
	struct nb_requirements declared;
	if (!nb_requirements(input->notebook, arena, &declared, err)) {
		return false;
	}
	struct origin origin = {.file = input->path, .metadata = true};
	pins_read(options, input, &declared, arena, request);
	for (size_t i = 0; i < declared.n_packages; i++) {
		if (!add(request, arena, declared.packages[i], origin, false, err)) {
			return err_prefix(err, STR_FMT, STR_ARG(declared.source));
		}
	}
	struct origin dev = origin;
	dev.group = S("dev");
	for (size_t i = 0; options->dev && i < declared.n_dev; i++) {
		if (!add(request, arena, declared.dev[i], dev, false, err)) {
			return err_prefix(err, STR_FMT, STR_ARG(declared.source));
		}
	}
	for (size_t i = 0; i < declared.n_constraints; i++) {
		if (!add(request, arena, declared.constraints[i], origin, true, err)) {
			return err_prefix(err, STR_FMT, STR_ARG(declared.source));
		}
	}
	request->declared_python = declared.python;
	for (size_t i = 0; i < declared.n_prereleases; i++) {
		*vec_push(arena, &request->prerelease_names) =
			name_normal(declared.prereleases[i], arena);
	}
	return true;
}

static bool is_declared(const struct request *request, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++) {
		const struct resolver_requirement *r = &request->requirements.p[i];
		if (!r->constraint && str_eq(r->requirement.name, name)) {
			return true;
		}
	}
	return false;
}

/* A file that -r names: inside the notebook's folder once links are resolved, and ordinary. */
static bool inside_folder(
	const struct advise_input *input, struct str path, struct arena *arena, struct str *ret)
{
	char real[PATH_MAX];
	char folder[PATH_MAX];
	struct str directory = fs_dirname(arena, input->path);
	struct str joined = fs_join(arena, directory, path);
	if (!input->is_file || path.n == 0 || path.p[0] == '/' ||
		realpath(arena_cstr(arena, joined), real) == NULL ||
		realpath(arena_cstr(arena, directory), folder) == NULL) {
		return false;
	}
	struct str inside = arena_printf(arena, "%s/", folder);
	*ret = arena_str(arena, str_from(real));
	return str_starts(*ret, inside);
}

struct opener {
	const struct advise_input *input;
};

/* Nested -r of a file beside a notebook: the same rule. */
static bool open_beside(void *data, struct str from, struct str path, struct arena *arena,
	struct str *ret_path, struct str *ret_text, struct err *err)
{
	const struct opener *opener = data;
	struct str folder = fs_dirname(arena, from);
	struct str joined = str_eq(folder, S(".")) ? path : fs_join(arena, folder, path);
	struct str real;
	if (!inside_folder(opener->input, joined, arena, &real)) {
		err_hint(err, "only ordinary files inside the notebook's folder are read");
		return err_set(err, ERR_INPUT, "no file '" STR_FMT "'", STR_ARG(path));
	}
	*ret_path = joined;
	return fs_read(arena_cstr(arena, real), REQUIREMENTS_FILE_MAX, arena, ret_text, err);
}

/* Nested -r of a requirements file the user named: relative to it, anywhere. */
static bool open_relative(void *data, struct str from, struct str path, struct arena *arena,
	struct str *ret_path, struct str *ret_text, struct err *err)
{
	(void)data;
	bool absolute = path.n > 0 && path.p[0] == '/';
	*ret_path = absolute ? path : fs_join(arena, fs_dirname(arena, from), path);
	return fs_read(arena_cstr(arena, *ret_path), REQUIREMENTS_FILE_MAX, arena, ret_text, err);
}

/* "--only-binary a,b" */
static void format_option(
	struct request *request, struct arena *arena, struct str value, enum candidate_kinds kinds)
{
	while (value.n > 0) {
		struct str name;
		if (!str_cut(value, S(","), &name, &value)) {
			name = value;
			value = S("");
		}
		name = str_trim(name);
		if (name.n > 0) {
			struct str normal = name.p[0] == ':' ? name : name_normal(name, arena);
			*vec_push(arena, &request->formats) =
				(struct candidate_format){kinds, normal};
		}
	}
}

/*
 * An option line inside a file: heeded, else said. Where packages come from is decided by files that the
 * user named, never by one that came with a notebook.
 */
static bool file_option(const struct reqfile_item *item, bool own, struct arena *arena,
	struct request *request, struct err *err)
{
	struct origin origin = {.file = item->file, .line = item->line};
	bool wheels = str_eq(item->option, S("--only-binary"));
	if (wheels || (own && str_eq(item->option, S("--no-binary")))) { /* builds run code */
		format_option(request, arena, item->value, wheels ? KINDS_WHEELS : KINDS_SDISTS);
		return true;
	}
	if (str_eq(item->option, S("--prefer-binary")) ||
		str_eq(item->option, S("--require-hashes"))) {
		return true; /* hashes are always locked; a wheel is taken where a release has one */
	}
	struct str folder = fs_dirname(arena, item->file);
	if (own && config_take(&request->config, item->option, item->value, folder, arena, err)) {
		return true;
	}
	if (err->kind != ERR_NONE) {
		err->line = item->line;
		return false;
	}
	struct str text = arena_printf(arena,
		"the option '" STR_FMT "' in the file is not heeded; give it on the command line",
		STR_ARG(item->option));
	message(request, arena, S("WARNING"), origin, S(""), text);
	return true;
}

/* own: the user named it, it did not come with a notebook. */
static bool add_reqfile(const struct reqfile *file, bool own, size_t n_declared,
	struct arena *arena, struct request *request, struct err *err)
{
	for (size_t i = 0; i < file->n; i++) {
		const struct reqfile_item *item = &file->items[i];
		struct origin origin = {.file = item->file, .line = item->line};
		if (item->kind == REQFILE_OPTION) {
			bool pre = str_eq(item->option, S("--pre"));
			if (!pre && !file_option(item, own, arena, request, err)) {
				return err_in(err, item->file);
			}
		} else if (item->kind == REQFILE_REQUIREMENT) {
			bool declared = is_declared(request, n_declared, item->requirement.name);
			bool own_before = request->own;
			request->own = own;
			size_t n_directs = request->directs.n;
			if (!declared && !add(request, arena, item->requirement.text, origin,
						 item->constraint, err)) {
				return err_in(err, item->file);
			}
			if (request->directs.n > n_directs) {
				request->directs.p[n_directs].hashes = item->hashes;
				request->directs.p[n_directs].n_hashes = item->n_hashes;
			}
			request->own = own_before;
		} else {
			struct direct direct = {.requirement = item->requirement,
				.location = item->location,
				.folder = fs_dirname(arena, item->file),
				.hashes = item->hashes,
				.n_hashes = item->n_hashes,
				.editable = item->kind == REQFILE_EDITABLE,
				.constraint = item->constraint,
				.origin = origin};
			direct.requirement.name = item->name;
			direct.requirement.text = item->location;
			if (!is_declared(request, n_declared, item->name)) {
				direct_note(&direct, own, arena, request);
			}
		}
	}
	return true;
}

static bool add_file_from_cell(const struct advise_input *input, const struct scan_request *cell,
	struct origin origin, size_t n_declared, struct arena *arena, struct request *request,
	struct err *err)
{
	struct str real;
	struct str text;
	struct err ignored = {0};
	struct reqfile file;
	struct opener opener = {input};
	bool constraint = cell->kind == SCAN_CONSTRAINTS_FILE;
	if (!inside_folder(input, cell->text, arena, &real) ||
		!fs_read(arena_cstr(arena, real), REQUIREMENTS_FILE_MAX, arena, &text, &ignored)) {
		struct str why = arena_printf(arena,
			"the file '" STR_FMT
			"' is not an ordinary file beside the notebook and was not "
			"read",
			STR_ARG(cell->text));
		message(request, arena, S("WARNING"), origin, S(""), why);
		return true;
	}
	return reqfile_parse(cell->text, text, constraint, false, open_beside, &opener, arena,
		       &file, err) &&
	       add_reqfile(&file, false, n_declared, arena, request, err);
}

/* An address, repository or path in an install command. */
static void note_address(const struct advise_input *input, const struct scan_request *r,
	struct origin origin, size_t n_declared, struct arena *arena, struct request *request)
{
	struct requirement named = {.name = r->name, .text = r->text};
	struct direct direct = {.location = r->text,
		.folder = fs_dirname(arena, input->path),
		.editable = r->editable,
		.origin = origin};
	struct err ignored = {0};
	if (requirement_parse(r->text, arena, &named, &ignored) && named.url.n > 0) {
		direct.location = named.url;
	}
	direct.requirement = named;
	if (!is_declared(request, n_declared, r->name)) {
		direct_note(&direct, false, arena, request);
	}
}

/* What is in an install command but no requirement of an index: say it, or fail on bad text. */
static bool odd_request(const struct advise_input *input, const struct scan_request *r,
	size_t n_declared, struct arena *arena, struct request *request, struct err *err)
{
	struct origin origin = facts_origin(input, r->cell, r->cell_id, r->line, r->column);
	struct str text = S("");
	switch (r->kind) {
	case SCAN_REQUIREMENT:
		return true;
	case SCAN_REQUIREMENTS_FILE:
	case SCAN_CONSTRAINTS_FILE:
		return add_file_from_cell(input, r, origin, n_declared, arena, request, err);
	case SCAN_INVALID: {
		struct requirement ignored;
		err->cell = origin.cell;
		err->line = origin.line;
		err->column = 0;
		struct err why = {0};
		bool parsed = requirement_parse(r->text, arena, &ignored, &why);
		snprintf(err->cell_id, sizeof(err->cell_id), STR_FMT, STR_ARG(r->cell_id));
		err_hint(err, "correct the install command, or declare the requirement with "
			      "'thoth add'");
		return err_set(err, ERR_INPUT, "'" STR_FMT "' is not a requirement%s%s",
			STR_ARG(r->text), parsed ? "" : ": ", parsed ? "" : why.message);
	}
	case SCAN_VCS:
	case SCAN_URL:
	case SCAN_PATH:
		note_address(input, r, origin, n_declared, arena, request);
		return true;
	case SCAN_DYNAMIC:
		text = arena_printf(arena,
			r->name.n > 0 ? "only the running code knows the version in '" STR_FMT
					"'; any version is taken"
				      : "'" STR_FMT
					"' is left out: only the running code knows its value",
			STR_ARG(r->text));
		break;
	}
	message(request, arena, S("WARNING"), origin, r->name, text);
	return true;
}

static void note_index(const struct advise_input *input, const struct scan_request *r,
	struct arena *arena, struct request *request)
{
	bool links = r->index_url.n == 0 && r->n_extra_index_urls == 0 && r->n_find_links > 0;
	struct str url = r->index_url.n > 0          ? r->index_url
			 : r->n_extra_index_urls > 0 ? r->extra_index_urls[0]
			 : links                     ? r->find_links[0]
						     : S("");
	if (url.n == 0 || config_find_url(&request->config, url, arena) != INDEX_NOWHERE) {
		return;
	}
	struct str text = arena_printf(arena,
		"the cell names %s'" STR_FMT "'; it is not asked (give %s to use it)",
		links ? "--find-links " : "the index ", STR_ARG(url),
		links ? "--find-links" : "--extra-index-url");
	struct origin origin = facts_origin(input, r->cell, r->cell_id, r->line, r->column);
	for (size_t i = 0; i < request->messages.n; i++) {
		if (str_eq(request->messages.p[i].message, text)) {
			return;
		}
	}
	message(request, arena, S("WARNING"), origin, S(""), text);
}

/* A file that a cell writes: its lines are among the requests already. */
static bool is_written(const struct scan_installs *installs, const struct scan_request *file)
{
	bool named = file->kind == SCAN_REQUIREMENTS_FILE || file->kind == SCAN_CONSTRAINTS_FILE;
	for (size_t i = 0; named && i < installs->n_written; i++) {
		if (str_eq(installs->written[i], file->path)) {
			return true;
		}
	}
	return false;
}

static void tell_diagnostics(const struct advise_input *input, const struct scan_installs *installs,
	struct arena *arena, struct request *request)
{
	for (size_t i = 0; i < installs->n_diagnostics; i++) {
		const struct scan_diagnostic *d = &installs->diagnostics[i];
		if (str_eq(d->severity, S("info"))) {
			continue;
		}
		struct origin origin = facts_origin(input, d->cell, d->cell_id, d->line, d->column);
		message(request, arena, S("WARNING"), origin, S(""), d->message);
	}
}

static bool from_cells(const struct advise_options *options, const struct advise_input *input,
	struct arena *arena, struct request *request, struct err *err)
{
	struct scan_facts facts;
	size_t n;
	const struct scan_cell *cells = facts_cells(input, arena, &n);
	facts_scan(input, cells, n, true, arena, &facts);
	facts_usages(input, &facts, arena, request);
	struct scan_installs installs = facts.installs;
	size_t n_metadata = request->requirements.n;
	for (size_t i = 0; i < n; i++) {
		struct origin origin = facts_origin(input, cells[i].index, cells[i].id, 0, 0);
		if (!inputs_gather_cell(options, input, cells[i].source, origin, n_metadata, arena,
			    request, err)) {
			return err_in(err, input->path);
		}
	}
	size_t n_declared = request->requirements.n; /* a script block declares too */
	for (size_t i = 0; i < installs.n; i++) {
		const struct scan_request *r = &installs.requests[i];
		if (r->uninstall || r->tooling || is_written(&installs, r)) {
			continue;
		}
		note_index(input, r, arena, request);
		if (!odd_request(input, r, n_declared, arena, request, err)) {
			return err_in(err, input->path);
		}
	}
	size_t n_effective;
	const struct scan_request *effective = scan_effective(&installs, arena, &n_effective);
	for (size_t i = 0; i < n_effective; i++) {
		const struct scan_request *r = &effective[i];
		struct origin origin = facts_origin(input, r->cell, r->cell_id, r->line, r->column);
		if (is_declared(request, n_declared, r->name)) {
			continue; /* declared requirements win over cells */
		}
		if (r->pre) {
			*vec_push(arena, &request->prerelease_names) = r->name;
		}
		pins_of_command(r, arena, request);
		if (!add(request, arena, r->text, origin, false, err)) {
			return err_in(err, input->path);
		}
	}
	for (size_t i = 0; i < installs.n_constraints; i++) {
		struct origin origin = {.file = input->path};
		if (!add(request, arena, installs.constraints[i], origin, true, err)) {
			return err_in(err, input->path);
		}
	}
	if (options->discover && !discover_gather(input, &facts, arena, request, err)) {
		return err_in(err, input->path);
	}
	tell_diagnostics(input, &installs, arena, request);
	return true;
}

static bool from_file(const struct advise_options *options, const struct advise_input *input,
	struct arena *arena, struct request *request, struct err *err)
{
	struct reqfile file;
	if (!inputs_is_requirements(input->path)) {
		return inputs_gather(options, input, arena, request, err);
	}
	return reqfile_parse(input->path, input->requirements, false, true, open_relative, NULL,
		       arena, &file, err) &&
	       add_reqfile(&file, true, 0, arena, request, err);
}

static bool from_constraint_files(const struct advise_options *options, struct arena *arena,
	struct request *request, struct err *err)
{
	for (size_t i = 0; i < options->constraints.n; i++) {
		struct str path = options->constraints.items[i];
		struct str text;
		struct reqfile file;
		if (!fs_read(arena_cstr(arena, path), REQUIREMENTS_FILE_MAX, arena, &text, err) ||
			!reqfile_parse(
				path, text, true, true, open_relative, NULL, arena, &file, err) ||
			!add_reqfile(&file, true, 0, arena, request, err)) {
			return false;
		}
	}
	return true;
}

static int by_text(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Which index a pinned package comes from, by address: what it is called decides nothing. */
static void put_pins(const struct request *request, json_t *all, struct arena *arena)
{
	json_t *pins = json_object();
	for (size_t i = 0; i < request->pins.n; i++) {
		const struct index_pin *pin = &request->pins.p[i];
		struct str url = pin->source == INDEX_NOWHERE
					 ? S("")
					 : request->config.sources[pin->source].url;
		json_object_set_new(pins, arena_cstr(arena, pin->name),
			advise_json_text(config_without_credentials(url, arena)));
	}
	if (json_object_size(pins) > 0) {
		json_object_set(all, "pins", pins);
	}
	json_decref(pins);
}

static void put_targets(const struct request *request, json_t *all, struct arena *arena)
{
	if (request->targets.n == 1 && !request->universal) {
		json_object_set_new(all, "environment",
			advise_json_text(environment_key(&request->environment, arena)));
		return;
	}
	json_t *targets = json_array();
	for (size_t i = 0; i < request->targets.n; i++) {
		const struct environment *target = &request->targets.p[i];
		struct str key = environment_key(target, arena);
		struct str patch = request->universal ? target->python_full_version : S("");
		struct str text =
			arena_printf(arena, STR_FMT " " STR_FMT, STR_ARG(key), STR_ARG(patch));
		json_array_append_new(targets, advise_json_text(text));
	}
	json_object_set_new(all, "environments", targets);
	json_object_set_new(all, "universal", json_boolean(request->universal));
}

/* What the request says of files: where links lead, of what kind they may be, own addresses. */
static void put_files(const struct request *request, json_t *all, struct arena *arena)
{
	if (request->config.n_links > 0) {
		json_t *links = json_array();
		for (size_t i = 0; i < request->config.n_links; i++) {
			json_array_append_new(
				links, advise_json_text(request->config.links[i].alias));
		}
		json_object_set_new(all, "find-links", links);
	}
	if (request->formats.n > 0) {
		json_t *formats = json_array();
		for (size_t i = 0; i < request->formats.n; i++) {
			const struct candidate_format *f = &request->formats.p[i];
			struct str text = arena_printf(arena, "%s " STR_FMT,
				f->kinds == KINDS_WHEELS ? "only-binary" : "no-binary",
				STR_ARG(f->value));
			json_array_append_new(formats, advise_json_text(text));
		}
		json_object_set_new(all, "formats", formats);
	}
	if (request->directs.n > 0) {
		json_t *directs = json_array();
		for (size_t i = 0; i < request->directs.n; i++) {
			const struct direct *d = &request->directs.p[i];
			struct str text = arena_printf(arena, STR_FMT " @ " STR_FMT,
				STR_ARG(d->requirement.name),
				STR_ARG(config_without_credentials(d->location, arena)));
			json_array_append_new(directs, advise_json_text(text));
		}
		json_object_set_new(all, "addresses", directs);
	}
}

static void put_labels(const struct advise_options *options, json_t *all)
{
	json_t *labels = json_array();
	for (size_t i = 0; i < options->labels.n; i++) {
		json_array_append_new(labels, advise_json_text(options->labels.items[i]));
	}
	if (options->labels.n > 0) {
		json_object_set(all, "labels", labels);
	}
	json_decref(labels);
}

/* Predictors leave the choice to chance and to how long they search; what is proven does not. */
static void put_search(const struct advise_options *options, json_t *all)
{
	bool proves =
		str_eq(options->predictor, S("auto")) || str_eq(options->predictor, S("exact"));
	if (!proves) {
		json_object_set_new(all, "predictor", advise_json_text(options->predictor));
		json_object_set_new(all, "limit", json_integer((json_int_t)options->limit));
		json_object_set_new(all, "seed", json_integer((json_int_t)options->seed));
		json_object_set_new(all, "beam", json_integer((json_int_t)options->beam_width));
	}
	if (options->limit_latest_versions > 0) {
		json_object_set_new(all, "latest-versions",
			json_integer((json_int_t)options->limit_latest_versions));
	}
}

/* SHA-256 of the canonical JSON of everything that decides the answer. */
static struct str hash_inputs(
	const struct request *request, const struct advise_options *options, struct arena *arena)
{
	struct str *lines = arena_array(arena, struct str, request->requirements.n);
	for (size_t i = 0; i < request->requirements.n; i++) {
		const struct resolver_requirement *r = &request->requirements.p[i];
		lines[i] = arena_printf(arena, "%s" STR_FMT, r->constraint ? "constraint " : "",
			STR_ARG(r->requirement.text));
	}
	qsort(lines, request->requirements.n, sizeof(*lines), by_text);
	json_t *all = json_object();
	json_t *requirements = json_array();
	for (size_t i = 0; i < request->requirements.n; i++) {
		json_array_append_new(requirements, advise_json_text(lines[i]));
	}
	json_object_set_new(all, "requirements", requirements);
	json_t *indexes = json_array();
	for (size_t i = 0; i < request->config.n_sources; i++) {
		const struct index_source *source = &request->config.sources[i];
		if (!source->only_pinned) {
			struct str url = config_without_credentials(source->url, arena);
			json_array_append_new(indexes, advise_json_text(url));
		}
	}
	json_object_set_new(all, "indexes", indexes);
	put_pins(request, all, arena);
	put_files(request, all, arena);
	put_targets(request, all, arena);
	if (options->all_hashes) {
		json_object_set_new(all, "all-hashes", json_true());
	}
	json_object_set_new(all, "type", advise_json_text(request->recommendation_type));
	put_labels(options, all);
	put_search(options, all);
	json_object_set_new(all, "as-of", json_integer(request->as_of_ms));
	json_object_set_new(
		all, "prereleases", json_boolean(options->prereleases || request->prereleases));
	char *text = json_dumps(all, JSON_SORT_KEYS | JSON_COMPACT);
	char hex[HASH_HEX + 1];
	hash_sha256_hex(str_from(text), hex);
	free(text);
	json_decref(all);
	return arena_printf(arena, "sha256:%s", hex);
}

/* The notebook says which Pythons it is for: resolve as asked, but say where this is none of them. */
static void check_python(
	const struct advise_input *input, struct arena *arena, struct request *request)
{
	struct specifier_set set;
	struct err ignored = {0};
	struct str declared = request->declared_python;
	struct str told = S("");
	if (declared.n == 0 || request->universal ||
		!specifier_parse(declared, arena, &set, &ignored)) {
		return;
	}
	for (size_t i = 0; i < request->targets.n; i++) {
		struct str python = request->targets.p[i].python_full_version;
		struct version version;
		if (!version_parse(python, &version) || specifier_contains(&set, &version) ||
			str_eq(python, told)) {
			continue;
		}
		struct origin origin = {.file = input->path, .metadata = true};
		message(request, arena, S("WARNING"), origin, S(""),
			arena_printf(arena, "%s is for Python " STR_FMT ", locked for " STR_FMT,
				input->notebook != NULL ? "the notebook" : "the file",
				STR_ARG(declared), STR_ARG(python)));
		told = python;
	}
}

bool request_gather(const struct advise_input *input, const struct advise_options *options,
	struct arena *arena, struct request *ret, struct err *err)
{
	struct request *request = arena_new(arena, struct request);
	request->input = input;
	request->options = options;
	request->own = input->notebook == NULL;
	if (!config_read(options, arena, &request->config, err)) {
		return false;
	}
	if (!options->offline) {
		targets_last_ca(input, arena, &request->config);
	}
	for (size_t i = 0; i < request->config.n_formats; i++) {
		const struct config_format *format = &request->config.formats[i];
		format_option(request, arena, format->value,
			format->only_binary ? KINDS_WHEELS : KINDS_SDISTS);
	}
	if (options->as_of.n > 0 && !clock_parse(options->as_of, &request->as_of_ms)) {
		err_hint(err, "write a date such as 2024-06-30 or 2024-06-30T12:00:00Z");
		return err_set(err, ERR_USAGE, "--as-of: '" STR_FMT "' is no date",
			STR_ARG(options->as_of));
	}
	if (input->notebook != NULL && !nb_is_python(input->notebook)) {
		err_in(err, input->path);
		err_hint(err, "only notebooks with a Python kernel can be locked");
		return err_set(err, ERR_INPUT,
			"the notebook's language is '" STR_FMT "', not python",
			STR_ARG(input->notebook->language));
	}
	bool gathered = input->notebook == NULL
				? from_file(options, input, arena, request, err)
				: from_metadata(options, input, arena, request, err) &&
					  (options->no_scan ||
						  from_cells(options, input, arena, request, err));
	if (!gathered || !from_constraint_files(options, arena, request, err)) {
		return err_in(err, input->path);
	}
	if (!runtime_gather(request, arena, err)) {
		return false;
	}
	const char *cache_dir = arena_cstr(arena, request->config.cache_dir);
	if (!targets_gather(input, options, cache_dir, arena, request, err)) {
		return false;
	}
	check_python(input, arena, request);
	request->inputs = hash_inputs(request, options, arena);
	*ret = *request;
	return true;
}
