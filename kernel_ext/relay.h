#pragma once
#include <pthread.h>
#include "kernel_ext/child.h"
#include "kernel_ext/connection.h"
#include "kernel_ext/fallback.h"
#include "kernel_ext/folder.h"
#include "kernel_ext/message.h"
#include "kernel_ext/stub.h"

/*
 * The relay: sockets on both sides, the loop that waits for them, and the life of the kernel.
 * relay.c opens, loops and ends; route.c decides about each message.
 */
enum kernel_phase {
	KERNEL_STARTING, /* the kernel's iopub has not reached us yet; clients are held back */
	KERNEL_RUNNING,
	KERNEL_DRAINING, /* the kernel has ended; what it said is still passed on */
	KERNEL_REDUCED,  /* there is no kernel; fallback.c answers */
};

enum {
	KERNEL_HELD_MAX = 64,  /* control requests kept while starting; later ones are dropped */
	KERNEL_PROBE_MS = 250, /* between the questions whether the kernel is there */
};

struct kernel_relay {
	struct kernel_connection front, back; /* held by arena */
	struct kernel_session session;
	struct kernel_folder folder; /* private: connection file and sockets */
	void *context;
	void *front_socket[KERNEL_HB]; /* shell, iopub, stdin, control */
	void *back_socket[KERNEL_HB];
	void *hb_socket; /* owned by its thread once that runs */
	pthread_t hb_thread;
	bool hb_runs;
	int signals; /* signalfd: SIGINT, SIGTERM, SIGHUP, SIGCHLD */

	struct kernel_stub stub; /* with the worker and the cells */
	struct kernel_fallback fallback;
	const char *connection_file;
	const char *const *argv; /* of the kernel */
	struct arena *arena;     /* of the relay's caller */
	bool message_interrupts; /* the kernel wants interrupt_request itself */
	bool may_know_no_ipc;    /* tried over tcp when it does not come up */
	struct kernel_child child;
	int64_t child_started_ns;     /* monotonic: when its exec had succeeded */
	int64_t child_started_cpu_us; /* processor time of ours until then */
	struct kernel_parent parent;
	enum kernel_phase phase;
	bool iopub_live;   /* something of the kernel's iopub has come */
	bool child_known;  /* its kernel_info_reply has come */
	bool end_expected; /* a shutdown_request has passed */
	int end_signal;    /* SIGTERM or SIGHUP told us to end; else 0 */
	bool parent_gone;
	int own_pending;       /* requests of ours whose idle has not come: their iopub is hidden */
	int64_t next_probe_ms; /* monotonic */
	int64_t term_at_ms;    /* SIGTERM for a kernel that was told to end and does not; 0: none */
	int64_t kill_at_ms;    /* SIGKILL, after SIGTERM; 0: none */
	int64_t quiet_until_ms, drain_until_ms;

	struct kernel_frames held[KERNEL_HELD_MAX];
	size_t n_held;

	struct kernel_seen seen;       /* signatures of clients' messages */
	struct kernel_queue to_client; /* what clients have not taken yet */
	struct kernel_queue to_kernel; /* what the kernel has not taken yet */
	bool told_of_loss;
	uint64_t n_bad_signatures, n_replayed, n_malformed, n_left_out;
	int64_t last_complaint_ms;
};

/*
 * Bind the client's side, make the private folder. Everything is held by arena, which must outlive
 * the relay. Signals must be blocked already, for libzmq starts threads. On failure call
 * kernel_relay_done() as well.
 */
MUST_USE bool kernel_relay_init(struct kernel_relay *relay, const char *connection_file,
	struct arena *arena, struct err *err);

/*
 * Start the kernel (argv as in child.h) and connect to it: over ipc, for that needs no port and is
 * nobody else's to hear; one that is no ipykernel and ends before it is ready once more over tcp
 * (xeus kernels know nothing else). On failure kernel_fallback_begin() may take its place.
 */
MUST_USE bool kernel_relay_start(
	struct kernel_relay *relay, const char *const *argv, struct err *err);

/*
 * Pass messages until the kernel has ended. The exit code of the companion: the kernel's own, so
 * that a manager sees what it would see without us. When the kernel ends before it was ever ready we
 * stay, reduced (fallback.h), until we are told to end.
 */
int kernel_relay_run(struct kernel_relay *relay);

/* A shutdown_request has passed: the kernel has two seconds to end by itself. */
void kernel_relay_expect_end(struct kernel_relay *relay);

void kernel_relay_done(struct kernel_relay *relay);

/* route.c: one message from the client's side of a channel, or from the kernel's. Takes frames. */
void kernel_route_from_client(
	struct kernel_relay *relay, enum kernel_channel channel, struct kernel_frames *frames);
void kernel_route_from_kernel(
	struct kernel_relay *relay, enum kernel_channel channel, struct kernel_frames *frames);

/* What was held back goes its way, now that it is known where to. */
void kernel_route_release(struct kernel_relay *relay);

/* A subscription or its end, as XPUB gives it. */
void kernel_route_subscription(struct kernel_relay *relay, struct str message);

/* Ask the kernel what it is; its answers open the gate. */
void kernel_route_probe(struct kernel_relay *relay);
