#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <ftw.h>
#include <unistd.h>
#include <cmocka.h>
#include "common/arena.h"
#include "common/fs.h"

/* What every unit test needs: cmocka with the headers it wants first, and a few helpers. */

/* cmocka says "not ok # SKIP", which TAP readers take for a failure; leave the test instead. */
#undef skip
#define skip()                                                                                     \
	do {                                                                                       \
		printf("# skipped: %s\n", __func__);                                               \
		return;                                                                            \
	} while (0)

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* valgrind dies where an exec fails; the sanitizers see those tests. ./check sets the variable. */
static inline bool under_valgrind(void)
{
	return getenv("THOTH_VALGRIND") != NULL;
}

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
 * $THOTH_SHARED/data/NAME, else SOURCE/../shared/data/NAME. When it is missing: NULL, and the test
 * returns; a line says so. When CI=true the test fails instead.
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
		return NULL;
	}
	return path.p;
}

/* A new empty folder, held by arena; test_folder_remove takes it and all in it away again. */
static inline struct str test_folder(struct arena *arena)
{
	const char *base = getenv("TMPDIR");
	struct str path = arena_printf(arena, "%s/thoth-test-XXXXXX", base ? base : "/tmp");
	assert_non_null(mkdtemp((char *)path.p));
	return path;
}

static inline int test_remove_one(
	const char *path, const struct stat *st, int type, struct FTW *place)
{
	(void)st, (void)type, (void)place;
	return remove(path);
}

static inline void test_folder_remove(struct str path)
{
	nftw(path.p, test_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Write a small file below folder, making the folders between. */
static inline struct str test_file(
	struct arena *arena, struct str folder, const char *name, struct str text, mode_t mode)
{
	struct err err = {0};
	struct str path = fs_join(arena, folder, str_from(name));
	assert_ok(fs_make_dirs(fs_dirname(arena, path).p, &err), err);
	assert_ok(fs_write_atomic(path.p, text, mode, &err), err);
	return path;
}
