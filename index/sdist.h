#pragma once
#include "packaging/filename.h"
#include "packaging/metadata.h"

/*
 * What a source distribution says about itself, without running anything of it: NAME-VERSION/PKG-INFO
 * (PEP 625), which counts as the metadata of every wheel built from it when PEP 643 says so.
 */
enum { SDIST_MAX = 64 << 20 }; /* bytes of one that is looked into */

/*
 * PKG-INFO of the file `filename` (.tar.gz, .tgz, .zip) with these bytes; held by arena. False:
 * ERR_INPUT, it has none that can be read; ERR_ENVIRONMENT, this installation cannot read archives.
 */
MUST_USE bool index_sdist_read(struct str bytes, struct str filename, struct arena *arena,
	struct str *ret, struct err *err);

/* Metadata 2.2 or newer with nothing that matters to resolving left to the build (PEP 643). */
bool index_sdist_is_static(const struct metadata *metadata);
