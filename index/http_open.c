#include "index/http.h"
#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/fs.h"
#include "common/banned.h"

static const char module_name[] = "thoth-http.so";

static const struct http_functions *load(const char *path, const char **ret_fault)
{
	if (access(path, R_OK) != 0) {
		return NULL;
	}
	void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (module == NULL) {
		*ret_fault = dlerror();
		return NULL;
	}
	const struct http_functions *table = dlsym(module, "thoth_http_functions");
	if (table == NULL || table->version != HTTP_TABLE_VERSION) {
		*ret_fault = "it belongs to another version";
		return NULL;
	}
	return table;
}

/*
 * The places are tied to the program's own file, never to the working folder or a variable: what is
 * opened here runs with the user's rights. The build tree counts only for programs inside it.
 */
const struct http_functions *index_http_open(struct err *err)
{
	static const struct http_functions *table;
	if (table != NULL) {
		return table;
	}
	AUTO(arena_done) struct arena arena = {0};
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe));
	struct str program = {exe, n > 0 && (size_t)n < sizeof(exe) ? (size_t)n : 0};
	struct str folder = fs_dirname(&arena, program);
	struct str places[] = {
		arena_printf(&arena, STR_FMT "/%s", STR_ARG(folder), module_name),
		arena_printf(&arena, STR_FMT "/../lib/thoth/%s", STR_ARG(folder), module_name),
		arena_printf(&arena, STR_FMT "/../%s/thoth/%s", STR_ARG(folder), THOTH_LIBDIR,
			module_name),
		arena_printf(&arena, "%s/index/%s", THOTH_BUILD_ROOT, module_name),
	};
	size_t n_places = sizeof(places) / sizeof(places[0]);
	if (!str_starts(program, S(THOTH_BUILD_ROOT "/"))) {
		n_places--;
	}
	const char *fault = NULL;
	for (size_t i = 0; i < n_places && table == NULL; i++) {
		table = load(places[i].p, &fault);
	}
	if (table == NULL) {
		err_set(err, ERR_ENVIRONMENT, "cannot open the network module %s: %s", module_name,
			fault != NULL ? fault : "it is not where thoth was installed");
		err_hint(err, "install thoth again, or work with --offline");
	}
	return table;
}

const char *index_http_ca_path(bool *ret_is_folder)
{
	const char *const places[] = {
		getenv("SSL_CERT_FILE"),
		getenv("REQUESTS_CA_BUNDLE"),
		getenv("PIP_CERT"),
		"/etc/ssl/certs/ca-certificates.crt",
		"/etc/pki/tls/certs/ca-bundle.crt",
		"/etc/ssl/cert.pem",
	};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct stat st;
		if (places[i] != NULL && places[i][0] != '\0' && stat(places[i], &st) == 0) {
			*ret_is_folder = S_ISDIR(st.st_mode);
			return places[i];
		}
	}
	return NULL;
}
