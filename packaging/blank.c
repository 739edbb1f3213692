#include "packaging/blank.h"
#include "common/banned.h"

/* Source: the White_Space characters of Unicode and the ASCII separators 1c to 1f. */
size_t blank_length(struct str s)
{
	if (s.n == 0) {
		return 0;
	}
	unsigned char a = (unsigned char)s.p[0];
	if (a < 0x80) {
		return char_is_space((char)a) || (a >= 0x1c && a <= 0x1f);
	}
	unsigned char b = s.n > 1 ? (unsigned char)s.p[1] : 0;
	unsigned char c = s.n > 2 ? (unsigned char)s.p[2] : 0;
	if (a == 0xc2) {
		return b == 0x85 || b == 0xa0 ? 2 : 0;
	}
	bool ogham = a == 0xe1 && b == 0x9a && c == 0x80;
	bool general = a == 0xe2 && b == 0x80 &&
		       ((c >= 0x80 && c <= 0x8a) || c == 0xa8 || c == 0xa9 || c == 0xaf);
	bool mathematical = a == 0xe2 && b == 0x81 && c == 0x9f;
	bool ideographic = a == 0xe3 && b == 0x80 && c == 0x80;
	return ogham || general || mathematical || ideographic ? 3 : 0;
}

size_t blank_prefix(struct str s)
{
	size_t n = 0;
	for (size_t one; (one = blank_length(str_skip(s, n))) > 0;) {
		n += one;
	}
	return n;
}

struct str blank_trim(struct str s)
{
	s = str_skip(s, blank_prefix(s));
	for (;;) {
		size_t n = s.n;
		for (size_t length = 1; length <= 3 && length <= s.n; length++) {
			if (blank_length(str_skip(s, s.n - length)) == length) {
				s.n -= length;
				break;
			}
		}
		if (s.n == n) {
			return s;
		}
	}
}
