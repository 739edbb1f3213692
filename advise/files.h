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
