#pragma once
#include "common/vec.h"
#include "packaging/partition.h"
#include "resolver/resolver.h"

/*
 * The answers for several targets as one: an entry for each name and version with the files, extras and
 * requirers of all targets that use it, and a marker that holds on these targets alone. Private to
 * universal.c, which solves the targets.
 */
struct merge_target {
	struct environment environment;
	struct partition_target box;
	const struct resolver_choice *choices;
	size_t n_choices;
	bool postponed; /* nothing fits that has files for it: solved when all others are */
};

struct merge {
	struct index *index;
	struct arena *arena;
	const struct merge_target *targets;
	size_t n_targets;
	bool all_files; /* every file of a release, not only those of use */
	/* filled: */
	const struct locked_package *packages; /* by name, then version */
	size_t n_packages;
	const struct str *environments; /* the targets as disjoint markers */
	size_t n_environments;
	VEC(struct lock_message) messages; /* of releases that have no file for some target */
};

/*
 * Fill the second half. Everything is held by the arena. ERR_UNSAT: two targets that no marker tells apart
 * differ. Other errors are the index's.
 */
MUST_USE bool merge_answers(struct merge *merge, struct err *err);
