#pragma once
#include "notebook_meta/notebook_meta.h"

/*
 * The last output of the notebook that carries the given MIME type: its value as it stands in the
 * file, and the cell (from 0 over all cells). False when there is none. The view is into the
 * notebook's bytes.
 */
MUST_USE bool nb_outputs_last(
	const struct notebook *notebook, struct str mime, struct str *ret_raw, size_t *ret_cell);
