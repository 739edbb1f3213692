#pragma once
#include "index/simple.h"

/*
 * A project as the cache keeps it: what its page said, in records of fixed size over one pool of text,
 * the releases in order. To open it costs a look at each release; the files of a release are only made
 * when somebody asks for them (index_release_files()), which of a page of 15,000 files is a dozen.
 */

/* A file whose name was read. */
struct index_named_file {
	const struct index_page_file *file;
	struct filename name;
	bool is_refused;
};

/* The files of one version. */
struct index_group {
	const struct index_named_file *files; /* files[n], n > 0 */
	size_t n;
};

/* groups[n]: newest version first. page->files is not looked at. */
void index_page_pack(
	const struct index_page *page, const struct index_group *groups, size_t n, struct buf *ret);

/*
 * Views into bytes, which must stay. as_of_ms as in index_options; name, source and source_alias of *ret
 * are the caller's. False when they are no packed project; then *ret is untouched.
 */
MUST_USE bool index_page_open(
	struct str bytes, int64_t as_of_ms, struct arena *arena, struct index_project *ret);
