#pragma once
#include "common/arena.h"

/*
 * The settings files of pip, as far as they say where packages come from (decision 19). Nothing
 * that travels with a notebook is read here.
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
