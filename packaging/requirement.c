#include "packaging/requirement.h"
#include <stdlib.h>
#include "common/vec.h"
#include "packaging/blank.h"
#include "packaging/name.h"
#include "common/banned.h"

struct reader {
	struct str text;
	size_t at;
	struct arena *arena;
	struct err *err;
	bool lenient;
};

static char peek(const struct reader *in)
{
	return in->at < in->text.n ? in->text.p[in->at] : '\0';
}

static struct str rest_of(const struct reader *in)
{
	return str_skip(in->text, in->at);
}

static size_t skip_blanks(struct reader *in)
{
	size_t from = in->at;
	while (peek(in) == ' ' || peek(in) == '\t') {
		in->at++;
	}
	return in->at - from;
}

static bool refuse(struct reader *in, const char *expected)
{
	AUTO(buf_done) struct buf shown = {0};
	buf_add_shown(&shown, str_slice(in->text, 0, 200), true);
	in->err->column = (int)in->at + 1;
	return err_set(in->err, ERR_INPUT, "expected %s in '" STR_FMT "'", expected,
		STR_ARG(buf_str(&shown)));
}

/*
 * Letters, digits, '.', '-', '_' as far as they go; then not ending in '.' or '-'. (A '_' at the
 * end is no name by the standard, but every reader takes it.) Empty when there is none.
 */
static struct str take_identifier(struct reader *in)
{
	struct str rest = rest_of(in);
	size_t n = 0;
	while (n < rest.n && (char_is_alnum(rest.p[n]) || strchr("._-", rest.p[n]) != NULL) &&
		rest.p[n] != '\0') {
		n++;
	}
	while (n > 0 && (rest.p[n - 1] == '.' || rest.p[n - 1] == '-')) {
		n--;
	}
	if (n == 0 || !char_is_alnum(rest.p[0])) {
		return S("");
	}
	in->at += n;
	return str_slice(rest, 0, n);
}

static int compare_texts(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Fill ret->extras from the spelled ones: normal, sorted, each once. */
static void normalise_extras(struct requirement *ret, struct arena *arena)
{
	struct str *extras = arena_array(arena, struct str, ret->n_extras_spelled);
	size_t n = 0;
	for (size_t i = 0; i < ret->n_extras_spelled; i++) {
		extras[i] = name_normal(ret->extras_spelled[i], arena);
	}
	if (ret->n_extras_spelled > 1) {
		qsort(extras, ret->n_extras_spelled, sizeof(extras[0]), compare_texts);
	}
	for (size_t i = 0; i < ret->n_extras_spelled; i++) {
		if (n == 0 || !str_eq(extras[i], extras[n - 1])) {
			extras[n++] = extras[i];
		}
	}
	ret->extras = extras;
	ret->n_extras = n;
}

/* "[a, b]", "[]", or nothing. */
static bool read_extras(struct reader *in, struct requirement *ret)
{
	VEC(struct str) spelled = {0};
	if (peek(in) != '[') {
		return true;
	}
	in->at++;
	skip_blanks(in);
	while (peek(in) != ']') {
		struct str extra = take_identifier(in);
		if (extra.n == 0) {
			return refuse(in, "the name of an extra");
		}
		*vec_push(in->arena, &spelled) = extra;
		skip_blanks(in);
		if (peek(in) == ',') {
			in->at++;
			skip_blanks(in);
			if (peek(in) == ']' && !in->lenient) {
				return refuse(in, "the name of an extra");
			}
		} else if (peek(in) != ']') {
			return refuse(in, "',' or ']' after an extra");
		}
	}
	in->at++;
	ret->extras_spelled = spelled.p;
	ret->n_extras_spelled = spelled.n;
	normalise_extras(ret, in->arena);
	return true;
}

/* What stands after the version of a clause and explains why the requirement does not end there. */
static const char *what_follows(struct reader *in, const struct specifier *clause)
{
	if (str_starts(rest_of(in), S(".*"))) {
		err_hint(in->err, "'.*' can only stand behind == and !=, right after the numbers");
	} else if (peek(in) == '+') {
		err_hint(in->err, "a local version ('+...') can only stand behind == and !=");
	} else if (clause != NULL && (peek(in) == '<' || peek(in) == '>')) {
		err_hint(in->err, "write a comma between two conditions");
	}
	return clause == NULL ? "a version condition, ';' or the end"
			      : "',', ';' or the end after the version";
}

/* "(>=1,<2)", ">=1,<2", or nothing. A comma may stand at the end. */
static bool read_specifier(struct reader *in, struct requirement *ret)
{
	bool parentheses = peek(in) == '(';
	in->at += parentheses;
	skip_blanks(in);
	size_t from = in->at, end = in->at;
	struct specifier clause;
	bool any = false;
	size_t n;
	while (specifier_scan(rest_of(in), &clause, &n)) {
		any = true;
		in->at += n;
		end = in->at;
		skip_blanks(in);
		if (peek(in) != ',') {
			break;
		}
		in->at++;
		skip_blanks(in);
	}
	if (parentheses && peek(in) != ')') {
		return refuse(in, "')' after the version conditions");
	}
	in->at += parentheses;
	skip_blanks(in);
	if (in->at < in->text.n && peek(in) != ';') {
		return refuse(in, what_follows(in, any ? &clause : NULL));
	}
	/* "===" takes commas too, so read the whole again as a set */
	struct str text = str_slice(in->text, from, end);
	if (!specifier_parse(text, in->arena, &ret->specifier, in->err)) {
		in->err->column += (int)from;
		return false;
	}
	return true;
}

/* A URL ends at the first blank; a marker behind it needs that blank. */
static bool read_url(struct reader *in, struct requirement *ret)
{
	in->at++;
	skip_blanks(in);
	struct str rest = rest_of(in);
	size_t n = 0;
	while (n < rest.n && rest.p[n] != ' ' && rest.p[n] != '\t') {
		n++;
	}
	if (n == 0) {
		return refuse(in, "a URL after '@'");
	}
	ret->url = str_slice(rest, 0, n);
	in->at += n;
	skip_blanks(in);
	if (in->at < in->text.n && peek(in) != ';') {
		return refuse(in, "';' or the end after the URL");
	}
	return true;
}

static bool read_marker(struct reader *in, struct requirement *ret)
{
	if (in->at >= in->text.n) {
		return true;
	}
	in->at++;
	if (!marker_parse(rest_of(in), in->arena, &ret->marker, in->err)) {
		in->err->column += (int)in->at;
		return false;
	}
	return true;
}

static bool read_name(struct reader *in, struct requirement *ret)
{
	skip_blanks(in);
	ret->spelled = take_identifier(in);
	if (ret->spelled.n == 0) {
		return refuse(in, "a package name at the start");
	}
	ret->name = name_normal(ret->spelled, in->arena);
	skip_blanks(in);
	if (!read_extras(in, ret)) {
		return false;
	}
	skip_blanks(in);
	return true;
}

bool requirement_parse(
	struct str text, struct arena *arena, struct requirement *ret, struct err *err)
{
	struct reader in = {.text = text, .arena = arena, .err = err};
	struct requirement requirement = {.text = str_trim(text)};
	if (!read_name(&in, &requirement)) {
		return false;
	}
	bool read =
		peek(&in) == '@' ? read_url(&in, &requirement) : read_specifier(&in, &requirement);
	if (!read || !read_marker(&in, &requirement)) {
		return false;
	}
	*ret = requirement;
	return true;
}

/* ---- real index data -------------------------------------------------------------------------- */

/* Offset of the ';' before the marker: the first one outside quotes, or the length. */
static size_t find_marker(struct str text)
{
	char quote = '\0';
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (quote != '\0') {
			quote = c == quote ? '\0' : quote;
		} else if (c == ';') {
			return i;
		}
		/* a quote that never closes is a stray one */
		if (quote == '\0' && (c == '"' || c == '\'') &&
			str_find_char(str_skip(text, i + 1), c) >= 0 &&
			str_find_char(str_skip(text, i + 1), c) <
				str_find_char(str_skip(text, i), ';')) {
			quote = c;
		}
	}
	return text.n;
}

/* The version conditions and the marker of a requirement that the strict grammar refuses. */
static bool read_repaired(struct reader *in, struct requirement *ret, struct str *ret_repaired)
{
	struct str specifier, repaired;
	size_t semicolon = find_marker(in->text);
	if (semicolon < in->at) {
		return false;
	}
	specifier = str_slice(in->text, in->at, semicolon);
	if (!specifier_parse_lenient(specifier, in->arena, &ret->specifier, &repaired, in->err)) {
		return false;
	}
	struct str marker = str_trim(str_skip(in->text, semicolon + 1));
	while (marker.n > 0 && marker.p[marker.n - 1] == ';') {
		marker = str_trim(str_slice(marker, 0, marker.n - 1));
	}
	if (marker.n > 0 && !marker_parse(marker, in->arena, &ret->marker, in->err)) {
		return false;
	}
	AUTO(buf_done) struct buf out = {0};
	buf_add(&out, ret->spelled);
	for (size_t i = 0; i < ret->n_extras_spelled; i++) {
		buf_byte(&out, i == 0 ? '[' : ',');
		buf_add(&out, ret->extras_spelled[i]);
	}
	buf_add(&out, ret->n_extras_spelled > 0 ? S("]") : S(""));
	buf_add(&out, specifier_text(&ret->specifier, in->arena));
	if (ret->marker != NULL) {
		buf_add(&out, S("; "));
		buf_add(&out, marker_text(ret->marker, in->arena));
	}
	*ret_repaired = arena_str(in->arena, buf_str(&out));
	return true;
}

bool requirement_parse_lenient(struct str text, struct arena *arena, struct requirement *ret,
	struct str *ret_repaired, struct err *err)
{
	struct str trimmed = blank_trim(text);
	struct err ignored = {0};
	if (requirement_parse(text, arena, ret, err) ||
		requirement_parse(trimmed, arena, ret, &ignored)) {
		*ret_repaired = S("");
		*err = (struct err){0};
		return true;
	}
	text = trimmed;
	struct err second = {0};
	struct requirement requirement = {.text = text};
	struct reader in = {.text = text, .arena = arena, .err = &second, .lenient = true};
	struct str repaired;
	if (!read_name(&in, &requirement) || peek(&in) == '@' ||
		!read_repaired(&in, &requirement, &repaired)) {
		return false;
	}
	*ret = requirement;
	*ret_repaired = repaired;
	*err = (struct err){0};
	return true;
}
