#include "cli/command.h"
#include "cli/drive.h"
#include "common/banned.h"

static int run(const struct str *argv, size_t argc)
{
	return drive(ADVISE_DIFF, cmd_diff.usage, argv, argc, 1, false);
}

const struct command cmd_diff = {
	.name = "diff",
	.usage = "diff PATH [OTHER]",
	.summary = "the lock against another notebook's, or one that git has (REV:PATH)",
	.run = run,
};
