#pragma once
#include "advise/advise.h"

/* `thoth show` and `thoth why`: reading a lock. Private to advise/. */
void why_show(const struct advise_options *options, const struct advise_input *input,
	struct arena *arena, struct advise_report *report);
void why_run(const struct advise_options *options, const struct advise_input *input,
	const struct advise_callbacks *callbacks, struct arena *arena,
	struct advise_report *report);
