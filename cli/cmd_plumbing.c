#include "cli/command.h"
#include "cli/plumbing.h"
#include "common/banned.h"

static int run(const struct str *argv, size_t argc)
{
	static char self[] = "plumbing";
	char *words[] = {self, argc > 0 ? (char *)argv[0].p : NULL, NULL};
	return plumbing_main(argc > 0 ? 2 : 1, words);
}

const struct command cmd_plumbing = {
	.name = "plumbing",
	.usage = "plumbing NAME",
	.summary = "batch interfaces for differential tests",
	.run = run,
	.hidden = true,
};
