#pragma once
#include "packaging/declared.h"
#include "packaging/tree.h"

/*
 * Pipfile: pipenv's declaration of requirements, and Thoth's. As a file it is TOML; the first Thoth
 * extension keeps it in notebooks as JSON (horus keys). Both come here as a tree.
 */

/*
 * What it declares: packages, with choice->dev dev-packages, and the categories that choice->groups
 * names. [requires], [[source]] (also "sources"), allow_prereleases of [pipenv] and of [thoth] are
 * read; what is not understood of [thoth] is a note. Error: line and column, what was expected.
 * Views the tree or the arena.
 */
MUST_USE bool pipfile_read(const struct tree *pipfile, const struct declared_choice *choice,
	struct arena *arena, struct declared *ret, struct err *err);

/* The names of its further categories, in the order of the file; views the tree. */
const struct str *pipfile_categories(
	const struct tree *pipfile, struct arena *arena, size_t *ret_n);

/*
 * The SHA-256 that Pipfile.lock keeps of its Pipfile: over sources, requires, packages, dev-packages and
 * the other categories; [thoth], [pipenv] and [scripts] do not count. pipenv has normalised the keys
 * since 2026; before, it took them as written. ret_hex[65].
 */
void pipfile_hash(const struct tree *pipfile, bool normalised, char ret_hex[65]);
