#pragma once
#include "kernel_ext/ask.h"
#include "kernel_ext/installs.h"
#include "kernel_ext/worker.h"

/*
 * What goes on between cells, front ends and the worker. A request comes from a cell (%thoth, by
 * stub.c) or from a front end (comm "thoth", by route.c) and passes three stages:
 *
 *	FETCHING  the front ends are asked for the cells as they stand in the page, unsaved ones too
 *	ASKED     the worker is at it; progress goes to the cell and to the front ends
 *	SHOWING   a lock from a cell was sent to the front ends; one says that it has written it
 *
 * Only a front end writes a notebook that is open in it. So the output of a cell leaves the lock
 * out when a front end has said "written", and else carries it whole, for `thoth adopt`; a lock is
 * never in neither place. The last lock of each notebook is kept and sent again to a comm that
 * opens, since a comm may open after the first cell has run.
 *
 * The messages: docs/comm.md.
 */
enum {
	KERNEL_ASKS_MAX = KERNEL_ASKED_MAX,
	KERNEL_LOCKS_MAX = 8, /* notebooks whose last lock is kept */
};

struct kernel_frontend {
	struct kernel_comms comms;
	struct kernel_worker *worker;
	struct kernel_cells *cells; /* for requests without a front end */
	kernel_answered *to_cell;   /* lines for the cell that waits for this id */
	void *user;
	struct kernel_ask ask[KERNEL_ASKS_MAX];
	int64_t last_id;
	int64_t patience; /* the waits for front ends are so many times as long; 1 but in tests */
	struct kernel_installs installs;
	json_t *locks; /* path of the notebook ("" unknown) to its last "lock" message */
};

/* comms is initialised apart, when the sockets are there. */
void kernel_frontend_init(struct kernel_frontend *frontend, struct kernel_worker *worker,
	struct kernel_cells *cells, kernel_answered *to_cell, void *user);
void kernel_frontend_done(struct kernel_frontend *frontend);

/*
 * A request from a cell, as the stub sent it. Its id; the answers come through to_cell, maybe
 * before this returns. `ret_id` is set before any answer.
 */
void kernel_frontend_ask(struct kernel_frontend *frontend, struct str text, int64_t *ret_id);

/* The cell does not wait any more. */
void kernel_frontend_cancel(struct kernel_frontend *frontend, int64_t id);

/* A line from the worker. */
void kernel_frontend_answered(
	struct kernel_frontend *frontend, int64_t id, struct str line, bool final);

/*
 * A message of the shell channel: true when it was for us, and is answered. `header` is the header
 * frame; busy and idle are sent around what it leads to.
 */
bool kernel_frontend_take(struct kernel_frontend *frontend, struct str msg_type, struct str header,
	struct str content);

/* An execute_request goes to the kernel, and a message comes from it. */
void kernel_frontend_runs(
	struct kernel_frontend *frontend, struct str msg_id, const struct kernel_execute *execute);
void kernel_frontend_heard(struct kernel_frontend *frontend, enum kernel_channel channel,
	const struct kernel_wire *wire);

/* Do what is due; the next monotonic time to come back at, or INT64_MAX. */
int64_t kernel_frontend_keep_time(struct kernel_frontend *frontend);
