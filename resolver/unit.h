#pragma once
#include "prescriptions/match.h"

/*
 * What the units of one resolution ask for, as the solver and the scored search take it: candidates
 * that sieves take out, packages that are skipped, and clauses. pipeline.c makes one from rules and
 * observations; neither solve.c nor world.c knows where a clause came from.
 *
 * A *clause* says: when a package fits every term in one stack, the stack is forbidden, or gains a
 * score. Order-free (docs/decisions.md 7): it is judged on whole stacks. One term: about one package.
 */
struct unit_term {
	struct str name; /* normalised; "": some package of the stack, each counts for itself */
	/* Does a candidate of that name fit? NULL: any does. Pure: the same answer whenever it is asked. */
	bool (*fits)(const void *what, const struct presc_tuple *candidate);
	const void *what;
	/* The package must be required by one that fits term `from - 1` of the clause; 0: by any. */
	uint32_t from;
	bool from_alone; /* ... and by no other package of the stack */
};

struct unit_clause {
	uint32_t unit; /* for who reports it: the number of the unit that says it */
	const struct unit_term *terms;
	uint32_t n;
	bool forbid;
	int32_t score; /* in milli-points, when not forbid; 0 only tells something */
};

struct units {
	const struct unit_clause *clauses;
	size_t n_clauses;
	/*
	 * Is this candidate taken out before anything is chosen? *ret_why then says by what, for a person
	 * ("numpy 2 breaks it (rule NumpyTwo)"). NULL: no sieves.
	 */
	bool (*is_sieved)(void *data, const struct presc_tuple *candidate, struct str *ret_why);
	/*
	 * Is the requirement of `from` (version known; name "" is the user) on the package left out, with
	 * all that only it brings in? NULL: none is.
	 */
	bool (*is_skipped)(void *data, const struct presc_tuple *from, struct str name);
	void *data;
	/* May a sieve take out any release of this project? NULL: each release is asked about. */
	bool (*has_sieves)(void *data, struct str name);
	/* Terms or sieves look at indexes: tuples then have that of their own file, which costs a look. */
	bool needs_index;
	/*
	 * why[n_why], by the number of a unit: what it says of what it keeps out, "is held back by the rule
	 * demo.NoBeta: beta 2.1 does not import (https://...)". What is_sieved answers is one of them.
	 */
	const struct str *why;
	size_t n_why;
};
