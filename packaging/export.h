#pragma once
#include "packaging/lock.h"

/*
 * A lock in the forms other tools read. Deterministic bytes.
 */

/* One pip line: "name==version ; marker --hash=sha256:... --hash=..." without a newline. */
void export_requirement_line(const struct locked_package *package, struct buf *out);

/* Lines for `pip install --require-hashes -r`, one package each, with a comment on how it was made. */
void export_requirements(const struct lock *lock, struct buf *out);

/* pylock.toml (PEP 751). */
void export_pylock(const struct lock *lock, struct str requires_python, struct buf *out);

/*
 * Read a lock line back: name, version, marker, hashes (as files without names). Views and arrays
 * are held by the arena. Error: column, what was expected.
 */
MUST_USE bool export_read_line(
	struct str line, struct arena *arena, struct locked_package *ret, struct err *err);
