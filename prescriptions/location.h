#pragma once
#include "common/arena.h"
#include "common/err.h"

/*
 * The regular expressions of python_packages.location, which must match a whole path. What Python and
 * POSIX share is understood: characters, ".", sets, groups, "|", "*", "+", "?", "{m,n}", "\d", "\w", "\s".
 */
enum {
	LOCATION_MAX = 256,       /* bytes of a pattern */
	LOCATION_REPEAT_MAX = 64, /* in {m,n} */
	LOCATION_PATH_MAX = 4096, /* bytes of a path */
};

/* False: it cannot be understood; err says why. */
MUST_USE bool presc_location_check(struct str pattern, struct err *err);

/* Does the pattern match the whole of path? A pattern that cannot be understood matches nothing. */
MUST_USE bool presc_location_matches(struct str pattern, struct str path);
