#pragma once
#include "advise/advise.h"

/*
 * What a front end asks beyond the commands of a cell. The companion sends these as requests of their own
 * (kernel_ext/frontend.c); docs/comm.md has what becomes of the answers.
 *
 *	look      is the lock fresh, and what is there to say about the notebook (look.h)
 *	installed what the kernel has: "installed", which comes back with the next as "before"
 *	installs  after a cell with install commands: what could be recorded, what needs a restart
 *	complete  names that start with a text, or the versions of a package: "candidates"
 */
enum {
	FRONTEND_NAMES_MAX = 50,
	FRONTEND_VERSIONS_MAX = 200,
};

/* Is the command one of these? */
bool frontend_knows(struct str command);

/*
 * The members for the answer; a new reference, or NULL with err. words[n]: the arguments; request: the
 * whole, of which installs wants "source", "output" and, for commands that say nothing (-q), "before".
 */
json_t *frontend_answer(struct str command, const struct str *words, size_t n,
	const json_t *request, const struct advise_input *input,
	const struct advise_callbacks *callbacks, struct arena *arena, struct err *err);

/*
 * Names of distributions whose installed version an install command has changed, as its output tells:
 * pip's "Successfully uninstalled NAME-VERSION", uv's " - NAME==VERSION". Normalised.
 * ret[*ret_n] held by the arena. False when the output says that it failed.
 */
MUST_USE bool frontend_read_output(
	struct str output, struct arena *arena, struct str **ret, size_t *ret_n);
