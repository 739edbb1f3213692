#include "unit/test.h"
#include "kernel_ext/connection.h"
#include "common/banned.h"

#define PORTS                                                                                      \
	"\"shell_port\":1001,\"iopub_port\":1002,\"stdin_port\":1003,\"control_port\":1004,"       \
	"\"hb_port\":1005"

static void reads_addresses(void **state)
{
	(void)state;
	static const struct {
		const char *text, *shell, *hb;
	} cases[] = {
		{"{\"ip\":\"127.0.0.1\"," PORTS "}",                    "tcp://127.0.0.1:1001",
                 "tcp://127.0.0.1:1005"									   },
		{"{\"ip\":\"*\",\"transport\":\"tcp\"," PORTS "}",      "tcp://*:1001",         "tcp://*:1005"    },
		{"{\"ip\":\"::1\"," PORTS "}",                          "tcp://[::1]:1001",     "tcp://[::1]:1005"},
		{"{\"ip\":\"/run/k\",\"transport\":\"ipc\"," PORTS "}", "ipc:///run/k-1001",
                 "ipc:///run/k-1005"									      },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct kernel_connection connection;
		assert_ok(
			kernel_connection_parse(str_from(cases[i].text), &arena, &connection, &err),
			err);
		assert_string_equal(kernel_connection_address(&connection, KERNEL_SHELL, &arena),
			cases[i].shell);
		assert_string_equal(
			kernel_connection_address(&connection, KERNEL_HB, &arena), cases[i].hb);
		assert_int_equal(connection.key.n, 0);
	}
}

#define KEY_A "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define KEY_B "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"

static void keeps_the_curve_keys_from_the_kernel(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct kernel_connection front;
	struct kernel_connection back;
	struct str text = S("{\"ip\":\"127.0.0.1\",\"curve_publickey\":\"" KEY_A
			    "\",\"curve_secretkey\":\"" KEY_B "\"," PORTS "}");
	assert_ok(kernel_connection_parse(text, &arena, &front, &err), err);
	assert_str(front.curve_secret, S(KEY_B));
	kernel_connection_for_child(&front, S("/run/k"), &arena, &back);
	assert_true(str_find(back.text, S("curve")) < 0);
	assert_int_equal(back.curve_secret.n, 0);
}

static void names_what_is_wrong(void **state)
{
	(void)state;
	static const struct {
		const char *text, *word;
	} cases[] = {
		{"{\"ip\":\"h\"," PORTS ",\"hb_port\":0}",                                   "hb_port"        },
		{"{\"ip\":\"h\"," PORTS ",\"hb_port\":\"5\"}",                               "hb_port"        },
		{"{\"ip\":\"\"," PORTS "}",						  "\"ip\""         },
		{"{" PORTS "}",							      "\"ip\""         },
		{"{\"ip\":\"h\",\"key\":7," PORTS "}",                                       "\"key\""        },
		{"{\"ip\":\"h\",\"key\":\"k\",\"signature_scheme\":\"hmac-md5\"," PORTS "}",
                 "signature_scheme"									   },
		{"{\"ip\":\"h\",\"transport\":\"udp\"," PORTS "}",                           "transport"      },
		{"{\"ip\":\"h\",\"curve_publickey\":\"x\"," PORTS "}",                       "curve_publickey"},
		{"{\"ip\":\"h\",\"curve_publickey\":\"" KEY_A "\"," PORTS "}",               "curve_secretkey"},
		{"{\"ip\":\"h\",\"curve_secretkey\":\"" KEY_A "\"," PORTS "}",               "curve_publickey"},
		{"{\"ip\":\"h\",\"curve_secretkey\":7," PORTS "}",                           "curve_secretkey"},
		{"{\"ip\":\"h\",\"registration_port\":1," PORTS "}",                         "registration"   },
		{"[1]",								      "JSON object"    },
		{"",									 "JSON object"    },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct kernel_connection connection;
		assert_false(kernel_connection_parse(
			str_from(cases[i].text), &arena, &connection, &err));
		assert_int_equal(err.kind, ERR_INPUT);
		assert_non_null(strstr(err.message, cases[i].word));
	}
}

static void gives_the_kernel_the_same_key_and_unknown_members(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct kernel_connection front;
	struct kernel_connection back;
	struct kernel_connection again;
	struct str text = S("{\"ip\":\"127.0.0.1\",\"key\":\"\\u0073ecret\",\"jupyter_session\":"
			    "\"/a/b.ipynb\",\"kernel_name\":\"thoth-python3\"," PORTS "}");
	assert_ok(kernel_connection_parse(text, &arena, &front, &err), err);
	assert_str(front.key, S("secret"));
	kernel_connection_for_child(&front, S("/run/k"), &arena, &back);
	assert_ok(kernel_connection_parse(back.text, &arena, &again, &err), err);
	assert_true(again.ipc);
	assert_str(again.key, S("secret"));
	assert_string_equal(
		kernel_connection_address(&again, KERNEL_CONTROL, &arena), "ipc:///run/k-4");
	assert_true(str_find(back.text, S("\"jupyter_session\": \"/a/b.ipynb\"")) >= 0);
	assert_true(str_find(back.text, S("\"kernel_name\": \"thoth-python3\"")) >= 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_addresses),
		cmocka_unit_test(keeps_the_curve_keys_from_the_kernel),
		cmocka_unit_test(names_what_is_wrong),
		cmocka_unit_test(gives_the_kernel_the_same_key_and_unknown_members),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
