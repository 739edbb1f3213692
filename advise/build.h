#pragma once
#include "advise/request.h"

/*
 * Builds of archives, which run code of a package: only those that the user allows by --allow-build. The work
 * is done by pip or uv (tree.h).
 */

/* Does --allow-build name the package (normalised; "": unknown), or all of them? */
bool build_allowed(const struct advise_options *options, struct str name);

/*
 * Core metadata of an archive, whose bytes were checked, from its build; filename: its own name. Fails as
 * tree_build() does.
 */
MUST_USE bool build_archive(struct str filename, struct str bytes, const struct request *request,
	struct arena *arena, struct str *ret, struct err *err);

/*
 * Let the index build what --allow-build names. options, request and arena must live as long as the index
 * is asked. Nothing is noted when the option was not given.
 */
void build_for_index(struct index *index, const struct advise_options *options,
	const struct request *request, struct arena *arena);
