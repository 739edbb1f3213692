#pragma once
#include "common/arena.h"
#include "common/err.h"

/*
 * METADATA out of a wheel of which only pieces are at hand. A wheel is a zip file: its list of
 * members stands at the end, and installers are advised to put METADATA right before it, so one
 * range request for the tail is usually enough. Whoever calls fetches what is asked for next.
 * Source: PKWARE APPNOTE 4.3 (end record, zip64 records, central and local headers), PEP 427.
 */
struct index_piece {
	uint64_t at; /* offset in the file */
	struct str bytes;
};

enum index_wheeltail {
	WHEELTAIL_DONE, /* *ret_text is the document */
	WHEELTAIL_MORE, /* fetch *ret_need bytes from *ret_at and try again */
	WHEELTAIL_BAD,  /* not a wheel that we can read this way; err says why */
};

enum {
	WHEELTAIL_FIRST = 64 << 10,    /* ask for so many bytes at the end first */
	WHEELTAIL_NEED_MAX = 24 << 20, /* more than that is never asked for */
	WHEELTAIL_PIECES_MAX = 4,
};

/* total: size of the whole file. The text is held by arena. */
enum index_wheeltail index_wheeltail_read(const struct index_piece *pieces, size_t n_pieces,
	uint64_t total, struct arena *arena, struct str *ret_text, uint64_t *ret_at,
	size_t *ret_need, struct err *err);

/* "bytes 100-299/5000" (Content-Range): where it starts and the whole size. */
MUST_USE bool index_wheeltail_range(
	struct str content_range, uint64_t *ret_at, uint64_t *ret_total);
