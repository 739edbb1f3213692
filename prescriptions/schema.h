#pragma once
#include "packaging/tree.h"
#include "prescriptions/report.h"

/*
 * The language as tables: which keys a mapping knows, which of them it needs, what each value is. One
 * walk over a document reports every fault, and notes what is allowed but hardly meant (language.c
 * holds the tables, lint.c what is noted).
 */

/* The sections of a file, in the order in which their units join a pipeline. */
enum presc_section {
	PRESC_BOOTS,
	PRESC_PSEUDONYMS,
	PRESC_SIEVES,
	PRESC_STEPS,
	PRESC_STRIDES,
	PRESC_WRAPS,
};
enum { PRESC_SECTIONS = 6 };

enum presc_type {
	PRESC_BOOT,
	PRESC_PSEUDONYM,
	PRESC_SIEVE,
	PRESC_SIEVE_SKIP_PACKAGE,
	PRESC_STEP,
	PRESC_STEP_GROUP,
	PRESC_STEP_SKIP_PACKAGE,
	PRESC_STEP_ADD_PACKAGE,
	PRESC_STRIDE,
	PRESC_WRAP,
	PRESC_WRAP_RELEASE_NOTES,
};
enum { PRESC_TYPES = 11 };

/* "boots"; "step.Group". */
struct str presc_section_name(enum presc_section section);
struct str presc_type_name(enum presc_type type);

/* The section that units of this type stand in. */
enum presc_section presc_type_section(enum presc_type type);

/* False: there is no such type, or section. */
MUST_USE bool presc_type_find(struct str name, enum presc_type *ret);
MUST_USE bool presc_section_find(struct str name, enum presc_section *ret);

/*
 * Check a whole file; calls `unit` for each unit without a fault, in the order of the sections and of the
 * file. True when the file has none at all.
 */
typedef void (*presc_schema_unit)(void *context, enum presc_type type, const struct tree *unit);
bool presc_schema_file(const struct tree *file, struct presc_report *report, presc_schema_unit unit,
	void *context);

/* Check one unit of a section. False: it has a fault. *ret_type is set when the type is known. */
MUST_USE bool presc_schema_unit_check(enum presc_section section, const struct tree *unit,
	struct presc_report *report, enum presc_type *ret_type);

/* A short name for a document of the original's collection: one or more of a-z 0-9 _ and -. */
MUST_USE bool presc_link_is_short(struct str link);
