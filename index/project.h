#pragma once
#include "index/simple.h"

/*
 * The releases of a project out of its page: file names read, files of one version gathered even
 * when the page spells it in two ways (1.0 and 1.0.0), newest first. page->files is rearranged and
 * becomes part of the result. as_of_ms as in index_options.
 */
void index_project_build(struct index_page *page, struct str name, int64_t as_of_ms,
	struct arena *arena, struct index_project *ret);
