#include "cli/command.h"
#include "cli/drive.h"
#include "common/banned.h"

static int run(const struct str *argv, size_t argc)
{
	return drive(ADVISE_ADD, cmd_add.usage, argv, argc, 1, false);
}

const struct command cmd_add = {
	.name = "add",
	.usage = "add PATH REQUIREMENT... [-r FILE] [--dev] [--lock]",
	.summary = "declare requirements in the notebook",
	.run = run,
};
