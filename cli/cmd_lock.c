#include "cli/command.h"
#include "cli/drive.h"
#include "common/banned.h"

static int run(const struct str *argv, size_t argc)
{
	return drive(ADVISE_LOCK, cmd_lock.usage, argv, argc, SIZE_MAX, true);
}

const struct command cmd_lock = {
	.name = "lock",
	.usage = "lock PATH... [OPTIONS]",
	.summary = "choose and pin every package, with hashes and a reason for each",
	.run = run,
};
