#include "cli/command.h"
#include "cli/drive.h"
#include "common/banned.h"

static int run(const struct str *argv, size_t argc)
{
	return drive(ADVISE_REMOVE, cmd_remove.usage, argv, argc, 1, false);
}

const struct command cmd_remove = {
	.name = "remove",
	.usage = "remove PATH NAME... [--lock]",
	.summary = "take declared requirements out",
	.run = run,
};
