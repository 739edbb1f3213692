#include <argp.h>
#include <signal.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/fs.h"
#include "common/log.h"
#include "environment/environment.h"
#include "kernel_ext/relay.h"
#include "common/banned.h"

/* thoth-kernel -f CONNECTION_FILE [--python PATH | -- ARGV...]: what a kernelspec starts. */

struct arguments {
	const char *connection_file;
	const char *python;
	const char *language;
	char **argv; /* the kernel's own command, or NULL */
	bool takes_interrupts;
	bool message_interrupts;
	bool verbose;
	int64_t begun_ns; /* when main began */
};

enum { OPTION_PYTHON = 256, OPTION_LANGUAGE, OPTION_INTERRUPT };

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
	case OPTION_LANGUAGE:
		arguments->language = value;
		return 0;
	case OPTION_INTERRUPT:
		if (strcmp(value, "ignore") != 0 && strcmp(value, "default") != 0 &&
			strcmp(value, "message") != 0) {
			argp_error(state, "expected ignore, default or message for --interrupt");
		}
		arguments->takes_interrupts = value[0] != 'i';
		arguments->message_interrupts = value[0] == 'm';
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
	{"language", OPTION_LANGUAGE, "NAME", 0, "the language of the kernel, should it not start",
         0},
	{"interrupt",						  OPTION_INTERRUPT, "HOW", 0,
         "how the kernel starts: with interrupts ignored (ignore, as ipykernel wants it) or "
		"not (default)", 0},
	{"verbose",'v', NULL, 0, "say more on standard error", 0},
	{0						},
};

static const struct argp argp = {
	.options = options,
	.parser = take,
	.args_doc = "[-- KERNEL ARGUMENTS...]",
	.doc = "Relay between a Jupyter client and the real kernel, with %thoth in its cells.\v"
	       "What follows -- is the command of another kernel; {connection_file} in it is "
	       "replaced. When THOTH_ENV names the folder of an environment, its Python takes the "
	       "place of PATH.",
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

/*
 * The command of the kernel. THOTH_ENV, which only who starts Jupyter can set, names the folder of an
 * environment and goes before --python, which the kernelspec says; a command after -- is taken as it is.
 */
static const char *const *kernel_command(const struct arguments *arguments, struct arena *arena)
{
	const char *folder = getenv("THOTH_ENV");
	const char *python = arguments->python;
	if (arguments->argv != NULL) {
		struct str program = fs_basename(str_from(arguments->argv[0]));
		bool language = str_eq(str_from(arguments->language), S("python"));
		if (language && str_starts(program, S("python"))) {
			setenv("THOTH_KERNEL_PYTHON", python_path(arguments->argv[0], arena).p, 1);
		}
		return (const char *const *)arguments->argv;
	}
	if (folder != NULL && folder[0] != '\0') {
		python = fs_join(arena, str_from(folder), S("bin/python")).p;
	}
	const char *const *argv = kernel_child_python(python, arena);
	/* for the worker: what to resolve for */
	setenv("THOTH_KERNEL_PYTHON", python_path(argv[0], arena).p, 1);
	return argv;
}

static int run(const struct arguments *arguments, bool *ret_orphaned)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(kernel_relay_done) struct kernel_relay relay = {0};
	struct err err = {0};
	const char *const *argv = kernel_command(arguments, &arena);
	if (!kernel_relay_init(&relay, arguments->connection_file, &arena, &err)) {
		return fail(&err);
	}
	relay.fallback.language = arguments->language;
	relay.message_interrupts = arguments->message_interrupts;
	relay.may_know_no_ipc = arguments->argv != NULL;
	relay.child.takes_interrupts = arguments->takes_interrupts;
	if (!kernel_relay_start(&relay, argv, &err)) {
		kernel_fallback_begin(&relay, &err);
	}
	log_info("kernel", "started the kernel main_to_exec_us=%lld cpu_us=%lld",
		(long long)(relay.child_started_ns - arguments->begun_ns) / 1000,
		(long long)relay.child_started_cpu_us);
	int status = kernel_relay_run(&relay);
	*ret_orphaned = relay.parent_gone;
	return status;
}

int main(int argc, char **argv)
{
	block_signals();
	struct arguments arguments = {.begun_ns = clock_monotonic_ns()};
	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	if (arguments.argv == NULL) {
		arguments.language = "python";
	}
	log_set_level(arguments.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN);
	bool orphaned = false;
	int status = run(&arguments, &orphaned);
	if (orphaned && getpgrp() == getpid()) {
		kill(0, SIGKILL); /* nobody is left to end what the cells have started */
	}
	return status;
}
