#pragma once
#include "advise/advise.h"

/*
 * `thoth verify`: what is installed in an environment against a lock, from the files alone; no Python is
 * started. Exit 0: every locked package is there as locked; 1: some is not, or there is no lock; 6: there is
 * no such environment. What is installed and not locked is told, and is no difference.
 */
void verify_run(const struct advise_options *options, const struct advise_input *input,
	struct arena *arena, struct advise_report *report);
