#include "kernel_ext/relay.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/banned.h"

enum {
	IOPUB_BATCH = 256, /* messages of one channel before the others are looked at again */
	OTHER_BATCH = 64,
	QUIET_MS = 50,        /* the kernel has ended: nothing more came for so long */
	DRAIN_MS = 2000,      /* and for so long at most */
	TERM_MS = 2000,       /* from SIGTERM to SIGKILL for the kernel */
	PARENT_POLL_MS = 250, /* where the parent has no descriptor to wait for */
	LINGER_MS = 1000,     /* for what clients have not taken yet */
	END_MS = 2000,        /* for a kernel to do as a shutdown_request says */
	FRONT_HWM = 1000,     /* messages of clients that wait for us; they then keep the others */
	FULL_MS = 20,         /* too much waits for the kernel: look again so often */
	QUEUE_MB = 512,       /* MiB that may wait for clients, or for the kernel */
};

/* The channels that go through us, in the order in which one turn looks at them. */
static const enum kernel_channel turn_order[KERNEL_HB] = {
	KERNEL_CONTROL, KERNEL_STDIN, KERNEL_SHELL, KERNEL_IOPUB};

static void *echo(void *socket)
{
	zmq_proxy(socket, socket, NULL); /* returns when the context is shut down */
	zmq_close(socket);
	return NULL;
}

static void set_option(void *socket, int option, int value)
{
	zmq_setsockopt(socket, option, &value, sizeof(value));
}

static void *open_socket(struct kernel_relay *relay, int type)
{
	void *socket = zmq_socket(relay->context, type);
	if (socket == NULL) {
		arena_die("libzmq gives no socket");
	}
	set_option(socket, ZMQ_LINGER, LINGER_MS);
	set_option(socket, ZMQ_SNDHWM, 0);
	set_option(socket, ZMQ_RCVHWM, 0);
	kernel_socket_open(socket);
	return socket;
}

static bool bind_front(struct kernel_relay *relay, enum kernel_channel channel, struct arena *arena,
	struct err *err)
{
	bool iopub = channel == KERNEL_IOPUB;
	void *socket = open_socket(relay, iopub ? ZMQ_XPUB : ZMQ_ROUTER);
	if (channel == KERNEL_HB) {
		relay->hb_socket = socket;
	} else {
		relay->front_socket[channel] = socket;
	}
	zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &(int64_t){KERNEL_FRAME_MAX}, sizeof(int64_t));
	set_option(socket, ZMQ_RCVHWM, FRONT_HWM);
	set_option(socket, iopub ? ZMQ_XPUB_VERBOSE : ZMQ_ROUTER_HANDOVER, 1);
	if (relay->front.curve_secret.n > 0) {
		set_option(socket, ZMQ_CURVE_SERVER, 1);
		zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, relay->front.curve_secret.p,
			KERNEL_CURVE_KEY + 1);
	}
	const char *address = kernel_connection_address(&relay->front, channel, arena);
	if (relay->front.ip.n > 0 && str_find_char(relay->front.ip, ':') >= 0) {
		set_option(socket, ZMQ_IPV6, 1);
	}
	if (zmq_bind(socket, address) != 0) {
		err_hint(err, "another kernel may be using this connection file");
		return err_set(err, ERR_ENVIRONMENT, "cannot listen on %s: %s", address,
			zmq_strerror(zmq_errno()));
	}
	return true;
}

static bool watch_signals(struct kernel_relay *relay, struct err *err)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	relay->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return relay->signals >= 0 ||
	       err_set(err, ERR_ENVIRONMENT, "signalfd: %s", strerror(errno));
}

/* Bytes; a test need not fill half a gigabyte. */
static int64_t queue_max(void)
{
	uint64_t told;
	bool is_told =
		str_to_u64(str_from(getenv("THOTH_QUEUE_BYTES")), &told) && told <= INT32_MAX;
	return is_told ? (int64_t)told : (int64_t)QUEUE_MB << 20;
}

bool kernel_relay_init(struct kernel_relay *relay, const char *connection_file, struct arena *arena,
	struct err *err)
{
	*relay = (struct kernel_relay){
		.signals = -1, .parent.fd = -1, .connection_file = connection_file, .arena = arena};
	relay->to_client.max = relay->to_kernel.max = queue_max();
	if (!kernel_connection_read(connection_file, arena, &relay->front, err) ||
		!watch_signals(relay, err)) {
		return false;
	}
	kernel_session_init(&relay->session, relay->front.key);
	kernel_parent_init(&relay->parent);
	relay->context = zmq_ctx_new();
	for (int i = 0; i < KERNEL_CHANNELS; i++) {
		if (!bind_front(relay, i, arena, err)) {
			return false;
		}
	}
	relay->hb_runs = pthread_create(&relay->hb_thread, NULL, echo, relay->hb_socket) == 0;
	if (!relay->hb_runs) {
		return err_set(err, ERR_ENVIRONMENT, "cannot start the heartbeat's thread");
	}
	if (!kernel_folder_make(arena, &relay->folder, err) ||
		!kernel_stub_init(&relay->stub, relay->folder.path, arena, err)) {
		return false;
	}
	relay->stub.otherwise = kernel_fallback_answered;
	relay->stub.user = relay;
	kernel_comms_init(
		&relay->stub.frontend.comms, &relay->session, relay->front_socket[KERNEL_IOPUB]);
	return true;
}

/* One identity for all three: the kernel asks for input where the shell request came from. */
static void connect_back(struct kernel_relay *relay, struct arena *arena)
{
	for (int i = 0; i < KERNEL_HB; i++) {
		bool iopub = i == KERNEL_IOPUB;
		void *socket = open_socket(relay, iopub ? ZMQ_SUB : ZMQ_DEALER);
		relay->back_socket[i] = socket;
		set_option(socket, ZMQ_LINGER, 0);
		set_option(socket, ZMQ_RECONNECT_IVL, 10); /* ms; the kernel binds when it can */
		if (iopub) {
			zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0);
		} else {
			zmq_setsockopt(socket, ZMQ_ROUTING_ID, relay->session.private_id,
				strlen(relay->session.private_id));
		}
		zmq_connect(socket, kernel_connection_address(&relay->back, i, arena));
	}
}

/* Write its connection file, start it, connect. */
static bool start_kernel(struct kernel_relay *relay, struct err *err)
{
	struct arena *arena = relay->arena;
	struct str front = str_from(relay->connection_file);
	struct str file;
	/* libraries find a kernel's id in the name of its connection file: keep it */
	if (!kernel_folder_write(
		    &relay->folder, fs_basename(front), relay->back.text, arena, &file, err) ||
		!kernel_child_start(relay->argv, front, file, &relay->child, err)) {
		return false;
	}
	relay->child_started_ns = clock_monotonic_ns();
	struct timespec cpu = {0};
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	relay->child_started_cpu_us = (int64_t)cpu.tv_sec * 1000000 + cpu.tv_nsec / 1000;
	connect_back(relay, arena);
	relay->next_probe_ms = clock_monotonic_ms() + KERNEL_PROBE_MS;
	return true;
}

bool kernel_relay_start(struct kernel_relay *relay, const char *const *argv, struct err *err)
{
	struct str prefix = fs_join(relay->arena, relay->folder.path, S("k"));
	relay->argv = argv;
	kernel_connection_for_child(&relay->front, prefix, relay->arena, &relay->back);
	if (!start_kernel(relay, err)) {
		return false;
	}
	size_t swept = kernel_folder_sweep(&relay->folder); /* while the kernel starts */
	if (swept > 0) {
		log_info("kernel", "removed what killed companions left folders=%zu", swept);
	}
	return true;
}

static void close_back(struct kernel_relay *relay)
{
	for (int i = 0; i < KERNEL_HB; i++) {
		kernel_socket_close(relay->back_socket[i]);
		relay->back_socket[i] = NULL;
	}
}

/* Once more, over tcp. */
static bool start_over_tcp(struct kernel_relay *relay)
{
	struct err err = {0};
	bool takes_interrupts = relay->child.takes_interrupts;
	if (!relay->may_know_no_ipc) {
		return false;
	}
	log_info("kernel", "ended with status %d before it was ready; once more over tcp",
		relay->child.status);
	relay->may_know_no_ipc = false;
	close_back(relay);
	relay->own_pending = 0;
	relay->child = (struct kernel_child){.takes_interrupts = takes_interrupts};
	if (kernel_connection_for_child_tcp(&relay->front, relay->arena, &relay->back, &err) &&
		start_kernel(relay, &err)) {
		return true;
	}
	kernel_fallback_begin(relay, &err);
	return true;
}

static bool is_told_to_end(const struct kernel_relay *relay)
{
	return relay->end_expected || relay->end_signal != 0 || relay->parent_gone;
}

/* The kernel has ended unasked and before it was ready: we stay, and say why. */
static void stay_reduced(struct kernel_relay *relay)
{
	struct err why = {0};
	err_hint(
		&why, "its own words are in the log of the server; is ipykernel installed for it?");
	err_set(&why, ERR_ENVIRONMENT, "it ended with status %d before it was ready",
		relay->child.status);
	kernel_fallback_begin(relay, &why);
}

/* The kernel has ended: from now on only what it said is passed on. */
static void begin_drain(struct kernel_relay *relay)
{
	int64_t now = clock_monotonic_ms();
	relay->phase = KERNEL_DRAINING;
	relay->quiet_until_ms = now + QUIET_MS;
	relay->drain_until_ms = now + DRAIN_MS;
}

static void end_kernel(struct kernel_relay *relay, int number)
{
	relay->end_signal = number;
	relay->term_at_ms = 0;
	kernel_child_signal(&relay->child, SIGTERM);
	if (relay->kill_at_ms == 0) {
		relay->kill_at_ms = clock_monotonic_ms() + TERM_MS;
	}
}

static void take_signals(struct kernel_relay *relay)
{
	struct signalfd_siginfo info;
	while (read(relay->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGHUP) {
			end_kernel(relay, (int)info.ssi_signo);
		} else if (info.ssi_signo == SIGINT) {
			kernel_fallback_interrupt(relay);
		}
	}
	kernel_worker_check(&relay->stub.worker);
	bool has_child = relay->phase == KERNEL_STARTING || relay->phase == KERNEL_RUNNING;
	if (has_child && kernel_child_ended(&relay->child)) {
		relay->parent_gone |= kernel_parent_gone(&relay->parent);
		if (relay->iopub_live || is_told_to_end(relay)) {
			begin_drain(relay);
		} else if (!start_over_tcp(relay)) {
			stay_reduced(relay);
		}
	}
}

static void take_from_clients(struct kernel_relay *relay, enum kernel_channel channel)
{
	AUTO(kernel_frames_done) struct kernel_frames frames = {0};
	for (int i = 0; i < OTHER_BATCH; i++) {
		if (channel == KERNEL_SHELL && kernel_fallback_waits(&relay->fallback)) {
			return;
		}
		enum kernel_received got =
			kernel_frames_receive(&frames, relay->front_socket[channel]);
		if (got == KERNEL_NOTHING) {
			return;
		}
		if (got == KERNEL_TOO_LONG) {
			relay->n_malformed++;
		} else if (channel == KERNEL_IOPUB) {
			kernel_route_subscription(relay, kernel_frames_at(&frames, 0));
		} else {
			kernel_route_from_client(relay, channel, &frames);
		}
	}
}

static void take_from_kernel(struct kernel_relay *relay, enum kernel_channel channel)
{
	AUTO(kernel_frames_done) struct kernel_frames frames = {0};
	for (int i = 0; i < (channel == KERNEL_IOPUB ? IOPUB_BATCH : OTHER_BATCH); i++) {
		enum kernel_received got =
			kernel_frames_receive(&frames, relay->back_socket[channel]);
		if (got == KERNEL_NOTHING) {
			return;
		}
		if (relay->phase == KERNEL_DRAINING) {
			relay->quiet_until_ms = clock_monotonic_ms() + QUIET_MS;
		}
		if (got == KERNEL_MESSAGE) {
			kernel_route_from_kernel(relay, channel, &frames);
		}
	}
}

static void sooner(int64_t *until, int64_t candidate)
{
	if (candidate < *until) {
		*until = candidate;
	}
}

/* Milliseconds that the loop may wait when nothing comes. */
static long patience(struct kernel_relay *relay)
{
	int64_t now = clock_monotonic_ms();
	int64_t until = now + 60000;
	sooner(&until, kernel_worker_keep_time(&relay->stub.worker));
	sooner(&until, kernel_frontend_keep_time(&relay->stub.frontend));
	if (relay->phase == KERNEL_STARTING) {
		sooner(&until, relay->next_probe_ms);
	}
	if (relay->phase == KERNEL_DRAINING) {
		sooner(&until, relay->quiet_until_ms);
		sooner(&until, relay->drain_until_ms);
	}
	if (kernel_queue_full(&relay->to_kernel, 0)) {
		sooner(&until, now + FULL_MS);
	}
	if (relay->term_at_ms != 0) {
		sooner(&until, relay->term_at_ms);
	}
	if (relay->kill_at_ms != 0) {
		sooner(&until, relay->kill_at_ms);
	}
	if (relay->parent.watched && relay->parent.fd < 0) {
		sooner(&until, now + PARENT_POLL_MS);
	}
	return until > now ? (long)(until - now) : 0;
}

/* What is due at this time. */
static void keep_time(struct kernel_relay *relay)
{
	int64_t now = clock_monotonic_ms();
	if (relay->phase == KERNEL_STARTING && now >= relay->next_probe_ms) {
		kernel_route_probe(relay);
	}
	if (relay->term_at_ms != 0 && now >= relay->term_at_ms) {
		end_kernel(relay, 0);
	}
	if (relay->kill_at_ms != 0 && now >= relay->kill_at_ms) {
		kernel_child_signal(&relay->child, SIGKILL);
		relay->kill_at_ms = now + TERM_MS;
	}
	if (!relay->parent_gone && kernel_parent_gone(&relay->parent)) {
		log_info("kernel", "the process that started us is gone");
		relay->parent_gone = true;
		kernel_child_signal(&relay->child, SIGKILL);
	}
}

static bool is_over(const struct kernel_relay *relay)
{
	int64_t now = clock_monotonic_ms();
	if (relay->phase == KERNEL_REDUCED) {
		return is_told_to_end(relay);
	}
	return relay->phase == KERNEL_DRAINING &&
	       (now >= relay->quiet_until_ms || now >= relay->drain_until_ms || relay->parent_gone);
}

enum {
	SLOT_SIGNALS,
	SLOT_PARENT,
	SLOT_FRONT,
	SLOT_BACK = SLOT_FRONT + KERNEL_HB,
	SLOT_STUB = SLOT_BACK + KERNEL_HB,
	SLOTS = SLOT_STUB + KERNEL_STUB_SLOTS,
};

/* What may be taken from now: all eight, in the order of a turn; NULL for what is left where it is. */
static void choose_sockets(struct kernel_relay *relay, void *ret[2 * KERNEL_HB])
{
	bool held_back = relay->phase == KERNEL_STARTING;
	bool draining = relay->phase == KERNEL_DRAINING;
	bool full = kernel_queue_full(&relay->to_kernel, 0);
	for (int i = 0; i < KERNEL_HB; i++) {
		enum kernel_channel channel = turn_order[i];
		bool shell = channel == KERNEL_SHELL;
		bool waits = full || (held_back && (shell || channel == KERNEL_STDIN)) ||
			     (shell && kernel_fallback_waits(&relay->fallback));
		bool closed = draining && channel != KERNEL_IOPUB;
		ret[i] = waits || closed ? NULL : relay->front_socket[channel];
		ret[KERNEL_HB + i] = relay->back_socket[channel]; /* NULL: no kernel was started */
	}
}

/* libzmq's; asking for it is no system call. */
static int descriptor(void *socket)
{
	int fd = -1;
	size_t size = sizeof(fd);
	return zmq_getsockopt(socket, ZMQ_FD, &fd, &size) == 0 ? fd : -1;
}

/*
 * Let each channel have its turn whose socket has something to give: its descriptor says so, or it is
 * not drained. Passing a message stirs the other side, which is then looked at again at once. Only the
 * kernel's iopub waits for the next turn, for there may be much, and control comes first.
 */
static void take_turns(struct kernel_relay *relay, const struct pollfd *polled)
{
	enum { ROUNDS = 4 };
	bool again = true;
	for (int round = 0; round < ROUNDS && again; round++) {
		void *sockets[2 * KERNEL_HB];
		choose_sockets(relay, sockets);
		again = false;
		for (int i = 0; i < 2 * KERNEL_HB; i++) {
			enum kernel_channel channel = turn_order[i % KERNEL_HB];
			bool client = i < KERNEL_HB;
			bool told = round == 0 && polled[i].revents != 0;
			bool later = round > 0 && !client && channel == KERNEL_IOPUB;
			if (sockets[i] == NULL || later ||
				(!told && kernel_socket_drained(sockets[i]))) {
				continue;
			}
			again = true;
			if (client) {
				take_from_clients(relay, channel);
			} else {
				take_from_kernel(relay, channel);
			}
		}
	}
}

/*
 * Wait, then let all have their turn. We poll libzmq's descriptors ourselves: zmq_poll() asks each of
 * the eight sockets before and after it waits, which is a system call every time.
 */
static void turn(struct kernel_relay *relay)
{
	long wait_ms = patience(relay); /* first: what is due may start a worker to wait for */
	void *sockets[2 * KERNEL_HB];
	struct pollfd items[SLOTS] = {
		[SLOT_SIGNALS] = {.fd = relay->signals,                                          .events = POLLIN},
		[SLOT_PARENT] = {.fd = relay->phase == KERNEL_DRAINING ? -1 : relay->parent.fd,
				  .events = POLLIN							       },
	};
	choose_sockets(relay, sockets);
	for (int i = 0; i < 2 * KERNEL_HB; i++) {
		items[SLOT_FRONT + i] = (struct pollfd){.fd = -1, .events = POLLIN};
		if (sockets[i] != NULL) {
			items[SLOT_FRONT + i].fd = descriptor(sockets[i]);
			wait_ms = kernel_socket_drained(sockets[i]) ? wait_ms : 0;
		}
	}
	kernel_stub_wait_for(&relay->stub, &items[SLOT_STUB]);
	if (poll(items, SLOTS, (int)wait_ms) < 0) {
		if (errno != EINTR) {
			arena_die("poll failed");
		}
		return;
	}
	if (items[SLOT_SIGNALS].revents != 0) {
		take_signals(relay);
	}
	take_turns(relay, &items[SLOT_FRONT]);
	kernel_stub_move(&relay->stub, &items[SLOT_STUB]);
	keep_time(relay);
}

int kernel_relay_run(struct kernel_relay *relay)
{
	while (!is_over(relay)) {
		turn(relay);
	}
	return relay->phase == KERNEL_REDUCED ? 0 : relay->child.status;
}

static void close_sockets(struct kernel_relay *relay)
{
	close_back(relay);
	for (int i = 0; i < KERNEL_HB; i++) {
		kernel_socket_close(relay->front_socket[i]);
	}
	if (relay->hb_runs) {
		zmq_ctx_shutdown(relay->context); /* wakes the heartbeat's thread */
		pthread_join(relay->hb_thread, NULL);
	} else if (relay->hb_socket != NULL) {
		zmq_close(relay->hb_socket);
	}
}

void kernel_relay_expect_end(struct kernel_relay *relay)
{
	if (!relay->end_expected) {
		relay->end_expected = true;
		relay->term_at_ms = clock_monotonic_ms() + END_MS;
	}
}

void kernel_relay_done(struct kernel_relay *relay)
{
	kernel_child_done(&relay->child);
	if (relay->context != NULL) {
		close_sockets(relay);
		while (zmq_ctx_term(relay->context) != 0 && zmq_errno() == EINTR) {
		}
	}
	for (size_t i = 0; i < relay->n_held; i++) {
		kernel_frames_done(&relay->held[i]);
	}
	kernel_stub_done(&relay->stub);
	kernel_fallback_done(&relay->fallback);
	kernel_seen_done(&relay->seen);
	kernel_folder_done(&relay->folder);
	kernel_parent_done(&relay->parent);
	fs_closep(&relay->signals);
}
