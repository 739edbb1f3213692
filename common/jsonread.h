#pragma once
#include "common/arena.h"
#include "common/err.h"

/*
 * A streaming reader over JSON text in memory (RFC 8259) for what jansson cannot serve: whole
 * notebooks, whose bytes must survive, and index pages of many megabytes. It goes forward once,
 * allocates nothing but decoded strings, and can tell the byte range of any value. (The file is not
 * called json.h because jansson owns the json_ prefix.)
 *
 *	struct jsonread in = jsonread_start(text);
 *	struct str key;
 *	jsonread_object(&in);
 *	while (jsonread_key(&in, &key)) {
 *		if (str_eq(key, S("name")))
 *			name = jsonread_string(&in, arena);
 *		else
 *			jsonread_skip(&in);
 *	}
 *	if (!jsonread_end(&in, &err)) ...
 *
 * The first fault is kept and makes every later call a harmless no (false, empty), so loops end and
 * one check at the end is enough. After a key or an element exactly one value must be taken.
 * Text is taken as it is: whether it is UTF-8 is for str_is_utf8() to say.
 * What Python writes and RFC 8259 does not know (NaN, Infinity, -Infinity) is accepted as a number.
 */
enum jsonread_kind {
	JSONREAD_NONE, /* nothing there, or a fault */
	JSONREAD_OBJECT,
	JSONREAD_ARRAY,
	JSONREAD_STRING,
	JSONREAD_NUMBER,
	JSONREAD_TRUE,
	JSONREAD_FALSE,
	JSONREAD_NULL,
};

enum { JSONREAD_DEPTH_MAX = 10000 };

struct jsonread {
	struct str text;
	size_t at;         /* next byte */
	uint32_t depth;    /* open containers entered by the caller */
	bool first;        /* the container was just entered: no comma yet */
	const char *fault; /* static text, NULL when fine */
	size_t fault_at;
};

/* A leading UTF-8 byte order mark is skipped. The text must outlive the reader. */
struct jsonread jsonread_start(struct str text);

/* Kind of the value that comes next, without taking it. */
enum jsonread_kind jsonread_peek(struct jsonread *in);

/* Enter an object / array; anything else there is a fault. */
bool jsonread_object(struct jsonread *in);
bool jsonread_array(struct jsonread *in);

/*
 * Next member of the object entered last; false at its end, which is taken too. The key is given
 * raw, between its quotes, not decoded: equal bytes are equal keys, an escaped spelling is not.
 */
bool jsonread_key(struct jsonread *in, struct str *ret_raw_key);

/* Next element of the array entered last; false at its end, which is taken too. */
bool jsonread_element(struct jsonread *in);

/* Take a string and decode it into the arena (a view of the text when nothing is escaped).
 * A lone surrogate escape becomes U+FFFD. Any other kind is a fault. */
struct str jsonread_string(struct jsonread *in, struct arena *arena);

/* Take a value of any kind; its bytes from first to last, as they stand. */
struct str jsonread_raw(struct jsonread *in);
void jsonread_skip(struct jsonread *in);

/* Take true / false; a fault otherwise. */
bool jsonread_bool(struct jsonread *in);

/* Take an integer that fits; a fault otherwise. */
int64_t jsonread_int(struct jsonread *in);

/* Nothing but white space is left and there was no fault; else err gets line and column. */
MUST_USE bool jsonread_end(struct jsonread *in, struct err *err);

/* Fill err from the fault without asking for the end of the text; true when there is none. */
MUST_USE bool jsonread_ok(const struct jsonread *in, struct err *err);

/* Decode the inside of a string, escapes and all, as jsonread_string does. Any bytes will do: what
 * is no escape of RFC 8259 ("\x", "\u12", a backslash at the end) stays as it stands. */
struct str jsonread_unescape(struct str raw, struct arena *arena);

/* 1-based line and column of a byte offset. */
void jsonread_position(struct str text, size_t at, int *ret_line, int *ret_column);
