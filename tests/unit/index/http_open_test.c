#include "unit/test.h"
#include <sys/stat.h>
#include <unistd.h>
#include "common/arena.h"
#include "common/fs.h"
#include "index/http.h"
#include "common/banned.h"

/* A file of that name that exists. */
static const char *made(struct arena *arena, const char *folder, const char *name)
{
	struct err err = {0};
	struct str path = arena_printf(arena, "%s/%s", folder, name);
	assert_true(fs_write_atomic(path.p, S("x"), 0600, &err));
	return path.p;
}

static void trusts_the_first_certificates_that_exist_and_certifi_last(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	char folder[] = "/tmp/thoth-ca-XXXXXX";
	assert_non_null(mkdtemp(folder));
	unsetenv("SSL_CERT_FILE");
	unsetenv("REQUESTS_CA_BUNDLE");
	unsetenv("PIP_CERT");
	const char *told = made(&arena, folder, "told");
	const char *variable = made(&arena, folder, "variable");
	const char *configured = made(&arena, folder, "configured");
	const char *system[] = {"/nonexistent/certificates", made(&arena, folder, "system"), NULL};
	const char *last = made(&arena, folder, "cacert.pem");
	const char *order[] = {told, variable, configured, system[1], last};
	struct http_ca ca = {told, configured, system, last};
	bool is_folder = true;
	setenv("PIP_CERT", variable, 1);
	for (size_t i = 0; i < N_OF(order); i++) {
		assert_string_equal(index_http_ca_path(&ca, &is_folder), order[i]);
		assert_false(is_folder);
		assert_int_equal(unlink(order[i]), 0);
	}
	assert_null(index_http_ca_path(&ca, &is_folder));
	ca.last = folder;
	assert_string_equal(index_http_ca_path(&ca, &is_folder), folder);
	assert_true(is_folder);
	unsetenv("PIP_CERT");
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trusts_the_first_certificates_that_exist_and_certifi_last),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
