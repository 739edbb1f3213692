#pragma once
#include "common/arena.h"
#include "common/err.h"
#include "kernel_ext/kernel.h"

/*
 * Connection files: where a kernel listens and the key that signs its messages. The client's
 * manager writes one for us; we write another one for the real kernel.
 * Source: jupyter_client documentation, "Connection files".
 */
enum {
	KERNEL_CONNECTION_MAX = 64 << 10, /* bytes of a connection file */
	KERNEL_KEY_MAX = 4096,            /* bytes of a key */
	KERNEL_CURVE_KEY = 40,            /* characters of a CURVE key (Z85) */
};

struct kernel_connection {
	struct str text; /* the whole file, an object */
	bool ipc;        /* transport: ipc, else tcp */
	struct str ip;   /* address, or the prefix of the sockets' paths */
	int port[KERNEL_CHANNELS];
	struct str key;          /* empty: messages are not signed */
	struct str curve_secret; /* Z85; empty: what clients send is not encrypted */
};

/*
 * Read the text of a connection file. Everything is held by arena. ERR_INPUT names the member that
 * is wrong: another signature scheme than hmac-sha256, a port out of range, CURVE keys or a
 * registration port (JEP 66), which we do not speak yet.
 */
MUST_USE bool kernel_connection_parse(
	struct str text, struct arena *arena, struct kernel_connection *ret, struct err *err);

/* The same from a file, whose name is put into err. */
MUST_USE bool kernel_connection_read(
	const char *path, struct arena *arena, struct kernel_connection *ret, struct err *err);

/* "tcp://127.0.0.1:5555" or "ipc:///run/k-1". */
const char *kernel_connection_address(const struct kernel_connection *connection,
	enum kernel_channel channel, struct arena *arena);

/* The value of "shell_port" and so on as connect_reply has them. */
const char *kernel_connection_port_name(enum kernel_channel channel);

/*
 * The same connection as seen by the real kernel: transport ipc, sockets named ip_prefix-1 to -5,
 * same key, no CURVE, for its folder is private; members we do not know are copied. ret->text is
 * what its file must hold.
 */
void kernel_connection_for_child(const struct kernel_connection *front, struct str ip_prefix,
	struct arena *arena, struct kernel_connection *ret);

/*
 * The same over tcp, for kernels that know no ipc: on 127.0.0.1, at ports that were free a moment
 * ago. ERR_ENVIRONMENT when there are none.
 */
MUST_USE bool kernel_connection_for_child_tcp(const struct kernel_connection *front,
	struct arena *arena, struct kernel_connection *ret, struct err *err);
