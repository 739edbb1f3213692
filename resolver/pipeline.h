#pragma once
#include "common/vec.h"
#include "packaging/usage.h"
#include "prescriptions/set.h"
#include "resolver/resolver.h"
#include "resolver/units_observed.h"

/*
 * Rules joined to one resolution. pipeline_new() takes the units that are included for one target and
 * makes of them what the solver and the scored search heed (unit.h): sieves and skips to ask, clauses of
 * steps and strides. Boots have their say at once. When there is an answer, pipeline_tell() says what the
 * rules have to say about it: of boots, of what kept a version out, of steps that hold, of wraps.
 *
 * Where a rule has nothing to say, nothing is said: a sieve or a forbidding clause speaks when it kept out a
 * newer version than the chosen one that nothing else keeps out.
 */

/* What all targets of a lock share. The set and the texts stay while any pipeline is used. */
struct pipeline_rules {
	const struct presc_set *set;
	/*
	 * Labels, library usage, recommendation type, literal; the machine is filled for each target.
	 */
	struct presc_context context;
	/* What rules may know of the machine for a target; NULL: Python and platform alone. */
	void (*fill_machine)(void *data, const struct environment *target, struct arena *arena,
		struct presc_machine *ret);
	void *data;
	const struct usage *usages; /* where the code uses what: messages name cell and line */
	size_t n_usages;
	const struct observed_source *observed; /* NULL: nobody looked (units_observed.h) */
	struct str canonical; /* the address that rules write for the user's main index; "" none */
};

struct pipeline;

typedef VEC(struct lock_message) pipeline_messages;

/*
 * One target. requirements: of the user, for boots about direct dependencies. The pipeline and all that it
 * gives are held by arena.
 */
struct pipeline *pipeline_new(const struct pipeline_rules *rules, const struct index *index,
	const struct environment *environment, const struct resolver_requirement *requirements,
	size_t n_requirements, bool look, struct arena *arena);

/*
 * Without look the machine was not looked at, and rules that ask about it stay out. Would one of them be
 * about a project of this name ("": about any)? Then a stack with it needs a pipeline that has looked.
 */
bool pipeline_wants_machine(const struct pipeline *pipeline, struct str name);

/* What the solver and the search heed; NULL when there is nothing. */
const struct units *pipeline_units(const struct pipeline *pipeline);

/* "demo.NoBeta", of a unit of a clause. */
struct str pipeline_unit_name(const struct pipeline *pipeline, uint32_t unit);

/* The boot that stops the run, in words: "the rule demo.NoGpu: this needs a GPU (https://...)"; "" none. */
struct str pipeline_stop(const struct pipeline *pipeline);

/*
 * Add what the rules say about an answer: choices sorted by name, with their edges and rejections. n 0: of
 * boots alone. Texts are copied into arena.
 */
void pipeline_tell(struct pipeline *pipeline, const struct resolver_choice *choices, size_t n,
	struct arena *arena, pipeline_messages *messages);
