#include "environment/prefix.h"
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/fs.h"
#include "environment/environment.h"
#include "common/banned.h"

static bool is_folder(struct str path, struct arena *arena)
{
	struct stat info;
	return stat(arena_cstr(arena, path), &info) == 0 && S_ISDIR(info.st_mode);
}

/* The leading "3.11.7" of "3.11.7.final.0" or "3.11.7"; "" of anything else. */
static struct str version_in(struct str text)
{
	size_t n = 0;
	size_t dots = 0;
	while (n < text.n &&
		((text.p[n] >= '0' && text.p[n] <= '9') || (text.p[n] == '.' && dots < 2))) {
		dots += text.p[n++] == '.';
	}
	while (n > 0 && text.p[n - 1] == '.') {
		n--;
	}
	return dots > 0 ? str_slice(text, 0, n) : S("");
}

/* What pyvenv.cfg says of the version: "version" of venv, "version_info" of uv and virtualenv. */
static struct str configured_version(struct str folder, struct arena *arena)
{
	struct str text;
	struct str line;
	struct str found = S("");
	struct err ignored = {0};
	struct str path = fs_join(arena, folder, S("pyvenv.cfg"));
	if (!fs_read(arena_cstr(arena, path), PYVENV_MAX, arena, &text, &ignored)) {
		return found;
	}
	while (str_next_line(&text, &line)) {
		struct str key;
		struct str value;
		if (str_cut(line, S("="), &key, &value) &&
			(str_ieq(str_trim(key), S("version")) ||
				str_ieq(str_trim(key), S("version_info")))) {
			struct str version = version_in(str_trim(value));
			found = version.n > found.n ? version : found;
		}
	}
	return found;
}

/* "3.11" of "python3.11"; "" of other names. */
static struct str minor_of(struct str name)
{
	return str_starts(name, S("python3.")) ? version_in(str_skip(name, strlen("python")))
					       : S("");
}

/* Of several lib/pythonX.Y: the one that is named; else the only one. */
static struct str find_minor(struct str lib, struct arena *arena)
{
	AUTO(fs_closedirp) DIR *dir = opendir(arena_cstr(arena, lib));
	struct str found = S("");
	size_t n = 0;
	struct dirent *entry;
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		struct str name = str_from(entry->d_name);
		struct str minor = minor_of(name);
		struct str site = fs_join(arena, fs_join(arena, lib, name), S("site-packages"));
		if (minor.n > 0 && str_eq(minor, str_skip(name, strlen("python"))) &&
			is_folder(site, arena)) {
			found = arena_str(arena, minor);
			n++;
		}
	}
	return n == 1 ? found : S("");
}

static struct str first_two(struct str version)
{
	struct str major;
	struct str rest;
	struct str minor = S("");
	if (!str_cut(version, S("."), &major, &rest)) {
		return S("");
	}
	minor = rest;
	(void)str_cut(rest, S("."), &minor, &(struct str){0});
	return str_slice(version, 0, major.n + 1 + minor.n);
}

/* Fill in the site folders of `folder`; false when there are none. */
static bool read_folder(
	struct str folder, struct str python, struct arena *arena, struct prefix *ret)
{
	static const struct str libs[] = {STR_INIT("lib"), STR_INIT("lib64")};
	struct str version = configured_version(folder, arena);
	struct str minor = first_two(version);
	if (minor.n == 0) {
		minor = minor_of(fs_basename(python));
	}
	if (minor.n == 0) {
		minor = find_minor(fs_join(arena, folder, S("lib")), arena);
	}
	*ret = (struct prefix){.folder = folder, .python = version.n > 0 ? version : minor};
	for (size_t i = 0; minor.n > 0 && i < 2; i++) {
		struct str lib = fs_join(arena, folder, libs[i]);
		struct str name = arena_printf(arena, "python" STR_FMT, STR_ARG(minor));
		struct str site = fs_join(arena, fs_join(arena, lib, name), S("site-packages"));
		char real[PATH_MAX];
		bool again = ret->n_sites > 0 && realpath(arena_cstr(arena, site), real) != NULL &&
			     str_eq(str_from(real), ret->site[0]);
		if (!again && is_folder(site, arena)) {
			ret->site[ret->n_sites++] = realpath(arena_cstr(arena, site), real) != NULL
							    ? arena_str(arena, str_from(real))
							    : site;
		}
	}
	return ret->n_sites > 0;
}

bool prefix_of(struct str python, struct arena *arena, struct prefix *ret, struct err *err)
{
	struct str path = python_find(python, arena);
	char real[PATH_MAX];
	char here[PATH_MAX];
	if (path.n == 0 || access(arena_cstr(arena, path), F_OK) != 0) {
		err_hint(err,
			"give the path of an environment's interpreter, as in .venv/bin/python");
		return err_set(err, ERR_ENVIRONMENT, STR_FMT ": there is no such program",
			STR_ARG(python));
	}
	if (path.p[0] != '/' && getcwd(here, sizeof(here)) != NULL) {
		path = fs_join(arena, str_from(here), path);
	}
	struct str folder = fs_dirname(arena, fs_dirname(arena, path));
	if (read_folder(folder, path, arena, ret)) {
		return true;
	}
	if (realpath(arena_cstr(arena, path), real) != NULL) {
		path = arena_str(arena, str_from(real));
		folder = fs_dirname(arena, fs_dirname(arena, path));
		if (read_folder(folder, path, arena, ret)) {
			return true;
		}
	}
	err_hint(err, "an environment has lib/pythonX.Y/site-packages beside its bin folder");
	return err_set(err, ERR_ENVIRONMENT, STR_FMT ": there is no environment around it",
		STR_ARG(python));
}
