#include "staticscan/literal.h"
#include "common/banned.h"

struct cursor {
	struct str source;
	size_t at, end;
	struct arena *arena;
};

static char look(const struct cursor *cursor, size_t ahead)
{
	return cursor->at + ahead < cursor->end ? cursor->source.p[cursor->at + ahead] : '\0';
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

bool literal_chars(
	struct str source, size_t from, size_t to, bool raw, struct arena *arena, char_vec *ret)
{
	struct cursor cursor = {.source = source, .at = from, .end = to, .arena = arena};
	while (cursor.at < to) {
		if (look(&cursor, 0) == '\\' && !raw) {
			if (!escape(&cursor, ret)) {
				return false;
			}
			continue;
		}
		put(&cursor, ret, cursor.at, look(&cursor, 0));
		cursor.at++;
	}
	return true;
}
