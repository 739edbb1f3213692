#include "cli/command.h"
#include "cli/drive.h"
#include "common/banned.h"

static int run(const struct str *argv, size_t argc)
{
	return drive(ADVISE_LOG, cmd_log.usage, argv, argc, 1, false);
}

const struct command cmd_log = {
	.name = "log",
	.usage = "log PATH [--plot FILE]",
	.summary = "how the last lock was decided: reasons, score, search",
	.run = run,
};
