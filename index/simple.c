#include "index/simple.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif
#include "common/jsonread.h"
#include "index/json_file.h"
#include "index/url.h"
#include "common/banned.h"

bool index_page_garbage(const struct index_page_builder *page, const char *what, struct err *err)
{
	AUTO(buf_done) struct buf host = {0};
	buf_add_shown(&host, index_url_host(page->url), true);
	err_hint(err, "check the address of the index (a simple index often ends in /simple) and "
		      "whether the network asks for a log-in");
	return err_set(err, ERR_NETWORK, "'" STR_FMT "' sent %s instead of a project page",
		STR_ARG(buf_str(&host)), what);
}

enum { FILES_AT_ONCE = 1024 };

bool index_page_goes_on(const struct index_page_builder *page, size_t n, struct err *err)
{
	const struct index_patience *patience = page->patience;
	bool stopped = n % FILES_AT_ONCE == 0 && patience != NULL && patience->cancelled != NULL &&
		       patience->cancelled(patience->data);
	return !stopped || err_set(err, ERR_INTERRUPTED, "stopped; nothing was changed");
}

bool index_page_version(const struct index_page_builder *page, struct str version, struct err *err)
{
	struct str major = version;
	struct str minor;
	str_cut(version, S("."), &major, &minor);
	uint64_t number;
	if (str_to_u64(major, &number) && number == 1) {
		return true;
	}
	AUTO(buf_done) struct buf shown = {0};
	buf_add_shown(&shown, str_slice(version, 0, 40), true);
	err_hint(err, "update thoth");
	return err_set(err, ERR_NETWORK,
		"'" STR_FMT "' speaks version '" STR_FMT "' of the simple index; this is version 1",
		STR_ARG(index_url_host(page->url)), STR_ARG(buf_str(&shown)));
}

/* Bits: 1 some byte is no hexadecimal digit, 2 some byte is an upper case one. */
static unsigned judge_hex(const char *p, size_t n)
{
	unsigned found = 0;
	size_t i = 0;
#ifdef __SSE2__
	/* x in [from, from + 6) as one signed comparison each: shift the range to the lowest values */
	for (; i + 16 <= n; i += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
		__m128i digit = _mm_cmplt_epi8(_mm_add_epi8(v, _mm_set1_epi8((char)(-128 - '0'))),
			_mm_set1_epi8(-128 + 10));
		__m128i lower = _mm_cmplt_epi8(_mm_add_epi8(v, _mm_set1_epi8((char)(-128 - 'a'))),
			_mm_set1_epi8(-128 + 6));
		__m128i upper = _mm_cmplt_epi8(_mm_add_epi8(v, _mm_set1_epi8((char)(-128 - 'A'))),
			_mm_set1_epi8(-128 + 6));
		__m128i any = _mm_or_si128(_mm_or_si128(digit, lower), upper);
		found |= _mm_movemask_epi8(any) == 0xffff ? 0 : 1;
		found |= _mm_movemask_epi8(upper) == 0 ? 0 : 2;
	}
#endif
	for (; i < n; i++) {
		char c = char_lower(p[i]);
		found |= char_is_digit(c) || (c >= 'a' && c <= 'f') ? 0 : 1;
		found |= c == p[i] ? 0 : 2;
	}
	return found;
}

struct str index_page_sha256(struct str hex, struct arena *arena)
{
	unsigned found = hex.n == 64 ? judge_hex(hex.p, hex.n) : 1;
	if ((found & 1) != 0) {
		return S("");
	}
	if (found != 0) {
		hex = arena_str(arena, hex);
		for (size_t i = 0; i < hex.n; i++) {
			((char *)hex.p)[i] = char_lower(hex.p[i]);
		}
	}
	return hex;
}

static bool is_distribution(struct str name)
{
	static const struct str endings[] = {
		STR_INIT(".whl"),
		STR_INIT(".tar.gz"),
		STR_INIT(".zip"),
		STR_INIT(".tar.bz2"),
		STR_INIT(".tgz"),
		STR_INIT(".egg"),
		STR_INIT(".exe"),
		STR_INIT(".tar.xz"),
		STR_INIT(".msi"),
		STR_INIT(".rpm"),
		STR_INIT(".dmg"),
		STR_INIT(".deb"),
	};
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		if (name.n > endings[i].n && str_ends(name, endings[i])) {
			return true;
		}
	}
	return false;
}

/* A name that is one path part without surprises. */
static bool is_plain(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];
		if (c <= ' ' || c == 0x7f || c == '/' || c == '\\') {
			return false;
		}
	}
	return name.n > 0 && name.n <= 512 && name.p[0] != '.';
}

/* The file's own name: last part of the address as installers read it, else what is shown. */
static struct str file_name(struct str link, struct str shown, struct arena *arena)
{
	struct str part = index_url_unescape(index_url_last_part(link), arena);
	if (is_distribution(part) && is_plain(part)) {
		return part;
	}
	shown = str_trim(shown);
	return is_distribution(shown) && is_plain(shown) ? shown : S("");
}

/* Room for one more; after the first few the page's length tells how many there will be. */
static struct index_page_file *new_file(struct index_page_builder *page, size_t at)
{
	if (page->n_files == page->cap) {
		size_t guess = page->cap * 2;
		if (page->cap >= 32 && at > 0) {
			size_t each = at / page->n_files;
			guess = page->n_files +
				(page->text.n - at) / (each > 64 ? each : 64) * 17 / 16;
		}
		page->cap = guess > page->cap + 32 ? guess : page->cap + 32;
		struct index_page_file *files =
			arena_array(page->arena, struct index_page_file, page->cap);
		if (page->n_files > 0) {
			memcpy(files, page->files, page->n_files * sizeof(*files));
		}
		page->files = files;
	}
	return &page->files[page->n_files++];
}

/* Absolute addresses stay as they are, without credentials; the rest is joined with the page's. */
static struct str absolute(struct index_page_builder *page, struct str link)
{
	struct str url = index_url_join(page->url, link, page->arena);
	return index_url_public(url, page->arena);
}

struct index_page_file *index_page_add(
	struct index_page_builder *page, size_t at, struct str link, struct str shown)
{
	struct str name;
	struct str url;
	if (page->base.url.p != page->url.p) {
		index_link_base_set(&page->base, page->url);
	}
	bool known = index_link_read(&page->base, link, page->arena, &url, &name);
	if (!known) { /* no plain address of the web */
		name = link.n == 0 ? S("") : file_name(link, shown, page->arena);
		url = name.n == 0 ? S("") : absolute(page, link);
		bool local = str_starts(url, S("file://")) && str_starts(page->url, S("file://"));
		known = str_starts(url, S("https://")) || str_starts(url, S("http://")) || local;
	}
	if (!known) {
		page->n_skipped++;
		return NULL;
	}
	struct index_page_file *file = new_file(page, at);
	file->filename = name;
	file->url = url;
	file->sha256 = file->requires_python = file->yanked = file->metadata_sha256 = S("");
	file->size = -1;
	file->upload_ms = -1;
	return file;
}

/* --- JSON --- */

static void json_file(struct jsonread *in, struct index_page_builder *page)
{
	struct index_json_file found;
	if (!index_json_file_quick(in->text, &in->at, page->arena, &found)) {
		if (jsonread_peek(in) != JSONREAD_OBJECT) {
			page->n_skipped++;
			jsonread_skip(in);
			return;
		}
		if (!index_json_file_read(in, page->arena, &found)) {
			return;
		}
	}
	struct index_page_file *file = index_page_add(page, in->at, found.url, found.filename);
	if (file == NULL) {
		return;
	}
	file->sha256 = found.sha256;
	file->requires_python = found.requires_python;
	file->yanked = found.yanked;
	file->is_yanked = found.is_yanked;
	file->metadata_announced = found.announced;
	file->metadata_denied = found.denied;
	file->metadata_sha256 = found.metadata_sha256;
	file->size = found.size;
	file->upload_ms = found.upload_ms;
	page->has_metadata = page->has_metadata || found.announced;
}

/* The string member `wanted` of the object that comes next; "" when it is not there. */
static struct str json_member_of(struct jsonread *in, struct str wanted, struct arena *arena)
{
	struct str found = S("");
	struct str key;
	if (jsonread_peek(in) != JSONREAD_OBJECT) {
		jsonread_skip(in);
		return found;
	}
	jsonread_object(in);
	while (jsonread_key(in, &key)) {
		if (str_eq(key, wanted)) {
			found = index_json_text(in, arena);
		} else {
			jsonread_skip(in);
		}
	}
	return found;
}

/* False when it was said to stop; a fault in the JSON is the reader's to tell. */
static bool json_files(struct jsonread *in, struct index_page_builder *page, struct err *err)
{
	jsonread_array(in);
	for (size_t n = 0; jsonread_element(in); n++) {
		if (!index_page_goes_on(page, n, err)) {
			return false;
		}
		json_file(in, page);
	}
	return true;
}

static bool json_page(struct index_page_builder *page, struct err *err)
{
	struct jsonread in = jsonread_start(page->text);
	struct str key;
	struct str version = S("");
	bool has_files = false;
	if (jsonread_peek(&in) != JSONREAD_OBJECT) {
		return index_page_garbage(page, "JSON of another shape", err);
	}
	jsonread_object(&in);
	while (jsonread_key(&in, &key)) {
		if (str_eq(key, S("files")) && jsonread_peek(&in) == JSONREAD_ARRAY) {
			has_files = true;
			if (!json_files(&in, page, err)) {
				return false;
			}
		} else if (str_eq(key, S("meta"))) {
			version = json_member_of(&in, S("api-version"), page->arena);
		} else if (str_eq(key, S("project-status"))) {
			page->status = json_member_of(&in, S("status"), page->arena);
		} else {
			jsonread_skip(&in);
		}
	}
	struct err fault = {0};
	if (!jsonread_end(&in, &fault)) {
		return index_page_garbage(page, "broken or cut off JSON", err);
	}
	if (version.n > 0 && !index_page_version(page, version, err)) {
		return false;
	}
	return has_files || index_page_garbage(page, "JSON of another shape", err);
}

/* --- both --- */

enum form { FORM_UNKNOWN, FORM_JSON, FORM_HTML };

static enum form form_of(struct str text, struct str content_type)
{
	struct str type = content_type;
	struct str parameters;
	str_cut(content_type, S(";"), &type, &parameters);
	type = str_trim(type);
	if (str_ends(type, S("+json")) || str_ieq(type, S("application/json"))) {
		return FORM_JSON;
	}
	if (str_ends(type, S("+html")) || str_ieq(type, S("text/html"))) {
		return FORM_HTML;
	}
	struct str start = str_starts(text, S("\xef\xbb\xbf")) ? str_skip(text, 3) : text;
	start = str_trim_left(start);
	if (start.n == 0) {
		return FORM_UNKNOWN;
	}
	return start.p[0] == '{' ? FORM_JSON : start.p[0] == '<' ? FORM_HTML : FORM_UNKNOWN;
}

bool index_page_parse(struct str text, struct str content_type, struct str url, struct arena *arena,
	struct index_page *ret, struct err *err)
{
	return index_page_parse_patiently(text, content_type, url, NULL, arena, ret, err);
}

bool index_page_parse_patiently(struct str text, struct str content_type, struct str url,
	const struct index_patience *patience, struct arena *arena, struct index_page *ret,
	struct err *err)
{
	struct index_page_builder page = {.text = text,
		.url = url,
		.arena = arena,
		.status = S("active"),
		.patience = patience};
	switch (form_of(text, content_type)) {
	case FORM_JSON:
		if (!json_page(&page, err)) {
			return false;
		}
		break;
	case FORM_HTML:
		if (!index_page_html(&page, err)) {
			return false;
		}
		break;
	case FORM_UNKNOWN:
		return index_page_garbage(
			&page, text.n == 0 ? "nothing" : "something that is no text", err);
	}
	*ret = (struct index_page){
		.status = page.status.n > 0 ? page.status : S("active"),
		.files = page.files,
		.n_files = page.n_files,
		.n_skipped = page.n_skipped,
		.has_metadata = page.has_metadata,
	};
	return true;
}
