#pragma once
#include <sys/types.h>
#include "common/arena.h"
#include "common/err.h"

/*
 * The real kernel as a process, and our own parent. The kernel stays in our process group, for
 * managers signal that group as a whole; it starts with SIGINT ignored, for ipykernel takes it only
 * while a cell runs (other kernels may need it otherwise); it is killed when we end, however we end.
 */
struct kernel_child {
	pid_t pid;             /* 0: not started, or ended and collected */
	bool takes_interrupts; /* told before the start: SIGINT is not ignored at its exec */
	bool ended;
	int status; /* exit code, or 128 + signal */
};

/*
 * Start argv, in which every "{connection_file}" is replaced by `file`; `front`, the client's file,
 * too, for managers fill in the whole of a kernelspec's argv. ERR_ENVIRONMENT when it cannot be
 * started.
 */
MUST_USE bool kernel_child_start(const char *const *argv, struct str front, struct str file,
	struct kernel_child *ret, struct err *err);

/* argv for the Python at this path: its ipykernel. NULL gives python3 of PATH. */
const char *const *kernel_child_python(const char *python, struct arena *arena);

/* Collect it if it has ended. True when it has. */
bool kernel_child_ended(struct kernel_child *child);

/* As a manager does it in signal mode: SIGINT to the process group, or to the child alone when the
 * group is not ours. */
void kernel_child_interrupt(const struct kernel_child *child);

/* Does nothing when it has ended. */
void kernel_child_signal(const struct kernel_child *child, int number);

/* Kill and collect what is still there. */
void kernel_child_done(struct kernel_child *child);

/*
 * Our own parent, if JPY_PARENT_PID says that somebody cares: when it is gone, so must we be.
 * Watched by a descriptor that becomes readable, or (fd -1) by asking now and then.
 */
struct kernel_parent {
	bool watched;
	pid_t pid;
	int fd;
};

void kernel_parent_init(struct kernel_parent *parent);
bool kernel_parent_gone(const struct kernel_parent *parent);
void kernel_parent_done(struct kernel_parent *parent);
