#pragma once
#include "advise/advise.h"

/*
 * `thoth show --licenses`: what each locked release says of its licence, as information; nothing is judged.
 * From its core metadata: License-Expression (PEP 639), else its classifiers, else a License header of one
 * short line. A release that says nothing is shown so.
 */
void licenses_show(const struct advise_options *options, const struct advise_input *input,
	struct lock *lock, struct arena *arena, struct advise_report *report);
