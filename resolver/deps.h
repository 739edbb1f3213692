#pragma once
#include "index/index.h"
#include "packaging/requirement.h"
#include "resolver/candidates.h"

/*
 * What one release requires here: the Requires-Dist of its best wheel, markers evaluated for the
 * environment. Requirements that hold without any extra come first; those that wait for an extra are
 * kept with their markers and asked for by name.
 */
struct dependencies {
	bool available; /* false: the release cannot be used, see why_not */
	struct str why_not;
	const struct requirement *always; /* marker true without extras */
	size_t n_always;
	const struct requirement *with_extra; /* marker false without, names `extra` */
	size_t n_with_extra;
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

/* Do the conditions of one with_extra requirement hold for this extra / these extras? */
bool dependency_holds(const struct requirement *requirement, const struct environment *environment,
	const struct str *extras, size_t n_extras);
