#pragma once
#include "common/arena.h"
#include "common/err.h"

/*
 * One file out of an archive in memory, by libarchive, as a module of its own (index/module.h). What
 * the archive says is believed in nothing: entries, sizes and the work of unpacking have maxima,
 * nothing is written to disk, links are not followed.
 */
enum {
	UNARCHIVE_TABLE_VERSION = 3,
	UNARCHIVE_ENTRIES_MAX = 50000,
	UNARCHIVE_UNPACKED_MAX = 512 << 20, /* bytes passed over on the way to the file */
};

enum unarchive_kind { UNARCHIVE_TAR, UNARCHIVE_ZIP }; /* tar: plain, gzip, bzip2, xz or zstd */

struct unarchive_functions {
	unsigned version; /* UNARCHIVE_TABLE_VERSION */

	/*
	 * The first ordinary file FOLDER/NAME, where FOLDER is compared without case and with '-',
	 * '_' and '.' the same; "" is any folder. False, ERR_INPUT: there is none, it is larger than max, or the archive
	 * is broken or too large.
	 */
	bool (*read)(struct str bytes, enum unarchive_kind kind, struct str folder, struct str name,
		size_t max, struct arena *arena, struct str *ret, struct err *err);

	/*
	 * Every ordinary file, in the order of the archive: take() gets its path and bytes, which are
	 * gone afterwards; false from it ends the walk (with *err as take() left it). A file over max,
	 * too many or too much: ERR_INPUT.
	 */
	bool (*each)(struct str bytes, enum unarchive_kind kind, size_t max,
		bool (*take)(void *data, struct str path, struct str text), void *data,
		struct err *err);
};

/* The one symbol of the module. */
extern const struct unarchive_functions thoth_unarchive_functions;
