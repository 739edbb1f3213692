#pragma once
#include "advise/request.h"
#include "staticscan/scan.h"

/* What the code of a notebook installs, imports and uses, as a request wants it. Private to advise/. */

/* The input is a Python file (.py, .ipy). */
bool facts_is_script(const struct advise_input *input);

/* The code cells, in order; of a Python file its text as one. ret[*ret_n] held by the arena. */
const struct scan_cell *facts_cells(
	const struct advise_input *input, struct arena *arena, size_t *ret_n);

/*
 * Scan them. Modules beside the file are known. leave_files: its requirements files are not read, since a
 * request reads them with their hashes and options.
 */
void facts_scan(const struct advise_input *input, const struct scan_cell *cells, size_t n,
	bool leave_files, struct arena *arena, struct scan_facts *ret);

/* What belongs in the flat report (staticscan.md 4.10), as the resolver's units ask for it. */
void facts_usages(const struct advise_input *input, const struct scan_facts *facts,
	struct arena *arena, struct request *request);

/* Where something stands; cell from 0 over all cells, as the scan counts. */
struct origin facts_origin(
	const struct advise_input *input, size_t cell, struct str id, int line, int column);

/* The id of a cell, "" when it has none. */
struct str facts_cell_id(const struct advise_input *input, size_t cell);
