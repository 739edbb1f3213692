#pragma once
#include "advise/advise.h"

/*
 * What a notebook wants and only the user may allow (decision 12): asking an index, or fetching from an
 * address, that the user's own settings do not name. A yes is remembered outside the notebook, in
 * <data folder>/consent, one "KIND ADDRESS" a line, for every notebook.
 */
enum trust_kind {
	TRUST_INDEX,   /* an index to ask */
	TRUST_ADDRESS, /* a file, a folder or a repository to take a package from */
};

/*
 * May it be asked or fetched? `address` is shown and stored, so without credentials; `package` is for the
 * question. Remembered, or said yes to now by a person at a terminal; never with --notebook-trust
 * wheels-only or never, and without anybody to ask.
 */
bool trust_allows(const struct advise_options *options, const struct advise_input *input,
	enum trust_kind kind, struct str address, struct str package);

/* The user has said yes by giving the command itself. Best effort. */
void trust_remember(enum trust_kind kind, struct str address);
