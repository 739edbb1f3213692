#pragma once
#include "resolver/model.h"

/*
 * Search problems as JSON, for tests, measurements and other programs (`thoth plumbing search`). Two
 * formats are read: "thoth-search-instance/1" (whole scores) and "thoth-bench-kb-1" (scores with four
 * decimals, scale 10,000).
 */
struct instance_members {
	struct str format, packages, requires, unary, rules, tables, direct; /* raw JSON, or "" */
};

/* The members of one JSON object that matter; of a repeated one the last. The text must outlive ret. */
MUST_USE bool instance_split(struct str text, struct instance_members *ret, struct err *err);

/* Numbers of versions are checked by model_compile(), names and kinds of values here. */
MUST_USE bool instance_read(const struct instance_members *members, struct arena *arena,
	struct model_input *ret, struct err *err);
