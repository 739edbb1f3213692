#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "common/attr.h"

/*
 * struct str is a view of bytes that somebody else owns; slicing it costs nothing and never
 * writes. It may hold any byte, NUL too. struct buf grows up to a stated maximum and is for
 * writing. C strings appear only at the edge of a C API.
 */
struct str {
	const char *p;
	size_t n;
};

#define S(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_INIT(literal)                                                                          \
	{                                                                                          \
		"" literal, sizeof(literal) - 1                                                    \
	} /* for static tables */
#define STR_FMT "%.*s"
#define STR_ARG(s) (int)(s).n, (s).p

/* NULL gives the empty view. */
static inline struct str str_from(const char *c)
{
	return (struct str){c, c == NULL ? 0 : strlen(c)};
}

/* The bytes [from, to) of s; both are cut to its length. */
struct str str_slice(struct str s, size_t from, size_t to);
static inline struct str str_skip(struct str s, size_t n)
{
	return str_slice(s, n, s.n);
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* ASCII letters compare without case; other bytes as they are. */
bool str_ieq(struct str a, struct str b);

/* <0, 0, >0 by bytes; a prefix is smaller. */
int str_cmp(struct str a, struct str b);

bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);

/* Offset of the first occurrence, or -1. An empty needle is found at 0. */
ptrdiff_t str_find(struct str s, struct str needle);
ptrdiff_t str_find_char(struct str s, char c);
ptrdiff_t str_find_last_char(struct str s, char c);

/*
 * Cut s at the first separator: *ret_before and *ret_after are the two sides. Without one: false,
 * and both are untouched. Either may point at s's own variable.
 */
bool str_cut(struct str s, struct str separator, struct str *ret_before, struct str *ret_after);

/*
 * Take the next line off *rest, without its "\n", "\r\n" or lone "\r". False when *rest is empty.
 */
bool str_next_line(struct str *rest, struct str *ret_line);

/* Without ASCII white space (blank, \t \n \v \f \r) at both ends, or at one. */
struct str str_trim(struct str s);
struct str str_trim_left(struct str s);
struct str str_trim_right(struct str s);

/* Decimal digits only, all of s, no sign; false when empty, not digits, or above UINT64_MAX. */
bool str_to_u64(struct str s, uint64_t *ret);

/* FNV-1a; stable between runs, so not for tables that an attacker fills (hash_keyed is). */
uint64_t str_hash(struct str s);

/* True when s is well-formed UTF-8 (no surrogates, no overlong forms; RFC 3629). */
bool str_is_utf8(struct str s);

/* ASCII only, whatever the locale says. */
static inline bool char_is_digit(char c)
{
	return c >= '0' && c <= '9';
}
static inline bool char_is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static inline bool char_is_alnum(char c)
{
	return char_is_digit(c) || char_is_alpha(c);
}
static inline bool char_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}
static inline char char_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/*
 * A growing buffer with a maximum. Start with {.max = BYTES} (0 means BUF_MAX_DEFAULT) and
 * AUTO(buf_done). Writing past the maximum changes nothing and sets `full` for good, so that many
 * writes need one check at the end. p[n] is always NUL once anything was written.
 */
struct buf {
	char *p;
	size_t n, cap, max;
	bool full;
};

enum { BUF_MAX_DEFAULT = 256 << 20 };

void buf_done(struct buf *buf);
void buf_reset(struct buf *buf); /* empty it, keep the memory */
void buf_add(struct buf *buf, struct str s);
void buf_byte(struct buf *buf, char c);
void buf_addf(struct buf *buf, const char *format, ...) PRINTF(2, 3);

/* Room for n more bytes at p + n, or NULL when full. The caller adds what it wrote to n. */
char *buf_room(struct buf *buf, size_t n);

static inline struct str buf_str(const struct buf *buf)
{
	return (struct str){buf->p, buf->n};
}

/*
 * Add s as it can be shown to a person: control characters (C0 but tab and newline, DEL, C1) and
 * broken UTF-8 are written as \xHH, so that text from a notebook or an index cannot drive the
 * terminal. With `one_line` tab and newline are escaped as well.
 */
void buf_add_shown(struct buf *buf, struct str s, bool one_line);

/* Add s with & < > " ' escaped for HTML text and attributes; control characters as above. */
void buf_add_html(struct buf *buf, struct str s);

/* A copy from malloc(), NUL-terminated, for what lives longer than any arena; the caller frees it. */
char *str_copy(struct str s);
