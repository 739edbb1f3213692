#pragma once
#include "cli/plumbing.h"
#include "packaging/tree.h"
#include "prescriptions/unit.h"

/* What the two halves of `thoth plumbing prescription` share. */

/* {"kind": "run"}: one unit over a sequence of calls (plumbing_prescription_run.c). */
MUST_USE bool plumbing_run_unit(struct plumbing_question *question, const struct presc_table *table,
	uint32_t index, const struct tree *context, struct buf *out, struct err *err);

/* A member of the question as a tree; an empty mapping when there is none. */
MUST_USE bool plumbing_tree(
	struct plumbing_question *question, struct str key, struct tree *ret, struct err *err);

/* The strings of a list; a null is "". */
const struct str *plumbing_texts(const struct tree *list, struct arena *arena, size_t *ret_n);
