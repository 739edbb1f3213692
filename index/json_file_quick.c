#include "index/json_file.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif
#include "common/clock.h"
#include "index/simple.h"
#include "common/banned.h"

/*
 * Pages of 20 MB are nearly nothing but file objects, written by a program, one like the other. So there is
 * one pass over the bytes: keys are compared as words, strings end at the first quote, and whatever is
 * not as it always is sends the whole object to the general reader.
 */
enum { KEY_MAX = 32 };

struct scan {
	const char *p, *end;
	struct arena *arena;
};

enum member {
	MEMBER_URL,
	MEMBER_SIZE,
	MEMBER_HASHES,
	MEMBER_YANKED,
	MEMBER_FILENAME,
	MEMBER_UPLOAD_TIME,
	MEMBER_CORE_METADATA,
	MEMBER_DIST_INFO_METADATA,
	MEMBER_REQUIRES_PYTHON,
	MEMBER_OTHER,
	MEMBER_ODD,
};

/* A literal at p; there are at least KEY_MAX bytes. */
#define STARTS(scan, literal) (memcmp((scan)->p, (literal), sizeof(literal) - 1) == 0)

#define TAKE(scan, literal) (STARTS(scan, literal) && ((scan)->p += sizeof(literal) - 1, true))

static bool has_room(const struct scan *scan)
{
	return scan->end - scan->p > KEY_MAX;
}

static void skip_blank(struct scan *scan)
{
	scan->p += *scan->p == ' ' ? 1 : 0;
}

/* The bytes of a string whose opening quote was taken; false at an escape or a control character. */
static inline bool take_text(struct scan *scan, struct str *ret)
{
	const char *p = scan->p;
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"');
	const __m128i backslash = _mm_set1_epi8('\\');
	const __m128i last_control = _mm_set1_epi8(0x1f);
	for (; scan->end - p >= 16; p += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i hit = _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, backslash));
		hit = _mm_or_si128(hit, _mm_cmpeq_epi8(_mm_min_epu8(v, last_control), v));
		int mask = _mm_movemask_epi8(hit);
		if (mask != 0) {
			p += __builtin_ctz((unsigned)mask);
			break;
		}
	}
#endif
	while (p < scan->end && *p != '"' && *p != '\\' && (unsigned char)*p > 0x1f) {
		p++;
	}
	if (p == scan->end || *p != '"') {
		return false;
	}
	*ret = (struct str){scan->p, (size_t)(p - scan->p)};
	scan->p = p + 1;
	return true;
}

static inline enum member take_key(struct scan *scan)
{
	if (!has_room(scan) || !TAKE(scan, "\"")) {
		return MEMBER_ODD;
	}
	switch (*scan->p) {
	case 'f':
		return TAKE(scan, "filename\":") ? MEMBER_FILENAME : MEMBER_ODD;
	case 'u':
		return TAKE(scan, "url\":")           ? MEMBER_URL
		       : TAKE(scan, "upload-time\":") ? MEMBER_UPLOAD_TIME
						      : MEMBER_ODD;
	case 'h':
		return TAKE(scan, "hashes\":") ? MEMBER_HASHES : MEMBER_ODD;
	case 'r':
		return TAKE(scan, "requires-python\":") ? MEMBER_REQUIRES_PYTHON : MEMBER_ODD;
	case 's':
		return TAKE(scan, "size\":") ? MEMBER_SIZE : MEMBER_ODD;
	case 'y':
		return TAKE(scan, "yanked\":") ? MEMBER_YANKED : MEMBER_ODD;
	case 'c':
		return TAKE(scan, "core-metadata\":") ? MEMBER_CORE_METADATA : MEMBER_ODD;
	case 'd':
		return TAKE(scan, "dist-info-metadata\":")        ? MEMBER_DIST_INFO_METADATA
		       : TAKE(scan, "data-dist-info-metadata\":") ? MEMBER_OTHER
								  : MEMBER_ODD;
	case 'p':
		return TAKE(scan, "provenance\":") ? MEMBER_OTHER : MEMBER_ODD;
	default:
		return MEMBER_ODD;
	}
}

/* A string, or null as "". */
static bool take_string(struct scan *scan, struct str *ret)
{
	if (*scan->p == '"') {
		scan->p++;
		return take_text(scan, ret);
	}
	*ret = S("");
	return TAKE(scan, "null");
}

/* {"sha256":"..."} and nothing else in it. */
static bool take_sha256(struct scan *scan, struct str *ret)
{
	struct str hex;
	if (!TAKE(scan, "{\"sha256\":")) {
		return false;
	}
	skip_blank(scan);
	if (*scan->p != '"') {
		return false;
	}
	scan->p++;
	if (!take_text(scan, &hex) || !has_room(scan) || *scan->p != '}') {
		return false;
	}
	scan->p++;
	*ret = index_page_sha256(hex, scan->arena);
	return true;
}

static bool take_size(struct scan *scan, int64_t *ret)
{
	int64_t size = 0;
	int n = 0;
	for (; n < 18 && char_is_digit(scan->p[n]); n++) {
		size = size * 10 + (scan->p[n] - '0');
	}
	bool usual = n > 0 && n < 18 && (n == 1 || scan->p[0] != '0') &&
		     (scan->p[n] == ',' || scan->p[n] == '}');
	scan->p += n;
	*ret = size;
	return usual;
}

static bool take_metadata(struct scan *scan, struct index_json_file *file)
{
	file->announced = file->denied = false;
	file->metadata_sha256 = S("");
	if (TAKE(scan, "false")) {
		file->denied = true;
		return true;
	}
	file->announced = true;
	return TAKE(scan, "true") || take_sha256(scan, &file->metadata_sha256);
}

static bool take_yanked(struct scan *scan, struct index_json_file *file)
{
	file->is_yanked = *scan->p == '"' || *scan->p == 't';
	file->yanked = S("");
	return TAKE(scan, "false") || TAKE(scan, "true") || take_string(scan, &file->yanked);
}

static bool take_time(struct scan *scan, int64_t *ret)
{
	struct str text;
	if (!take_string(scan, &text)) {
		return false;
	}
	if (!clock_parse(text, ret)) {
		*ret = -1;
	}
	return true;
}

static bool take_other(struct scan *scan)
{
	struct str ignored;
	return TAKE(scan, "false") || TAKE(scan, "true") || take_string(scan, &ignored) ||
	       take_sha256(scan, &ignored);
}

static inline bool take_value(struct scan *scan, enum member member, struct index_json_file *file)
{
	switch (member) {
	case MEMBER_URL:
		return take_string(scan, &file->url);
	case MEMBER_SIZE:
		return take_size(scan, &file->size);
	case MEMBER_HASHES:
		return take_sha256(scan, &file->sha256);
	case MEMBER_YANKED:
		return take_yanked(scan, file);
	case MEMBER_FILENAME:
		return take_string(scan, &file->filename);
	case MEMBER_UPLOAD_TIME:
		return take_time(scan, &file->upload_ms);
	case MEMBER_CORE_METADATA:
		return take_metadata(scan, file);
	case MEMBER_DIST_INFO_METADATA:
		return file->announced || file->denied ? take_other(scan)
						       : take_metadata(scan, file);
	case MEMBER_REQUIRES_PYTHON:
		return take_string(scan, &file->requires_python);
	case MEMBER_OTHER:
		return take_other(scan);
	case MEMBER_ODD:
		return false;
	}
	return false;
}

bool index_json_file_quick(
	struct str text, size_t *at, struct arena *arena, struct index_json_file *ret)
{
	struct scan scan = {text.p + *at, text.p + text.n, arena};
	struct index_json_file found = {.size = -1, .upload_ms = -1};
	if (!has_room(&scan)) {
		return false;
	}
	skip_blank(&scan);
	if (*scan.p != '{') {
		return false;
	}
	do {
		scan.p++;
		skip_blank(&scan);
		enum member member = take_key(&scan);
		skip_blank(&scan);
		if (!has_room(&scan) || !take_value(&scan, member, &found) || !has_room(&scan)) {
			return false;
		}
	} while (*scan.p == ',');
	if (*scan.p != '}') {
		return false;
	}
	*at = (size_t)(scan.p + 1 - text.p);
	*ret = found;
	return true;
}
