#pragma once
#include "common/arena.h"
#include "common/err.h"

/*
 * [project] of a pyproject.toml as core metadata (PEP 621): what a build would write into METADATA,
 * without a build, as far as nothing that matters to resolving is named in `dynamic`.
 */

/*
 * *ret: the headers of a METADATA document (2.2), held by the arena. version: what is known of the version
 * otherwise, used when [project] leaves it to the build; "" when it is not known. True with ret->p NULL:
 * there is no [project], or it leaves something that matters to the build. Error: [project] or the file
 * is broken; line and column where they are known.
 */
MUST_USE bool pyproject_metadata(
	struct str text, struct str version, struct arena *arena, struct str *ret, struct err *err);
