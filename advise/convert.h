#pragma once
#include "advise/advise.h"

/*
 * `thoth convert`: install commands that say no more than names and versions become `%thoth add` lines,
 * and what they ask for is declared in the metadata. All others stay, and are named with the reason.
 */

/*
 * The notebook's bytes as they would be; report gets the diff as text and the document. *ret_n: lines that
 * change; 0: bytes are those of the notebook.
 */
MUST_USE bool convert_make(const struct advise_input *input, struct arena *arena,
	struct advise_report *report, struct str *ret_bytes, size_t *ret_n, struct err *err);

/* In a cell: the diff alone, since a cell cannot write the notebook. */
void convert_run(const struct advise_options *options, const struct advise_input *input,
	struct arena *arena, struct advise_report *report);
