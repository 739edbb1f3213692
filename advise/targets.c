#include "advise/targets.h"
#include "common/fs.h"
#include "environment/environment.h"
#include "index/http.h"
#include "resolver/universal.h"
#include "common/jansson_text.h"
#include "common/banned.h"

enum {
	NEWEST_MINOR = 14, /* of CPython 3: --universal goes up to it */
	PATCHES_TRIED = 100,
	TARGETS_MAX = 200,
};

static const struct str universal_word = STR_INIT("universal");

/* ---- one environment ------------------------------------------------------------------------------ */

/* The interpreter that the kernel of this notebook runs, and who says so; "" for none. */
static struct str kernel_python(
	const struct advise_input *input, struct arena *arena, struct str *ret_why)
{
	struct err ignored = {0};
	struct kernelspec spec;
	if (input->kernel_python.n > 0) {
		*ret_why = arena_printf(
			arena, "the running kernel: " STR_FMT, STR_ARG(input->kernel_python));
		return input->kernel_python;
	}
	if (input->notebook == NULL || input->notebook->kernel_name.n == 0 ||
		!kernelspec_find(input->notebook->kernel_name, arena, &spec, &ignored)) {
		return S("");
	}
	*ret_why = arena_printf(arena, "kernelspec " STR_FMT ": " STR_FMT, STR_ARG(spec.name),
		STR_ARG(spec.interpreter));
	return spec.interpreter;
}

size_t targets_site_folders(const struct advise_input *input, const char *cache_dir,
	struct arena *arena, struct str *ret)
{
	struct str ignored_why = S("");
	struct err ignored = {0};
	struct python_paths paths;
	struct str python = kernel_python(input, arena, &ignored_why);
	python = python.n > 0 ? python : python_find(S("python3"), arena);
	if (python.n == 0 ||
		!python_ask_paths(arena_cstr(arena, python), cache_dir, arena, &paths, &ignored)) {
		return 0;
	}
	ret[0] = paths.purelib;
	ret[1] = paths.platlib;
	return 2;
}

void targets_last_ca(const struct advise_input *input, struct arena *arena, struct config *config)
{
	bool ignored;
	struct http_ca ca = {.told = arena_cstr(arena, config->told_ca),
		.configured = arena_cstr(arena, config->ca)};
	struct str folders[2];
	if (index_http_ca_path(&ca, &ignored) == NULL &&
		targets_site_folders(input, arena_cstr(arena, config->cache_dir), arena, folders) >
			0) {
		config->last_ca = fs_join(arena, folders[0], S("certifi/cacert.pem"));
	}
}

/* What that interpreter is; false: none can be found. */
static bool kernel_interpreter(const struct advise_input *input, const char *cache_dir,
	struct arena *arena, struct environment *ret)
{
	struct err ignored = {0};
	struct str why = S("");
	struct str python = kernel_python(input, arena, &why);
	if (python.n == 0 ||
		!python_ask(arena_cstr(arena, python), cache_dir, arena, ret, &ignored)) {
		return false;
	}
	ret->why = why;
	return true;
}

static bool default_environment(const struct advise_input *input, const char *cache_dir,
	struct arena *arena, struct environment *ret, struct err *err)
{
	if (kernel_interpreter(input, cache_dir, arena, ret)) {
		return true;
	}
	if (input->notebook != NULL && input->notebook->language_version.n > 0) {
		struct str version = input->notebook->language_version;
		struct err ignored = {0};
		if (environment_describe(version, S(""), arena, ret, &ignored)) {
			ret->why = S("the notebook's language_info");
			return true;
		}
	}
	struct str python = python_find(S("python3"), arena);
	if (python.n == 0) {
		err_hint(err, "give --python-version X.Y");
		return err_set(err, ERR_ENVIRONMENT, "no python3 found to resolve for");
	}
	if (!python_ask(arena_cstr(arena, python), cache_dir, arena, ret, err)) {
		return false;
	}
	ret->why = arena_printf(arena, "python3 on PATH: " STR_FMT, STR_ARG(python));
	return true;
}

/* python and platform as the options give them; "" for what the notebook runs on. */
static bool one_environment(const struct advise_input *input, struct str python,
	struct str platform, const char *cache_dir, struct arena *arena, struct environment *ret,
	struct err *err)
{
	struct environment base = {0};
	bool full =
		str_find_char(str_skip(python, (size_t)str_find_char(python, '.') + 1), '.') >= 0;
	struct err missing = {0};
	bool has_base = (python.n > 0 && full && platform.n > 0) ||
			default_environment(input, cache_dir, arena, &base, &missing);
	if (!has_base && python.n == 0) {
		*err = missing;
		return false;
	}
	if (python.n == 0 && platform.n == 0) {
		*ret = base;
		return true;
	}
	struct str why = python.n > 0 ? S("--python-version") : base.why;
	bool same_minor = python.n == 0 || (!full && str_eq(base.python_version, python));
	struct str version =
		same_minor && base.python_full_version.n > 0 ? base.python_full_version : python;
	if (!environment_describe(version, platform, arena, ret, err)) {
		return false;
	}
	ret->why = why;
	return true;
}

/* The environment of a key; its Python is X.Y as for --python-version. */
static bool named_environment(const struct advise_input *input, struct str key,
	const char *cache_dir, struct arena *arena, struct environment *ret, struct err *err)
{
	struct str python, platform;
	struct environment ignored;
	key = arena_str(arena, key);
	return environment_from_key(key, arena, &ignored, err) &&
	       environment_key_options(key, arena, &python, &platform) &&
	       one_environment(input, python, platform, cache_dir, arena, ret, err);
}

static void add_target(
	struct request *request, const struct environment *target, struct arena *arena)
{
	struct str key = environment_key(target, arena);
	for (size_t i = 0; i < request->targets.n; i++) {
		if (str_eq(environment_key(&request->targets.p[i], arena), key) &&
			str_eq(request->targets.p[i].python_full_version,
				target->python_full_version)) {
			return;
		}
	}
	*vec_push(arena, &request->targets) = *target;
}

/* Every platform with every Python, then the environments by name. */
static bool from_options(const struct advise_input *input, const struct advise_options *options,
	const char *cache_dir, struct arena *arena, struct request *request, struct err *err)
{
	const struct advise_list *pythons = &options->python_versions;
	const struct advise_list *platforms = &options->platforms;
	struct environment target;
	bool named = pythons->n + platforms->n > 0 || options->environments.n == 0;
	for (size_t i = 0; named && (i < pythons->n || i == 0); i++) {
		for (size_t k = 0; k < platforms->n || k == 0; k++) {
			struct str python = pythons->n == 0 ? S("") : pythons->items[i];
			struct str platform = platforms->n == 0 ? S("") : platforms->items[k];
			if (!one_environment(
				    input, python, platform, cache_dir, arena, &target, err)) {
				return false;
			}
			add_target(request, &target, arena);
		}
	}
	for (size_t i = 0; i < options->environments.n; i++) {
		struct str key = arena_str(arena, options->environments.items[i]);
		const struct runtime_environment *one = runtime_file_get(&request->runtimes, key);
		if (one != NULL ? !one_environment(input, one->python_version.text,
					  runtime_platform(one, arena), cache_dir, arena, &target,
					  err)
				: !environment_from_key(key, arena, &target, err)) {
			return err_prefix(err, "--environment");
		}
		target.why = one != NULL ? arena_printf(arena, "--environment " STR_FMT,
						   STR_ARG(one->name))
					 : S("--environment");
		add_target(request, &target, arena);
	}
	return true;
}

/* ---- --universal ---------------------------------------------------------------------------------- */

static bool has_lower_bound(const struct specifier_set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		enum specifier_operator o = set->items[i].operator;
		if (o != SPECIFIER_LESS && o != SPECIFIER_LESS_EQUAL && o != SPECIFIER_NOT_EQUAL) {
			return true;
		}
	}
	return false;
}

/* The first patch release of 3.minor that the set contains, -1 for none. */
static int first_patch(const struct specifier_set *set, int minor, struct arena *arena)
{
	for (int patch = 0; patch < PATCHES_TRIED; patch++) {
		struct version version;
		struct str text = arena_printf(arena, "3.%d.%d", minor, patch);
		if (version_parse(text, &version) && specifier_contains(set, &version)) {
			return patch;
		}
	}
	return -1;
}

/* Linux, macOS and Windows with each Python of `pythons` (">=3.11"). */
static bool add_universal(
	struct str pythons, struct arena *arena, struct request *request, struct err *err)
{
	static const char *const platforms[] = {"manylinux_2_28_x86_64", "manylinux_2_28_aarch64",
		"macosx_14_0_arm64", "macosx_14_0_x86_64", "win_amd64"};
	struct specifier_set set;
	if (!specifier_parse(pythons, arena, &set, err)) {
		return err_prefix(err, "the Pythons of --universal");
	}
	for (int minor = NEWEST_MINOR; minor >= 0; minor--) {
		int patch = first_patch(&set, minor, arena);
		struct str python = arena_printf(arena, "3.%d.%d", minor, patch);
		for (size_t i = 0; patch >= 0 && i < sizeof(platforms) / sizeof(platforms[0]);
			i++) {
			struct environment target;
			if (!environment_describe(
				    python, str_from(platforms[i]), arena, &target, err)) {
				return false;
			}
			target.why = S("--universal");
			*vec_push(arena, &request->targets) = target;
		}
	}
	if (request->targets.n == 0) {
		err_hint(err, "give --python-version X.Y");
		return err_set(err, ERR_USAGE,
			"no Python from 3.0 to 3.%d is '" STR_FMT
			"', so there is nothing to lock for",
			NEWEST_MINOR, STR_ARG(pythons));
	}
	request->universal = true;
	request->pythons = pythons;
	return true;
}

/*
 * The Pythons: the option, as a version ("3.11": from it on) or as a specifier; else what the notebook
 * declares; else from its own Python on. What is not declared is kept in the name.
 */
static bool universal_targets(const struct advise_input *input, struct str option,
	const char *cache_dir, struct arena *arena, struct request *request, struct err *err)
{
	struct specifier_set set;
	struct err ignored = {0};
	struct str pythons = option;
	struct str declared = request->declared_python;
	bool usable = declared.n > 0 && specifier_parse(declared, arena, &set, &ignored) &&
		      has_lower_bound(&set);
	request->universal_name = universal_word;
	if (option.n > 0 && char_is_digit(option.p[0])) {
		pythons = arena_printf(arena, ">=" STR_FMT, STR_ARG(option));
	} else if (option.n == 0 && usable) {
		return add_universal(declared, arena, request, err);
	} else if (option.n == 0) {
		struct environment own;
		if (!default_environment(input, cache_dir, arena, &own, err)) {
			return false;
		}
		pythons = arena_printf(arena, ">=" STR_FMT "%s" STR_FMT,
			STR_ARG(own.python_version), declared.n > 0 ? "," : "", STR_ARG(declared));
	}
	request->universal_name =
		arena_printf(arena, STR_FMT STR_FMT, STR_ARG(universal_word), STR_ARG(pythons));
	return add_universal(pythons, arena, request, err);
}

/* ---- what the old lock was made for ------------------------------------------------------------------ */

/* "universal" and what follows it; false when it is something else. */
static bool is_universal(struct str name, struct str *ret_pythons)
{
	*ret_pythons = str_skip(name, universal_word.n);
	return str_starts(name, universal_word);
}

/* A lock for several environments stays one; a lock for one follows the notebook's Python. */
static bool from_old_lock(const struct advise_input *input, const char *cache_dir,
	struct arena *arena, struct request *request, bool *ret_found, struct err *err)
{
	const json_t *thoth = input->notebook == NULL
				      ? NULL
				      : json_object_get(input->notebook->metadata, "thoth");
	const json_t *names = json_object_get(thoth, "environments");
	*ret_found = false;
	for (size_t i = 0; i < json_array_size(names); i++) {
		const json_t *item = json_array_get(names, i);
		struct str name = jansson_text(item);
		struct str pythons;
		struct environment target;
		name = arena_str(arena, name);
		if (is_universal(name, &pythons)) {
			*ret_found = true;
			request->targets.n = 0;
			return universal_targets(input, pythons, cache_dir, arena, request, err) ||
			       err_prefix(err, "metadata.thoth.environments");
		}
		if (json_array_size(names) < 2) {
			break;
		}
		if (!named_environment(input, name, cache_dir, arena, &target, err)) {
			err->kind = ERR_INPUT;
			return err_prefix(err, "metadata.thoth.environments");
		}
		target.why = S("the environments of the old lock");
		add_target(request, &target, arena);
		*ret_found = true;
	}
	return true;
}

const struct environment *targets_of_lock(const struct advise_input *input, const struct lock *lock,
	struct arena *arena, size_t *ret_n)
{
	struct request request = {0};
	struct nb_requirements declared = {0};
	struct err ignored = {0};
	if (input->notebook != NULL &&
		!nb_requirements(input->notebook, arena, &declared, &ignored)) {
		declared.python = S("");
	}
	for (size_t i = 0; i < lock->n_environments; i++) {
		struct str pythons;
		struct environment target;
		if (is_universal(lock->environments[i], &pythons)) {
			pythons = pythons.n > 0 ? pythons : declared.python;
			(void)(pythons.n > 0 && add_universal(pythons, arena, &request, &ignored));
		} else if (environment_from_key(lock->environments[i], arena, &target, &ignored)) {
			add_target(&request, &target, arena);
		}
	}
	*ret_n = request.targets.n;
	return request.targets.p;
}

const struct str *targets_keys(
	const struct environment *targets, size_t n, struct arena *arena, size_t *ret_n)
{
	struct str *keys = arena_array(arena, struct str, n);
	size_t found = 0;
	for (size_t i = 0; i < n; i++) {
		struct str key = environment_key(&targets[i], arena);
		bool known = false;
		for (size_t k = 0; k < found && !known; k++) {
			known = str_eq(keys[k], key);
		}
		if (!known) {
			keys[found++] = key;
		}
	}
	*ret_n = found;
	return keys;
}

/* ---- all of them --------------------------------------------------------------------------------- */

/* Markers are built over bounded axes (partition.h). */
static bool within_limits(const struct request *request, struct err *err)
{
	size_t machines = 0;
	for (size_t i = 0; i < request->targets.n; i++) {
		bool first = true;
		for (size_t j = 0; j < i && first; j++) {
			first = !str_eq(request->targets.p[j].platform_machine,
				request->targets.p[i].platform_machine);
		}
		machines += first;
	}
	if (request->targets.n > TARGETS_MAX || machines > PARTITION_MACHINES_MAX) {
		return err_set(err, ERR_USAGE,
			"at most %d environments on %d kinds of machines fit into one lock",
			TARGETS_MAX, PARTITION_MACHINES_MAX);
	}
	return true;
}

const struct str *targets_markers(const struct environment *targets, size_t n, struct arena *arena,
	size_t *ret_n, struct str *ret_pythons)
{
	const struct environment *lowest = NULL;
	bool same = true;
	for (size_t i = 0; i < n; i++) {
		const struct environment *t = &targets[i];
		same = same && str_eq(t->python_version, targets[0].python_version);
		bool lower = lowest == NULL || t->python_major < lowest->python_major ||
			     (t->python_major == lowest->python_major &&
				     t->python_minor < lowest->python_minor);
		lowest = lower ? t : lowest;
	}
	*ret_n = 0;
	*ret_pythons = S("");
	if (lowest == NULL) {
		return NULL;
	}
	*ret_pythons = arena_printf(arena, "%s" STR_FMT "%s",
		same ? "==" : ">=", STR_ARG(lowest->python_version), same ? ".*" : "");
	return n == 1 ? NULL : universal_environments(targets, n, arena, ret_n);
}

bool targets_gather(const struct advise_input *input, const struct advise_options *options,
	const char *cache_dir, struct arena *arena, struct request *request, struct err *err)
{
	bool asked =
		options->platforms.n + options->python_versions.n + options->environments.n > 0;
	bool found = false;
	if (options->universal) {
		struct str lowest =
			options->python_versions.n == 0 ? S("") : options->python_versions.items[0];
		found = true;
		if (!universal_targets(input, lowest, cache_dir, arena, request, err)) {
			return false;
		}
	} else if (!asked && !from_old_lock(input, cache_dir, arena, request, &found, err)) {
		return err_in(err, input->path);
	}
	if ((!found && !from_options(input, options, cache_dir, arena, request, err)) ||
		!within_limits(request, err)) {
		return false;
	}
	request->environment = request->targets.p[0];
	if (!request->universal) {
		size_t ignored;
		(void)targets_markers(
			request->targets.p, request->targets.n, arena, &ignored, &request->pythons);
	}
	return true;
}
