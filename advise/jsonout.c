#include "advise/jsonout.h"
#include "common/banned.h"

/* Code point of the UTF-8 sequence at s, its length in *ret_n; U+FFFD and 1 for what is none. */
static uint32_t code_point(struct str s, size_t *ret_n)
{
	unsigned char c = (unsigned char)s.p[0];
	size_t n = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	uint32_t point = c < 0x80 ? c : c >= 0xf0 ? c & 7 : c >= 0xe0 ? c & 15 : c & 31;
	*ret_n = 1;
	if (n > s.n || (c >= 0x80 && c < 0xc2) || c > 0xf4) {
		return 0xfffd;
	}
	for (size_t i = 1; i < n; i++) {
		if (((unsigned char)s.p[i] & 0xc0) != 0x80) {
			return 0xfffd;
		}
		point = point << 6 | ((unsigned char)s.p[i] & 0x3f);
	}
	*ret_n = n;
	return point; /* lone surrogates pass: they are escaped as they are in notebooks */
}

void jsonout_text(struct buf *out, struct str text)
{
	buf_byte(out, '"');
	while (text.n > 0) {
		size_t n = 0;
		while (n < text.n && text.p[n] >= 0x20 && text.p[n] < 0x7f && text.p[n] != '"' &&
			text.p[n] != '\\') {
			n++;
		}
		buf_add(out, str_slice(text, 0, n));
		text = str_skip(text, n);
		if (text.n == 0) {
			break;
		}
		uint32_t point = code_point(text, &n);
		if (point == '"' || point == '\\') {
			buf_byte(out, '\\');
			buf_byte(out, (char)point);
		} else if (point == '\n') {
			buf_add(out, S("\\n"));
		} else if (point > 0xffff) {
			buf_addf(out, "\\u%04x\\u%04x", 0xd800 + ((point - 0x10000) >> 10),
				0xdc00 + ((point - 0x10000) & 0x3ff));
		} else {
			buf_addf(out, "\\u%04x", point);
		}
		text = str_skip(text, n);
	}
	buf_byte(out, '"');
}

void jsonout_key(struct buf *out, const char *key)
{
	char last = out->n > 0 ? out->p[out->n - 1] : '\0';
	buf_addf(out, "%s\"%s\":", last == '{' || last == '[' ? "" : ",", key);
}

void jsonout_member(struct buf *out, const char *key, struct str text)
{
	jsonout_key(out, key);
	jsonout_text(out, text);
}

void jsonout_optional(struct buf *out, const char *key, struct str text)
{
	if (text.n > 0) {
		jsonout_member(out, key, text);
	}
}

void jsonout_flag(struct buf *out, const char *key, bool value)
{
	if (value) {
		jsonout_key(out, key);
		buf_add(out, S("true"));
	}
}

void jsonout_list(struct buf *out, const char *key, const struct str *items, size_t n)
{
	jsonout_key(out, key);
	buf_byte(out, '[');
	for (size_t i = 0; i < n; i++) {
		buf_add(out, i == 0 ? S("") : S(","));
		jsonout_text(out, items[i]);
	}
	buf_byte(out, ']');
}

void jsonout_next(struct buf *out)
{
	char last = out->p[out->n - 1];
	buf_add(out, last == '[' || last == '{' ? S("\n ") : S(",\n "));
}
