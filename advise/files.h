#pragma once
#include "advise/config.h"
#include "packaging/lock.h"

/*
 * A stored lock keeps hashes only. Ask the index for the names, addresses and sizes of those files, which
 * pylock.toml must carry. Pages come from the cache when they can. Error: an index that cannot be asked, or
 * that lists no such file any more.
 */
MUST_USE bool files_complete(const struct advise_options *options, struct lock *lock,
	struct arena *arena, struct err *err);

/*
 * The user's indexes, with the packages of a lock pinned to where they came from. The caller frees it; it
 * views the arena. NULL with err.
 */
struct index *files_open_index(const struct advise_options *options, const struct lock *lock,
	struct arena *arena, struct err *err);
