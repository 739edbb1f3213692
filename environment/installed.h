#pragma once
#include "common/arena.h"

/*
 * What is installed in a Python, read from its *.dist-info folders (PEP 376, PEP 427) without starting it.
 *
 * Which installed distributions give a module, from the folders that a Python imports from (its
 * site-packages), without starting it: what a release says itself (Import-Name, PEP 794), else the files
 * in RECORD, else top_level.txt.
 */
struct installed_answer {
	const struct str *names; /* of distributions, normalised, sorted; several: none is better */
	size_t n;
	size_t parts; /* of the module that they have: 3 for google.cloud.storage; 0 for a folder alone */
};

/*
 * ret[n] for modules[n], dotted. The longest part of a module that a distribution has decides:
 * google/cloud/storage/__init__.py is a better answer for google.cloud.storage.blob than google/__init__.py
 * is. Held by the arena. Folders that cannot be read hold nothing.
 */
void installed_find(const struct str *folders, size_t n_folders, const struct str *modules,
	size_t n, struct arena *arena, struct installed_answer *ret);

/* A distribution that is installed. */
struct installed_package {
	struct str name; /* normalised */
	struct str
		version; /* as its *.dist-info says; "" when only its METADATA knows, and does not */
	struct str info; /* path of its *.dist-info or *.egg-info */
};

/*
 * All distributions in these folders, sorted by name, each once: the first folder that has it wins, as in an
 * import. Told by the names of the *.dist-info and *.egg-info folders, so that hundreds cost two
 * listings. *ret is held by the arena; returns how many.
 */
size_t installed_list(const struct str *folders, size_t n_folders, struct arena *arena,
	struct installed_package **ret);

/* The one of this normalised name, or NULL. */
const struct installed_package *installed_named(
	const struct installed_package *list, size_t n, struct str name);

/* Has it this version? 2.1.0+cpu counts as 2.1.0, as it does in an "==" (PEP 440). arena: for scratch. */
bool installed_is(const struct installed_package *there, struct str version, struct arena *arena);

/* Where it was installed from when not from an index (PEP 610, direct_url.json). */
struct installed_origin {
	struct str url;
	struct str commit; /* of a repository; else "" */
	bool is_editable;
};
bool installed_origin(
	const struct installed_package *there, struct arena *arena, struct installed_origin *ret);

/*
 * Its files whose SHA-256 is not that of RECORD, or that are gone, as RECORD names them. Byte code may be
 * missing, and without a RECORD nothing is known. ret[*ret_n], held by the arena. Reads every file.
 */
const struct str *installed_modified(
	const struct installed_package *there, struct arena *arena, size_t *ret_n);
