#pragma once
#include "prescriptions/runtime.h"

/*
 * Which units take part in a resolution (should_include). Each condition that occurs is decided once, most
 * of them by a few bits, so that 90,000 units cost milliseconds. Units that wait for others
 * (dependencies) are looked at again until nothing more comes in.
 */
enum presc_recommendation {
	PRESC_LATEST,
	PRESC_STABLE,
	PRESC_TESTING,
	PRESC_PERFORMANCE,
	PRESC_SECURITY,
};
enum presc_decision { PRESC_ALL, PRESC_RANDOM };

struct presc_label {
	struct str key, value;
};

/* A library that the code uses and the symbols of it, as "tensorflow.keras.layers.Dense". */
struct presc_usage {
	struct str library;
	const struct str *symbols;
	size_t n;
};

/*
 * To look at the machine costs time that few answers are worth: what a condition asks of it, Python and
 * platform aside, may be taken to hold never, or always, to see for which units it matters.
 */
enum presc_machine_answer { PRESC_MACHINE_KNOWN, PRESC_MACHINE_NEVER, PRESC_MACHINE_ALWAYS };

struct presc_context {
	bool is_monkey; /* a Dependency Monkey run, which has a decision; else advice */
	enum presc_recommendation recommendation;
	enum presc_decision decision;
	bool authenticated;
	const struct presc_label *labels;
	size_t n_labels;
	const struct presc_usage *usage; /* NULL: nothing was scanned */
	size_t n_usage;
	struct presc_machine machine;
	enum presc_machine_answer machine_is;
	/* units that are there already (built in), by section and name */
	struct {
		const struct str *names;
		size_t n;
	} included[PRESC_SECTIONS];
	const struct str *blocked; /* full names of units that stay out */
	size_t n_blocked;
	const bool *hidden; /* hidden[unit]: another source has one of its name; NULL: none is */
	bool literal; /* decide as the original does, where it differs from its documentation */
};

/* Units of one table, in the order in which they came in. */
struct presc_inclusion {
	uint32_t *units[PRESC_SECTIONS];
	size_t n[PRESC_SECTIONS];
};

/* All is held by arena. */
void presc_include(const struct presc_table *table, const struct presc_context *context,
	struct arena *arena, struct presc_inclusion *ret);

/*
 * Does the use of one symbol fulfil a condition? "flask.*" is flask and what is below it, and using an
 * attribute of a symbol uses the symbol. literal: prefix and equality of the plain text.
 */
bool presc_symbol_fits(struct str wanted, struct str used, bool literal);

/*
 * The symbols of the code because of which a unit takes part (library_usage); none when it asks for none.
 * Held by arena, views of the table.
 */
const struct str *presc_unit_uses(
	const struct presc_table *table, uint32_t unit, struct arena *arena, size_t *ret_n);

/* "latest"; False: no such word. */
MUST_USE bool presc_recommendation_find(struct str name, enum presc_recommendation *ret);
MUST_USE bool presc_decision_find(struct str name, enum presc_decision *ret);
struct str presc_recommendation_name(enum presc_recommendation recommendation);
struct str presc_decision_name(enum presc_decision decision);
