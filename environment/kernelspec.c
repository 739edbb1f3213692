#include "environment/environment.h"
#include <sys/stat.h>
#include <unistd.h>
#include "common/fs.h"
#include "common/jsonread.h"
#include "common/vec.h"
#include <dirent.h>
#include "common/banned.h"

enum { KERNEL_JSON_MAX = 1 << 20, ARGV_MAX = 256 };

/* grows by vec_push */
struct words {
	struct str *p;
	size_t n, cap;
};

static void add_folder(struct arena *arena, struct words *folders, struct str below)
{
	if (below.n == 0 || below.p[0] != '/') {
		return;
	}
	struct str folder = fs_join(arena, below, S("kernels"));
	for (size_t i = 0; i < folders->n; i++) {
		if (str_eq(folders->p[i], folder)) {
			return;
		}
	}
	*vec_push(arena, folders) = folder;
}

static void add_prefix(struct arena *arena, struct words *folders, struct str prefix)
{
	if (prefix.n > 0) {
		add_folder(arena, folders, fs_join(arena, prefix, S("share/jupyter")));
	}
}

/* The prefix of the running program: /p/bin/thoth gives /p. A build tree has none, which is fine. */
static struct str own_prefix(struct arena *arena)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path));
	if (n <= 0 || (size_t)n == sizeof(path)) {
		return S("");
	}
	return fs_dirname(arena, fs_dirname(arena, (struct str){path, (size_t)n}));
}

static struct str user_folder(struct arena *arena)
{
	struct str named = str_from(getenv("JUPYTER_DATA_DIR"));
	struct str data = str_from(getenv("XDG_DATA_HOME"));
	struct str home = str_from(getenv("HOME"));
	if (named.n > 0) {
		return named;
	}
	if (data.n > 0) {
		return fs_join(arena, data, S("jupyter"));
	}
	return home.n > 0 ? fs_join(arena, home, S(".local/share/jupyter")) : S("");
}

struct str *kernelspec_folders(struct arena *arena, size_t *ret_n)
{
	struct words folders = {0};
	struct str rest = str_from(getenv("JUPYTER_PATH"));
	while (rest.n > 0) {
		struct str entry = rest;
		if (!str_cut(rest, S(":"), &entry, &rest)) {
			rest = S("");
		}
		add_folder(arena, &folders, entry);
	}
	struct str prefix = own_prefix(arena);
	bool venv = prefix.n > 0 && access(fs_join(arena, prefix, S("pyvenv.cfg")).p, F_OK) == 0;
	if (!venv) {
		add_folder(arena, &folders, user_folder(arena));
	}
	add_prefix(arena, &folders, prefix);
	add_prefix(arena, &folders, str_from(getenv("VIRTUAL_ENV")));
	add_prefix(arena, &folders, str_from(getenv("CONDA_PREFIX")));
	add_folder(arena, &folders, user_folder(arena));
	add_folder(arena, &folders, S("/usr/local/share/jupyter"));
	add_folder(arena, &folders, S("/usr/share/jupyter"));
	*ret_n = folders.n;
	return folders.p;
}

static bool valid_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		if (!char_is_alnum(name.p[i]) && memchr("._-", name.p[i], 3) == NULL) {
			return false;
		}
	}
	return name.n > 0 && name.n < 200 && !str_eq(name, S(".")) && !str_eq(name, S(".."));
}

/* The kernelspec of that name in one folder of kernelspecs; "" when it has none. */
static struct str find_in(struct arena *arena, struct str folder, struct str name)
{
	DIR *dir = opendir(folder.p);
	struct str found = S("");
	if (dir == NULL) {
		return found;
	}
	for (struct dirent *entry; found.n == 0 && (entry = readdir(dir)) != NULL;) {
		if (!str_ieq(str_from(entry->d_name), name)) {
			continue;
		}
		struct str directory = fs_join(arena, folder, str_from(entry->d_name));
		if (access(fs_join(arena, directory, S("kernel.json")).p, F_OK) == 0) {
			found = directory;
		}
	}
	closedir(dir);
	return found;
}

/* "/p/share/jupyter/kernels/NAME" is installed below /p. */
static struct str prefix_of(struct arena *arena, struct str directory)
{
	struct str kernels = fs_dirname(arena, directory);
	struct str below = S("/share/jupyter/kernels");
	return str_ends(kernels, below) ? str_slice(kernels, 0, kernels.n - below.n) : S("");
}

static struct str replace(struct arena *arena, struct str text, struct str what, struct str by)
{
	struct str before;
	struct str after;
	if (!str_cut(text, what, &before, &after)) {
		return text;
	}
	return arena_printf(
		arena, STR_FMT STR_FMT STR_FMT, STR_ARG(before), STR_ARG(by), STR_ARG(after));
}

static bool is_python(struct str program)
{
	struct str base = fs_basename(program);
	return str_starts(base, S("python")) || str_starts(base, S("pypy"));
}

/*
 * A bare "python" means the interpreter of the server that starts the kernel; for a kernelspec
 * installed below a prefix that is the prefix's own Python, else the one on PATH.
 */
static struct str resolve_program(
	struct arena *arena, const struct kernelspec *spec, struct str program)
{
	if (str_find_char(program, '/') >= 0) {
		return program;
	}
	struct str prefix = prefix_of(arena, spec->directory);
	struct str in_prefix =
		arena_printf(arena, STR_FMT "/bin/" STR_FMT, STR_ARG(prefix), STR_ARG(program));
	if (prefix.n > 0 && access(in_prefix.p, X_OK) == 0) {
		return in_prefix;
	}
	return python_find(program, arena);
}

static struct str find_interpreter(struct arena *arena, const struct kernelspec *spec)
{
	if (spec->n_argv == 0 || (spec->language.n > 0 && !str_ieq(spec->language, S("python")))) {
		return S("");
	}
	if (!str_starts(fs_basename(spec->argv[0]), S("thoth-kernel"))) {
		return is_python(spec->argv[0]) ? resolve_program(arena, spec, spec->argv[0])
						: S("");
	}
	for (size_t i = 1; i < spec->n_argv; i++) {
		struct str word = spec->argv[i];
		struct str name;
		struct str value;
		bool next = i + 1 < spec->n_argv;
		if (next && (str_eq(word, S("--python")) || str_eq(word, S("--")))) {
			struct str program = spec->argv[i + 1];
			bool known = str_eq(word, S("--python")) || is_python(program);
			return known ? resolve_program(arena, spec, program) : S("");
		}
		if (str_cut(word, S("="), &name, &value) && str_eq(name, S("--python"))) {
			return resolve_program(arena, spec, value);
		}
	}
	return resolve_program(arena, spec, S("python3"));
}

static void read_argv(struct jsonread *in, struct arena *arena, struct kernelspec *spec)
{
	struct words argv = {0};
	struct str prefix = prefix_of(arena, spec->directory);
	jsonread_array(in);
	while (jsonread_element(in)) {
		struct str word = jsonread_string(in, arena);
		word = replace(arena, word, S("{resource_dir}"), spec->directory);
		word = replace(arena, word, S("{prefix}"), prefix);
		if (argv.n < ARGV_MAX) {
			*vec_push(arena, &argv) = arena_str(arena, word);
		}
	}
	spec->argv = argv.p;
	spec->n_argv = argv.n;
}

bool kernelspec_read(
	struct str directory, struct arena *arena, struct kernelspec *ret, struct err *err)
{
	struct kernelspec spec = {.directory = directory, .name = fs_basename(directory)};
	struct str path = fs_join(arena, directory, S("kernel.json"));
	struct str text;
	if (!fs_read(path.p, KERNEL_JSON_MAX, arena, &text, err)) {
		return false;
	}
	struct jsonread in = jsonread_start(text);
	struct str key;
	jsonread_object(&in);
	while (jsonread_key(&in, &key)) {
		if (str_eq(key, S("argv"))) {
			read_argv(&in, arena, &spec);
		} else if (str_eq(key, S("display_name"))) {
			spec.display_name = jsonread_string(&in, arena);
		} else if (str_eq(key, S("language"))) {
			spec.language = jsonread_string(&in, arena);
		} else {
			jsonread_skip(&in);
		}
	}
	if (!jsonread_end(&in, err)) {
		return err_in(err, path);
	}
	spec.interpreter = arena_str(arena, find_interpreter(arena, &spec));
	*ret = spec;
	return true;
}

bool kernelspec_find(struct str name, struct arena *arena, struct kernelspec *ret, struct err *err)
{
	if (!valid_name(name)) {
		return err_set(err, ERR_INPUT,
			"'" STR_FMT "' cannot be the name of a Jupyter kernel", STR_ARG(name));
	}
	size_t n;
	struct str *folders = kernelspec_folders(arena, &n);
	for (size_t i = 0; i < n; i++) {
		struct str directory = find_in(arena, folders[i], name);
		if (directory.n > 0 && !kernelspec_read(directory, arena, ret, err)) {
			err->kind = ERR_ENVIRONMENT;
			return err_prefix(err, "kernelspec '" STR_FMT "'", STR_ARG(name));
		}
		if (directory.n > 0) {
			return true;
		}
	}
	err_hint(err, "see 'jupyter kernelspec list', or give --python-version");
	return err_set(err, ERR_ENVIRONMENT, "no Jupyter kernel '" STR_FMT "' on this machine",
		STR_ARG(name));
}
