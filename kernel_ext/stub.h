#pragma once
#include <poll.h>
#include "kernel_ext/frontend.h"

/*
 * Our end of stub.py, the magic in the kernel: the code that registers it, and the socket at which
 * it asks. The socket lies in the private folder with mode 0600, and only processes of our own
 * user are heard. One connection carries one request: a line of JSON from the stub, then the
 * worker's lines to it up to the final one. {"cancel":true}, or the end of the connection, gives
 * the request up.
 */
enum {
	KERNEL_STUBS_MAX = 8, /* cells that wait at the same time (subshells) */
	KERNEL_STUB_SLOTS = KERNEL_STUBS_MAX + 1 + KERNEL_WORKER_SLOTS,
};

struct kernel_stub_connection {
	int fd; /* -1: free */
	struct buf in, out;
	int64_t id;   /* of its request; 0: none yet */
	bool closing; /* once out is written */
};

struct kernel_stub {
	struct str path; /* of the socket */
	int listener;
	struct kernel_stub_connection connection[KERNEL_STUBS_MAX];
	struct kernel_worker worker;
	struct kernel_cells cells;
	struct kernel_frontend frontend; /* between the cells, the front ends and the worker */
	kernel_answered *otherwise;      /* answers for cells that did not come from the stub */
	void *user;
};

/* Listen at a socket in the private folder. The object must not move afterwards. */
MUST_USE bool kernel_stub_init(
	struct kernel_stub *stub, struct str directory, struct arena *arena, struct err *err);
void kernel_stub_done(struct kernel_stub *stub);

/* The content of the silent execute_request that registers the magic. Held by arena. */
struct str kernel_stub_registration(const struct kernel_stub *stub, struct arena *arena);

void kernel_stub_wait_for(const struct kernel_stub *stub, struct pollfd slots[KERNEL_STUB_SLOTS]);

/* Move bytes for the slots that are ready. */
void kernel_stub_move(struct kernel_stub *stub, const struct pollfd slots[KERNEL_STUB_SLOTS]);
