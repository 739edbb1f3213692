#pragma once
#include "common/err.h"
#include "packaging/environment.h"
#include "packaging/requirement.h"

/*
 * The pinned set and why: plain data that the resolver fills, notebook_meta stores, cli and the
 * companion show.
 */

/* Who asked for something. Cells and lines from 1; 0 unknown. */
struct origin {
	struct str file;    /* notebook or requirements file; "" when it is an option */
	struct str cell_id; /* "" when the notebook has none */
	int cell, line, column;
	bool executed; /* cells counted in the order of execution: the notebook's own order is unknown */
	struct str group; /* "" main; "dev", an extra or a group of a file */
	bool metadata;    /* from metadata.thoth.requirements rather than from a cell */
	bool imported;    /* from an import rather than from somebody who asks for it */
};

struct locked_file {
	struct str filename, url;
	struct str sha256; /* 64 hex digits */
	int64_t size;      /* bytes, -1 unknown */
	int64_t upload_ms; /* -1 unknown */
};

struct locked_package {
	struct str name;      /* normalised */
	struct str version;   /* normal form */
	struct str index;     /* alias or address of the index it came from, credentials removed */
	struct str index_url; /* its address, without credentials; "" unknown */
	bool other_index;     /* not the first configured one */
	struct str
		url; /* its own address: "https://...", "file:///...", "git+https://...@COMMIT"; else "" */
	struct str marker;        /* "" when it always applies */
	const struct str *extras; /* extras in use, sorted */
	size_t n_extras;
	bool direct;
	const struct str
		*via; /* names of the packages that require it, sorted; "" first when direct */
	size_t n_via;
	const struct locked_file *files; /* wheels best first, then the sdist */
	size_t n_files;
	struct str requires_python; /* as written, "" when none */
	struct str reason;          /* one sentence */
	bool kept; /* a newer version was not tried, because an earlier lock prefers this one */
	struct str moved; /* why it is not at the version an earlier lock prefers; "" when it is */
	struct str moved_by; /* the package whose requirement that is, "" when none */
};

struct lock_message {
	struct str type; /* INFO, WARNING, ERROR */
	struct str package, message, link, unit;
	struct str
		version; /* of the package: the one that is meant, chosen or held back; "" none */
	struct origin origin;
};

struct lock {
	const struct locked_package
		*packages; /* sorted by name; of one name by version, and only one holds anywhere */
	size_t n;
	const struct str *environments; /* environment_key() of each; or "universal>=3.11" */
	size_t n_environments;
	const struct str *environment_markers; /* the same as disjoint markers, for pylock.toml */
	size_t n_environment_markers;          /* 0: not said, and not stored in a notebook */
	struct str inputs;  /* "sha256:..." of everything that decides the answer */
	struct str created; /* RFC 3339; kept while nothing else changes */
	const struct lock_message *messages;
	size_t n_messages;
};
