#pragma once
#include "common/arena.h"

/*
 * A command of the thoth program: one file each, named after the command. `run` gets the words after the
 * command's name and returns the exit code (spec cli.md 3); it prints its own errors.
 */
struct command {
	const char *name, *usage, *summary;
	int (*run)(const struct str *argv, size_t argc);
	bool hidden; /* not in the short help */
};

extern const struct command cmd_kernel, cmd_lock, cmd_add, cmd_remove, cmd_show, cmd_log, cmd_why,
	cmd_diff, cmd_outdated, cmd_verify, cmd_update, cmd_adopt, cmd_worker, cmd_plumbing,
	cmd_scan, cmd_indexes, cmd_extract, cmd_save, cmd_discover, cmd_convert, cmd_prescriptions,
	cmd_env, cmd_data, cmd_audit;
