#include "common/clock.h"
#include "index/simple.h"
#include "index/url.h"
#include "common/banned.h"

/*
 * HTML of the simple index. Only tags matter: <a>, <base>, <meta>; comments, scripts and styles are
 * stepped over. Tags are read as browsers do, quotes may hold '>', so that a page that wrote
 * data-requires-python=">=3.9" without escaping is read as meant.
 */
struct scanner {
	struct index_page_builder *page;
	struct str text;
	size_t at;
	size_t n_links;  /* links that are neither files nor navigation */
	bool is_index;   /* the page says that it is one */
	bool is_foreign; /* a form or script: somebody else's page */
	struct str python_raw,
		python; /* memo: the same requires-python stands on file after file */
};

struct attribute {
	struct str name, value;
};

/* Next attribute of the tag whose inside starts at *at; false at its '>' or the end. */
static bool next_attribute(struct str text, size_t *at, struct attribute *ret)
{
	const char *p = text.p;
	size_t n = text.n;
	size_t i = *at;
	while (i < n && (p[i] == ' ' || char_is_space(p[i]) || p[i] == '/')) {
		i++;
	}
	if (i >= n || p[i] == '>') {
		*at = i;
		return false;
	}
	size_t start = i++;
	while (i < n &&
		(char_is_alnum(p[i]) || p[i] == '-' ||
			(!char_is_space(p[i]) && p[i] != '=' && p[i] != '>' && p[i] != '/'))) {
		i++;
	}
	*ret = (struct attribute){
		.name = {p + start, i - start},
                  .value = S("")
        };
	size_t after = i;
	while (after < n && char_is_space(p[after])) {
		after++;
	}
	if (after >= n || p[after] != '=') {
		*at = i;
		return true;
	}
	i = after + 1;
	while (i < n && char_is_space(p[i])) {
		i++;
	}
	if (i < n && (p[i] == '"' || p[i] == '\'')) {
		const char *end = memchr(p + i + 1, p[i], n - i - 1);
		size_t stop = end == NULL ? n : (size_t)(end - p);
		ret->value = (struct str){p + i + 1, stop - i - 1};
		*at = end == NULL ? n : stop + 1;
		return true;
	}
	start = i;
	while (i < n && !char_is_space(p[i]) && p[i] != '>') {
		i++;
	}
	ret->value = (struct str){p + start, i - start};
	*at = i;
	return true;
}

static size_t add_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* The character of "&#62" or "&#x3e" without its ';'; 0 when it is none. */
static uint32_t numeric(struct str digits)
{
	uint32_t c = 0;
	bool hex = digits.n > 0 && char_lower(digits.p[0]) == 'x';
	struct str rest = str_skip(digits, hex ? 1 : 0);
	for (size_t i = 0; i < rest.n; i++) {
		char d = char_lower(rest.p[i]);
		if (!char_is_digit(d) && !(hex && d >= 'a' && d <= 'f')) {
			return 0;
		}
		c = c * (hex ? 16 : 10) + (uint32_t)(char_is_digit(d) ? d - '0' : d - 'a' + 10);
		if (c > 0x10ffff) {
			return 0;
		}
	}
	return c >= 0xd800 && c < 0xe000 ? 0 : c;
}

static uint32_t named(struct str name)
{
	static const struct {
		struct str name;
		uint32_t c;
	} entities[] = {
		{STR_INIT("gt"),     '>' },
		{STR_INIT("lt"),     '<' },
		{STR_INIT("amp"),    '&' },
		{STR_INIT("quot"),   '"' },
		{STR_INIT("apos"),   '\''},
		{STR_INIT("nbsp"),   0xa0},
		{STR_INIT("excl"),   '!' },
		{STR_INIT("num"),    '#' },
		{STR_INIT("equals"), '=' },
		{STR_INIT("comma"),  ',' },
		{STR_INIT("period"), '.' },
		{STR_INIT("lowbar"), '_' },
		{STR_INIT("plus"),   '+' },
		{STR_INIT("sol"),    '/' },
		{STR_INIT("colon"),  ':' },
		{STR_INIT("ast"),    '*' },
	};
	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
		if (str_eq(name, entities[i].name)) {
			return entities[i].c;
		}
	}
	return 0;
}

/* Entities decoded; `raw` itself when there is none. What is no entity stays as it is. */
static struct str decoded(struct str raw, struct arena *arena)
{
	if (str_find_char(raw, '&') < 0) {
		return raw;
	}
	char *copy = arena_alloc(arena, raw.n + 1, 1);
	size_t n = 0;
	for (size_t i = 0; i < raw.n;) {
		struct str rest = str_slice(raw, i + 1, i + 34);
		ptrdiff_t end = raw.p[i] == '&' ? str_find_char(rest, ';') : -1;
		struct str name = str_slice(rest, 0, end < 0 ? 0 : (size_t)end);
		uint32_t c = str_starts(name, S("#")) ? numeric(str_skip(name, 1)) : named(name);
		if (c == 0) {
			copy[n++] = raw.p[i++];
			continue;
		}
		n += add_utf8(copy + n, c);
		i += name.n + 2;
	}
	return (struct str){copy, n};
}

static bool tag_is(struct str tag, struct str name)
{
	return str_ieq(tag, name);
}

/* What of an <a> tag we read, raw. */
struct anchor {
	struct str href, python, yanked, metadata, uploaded;
	bool has_href, has_yanked, has_metadata;
};

static void anchor_attribute(struct anchor *anchor, struct attribute found)
{
	static const struct str names[] = {STR_INIT("href"), STR_INIT("data-yanked"),
		STR_INIT("data-upload-time"), STR_INIT("data-core-metadata"),
		STR_INIT("data-requires-python"), STR_INIT("data-dist-info-metadata")};
	enum { HREF, YANKED, UPLOADED, METADATA, PYTHON, OLD_METADATA, OTHER };
	int which = HREF;
	while (which < OTHER && (names[which].n != found.name.n ||
					(memcmp(names[which].p, found.name.p, found.name.n) != 0 &&
						!str_ieq(names[which], found.name)))) {
		which++;
	}
	switch (which) {
	case HREF:
		anchor->href = found.value;
		anchor->has_href = true;
		break;
	case YANKED:
		anchor->yanked = found.value;
		anchor->has_yanked = true;
		break;
	case UPLOADED:
		anchor->uploaded = found.value;
		break;
	case METADATA:
		anchor->metadata = found.value;
		anchor->has_metadata = true;
		break;
	case PYTHON:
		anchor->python = found.value;
		break;
	case OLD_METADATA:
		anchor->metadata = anchor->has_metadata ? anchor->metadata : found.value;
		break;
	default:
		break;
	}
}

static struct str fragment_sha256(struct str href, struct arena *arena)
{
	ptrdiff_t hash = str_find_char(href, '#');
	struct str fragment = hash < 0 ? S("") : str_skip(href, (size_t)hash + 1);
	if (fragment.n == 71 && memcmp(fragment.p, "sha256=", 7) == 0) {
		struct str usual = index_page_sha256(str_skip(fragment, 7), arena);
		if (usual.n > 0) {
			return usual;
		}
	}
	while (fragment.n > 0) {
		struct str part = fragment;
		struct str rest = S("");
		str_cut(fragment, S("&"), &part, &rest);
		if (str_starts(part, S("sha256="))) {
			return index_page_sha256(str_skip(part, 7), arena);
		}
		fragment = rest;
	}
	return S("");
}

static struct str python_of(struct scanner *scanner, struct str raw)
{
	if (!str_eq(raw, scanner->python_raw)) {
		scanner->python_raw = raw;
		scanner->python = decoded(raw, scanner->page->arena);
	}
	return raw.n == 0 ? S("") : scanner->python;
}

static void announce(
	struct index_page_builder *page, struct index_page_file *file, const struct anchor *anchor)
{
	struct str value = str_trim(anchor->metadata);
	if (value.n == 0 || str_ieq(value, S("false"))) {
		file->metadata_denied = value.n > 0;
		return;
	}
	file->metadata_announced = true;
	page->has_metadata = true;
	if (str_starts(value, S("sha256="))) {
		file->metadata_sha256 = index_page_sha256(str_skip(value, 7), page->arena);
	}
}

/* Links that every listing has and that say nothing: "../", "?sort=name", "#top", folders. */
static bool is_navigation(struct str href)
{
	struct str path = str_trim(href);
	return path.n == 0 || path.p[0] == '?' || path.p[0] == '#' || path.p[path.n - 1] == '/';
}

static void read_anchor(struct scanner *scanner)
{
	struct index_page_builder *page = scanner->page;
	struct anchor anchor = {0};
	struct attribute found;
	while (next_attribute(scanner->text, &scanner->at, &found)) {
		anchor_attribute(&anchor, found);
	}
	if (!anchor.has_href) {
		return;
	}
	struct str rest = str_skip(scanner->text, scanner->at + 1);
	ptrdiff_t end = str_find_char(rest, '<');
	struct str shown = end < 0 ? S("") : str_slice(rest, 0, (size_t)end);
	struct str href = decoded(anchor.href, page->arena);
	size_t skipped = page->n_skipped;
	struct index_page_file *file =
		index_page_add(page, scanner->at, href, decoded(shown, page->arena));
	if (file == NULL) {
		page->n_skipped = is_navigation(href) ? skipped : page->n_skipped;
		scanner->n_links += !is_navigation(href);
		return;
	}
	file->sha256 = fragment_sha256(href, page->arena);
	file->requires_python = python_of(scanner, anchor.python);
	file->is_yanked = anchor.has_yanked;
	file->yanked = anchor.has_yanked ? decoded(anchor.yanked, page->arena) : S("");
	announce(page, file, &anchor);
	if (anchor.uploaded.n > 0 && !clock_parse(anchor.uploaded, &file->upload_ms)) {
		file->upload_ms = -1;
	}
}

/* A page of the web stays one, whatever it names as its base: links to files of this machine are not for it. */
static bool is_fit_base(struct str base, struct str page)
{
	struct index_url parts;
	bool web = str_starts(base, S("https://")) || str_starts(base, S("http://"));
	return index_url_split(base, &parts) && (web || str_starts(page, S("file://")));
}

static void read_base(struct scanner *scanner)
{
	struct index_page_builder *page = scanner->page;
	struct attribute found;
	while (next_attribute(scanner->text, &scanner->at, &found)) {
		struct str base =
			index_url_join(page->url, decoded(found.value, page->arena), page->arena);
		if (str_ieq(found.name, S("href")) && is_fit_base(base, page->url)) {
			page->url = base;
		}
	}
}

static bool read_meta(struct scanner *scanner, struct err *err)
{
	struct index_page_builder *page = scanner->page;
	struct attribute found;
	struct str name = S("");
	struct str content = S("");
	while (next_attribute(scanner->text, &scanner->at, &found)) {
		if (str_ieq(found.name, S("name"))) {
			name = found.value;
		} else if (str_ieq(found.name, S("content"))) {
			content = decoded(found.value, page->arena);
		}
	}
	if (str_eq(name, S("pypi:repository-version"))) {
		scanner->is_index = true;
		return index_page_version(page, content, err);
	}
	if (str_eq(name, S("pypi:project-status"))) {
		page->status = content;
	}
	return true;
}

/* Step behind the end of an element whose inside is no HTML. */
static void skip_past(struct scanner *scanner, struct str end)
{
	struct str rest = str_skip(scanner->text, scanner->at);
	ptrdiff_t at = str_find(rest, end);
	scanner->at = at < 0 ? scanner->text.n : scanner->at + (size_t)at + end.n;
}

static bool read_tag(struct scanner *scanner, struct err *err)
{
	size_t start = scanner->at;
	size_t i = start;
	while (i < scanner->text.n && char_is_alnum(scanner->text.p[i])) {
		i++;
	}
	struct str tag = str_slice(scanner->text, start, i);
	scanner->at = i;
	if (tag.n == 0) {
		return true; /* the end of an element */
	}
	if (tag_is(tag, S("a"))) {
		read_anchor(scanner);
	} else if (tag_is(tag, S("base"))) {
		read_base(scanner);
	} else if (tag_is(tag, S("meta"))) {
		return read_meta(scanner, err);
	} else if (tag_is(tag, S("script"))) {
		scanner->is_foreign = true;
		skip_past(scanner, S("</script"));
	} else if (tag_is(tag, S("style"))) {
		skip_past(scanner, S("</style"));
	} else if (tag_is(tag, S("form")) || tag_is(tag, S("input"))) {
		scanner->is_foreign = true;
	} else if (tag_is(tag, S("title")) || tag_is(tag, S("h1"))) {
		struct str shown = str_slice(scanner->text, i, i + 200);
		scanner->is_index = scanner->is_index || str_find(shown, S("Links for")) >= 0;
	}
	return true;
}

bool index_page_html(struct index_page_builder *page, struct err *err)
{
	struct scanner scanner = {.page = page, .text = page->text};
	size_t n_tags = 0;
	for (;;) {
		struct str rest = str_skip(page->text, scanner.at);
		ptrdiff_t open = str_find_char(rest, '<');
		if (open < 0) {
			break;
		}
		scanner.at += (size_t)open + 1;
		if (!index_page_goes_on(page, n_tags++, err)) {
			return false;
		}
		if (str_starts(str_skip(page->text, scanner.at), S("!--"))) {
			skip_past(&scanner, S("-->"));
		} else if (!read_tag(&scanner, err)) {
			return false;
		}
	}
	if (page->n_files > 0 || scanner.is_index) {
		return true;
	}
	if (n_tags == 0) {
		return index_page_garbage(page, "text without any HTML", err);
	}
	if (scanner.n_links > 0 || scanner.is_foreign) {
		return index_page_garbage(page, "another web page", err);
	}
	return true;
}
