#pragma once
#include "common/arena.h"
#include "common/err.h"
#include "packaging/environment.h"

/*
 * Source trees: a repository fetched, a folder asked what it is, and, where nobody can know it otherwise
 * and the user allows it, a build. Programs are started by their arguments, never by a shell: git for
 * repositories; pip, else uv, for builds.
 */
struct tree_repository {
	struct str url;       /* https, http, ssh, git or file address; may hold credentials */
	struct str reference; /* branch, tag or commit; "" : the default branch */
};

/*
 * Fetch into a new folder below cache_dir, which tree_remove() takes away again. *ret_commit: the 40 (or
 * 64) hex digits of what the reference is now. ERR_INPUT: not an address or reference that git may be
 * given; ERR_ENVIRONMENT: no git; ERR_NETWORK: git cannot fetch it. Nothing of the repository is run.
 */
MUST_USE bool tree_fetch(const struct tree_repository *repository, struct str cache_dir,
	struct arena *arena, struct str *ret_folder, struct str *ret_commit, struct err *err);

/*
 * Core metadata of a folder whose pyproject.toml says all of it. True with ret->p NULL: a build decides.
 * ERR_INPUT: there is no project in the folder.
 */
MUST_USE bool tree_metadata(
	struct str folder, struct arena *arena, struct str *ret, struct err *err);

/*
 * Core metadata by a build, which runs code of the package. source: a folder or an archive on this
 * machine, absolute. ERR_ENVIRONMENT: neither pip nor uv can be started, or the build fails, with its last
 * words.
 */
MUST_USE bool tree_build(struct str source, const struct environment *environment,
	struct str cache_dir, struct arena *arena, struct str *ret, struct err *err);

/* A new, empty folder below cache_dir. */
MUST_USE bool tree_new_folder(
	struct str cache_dir, struct arena *arena, struct str *ret, struct err *err);

/* A folder that we made, with all that is in it. Links are not followed. */
void tree_remove(struct str folder);
