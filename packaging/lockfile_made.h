#pragma once
#include "packaging/lockfile.h"

/*
 * What the readers of lock files share (lockfile.c, lockfile_uv.c).
 */
struct lockfile_made {
	VEC(struct locked_package) packages;
	VEC(int) lines; /* of each package, for messages */
	struct declared declared;
	const struct declared_choice *choice;
	struct arena *arena;
	struct err *err;
};

/* Name and version of a package table in normal form. Error: its line and column. */
MUST_USE bool lockfile_identity(struct lockfile_made *made, const struct tree *table,
	struct str name, struct str version, struct locked_package *ret);

void lockfile_note(struct lockfile_made *made, int line, struct str text);

/* A package by address: it goes the way of all such requirements. */
void lockfile_other(struct lockfile_made *made, const struct tree *table, struct str name,
	struct str location, struct str marker);

/* "sha256:..." as a file; other algorithms are passed over. */
bool lockfile_sha256(struct str hash, struct str *ret);

/* "(a) and (b)", and what is empty left out. */
struct str lockfile_join(struct str a, const char *word, struct str b, struct arena *arena);

/* uv.lock (lockfile_uv.c). */
MUST_USE bool lockfile_read_uv(struct lockfile_made *made, const struct tree *tree);
