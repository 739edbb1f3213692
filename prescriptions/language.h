#pragma once
#include "packaging/tree.h"
#include "prescriptions/report.h"
#include "prescriptions/schema.h"

/*
 * The vocabulary of the language as tables (language.c), which the walk in schema.c reads. To add a field
 * is one line in a table here, and one place that reads it in unit.c or include.c.
 */
enum rule_kind {
	RULE_ANY,
	RULE_STRING, /* not empty */
	RULE_NAME,   /* a package's, in normal form */
	RULE_SPEC,
	RULE_LOCKED, /* "==1.0" */
	RULE_LINK,
	RULE_LOCATION, /* a regular expression */
	RULE_WORD,     /* one of `words` */
	RULE_BOOL,
	RULE_FLOAT,
	RULE_INTEGER,
	RULE_TIMES,  /* 0 or 1 */
	RULE_MAP,    /* with these fields */
	RULE_MAP_OF, /* any keys; `of`: the values */
	RULE_LIST,   /* of: the elements */
};

struct rule {
	enum rule_kind kind;
	bool or_null;
	bool or_not;     /* {not: the same} does too */
	bool or_many;    /* a list of the same does too, not empty */
	size_t min, max; /* elements; max 0: any number */
	/* elements or values; of a string or a mapping: what may stand there instead */
	const struct rule *of;
	const struct field *fields;
	size_t n_fields;
	const struct str *words;
	size_t n_words;
	/* what the keys of a mapping say together */
	bool (*also)(const struct tree *value, struct presc_report *report);
};

struct field {
	struct str name;
	bool required;
	struct rule rule;
};

/* The fields of a unit of this type. */
enum { LANGUAGE_UNIT_FIELDS = 6 };
const struct field *language_unit(enum presc_type type);
