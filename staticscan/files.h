#pragma once
#include "staticscan/calls.h"

/*
 * What lies beside the notebook: modules that hide packages of the same name, and the requirements files
 * that install commands name. Only ordinary files inside the notebook's folder, links resolved, are
 * read; without a folder none, but those that a cell writes.
 */
typedef VEC(struct scan_request) scan_requests;

void files_local_modules(struct facts *facts);

/* The lines of the file that `from` names, appended to *ret; constraints to facts->installs. */
void files_read(struct facts *facts, const struct scan_request *from, scan_requests *ret);

/* The requests of a "# /// script" block (PEP 723) in a cell. */
void files_script_metadata(struct facts *facts, uint32_t cell);
