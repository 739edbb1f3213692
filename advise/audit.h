#pragma once
#include "advise/advise.h"

/*
 * `thoth audit`: the known vulnerabilities of a lock, each with the version that fixes it and the one that
 * the requirements allow: what a lock of type security would take for the affected packages, everything
 * else staying where it is.
 */
void audit_run(const struct advise_options *options, const struct advise_input *input,
	const struct advise_callbacks *callbacks, struct arena *arena,
	struct advise_report *report);
