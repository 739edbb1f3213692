#include "cli/command.h"
#include "cli/drive.h"
#include "common/banned.h"

static int run(const struct str *argv, size_t argc)
{
	return drive(ADVISE_VERIFY, cmd_verify.usage, argv, argc, 1, true);
}

const struct command cmd_verify = {
	.name = "verify",
	.usage = "verify PATH [OPTIONS]",
	.summary = "installed packages against the lock, without starting Python",
	.run = run,
};
