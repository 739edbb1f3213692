#pragma once
#include "common/arena.h"
#include "common/err.h"

/*
 * The settings files of pip and uv, as far as they say where packages come from (decision 19). Nothing
 * that travels with a notebook is read here: of uv the user's and the machine's uv.toml, never that of a
 * project.
 */

/*
 * The value of `key` in an INI file's [global] or [install] section as pip reads it ([install] wins);
 * continuation lines are joined by blanks. False when it is not there.
 */
MUST_USE bool settings_ini_value(
	struct str text, struct str key, struct arena *arena, struct str *ret);

/*
 * `key` ("index-url") in the first of pip's files that has it, the most particular first:
 * PIP_CONFIG_FILE, the virtual environment's, the user's, the machine's. *ret_file names the file.
 * PIP_CONFIG_FILE=/dev/null turns all of them off, as in pip.
 */
MUST_USE bool settings_pip(
	struct str key, struct arena *arena, struct str *ret, struct str *ret_file);

/* Words of a value: separated by white space and, with commas, by ','. False when none is left. */
MUST_USE bool settings_next_word(struct str *rest, bool commas, struct str *ret);

/* An index of uv.toml: [[index]]. */
struct settings_index {
	struct str name, url; /* name "": it has none */
	bool is_default;      /* in the place of the main index */
	bool is_explicit;     /* serves only what is pinned to it */
};

/* uv.toml. Lists are in the order of the file; [pip] counts where the same key is not set above it. */
struct settings_uv {
	const struct settings_index *indexes;
	size_t n_indexes;
	struct str index_url;
	const struct str *extra_index_urls, *find_links, *insecure_hosts;
	size_t n_extra_index_urls, n_find_links, n_insecure_hosts;
	const struct str *only_binary, *no_binary; /* names or ":all:" */
	size_t n_only_binary, n_no_binary;
	bool no_index;
	struct str file; /* "" when there is none */
};

/*
 * The file that UV_CONFIG_FILE names, else the user's (~/.config/uv/uv.toml), else the machine's;
 * UV_NO_CONFIG=1 turns them off. Error: a file that is no TOML, or a value of another kind; file, line and
 * column.
 */
MUST_USE bool settings_uv_read(struct arena *arena, struct settings_uv *ret, struct err *err);

/* The same from a text. */
MUST_USE bool settings_uv_parse(
	struct str text, struct arena *arena, struct settings_uv *ret, struct err *err);
