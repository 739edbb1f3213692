#pragma once
#include <signal.h>
#include <sys/types.h>
#include "common/arena.h"
#include "common/err.h"

/*
 * The only place that starts processes. Programs are found on PATH by execvp and get their
 * arguments as a list: there is no shell, so nothing a user wrote is ever read as one.
 */
struct proc_options {
	const char *const *argv; /* argv[n], NULL at the end */
	const char *directory;   /* NULL: ours */
	struct str input;        /* written to its standard input, then closed */
	int timeout_ms;          /* 0: none; then SIGKILL */
	size_t output_limit;     /* bytes kept of each stream; 0: 16 MiB. Over it: ERR_LIMIT */
	bool keep_stderr;        /* false: captured */
};

struct proc_result {
	int status; /* exit code, or 128 + signal */
	struct str output, errors;
};

/*
 * Run to the end. True when the program was started and ended in time, whatever its status.
 * Failure: ERR_ENVIRONMENT (cannot be started, timed out) or ERR_LIMIT. Output is held by arena.
 */
MUST_USE bool proc_run(const struct proc_options *options, struct arena *arena,
	struct proc_result *ret, struct err *err);

/*
 * Start a child and go on. in/out: descriptors that become its 0 and 1, or -1 to inherit.
 * The signal mask is emptied; SIGINT is as `interrupt` says (SIG_IGN or SIG_DFL). With
 * `die_with_parent` the child gets SIGKILL when the calling thread ends (Linux PR_SET_PDEATHSIG).
 * environment NULL: ours. Returns the pid, or -1 with ERR_ENVIRONMENT; a program that cannot be
 * executed is noticed here and not later.
 */
struct proc_start {
	const char *const *argv;
	const char *const *environment;
	const char *directory;
	int in, out;
	void (*interrupt)(int);
	bool die_with_parent;
};
pid_t proc_start(const struct proc_start *options, struct err *err);
