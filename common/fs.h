#pragma once
#include <dirent.h>
#include <sys/stat.h>
#include "common/arena.h"
#include "common/err.h"

/*
 * Files: read whole with a limit, write so that a reader sees the old or the new content and never
 * a mixture. Errors name the path and what to do; kind ERR_INPUT unless said otherwise.
 */

/* The whole file, held by arena. Over `limit` bytes: ERR_LIMIT. Folders and devices are refused. */
MUST_USE bool fs_read(
	const char *path, size_t limit, struct arena *arena, struct str *ret, struct err *err);

/* Everything of an open descriptor up to `limit` bytes, as fs_read; `name` is for messages. */
MUST_USE bool fs_read_fd(int fd, const char *name, size_t limit, struct arena *arena,
	struct str *ret, struct err *err);

/*
 * Write to a temporary file in the same folder, fsync, rename over `path`, fsync the folder.
 * When path is a symbolic link, the file it leads to is replaced and the link stays. On failure nothing of `path` has changed and the temporary file is gone.
 */
MUST_USE bool fs_write_atomic(const char *path, struct str data, mode_t mode, struct err *err);

/* Everything into an open descriptor; false with errno set. */
MUST_USE bool fs_write_all(int fd, struct str data);

/* Make the folder and its parents, mode 0700 for those that are new. */
MUST_USE bool fs_make_dirs(const char *path, struct err *err);

/* directory + "/" + name */
struct str fs_join(struct arena *arena, struct str directory, struct str name);

/* The part of path before the last '/', or "." */
struct str fs_dirname(struct arena *arena, struct str path);
struct str fs_basename(struct str path);

/* XDG base directories: $XDG_CACHE_HOME/thoth or ~/.cache/thoth, $XDG_DATA_HOME/thoth, config. */
struct str fs_cache_dir(struct arena *arena);
struct str fs_data_dir(struct arena *arena);
struct str fs_config_dir(struct arena *arena);

/* close() for AUTO; ignores -1. */
void fs_closep(int *fd);

/* For AUTO(fs_closedirp) DIR *dir; NULL is nothing. */
void fs_closedirp(DIR **dir);
