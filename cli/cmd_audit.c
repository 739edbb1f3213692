#include "cli/command.h"
#include "cli/drive.h"
#include "common/banned.h"

static int run(const struct str *argv, size_t argc)
{
	return drive(ADVISE_AUDIT, cmd_audit.usage, argv, argc, 1, true);
}

const struct command cmd_audit = {
	.name = "audit",
	.usage = "audit PATH [OPTIONS]",
	.summary = "known vulnerabilities of a lock, and what fixes them",
	.run = run,
};
