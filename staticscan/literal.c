#include "staticscan/literal.h"
#include "common/banned.h"

typedef VEC(struct scan_char) char_vec;

struct cursor {
	struct str source;
	size_t at, end;
	struct arena *arena;
};

static char look(const struct cursor *cursor, size_t ahead)
{
	return cursor->at + ahead < cursor->end ? cursor->source.p[cursor->at + ahead] : '\0';
}

static void skip_white(struct cursor *cursor)
{
	while (cursor->at < cursor->end &&
		(char_is_space(look(cursor, 0)) || look(cursor, 0) == '\\')) {
		cursor->at++;
	}
}

static void put(struct cursor *cursor, char_vec *out, size_t at, char c)
{
	*vec_push(cursor->arena, out) = (struct scan_char){(uint32_t)at, c, false};
}

/* The escape at the cursor, which is a backslash. False when we do not read its kind. */
static bool escape(struct cursor *cursor, char_vec *out)
{
	static const char from[] = "\\'\"ntrabfv";
	static const char to[] = "\\'\"\n\t\r\a\b\f\v";
	char next = look(cursor, 1);
	size_t at = cursor->at;
	const char *known = next == '\0' ? NULL : strchr(from, next);
	cursor->at += 2;
	if (next == '\r' && look(cursor, 0) == '\n') {
		cursor->at++;
	}
	if (next == '\n' || next == '\r') {
		return true;
	}
	if (known != NULL) {
		put(cursor, out, at, to[known - from]);
		return true;
	}
	if (next == '\0' || strchr("01234567xuUN", next) != NULL) {
		return false;
	}
	put(cursor, out, at, '\\'); /* Python keeps the backslash of an unknown one */
	put(cursor, out, at, next);
	return true;
}

/* One string literal at the cursor, appended to out. */
static bool string(struct cursor *cursor, char_vec *out)
{
	char prefix = look(cursor, 0);
	bool raw = prefix == 'r' || prefix == 'R';
	cursor->at += raw || prefix == 'u' || prefix == 'U';
	char quote = look(cursor, 0);
	if (quote != '"' && quote != '\'') {
		return false;
	}
	bool triple = look(cursor, 1) == quote && look(cursor, 2) == quote;
	cursor->at += triple ? 3 : 1;
	while (cursor->at < cursor->end) {
		char c = look(cursor, 0);
		if (c == quote &&
			(!triple || (look(cursor, 1) == quote && look(cursor, 2) == quote))) {
			cursor->at += triple ? 3 : 1;
			return true;
		}
		if (c == '\\' && !raw) {
			if (!escape(cursor, out)) {
				return false;
			}
			continue;
		}
		if ((c == '\n' || c == '\r') && !triple) {
			return false;
		}
		put(cursor, out, cursor->at, c);
		cursor->at++;
		if (c == '\\' && cursor->at < cursor->end) { /* raw: the next one ends nothing */
			put(cursor, out, cursor->at, look(cursor, 0));
			cursor->at++;
		}
	}
	return false;
}

static bool starts_string(const struct cursor *cursor)
{
	char c = look(cursor, 0);
	char next = look(cursor, 1);
	bool prefix = c != '\0' && strchr("rRuU", c) != NULL;
	return c == '"' || c == '\'' || (prefix && (next == '"' || next == '\''));
}

static bool integer(struct cursor *cursor, char_vec *out)
{
	size_t start = cursor->at;
	while (char_is_digit(look(cursor, 0))) {
		put(cursor, out, cursor->at, look(cursor, 0));
		cursor->at++;
	}
	size_t n = cursor->at - start;
	return n > 0 && (n == 1 || cursor->source.p[start] != '0');
}

bool literal_value(struct str expression, struct arena *arena, struct str *ret)
{
	struct cursor cursor = {.source = expression, .end = expression.n, .arena = arena};
	char_vec chars = {0};
	skip_white(&cursor);
	bool fine = starts_string(&cursor) ? string(&cursor, &chars) : integer(&cursor, &chars);
	while (fine && (look(&cursor, 0) == ' ' || look(&cursor, 0) == '\t')) {
		cursor.at++;
	}
	if (!fine || (cursor.at < cursor.end && look(&cursor, 0) != '#')) {
		return false;
	}
	char *p = arena_alloc(arena, chars.n + 1, 1);
	for (size_t i = 0; i < chars.n; i++) {
		p[i] = chars.p[i].c;
	}
	*ret = (struct str){p, chars.n};
	return true;
}

size_t literal_arguments(struct str source, size_t at, size_t end, struct arena *arena,
	struct scan_text *ret, size_t max)
{
	struct cursor cursor = {.source = source, .at = at, .end = end, .arena = arena};
	size_t n = 0;
	if (look(&cursor, 0) != '(') {
		return 0;
	}
	cursor.at++;
	for (;;) {
		skip_white(&cursor);
		if (look(&cursor, 0) == ')') {
			return n;
		}
		if (n == max || !starts_string(&cursor)) {
			return 0;
		}
		char_vec chars = {0};
		while (starts_string(&cursor)) { /* implicit concatenation */
			if (!string(&cursor, &chars)) {
				return 0;
			}
			skip_white(&cursor);
		}
		ret[n++] = (struct scan_text){chars.p, chars.n};
		if (look(&cursor, 0) == ',') {
			cursor.at++;
		} else if (look(&cursor, 0) != ')') {
			return 0;
		}
	}
}
