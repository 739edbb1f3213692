#pragma once
#include "notebook_meta/notebook_meta.h"

/*
 * The other side of `thoth diff`: a notebook file, or REV:PATH, which git is asked for (no shell, and
 * nothing that looks like an option of git). In REV:PATH an existing file of that name wins. other "":
 * the same notebook at HEAD. *ret_name is what to call it. Held by the arena but metadata (nb_done).
 */
MUST_USE bool other_read(struct str path, struct str other, struct arena *arena,
	struct notebook *ret, struct str *ret_name, struct err *err);
