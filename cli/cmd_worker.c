#include <signal.h>
#include "advise/worker.h"
#include "cli/command.h"
#include "cli/drive.h"
#include "common/banned.h"

static int run(const struct str *argv, size_t argc)
{
	(void)argv;
	struct err err = {0};
	if (argc > 0) {
		err_set(&err, ERR_USAGE, "worker takes no arguments");
		return drive_error(&err, false);
	}
	signal(SIGINT, SIG_IGN); /* the companion says when to stop */
	signal(SIGPIPE, SIG_IGN);
	return worker_serve(0, 1, &err) ? 0 : err_exit_code(err.kind);
}

const struct command cmd_worker = {
	.name = "worker",
	.usage = "worker",
	.summary = "the service behind the companion: JSON lines on standard input and output",
	.run = run,
	.hidden = true,
};
