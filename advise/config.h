#pragma once
#include "advise/options.h"
#include "index/index.h"

/*
 * Which package index: options and THOTH_ variables, then UV_ and PIP_ variables, then pip.conf, then
 * the default of the build (decision 19). Nothing that travels with a notebook is read here.
 */
struct config {
	struct index_source *sources; /* sources[n], the default index first */
	size_t n_sources;
	struct str cache_dir;
	struct str why; /* where the first index was named: "--index-url", "PIP_INDEX_URL", ... */
};

/* Held by the arena. ERR_USAGE when an address is no http(s) or file address. */
MUST_USE bool config_read(const struct advise_options *options, struct arena *arena,
	struct config *ret, struct err *err);

/* An address without user and password, as it may be shown and stored. */
struct str config_without_credentials(struct str url, struct arena *arena);

/*
 * The value of `key` in an INI file's [global] or [install] section as pip reads it ([install] wins);
 * continuation lines are joined by blanks. False when it is not there.
 */
MUST_USE bool config_ini_value(
	struct str text, struct str key, struct arena *arena, struct str *ret);
