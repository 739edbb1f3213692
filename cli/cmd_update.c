#include "cli/command.h"
#include "cli/drive.h"
#include "common/banned.h"

static int run(const struct str *argv, size_t argc)
{
	return drive(ADVISE_UPDATE, cmd_update.usage, argv, argc, 1, false);
}

const struct command cmd_update = {
	.name = "update",
	.usage = "update PATH [NAME...] [OPTIONS]",
	.summary = "choose the named packages anew, or all, and say what moved why",
	.run = run,
};
