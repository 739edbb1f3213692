#pragma once
#include "advise/advise.h"

/*
 * `thoth indexes`: where packages come from here, in the order of the questions, and whether each answers.
 * input->notebook may be NULL; with a notebook it also says how many locked packages come from each.
 */
void indexes_run(const struct advise_options *options, const struct advise_input *input,
	const struct advise_callbacks *callbacks, struct arena *arena,
	struct advise_report *report);
