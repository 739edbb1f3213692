#pragma once
#include <stdbool.h>
#include "common/attr.h"
#include "common/str.h"

/*
 * What went wrong, for the person at the notebook. Lives on the caller's stack, starts zeroed,
 * allocates nothing. It is the last argument of a function that can fail; such functions return
 * false or NULL and leave their outputs untouched. Messages are lower case without a full stop,
 * quote the user's text in 'single ticks' and name what was expected; the hint is one action.
 * Text from outside is made showable (buf_add_shown) as it enters.
 */
enum err_kind {
	ERR_NONE,
	ERR_USAGE,       /* wrong command line */
	ERR_INPUT,       /* a file, cell or line that cannot be read as what it should be */
	ERR_LIMIT,       /* larger than a stated maximum */
	ERR_UNSAT,       /* nothing satisfies the request; the result carries the explanation */
	ERR_NETWORK,     /* an index does not answer, or answers what cannot be used */
	ERR_ENVIRONMENT, /* an interpreter, kernel or installation failed */
	ERR_CHANGED,     /* the file was changed by somebody else while we worked */
	ERR_INTERRUPTED, /* the user said stop */
	ERR_INTERNAL,    /* a bug of ours that was noticed in time */
};

struct err {
	enum err_kind kind;
	char message[1536];
	char hint[512];
	char input[512];  /* file the user knows, "" when none */
	char cell_id[72]; /* "" when the notebook has none */
	int cell;         /* counted from 1 over all cells; 0 unknown */
	int line, column; /* counted from 1; 0 unknown */
	const char *source_file;
	int source_line; /* where in our own code, for bug reports */
};

/* Always false, which readers and the analyzer can see from here. */
static inline bool err_false(bool is_false)
{
	(void)is_false;
	return false;
}

/* Fill err and return false, so that a parser can write `return err_set(...)`. */
#define err_set(err, kind, ...) err_false(err_set_at(err, kind, __FILE__, __LINE__, __VA_ARGS__))
bool err_set_at(struct err *err, enum err_kind kind, const char *source_file, int source_line,
	const char *format, ...) PRINTF(5, 6);

/* One thing to do about it. May be called before or after err_set. Returns false. */
bool err_hint(struct err *err, const char *format, ...) PRINTF(2, 3);

/* Put "text: " before the message, as in "lock of 'a.ipynb': ...". Returns false. */
#define err_prefix(err, ...) err_false(err_prefix_text(err, __VA_ARGS__))
bool err_prefix_text(struct err *err, const char *format, ...) PRINTF(2, 3);

/* Name the input, unless a deeper caller did. Returns false. */
bool err_in(struct err *err, struct str input);

/* "usage", "input", ... as in the error object of `--json`; ERR_LIMIT is an input error there. */
const char *err_kind_name(enum err_kind kind);

/* Exit code of the programs: 2 usage, 3 input, 4 unsat, 5 network, 6 environment, 130 interrupted. */
int err_exit_code(enum err_kind kind);

/*
 * The whole error as a person reads it, ending in a newline:
 * "thoth: a.ipynb: cell 3, line 2, column 5: message\n  hint: ...\n".
 */
void err_show(const struct err *err, struct buf *out);
