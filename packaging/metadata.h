#pragma once
#include "common/arena.h"
#include "common/err.h"

/*
 * Core metadata of a distribution (PEP 241 to 808): the headers of METADATA or PKG-INFO up to the
 * first blank line. Only what resolving needs.
 */
struct metadata {
	struct str metadata_version, name, version; /* as written */
	struct str requires_python;                 /* "" when none */
	const struct str *requires_dist;            /* as written */
	size_t n_requires_dist;
	const struct str *provides_extra; /* normalised */
	size_t n_provides_extra;
	const struct str *dynamic; /* lower case */
	size_t n_dynamic;
	const struct str *import_names; /* PEP 794, as written */
	size_t n_import_names;
	const struct str *import_namespaces; /* shared top-level packages, as written */
	size_t n_import_namespaces;
	struct str license_expression; /* PEP 639 */
	struct str license;            /* the header before that: a name, or whole pages */
	const struct str
		*license_classifiers; /* "License :: OSI Approved :: MIT License", as written */
	size_t n_license_classifiers;
};

enum { METADATA_MAX = 4 << 20 }; /* bytes of one document */

/* Views point into text. Error: no name or version, unknown major version. */
MUST_USE bool metadata_parse(
	struct str text, struct arena *arena, struct metadata *ret, struct err *err);
