#include <argp.h>
#include <signal.h>
#include <unistd.h>
#include "common/log.h"
#include "environment/environment.h"
#include "kernel_ext/relay.h"
#include "common/banned.h"

/* thoth-kernel -f CONNECTION_FILE [--python PATH | -- ARGV...]: what a kernelspec starts. */

struct arguments {
	const char *connection_file;
	const char *python;
	char **argv; /* the kernel's own command, or NULL */
	bool verbose;
};

enum { OPTION_PYTHON = 256 };

static error_t take(int key, char *value, struct argp_state *state)
{
	struct arguments *arguments = state->input;
	switch (key) {
	case 'f':
		arguments->connection_file = value;
		return 0;
	case 'v':
		arguments->verbose = true;
		return 0;
	case OPTION_PYTHON:
		arguments->python = value;
		return 0;
	case ARGP_KEY_ARGS:
		arguments->argv = state->argv + state->next;
		return 0;
	case ARGP_KEY_END:
		if (arguments->connection_file == NULL) {
			argp_error(state, "expected -f CONNECTION_FILE");
		}
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{"connection-file",				  'f', "FILE", 0, "where to listen, as the Jupyter client wrote it", 0},
	{"python",					    OPTION_PYTHON, "PATH", 0,
         "start the ipykernel of this Python (else python3 of PATH)", 0},
	{"verbose", 'v', NULL, 0, "say more on standard error", 0},
	{0						 },
};

static const struct argp argp = {
	.options = options,
	.parser = take,
	.args_doc = "[-- KERNEL ARGUMENTS...]",
	.doc = "Relay between a Jupyter client and the real kernel, with %thoth in its cells.\v"
	       "What follows -- is the command of another kernel; {connection_file} in it is "
	       "replaced.",
};

const char *argp_program_version = "thoth-kernel " THOTH_VERSION;

/* First of all: an interrupt must not end us, and before any thread starts, so that all inherit it. */
static void block_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int fail(const struct err *err)
{
	AUTO(buf_done) struct buf text = {0};
	err_show(err, &text);
	fwrite(text.p, 1, text.n, stderr);
	return err_exit_code(err->kind);
}

/* argv[0] as a path: a bare name is looked up on PATH, as exec will do. */
static struct str python_path(const char *name, struct arena *arena)
{
	struct str found = python_find(str_from(name), arena);
	return found.n == 0 ? arena_str(arena, str_from(name)) : found;
}

static int run(const struct arguments *arguments, bool *ret_orphaned)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(kernel_relay_done) struct kernel_relay relay = {0};
	struct err err = {0};
	const char *const *argv = arguments->argv != NULL
					  ? (const char *const *)arguments->argv
					  : kernel_child_python(arguments->python, &arena);
	if (arguments->argv == NULL) { /* for the worker: what to resolve for */
		struct str python = python_path(argv[0], &arena);
		setenv("THOTH_KERNEL_PYTHON", python.p, 1);
	}
	if (!kernel_relay_init(&relay, arguments->connection_file, &arena, &err) ||
		!kernel_relay_start(&relay, arguments->connection_file, argv, &arena, &err)) {
		return fail(&err);
	}
	int status = kernel_relay_run(&relay, &err);
	*ret_orphaned = relay.parent_gone;
	return err.kind != ERR_NONE ? fail(&err) : status;
}

int main(int argc, char **argv)
{
	block_signals();
	struct arguments arguments = {0};
	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	log_set_level(arguments.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN);
	bool orphaned = false;
	int status = run(&arguments, &orphaned);
	if (orphaned && getpgrp() == getpid()) {
		kill(0, SIGKILL); /* nobody is left to end what the cells have started */
	}
	return status;
}
