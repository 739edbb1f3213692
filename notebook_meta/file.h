#pragma once
#include <sys/stat.h>
#include "common/arena.h"
#include "common/err.h"

/*
 * Notebook files on disk, with other programs around that read and write them too: Jupyter writes in
 * place, editors replace, a second thoth may run (notebook-files.md 6).
 */

/* Which file it is and when it last changed. */
struct nb_file {
	uint64_t device, inode;
	int64_t size, mtime_ns;
	mode_t mode;
	uint32_t owner, group;
	uint64_t links;
};

/* The file as it stands; ordinary files up to NB_FILE_MAX only. Held by the arena, NUL after it. */
MUST_USE bool nb_file_read(const char *path, struct arena *arena, struct nb_file *ret,
	struct str *ret_bytes, struct err *err);

/* nb_read, with or without the cells. */
struct notebook;
MUST_USE bool nb_file_parse(
	const char *path, bool cells, struct arena *arena, struct notebook *ret, struct err *err);

/* Jupyter keeps a copy ".~NAME" beside a file while it writes it. True when that is fresh. */
bool nb_file_is_being_saved(const char *path);

/*
 * Replace `old`, the content of the file `was`, by the parts one after the other. *ret_changed (may
 * be NULL) tells whether a failure was due to somebody else's change.
 */
struct nb_parts {
	struct str p[3];
};
MUST_USE bool nb_file_replace(const char *path, const struct nb_file *was, struct str old,
	const struct nb_parts *new, bool *ret_changed, struct err *err);

/*
 * Keep other thoth processes away from this file until the descriptor is closed. *ret is -1 when there is
 * no folder to keep such a lock in; then the check before the rename has to do. Fails when another
 * one holds it for more than 10 s.
 */
MUST_USE bool nb_file_lock(const char *path, int *ret, struct err *err);
