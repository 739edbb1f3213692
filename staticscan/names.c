#include "staticscan/names.h"
#include "common/banned.h"

enum { PLACEHOLDER_MAX = 200, EXPANDED_MAX = 1 << 20 };

static bool is_identifier_char(char c)
{
	return char_is_alnum(c) || c == '_' || ((unsigned char)c & 0x80) != 0;
}

/* ---- {placeholders} and $names of escaped lines ---- */

static void put_value(struct evaluation *reader, char_vec *out, struct str value, size_t at)
{
	for (size_t i = 0; i < value.n; i++) {
		*vec_push(reader->facts->arena, out) =
			(struct scan_char){(uint32_t)at, value.p[i], false};
	}
}

/* A "{...}" that starts at `at`: its value, or itself as opaque. Returns where it ends. */
static size_t expand_braces(
	struct evaluation *reader, struct scan_text in, size_t at, char_vec *out)
{
	size_t end = at + 1;
	int depth = 1;
	struct str value;
	while (end < in.n && depth > 0 && end - at < PLACEHOLDER_MAX) {
		depth += in.p[end].c == '{' ? 1 : in.p[end].c == '}' ? -1 : 0;
		end++;
	}
	if (depth > 0) { /* no placeholder */
		*vec_push(reader->facts->arena, out) = in.p[at];
		return at + 1;
	}
	if (evaluate_placeholder(
		    reader, source_chars(in, at + 1, end - 1, reader->facts->arena), &value)) {
		put_value(reader, out, value, in.p[at].at);
		return end;
	}
	for (size_t i = at; i < end; i++) {
		struct scan_char c = in.p[i];
		c.opaque = true;
		*vec_push(reader->facts->arena, out) = c;
	}
	return end;
}

/* A "$name" or "$name.attr" that starts at `at`; when unknown it is left to the shell. */
static size_t expand_dollar(
	struct evaluation *reader, struct scan_text in, size_t at, char_vec *out)
{
	size_t end = at + 1;
	struct str value;
	while (end < in.n && (is_identifier_char(in.p[end].c) ||
				     (in.p[end].c == '.' && end > at + 1 && end + 1 < in.n &&
					     is_identifier_char(in.p[end + 1].c) &&
					     !char_is_digit(in.p[end + 1].c)))) {
		end++;
	}
	struct str name = source_chars(in, at + 1, end, reader->facts->arena);
	if (evaluate_placeholder(reader, name, &value)) {
		put_value(reader, out, value, in.p[at].at);
		return end;
	}
	ptrdiff_t dot = str_find_char(name, '.');
	if (dot > 0 && evaluate_placeholder(reader, str_slice(name, 0, (size_t)dot), &value)) {
		put_value(reader, out, value, in.p[at].at);
		return at + 1 + (size_t)dot;
	}
	*vec_push(reader->facts->arena, out) = in.p[at];
	return at + 1;
}

struct scan_text names_expand(struct evaluation *reader, struct scan_text in)
{
	char_vec out = {0};
	bool quoted = false; /* in single quotes no '$' is replaced, but '{' is */
	for (size_t at = 0; at < in.n && out.n < EXPANDED_MAX;) {
		char c = in.p[at].c;
		char next = at + 1 < in.n ? in.p[at + 1].c : '\0';
		quoted = c == '\'' ? !quoted : quoted;
		if ((c == '{' || c == '}' || c == '$') && next == c) { /* one, by doubling it */
			*vec_push(reader->facts->arena, &out) = in.p[at];
			at += 2;
		} else if (c == '{') {
			at = expand_braces(reader, in, at, &out);
		} else if (c == '$' && !quoted && is_identifier_char(next)) {
			at = expand_dollar(reader, in, at, &out);
		} else {
			*vec_push(reader->facts->arena, &out) = in.p[at];
			at++;
		}
	}
	return (struct scan_text){out.p, out.n};
}
