#pragma once
#include "common/err.h"
#include "packaging/specifier.h"

/*
 * Version specifiers as rules write them: PEP 440, and "==git" for a version that is none, which is compared
 * as text (the public rules hold one). *ret_as_text says that there is such a clause. The views point into
 * text.
 */
MUST_USE bool presc_spec_parse(struct str text, struct arena *arena, struct specifier_set *ret,
	bool *ret_as_text, struct err *err);
