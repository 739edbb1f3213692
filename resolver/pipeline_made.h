#pragma once
#include "resolver/pipeline.h"

/*
 * What a pipeline is made of, shared by pipeline.c, which makes it, and pipeline_tell.c, which speaks for
 * it.
 */
struct pipeline_unit {
	struct presc_unit unit;
	const struct presc_table *table;
	uint32_t index; /* of the table */
	bool applies;   /* of a boot: it has its say */
};

/* A sieve about one project, or about any ("" sorts first). */
struct pipeline_sieve {
	struct str name;
	uint32_t unit;
	const struct presc_package *wanted;
};

/* A project that is left out, of whatever requires it or of the one that `from` describes. */
struct pipeline_skip {
	struct str name;
	uint32_t unit;
	const struct presc_package *from; /* NULL: of all */
};

/* A requirement that was left out. */
struct pipeline_skipped {
	struct str from, version; /* "" is the user */
	struct str name;
	uint32_t unit;
};

struct pipeline {
	struct arena *arena;
	const struct pipeline_rules *rules;
	struct presc_ways ways;
	struct presc_inclusion *included; /* [set->n] */
	bool **unsure; /* [set->n][units]: it depends on the machine; NULL: that is known */
	VEC(struct pipeline_unit)
	units;               /* all but wraps, which are read for the packages of an answer */
	VEC(struct str) why; /* [units.n], see struct units */
	VEC(struct pipeline_sieve) sieves; /* by name */
	VEC(struct pipeline_skip) skips;
	VEC(struct pipeline_skipped) skipped;
	VEC(struct unit_clause) clauses;
	struct observed *observed; /* NULL: none */
	struct units out;
	struct str stop;
};

/* ": beta 2.1 does not import (https://...)": what a unit says; "" when it says nothing. */
struct str pipeline_words(const struct presc_unit *unit, struct arena *arena);
