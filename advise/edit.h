#pragma once
#include "advise/advise.h"

/* `thoth add` and `thoth remove`: declared requirements in metadata.thoth. Private to advise/. */
void edit_run(bool removing, const struct advise_options *options, const struct advise_input *input,
	const struct advise_callbacks *callbacks, struct arena *arena,
	struct advise_report *report);
