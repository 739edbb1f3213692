#include "staticscan/names.h"
#include "common/banned.h"

enum { PLACEHOLDER_MAX = 200 };

typedef VEC(struct scan_char) char_vec;

/* What the helpers of names_expand need. */
struct names_reader {
	const struct source_names *names;
	struct arena *arena;
};

void source_names_done(struct source_names *names)
{
	intern_done(&names->table);
}

static bool is_identifier_char(char c)
{
	return char_is_alnum(c) || c == '_' || ((unsigned char)c & 0x80) != 0;
}

struct str names_identifier(struct str s)
{
	size_t n = 0;
	while (n < s.n && is_identifier_char(s.p[n])) {
		n++;
	}
	return str_slice(s, 0, n);
}

void names_set(struct source_names *names, struct str name, struct str value, struct arena *arena)
{
	uint32_t id = intern_id(&names->table, name);
	while (names->values.n <= id) {
		*vec_push(arena, &names->values) = (struct str){0};
	}
	names->values.p[id] = value;
}

void names_forget(struct source_names *names, struct str text)
{
	while (text.n > 0) {
		struct str word = names_identifier(text);
		uint32_t id = word.n == 0 ? INTERN_NONE : intern_find(&names->table, word);
		if (id != INTERN_NONE) {
			names->values.p[id] = (struct str){0};
		}
		text = str_skip(text, word.n == 0 ? 1 : word.n);
	}
}

struct str names_chars(struct scan_text in, size_t from, size_t to, struct arena *arena)
{
	char *p = arena_alloc(arena, to - from + 1, 1);
	for (size_t i = from; i < to; i++) {
		p[i - from] = in.p[i].c;
	}
	return (struct str){p, to - from};
}

/* ---- {placeholders} and $names of escaped lines ---- */

/* The text that a Python expression stands for, if it is known without running anything. */
static bool resolve(const struct names_reader *reader, struct str expression, struct str *ret)
{
	expression = str_trim(expression);
	if (str_eq(expression, S("sys.executable"))) {
		*ret = S("python");
		return true;
	}
	uint32_t id = intern_find(&reader->names->table, expression);
	if (id == INTERN_NONE || reader->names->values.p[id].p == NULL) {
		return false;
	}
	*ret = reader->names->values.p[id];
	return true;
}

static void put_value(const struct names_reader *reader, char_vec *out, struct str value, size_t at)
{
	for (size_t i = 0; i < value.n; i++) {
		*vec_push(reader->arena, out) = (struct scan_char){(uint32_t)at, value.p[i], false};
	}
}

/* A "{...}" that starts at `at`: its value, or itself as opaque. Returns where it ends. */
static size_t expand_braces(
	const struct names_reader *reader, struct scan_text in, size_t at, char_vec *out)
{
	size_t end = at + 1;
	int depth = 1;
	struct str value;
	while (end < in.n && depth > 0 && end - at < PLACEHOLDER_MAX) {
		depth += in.p[end].c == '{' ? 1 : in.p[end].c == '}' ? -1 : 0;
		end++;
	}
	if (depth > 0) { /* no placeholder */
		*vec_push(reader->arena, out) = in.p[at];
		return at + 1;
	}
	if (resolve(reader, names_chars(in, at + 1, end - 1, reader->arena), &value)) {
		put_value(reader, out, value, in.p[at].at);
		return end;
	}
	for (size_t i = at; i < end; i++) {
		struct scan_char c = in.p[i];
		c.opaque = true;
		*vec_push(reader->arena, out) = c;
	}
	return end;
}

/* A "$name" or "$name.attr" that starts at `at`; when unknown it is left to the shell. */
static size_t expand_dollar(
	const struct names_reader *reader, struct scan_text in, size_t at, char_vec *out)
{
	size_t end = at + 1;
	struct str value;
	while (end < in.n && (is_identifier_char(in.p[end].c) ||
				     (in.p[end].c == '.' && end > at + 1 && end + 1 < in.n &&
					     is_identifier_char(in.p[end + 1].c) &&
					     !char_is_digit(in.p[end + 1].c)))) {
		end++;
	}
	struct str name = names_chars(in, at + 1, end, reader->arena);
	if (resolve(reader, name, &value)) {
		put_value(reader, out, value, in.p[at].at);
		return end;
	}
	ptrdiff_t dot = str_find_char(name, '.');
	if (dot > 0 && resolve(reader, str_slice(name, 0, (size_t)dot), &value)) {
		put_value(reader, out, value, in.p[at].at);
		return at + 1 + (size_t)dot;
	}
	*vec_push(reader->arena, out) = in.p[at];
	return at + 1;
}

struct scan_text names_expand(
	const struct source_names *names, struct scan_text in, struct arena *arena)
{
	struct names_reader held = {names, arena};
	const struct names_reader *reader = &held;
	char_vec out = {0};
	bool quoted = false; /* in single quotes no '$' is replaced, but '{' is */
	for (size_t at = 0; at < in.n;) {
		char c = in.p[at].c;
		char next = at + 1 < in.n ? in.p[at + 1].c : '\0';
		quoted = c == '\'' ? !quoted : quoted;
		if ((c == '{' || c == '}' || c == '$') && next == c) { /* one, by doubling it */
			*vec_push(reader->arena, &out) = in.p[at];
			at += 2;
		} else if (c == '{') {
			at = expand_braces(reader, in, at, &out);
		} else if (c == '$' && !quoted && is_identifier_char(next)) {
			at = expand_dollar(reader, in, at, &out);
		} else {
			*vec_push(reader->arena, &out) = in.p[at];
			at++;
		}
	}
	return (struct scan_text){out.p, out.n};
}
