#pragma once
#include "common/arena.h"
#include "common/err.h"
#include "index/simple.h"

/*
 * A recorded index, named by file:///folder: folder/NAME/index.json (as a server gives it, PEP 691)
 * or folder/NAME/index.html or without either the files themselves in folder/NAME/, and beside them or
 * below the folder the metadata documents. It is a closed world: nothing outside the folder is read and
 * nothing is fetched.
 */

/* The page of a normalised name; true with ret->p NULL when the index does not know it. */
MUST_USE bool index_recorded_page(struct str source, struct str name, struct arena *arena,
	struct str *ret, struct str *ret_content_type, struct err *err);

/* "file:///folder/NAME/", what links of that page are relative to. */
struct str index_recorded_url(struct str source, struct str name, struct arena *arena);

/*
 * The metadata of a file: at its address when that lies below the folder (an address that starts at
 * the server's root is taken from the folder), else folder/NAME/FILENAME.metadata. True with ret->p
 * NULL when there is none.
 */
MUST_USE bool index_recorded_metadata(struct str source, struct str name, struct str filename,
	struct str url, struct arena *arena, struct str *ret, struct err *err);

/* Where the file itself is, looked for in the same places; "" when it is not there. */
struct str index_recorded_path(struct str source, struct str name, struct str filename,
	struct str url, struct arena *arena);

/*
 * A project without a page, whose folder holds its files: these as a page. *ret_found false: there is no
 * such folder either.
 */
MUST_USE bool index_recorded_list(struct str source, struct str name, struct arena *arena,
	struct index_page *ret, bool *ret_found, struct err *err);

/* The file itself, of at most max bytes, looked for in the same places. */
MUST_USE bool index_recorded_file(struct str source, struct str name, struct str filename,
	struct str url, size_t max, struct arena *arena, struct str *ret, struct err *err);
