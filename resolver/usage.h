#pragma once
#include "common/vec.h"
#include "packaging/usage.h"

/*
 * Rules about what the code uses: of what should not be used any more, a warning with its cell and line.
 *
 * This table stands in until prescriptions bring their own: a boot whose should_include names library_usage
 * (staticscan.md 4.2) and whose run gives stack_info says the same. Then usage_warn() goes, and its caller
 * in universal.c asks the boots.
 */
typedef VEC(struct lock_message) usage_messages;

/* One message for each rule that a use fires, placed at the first such use, in the order of the rules. */
void usage_warn(
	const struct usage *usages, size_t n, struct arena *arena, usage_messages *messages);

/* Does a rule for `expected` fire for a used symbol? "X" for X and X.y, "X.*" for X and what is below it. */
bool usage_matches(struct str expected, struct str symbol);
