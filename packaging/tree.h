#pragma once
#include "common/arena.h"
#include "common/err.h"

/*
 * TOML and JSON documents as one small tree of plain data, so that a Pipfile is read by the same code
 * whether it stands in a file (TOML) or in a notebook (JSON). Everything is held by the arena, and each
 * value knows where it stands. toml.h reads TOML, tree_json() reads JSON.
 */
enum tree_kind {
	TREE_NULL, /* JSON alone */
	TREE_STRING,
	TREE_INTEGER,
	TREE_FLOAT,
	TREE_BOOL,
	TREE_DATE, /* TOML alone: a date, a time or both, in `text` as RFC 3339 writes them */
	TREE_ARRAY,
	TREE_TABLE,
};

struct tree {
	enum tree_kind kind;
	struct str key;  /* the member's name, any bytes; "" for an element and for the root */
	struct str text; /* of a string or a date */
	int64_t integer; /* of an integer */
	double number;   /* of a float, and of an integer that int64_t cannot hold */
	bool truth;
	const struct tree *items; /* items[n]: members in the order of the file, or elements */
	size_t n;
	int line,
		column; /* of the value, from 1; columns count characters. 0: a table that nobody wrote */
	int key_line,
		key_column; /* of the member's name; 0 where the reader does not tell (YAML does) */
};

enum {
	TREE_MAX = 16 << 20,       /* bytes of a document */
	TREE_VALUES_MAX = 1 << 20, /* values in it, about: separators and brackets */
	TREE_DEPTH_MAX = 100,      /* tables and arrays inside each other */
};

/*
 * JSON as RFC 8259 has it. A key that stands twice in an object is an error, as it is in TOML. Error:
 * line and column.
 */
MUST_USE bool tree_json(struct str text, struct arena *arena, struct tree *ret, struct err *err);

/* The member of that name; NULL when there is none, or `table` is NULL or no table. */
const struct tree *tree_get(const struct tree *table, struct str key);

/* The string that a member is, "" when it is none or something else. */
struct str tree_text(const struct tree *table, struct str key);

/*
 * Add the tree as compact JSON with sorted keys in ASCII, as Python's json.dumps(sort_keys=True,
 * separators=(",", ":")) writes it. Bytes that are no UTF-8 become U+FFFD.
 */
void tree_put_json(const struct tree *tree, struct buf *out);

/* The same over several lines, as json.dumps(sort_keys=True, indent=4) does; no newline at the end. */
void tree_put_json_indented(const struct tree *tree, int indent, struct buf *out);

/* One JSON string with its quotes, in ASCII. */
void tree_put_json_string(struct str text, struct buf *out);

/* "a string", "a table", ... for messages. */
const char *tree_kind_name(enum tree_kind kind);

/*
 * Fill err with line and column of a value and say what was expected: "expected a string as 'version',
 * found a table". Returns false.
 */
bool tree_expected(const struct tree *value, const char *what, struct err *err);

/* A member that has to be of this kind: *ret is NULL when it is not there. False: it is another kind. */
MUST_USE bool tree_member(const struct tree *table, struct str key, enum tree_kind kind,
	const struct tree **ret, struct err *err);
