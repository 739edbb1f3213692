#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include "advise/options.h"
#include "cli/command.h"
#include "cli/drive.h"
#include "common/banned.h"

/* thoth COMMAND ...: find the command and run it. */
static const struct command *const commands[] = {&cmd_lock, &cmd_add, &cmd_remove, &cmd_show,
	&cmd_log, &cmd_why, &cmd_diff, &cmd_outdated, &cmd_verify, &cmd_update, &cmd_extract,
	&cmd_save, &cmd_indexes, &cmd_adopt, &cmd_scan, &cmd_discover, &cmd_convert, &cmd_kernel,
	&cmd_prescriptions, &cmd_env, &cmd_data, &cmd_audit, &cmd_worker, &cmd_plumbing};

static void print_help(FILE *stream)
{
	fputs("thoth: reproducible notebooks\n\nusage: thoth COMMAND [ARGUMENTS] [OPTIONS]\n\n",
		stream);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (!commands[i]->hidden) {
			fprintf(stream, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
		}
	}
	fputs("\n'thoth COMMAND --help' says more. Exit codes: 0 done, 1 the answer is no, 2 "
	      "usage,\n"
	      "3 input, 4 no solution, 5 index or network, 6 environment, 130 interrupted.\n",
		stream);
}

static int find_and_run(const struct str *argv, size_t argc)
{
	struct str name = argv[0];
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (str_eq(name, str_from(commands[i]->name))) {
			return commands[i]->run(argv + 1, argc - 1);
		}
	}
	struct err err = {0};
	err_hint(&err, "'thoth help' lists the commands");
	err_set(&err, ERR_USAGE, "unknown command '" STR_FMT "'", STR_ARG(name));
	return drive_error(&err, false);
}

int main(int argc, char **argv)
{
	AUTO(arena_done) struct arena arena = {0};
	setlocale(LC_CTYPE, "C.UTF-8");
	size_t n = argc > 1 ? (size_t)argc - 1 : 0;
	struct str *words = arena_array(&arena, struct str, n);
	for (size_t i = 0; i < n; i++) {
		words[i] = str_from(argv[i + 1]);
	}
	if (n == 0) {
		print_help(stderr);
		return 2;
	}
	if (str_eq(words[0], S("--version"))) {
		puts("thoth " THOTH_VERSION);
		return 0;
	}
	if (str_eq(words[0], S("help")) || str_eq(words[0], S("--help")) ||
		str_eq(words[0], S("-h"))) {
		print_help(stdout);
		return 0;
	}
	return find_and_run(words, n);
}
