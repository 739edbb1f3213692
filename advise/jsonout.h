#pragma once
#include "common/arena.h"

/*
 * JSON written as it comes, for documents that are larger than one wants to build as a tree first, and for
 * text that jansson refuses: lone surrogates of a notebook come out as they went in, escaped. All ASCII.
 */

/* "text", with quotes. Broken UTF-8 becomes U+FFFD. */
void jsonout_text(struct buf *out, struct str text);

/* ,"key": without the comma after an opening bracket. */
void jsonout_key(struct buf *out, const char *key);

/* A member with its text, one that is left out when empty, one that is left out when false, a list. */
void jsonout_member(struct buf *out, const char *key, struct str text);
void jsonout_optional(struct buf *out, const char *key, struct str text);
void jsonout_flag(struct buf *out, const char *key, bool value);
void jsonout_list(struct buf *out, const char *key, const struct str *items, size_t n);

/* The next element starts on a line of its own. */
void jsonout_next(struct buf *out);
