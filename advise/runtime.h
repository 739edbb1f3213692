#pragma once
#include "advise/request.h"
#include "environment/machine.h"
#include "prescriptions/runtime.h"

/*
 * The machine that rules ask about: the one we run on, or one that --machine describes by a folder, with
 * what a runtime environment of .thoth.yaml says instead (runtime_file.h).
 */

/*
 * Look at it. python: the interpreter that is resolved for, whose wheels and conda packages count; "" none.
 * Held by arena. ERR_ENVIRONMENT: --machine names no folder.
 */
MUST_USE bool runtime_look(const struct advise_options *options, struct str python,
	const char *cache_dir, bool with_symbols, struct arena *arena, struct machine *ret,
	struct err *err);

/*
 * What rules may know of the machine when they are about this target. Of a target for another system or
 * architecture only what the target itself says; what a machine lacks stays "". Views machine and target.
 */
void runtime_fill(const struct machine *machine, const struct environment *target,
	struct arena *arena, struct presc_machine *ret);
