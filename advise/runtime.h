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
 * Which runtime environment counts: the one that --environment names, else the first of the file. Fills
 * request->runtimes, runtime, runtime_named and recommendation_type. A file with a fault is left out with
 * a warning, unless an environment of it is named: then it is the error.
 */
MUST_USE bool runtime_gather(struct request *request, struct arena *arena, struct err *err);

/* The machine of one lock, looked at when the first target asks for it. */
struct runtime {
	struct request *request;
	const struct advise_options *options;
	struct arena *arena;
	struct machine machine;
	bool has_looked;
};
void runtime_init(struct runtime *runtime, struct request *request,
	const struct advise_options *options, struct arena *arena);

/* As struct pipeline_rules wants it; data is a struct runtime. What goes wrong is a message of the lock. */
void runtime_fill_machine(void *data, const struct environment *target, struct arena *arena,
	struct presc_machine *ret);

/*
 * What rules may know of the machine when they are about this target. Of a target for another system or
 * architecture only what the target itself says; what a machine lacks stays "". Views machine and target.
 */
void runtime_fill(const struct machine *machine, const struct environment *target,
	struct arena *arena, struct presc_machine *ret);
