#pragma once
#include "packaging/specifier.h"
#include "prescriptions/table.h"

/*
 * One rule as plain data, read out of a compiled set. What a unit does is for match.h (does it apply?) and
 * the resolver (what follows); fields that a type does not have are empty.
 */

/* A package_version: what is given must hold. */
struct presc_package {
	struct str name; /* "": any */
	bool has_version;
	struct specifier_set version;
	struct str index; /* "": any */
	bool index_not;   /* any index but this */
	int develop;      /* -1: either */
};

/*
 * One instance of a unit: an alternative of `match`, or one member of a group and the others as
 * `resolved`. Instances of one group have the same `alternative`.
 */
struct presc_instance {
	uint32_t alternative;
	struct presc_package package; /* boot, sieve.SkipPackage: the name alone */
	bool has_state;
	const struct presc_package *resolved;
	size_t n_resolved;
	const struct presc_package *from;
	size_t n_from;
	bool allow_other;
};

struct presc_message {
	struct str type, message, link;
	/* of a justification; "" when not given */
	struct str package_name, advisory, cve_id, cve_name, version_range;
};

struct presc_unit {
	struct str name;
	enum presc_section section;
	enum presc_type type;
	struct str file; /* path below the set's folder */
	uint32_t line, column;
	const struct presc_instance *instances; /* at least one, but for a match of an empty list */
	size_t n_instances;

	struct str log_type, log_message;
	const struct presc_message *stack_info;
	size_t n_stack_info;
	const struct presc_message *justification;
	size_t n_justification;
	bool has_score;
	double score;
	struct str not_acceptable, eager_stop; /* "": not given */
	bool multi_package_resolution;

	bool yield_matched_version;          /* pseudonym */
	struct str new_name;                 /* pseudonym, step.AddPackage */
	struct str new_version;              /* "": any; without "==" */
	struct str new_index;                /* "": any */
	bool new_develop;                    /* step.AddPackage */
	struct str organization, repository; /* wrap.GHReleaseNotes */
	struct str tag_prefix;
	const struct table_node *manifest_changes; /* wrap; NULL: none */
};

enum { PRESC_INSTANCES_MAX = 4096 }; /* of one unit; more are passed over */

/* Short links become addresses here. False: there is no such unit. All is held by arena or the table. */
MUST_USE bool presc_unit_read(const struct presc_table *table, uint32_t index, struct arena *arena,
	struct presc_unit *ret);
