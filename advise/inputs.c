#include "advise/inputs.h"
#include <unistd.h>
#include "advise/exports.h"
#include "advise/pins.h"
#include "common/fs.h"
#include "packaging/export.h"
#include "packaging/lockfile.h"
#include "packaging/name.h"
#include "packaging/pipfile.h"
#include "packaging/projectfile.h"
#include "packaging/toml.h"
#include "common/jansson_text.h"
#include "common/banned.h"

enum kind { REQUIREMENTS, PIPFILE, PYPROJECT, SCRIPT, LOCKFILE };

/* Of which kind a file is, by its name. */
static enum kind kind_of(struct str path, enum lockfile_kind *ret_lock)
{
	struct str name = fs_basename(path);
	if (lockfile_kind_of(name, ret_lock)) {
		return LOCKFILE;
	}
	if (str_ends(name, S(".py.lock"))) { /* uv lock --script */
		*ret_lock = LOCKFILE_UV;
		return LOCKFILE;
	}
	if (str_eq(name, S("Pipfile"))) {
		return PIPFILE;
	}
	if (str_eq(name, S("pyproject.toml"))) {
		return PYPROJECT;
	}
	return str_ends(name, S(".py")) ? SCRIPT : REQUIREMENTS;
}

bool inputs_is_lock(struct str path)
{
	enum lockfile_kind ignored;
	return kind_of(path, &ignored) == LOCKFILE;
}

bool inputs_is_requirements(struct str path)
{
	enum lockfile_kind ignored;
	return kind_of(path, &ignored) == REQUIREMENTS;
}

bool inputs_may_edit(enum advise_command command, struct str path, struct err *err)
{
	static const struct {
		const char *what, *place;
	} kinds[] = {
		[REQUIREMENTS] = {"a requirements file", "a line of it"                   },
		[PIPFILE] = {"a Pipfile",           "[packages] in it"               },
		[PYPROJECT] = {"a pyproject.toml",    "dependencies of [project] in it"},
		[SCRIPT] = {"a script",            "its block '# /// script'"       },
		[LOCKFILE] = {"a lock file",         ""                               },
	};
	AUTO(buf_done) struct buf shown = {0};
	const char *verb = command == ADVISE_ADD      ? "add"
			   : command == ADVISE_REMOVE ? "remove"
						      : "update";
	enum lockfile_kind ignored;
	enum kind kind = kind_of(path, &ignored);
	if (kind == REQUIREMENTS && !str_ends(path, S(".txt")) && !str_ends(path, S(".in"))) {
		return true; /* its content decides */
	}
	buf_add_shown(&shown, path, true);
	if (kind == LOCKFILE) {
		err_hint(err, "change what it was made from, and lock that again");
	} else if (command == ADVISE_UPDATE) {
		err_hint(err, "'thoth lock " STR_FMT " --upgrade' makes a new lock of it",
			STR_ARG(buf_str(&shown)));
	} else {
		err_hint(err, "change %s yourself, then 'thoth lock " STR_FMT "'",
			kinds[kind].place, STR_ARG(buf_str(&shown)));
	}
	return err_set(err, ERR_USAGE, "'thoth %s' changes notebooks, and this is %s", verb,
		kinds[kind].what);
}

static const struct str *normal_names(const struct advise_list *list, struct arena *arena)
{
	struct str *names = arena_array(arena, struct str, list->n);
	for (size_t i = 0; i < list->n; i++) {
		names[i] = name_normal(list->items[i], arena);
	}
	return names;
}

/* Development requirements count: --dev, or the form wants them. */
static bool inputs_dev(const struct advise_options *options)
{
	return options->dev || options->format == ADVISE_PIPFILE ||
	       options->format == ADVISE_PIPFILE_LOCK;
}

bool inputs_need_lock(const struct advise_options *options, const struct advise_input *input,
	struct arena *arena, struct lock *ret, struct advise_report *report)
{
	struct err err = {0};
	bool found = false;
	bool read = inputs_lock(options, input, arena, ret, &found, &err);
	if (read && found) {
		return true;
	}
	if (read) {
		err_in(&err, input->path);
		err_hint(&err, "lock it with 'thoth lock'");
		err_set(&err, ERR_INPUT,
			input->notebook != NULL ? "there is no lock in metadata.thoth"
						: "there is no lock of this file");
	}
	advise_report_error(report, &err);
	report->exit = read ? 1 : report->exit; /* the answer is "no", not a broken file */
	return false;
}

struct declared_choice inputs_choice(const struct advise_options *options, struct arena *arena)
{
	return (struct declared_choice){.extras = normal_names(&options->extras, arena),
		.n_extras = options->extras.n,
		.groups = options->groups.items,
		.n_groups = options->groups.n,
		.dev = inputs_dev(options)};
}

/* ---- gathering -------------------------------------------------------------------------------- */

static bool is_upgraded(const struct advise_options *options, struct str name, struct arena *arena)
{
	struct str normal = name_normal(name, arena);
	for (size_t i = 0; i < options->upgrade_names.n; i++) {
		if (str_eq(name_normal(options->upgrade_names.items[i], arena), normal)) {
			return true;
		}
	}
	return options->upgrade && options->upgrade_names.n == 0;
}

/* A pin of a lock file without its version: "name[extras]; marker". */
static struct str without_version(struct str text, struct arena *arena)
{
	struct str name, rest, marker;
	if (!str_cut(text, S("=="), &name, &rest)) {
		return text;
	}
	return str_cut(rest, S(";"), &rest, &marker)
		       ? arena_printf(arena, STR_FMT ";" STR_FMT, STR_ARG(name), STR_ARG(marker))
		       : name;
}

static struct str url_of_index(const struct declared *declared, struct str name)
{
	for (size_t i = 0; i < declared->indexes.n; i++) {
		if (str_eq(declared->indexes.p[i].name, name)) {
			return declared->indexes.p[i].url;
		}
	}
	return S("");
}

/*
 * Indexes that a file names are asked for what it pins to them. Its first one stands for the main index
 * of the user's settings, whatever that is.
 */
static void add_pin(const struct advise_options *options, const struct advise_input *input,
	const struct declared *declared, const struct declared_item *item, struct origin origin,
	struct arena *arena, struct request *request)
{
	bool first = declared->indexes.n > 0 && str_eq(declared->indexes.p[0].name, item->index);
	bool pinned = false;
	struct str name = name_normal(item->name, arena);
	for (size_t i = 0; i < request->pins.n && !pinned; i++) {
		pinned = str_eq(request->pins.p[i].name, name);
	}
	if (item->index.n > 0 && !item->constraint && !pinned && !first) {
		pins_add(options, input, item->name, item->index,
			url_of_index(declared, item->index), origin, arena, request);
	}
}

static bool is_asked(const struct request *request, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++) {
		const struct resolver_requirement *r = &request->requirements.p[i];
		if (!r->constraint && str_eq(r->requirement.name, name)) {
			return true;
		}
	}
	return false;
}

static bool add_declared(const struct advise_options *options, const struct advise_input *input,
	const struct declared *declared, struct origin base, bool is_lock, size_t n_declared,
	struct arena *arena, struct request *request, struct err *err)
{
	for (size_t i = 0; i < declared->items.n; i++) {
		const struct declared_item *item = &declared->items.p[i];
		struct origin origin = base;
		struct str text = item->text;
		bool freed = is_lock && is_upgraded(options, item->name, arena);
		origin.line = item->line;
		origin.column = item->column;
		origin.group = item->group;
		if (is_asked(request, n_declared, name_normal(item->name, arena)) ||
			(freed && item->constraint)) {
			continue;
		}
		add_pin(options, input, declared, item, origin, arena, request);
		text = freed ? without_version(text, arena) : text;
		if (!request_add(request, arena, text, origin, item->constraint, err)) {
			return false;
		}
	}
	for (size_t i = 0; i < declared->prereleases.n; i++) {
		*vec_push(arena, &request->prerelease_names) =
			name_normal(declared->prereleases.p[i], arena);
	}
	for (size_t i = 0; i < declared->notes.n; i++) {
		struct origin origin = base;
		origin.line = declared->notes.p[i].line;
		request_warn(request, arena, origin, S(""), declared->notes.p[i].text);
	}
	request->prereleases = request->prereleases || declared->all_prereleases;
	if (request->declared_python.n == 0) {
		request->declared_python = declared->python;
	}
	return true;
}

static bool read_script(struct str text, const struct declared_choice *choice, struct arena *arena,
	struct declared *ret, struct err *err)
{
	bool found;
	if (!script_read(text, choice, arena, ret, &found, err)) {
		return false;
	}
	if (!found) {
		err_hint(err, "begin it with '# /// script', as PEP 723 says");
		return err_set(err, ERR_INPUT, "the script declares nothing: it has no such block");
	}
	return true;
}

/* A requirements file without what belongs to the command line: options, nested files, addresses. */
static bool read_reqfile(const struct advise_input *input, struct arena *arena,
	struct declared *ret, struct err *err)
{
	struct reqfile file;
	if (!reqfile_parse(input->path, input->requirements, false, false, NULL, NULL, arena, &file,
		    err)) {
		return false;
	}
	for (size_t i = 0; i < file.n; i++) {
		const struct reqfile_item *item = &file.items[i];
		if (item->kind == REQFILE_REQUIREMENT) {
			*vec_push(arena, &ret->items) =
				(struct declared_item){.text = item->requirement.text,
					.name = item->requirement.spelled,
					.constraint = item->constraint,
					.line = item->line,
					.column = 1};
		}
	}
	return true;
}

bool inputs_declared(const struct advise_options *options, const struct advise_input *input,
	struct arena *arena, struct declared *ret, struct err *err)
{
	struct declared_choice choice = inputs_choice(options, arena);
	struct declared declared = {0};
	struct lockfile lock;
	struct tree tree;
	enum lockfile_kind lock_kind;
	struct str text = input->requirements;
	bool fine = true;
	switch (kind_of(input->path, &lock_kind)) {
	case PIPFILE:
		fine = toml_parse(text, arena, &tree, err);
		if (fine && options->format == ADVISE_PIPFILE_LOCK) { /* it holds them all */
			choice.groups = pipfile_categories(&tree, arena, &choice.n_groups);
		}
		fine = fine && pipfile_read(&tree, &choice, arena, &declared, err);
		break;
	case PYPROJECT:
		fine = toml_parse(text, arena, &tree, err) &&
		       projectfile_read(&tree, &choice, arena, &declared, err);
		break;
	case SCRIPT:
		fine = read_script(text, &choice, arena, &declared, err);
		break;
	case LOCKFILE:
		fine = lockfile_parse(lock_kind, text, &choice, arena, &lock, err);
		declared = fine ? lock.declared : declared;
		break;
	case REQUIREMENTS:
		fine = read_reqfile(input, arena, &declared, err);
		break;
	}
	if (fine) {
		*ret = declared;
	}
	return fine;
}

void inputs_of_metadata(
	const struct nb_requirements *found, struct arena *arena, struct declared *ret)
{
	for (size_t i = 0; i < found->n_packages + found->n_dev + found->n_constraints; i++) {
		size_t dev = i - found->n_packages;
		bool is_dev = i >= found->n_packages && dev < found->n_dev;
		bool constraint = i >= found->n_packages + found->n_dev;
		struct str text = constraint ? found->constraints[dev - found->n_dev]
				  : is_dev   ? found->dev[dev]
					     : found->packages[i];
		*vec_push(arena, &ret->items) = (struct declared_item){
			.text = text, .group = is_dev ? S("dev") : S(""), .constraint = constraint};
	}
	for (size_t i = 0; i < found->n_prereleases; i++) {
		*vec_push(arena, &ret->prereleases) = found->prereleases[i];
	}
	/* an empty first: none of these is the main index (declared.h) */
	if (found->n_indexes > 0) {
		(void)vec_push(arena, &ret->indexes);
	}
	for (size_t i = 0; i < found->n_indexes; i++) {
		*vec_push(arena, &ret->indexes) =
			(struct declared_index){found->index_names[i], found->index_urls[i]};
	}
	for (size_t i = 0; i < found->n_routed; i++) {
		for (size_t k = 0; k < ret->items.n; k++) {
			struct requirement requirement;
			struct err ignored = {0};
			bool same = requirement_parse(
					    ret->items.p[k].text, arena, &requirement, &ignored) &&
				    str_eq(requirement.name,
					    name_normal(found->routed_names[i], arena));
			if (same) {
				ret->items.p[k].name = requirement.name;
				ret->items.p[k].index = found->routed_indexes[i];
			}
		}
	}
}

/* A Pipfile.lock keeps a hash of the Pipfile it was made of, computed in either of two ways. */
static void warn_when_stale(const struct advise_options *options, const struct advise_input *input,
	struct arena *arena, struct request *request)
{
	struct err ignored = {0};
	struct tree pipfile, lock;
	struct str text;
	struct origin origin = {.file = input->path};
	struct str path = fs_join(arena, fs_dirname(arena, input->path), S("Pipfile.lock"));
	bool replaced = str_eq(fs_basename(options->output), S("Pipfile.lock"));
	if (!input->is_file || replaced || access(path.p, R_OK) != 0 ||
		!fs_read(path.p, TREE_MAX, arena, &text, &ignored) ||
		!tree_json(text, arena, &lock, &ignored) ||
		!toml_parse(input->requirements, arena, &pipfile, &ignored)) {
		return;
	}
	struct str kept = tree_text(tree_get(tree_get(&lock, S("_meta")), S("hash")), S("sha256"));
	struct tree sourced = exports_with_source(&pipfile, arena);
	bool same = kept.n == 0;
	for (size_t i = 0; i < 4 && !same; i++) {
		char hex[65];
		pipfile_hash(i < 2 ? &pipfile : &sourced, i % 2 == 0, hex);
		same = str_ieq(str_from(hex), kept);
	}
	if (!same) {
		request_warn(request, arena, origin, S(""),
			S("the Pipfile.lock beside it is stale: it was made of another Pipfile; "
			  "'-o Pipfile.lock' makes a new one"));
	}
}

bool inputs_gather(const struct advise_options *options, const struct advise_input *input,
	struct arena *arena, struct request *request, struct err *err)
{
	struct declared declared = {0};
	struct origin origin = {.file = input->path};
	enum lockfile_kind ignored;
	if (kind_of(input->path, &ignored) == PIPFILE) {
		warn_when_stale(options, input, arena, request);
	}
	return inputs_declared(options, input, arena, &declared, err) &&
	       add_declared(options, input, &declared, origin, inputs_is_lock(input->path), 0,
		       arena, request, err);
}

bool inputs_gather_cell(const struct advise_options *options, const struct advise_input *input,
	struct str source, struct origin origin, size_t n_declared, struct arena *arena,
	struct request *request, struct err *err)
{
	struct declared_choice choice = {0};
	struct declared declared = {0};
	bool found = false;
	if (str_find(source, S("# /// script")) < 0) {
		return true;
	}
	if (!script_read(source, &choice, arena, &declared, &found, err)) {
		err->cell = origin.cell;
		snprintf(err->cell_id, sizeof(err->cell_id), STR_FMT, STR_ARG(origin.cell_id));
		return false;
	}
	return add_declared(
		options, input, &declared, origin, false, n_declared, arena, request, err);
}

/* ---- locks ------------------------------------------------------------------------------------ */

static bool read_lock(enum lockfile_kind kind, struct str text,
	const struct declared_choice *choice, struct arena *arena, struct lock *ret,
	struct err *err)
{
	struct lockfile file;
	if (!lockfile_parse(kind, text, choice, arena, &file, err)) {
		return false;
	}
	*ret = file.lock;
	return true;
}

/* A requirements file whose lines are all pins (with hashes) is a lock; false when it is not. */
static bool pins_of(
	struct str name, struct str text, bool with_hashes, struct arena *arena, struct lock *ret)
{
	VEC(struct locked_package) packages = {0};
	struct reqfile file;
	struct err ignored = {0};
	if (!reqfile_parse(name, text, false, false, NULL, NULL, arena, &file, &ignored)) {
		return false;
	}
	for (size_t i = 0; i < file.n; i++) {
		const struct reqfile_item *item = &file.items[i];
		if (item->kind == REQFILE_OPTION) {
			continue;
		}
		AUTO(buf_done) struct buf line = {0};
		buf_add(&line, item->requirement.text);
		for (size_t k = 0; k < item->n_hashes; k++) {
			if (str_starts(item->hashes[k], S("sha256:"))) {
				buf_add(&line, S(" --hash="));
				buf_add(&line, item->hashes[k]);
			}
		}
		struct locked_package package;
		if (item->kind != REQFILE_REQUIREMENT || (with_hashes && item->n_hashes == 0) ||
			!export_read_line(
				arena_str(arena, buf_str(&line)), arena, &package, &ignored) ||
			package.version.n == 0) {
			return false;
		}
		*vec_push(arena, &packages) = package;
	}
	*ret = (struct lock){.packages = packages.p, .n = packages.n};
	return packages.n > 0;
}

/* The lock that a file of that name holds; false when there is no such file or it holds none. */
static bool lock_at(struct str path, enum lockfile_kind kind, bool requirements,
	const struct declared_choice *choice, struct arena *arena, struct lock *ret)
{
	struct err ignored = {0};
	struct str text;
	const char *name = arena_cstr(arena, path);
	if (access(name, R_OK) != 0 || !fs_read(name, TREE_MAX, arena, &text, &ignored)) {
		return false;
	}
	return requirements ? pins_of(path, text, false, arena, ret)
			    : read_lock(kind, text, choice, arena, ret, &ignored);
}

/* What stands beside a file that declares: Pipfile.lock, pylock.toml, uv.lock, x.py.lock, x.txt. */
static bool lock_beside(struct str path, const struct declared_choice *choice, struct arena *arena,
	struct lock *ret)
{
	static const struct str names[] = {
		STR_INIT("pylock.toml"), STR_INIT("uv.lock"), STR_INIT("poetry.lock")};
	static const enum lockfile_kind kinds[] = {LOCKFILE_PYLOCK, LOCKFILE_UV, LOCKFILE_POETRY};
	struct str folder = fs_dirname(arena, path);
	enum lockfile_kind ignored;
	switch (kind_of(path, &ignored)) {
	case PIPFILE:
		return lock_at(fs_join(arena, folder, S("Pipfile.lock")), LOCKFILE_PIPENV, false,
			choice, arena, ret);
	case PYPROJECT:
		for (size_t i = 0; i < 3; i++) {
			if (lock_at(fs_join(arena, folder, names[i]), kinds[i], false, choice,
				    arena, ret)) {
				return true;
			}
		}
		return false;
	case SCRIPT:
		return lock_at(arena_printf(arena, STR_FMT ".lock", STR_ARG(path)), LOCKFILE_UV,
			false, choice, arena, ret);
	case REQUIREMENTS:
		return str_ends(path, S(".in")) &&
		       lock_at(arena_printf(arena, STR_FMT ".txt",
				       STR_ARG(str_slice(path, 0, path.n - 3))),
			       LOCKFILE_UV, true, choice, arena, ret);
	case LOCKFILE:
		break;
	}
	return false;
}

/* A key of notebook metadata as text: it may be JSON in a string, or an object. */
static bool key_text(const json_t *metadata, const char *key, struct arena *arena, struct str *ret)
{
	const json_t *value = json_object_get(metadata, key);
	if (json_is_string(value)) {
		*ret = jansson_text(value);
		return true;
	}
	char *text = json_is_object(value) ? json_dumps(value, 0) : NULL;
	*ret = text == NULL ? S("") : arena_str(arena, str_from(text));
	free(text);
	return ret->n > 0;
}

/* What the first Thoth extension or uv left in the notebook; not read when it is broken. */
static bool lock_of_others(const json_t *metadata, struct arena *arena, struct lock *ret)
{
	static const char *const keys[] = {"requirements_lock", "requirements_locked", "uv.lock"};
	struct declared_choice all = {.dev = true};
	for (size_t i = 0; i < 3; i++) {
		enum lockfile_kind kind = i == 2 ? LOCKFILE_UV : LOCKFILE_PIPENV;
		struct err ignored = {0};
		struct str text;
		if (key_text(metadata, keys[i], arena, &text) &&
			read_lock(kind, text, &all, arena, ret, &ignored)) {
			return true;
		}
	}
	return false;
}

bool inputs_lock(const struct advise_options *options, const struct advise_input *input,
	struct arena *arena, struct lock *ret, bool *ret_found, struct err *err)
{
	struct lock lock = {0};
	enum lockfile_kind kind;
	*ret_found = false;
	if (input->notebook != NULL) {
		if (!nb_lock_read(input->notebook, arena, ret, ret_found, err)) {
			return err_in(err, input->path);
		}
		if (!*ret_found) {
			*ret_found = lock_of_others(input->notebook->metadata, arena, &lock);
			*ret = lock;
		}
		return true;
	}
	struct declared_choice choice = inputs_choice(options, arena);
	if (kind_of(input->path, &kind) == LOCKFILE) {
		*ret_found = true;
		return read_lock(kind, input->requirements, &choice, arena, ret, err) ||
		       err_in(err, input->path);
	}
	if (!input->is_file) {
		*ret = lock;
		return true;
	}
	*ret_found = lock_beside(input->path, &choice, arena, &lock);
	if (!*ret_found && kind_of(input->path, &kind) == REQUIREMENTS &&
		!str_ends(input->path, S(".in"))) {
		/* "a==1" alone means 1+local too, which a lock of it must not keep out */
		*ret_found = pins_of(input->path, input->requirements, true, arena, &lock);
	}
	*ret = lock;
	return true;
}

static const struct locked_package *find_package(
	const struct locked_package *packages, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(packages[i].name, name)) {
			return &packages[i];
		}
	}
	return NULL;
}

static bool share_a_file(const struct locked_package *a, const struct locked_package *b)
{
	bool comparable = false;
	for (size_t i = 0; i < a->n_files; i++) {
		for (size_t k = 0; k < b->n_files; k++) {
			struct str left = a->files[i].sha256;
			struct str right = b->files[k].sha256;
			comparable = comparable || (left.n > 0 && right.n > 0);
			if (left.n > 0 && str_ieq(left, right)) {
				return true;
			}
		}
	}
	return !comparable;
}

void inputs_compare(const struct advise_input *input, const struct lock *old,
	const struct locked_package *packages, size_t n, struct arena *arena,
	struct request *request)
{
	enum lockfile_kind ignored;
	if (input->notebook != NULL || kind_of(input->path, &ignored) != LOCKFILE) {
		return;
	}
	for (size_t i = 0; i < n; i++) {
		const struct locked_package *p = &packages[i];
		const struct locked_package *before = find_package(old->packages, old->n, p->name);
		if (before != NULL && str_eq(before->version, p->version) &&
			!share_a_file(before, p)) {
			struct origin origin = {.file = input->path};
			request_warn(request, arena, origin, p->name,
				arena_printf(arena,
					"the index has none of the files of " STR_FMT " " STR_FMT
					" that the lock names: their hashes differ",
					STR_ARG(p->name), STR_ARG(p->version)));
		}
	}
}

struct lock inputs_part(const struct lock *old, const struct lock *new, struct arena *arena)
{
	struct lock part = *old;
	struct locked_package *kept = arena_array(arena, struct locked_package, old->n);
	size_t n = 0;
	for (size_t i = 0; i < old->n; i++) {
		if (find_package(new->packages, new->n, old->packages[i].name) != NULL) {
			kept[n++] = old->packages[i];
		}
	}
	part.packages = kept;
	part.n = n;
	return part;
}

struct str inputs_python(
	const struct advise_options *options, const struct advise_input *input, struct arena *arena)
{
	struct declared_choice choice = inputs_choice(options, arena);
	struct lockfile file;
	struct err ignored = {0};
	enum lockfile_kind kind;
	if (input->notebook != NULL || kind_of(input->path, &kind) != LOCKFILE ||
		!lockfile_parse(kind, input->requirements, &choice, arena, &file, &ignored)) {
		return S("");
	}
	return file.declared.python;
}
