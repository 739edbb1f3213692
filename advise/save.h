#pragma once
#include "advise/advise.h"

/*
 * `thoth save`: files beside a notebook, or what other tools left in its metadata, as metadata.thoth.
 */

/* A file to take over. */
struct save_file {
	struct str path, text;
};

/*
 * The new value of metadata.thoth: requirements of files that declare (Pipfile, pyproject.toml,
 * requirements files, scripts), the lock of lock files. Without a file: of the older keys. What is there
 * already is replaced with options->force alone. A new reference in *ret; *ret_changed false: it was so.
 * Error: file, line and column.
 */
MUST_USE bool save_value(const struct advise_options *options, const struct notebook *notebook,
	const struct save_file *files, size_t n_files, struct arena *arena, json_t **ret,
	bool *ret_changed, struct err *err);
