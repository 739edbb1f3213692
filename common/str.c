#include "common/str.h"
#include <stdarg.h>
#include "common/arena.h"
#include "common/banned.h"

struct str str_slice(struct str s, size_t from, size_t to)
{
	if (to > s.n) {
		to = s.n;
	}
	if (from > to) {
		from = to;
	}
	return (struct str){from == 0 ? s.p : s.p + from, to - from};
}

bool str_ieq(struct str a, struct str b)
{
	if (a.n != b.n) {
		return false;
	}
	if (a.n == 0 || memcmp(a.p, b.p, a.n) == 0) {
		return true;
	}
	for (size_t i = 0; i < a.n; i++) {
		if (char_lower(a.p[i]) != char_lower(b.p[i])) {
			return false;
		}
	}
	return true;
}

int str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n == 0 ? 0 : memcmp(a.p, b.p, n);
	if (c != 0) {
		return c;
	}
	return a.n < b.n ? -1 : a.n > b.n;
}

bool str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_eq(str_slice(s, 0, prefix.n), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_eq(str_skip(s, s.n - suffix.n), suffix);
}

ptrdiff_t str_find(struct str s, struct str needle)
{
	if (needle.n == 0) {
		return 0;
	}
	if (s.n < needle.n) {
		return -1;
	}
	const char *p = memmem(s.p, s.n, needle.p, needle.n);
	return p == NULL ? -1 : p - s.p;
}

ptrdiff_t str_find_char(struct str s, char c)
{
	const char *p = s.n == 0 ? NULL : memchr(s.p, c, s.n);
	return p == NULL ? -1 : p - s.p;
}

ptrdiff_t str_find_last_char(struct str s, char c)
{
	const char *p = s.n == 0 ? NULL : memrchr(s.p, c, s.n);
	return p == NULL ? -1 : p - s.p;
}

bool str_cut(struct str s, struct str separator, struct str *ret_before, struct str *ret_after)
{
	ptrdiff_t at = str_find(s, separator);
	if (at < 0) {
		return false;
	}
	*ret_before = str_slice(s, 0, (size_t)at);
	*ret_after = str_skip(s, (size_t)at + separator.n);
	return true;
}

bool str_next_line(struct str *rest, struct str *ret_line)
{
	if (rest->n == 0) {
		return false;
	}
	size_t end = 0;
	while (end < rest->n && rest->p[end] != '\n' && rest->p[end] != '\r') {
		end++;
	}
	size_t next = end;
	if (next < rest->n) {
		bool crlf =
			rest->p[next] == '\r' && next + 1 < rest->n && rest->p[next + 1] == '\n';
		next += crlf ? 2 : 1;
	}
	*ret_line = str_slice(*rest, 0, end);
	*rest = str_skip(*rest, next);
	return true;
}

struct str str_trim_left(struct str s)
{
	while (s.n > 0 && char_is_space(s.p[0])) {
		s = str_skip(s, 1);
	}
	return s;
}

struct str str_trim_right(struct str s)
{
	while (s.n > 0 && char_is_space(s.p[s.n - 1])) {
		s.n--;
	}
	return s;
}

struct str str_trim(struct str s)
{
	return str_trim_left(str_trim_right(s));
}

bool str_to_u64(struct str s, uint64_t *ret)
{
	uint64_t value = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (!char_is_digit(s.p[i]) || __builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, (uint64_t)(s.p[i] - '0'), &value)) {
			return false;
		}
	}
	if (s.n == 0) {
		return false;
	}
	*ret = value;
	return true;
}

uint64_t str_hash(struct str s)
{
	uint64_t h = 0xcbf29ce484222325u;
	for (size_t i = 0; i < s.n; i++) {
		h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3u;
	}
	return h;
}

/* Length of the well-formed UTF-8 character at the start of s, or 0. Source: RFC 3629 section 4. */
static size_t utf8_length(struct str s)
{
	unsigned char c = (unsigned char)s.p[0];
	size_t n = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
	if (n == 0 || n > s.n) {
		return 0;
	}
	for (size_t i = 1; i < n; i++) {
		if (((unsigned char)s.p[i] & 0xc0) != 0x80) {
			return 0;
		}
	}
	unsigned char second = n > 1 ? (unsigned char)s.p[1] : 0;
	bool bad = (c == 0xe0 && second < 0xa0) || (c == 0xed && second > 0x9f) ||
		   (c == 0xf0 && second < 0x90) || (c == 0xf4 && second > 0x8f);
	return bad ? 0 : n;
}

bool str_is_utf8(struct str s)
{
	while (s.n > 0) {
		size_t n = utf8_length(s);
		if (n == 0) {
			return false;
		}
		s = str_skip(s, n);
	}
	return true;
}

void buf_done(struct buf *buf)
{
	free(buf->p);
	*buf = (struct buf){.max = buf->max};
}

void buf_reset(struct buf *buf)
{
	buf->n = 0;
	buf->full = false;
}

char *buf_room(struct buf *buf, size_t n)
{
	size_t max = buf->max == 0 ? (size_t)BUF_MAX_DEFAULT : buf->max;
	if (buf->full || n > max || buf->n > max - n) {
		buf->full = true;
		return NULL;
	}
	size_t need = buf->n + n + 1;
	if (need > buf->cap) {
		size_t cap = buf->cap < 64 ? 64 : buf->cap * 2;
		cap = cap < need ? need : cap;
		char *p = realloc(buf->p, cap);
		if (p == NULL) {
			arena_die("out of memory");
		}
		buf->p = p;
		buf->cap = cap;
	}
	return buf->p + buf->n;
}

void buf_add(struct buf *buf, struct str s)
{
	char *room = buf_room(buf, s.n);
	if (room == NULL) {
		return;
	}
	if (s.n > 0) {
		memcpy(room, s.p, s.n);
	}
	buf->n += s.n;
	buf->p[buf->n] = '\0';
}

void buf_byte(struct buf *buf, char c)
{
	buf_add(buf, (struct str){&c, 1});
}

void buf_addf(struct buf *buf, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	char *room = n < 0 ? NULL : buf_room(buf, (size_t)n);
	if (room == NULL) {
		return;
	}
	va_start(args, format);
	vsnprintf(room, (size_t)n + 1, format, args);
	va_end(args);
	buf->n += (size_t)n;
}

void buf_add_shown(struct buf *buf, struct str s, bool one_line)
{
	while (s.n > 0) {
		size_t n = utf8_length(s);
		unsigned char c = (unsigned char)s.p[0];
		bool blank = (c == '\n' || c == '\t') && !one_line;
		bool c1 = n == 2 && c == 0xc2 && (unsigned char)s.p[1] < 0xa0;
		if (n == 0 || c1 || ((c < 0x20 || c == 0x7f) && !blank)) {
			n = n == 0 ? 1 : n;
			for (size_t i = 0; i < n; i++) {
				buf_addf(buf, "\\x%02x", (unsigned char)s.p[i]);
			}
		} else {
			buf_add(buf, str_slice(s, 0, n));
		}
		s = str_skip(s, n);
	}
}

void buf_add_html(struct buf *buf, struct str s)
{
	while (s.n > 0) {
		size_t plain = 0;
		while (plain < s.n && memchr("&<>\"'", s.p[plain], 5) == NULL) {
			plain++;
		}
		buf_add_shown(buf, str_slice(s, 0, plain), false);
		s = str_skip(s, plain);
		if (s.n > 0) {
			buf_addf(buf, "&#%d;", s.p[0]);
			s = str_skip(s, 1);
		}
	}
}

char *str_copy(struct str s)
{
	char *copy = malloc(s.n + 1);
	if (copy == NULL) {
		arena_die("out of memory");
	}
	if (s.n > 0) {
		memcpy(copy, s.p, s.n);
	}
	copy[s.n] = '\0';
	return copy;
}
