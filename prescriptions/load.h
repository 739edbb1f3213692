#pragma once
#include "prescriptions/report.h"
#include "prescriptions/table.h"

/*
 * Rules to a compiled set: every file of a folder is read and checked, in an order that depends on their
 * names alone. A set with a fault is not used at all, and every fault is in the report.
 */

/*
 * Load a folder, or one file. The set is made whether there are faults or not (its counts are for the
 * report); true when there are none. report->root is set to root. Without digest the header of the set
 * has none.
 */
MUST_USE bool presc_load(
	struct str root, bool digest, struct presc_report *report, struct presc_table *ret);

/* The same for one document that was read already, and for YAML text. prescription: in front of names. */
MUST_USE bool presc_load_tree(const struct tree *document, struct str prescription,
	struct presc_report *report, struct presc_table *ret);
MUST_USE bool presc_load_text(struct str text, struct str prescription, struct presc_report *report,
	struct presc_table *ret);
