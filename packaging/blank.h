#pragma once
#include "common/str.h"

/*
 * White space as PEP 440's own expressions understand it: Unicode's, of which versions and
 * specifiers allow any amount around them. (Between the parts of a requirement PEP 508 knows only
 * blank and tab.)
 */

/* Bytes of the white space character that s starts with, 0 when it does not. */
size_t blank_length(struct str s);

/* Bytes of all white space at the start of s. */
size_t blank_prefix(struct str s);

/* s without white space at both ends. */
struct str blank_trim(struct str s);
