#pragma once
#include "advise/advise.h"

/* `thoth add` and `thoth remove`: declared requirements in metadata.thoth. Private to advise/. */
void edit_run(bool removing, const struct advise_options *options, const struct advise_input *input,
	const struct advise_callbacks *callbacks, struct arena *arena,
	struct advise_report *report);

/*
 * Declare one more requirement: *value (NULL: there is no metadata.thoth; owned) is replaced by a new
 * reference, *changed set when it differs.
 */
MUST_USE bool edit_add(const struct notebook *notebook, struct str text, struct arena *arena,
	json_t **value, bool *changed, struct err *err);
