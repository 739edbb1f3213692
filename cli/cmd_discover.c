#include "cli/command.h"
#include "cli/drive.h"
#include "common/banned.h"

static int run(const struct str *argv, size_t argc)
{
	return drive(ADVISE_DISCOVER, cmd_discover.usage, argv, argc, 1, true);
}

const struct command cmd_discover = {
	.name = "discover",
	.usage = "discover PATH [--write] [OPTIONS]",
	.summary = "which packages give what the code imports",
	.run = run,
};
