#include "packaging/reqtext.h"
#include <stdlib.h>
#include "common/vec.h"
#include "common/banned.h"

/* ---- encodings -------------------------------------------------------------------------------- */

enum { REPLACEMENT = 0xfffd };

/* Source: RFC 3629 */
static void add_utf8(uint32_t c, struct buf *out)
{
	bool valid = c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
	c = valid ? c : REPLACEMENT;
	if (c < 0x80) {
		buf_byte(out, (char)c);
		return;
	}
	int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	static const unsigned char first[] = {0, 0xc0, 0xe0, 0xf0};
	buf_byte(out, (char)(first[more] | c >> (6 * more)));
	while (more-- > 0) {
		buf_byte(out, (char)(0x80 | (c >> (6 * more) & 0x3f)));
	}
}

/* One code unit of `size` bytes. */
static uint32_t unit(const char *p, size_t size, bool little)
{
	uint32_t value = 0;
	for (size_t i = 0; i < size; i++) {
		value = value << 8 | (unsigned char)p[little ? size - 1 - i : i];
	}
	return value;
}

static struct str decode_wide(struct str bytes, size_t size, bool little, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	while (bytes.n >= size) {
		uint32_t c = unit(bytes.p, size, little);
		bytes = str_skip(bytes, size);
		bool high = size == 2 && c >= 0xd800 && c < 0xdc00 && bytes.n >= 2;
		uint32_t low = high ? unit(bytes.p, 2, little) : 0;
		if (high && low >= 0xdc00 && low < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			bytes = str_skip(bytes, 2);
		}
		add_utf8(c, &out);
	}
	return arena_str(arena, buf_str(&out));
}

static struct str decode_latin1(struct str bytes, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	for (size_t i = 0; i < bytes.n; i++) {
		add_utf8((unsigned char)bytes.p[i], &out);
	}
	return arena_str(arena, buf_str(&out));
}

/* A comment in the first two lines says "coding: latin-1" (PEP 263). */
static bool says_latin1(struct str text)
{
	static const struct str names[] = {STR_INIT("latin-1"), STR_INIT("latin1"),
		STR_INIT("iso-8859-1"), STR_INIT("cp1252")};
	struct str line;
	for (int i = 0; i < 2 && str_next_line(&text, &line); i++) {
		ptrdiff_t at = str_find(line, S("coding"));
		if (at < 0 || line.p[0] != '#') {
			continue;
		}
		struct str rest = str_skip(line, (size_t)at + 6);
		bool sign = rest.n > 0 && (rest.p[0] == ':' || rest.p[0] == '=');
		struct str name = str_trim(str_skip(rest, 1));
		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]) && sign; k++) {
			if (str_ieq(str_slice(name, 0, names[k].n), names[k])) {
				return true;
			}
		}
	}
	return false;
}

bool reqtext_decode(struct str bytes, struct arena *arena, struct str *ret, struct err *err)
{
	/* UTF-32 first, as its mark starts like that of UTF-16 */
	static const struct {
		struct str mark;
		size_t size;
		bool little;
	} marks[] = {
		{STR_INIT("\xff\xfe\0\0"), 4, true },
		{STR_INIT("\0\0\xfe\xff"), 4, false},
		{STR_INIT("\xff\xfe"),     2, true },
		{STR_INIT("\xfe\xff"),     2, false},
	};
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (str_starts(bytes, marks[i].mark)) {
			bytes = str_skip(bytes, marks[i].mark.n);
			*ret = decode_wide(bytes, marks[i].size, marks[i].little, arena);
			return true;
		}
	}
	if (str_starts(bytes, S("\xef\xbb\xbf"))) {
		bytes = str_skip(bytes, 3);
	} else if (!str_is_utf8(bytes) && says_latin1(bytes)) {
		*ret = decode_latin1(bytes, arena);
		return true;
	}
	if (!str_is_utf8(bytes)) {
		err_hint(err, "save it as UTF-8");
		return err_set(err, ERR_INPUT, "expected a text file in UTF-8");
	}
	*ret = bytes;
	return true;
}

/* ---- lines ------------------------------------------------------------------------------------ */

static bool is_comment(struct str line)
{
	line = str_trim_left(line);
	return line.n > 0 && line.p[0] == '#';
}

static struct str without_comment(struct str line)
{
	for (size_t i = 0; i < line.n; i++) {
		if (line.p[i] == '#' && (i == 0 || char_is_space(line.p[i - 1]))) {
			return str_slice(line, 0, i);
		}
	}
	return line;
}

static struct str without_backslashes(struct str line)
{
	while (line.n > 0 && line.p[line.n - 1] == '\\') {
		line.n--;
	}
	while (line.n > 0 && line.p[0] == '\\') {
		line = str_skip(line, 1);
	}
	return line;
}

/* Join `line`, which ends in a backslash, with those behind it. A comment ends the joining. */
static struct str join_lines(struct str line, struct str *rest, int *count, struct arena *arena)
{
	AUTO(buf_done) struct buf joined = {0};
	buf_add(&joined, without_backslashes(line));
	while (str_next_line(rest, &line)) {
		++*count;
		bool comment = is_comment(line);
		bool more = str_ends(line, S("\\")) && !comment;
		if (comment) {
			buf_byte(&joined, ' '); /* so that it is seen as one below */
		}
		buf_add(&joined, more ? without_backslashes(line) : line);
		if (!more) {
			break;
		}
	}
	return arena_str(arena, buf_str(&joined));
}

bool reqtext_next(struct str *rest, int *line, struct arena *arena, struct str *ret, int *ret_first)
{
	struct str text;
	while (str_next_line(rest, &text)) {
		int first = ++*line;
		if (str_ends(text, S("\\")) && !is_comment(text)) {
			text = join_lines(text, rest, line, arena);
		}
		text = str_trim(without_comment(text));
		if (text.n > 0) {
			*ret = text;
			*ret_first = first;
			return true;
		}
	}
	return false;
}

/* ---- variables and words ---------------------------------------------------------------------- */

static bool is_variable_char(char c)
{
	return char_is_digit(c) || c == '_' || (c >= 'A' && c <= 'Z');
}

/* Length of "${NAME}" at the start of text, 0 when it is not there. */
static size_t variable_length(struct str text)
{
	size_t n = 2;
	if (!str_starts(text, S("${"))) {
		return 0;
	}
	while (n < text.n && is_variable_char(text.p[n])) {
		n++;
	}
	return n > 2 && n < text.n && text.p[n] == '}' ? n + 1 : 0;
}

struct str reqtext_expand(struct str text, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {.max = 1 << 20};
	if (str_find(text, S("${")) < 0) {
		return text;
	}
	struct str rest = text;
	while (rest.n > 0) {
		size_t n = variable_length(rest);
		struct str name = n == 0 ? S("") : str_slice(rest, 2, n - 1);
		const char *value = n == 0 ? NULL : getenv(arena_cstr(arena, name));
		bool set = value != NULL && value[0] != '\0';
		n = n == 0 ? 1 : n;
		buf_add(&out, set ? str_from(value) : str_slice(rest, 0, n));
		rest = str_skip(rest, n);
	}
	return out.full ? text : arena_str(arena, buf_str(&out));
}

/* One word, quotes and backslashes resolved. False when a quote is not closed. */
static bool take_word(struct str *rest, struct buf *out)
{
	char quote = '\0';
	while (rest->n > 0 && (quote != '\0' || !char_is_space(rest->p[0]))) {
		char c = rest->p[0];
		*rest = str_skip(*rest, 1);
		bool escapable =
			quote == '\0' ||
			(quote == '"' && rest->n > 0 && (rest->p[0] == '"' || rest->p[0] == '\\'));
		if (c == '\\' && escapable && rest->n > 0) {
			buf_byte(out, rest->p[0]);
			*rest = str_skip(*rest, 1);
		} else if (quote == '\0' && (c == '\'' || c == '"')) {
			quote = c;
		} else if (quote != '\0' && c == quote) {
			quote = '\0';
		} else {
			buf_byte(out, c);
		}
	}
	return quote == '\0';
}

bool reqtext_words(
	struct str text, struct arena *arena, struct str **ret, size_t *ret_n, struct err *err)
{
	VEC(struct str) words = {0};
	for (;;) {
		AUTO(buf_done) struct buf word = {0};
		text = str_trim_left(text);
		if (text.n == 0) {
			break;
		}
		if (!take_word(&text, &word)) {
			return err_set(err, ERR_INPUT, "expected a closing quote");
		}
		*vec_push(arena, &words) = arena_str(arena, buf_str(&word));
	}
	*ret = words.p;
	*ret_n = words.n;
	return true;
}
