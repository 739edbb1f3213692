#pragma once
#include "common/arena.h"
#include "common/err.h"

/*
 * An environment on disk, found from the path of its interpreter and never by starting it: the folder
 * above bin/, its pyvenv.cfg (PEP 405) and its site-packages.
 */
struct prefix {
	struct str folder;  /* absolute, as the path leads there; links are not resolved */
	struct str python;  /* "3.11.7", or "3.11" when nothing says more */
	struct str site[2]; /* lib and lib64, when they differ */
	size_t n_sites;
};

enum { PYVENV_MAX = 65536 };

/*
 * python: a path, or a name on PATH. Held by arena. ERR_ENVIRONMENT: there is no such file, or no
 * lib/pythonX.Y/site-packages above it; the hint says what is looked for.
 */
MUST_USE bool prefix_of(
	struct str python, struct arena *arena, struct prefix *ret, struct err *err);
