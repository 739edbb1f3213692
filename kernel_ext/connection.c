#include "kernel_ext/connection.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/fs.h"
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
	*ret = arena_str(arena, (struct str){json_string_value(value), json_string_length(value)});
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

/* Refuse what we would get wrong without a word. */
static bool refuse_unknown_forms(const json_t *object, struct err *err)
{
	static const char *const curve[] = {"curve_publickey", "curve_secretkey"};
	for (size_t i = 0; i < sizeof(curve) / sizeof(curve[0]); i++) {
		if (json_is_string(json_object_get(object, curve[i]))) {
			err_hint(err, "set the manager's transport_encryption to 'disabled'");
			return err_set(err, ERR_INPUT,
				"encrypted connections (\"%s\") are not "
				"supported yet",
				curve[i]);
		}
	}
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
	if (!refuse_unknown_forms(object, err) ||
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

void kernel_connection_for_child(const struct kernel_connection *front, struct str ip_prefix,
	struct arena *arena, struct kernel_connection *ret)
{
	*ret = *front;
	ret->ipc = true;
	ret->ip = arena_str(arena, ip_prefix);
	json_auto_t *object = json_loadb(front->text.p, front->text.n, 0, NULL);
	json_object_set_new(object, "transport", json_string("ipc"));
	json_object_set_new(object, "ip", json_stringn(ret->ip.p, ret->ip.n));
	for (int i = 0; i < KERNEL_CHANNELS; i++) {
		ret->port[i] = i + 1;
		json_object_set_new(object, port_names[i], json_integer(i + 1));
	}
	char *text = json_dumps(object, JSON_INDENT(1));
	ret->text = arena_str(arena, str_from(text));
	free(text);
}

/* A folder in which nobody else can rename or replace what is ours. */
static bool is_safe_parent(const char *path)
{
	struct stat st;
	if (path == NULL || path[0] != '/' || stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
		return false;
	}
	return (st.st_mode & S_ISVTX) != 0 ||
	       (st.st_uid == getuid() && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0);
}

bool kernel_private_directory(struct arena *arena, struct str *ret, struct err *err)
{
	const char *parents[] = {getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp"};
	const size_t room_for_names = sizeof("/thoth.socket") - 1;
	int code = ENOENT;
	for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++) {
		if (!is_safe_parent(parents[i])) {
			continue;
		}
		struct str path = arena_printf(arena, "%s/thoth-kernel-XXXXXX", parents[i]);
		if (path.n + room_for_names > KERNEL_ADDRESS_MAX) {
			continue;
		}
		struct stat st;
		if (mkdtemp((char *)path.p) == NULL) {
			code = errno;
		} else if (lstat(path.p, &st) == 0 && S_ISDIR(st.st_mode) &&
			   st.st_uid == getuid() && (st.st_mode & 0777) == 0700) {
			*ret = path;
			return true;
		}
	}
	err_hint(err, "set TMPDIR to a folder of your own");
	return err_set(err, ERR_ENVIRONMENT, "cannot make a private folder for the kernel: %s",
		strerror(code));
}

void kernel_private_directory_remove(struct str directory)
{
	if (directory.n == 0) {
		return;
	}
	int fd = open(directory.p, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);
	if (entries == NULL) {
		fs_closep(&fd);
		return;
	}
	for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
		unlinkat(fd, entry->d_name, 0); /* fails for . and .. and for folders */
	}
	closedir(entries);
	rmdir(directory.p);
}
