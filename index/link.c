#include "index/link.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif
#include "index/url.h"
#include "common/banned.h"

enum { NAME_MAX_BYTES = 512 };

void index_link_base_set(struct index_link_base *base, struct str url)
{
	struct index_url parts;
	*base = (struct index_link_base){.url = url};
	bool web = index_url_split(url, &parts) && parts.host.n > 0 && parts.userinfo.n == 0 &&
		   (str_eq(parts.scheme, S("https")) || str_eq(parts.scheme, S("http")));
	ptrdiff_t slash = web ? str_find_last_char(parts.path, '/') : -1;
	if (slash < 0 || str_find(parts.path, S("/.")) >= 0) {
		return;
	}
	base->origin = (struct str){url.p, (size_t)(parts.path.p - url.p)};
	base->folder = str_slice(parts.path, 0, (size_t)slash + 1);
}

/* Thousands of links a page: compilers make one comparison of words out of these. */
#define STARTS(s, literal)                                                                         \
	((s).n >= sizeof(literal) - 1 && memcmp((s).p, (literal), sizeof(literal) - 1) == 0)
#define ENDS(s, literal)                                                                           \
	((s).n >= sizeof(literal) - 1 && memcmp((s).p + (s).n - (sizeof(literal) - 1), (literal),  \
						 sizeof(literal) - 1) == 0)

/* Does a part of the path start with a dot? The last one does not. */
static bool has_dot_part(struct str path, size_t name_n)
{
	struct str folders = str_slice(path, 0, path.n - name_n);
	return str_find_char(folders, '.') >= 0 && str_find(folders, S("/.")) >= 0;
}

static bool is_special(unsigned char c)
{
	return c <= ' ' || c == 0x7f || c == '#' || c == '%' || c == '?' || c == '@' || c == '\\';
}

/* Offset of the first byte that ends a plain address, or s.n. */
static size_t plain_length(struct str s)
{
	size_t at = 0;
#ifdef __SSE2__
	const __m128i blank = _mm_set1_epi8(' ');
	for (; at + 16 <= s.n; at += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s.p + at));
		__m128i hit = _mm_cmpeq_epi8(_mm_min_epu8(v, blank), v);
		hit = _mm_or_si128(hit, _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f)));
		hit = _mm_or_si128(hit, _mm_cmpeq_epi8(v, _mm_set1_epi8('#')));
		hit = _mm_or_si128(hit, _mm_cmpeq_epi8(v, _mm_set1_epi8('%')));
		hit = _mm_or_si128(hit, _mm_cmpeq_epi8(v, _mm_set1_epi8('?')));
		hit = _mm_or_si128(hit, _mm_cmpeq_epi8(v, _mm_set1_epi8('@')));
		hit = _mm_or_si128(hit, _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
		int mask = _mm_movemask_epi8(hit);
		if (mask != 0) {
			return at + (size_t)__builtin_ctz((unsigned)mask);
		}
	}
#endif
	while (at < s.n && !is_special((unsigned char)s.p[at])) {
		at++;
	}
	return at;
}

static struct str concatenated(struct str a, struct str b, struct str c, struct arena *arena)
{
	char *p = arena_alloc(arena, a.n + b.n + c.n + 1, 1);
	memcpy(p, a.p, a.n);
	if (b.n > 0) {
		memcpy(p + a.n, b.p, b.n);
	}
	memcpy(p + a.n + b.n, c.p, c.n);
	return (struct str){p, a.n + b.n + c.n};
}

/* "../../packages/x" from a folder: the folder without its last two parts, and "packages/x". */
static struct str climb(struct str folder, struct str *path)
{
	while (STARTS(*path, "../")) {
		*path = str_skip(*path, 3);
		struct str parent = str_slice(folder, 0, folder.n - 1);
		ptrdiff_t slash = str_find_last_char(parent, '/');
		folder = slash < 0 ? S("/") : str_slice(parent, 0, (size_t)slash + 1);
	}
	return folder;
}

bool index_link_read(const struct index_link_base *base, struct str link, struct arena *arena,
	struct str *ret_url, struct str *ret_name)
{
	size_t n = plain_length(link);
	if (n == 0 || (n < link.n && link.p[n] != '#')) {
		return false;
	}
	struct str url = str_slice(link, 0, n);
	struct str name = str_skip(url, (size_t)(str_find_last_char(url, '/') + 1));
	if (name.n == 0 || name.n > NAME_MAX_BYTES || name.p[0] == '.' ||
		!(ENDS(name, ".whl") || ENDS(name, ".tar.gz"))) {
		return false;
	}
	if (!STARTS(url, "https://") && !STARTS(url, "http://")) {
		struct str path = url;
		struct str folder = S("");
		if (url.p[0] != '/') {
			folder = climb(base->folder, &path);
		}
		if (base->origin.n == 0 || STARTS(path, "//") || path.p[0] == '.' ||
			str_find_char(path, ':') >= 0 || has_dot_part(path, name.n)) {
			return false;
		}
		url = concatenated(base->origin, folder, path, arena);
	}
	*ret_url = url;
	*ret_name = name;
	return true;
}
