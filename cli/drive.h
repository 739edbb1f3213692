#pragma once
#include <sys/stat.h>
#include "advise/advise.h"

/*
 * What most commands share: read the options and the notebook, let advise do the work, write the
 * notebook back, print. The one place that writes a user's notebook.
 */

/*
 * Run an advise command. paths: how many words in front are paths (SIZE_MAX: all, each by itself; else 1,
 * and the other words belong to the command). requirements_too: files other than notebooks are read as
 * requirements files. Returns the exit code.
 */
int drive(enum advise_command command, const char *usage, const struct str *argv, size_t argc,
	size_t paths, bool requirements_too);

/* Print an error for a person, or as the document of --json. Returns its exit code. */
int drive_error(const struct err *err, bool json);

/*
 * Set metadata.thoth of the notebook on disk to value (NULL: take it out), splicing. Says on failure why
 * and what to do; the file is then as it was.
 */
MUST_USE bool drive_write(const struct notebook *notebook, json_t *value, struct err *err);

/* The mode of a file that is replaced: its own, else what a new file gets. */
mode_t drive_mode_of(const char *path);

/* Ask the person at the terminal; only a plain yes is one. The first argument is not used. */
bool drive_ask(void *data, struct str question);

/* The document of --json on standard output. */
void drive_print_json(json_t *document);

/* Print a whole buffer; false when standard output is gone. */
bool drive_print(FILE *stream, const struct buf *buf);
