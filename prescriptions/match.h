#pragma once
#include "prescriptions/unit.h"

/*
 * Does a unit apply? Questions about one package, a partly resolved stack, or a whole one. What follows
 * from it is the resolver's business; messages are said once for each unit (struct presc_said).
 */

/* A package as the resolver has it. */
struct presc_tuple {
	struct str name, version, index;
	bool develop;
};

/* Which index addresses are the same, and other ways to decide. */
struct presc_ways {
	/* The user's main index; it also answers to `canonical`, the address that rules write for it. */
	struct str default_index, canonical;
	bool literal; /* as the original does, where it differs from its documentation */
};

/*
 * Every field that is given holds. prereleases: a pre-release is judged by order alone (pseudonyms and
 * sieves); else it fits only where the specifier names one (steps, states; PEP 440's default).
 */
MUST_USE bool presc_package_matches(const struct presc_package *wanted,
	const struct presc_tuple *tuple, bool prereleases, const struct presc_ways *ways);

/* A stack, or as much of it as is resolved. */
struct presc_stack {
	const struct presc_tuple *tuples;
	size_t n;
};

/*
 * A step's instance, with `adding` about to join the stack. parents are the packages known to depend
 * on exactly this tuple.
 */
MUST_USE bool presc_step_matches(const struct presc_instance *instance,
	const struct presc_tuple *adding, const struct presc_stack *stack,
	const struct presc_stack *parents, const struct presc_ways *ways);

/* All packages that a stride, a wrap or its release notes name are in the stack. */
MUST_USE bool presc_stack_matches(const struct presc_instance *instance,
	const struct presc_stack *stack, const struct presc_ways *ways);

/* The package of that name in the stack; NULL: none. */
const struct presc_tuple *presc_stack_find(const struct presc_stack *stack, struct str name);

/* A boot's or sieve.SkipPackage's instance is about this package, or about any. */
MUST_USE bool presc_name_matches(const struct presc_instance *instance, struct str name);

/* A known package that a pseudonym's unit offers in place of `matched`, or step.AddPackage adds. */
MUST_USE bool presc_is_offered(const struct presc_unit *unit, const struct presc_tuple *known,
	struct str matched_version, const struct presc_ways *ways);

/* The one message of wrap.GHReleaseNotes about the package that matched. Held by arena. */
struct presc_message presc_release_notes(
	const struct presc_unit *unit, const struct presc_tuple *tuple, struct arena *arena);
