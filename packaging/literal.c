#include "packaging/literal.h"
#include "common/banned.h"

static int digit_value(char c)
{
	if (char_is_digit(c)) {
		return c - '0';
	}
	char lower = char_lower(c);
	return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 99;
}

/* Up to `most` digits of the base at the start of *rest, taken off it; how many there were. */
static size_t take_digits(struct str *rest, size_t most, int base, uint32_t *ret)
{
	size_t n = 0;
	uint32_t value = 0;
	while (n < most && n < rest->n && digit_value(rest->p[n]) < base) {
		value = value * (uint32_t)base + (uint32_t)digit_value(rest->p[n]);
		n++;
	}
	*rest = str_skip(*rest, n);
	*ret = value;
	return n;
}

/* UTF-8; surrogates too, which Python allows here. Source: RFC 3629. */
static void add_character(uint32_t c, struct buf *out)
{
	if (c < 0x80) {
		buf_byte(out, (char)c);
	} else if (c < 0x800) {
		buf_byte(out, (char)(0xc0 | c >> 6));
		buf_byte(out, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		buf_byte(out, (char)(0xe0 | c >> 12));
		buf_byte(out, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_byte(out, (char)(0x80 | (c & 0x3f)));
	} else {
		buf_byte(out, (char)(0xf0 | c >> 18));
		buf_byte(out, (char)(0x80 | (c >> 12 & 0x3f)));
		buf_byte(out, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_byte(out, (char)(0x80 | (c & 0x3f)));
	}
}

/* \xHH, \uHHHH, \UHHHHHHHH behind their letter. */
static bool add_hexadecimal(struct str *rest, size_t digits, struct buf *out)
{
	uint32_t value;
	if (take_digits(rest, digits, 16, &value) != digits || value > 0x10ffff) {
		return false;
	}
	add_character(value, out);
	return true;
}

/* *rest stands behind a backslash. */
static bool add_escape(struct str *rest, struct buf *out)
{
	static const char letters[] = "abfnrtv\\'\"", values[] = "\a\b\f\n\r\t\v\\'\"";
	if (rest->n == 0) {
		return false;
	}
	char c = rest->p[0];
	if (c >= '0' && c <= '7') {
		uint32_t value;
		(void)!take_digits(rest, 3, 8, &value);
		add_character(value, out);
		return true;
	}
	*rest = str_skip(*rest, 1);
	const char *letter = c == '\0' ? NULL : strchr(letters, c);
	if (letter != NULL) {
		buf_byte(out, values[letter - letters]);
		return true;
	}
	switch (c) {
	case 'x':
		return add_hexadecimal(rest, 2, out);
	case 'u':
		return add_hexadecimal(rest, 4, out);
	case 'U':
		return add_hexadecimal(rest, 8, out);
	case 'N':
	case '\0':
		return false;
	case '\r': /* a line that goes on */
		*rest = str_skip(*rest, rest->n > 0 && rest->p[0] == '\n');
		return true;
	case '\n':
		return true;
	default: /* no escape after all: both characters stay */
		buf_byte(out, '\\');
		buf_byte(out, c);
		return true;
	}
}

bool literal_decode(struct str inside, struct arena *arena, struct str *ret)
{
	AUTO(buf_done) struct buf out = {0};
	bool escaped = false;
	struct str rest = inside;
	while (rest.n > 0) {
		char c = rest.p[0];
		rest = str_skip(rest, 1);
		if (c == '\n' || c == '\r' || c == '\0') {
			return false;
		}
		if (c != '\\') {
			buf_byte(&out, c);
			continue;
		}
		escaped = true;
		if (!add_escape(&rest, &out)) {
			return false;
		}
	}
	*ret = escaped ? arena_str(arena, buf_str(&out)) : inside;
	return true;
}

void literal_add(struct str text, struct buf *out)
{
	bool single = str_find_char(text, '\'') >= 0, twice = str_find_char(text, '"') >= 0;
	char quote = single && !twice ? '"' : '\'';
	buf_byte(out, quote);
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (c == '\\' || c == quote) {
			/* a quote as a number: readers that know no escapes look for the next quote */
			buf_addf(out, c == quote ? "\\x%02x" : "\\%c", c);
		} else if ((unsigned char)c < 0x20 || c == 0x7f) {
			buf_addf(out, "\\x%02x", c);
		} else {
			buf_byte(out, c);
		}
	}
	buf_byte(out, quote);
}
