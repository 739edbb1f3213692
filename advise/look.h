#pragma once
#include "advise/advise.h"

/*
 * One look at the notebook that a front end shows, for what its panel says; nothing is asked of an index.
 * docs/comm.md has what becomes of the members. Private to advise/.
 *
 *	state         "unlocked", "locked", "stale" (made of something else), "differs" (the kernel
 *	              has other packages than a fresh lock)
 *	differs       what differs: [{"name", "locked", "installed" (null: not there)}]
 *	findings      {"<cell id>": [{"rule", "severity", "line", "message"}]}
 *	requirements  [{"name", "text", "origin", "cell", "cell_id", "line", "locks"}], origin being
 *	              "metadata", "cell", "file" or "import"; of an import that no lock counts
 *	              `locks` is false
 */
enum { LOOK_DIFFERS_MAX = 50, LOOK_REQUIREMENTS_MAX = 500 };

/* A new reference. */
json_t *look(const struct advise_input *input, struct arena *arena);

/* What is installed for the kernel: {"name": "version"}; empty when it cannot be told. A new reference. */
json_t *look_installed(const struct advise_input *input, struct arena *arena);
