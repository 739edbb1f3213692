#include "cli/command.h"
#include "cli/drive.h"
#include "common/banned.h"

static int run(const struct str *argv, size_t argc)
{
	return drive(ADVISE_WHY, cmd_why.usage, argv, argc, 1, true);
}

const struct command cmd_why = {
	.name = "why",
	.usage = "why PATH [NAME]",
	.summary = "why this package, why this version",
	.run = run,
};
