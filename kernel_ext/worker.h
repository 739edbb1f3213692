#pragma once
#include <poll.h>
#include "kernel_ext/child.h"

/*
 * The `thoth worker` child: started on the first request, asked by lines of JSON over a pipe, so
 * that neither cells nor the relay ever wait for a resolution. If it dies it is started once more
 * and asked again; after ten idle minutes it is ended. It gets the environment in which we were
 * started, never the kernel's, so no cell can change what it sees.
 *
 * A request is {"id":7,...}; its answer any number of {"id":7,"progress":...} and then one
 * {"id":7,"exit":0,...}. {"id":7,"cancel":true} asks to stop; a worker that has not answered ten
 * seconds later is killed.
 */
enum {
	KERNEL_LINE_MAX = 8 << 20, /* bytes of one line, either way */
	KERNEL_ASKED_MAX = 16,     /* requests under way */
	KERNEL_WORKER_SLOTS = 2,   /* descriptors to wait for */
};

/* One line of an answer (without its newline). `final`: it is the last one for this id. */
typedef void kernel_answered(void *user, int64_t id, struct str line, bool final);

struct kernel_asked {
	int64_t id;
	char *line;
	size_t n;
	int deaths;         /* workers that died while it was under way */
	int64_t kill_at_ms; /* after a cancel; 0: none */
};

struct kernel_worker {
	kernel_answered *answered;
	void *user;
	struct kernel_child process;
	int in, out; /* our ends of its standard input and output, or -1 */
	struct buf to, from;
	struct kernel_asked asked[KERNEL_ASKED_MAX];
	size_t n_asked;
	int64_t idle_ms;     /* how long it may be idle */
	int64_t idle_end_ms; /* monotonic; 0: it is not idle */
};

void kernel_worker_init(struct kernel_worker *worker, kernel_answered *answered, void *user);

/*
 * Ask; line is one JSON object without newline and is copied. Every answer, failures too, comes
 * through the callback, possibly before this returns.
 */
void kernel_worker_ask(struct kernel_worker *worker, int64_t id, struct str line);

/* Nobody waits for this any more. No answer for id is given after its final line. */
void kernel_worker_cancel(struct kernel_worker *worker, int64_t id);

/* What to wait for; unused slots have no events. */
void kernel_worker_wait_for(
	const struct kernel_worker *worker, struct pollfd slots[KERNEL_WORKER_SLOTS]);

/* Move bytes, after waiting. */
void kernel_worker_move(struct kernel_worker *worker);

/* After SIGCHLD: has it ended? */
void kernel_worker_check(struct kernel_worker *worker);

/* Do what is due; the next monotonic time to come back at, or INT64_MAX. */
int64_t kernel_worker_keep_time(struct kernel_worker *worker);

void kernel_worker_done(struct kernel_worker *worker);

/* The final line for a failure of our own: exit, error and text. Held by arena. */
struct str kernel_worker_failure(int64_t id, const struct err *err, struct arena *arena);
