#pragma once
#include "advise/advise.h"

/* `thoth outdated` and `thoth update`: newer versions, and taking them. Private to advise/. */

/* Exit 1 when something could be newer; what nothing but requirements hold back is listed too. */
void outdated_run(const struct advise_options *options, const struct advise_input *input,
	const struct advise_callbacks *callbacks, struct arena *arena,
	struct advise_report *report);

/* A lock that lets go of the named packages, or of all, and reports the difference alone. */
void update_run(const struct advise_options *options, const struct advise_input *input,
	const struct advise_callbacks *callbacks, struct arena *arena,
	struct advise_report *report);
