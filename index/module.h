#pragma once
#include "common/err.h"

/*
 * Parts of the program that few starts need stand in modules of their own, opened when they are
 * first used: thoth-http.so with libcurl, thoth-unarchive.so with libarchive. Loading those libraries
 * costs every start several milliseconds otherwise. A module exports one table of functions whose
 * first member is its version; both sides come from one build.
 */

/*
 * Find and open a module ("thoth-http.so"): beside the program, in ../lib/thoth as installed, or in
 * the build tree the program stands in. Its table, or NULL with ERR_ENVIRONMENT when it is not
 * there; `what` is for the message ("network module"). Stays open; ask once.
 */
const void *index_module_open(
	const char *module, const char *table, unsigned version, const char *what, struct err *err);
