#pragma once
#include "common/arena.h"
#include "common/err.h"
#include "kernel_ext/cells.h"

/*
 * `%thoth COMMAND ARGUMENTS` and `%%thoth COMMAND` with a body: from the line in a cell to the
 * worker's request. stub.py sends what stands in the cell; here it is split into words, checked,
 * and joined with the cells that we know.
 */
enum {
	KERNEL_WORDS_MAX = 1024,
	KERNEL_COLUMNS_DEFAULT = 100,
};

struct kernel_words {
	struct str *p;
	size_t n;
};

/*
 * Words as a POSIX shell splits them, without any expansion: blanks separate, '...' is literal,
 * in "..." a backslash escapes only " and \, elsewhere it escapes any character. ERR_USAGE for a
 * quotation or an escape that does not end, ERR_LIMIT for too many words. Held by arena.
 */
MUST_USE bool kernel_words_split(
	struct str line, struct arena *arena, struct kernel_words *ret, struct err *err);

/*
 * Refuse options by which a cell, which belongs to the notebook, would choose an index, its TLS,
 * the user's consent, rules or folders. Also when they are shortened, as the command line allows.
 * ERR_USAGE names the option.
 */
MUST_USE bool kernel_words_check(const struct kernel_words *words, struct err *err);

/*
 * Is this line `%thoth REST` or `%horus REST`, or, where it is the first of its cell, `%%thoth REST`?
 * rest is a view from the blank behind the name on, "" when nothing follows.
 */
MUST_USE bool kernel_magic_line(struct str line, bool is_first, struct str *ret_rest);

/*
 * Is this whole cell one %thoth line, or a %%thoth cell with a body? Then the line that the stub
 * would send stands in *ret, for kernels that have no stub. Held by arena.
 */
MUST_USE bool kernel_magic_of_cell(
	struct str code, struct str cell_id, struct arena *arena, struct str *ret);

/* What the stub sends as one line. */
struct kernel_magic {
	struct str line;
	struct str body;    /* of a cell magic */
	struct str cell_id; /* JupyterLab's; "" unknown */
	bool has_body, cancel;
	int64_t columns;
};

/* ERR_INPUT when it is no such document. Held by arena or a view of text. */
MUST_USE bool kernel_magic_read(
	struct str text, struct arena *arena, struct kernel_magic *ret, struct err *err);

/*
 * The worker's request for it. A line without words asks for help. The notebook is the one of the
 * front end, or (NULL) the cells executed. Errors as above, and ERR_LIMIT when it does not fit into
 * a line of KERNEL_LINE_MAX bytes.
 */
MUST_USE bool kernel_magic_request(const struct kernel_magic *magic, int64_t id,
	const struct kernel_cells *cells, json_t *notebook, struct arena *arena, struct str *ret,
	struct err *err);

/* The same for a request that lacks the notebook alone. Takes `request`. */
MUST_USE bool kernel_request_text(json_t *request, const struct kernel_cells *cells,
	json_t *notebook, struct arena *arena, struct str *ret, struct err *err);
