#pragma once
#include "notebook_meta/notebook_meta.h"

/*
 * Which notebook a running kernel works on, and what stands in it. In this order:
 *
 *	1. the notebook that a front end shows, as the companion passes it ("attached"): its cells in
 *	   their order, unsaved ones too, and its metadata;
 *	2. --notebook PATH of the cell;
 *	3. JPY_SESSION_NAME of the server, which may be a mere name;
 *	4. THOTH_NOTEBOOK of the user;
 *	5. none: the executed cells alone.
 *
 * A file is for reading only, and never a folder, device or link to one. Where a path is only a
 * guess (3 and 4), it is believed when the file holds every executed cell as it was executed.
 */
struct session {
	struct notebook notebook; /* nb_done() it; path "" when none is known */
	bool is_file;             /* the path is that of a file: files beside it may be read */
	bool attached;            /* a front end shows it, and writes it */
	bool executed;            /* the cells are in the order of execution */
};

/* Take --notebook PATH out of the words; "" when it is not there. */
struct str session_take_option(struct str *words, size_t *n);

/*
 * `from` is the "notebook" of a worker's request, `named` the value of --notebook or "". Views both.
 * Fails only for a --notebook that cannot be read.
 */
MUST_USE bool session_open(
	json_t *from, struct str named, struct arena *arena, struct session *ret, struct err *err);
