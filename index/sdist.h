#pragma once
#include "packaging/filename.h"
#include "packaging/metadata.h"

/*
 * What a source distribution says about itself, without running anything of it: NAME-VERSION/PKG-INFO
 * (PEP 625), which counts as the metadata of every wheel built from it when PEP 643 says so.
 */
enum { SDIST_MAX = 64 << 20 }; /* bytes of one that is looked into */

/*
 * What an sdist says about itself: PKG-INFO, when that leaves nothing that matters to the build; else
 * [project] of its pyproject.toml as such a document, on the same condition; else PKG-INFO as it is.
 * filename says which kind of archive (tar, plain or with gzip, bzip2 or xz around it, zip) and which
 * folder in it; any_folder: that one is not known. Held by arena. False: ERR_INPUT, neither can be read;
 * ERR_ENVIRONMENT, this installation cannot read archives.
 */
MUST_USE bool index_sdist_read(struct str bytes, struct str filename, bool any_folder,
	struct arena *arena, struct str *ret, struct err *err);

/* The file's name ends like an archive that can be looked into. */
bool index_sdist_is_archive(struct str filename);

/* Metadata 2.2 or newer with nothing that matters to resolving left to the build (PEP 643). */
bool index_sdist_is_static(const struct metadata *metadata);
