#pragma once
#include "index/index.h"
#include "packaging/requirement.h"
#include "resolver/candidates.h"

/*
 * What one release requires here: the Requires-Dist of its best wheel, markers evaluated for the
 * environment. Requirements that hold without any extra come first; those that wait for an extra are
 * kept with their markers and asked for by name.
 */
enum { COMBINED_EXTRAS_MAX = 6 };

/* A requirement whose marker asks for more than one of some extras: all of them together, or not another. */
struct combined_requirement {
	struct requirement requirement;
	const struct str *extras; /* that its marker names */
	size_t n_extras;          /* at most COMBINED_EXTRAS_MAX */
	uint64_t
		holds; /* bit s: it holds when exactly the extras of s (bit i: extras[i]) are asked for */
	bool grows; /* another extra never takes it away: no `!=` */
};

struct dependencies {
	bool available; /* false: the release cannot be used, see why_not */
	struct str why_not;
	const struct requirement *always; /* marker true without extras */
	size_t n_always;
	const struct requirement *with_extra; /* marker false without, names `extra` */
	size_t n_with_extra;
	const struct combined_requirement *combined; /* what is neither */
	size_t n_combined;
	const struct str *extras; /* Provides-Extra, normalised */
	size_t n_extras;
	int patch; /* see first_patch in resolver.h: of the markers of this release; 0 none */
};

/*
 * Read them; asks the index for the metadata. Held by arena, views the index. False: network or
 * interruption. An unreadable or missing document is not a failure: available is false then.
 */
MUST_USE bool dependencies_read(struct index *index, const struct candidate_filter *filter,
	const struct candidates *candidates, uint32_t candidate, struct arena *arena,
	struct dependencies *ret, struct err *err);

/* Does a combined requirement hold when these extras are asked for? */
bool dependency_combined_holds(
	const struct combined_requirement *combined, const struct str *extras, size_t n_extras);

/* Do the conditions of one with_extra requirement hold for this extra / these extras? */
bool dependency_holds(const struct requirement *requirement, const struct environment *environment,
	const struct str *extras, size_t n_extras);
