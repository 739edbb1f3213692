#pragma once
#include "common/err.h"
#include "kernel_ext/message.h"

/*
 * What we answer in the kernel's place. Second best, for the stub in the kernel counts, mixes and
 * aborts as any magic does; so only where there is no stub:
 *
 * - the kernel is no IPython: a cell that is one %thoth line, or a %%thoth cell, is answered here
 *   once the cells before it are done; all else passes;
 * - there is no kernel, for it could not be started: we stay as a kernel that knows nothing but
 *   %thoth (with which a broken lock is mended), answers kernel_info, and says for every other cell
 *   why. A manager sees a kernel that lives, and its log has the reason.
 *
 * While such a cell runs, further requests of the shell channel wait in their socket. Counts are
 * not ours: the one seen last, and one more.
 */
struct kernel_relay;

struct kernel_fallback {
	const char *language;         /* of the kernel, for kernel_info; NULL: not known */
	bool no_stub;                 /* there is a kernel, but it did not take our magic */
	bool aborting;                /* after an error: cells that came meanwhile are not run */
	struct err why;               /* there is no kernel, because */
	int64_t count;                /* the execution count seen last */
	size_t executing;             /* cells that the kernel has not answered yet */
	struct kernel_frames request; /* the %thoth cell at work, or that waits for those */
	int64_t id;                   /* of the worker's request; 0: it waits */
	uint64_t n_displays;
	bool has_display; /* its progress is shown */
};

/* From now on there is no kernel but us. */
void kernel_fallback_begin(struct kernel_relay *relay, const struct err *why);

/* Must the shell channel wait? */
bool kernel_fallback_waits(const struct kernel_fallback *fallback);

/* An execute_request, with a kernel: true when it is answered here; frames are taken then. */
MUST_USE bool kernel_fallback_cell(
	struct kernel_relay *relay, struct kernel_frames *frames, const struct kernel_wire *wire);

/* A cell of a client was passed to the kernel (+1), or it has answered one (-1). */
void kernel_fallback_executing(struct kernel_relay *relay, int change);

/* Any request when there is no kernel. */
void kernel_fallback_answer(struct kernel_relay *relay, int channel, struct str msg_type,
	struct kernel_frames *frames, const struct kernel_wire *wire);

/* Lines of the worker for our cell; user is the relay. */
void kernel_fallback_answered(void *user, int64_t id, struct str line, bool final);

/* The user said stop. */
void kernel_fallback_interrupt(struct kernel_relay *relay);

void kernel_fallback_done(struct kernel_fallback *fallback);
