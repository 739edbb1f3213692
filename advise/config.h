#pragma once
#include "advise/options.h"
#include "index/index.h"

/*
 * Which package indexes: options and THOTH_ variables, then UV_ and PIP_ variables, then pip's files
 * (settings.h), then the default of the build (decision 19). Nothing that travels with a notebook is
 * read here.
 *
 * The order is that of the questions: UV_INDEX and UV_EXTRA_INDEX_URL (which uv asks before its
 * default), the main index, then those of --extra-index-url, PIP_EXTRA_INDEX_URL and pip's files.
 * Those of --index NAME=URL serve only the packages that are pinned to them.
 */
struct config_format {
	bool only_binary; /* else no-binary */
	struct str value; /* "a,b" or ":all:", as written */
};

struct config {
	struct index_source *sources; /* sources[n], in the order they are asked */
	size_t n_sources;
	size_t main;                /* the one that index-url names */
	struct index_source *links; /* links[n]: find-links */
	size_t n_links;
	bool no_index;      /* then there are no sources */
	bool is_told;       /* --index-url or THOTH_INDEX_URL: a file's own does not replace it */
	struct str told_ca; /* --cert: before all others */
	struct str
		last_ca; /* of the target's Python, when there are no others; set by targets_last_ca() */
	struct str ca, client_cert,
		proxy;       /* "": not set; what curl reads itself is not repeated here */
	struct str *trusted; /* trusted[n]: hosts whose TLS is not checked */
	size_t n_trusted;
	struct config_format *formats; /* formats[n]: --no-binary and --only-binary, in order */
	size_t n_formats;
	struct str cache_dir;
	struct str why; /* where the main index was named: "--index-url", "PIP_INDEX_URL", ... */
};

/* Held by the arena. ERR_USAGE when an address is no http(s) or file address. */
MUST_USE bool config_read(const struct advise_options *options, struct arena *arena,
	struct config *ret, struct err *err);

/*
 * An option of pip's in a requirements file that is the user's own: --index-url, --extra-index-url,
 * --find-links (relative to folder), --no-index, --trusted-host. False with err->kind ERR_NONE: none of
 * these; with ERR_USAGE: a value that cannot be.
 */
MUST_USE bool config_take(struct config *config, struct str option, struct str value,
	struct str folder, struct arena *arena, struct err *err);

/* The options of the index that the configuration decides. */
struct index_options config_index_options(
	const struct config *config, const struct advise_options *options);

/* The index of this name, or of this address (credentials do not count); INDEX_NOWHERE: none. */
size_t config_find_alias(const struct config *config, struct str alias);
size_t config_find_url(const struct config *config, struct str url, struct arena *arena);

/*
 * An index that a notebook named and the user agreed to, for what is pinned to it alone. Its position
 * in *ret. ERR_INPUT when it is no http(s) address: a notebook never names folders of this machine.
 */
MUST_USE bool config_add_foreign(struct config *config, struct str alias, struct str url,
	struct arena *arena, size_t *ret, struct err *err);

/* Letters, digits, '-', '_', '.': what an index may be called. */
bool config_is_alias(struct str alias);

/* An address without user and password, as it may be shown and stored. */
struct str config_without_credentials(struct str url, struct arena *arena);
