#pragma once
#include "resolver/solve.h"

/*
 * Words for people that several explanations share: versions as ranges, requirements without what is
 * idle, and what the wheels of a release are for.
 */

/* "2.0.0", "4.0.0 to 4.5.2 (98 versions)", "1.0 to 1.4 and 2.0 (6 versions)"; nothing for the empty set. */
void words_put_versions(const struct package *p, const set_word *states, struct buf *out);

/* "dask[array]>=2,<3": without the marker, bounds from below first. */
struct str words_requirement(const struct requirement *requirement, struct arena *arena);

/* The clauses of a set, bounds from below first: ">=2,!=2.1,<3". */
struct str words_specifier(const struct specifier_set *set, struct arena *arena);

/* The minors of CPython 3 (bit n: 3.n) for which an excluded release has wheels that fit but for the Python. */
uint32_t words_python_minors(
	const struct excluded_release *excluded, const struct environment *environment);

/* "the index main lists different files under one name, 'a-1.0.tar.gz', and uses none of them" */
struct str words_refused(
	const struct index *index, const struct index_project *project, struct arena *arena);

/* "left out by --as-of: 3 files of flask, which carry no upload time" */
struct str words_undated(struct str name, const struct index_project *project, struct arena *arena);

/*
 * Why an excluded release cannot be used: exclusion_text(), and of one without a fitting wheel what
 * its wheels are for: "has wheels for Python 3.9 to 3.12 only", "has wheels for linux only".
 */
struct str words_exclusion(const struct excluded_release *excluded,
	const struct environment *environment, struct arena *arena);
