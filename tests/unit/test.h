#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include "common/arena.h"
#include "common/fs.h"

/* What every unit test needs: cmocka with the headers it wants first, and a few helpers. */

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* got and wanted print both when they differ. */
#define assert_str(got, wanted)                                                                    \
	do {                                                                                       \
		struct str got_ = (got), wanted_ = (wanted);                                       \
		if (!str_eq(got_, wanted_)) {                                                      \
			fail_msg("got '" STR_FMT "', wanted '" STR_FMT "'", STR_ARG(got_),         \
				STR_ARG(wanted_));                                                 \
		}                                                                                  \
	} while (0)

/* A failure of the function under test shows its error. */
#define assert_ok(call, err)                                                                       \
	do {                                                                                       \
		if (!(call)) {                                                                     \
			fail_msg("%s: %s", #call, (err).message);                                  \
		}                                                                                  \
	} while (0)

/*
 * Path of a file below the shared test data, which lies beside the repository and not in it:
 * $THOTH_SHARED/data/NAME, else SOURCE/../shared/data/NAME. When it is missing the running test is
 * skipped with a printed line, or fails when CI=true.
 */
static inline const char *shared_data(struct arena *arena, const char *name)
{
	const char *shared = getenv("THOTH_SHARED");
	const char *source = getenv("THOTH_SOURCE_ROOT");
	struct str path =
		shared != NULL && shared[0] != '\0'
			? arena_printf(arena, "%s/data/%s", shared, name)
			: arena_printf(arena, "%s/../shared/data/%s", source ? source : ".", name);
	if (access(path.p, R_OK) != 0) {
		const char *ci = getenv("CI");
		if (ci != NULL && str_eq(str_from(ci), S("true"))) {
			fail_msg("the shared data is missing: %s", path.p);
		}
		printf("# skipped: no shared data at %s\n", path.p);
		skip();
	}
	return path.p;
}
