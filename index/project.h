#pragma once
#include "index/simple.h"

/*
 * The releases of a project out of its page: file names read, files of one version gathered even
 * when the page spells it in two ways (1.0 and 1.0.0), newest first.
 */

/* As bytes for the cache and for index_page_open(); ret->full when they are too many. */
void index_project_pack(const struct index_page *page, struct str name, struct buf *ret);

/*
 * Open packed bytes as the project of a name, as of a time (see index_options). Views into bytes and
 * arena. False when they are no packed project.
 */
MUST_USE bool index_project_open(struct str bytes, struct str name, int64_t as_of_ms,
	struct arena *arena, struct index_project *ret);
