#pragma once
#include <jansson.h>
#include "common/arena.h"

/*
 * JSON text as Python's json.dumps(sort_keys=True, ensure_ascii=False) writes it, so that Jupyter's
 * own save gives the same bytes for our part of a notebook. jansson's printer differs: upper-case
 * escapes, 17 digits.
 */
struct jsontext_style {
	bool lines;           /* one member a line; else all on one line */
	struct str newline;   /* "\n" or "\r\n" */
	struct str base;      /* white space before the line that the value starts on */
	struct str unit;      /* one more level of indentation */
	struct str colon;     /* between key and value: ": " or ":" */
	struct str separator; /* between members on one line: ", " or "," */
};

/* Append value. Keys are sorted by code point. */
void jsontext_add(struct buf *out, const json_t *value, const struct jsontext_style *style);

/* Append s in double quotes. Bytes of 0x20 and above stay as they are, but '"' and '\\'. */
void jsontext_add_string(struct buf *out, struct str s);

/*
 * A JSON string of any bytes: broken UTF-8, which JSON cannot hold, is written as \xHH. A new
 * reference.
 */
json_t *jsontext_string(struct str s);
