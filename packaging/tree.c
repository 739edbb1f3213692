#include "packaging/tree.h"
#include "common/intern.h"
#include "common/jsonread.h"
#include "common/vec.h"
#include "common/banned.h"

const struct tree *tree_get(const struct tree *table, struct str key)
{
	if (table == NULL || table->kind != TREE_TABLE) {
		return NULL;
	}
	for (size_t i = 0; i < table->n; i++) {
		if (str_eq(table->items[i].key, key)) {
			return &table->items[i];
		}
	}
	return NULL;
}

struct str tree_text(const struct tree *table, struct str key)
{
	const struct tree *value = tree_get(table, key);
	return value != NULL && value->kind == TREE_STRING ? value->text : S("");
}

const char *tree_kind_name(enum tree_kind kind)
{
	static const char *const names[] = {
		[TREE_NULL] = "null",
		[TREE_STRING] = "a string",
		[TREE_INTEGER] = "an integer",
		[TREE_FLOAT] = "a number",
		[TREE_BOOL] = "true or false",
		[TREE_DATE] = "a date",
		[TREE_ARRAY] = "an array",
		[TREE_TABLE] = "a table",
	};
	return names[kind];
}

bool tree_expected(const struct tree *value, const char *what, struct err *err)
{
	err->line = value->line;
	err->column = value->column;
	if (value->key.n == 0) {
		return err_set(
			err, ERR_INPUT, "expected %s, found %s", what, tree_kind_name(value->kind));
	}
	return err_set(err, ERR_INPUT, "expected %s as '" STR_FMT "', found %s", what,
		STR_ARG(value->key), tree_kind_name(value->kind));
}

bool tree_member(const struct tree *table, struct str key, enum tree_kind kind,
	const struct tree **ret, struct err *err)
{
	const struct tree *value = tree_get(table, key);
	if (value != NULL && value->kind != kind) {
		return tree_expected(value, tree_kind_name(kind), err);
	}
	*ret = value;
	return true;
}

/* ---- JSON ---- */

typedef VEC(struct tree) tree_vec;

struct reader {
	struct jsonread in;
	struct arena *arena;
	size_t n_values;
	/* where we are, moved on from value to value */
	size_t at;
	int line, column;
	struct err *err;
};

static bool refuse(struct reader *reader, enum err_kind kind, const char *what)
{
	reader->err->line = reader->line;
	reader->err->column = reader->column;
	return err_set(reader->err, kind, "%s", what);
}

/* Line and column of the value that comes next. jsonread_peek() has skipped the white space. */
static void move_to(struct reader *reader)
{
	struct str text = reader->in.text;
	for (; reader->at < reader->in.at && reader->at < text.n; reader->at++) {
		unsigned char c = (unsigned char)text.p[reader->at];
		if (c == '\n') {
			reader->line++;
			reader->column = 1;
		} else if ((c & 0xc0) != 0x80) {
			reader->column++;
		}
	}
}

static void read_number(struct reader *reader, struct tree *ret)
{
	struct str raw = jsonread_raw(&reader->in);
	struct str digits = str_starts(raw, S("-")) ? str_skip(raw, 1) : raw;
	uint64_t n;
	ret->kind = TREE_FLOAT;
	ret->number = strtod(arena_cstr(reader->arena, raw), NULL);
	if (str_to_u64(digits, &n) && n <= INT64_MAX) {
		ret->kind = TREE_INTEGER;
		ret->integer = digits.n < raw.n ? -(int64_t)n : (int64_t)n;
	}
}

static bool read_value(struct reader *reader, int depth, struct tree *ret);

static bool read_array(struct reader *reader, int depth, struct tree *ret)
{
	tree_vec items = {0};
	jsonread_array(&reader->in);
	while (jsonread_element(&reader->in)) {
		struct tree item = {0};
		if (!read_value(reader, depth + 1, &item)) {
			return false;
		}
		*vec_push(reader->arena, &items) = item;
	}
	ret->items = items.p;
	ret->n = items.n;
	return jsonread_ok(&reader->in, reader->err);
}

/* Few keys are compared one by one; from SMALL on they are interned. The items have distinct keys. */
static bool is_taken(struct intern *known, const tree_vec *items, struct str key)
{
	enum { SMALL = 16 };
	if (items->n < SMALL) {
		for (size_t i = 0; i < items->n; i++) {
			if (str_eq(items->p[i].key, key)) {
				return true;
			}
		}
		return false;
	}
	while (known->n < items->n) {
		(void)intern_id(known, items->p[known->n].key);
	}
	return intern_id(known, key) < items->n;
}

static bool read_object(struct reader *reader, int depth, struct tree *ret)
{
	AUTO(intern_done) struct intern known = {0};
	tree_vec items = {0};
	struct str raw;
	jsonread_object(&reader->in);
	while (jsonread_key(&reader->in, &raw)) {
		struct tree item = {0};
		struct str key = arena_str(reader->arena, jsonread_unescape(raw, reader->arena));
		if (is_taken(&known, &items, key)) {
			move_to(reader);
			refuse(reader, ERR_INPUT, "this key stands in the object already");
			return err_prefix(reader->err, "'" STR_FMT "'", STR_ARG(key));
		}
		if (!read_value(reader, depth + 1, &item)) {
			return false;
		}
		item.key = key;
		*vec_push(reader->arena, &items) = item;
	}
	ret->items = items.p;
	ret->n = items.n;
	return jsonread_ok(&reader->in, reader->err);
}

static bool read_value(struct reader *reader, int depth, struct tree *ret)
{
	enum jsonread_kind kind = jsonread_peek(&reader->in);
	move_to(reader);
	ret->line = reader->line;
	ret->column = reader->column;
	if (depth > TREE_DEPTH_MAX) {
		return refuse(reader, ERR_LIMIT, "nested too deeply");
	}
	if (++reader->n_values > TREE_VALUES_MAX) {
		return refuse(reader, ERR_LIMIT, "more values than any such file has");
	}
	switch (kind) {
	case JSONREAD_OBJECT:
		ret->kind = TREE_TABLE;
		return read_object(reader, depth, ret);
	case JSONREAD_ARRAY:
		ret->kind = TREE_ARRAY;
		return read_array(reader, depth, ret);
	case JSONREAD_STRING:
		ret->kind = TREE_STRING;
		ret->text = arena_str(reader->arena, jsonread_string(&reader->in, reader->arena));
		break;
	case JSONREAD_NUMBER:
		read_number(reader, ret);
		break;
	case JSONREAD_TRUE:
	case JSONREAD_FALSE:
		ret->kind = TREE_BOOL;
		ret->truth = jsonread_bool(&reader->in);
		break;
	case JSONREAD_NULL:
	case JSONREAD_NONE:
		ret->kind = TREE_NULL;
		jsonread_skip(&reader->in);
		break;
	}
	return jsonread_ok(&reader->in, reader->err);
}

bool tree_json(struct str text, struct arena *arena, struct tree *ret, struct err *err)
{
	if (text.n > TREE_MAX) {
		return err_set(err, ERR_LIMIT, "larger than %d MiB", TREE_MAX >> 20);
	}
	struct reader reader = {
		.in = jsonread_start(text), .arena = arena, .line = 1, .column = 1, .err = err};
	struct tree made = {0};
	reader.at = reader.in.at;
	if (!read_value(&reader, 0, &made) || !jsonread_end(&reader.in, err)) {
		return false;
	}
	*ret = made;
	return true;
}

/* ---- writing ---- */

/* Take one character off *rest; U+FFFD for a byte that begins none. */
static uint32_t take_character(struct str *rest)
{
	unsigned char c = (unsigned char)rest->p[0];
	size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	uint32_t character = n == 1 ? c : c & (0xffU >> (n + 1));
	if (n > rest->n || !str_is_utf8(str_slice(*rest, 0, n))) {
		*rest = str_skip(*rest, 1);
		return 0xfffd;
	}
	for (size_t i = 1; i < n; i++) {
		character = character << 6 | ((unsigned char)rest->p[i] & 0x3f);
	}
	*rest = str_skip(*rest, n);
	return character;
}

void tree_put_json_string(struct str text, struct buf *out)
{
	static const char escaped[] = "\"\\\b\f\n\r\t";
	static const char letters[] = "\"\\bfnrt";
	buf_byte(out, '"');
	while (text.n > 0) {
		uint32_t c = take_character(&text);
		const char *short_form = c < 0x80 && c > 0 ? strchr(escaped, (int)c) : NULL;
		if (short_form != NULL) {
			buf_byte(out, '\\');
			buf_byte(out, letters[short_form - escaped]);
		} else if (c >= 0x10000) {
			buf_addf(out, "\\u%04x\\u%04x", 0xd7c0 + (c >> 10), 0xdc00 + (c & 0x3ff));
		} else if (c < 0x20 || c > 0x7e) {
			buf_addf(out, c == 0x7f ? "%c" : "\\u%04x", c);
		} else {
			buf_byte(out, (char)c);
		}
	}
	buf_byte(out, '"');
}

/* The fewest digits that read back as the same number, as Python prints them for everyday sizes. */
static void put_float(double number, struct buf *out)
{
	char text[40] = "";
	for (int digits = 1; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, number);
		if (strtod(text, NULL) == number) {
			break;
		}
	}
	buf_add(out, str_from(text));
	buf_add(out, strpbrk(text, ".en") == NULL ? S(".0") : S(""));
}

static int by_key(const void *a, const void *b)
{
	const struct tree *const *left = a;
	const struct tree *const *right = b;
	return str_cmp((*left)->key, (*right)->key);
}

/* How wide one level is (0: everything on one line) and how deep we are. */
struct layout {
	int indent, depth;
};

static void put_value(const struct tree *tree, struct layout layout, struct buf *out);

static void put_line(struct layout layout, struct buf *out)
{
	if (layout.indent > 0) {
		buf_addf(out, "\n%*s", layout.indent * layout.depth, "");
	}
}

static const struct tree **sorted(const struct tree *table, struct arena *arena)
{
	const struct tree **items = arena_array(arena, const struct tree *, table->n);
	for (size_t i = 0; i < table->n; i++) {
		items[i] = &table->items[i];
	}
	if (table->kind == TREE_TABLE) {
		qsort(items, table->n, sizeof(const struct tree *), by_key);
	}
	return items;
}

static void put_items(const struct tree *tree, struct layout layout, struct buf *out)
{
	AUTO(arena_done) struct arena arena = {0};
	const struct tree **items = sorted(tree, &arena);
	bool table = tree->kind == TREE_TABLE;
	struct layout inner = {layout.indent, layout.depth + 1};
	buf_byte(out, table ? '{' : '[');
	for (size_t i = 0; i < tree->n; i++) {
		buf_add(out, i > 0 ? S(",") : S(""));
		put_line(inner, out);
		if (table) {
			tree_put_json_string(items[i]->key, out);
			buf_add(out, layout.indent > 0 ? S(": ") : S(":"));
		}
		put_value(items[i], inner, out);
	}
	if (tree->n > 0) {
		put_line(layout, out);
	}
	buf_byte(out, table ? '}' : ']');
}

static void put_value(const struct tree *tree, struct layout layout, struct buf *out)
{
	switch (tree->kind) {
	case TREE_NULL:
		buf_add(out, S("null"));
		break;
	case TREE_STRING:
	case TREE_DATE:
		tree_put_json_string(tree->text, out);
		break;
	case TREE_INTEGER:
		buf_addf(out, "%lld", (long long)tree->integer);
		break;
	case TREE_FLOAT:
		put_float(tree->number, out);
		break;
	case TREE_BOOL:
		buf_add(out, tree->truth ? S("true") : S("false"));
		break;
	case TREE_ARRAY:
	case TREE_TABLE:
		put_items(tree, layout, out);
		break;
	}
}

void tree_put_json(const struct tree *tree, struct buf *out)
{
	put_value(tree, (struct layout){0}, out);
}

void tree_put_json_indented(const struct tree *tree, int indent, struct buf *out)
{
	put_value(tree, (struct layout){.indent = indent}, out);
}
