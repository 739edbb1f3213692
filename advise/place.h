#pragma once
#include "common/arena.h"

/*
 * A location of a requirement taken apart: "https://...", "./x.whl", "git+https://...@rev#subdirectory=y".
 * Nothing is fetched; of a path it is looked whether it is there, and whether it is a folder.
 */
enum place_kind { PLACE_WEB, PLACE_FILE, PLACE_FOLDER, PLACE_GIT, PLACE_ODD };

struct place {
	enum place_kind kind;
	struct str url;                  /* without fragment; of git without "git+" and reference */
	struct str reference;            /* of git; "" when none is named */
	struct str subdirectory, sha256; /* of the fragment, as written; "" */
	struct str path;                 /* of files and folders: absolute, without links */
};

/*
 * Read a location. Relative paths are relative to `folder`, and, unless it is foreign (it came with a
 * notebook), to the working folder too. PLACE_ODD: nothing that can be locked. Held by the arena, or views
 * into text.
 */
struct place place_read(struct str text, struct str folder, bool foreign, struct arena *arena);

/* Where a path leads, absolute and without links; false when nothing is there. */
MUST_USE bool place_find_path(
	struct str folder, bool foreign, struct str path, struct arena *arena, struct str *ret);
