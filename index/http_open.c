#include "index/http.h"
#include <sys/stat.h>
#include "index/module.h"
#include "common/banned.h"

const struct http_functions *index_http_open(struct err *err)
{
	static const struct http_functions *table;
	if (table == NULL) {
		table = index_module_open("thoth-http.so", "thoth_http_functions",
			HTTP_TABLE_VERSION, "network module", err);
	}
	return table;
}

static bool is_there(const char *path, bool *ret_is_folder)
{
	struct stat st;
	if (path == NULL || path[0] == '\0' || stat(path, &st) != 0) {
		return false;
	}
	*ret_is_folder = S_ISDIR(st.st_mode);
	return true;
}

const char *index_http_ca_path(const struct http_ca *ca, bool *ret_is_folder)
{
	static const char *const distributions[] = {"/etc/ssl/certs/ca-certificates.crt",
		"/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem", NULL};
	const char *const said[] = {
		ca->told,
		getenv("SSL_CERT_FILE"),
		getenv("REQUESTS_CA_BUNDLE"),
		getenv("PIP_CERT"),
		ca->configured,
	};
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		if (is_there(said[i], ret_is_folder)) {
			return said[i];
		}
	}
	const char *const *system = ca->system != NULL ? ca->system : distributions;
	for (; *system != NULL; system++) {
		if (is_there(*system, ret_is_folder)) {
			return *system;
		}
	}
	return is_there(ca->last, ret_is_folder) ? ca->last : NULL;
}
