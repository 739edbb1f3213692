#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "common/arena.h"

/*
 * Which environments an entry of a lock is for, as a marker. A lock for several environments may hold a
 * name more than once, at different versions; a marker on each entry says where it counts.
 *
 * An environment is a box: CPython from one version up to another, on one operating system and one kind
 * of machine. The boxes of the targets are given with the entry that each uses; what no target fills is
 * free, and is given to one of the entries, or to none, so that the text becomes short. So markers of
 * one name are disjoint everywhere, not only on the targets.
 */
struct partition_python {
	int major, minor, patch;
};

struct partition_target {
	struct partition_python from, to; /* [from, to) */
	struct str sys_platform, platform_machine;
};

#define PARTITION_NONE UINT32_MAX

enum {
	PARTITION_PYTHONS_MAX = 60,  /* distinct values of `from` */
	PARTITION_SYSTEMS_MAX = 16,  /* distinct operating systems */
	PARTITION_MACHINES_MAX = 30, /* distinct machines */
};

/* <0, 0, >0 */
int partition_python_compare(const struct partition_python *a, const struct partition_python *b);

/* "3.12", or "3.12.4" when the patch is not 0. */
struct str partition_python_text(const struct partition_python *python, struct arena *arena);

/*
 * entry[i] (0 to n_entries - 1, or PARTITION_NONE) is what targets[i] uses. ret[e] becomes the marker
 * of entry e: "" when every target uses it. It uses python_full_version, sys_platform and
 * platform_machine alone, and only < >= == !=. Held by the arena.
 *
 * False, with the positions of two targets in ret_clash, when these are the same to any marker and
 * use different entries. There must be at least one target and no more than the maxima above.
 */
MUST_USE bool partition_markers(const struct partition_target *targets, size_t n,
	const uint32_t *entry, uint32_t n_entries, struct arena *arena, struct str *ret,
	size_t ret_clash[2]);

/*
 * The boxes of all targets as disjoint markers, one for each operating system and machine and each
 * unbroken range of Pythons, in the order of the targets: what pylock.toml calls `environments`.
 */
const struct str *partition_environments(
	const struct partition_target *targets, size_t n, struct arena *arena, size_t *ret_n);
