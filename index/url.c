#include "index/url.h"
#include "common/banned.h"

/* Length of "scheme:" at the start, colon included; 0 when there is none. */
static size_t scheme_length(struct str s)
{
	if (s.n == 0 || !char_is_alpha(s.p[0])) {
		return 0;
	}
	for (size_t i = 1; i < s.n; i++) {
		char c = s.p[i];
		if (c == ':') {
			return i + 1;
		}
		if (!char_is_alnum(c) && c != '+' && c != '-' && c != '.') {
			return 0;
		}
	}
	return 0;
}

/* Cut *s at the first of `stops`; what is left of it stays in *s, the rest is returned. */
static struct str cut_at(struct str *s, const char *stops)
{
	struct str whole = *s;
	for (; *stops != '\0'; stops++) {
		ptrdiff_t at = str_find_char(*s, *stops);
		if (at >= 0) {
			*s = str_slice(*s, 0, (size_t)at);
		}
	}
	return str_skip(whole, s->n);
}

bool index_url_split(struct str text, struct index_url *ret)
{
	size_t scheme = scheme_length(text);
	struct str rest = str_skip(text, scheme);
	if (scheme == 0 || !str_starts(rest, S("//"))) {
		return false;
	}
	struct str authority = str_skip(rest, 2);
	struct str path = cut_at(&authority, "/?#");
	struct str query = cut_at(&path, "?#");
	struct str fragment = cut_at(&query, "#");
	ptrdiff_t at = str_find_last_char(authority, '@');
	*ret = (struct index_url){
		.scheme = str_slice(text, 0, scheme - 1),
		.userinfo = at < 0 ? S("") : str_slice(authority, 0, (size_t)at),
		.host = str_skip(authority, (size_t)(at + 1)),
		.path = path,
		.query = query,
		.fragment = fragment,
	};
	return true;
}

/* RFC 3986, 5.2.4: take "." and ".." out of a path that starts with '/'. */
static void add_path(struct buf *out, struct str path)
{
	size_t root = out->n;
	while (path.n > 0) {
		struct str rest = str_skip(path, 1);
		ptrdiff_t slash = str_find_char(rest, '/');
		struct str part = slash < 0 ? rest : str_slice(rest, 0, (size_t)slash);
		bool last = slash < 0;
		path = last ? S("") : str_skip(rest, (size_t)slash);
		bool up = str_eq(part, S(".."));
		if (!up && !str_eq(part, S("."))) {
			buf_byte(out, '/');
			buf_add(out, part);
			continue;
		}
		while (up && out->n > root && out->p[--out->n] != '/') {
		}
		if (last) {
			buf_byte(out, '/');
		}
	}
}

/* Blanks, control characters and DEL: what no address holds. */
static size_t count_odd(struct str s)
{
	size_t odd = 0;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		odd += (size_t)(c <= ' ') + (size_t)(c == 0x7f);
	}
	return odd;
}

/* A link as a browser would send it: blanks at the ends off, those inside encoded. */
static struct str cleaned(struct str reference, struct arena *arena)
{
	reference = str_trim(reference);
	size_t odd = count_odd(reference);
	if (odd == 0) {
		return reference;
	}
	char *copy = arena_alloc(arena, reference.n + 2 * odd + 1, 1);
	size_t n = 0;
	for (size_t i = 0; i < reference.n; i++) {
		unsigned char c = (unsigned char)reference.p[i];
		if (c <= ' ' || c == 0x7f) {
			copy[n++] = '%';
			copy[n++] = "0123456789ABCDEF"[c >> 4];
			copy[n++] = "0123456789ABCDEF"[c & 15];
		} else {
			copy[n++] = (char)c;
		}
	}
	return (struct str){copy, n};
}

struct str index_url_join(struct str base, struct str reference, struct arena *arena)
{
	ptrdiff_t hash = str_find_char(reference, '#');
	if (hash >= 0) {
		reference = str_slice(reference, 0, (size_t)hash);
	}
	reference = cleaned(reference, arena);
	struct index_url from;
	if (scheme_length(reference) > 0 || !index_url_split(base, &from)) {
		return reference;
	}
	AUTO(buf_done) struct buf out = {0};
	buf_add(&out, from.scheme);
	buf_byte(&out, ':');
	if (str_starts(reference, S("//"))) {
		buf_add(&out, reference);
		return arena_str(arena, buf_str(&out));
	}
	buf_add(&out, S("//"));
	if (from.userinfo.n > 0) {
		buf_add(&out, from.userinfo);
		buf_byte(&out, '@');
	}
	buf_add(&out, from.host);
	struct str path = reference;
	struct str query = cut_at(&path, "?");
	if (path.n == 0) {
		add_path(&out, from.path);
		buf_add(&out, query.n > 0 ? query : from.query);
	} else if (path.p[0] == '/') {
		add_path(&out, path);
		buf_add(&out, query);
	} else {
		AUTO(buf_done) struct buf merged = {0};
		ptrdiff_t slash = str_find_last_char(from.path, '/');
		buf_add(&merged, slash < 0 ? S("/") : str_slice(from.path, 0, (size_t)slash + 1));
		buf_add(&merged, path);
		add_path(&out, buf_str(&merged));
		buf_add(&out, query);
	}
	return arena_str(arena, buf_str(&out));
}

struct str index_url_origin(struct str url, struct arena *arena)
{
	struct index_url parts;
	if (!index_url_split(url, &parts)) {
		return S("");
	}
	struct str host = parts.host;
	if (str_ieq(parts.scheme, S("https")) && str_ends(host, S(":443"))) {
		host = str_slice(host, 0, host.n - 4);
	} else if (str_ieq(parts.scheme, S("http")) && str_ends(host, S(":80"))) {
		host = str_slice(host, 0, host.n - 3);
	}
	struct str origin =
		arena_printf(arena, STR_FMT "://" STR_FMT, STR_ARG(parts.scheme), STR_ARG(host));
	for (size_t i = 0; i < origin.n; i++) {
		((char *)origin.p)[i] = char_lower(origin.p[i]);
	}
	return origin;
}

struct str index_url_public(struct str url, struct arena *arena)
{
	struct index_url parts;
	if (!index_url_split(url, &parts)) {
		return url;
	}
	if (parts.userinfo.n == 0 && parts.fragment.n == 0) {
		return url;
	}
	return arena_printf(arena, STR_FMT "://" STR_FMT STR_FMT STR_FMT, STR_ARG(parts.scheme),
		STR_ARG(parts.host), STR_ARG(parts.path), STR_ARG(parts.query));
}

struct str index_url_host(struct str url)
{
	struct index_url parts;
	return index_url_split(url, &parts) && parts.host.n > 0 ? parts.host : url;
}

static int hex(char c)
{
	c = char_lower(c);
	return char_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct str index_url_unescape(struct str text, struct arena *arena)
{
	if (str_find_char(text, '%') < 0) {
		return text;
	}
	char *copy = arena_alloc(arena, text.n + 1, 1);
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++) {
		bool coded = text.p[i] == '%' && i + 2 < text.n && hex(text.p[i + 1]) >= 0 &&
			     hex(text.p[i + 2]) >= 0;
		copy[n++] =
			coded ? (char)(hex(text.p[i + 1]) << 4 | hex(text.p[i + 2])) : text.p[i];
		i += coded ? 2 : 0;
	}
	return (struct str){copy, n};
}

struct str index_url_last_part(struct str url)
{
	cut_at(&url, "#?");
	return str_skip(url, (size_t)(str_find_last_char(url, '/') + 1));
}
