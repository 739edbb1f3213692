#include "index/module.h"
#include <dlfcn.h>
#include <unistd.h>
#include "common/fs.h"
#include "common/banned.h"

static const void *load(
	const char *path, const char *table_name, unsigned version, const char **ret_fault)
{
	if (access(path, R_OK) != 0) {
		return NULL;
	}
	void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (module == NULL) {
		*ret_fault = dlerror();
		return NULL;
	}
	const unsigned *table = dlsym(module, table_name);
	if (table == NULL || *table != version) {
		*ret_fault = "it belongs to another version";
		return NULL;
	}
	return table;
}

/*
 * The places are tied to the program's own file, never to the working folder or a variable: what is
 * opened here runs with the user's rights. The build tree counts only for programs inside it.
 */
const void *index_module_open(const char *module, const char *table_name, unsigned version,
	const char *what, struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe));
	struct str program = {exe, n > 0 && (size_t)n < sizeof(exe) ? (size_t)n : 0};
	struct str folder = fs_dirname(&arena, program);
	struct str places[] = {
		arena_printf(&arena, STR_FMT "/%s", STR_ARG(folder), module),
		arena_printf(&arena, STR_FMT "/../lib/thoth/%s", STR_ARG(folder), module),
		arena_printf(
			&arena, STR_FMT "/../%s/thoth/%s", STR_ARG(folder), THOTH_LIBDIR, module),
		arena_printf(&arena, "%s/index/%s", THOTH_BUILD_ROOT, module),
	};
	size_t n_places = sizeof(places) / sizeof(places[0]);
	if (!str_starts(program, S(THOTH_BUILD_ROOT "/"))) {
		n_places--;
	}
	const char *fault = NULL;
	const void *table = NULL;
	for (size_t i = 0; i < n_places && table == NULL; i++) {
		table = load(places[i].p, table_name, version, &fault);
	}
	if (table == NULL) {
		err_set(err, ERR_ENVIRONMENT, "cannot open the %s %s: %s", what, module,
			fault != NULL ? fault : "it is not where thoth was installed");
		err_hint(err, "install thoth again, or work with --offline");
	}
	return table;
}
