#pragma once
#include "packaging/lock.h"

/*
 * A lock in the forms other tools read. Deterministic bytes.
 */

/*
 * One pip line without a newline: "name==version; marker --hash=sha256:... --hash=...", or of a package
 * with an address "name @ url ; marker --hash=...". Hashes stand in
 * the order of the files, each once; extras are left out, since the lock lists what they bring.
 */
void export_requirement_line(const struct locked_package *package, struct buf *out);

/*
 * Lines for `pip install --require-hashes -r`, one package each, with a comment on how it was made.
 * Indexes other than the first that packages came from stand in lines before them: the hashes keep pip
 * from taking another file there. The first is the reader's own.
 */
void export_requirements(const struct lock *lock, struct buf *out);

/*
 * pylock.toml (PEP 751). Packages by name and version, wheels by file name. requires_python may be "".
 * Files without an address are left out, as the form asks for one: a lock that was read back from
 * a notebook knows hashes only and needs the index first.
 */
void export_pylock(const struct lock *lock, struct str requires_python, struct buf *out);

/* Printable ASCII alone: fit for a line of any of these forms. */
bool export_is_plain(struct str text);

/* A TOML basic string with its quotes. */
void export_toml_string(struct str text, struct buf *out);

/*
 * Read a lock line back: name and version in normal form, extras, marker, hashes (as files without
 * names, size and upload_ms -1). Views and arrays are held by the arena or point into line. Error:
 * column, what was expected. Nothing but "==" and "@", and sha256 is the only hash known. Of an
 * address the version is what its file name says, "" when it says none.
 */
MUST_USE bool export_read_line(
	struct str line, struct arena *arena, struct locked_package *ret, struct err *err);
