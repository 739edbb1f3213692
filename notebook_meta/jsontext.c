#include "notebook_meta/jsontext.h"
#include "common/jansson_text.h"
#include "common/banned.h"

void jsontext_add_string(struct buf *out, struct str s)
{
	static const char from[] = "\"\\\b\f\n\r\t";
	static const char to[] = "\"\\bfnrt";
	size_t plain = 0; /* start of the run not yet written */
	buf_byte(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c >= 0x20 && c != '"' && c != '\\') {
			continue;
		}
		buf_add(out, str_slice(s, plain, i));
		plain = i + 1;
		const char *known = c == 0 ? NULL : strchr(from, c);
		if (known != NULL) {
			buf_byte(out, '\\');
			buf_byte(out, to[known - from]);
		} else {
			buf_addf(out, "\\u%04x", c);
		}
	}
	buf_add(out, str_skip(s, plain));
	buf_byte(out, '"');
}

/*
 * The fewest digits that read back as the same number, as Python's repr() chooses. We write no
 * floats ourselves; this is for members of metadata.thoth that somebody else put there.
 */
static void add_real(struct buf *out, double value)
{
	char text[64];
	int n_digits = 0;
	do {
		snprintf(text, sizeof(text), "%.*e", n_digits++, value);
	} while (n_digits < 17 && strtod(text, NULL) != value);
	char *mark = strchr(text, 'e');
	int exponent = (int)strtol(mark + 1, NULL, 10);
	if (exponent < -4 || exponent >= 16) {
		buf_add(out, (struct str){text, (size_t)(mark - text)});
		buf_addf(out, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
		return;
	}
	int after_point = n_digits - 1 - exponent;
	buf_addf(out, "%.*f", after_point < 1 ? 1 : after_point, value);
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The keys of object in order; NULL-terminated, free with free(). jansson keys hold no NUL. */
static const char **sorted_keys(const json_t *object)
{
	const char **keys = calloc(json_object_size(object) + 1, sizeof(*keys));
	if (keys == NULL) {
		arena_die("out of memory");
	}
	size_t n = 0;
	json_t *borrowed = (json_t *)object; /* jansson's iterators take no const */
	for (void *at = json_object_iter(borrowed); at != NULL;
		at = json_object_iter_next(borrowed, at)) {
		keys[n++] = json_object_iter_key(at);
	}
	qsort(keys, n, sizeof(*keys), compare_keys);
	return keys;
}

static void add_break(struct buf *out, const struct jsontext_style *style, size_t level, bool first)
{
	if (!style->lines) {
		buf_add(out, first ? S("") : style->separator);
		return;
	}
	buf_add(out, first ? S("") : S(","));
	buf_add(out, style->newline);
	buf_add(out, style->base);
	for (size_t i = 0; i < level; i++) {
		buf_add(out, style->unit);
	}
}

/* The end of a container on its own line. */
static void add_close(struct buf *out, const struct jsontext_style *style, size_t level, char close)
{
	if (style->lines) {
		add_break(out, style, level, true);
	}
	buf_byte(out, close);
}

static void add_value(
	struct buf *out, const json_t *value, const struct jsontext_style *style, size_t level);

static void add_object(
	struct buf *out, const json_t *value, const struct jsontext_style *style, size_t level)
{
	if (json_object_size(value) == 0) {
		buf_add(out, S("{}"));
		return;
	}
	const char **keys = sorted_keys(value);
	buf_byte(out, '{');
	for (size_t i = 0; keys[i] != NULL; i++) {
		add_break(out, style, level + 1, i == 0);
		jsontext_add_string(out, str_from(keys[i]));
		buf_add(out, style->colon);
		add_value(out, json_object_get(value, keys[i]), style, level + 1);
	}
	add_close(out, style, level, '}');
	free(keys);
}

static void add_array(
	struct buf *out, const json_t *value, const struct jsontext_style *style, size_t level)
{
	if (json_array_size(value) == 0) {
		buf_add(out, S("[]"));
		return;
	}
	buf_byte(out, '[');
	for (size_t i = 0; i < json_array_size(value); i++) {
		add_break(out, style, level + 1, i == 0);
		add_value(out, json_array_get(value, i), style, level + 1);
	}
	add_close(out, style, level, ']');
}

/* Recursion is bounded by jansson's own limit of 2,048 levels. */
static void add_value(
	struct buf *out, const json_t *value, const struct jsontext_style *style, size_t level)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		add_object(out, value, style, level);
		return;
	case JSON_ARRAY:
		add_array(out, value, style, level);
		return;
	case JSON_STRING:
		jsontext_add_string(out, jansson_text(value));
		return;
	case JSON_INTEGER:
		buf_addf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		return;
	case JSON_REAL:
		add_real(out, json_real_value(value));
		return;
	case JSON_TRUE:
		buf_add(out, S("true"));
		return;
	case JSON_FALSE:
		buf_add(out, S("false"));
		return;
	case JSON_NULL:
		buf_add(out, S("null"));
		return;
	}
}

void jsontext_add(struct buf *out, const json_t *value, const struct jsontext_style *style)
{
	add_value(out, value, style, 0);
}

json_t *jsontext_string(struct str s)
{
	json_t *string = json_stringn(s.n == 0 ? "" : s.p, s.n);
	if (string == NULL) { /* not UTF-8 */
		AUTO(buf_done) struct buf shown = {0};
		buf_add_shown(&shown, s, true);
		string = json_stringn(shown.n == 0 ? "" : shown.p, shown.n);
	}
	if (string == NULL) {
		arena_die("out of memory");
	}
	return string;
}
