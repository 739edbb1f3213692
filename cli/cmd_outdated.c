#include "cli/command.h"
#include "cli/drive.h"
#include "common/banned.h"

static int run(const struct str *argv, size_t argc)
{
	return drive(ADVISE_OUTDATED, cmd_outdated.usage, argv, argc, 1, true);
}

const struct command cmd_outdated = {
	.name = "outdated",
	.usage = "outdated PATH [OPTIONS]",
	.summary = "newer versions, and what keeps each back",
	.run = run,
};
