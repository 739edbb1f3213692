#pragma once
#include "packaging/declared.h"
#include "packaging/tree.h"

/*
 * pyproject.toml (PEP 621, PEP 735) and the TOML of a script block (PEP 723), with the parts of [tool.uv]
 * that say the same: constraint-dependencies, dev-dependencies, index, and an index in sources.
 */

/*
 * [project]: dependencies, and the optional ones that choice->extras names (with what they name of the
 * project itself). [dependency-groups]: those of choice->groups, with choice->dev "dev" where there is
 * one; include-group is followed, a cycle is an error. `dynamic` dependencies are a note. Errors: line
 * and column; ERR_USAGE for an extra or group that is not there.
 */
MUST_USE bool projectfile_read(const struct tree *pyproject, const struct declared_choice *choice,
	struct arena *arena, struct declared *ret, struct err *err);

/* The TOML of a script block: dependencies and requires-python at the top, [tool.uv]. */
MUST_USE bool projectfile_read_script(const struct tree *script,
	const struct declared_choice *choice, struct arena *arena, struct declared *ret,
	struct err *err);

/* A "# /// script" block as TOML. */
struct script_block {
	struct str toml;
	int line;    /* of the first line of toml in the source, from 1 */
	int columns; /* what was cut off at the left of each line: "# " */
};

/*
 * Find the block in Python source. *ret_found false: there is none. Error: two blocks, or one that no
 * "# ///" ends, with the line.
 */
MUST_USE bool script_find(struct str source, struct arena *arena, struct script_block *ret,
	bool *ret_found, struct err *err);

/* Find and read it: projectfile_read_script() with the lines and columns of the source. */
MUST_USE bool script_read(struct str source, const struct declared_choice *choice,
	struct arena *arena, struct declared *ret, bool *ret_found, struct err *err);
