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

const char *index_http_ca_path(const char *told, const char *configured, bool *ret_is_folder)
{
	const char *const places[] = {
		told,
		getenv("SSL_CERT_FILE"),
		getenv("REQUESTS_CA_BUNDLE"),
		getenv("PIP_CERT"),
		configured,
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
