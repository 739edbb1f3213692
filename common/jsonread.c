#include "common/jsonread.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif
#include "common/banned.h"

struct jsonread jsonread_start(struct str text)
{
	struct jsonread in = {.text = text};
	if (str_starts(text, S("\xef\xbb\xbf"))) {
		in.at = 3;
	}
	return in;
}

static bool fault(struct jsonread *in, const char *what)
{
	if (in->fault == NULL) {
		in->fault = what;
		in->fault_at = in->at;
	}
	return false;
}

static char next_after_blanks(struct jsonread *in)
{
	if (in->fault != NULL) {
		return '\0';
	}
	const char *p = in->text.p;
	size_t at = in->at;
	size_t n = in->text.n;
	while (at < n && (p[at] == ' ' || p[at] == '\n' || p[at] == '\r' || p[at] == '\t')) {
		at++;
	}
	in->at = at;
	return at < n ? p[at] : '\0';
}

/* The next byte that is no white space, or NUL at the end or after a fault. */
static inline char next(struct jsonread *in)
{
	bool there = in->fault == NULL && in->at < in->text.n;
	char c = there ? in->text.p[in->at] : '\0';
	return (unsigned char)c > ' ' ? c : next_after_blanks(in);
}

enum jsonread_kind jsonread_peek(struct jsonread *in)
{
	char c = next(in);
	switch (c) {
	case '{':
		return JSONREAD_OBJECT;
	case '[':
		return JSONREAD_ARRAY;
	case '"':
		return JSONREAD_STRING;
	case 't':
		return JSONREAD_TRUE;
	case 'f':
		return JSONREAD_FALSE;
	case 'n':
		return JSONREAD_NULL;
	default:
		return char_is_digit(c) || c == '-' || c == 'N' || c == 'I' ? JSONREAD_NUMBER
									    : JSONREAD_NONE;
	}
}

static bool enter(struct jsonread *in, char open, const char *expected)
{
	if (next(in) != open) {
		return fault(in, expected);
	}
	if (in->depth >= JSONREAD_DEPTH_MAX) {
		return fault(in, "nested too deeply");
	}
	in->at++;
	in->depth++;
	in->first = true;
	return true;
}

bool jsonread_object(struct jsonread *in)
{
	return enter(in, '{', "expected an object");
}

bool jsonread_array(struct jsonread *in)
{
	return enter(in, '[', "expected an array");
}

/* Step over the comma, or out of the container. True when a member or element follows. */
static bool step(struct jsonread *in, char close, const char *expected)
{
	char c = next(in);
	bool first = in->first;
	in->first = false;
	if (in->fault != NULL) {
		return false;
	}
	if (c == close) {
		in->at++;
		in->depth--;
		return false;
	}
	if (!first) {
		if (c != ',') {
			return fault(in, expected);
		}
		in->at++;
		if (next(in) == close) {
			return fault(in, "unexpected comma before the end");
		}
	}
	return true;
}

/* Offset of the first '"' or '\\' or control character at or after `at`; n when there is none. */
static size_t string_stop(const char *p, size_t at, size_t n)
{
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"');
	const __m128i backslash = _mm_set1_epi8('\\');
	const __m128i last_control = _mm_set1_epi8(0x1f);
	while (at + 16 <= n) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + at));
		__m128i hit = _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, backslash));
		hit = _mm_or_si128(hit, _mm_cmpeq_epi8(_mm_min_epu8(v, last_control), v));
		int mask = _mm_movemask_epi8(hit);
		if (mask != 0) {
			return at + (size_t)__builtin_ctz((unsigned)mask);
		}
		at += 16;
	}
#endif
	while (at < n && p[at] != '"' && p[at] != '\\' && (unsigned char)p[at] > 0x1f) {
		at++;
	}
	return at;
}

/* Four hexadecimal digits as a number, or -1. */
static int hex4(struct str s)
{
	int value = 0;
	if (s.n < 4) {
		return -1;
	}
	for (size_t i = 0; i < 4; i++) {
		char c = char_lower(s.p[i]);
		if (!char_is_digit(c) && (c < 'a' || c > 'f')) {
			return -1;
		}
		value = value * 16 + (char_is_digit(c) ? c - '0' : c - 'a' + 10);
	}
	return value;
}

/* Bytes of the escape at the start of s: 2, 6 for \uXXXX, 0 when RFC 8259 knows none such. */
static size_t escape_length(struct str s)
{
	if (s.n < 2 || s.p[1] == '\0' || strchr("\"\\/bfnrtu", s.p[1]) == NULL) {
		return 0;
	}
	if (s.p[1] != 'u') {
		return 2;
	}
	return hex4(str_skip(s, 2)) < 0 ? 0 : 6;
}

/* Take a string whose opening quote is next; the bytes between the quotes. */
static struct str raw_string(struct jsonread *in)
{
	const char *p = in->text.p;
	size_t n = in->text.n;
	size_t start = in->at + 1;
	size_t at = start;
	for (;;) {
		at = string_stop(p, at, n);
		if (at >= n) {
			in->at = n;
			fault(in, "the text ends inside a string");
			return S("");
		}
		if (p[at] == '"') {
			in->at = at + 1;
			return (struct str){p + start, at - start};
		}
		if (p[at] != '\\') {
			in->at = at;
			fault(in, "control character inside a string");
			return S("");
		}
		size_t length = escape_length(str_slice(in->text, at, at + 6));
		if (length == 0) {
			bool cut = n - at < 6 && memchr(p + at, '"', n - at) == NULL;
			in->at = cut ? n : at;
			fault(in, "unknown escape inside a string");
			return S("");
		}
		at += length;
	}
}

bool jsonread_key(struct jsonread *in, struct str *ret_raw_key)
{
	if (!step(in, '}', "expected ',' or '}'")) {
		return false;
	}
	if (next(in) != '"') {
		return fault(in, "expected a key in double quotes");
	}
	struct str key = raw_string(in);
	if (in->fault != NULL) {
		return false;
	}
	if (next(in) != ':') {
		return fault(in, "expected ':' after the key");
	}
	in->at++;
	*ret_raw_key = key;
	return true;
}

bool jsonread_element(struct jsonread *in)
{
	return step(in, ']', "expected ',' or ']'");
}

static size_t put_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | (c >> 6));
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | (c >> 12));
		out[1] = (char)(0x80 | ((c >> 6) & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | (c >> 18));
	out[1] = (char)(0x80 | ((c >> 12) & 0x3f));
	out[2] = (char)(0x80 | ((c >> 6) & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* Decode the whole \uXXXX at the start of s into out; returns how many bytes of s it took. */
static size_t unicode_escape(struct str s, char *out, size_t *n_out)
{
	uint32_t c = (uint32_t)hex4(str_skip(s, 2));
	size_t took = 6;
	if (c >= 0xd800 && c < 0xe000) {
		int low = s.n >= 12 && s.p[6] == '\\' && s.p[7] == 'u' ? hex4(str_skip(s, 8)) : -1;
		bool pair = c < 0xdc00 && low >= 0xdc00 && low < 0xe000;
		c = pair ? 0x10000 + ((c - 0xd800) << 10) + ((uint32_t)low - 0xdc00) : 0xfffd;
		took = pair ? 12 : 6;
	}
	*n_out += put_utf8(out, c);
	return took;
}

/* No escape decodes to more bytes than it has, so the result fits into raw.n whatever raw holds. */
struct str jsonread_unescape(struct str raw, struct arena *arena)
{
	if (str_find_char(raw, '\\') < 0) {
		return raw;
	}
	char *out = arena_alloc(arena, raw.n, 1);
	size_t n = 0;
	while (raw.n > 0) {
		size_t length = raw.p[0] == '\\' ? escape_length(raw) : 0;
		if (length == 0) {
			out[n++] = raw.p[0];
			raw = str_skip(raw, 1);
			continue;
		}
		if (length == 6) {
			raw = str_skip(raw, unicode_escape(raw, out + n, &n));
			continue;
		}
		static const char from[] = "bfnrt";
		static const char to[] = "\b\f\n\r\t";
		const char *simple = memchr(from, raw.p[1], 5);
		out[n++] = simple == NULL ? raw.p[1] : to[simple - from];
		raw = str_skip(raw, length);
	}
	return (struct str){out, n};
}

struct str jsonread_string(struct jsonread *in, struct arena *arena)
{
	if (next(in) != '"') {
		fault(in, "expected a string");
		return S("");
	}
	return jsonread_unescape(raw_string(in), arena);
}

/* Digits at the start of s. */
static size_t digits(struct str s)
{
	size_t n = 0;
	while (n < s.n && char_is_digit(s.p[n])) {
		n++;
	}
	return n;
}

/* Length of the number at the start of s, 0 when there is none. Source: RFC 8259 section 6. */
static size_t number_length(struct str s)
{
	size_t at = str_starts(s, S("-")) ? 1 : 0;
	size_t whole = digits(str_skip(s, at));
	if (whole == 0 || (whole > 1 && s.p[at] == '0')) {
		return 0;
	}
	at += whole;
	if (at < s.n && s.p[at] == '.') {
		size_t fraction = digits(str_skip(s, at + 1));
		if (fraction == 0) {
			return 0;
		}
		at += 1 + fraction;
	}
	if (at < s.n && (s.p[at] == 'e' || s.p[at] == 'E')) {
		at++;
		at += at < s.n && (s.p[at] == '+' || s.p[at] == '-') ? 1 : 0;
		size_t exponent = digits(str_skip(s, at));
		return exponent == 0 ? 0 : at + exponent;
	}
	return at;
}

/* Take a number or one of the words. */
static void skip_word(struct jsonread *in)
{
	static const char *const words[] = {
		"true", "false", "null", "NaN", "Infinity", "-Infinity"};
	struct str rest = str_skip(in->text, in->at);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (str_starts(rest, str_from(words[i]))) {
			in->at += strlen(words[i]);
			return;
		}
	}
	size_t n = number_length(rest);
	if (n == 0) {
		fault(in, "expected a value");
	}
	in->at += n;
}

/*
 * Skip a container without recursion. `open` holds one bit per level, so that a "]" cannot close a
 * "{"; punctuation between values is checked by the same key/element steps the caller uses.
 */
static void skip_container(struct jsonread *in)
{
	unsigned char is_object[JSONREAD_DEPTH_MAX / 8 + 1];
	uint32_t base = in->depth;
	struct str key;
	do {
		uint32_t level = in->depth - base;
		bool object = level > 0 && (is_object[level >> 3] >> (level & 7) & 1) != 0;
		if (level > 0 && !(object ? jsonread_key(in, &key) : jsonread_element(in))) {
			continue; /* left the container, or a fault */
		}
		enum jsonread_kind kind = jsonread_peek(in);
		if (kind == JSONREAD_OBJECT || kind == JSONREAD_ARRAY) {
			bool entered =
				kind == JSONREAD_OBJECT ? jsonread_object(in) : jsonread_array(in);
			level = in->depth - base;
			if (entered && ((level & 7) == 0 || level == 1)) {
				is_object[level >> 3] = 0; /* nothing above is open */
			}
			if (entered) {
				unsigned char bit = (unsigned char)(1u << (level & 7));
				is_object[level >> 3] =
					(unsigned char)(kind == JSONREAD_OBJECT
								? is_object[level >> 3] | bit
								: is_object[level >> 3] & ~bit);
			}
		} else if (kind == JSONREAD_STRING) {
			raw_string(in);
		} else if (in->fault == NULL) {
			skip_word(in);
		}
	} while (in->fault == NULL && in->depth > base);
}

struct str jsonread_raw(struct jsonread *in)
{
	enum jsonread_kind kind = jsonread_peek(in);
	size_t start = in->at;
	if (kind == JSONREAD_OBJECT || kind == JSONREAD_ARRAY) {
		skip_container(in);
	} else if (kind == JSONREAD_STRING) {
		raw_string(in);
	} else if (in->fault == NULL) {
		skip_word(in);
	}
	return in->fault != NULL ? S("") : str_slice(in->text, start, in->at);
}

void jsonread_skip(struct jsonread *in)
{
	(void)jsonread_raw(in);
}

bool jsonread_bool(struct jsonread *in)
{
	struct str raw = jsonread_raw(in);
	if (in->fault == NULL && !str_eq(raw, S("true")) && !str_eq(raw, S("false"))) {
		fault(in, "expected true or false");
	}
	return str_eq(raw, S("true"));
}

int64_t jsonread_int(struct jsonread *in)
{
	struct str raw = jsonread_raw(in);
	bool negative = str_starts(raw, S("-"));
	uint64_t value = 0;
	bool fits = str_to_u64(negative ? str_skip(raw, 1) : raw, &value) && value <= INT64_MAX;
	if (in->fault == NULL && !fits) {
		fault(in, "expected an integer");
	}
	return negative ? -(int64_t)value : (int64_t)value;
}

void jsonread_position(struct str text, size_t at, int *ret_line, int *ret_column)
{
	int line = 1;
	size_t line_start = 0;
	for (size_t i = 0; i < at && i < text.n; i++) {
		if (text.p[i] == '\n') {
			line++;
			line_start = i + 1;
		}
	}
	*ret_line = line;
	*ret_column = (int)(at - line_start) + 1;
}

bool jsonread_ok(const struct jsonread *in, struct err *err)
{
	if (in->fault == NULL) {
		return true;
	}
	jsonread_position(in->text, in->fault_at, &err->line, &err->column);
	bool end = in->fault_at >= in->text.n;
	return err_set(err, ERR_INPUT, "%s%s",
		end ? "the JSON text is cut off: " : "not JSON: ", in->fault);
}

bool jsonread_end(struct jsonread *in, struct err *err)
{
	if (next(in) != '\0' || (in->fault == NULL && in->at < in->text.n)) {
		fault(in, "unexpected text after the end");
	}
	return jsonread_ok(in, err);
}
