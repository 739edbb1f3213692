#pragma once
#include "index/state.h"

/*
 * Find-links: folders and web pages that list files of many projects. What they have of a project
 * stands beside what its index has, first, and is not an index of its own: the index that serves a
 * project stays the first that knows it. A project that is pinned to an index has nothing of them.
 */

/* Start loading them, once. */
void index_links_start(struct index *index);

/*
 * The project with the files that links have of it. project: of the index, or NULL. *ret is NULL when
 * nobody knows it. Waits for the links. False: one cannot be read, or the user stopped.
 */
MUST_USE bool index_links_merge(struct index *index, struct str name,
	const struct index_project *project, const struct index_project **ret, struct err *err);
