#pragma once
#include "index/simple.h"

/*
 * Wheels and source distributions that lie on this machine's disk: found in a folder, and asked about
 * themselves. Errors: ERR_INPUT, with the file named by the caller; ERR_NETWORK for a folder that cannot
 * be read, since it stands in the place of an index.
 */

/* "file:///a%20b" of an absolute path; '%', '?', '#' and blanks are encoded. */
struct str index_local_url(struct str path, struct arena *arena);

/* The path of a file:// address without a host. False when it is none. */
MUST_USE bool index_local_path(struct str url, struct arena *arena, struct str *ret);

/* The files of a folder (not of those in it) as a page; addresses are file://. At most 1,000,000 entries. */
MUST_USE bool index_local_folder(
	struct str folder, struct arena *arena, struct index_page *ret, struct err *err);

/* METADATA out of a wheel. */
MUST_USE bool index_local_wheel(
	struct str path, struct arena *arena, struct str *ret_text, struct err *err);

/* SHA-256 of a file, read in pieces. hex[HASH_HEX + 1] */
MUST_USE bool index_local_sha256(struct str path, char *ret_hex, struct err *err);
