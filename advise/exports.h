#pragma once
#include "advise/request.h"
#include "packaging/exportfile.h"

/*
 * A lock in the form that --format names, and the files that exports are written to.
 */

/* The form is one for other programs: the text is it, and nothing else. */
bool exports_is_export(enum advise_format format);

/*
 * Add the lock to out in options->format. request: what was asked for, and the index settings. pythons:
 * requires-python of the lock. Files need addresses for pylock (files_complete()).
 */
MUST_USE bool exports_put(const struct advise_options *options, const struct advise_input *input,
	const struct request *request, const struct lock *lock, struct str pythons,
	struct arena *arena, struct buf *out, struct err *err);

/* The form that a file name means: "pylock.toml", "requirements.txt", ... False: none. */
MUST_USE bool exports_format_of(struct str path, enum advise_format *ret);

/*
 * A Pipfile without [[source]] has pipenv's own, which is what pip asks by default: the same tree, or one
 * with that.
 */
struct tree exports_with_source(const struct tree *pipfile, struct arena *arena);

/*
 * May the file be replaced by an export? Yes when there is none, when it holds these very bytes, when
 * thoth made it, or when it is a lock file that can be read. Else err says so, and --force.
 */
MUST_USE bool exports_may_replace(
	const char *path, enum advise_format format, struct str bytes, struct err *err);
