#include "cli/command.h"
#include "cli/drive.h"
#include "common/banned.h"

static int run(const struct str *argv, size_t argc)
{
	return drive(ADVISE_SHOW, cmd_show.usage, argv, argc, 1, true);
}

const struct command cmd_show = {
	.name = "show",
	.usage = "show PATH [--format NAME] [-o FILE]",
	.summary = "the lock and its reasons, or an export of it",
	.run = run,
};
