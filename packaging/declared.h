#pragma once
#include "common/err.h"
#include "common/vec.h"

/*
 * What a file declares, whatever its format: plain data that the readers of Pipfile, pyproject.toml,
 * script blocks and lock files fill, and that a resolution begins with.
 */
struct declared_item {
	struct str text;  /* a dependency specifier (PEP 508) */
	struct str name;  /* the project, as written */
	struct str index; /* the index it is pinned to, by the file's own name for it; "" none */
	struct str group; /* "" is what always counts; else "dev", an extra or a group */
	bool constraint;  /* narrows, never adds */
	int line, column; /* in the file */
};

struct declared_index {
	struct str name, url;
};

struct declared_note {
	struct str text; /* a warning for the user */
	int line;
};

struct declared {
	VEC(struct declared_item) items;
	VEC(struct declared_index) indexes; /* named by the file; asked only with the user's yes */
	VEC(struct str) prereleases;        /* projects that may be pre-releases */
	bool all_prereleases;
	VEC(struct declared_note) notes;
	struct str python; /* ">=3.10"; "" when it does not say */
};

/* Which optional parts of a file count. Names are compared in normal form. */
struct declared_choice {
	const struct str *extras, *groups; /* --extra, --group */
	size_t n_extras, n_groups;
	bool dev; /* development requirements too */
};
