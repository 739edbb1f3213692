#pragma once
#include "index/index.h"
#include "index/link.h"

/*
 * One project page of the simple index as facts, in the order of the page: JSON (PEP 691, 700, 714,
 * 792) or HTML (PEP 503, 592, 658). Everything a page may leave out is optional here; what cannot be
 * understood in one file leaves that file out and never the page.
 */
struct index_page_file {
	struct str filename; /* as on the page, decoded */
	struct str url;      /* the rest as in struct index_file */
	struct str sha256, requires_python, yanked, metadata_sha256;
	int64_t size, upload_ms;
	bool is_yanked, metadata_announced, metadata_denied;
	bool is_refused; /* as in struct index_file; false on a page */
	uint32_t place;  /* as in struct index_file; 0 on a page */
};

struct index_page {
	struct str status;                   /* "active" when the page says nothing */
	const struct index_page_file *files; /* files[n_files] */
	size_t n_files;
	size_t n_skipped;  /* entries without a usable name or address */
	bool has_metadata; /* some file announces its metadata */
};

enum { INDEX_PAGE_MAX = 256 << 20 }; /* bytes of one page */

/*
 * Read a page. url is where it came from after redirects; content_type is the header's value, ""
 * when there was none (then the first character decides). The result is views into text, url and
 * arena. Errors: ERR_NETWORK, naming the host, what came and what to do.
 */
MUST_USE bool index_page_parse(struct str text, struct str content_type, struct str url,
	struct arena *arena, struct index_page *ret, struct err *err);

/* The same, which may be stopped on the way: ERR_INTERRUPTED. */
MUST_USE bool index_page_parse_patiently(struct str text, struct str content_type, struct str url,
	const struct index_patience *patience, struct arena *arena, struct index_page *ret,
	struct err *err);

/* --- between simple.c and simple_html.c --- */

struct index_page_builder {
	struct str text, url;
	struct index_link_base base;
	struct arena *arena;
	struct index_page_file *files;
	size_t n_files, cap;
	size_t n_skipped;
	bool has_metadata;
	struct str status;
	const struct index_patience *patience; /* NULL: read to the end */
};

/*
 * Add one file; `at` is how far into the text we are, from which the number of files to come is
 * guessed. NULL when link names no file; it is counted as skipped. shown: the name on the page, ""
 * to take the last part of the address.
 */
struct index_page_file *index_page_add(
	struct index_page_builder *page, size_t at, struct str link, struct str shown);

/* "sha256" value: 64 hex digits in lower case, or "" */
struct str index_page_sha256(struct str hex, struct arena *arena);

/* "1.0", "1.4": false with err set when the major version is not 1. */
MUST_USE bool index_page_version(
	const struct index_page_builder *page, struct str version, struct err *err);

/* Asked every thousand files or tags; false with err set when it was said to stop. */
MUST_USE bool index_page_goes_on(const struct index_page_builder *page, size_t n, struct err *err);

MUST_USE bool index_page_html(struct index_page_builder *page, struct err *err);

/* "'host' sent X instead of a project page", with a hint. Returns false. */
bool index_page_garbage(const struct index_page_builder *page, const char *what, struct err *err);
