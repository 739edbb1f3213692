#include <stdio.h>
#include "cli/plumbing.h"
#include "common/banned.h"

int main(int argc, char **argv)
{
	if (argc >= 2 && strcmp(argv[1], "plumbing") == 0) {
		return plumbing_main(argc - 1, argv + 1);
	}
	fprintf(stderr, "thoth: expected the command 'plumbing'\n");
	return 2;
}
