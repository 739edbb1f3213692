#pragma once
#include "packaging/declared.h"
#include "packaging/lock.h"
#include "packaging/tree.h"

/*
 * Lock files of other tools: pylock.toml (PEP 751), Pipfile.lock, poetry.lock, uv.lock. Each comes as a
 * tree (TOML, or JSON for Pipfile.lock) and becomes a lock as plain data, and what asks for it.
 */
enum lockfile_kind {
	LOCKFILE_PYLOCK,
	LOCKFILE_PIPENV,
	LOCKFILE_POETRY,
	LOCKFILE_UV,
};

enum { LOCKFILE_PACKAGES_MAX = 20000 };

struct lockfile {
	struct lock lock; /* the packages of what was chosen, by name; no reasons */
	/*
	 * What a resolution of this file begins with: each package at its version. uv.lock tells what the
	 * project itself asks for; then those are the requirements, and the versions are constraints.
	 */
	struct declared declared;
};

/* The kind that a file name means: "uv.lock", "pylock.dev.toml", ... False: it is none. */
MUST_USE bool lockfile_kind_of(struct str filename, enum lockfile_kind *ret);

/* "pylock.toml", ... as people call it. */
const char *lockfile_name(enum lockfile_kind kind);

/* Error: line, column and what was expected; a version of the format that nobody knows. */
MUST_USE bool lockfile_read(enum lockfile_kind kind, const struct tree *tree,
	const struct declared_choice *choice, struct arena *arena, struct lockfile *ret,
	struct err *err);

/*
 * The text of a lock file: parse it as its kind wants, and read it.
 */
MUST_USE bool lockfile_parse(enum lockfile_kind kind, struct str text,
	const struct declared_choice *choice, struct arena *arena, struct lockfile *ret,
	struct err *err);
