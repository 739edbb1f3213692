#pragma once
#include "common/err.h"
#include "prescriptions/report.h"
#include "prescriptions/table.h"

/*
 * Compiled sets on disk, below `folder`. A set that was shipped or fetched does not change and is named by
 * its digest: opening it looks at no other file. A user's folder of rules has a set of its own, which
 * counts while path, size and time of every file are what they were. A set that is damaged, cut short or
 * of another version is made again.
 */
struct presc_cache {
	struct str folder; /* "": nothing is kept */
};

/* $cache/rules, for the cache folder that the user's settings name ("": the usual one). */
struct presc_cache presc_cache_at(struct str cache_dir, struct arena *arena);

/*
 * Open a source: a folder, a file, or "sha256:HEX" of a compiled set. Faults are in the report; false when
 * there are any (a folder's set is made all the same, for its counts, and not kept). Notes are in the
 * report too.
 */
MUST_USE bool presc_open(const struct presc_cache *cache, struct str source,
	struct presc_report *report, struct presc_table *ret);

/* Keep a set under its digest. */
MUST_USE bool presc_cache_keep(
	const struct presc_cache *cache, const struct presc_table *table, struct err *err);
