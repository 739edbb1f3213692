#include "kernel_ext/stub.h"
#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "common/fs.h"
#include "common/log.h"
#include "stub_py.h"
#include "common/banned.h"

enum {
	CHUNK = 65536,
	OUT_MAX = 4 * KERNEL_LINE_MAX, /* answers that a stub has not read yet */
};

static void close_connection(struct kernel_stub *stub, struct kernel_stub_connection *connection)
{
	if (connection->id != 0) {
		kernel_frontend_cancel(&stub->frontend, connection->id);
	}
	fs_closep(&connection->fd);
	buf_done(&connection->in);
	buf_done(&connection->out);
	*connection = (struct kernel_stub_connection){
		.fd = -1, .in.max = KERNEL_LINE_MAX + CHUNK, .out.max = OUT_MAX};
}

static void send_on(struct kernel_stub *stub, struct kernel_stub_connection *connection)
{
	struct buf *out = &connection->out;
	while (out->n > 0) {
		ssize_t n = send(connection->fd, out->p, out->n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			return;
		}
		if (n < 0) {
			close_connection(stub, connection);
			return;
		}
		out->n -= (size_t)n;
		memmove(out->p, out->p + n, out->n);
	}
	if (connection->closing) {
		close_connection(stub, connection);
	}
}

static void answer(struct kernel_stub_connection *connection, struct str line, bool final)
{
	buf_add(&connection->out, line);
	buf_byte(&connection->out, '\n');
	if (final) {
		connection->id = 0;
		connection->closing = true;
	}
}

/* An answer for a cell: find who asked. */
static void answered(void *user, int64_t id, struct str line, bool final)
{
	struct kernel_stub *stub = user;
	for (size_t i = 0; i < KERNEL_STUBS_MAX; i++) {
		if (stub->connection[i].fd >= 0 && stub->connection[i].id == id) {
			answer(&stub->connection[i], line, final);
			send_on(stub, &stub->connection[i]);
			return;
		}
	}
	if (stub->otherwise != NULL) {
		stub->otherwise(stub->user, id, line, final);
	}
}

/* From the worker. */
static void pass_answer(void *user, int64_t id, struct str line, bool final)
{
	struct kernel_stub *stub = user;
	kernel_frontend_answered(&stub->frontend, id, line, final);
}

bool kernel_stub_init(
	struct kernel_stub *stub, struct str directory, struct arena *arena, struct err *err)
{
	*stub = (struct kernel_stub){.path = fs_join(arena, directory, S("thoth.socket"))};
	for (size_t i = 0; i < KERNEL_STUBS_MAX; i++) {
		stub->connection[i].fd = -1;
		close_connection(stub, &stub->connection[i]);
	}
	kernel_worker_init(&stub->worker, pass_answer, stub);
	kernel_frontend_init(&stub->frontend, &stub->worker, &stub->cells, answered, stub);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	stub->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool fits = stub->path.n < sizeof(address.sun_path);
	if (fits) {
		memcpy(address.sun_path, stub->path.p, stub->path.n);
	}
	if (!fits || stub->listener < 0 ||
		bind(stub->listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
		chmod(stub->path.p, 0600) != 0 || listen(stub->listener, KERNEL_STUBS_MAX) != 0) {
		return err_set(err, ERR_ENVIRONMENT, "cannot listen for %%thoth: %s",
			fits ? strerror(errno) : "the path is too long");
	}
	return true;
}

void kernel_stub_done(struct kernel_stub *stub)
{
	if (stub->path.n > 0) { /* it was initialised */
		kernel_worker_done(&stub->worker);
		for (size_t i = 0; i < KERNEL_STUBS_MAX; i++) {
			stub->connection[i].id = 0;
			close_connection(stub, &stub->connection[i]);
		}
		fs_closep(&stub->listener);
	}
	kernel_frontend_done(&stub->frontend);
	kernel_cells_done(&stub->cells);
}

/* The JSON form of an ASCII string is also Python's: that is how the source gets into one line. */
static char *python_literal(const char *text)
{
	json_auto_t *value = json_string(text);
	return json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
}

struct str kernel_stub_registration(const struct kernel_stub *stub, struct arena *arena)
{
	AUTO(buf_done) struct buf source = {0};
	for (size_t i = 0; i < sizeof(stub_py) / sizeof(stub_py[0]); i++) {
		buf_add(&source, str_from(stub_py[i]));
		buf_byte(&source, '\n');
	}
	char *code = python_literal(source.p);
	char *path = python_literal(stub->path.p);
	/* in a namespace of its own, so that nothing is left in the user's */
	struct str line = arena_printf(arena,
		"exec(compile(%s, '<thoth>', 'exec'), {'__name__': 'thoth', 'SOCKET': %s})", code,
		path);
	free(code);
	free(path);
	json_auto_t *content = json_pack("{s:s%, s:b, s:b, s:{}, s:b, s:b}", "code", line.p, line.n,
		"silent", 1, "store_history", 0, "user_expressions", "allow_stdin", 0,
		"stop_on_error", 0);
	char *text = json_dumps(content, JSON_COMPACT);
	struct str kept = arena_str(arena, str_from(text));
	free(text);
	return kept;
}

/* One line from a stub: its request, or that it gives up. */
static void take_line(
	struct kernel_stub *stub, struct kernel_stub_connection *connection, struct str line)
{
	AUTO(arena_done) struct arena arena = {0};
	struct kernel_magic magic;
	struct err err = {0};
	if (connection->closing) {
		return;
	}
	if (!kernel_magic_read(line, &arena, &magic, &err)) {
		close_connection(stub, connection); /* not our stub */
		return;
	}
	if (magic.cancel || connection->id != 0) {
		kernel_frontend_cancel(&stub->frontend, connection->id);
		return;
	}
	kernel_frontend_ask(&stub->frontend, line, &connection->id);
}

static void receive(struct kernel_stub *stub, struct kernel_stub_connection *connection)
{
	char *room = buf_room(&connection->in, CHUNK);
	ssize_t n = room == NULL ? 0 : recv(connection->fd, room, CHUNK, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		return;
	}
	if (n <= 0) {
		close_connection(stub, connection);
		return;
	}
	connection->in.n += (size_t)n;
	struct str all = buf_str(&connection->in);
	struct str line;
	struct str rest;
	while (connection->fd >= 0 && str_cut(all, S("\n"), &line, &rest)) {
		/* a copy, for answering may close the connection and drop its buffers */
		AUTO(arena_done) struct arena arena = {0};
		line = arena_str(&arena, line);
		connection->in.n = rest.n;
		memmove(connection->in.p, rest.p, rest.n);
		all = (struct str){connection->in.p, rest.n};
		take_line(stub, connection, line);
		if (connection->fd >= 0) {
			all = buf_str(&connection->in);
		}
	}
	if (connection->in.n > KERNEL_LINE_MAX) {
		close_connection(stub, connection);
	}
}

/* Only processes of our own user are heard. */
static bool is_ours(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == getuid();
}

static void take_connection(struct kernel_stub *stub)
{
	int fd = accept4(stub->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0) {
		return;
	}
	for (size_t i = 0; i < KERNEL_STUBS_MAX; i++) {
		if (stub->connection[i].fd < 0 && is_ours(fd)) {
			stub->connection[i].fd = fd;
			return;
		}
	}
	log_warn("kernel", "refused a connection to the socket of %%thoth");
	close(fd);
}

void kernel_stub_wait_for(const struct kernel_stub *stub, struct pollfd slots[KERNEL_STUB_SLOTS])
{
	for (size_t i = 0; i < KERNEL_STUBS_MAX; i++) {
		const struct kernel_stub_connection *connection = &stub->connection[i];
		slots[i] = (struct pollfd){.fd = connection->fd};
		if (connection->fd >= 0) {
			slots[i].events = (short)(POLLIN | (connection->out.n > 0 ? POLLOUT : 0));
		}
	}
	slots[KERNEL_STUBS_MAX] = (struct pollfd){.fd = stub->listener, .events = POLLIN};
	kernel_worker_wait_for(&stub->worker, &slots[KERNEL_STUBS_MAX + 1]);
}

void kernel_stub_move(struct kernel_stub *stub, const struct pollfd slots[KERNEL_STUB_SLOTS])
{
	for (size_t i = 0; i < KERNEL_STUBS_MAX; i++) {
		struct kernel_stub_connection *connection = &stub->connection[i];
		if (connection->fd >= 0 && (slots[i].revents & POLLOUT) != 0) {
			send_on(stub, connection);
		}
		if (connection->fd >= 0 && (slots[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0) {
			receive(stub, connection);
		}
	}
	if (slots[KERNEL_STUBS_MAX].revents != 0) {
		take_connection(stub);
	}
	if (slots[KERNEL_STUBS_MAX + 1].revents != 0 || slots[KERNEL_STUBS_MAX + 2].revents != 0) {
		kernel_worker_move(&stub->worker);
	}
}
