#pragma once
#include "packaging/specifier.h"
#include "prescriptions/schema.h"

/*
 * What the language allows and its author hardly meant, found in the rules that exist: specifiers that
 * nothing fits, units that no pipeline takes, alternatives that look like conditions. Notes, no faults.
 */

/* A specifier that no version fits, as "<1.0,>1.4" where an alternative was meant; one that is text. */
void presc_lint_specifier(const struct tree *value, const struct specifier_set *set, bool as_text,
	struct presc_report *report);

/* A unit without a fault. */
void presc_lint_unit(enum presc_type type, const struct tree *unit, struct presc_report *report);
