#include "kernel_ext/connection.h"
#include <arpa/inet.h>
#include <jansson.h>
#include <sys/socket.h>
#include <zmq.h>
#include "common/fs.h"
#include "common/jansson_text.h"
#include "common/banned.h"

static const char *const port_names[KERNEL_CHANNELS] = {
	[KERNEL_SHELL] = "shell_port",
	[KERNEL_IOPUB] = "iopub_port",
	[KERNEL_STDIN] = "stdin_port",
	[KERNEL_CONTROL] = "control_port",
	[KERNEL_HB] = "hb_port",
};

const char *kernel_connection_port_name(enum kernel_channel channel)
{
	return port_names[channel];
}

/* A string member; `otherwise` when it is absent. */
static bool text_member(const json_t *object, const char *name, const char *otherwise,
	struct arena *arena, struct str *ret, struct err *err)
{
	const json_t *value = json_object_get(object, name);
	if (value == NULL && otherwise != NULL) {
		*ret = str_from(otherwise);
		return true;
	}
	if (!json_is_string(value)) {
		return err_set(err, ERR_INPUT, "expected a string for \"%s\"", name);
	}
	*ret = arena_str(arena, jansson_text(value));
	return true;
}

static bool read_ports(const json_t *object, struct kernel_connection *connection, struct err *err)
{
	for (int i = 0; i < KERNEL_CHANNELS; i++) {
		const json_t *value = json_object_get(object, port_names[i]);
		json_int_t port = json_integer_value(value);
		if (!json_is_integer(value) || port < 1 || port > 65535) {
			return err_set(err, ERR_INPUT, "expected a port from 1 to 65535 for \"%s\"",
				port_names[i]);
		}
		connection->port[i] = (int)port;
	}
	return true;
}

static bool is_curve_key(struct str key)
{
	uint8_t bytes[KERNEL_CURVE_KEY * 4 / 5];
	return key.n == KERNEL_CURVE_KEY && strlen(key.p) == key.n &&
	       zmq_z85_decode(bytes, key.p) != NULL;
}

/* The server's secret is all we need; the public one is for the clients, and tells a half pair. */
static bool read_curve(
	const json_t *object, struct arena *arena, struct kernel_connection *ret, struct err *err)
{
	static const char *const names[] = {"curve_publickey", "curve_secretkey"};
	struct str key[2];
	for (size_t i = 0; i < 2; i++) {
		const json_t *value = json_object_get(object, names[i]);
		if (value == NULL || json_is_null(value)) {
			key[i] = S("");
			continue;
		}
		if (!text_member(object, names[i], NULL, arena, &key[i], err)) {
			return false;
		}
		if (!is_curve_key(key[i])) {
			return err_set(err, ERR_INPUT, "expected a key of %d characters for \"%s\"",
				KERNEL_CURVE_KEY, names[i]);
		}
	}
	if ((key[0].n == 0) != (key[1].n == 0)) {
		return err_set(err, ERR_INPUT,
			"expected \"curve_publickey\" and \"curve_secretkey\", or neither");
	}
	if (key[1].n > 0 && zmq_has("curve") == 0) {
		err_hint(err, "set the manager's transport_encryption to 'disabled'");
		return err_set(err, ERR_INPUT, "this libzmq cannot encrypt connections");
	}
	ret->curve_secret = key[1];
	return true;
}

/* Refuse what we would get wrong without a word. */
static bool refuse_registration(const json_t *object, struct err *err)
{
	if (json_object_get(object, "registration_port") != NULL) {
		return err_set(err, ERR_INPUT,
			"connections by registration (\"registration_port\") are not supported "
			"yet");
	}
	return true;
}

static bool read_members(
	const json_t *object, struct arena *arena, struct kernel_connection *ret, struct err *err)
{
	struct str transport;
	struct str scheme;
	if (!refuse_registration(object, err) || !read_curve(object, arena, ret, err) ||
		!text_member(object, "transport", "tcp", arena, &transport, err) ||
		!text_member(object, "ip", NULL, arena, &ret->ip, err) ||
		!text_member(object, "signature_scheme", "hmac-sha256", arena, &scheme, err) ||
		!text_member(object, "key", "", arena, &ret->key, err) ||
		!read_ports(object, ret, err)) {
		return false;
	}
	ret->ipc = str_eq(transport, S("ipc"));
	if (!ret->ipc && !str_eq(transport, S("tcp"))) {
		return err_set(err, ERR_INPUT, "expected \"tcp\" or \"ipc\" for \"transport\"");
	}
	if (ret->ip.n == 0 || ret->ip.n > 256 || strlen(ret->ip.p) != ret->ip.n) {
		return err_set(err, ERR_INPUT, "expected an address for \"ip\"");
	}
	if (ret->key.n > KERNEL_KEY_MAX) {
		return err_set(err, ERR_LIMIT, "\"key\" is larger than %d bytes", KERNEL_KEY_MAX);
	}
	if (ret->key.n > 0 && !str_eq(scheme, S("hmac-sha256"))) {
		return err_set(err, ERR_INPUT, "expected \"hmac-sha256\" for \"signature_scheme\"");
	}
	return true;
}

bool kernel_connection_parse(
	struct str text, struct arena *arena, struct kernel_connection *ret, struct err *err)
{
	if (text.n > KERNEL_CONNECTION_MAX) {
		return err_set(err, ERR_LIMIT, "larger than %d bytes", (int)KERNEL_CONNECTION_MAX);
	}
	json_error_t fault;
	json_auto_t *object = json_loadb(text.p == NULL ? "" : text.p, text.n, 0, &fault);
	if (!json_is_object(object)) {
		if (object == NULL) {
			err->line = fault.line;
			err->column = fault.column;
		}
		err_hint(err, "a connection file is written by the Jupyter client");
		return err_set(err, ERR_INPUT, "expected a connection file: a JSON object");
	}
	struct kernel_connection connection = {.text = arena_str(arena, text)};
	if (!read_members(object, arena, &connection, err)) {
		return false;
	}
	*ret = connection;
	return true;
}

bool kernel_connection_read(
	const char *path, struct arena *arena, struct kernel_connection *ret, struct err *err)
{
	struct str text;
	if (!fs_read(path, KERNEL_CONNECTION_MAX, arena, &text, err)) {
		return false;
	}
	return kernel_connection_parse(text, arena, ret, err) || err_in(err, str_from(path));
}

const char *kernel_connection_address(const struct kernel_connection *connection,
	enum kernel_channel channel, struct arena *arena)
{
	const char *form = connection->ipc ? "ipc" : "tcp";
	char between = connection->ipc ? '-' : ':';
	bool bare_ip6 = !connection->ipc && str_find_char(connection->ip, ':') >= 0 &&
			connection->ip.p[0] != '[';
	return arena_printf(arena, "%s://%s" STR_FMT "%s%c%d", form, bare_ip6 ? "[" : "",
		STR_ARG(connection->ip), bare_ip6 ? "]" : "", between, connection->port[channel])
		.p;
}

/* ret->text from the other members, the client's file, and nothing of its CURVE keys. */
static void write_text(
	const struct kernel_connection *front, struct arena *arena, struct kernel_connection *ret)
{
	json_auto_t *object = json_loadb(front->text.p, front->text.n, 0, NULL);
	json_object_del(object, "curve_publickey");
	json_object_del(object, "curve_secretkey");
	json_object_set_new(object, "transport", json_string(ret->ipc ? "ipc" : "tcp"));
	json_object_set_new(object, "ip", json_stringn(ret->ip.p, ret->ip.n));
	for (int i = 0; i < KERNEL_CHANNELS; i++) {
		json_object_set_new(object, port_names[i], json_integer(ret->port[i]));
	}
	char *text = json_dumps(object, JSON_INDENT(1));
	ret->text = arena_str(arena, str_from(text));
	free(text);
}

void kernel_connection_for_child(const struct kernel_connection *front, struct str ip_prefix,
	struct arena *arena, struct kernel_connection *ret)
{
	*ret = *front;
	ret->ipc = true;
	ret->ip = arena_str(arena, ip_prefix);
	ret->curve_secret = S("");
	for (int i = 0; i < KERNEL_CHANNELS; i++) {
		ret->port[i] = i + 1;
	}
	write_text(front, arena, ret);
}

/* A plain socket: one of libzmq lives on for a while after its end, and would meet the kernel's. */
static int free_port(int *ret_socket)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	*ret_socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*ret_socket < 0 || bind(*ret_socket, (struct sockaddr *)&address, size) != 0 ||
		getsockname(*ret_socket, (struct sockaddr *)&address, &size) != 0) {
		return 0;
	}
	return ntohs(address.sin_port);
}

bool kernel_connection_for_child_tcp(const struct kernel_connection *front, struct arena *arena,
	struct kernel_connection *ret, struct err *err)
{
	struct kernel_connection connection = *front;
	int held[KERNEL_CHANNELS]; /* all at once, so that they differ */
	bool found = true;
	for (int i = 0; i < KERNEL_CHANNELS; i++) {
		connection.port[i] = free_port(&held[i]);
		found &= connection.port[i] != 0;
	}
	for (int i = 0; i < KERNEL_CHANNELS; i++) {
		fs_closep(&held[i]);
	}
	if (!found) {
		return err_set(err, ERR_ENVIRONMENT, "no free ports on 127.0.0.1");
	}
	connection.ipc = false;
	connection.ip = S("127.0.0.1");
	connection.curve_secret = S("");
	write_text(front, arena, &connection);
	*ret = connection;
	return true;
}
