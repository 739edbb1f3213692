#include "index/wheeltail.h"
#include <zlib.h>
#include "packaging/metadata.h"
#include "common/banned.h"

enum {
	END_SIZE = 22,
	LOCATOR64_SIZE = 20,
	END64_SIZE = 56,
	CENTRAL_SIZE = 46,
	LOCAL_SIZE = 30,
	LOCAL_EXTRA_GUESS = 512, /* bytes asked beyond a member, for its local extra field */
};

struct wheel {
	const struct index_piece *pieces;
	size_t n_pieces;
	uint64_t total;
	uint64_t *ret_at;
	size_t *ret_need;
	struct err *err;
};

struct member {
	uint64_t at, packed, size;
	unsigned method;
	uint32_t crc;
	size_t name_n;
};

static uint64_t number(struct str s, size_t at, size_t bytes)
{
	uint64_t value = 0;
	for (size_t i = bytes; i > 0; i--) {
		value = value << 8 | (unsigned char)s.p[at + i - 1];
	}
	return value;
}

static enum index_wheeltail bad(struct wheel *wheel, const char *why)
{
	err_set(wheel->err, ERR_INPUT, "the wheel %s", why);
	return WHEELTAIL_BAD;
}

/* The bytes [at, at + n) when a piece holds them; else they are what must be fetched next. */
static enum index_wheeltail bytes_at(struct wheel *wheel, uint64_t at, uint64_t n, struct str *ret)
{
	if (n > wheel->total || at > wheel->total - n) {
		return bad(wheel, "points behind its own end");
	}
	for (size_t i = 0; i < wheel->n_pieces; i++) {
		const struct index_piece *piece = &wheel->pieces[i];
		if (at >= piece->at && at - piece->at <= piece->bytes.n &&
			n <= piece->bytes.n - (at - piece->at)) {
			size_t from = (size_t)(at - piece->at);
			*ret = str_slice(piece->bytes, from, from + (size_t)n);
			return WHEELTAIL_DONE;
		}
	}
	if (n > WHEELTAIL_NEED_MAX) {
		return bad(wheel, "has a table of contents that is too large");
	}
	*wheel->ret_at = at;
	*wheel->ret_need = (size_t)n;
	return WHEELTAIL_MORE;
}

/* Offset and size of the central directory by the zip64 records, whose locator is `locator`. */
static enum index_wheeltail directory64(
	struct wheel *wheel, struct str locator, uint64_t *ret_at, uint64_t *ret_size)
{
	struct str end;
	enum index_wheeltail got = bytes_at(wheel, number(locator, 8, 8), END64_SIZE, &end);
	if (got != WHEELTAIL_DONE) {
		return got;
	}
	if (number(end, 0, 4) != 0x06064b50) {
		return bad(wheel, "has a broken zip64 end record");
	}
	*ret_size = number(end, 40, 8);
	*ret_at = number(end, 48, 8);
	return WHEELTAIL_DONE;
}

/* Find the end record, the last one whose comment reaches exactly to the end of the file. */
static enum index_wheeltail find_directory(
	struct wheel *wheel, uint64_t *ret_at, uint64_t *ret_size)
{
	struct str tail;
	uint64_t have = WHEELTAIL_FIRST < wheel->total ? WHEELTAIL_FIRST : wheel->total;
	enum index_wheeltail got = bytes_at(wheel, wheel->total - have, have, &tail);
	if (got != WHEELTAIL_DONE) {
		return got;
	}
	for (size_t i = tail.n >= END_SIZE ? tail.n - END_SIZE + 1 : 0; i > 0; i--) {
		size_t at = i - 1;
		if (tail.p[at] != 'P' || number(tail, at, 4) != 0x06054b50 ||
			number(tail, at + 20, 2) != tail.n - at - END_SIZE) {
			continue;
		}
		*ret_size = number(tail, at + 12, 4);
		*ret_at = number(tail, at + 16, 4);
		bool large = *ret_size == UINT32_MAX || *ret_at == UINT32_MAX ||
			     number(tail, at + 10, 2) == UINT16_MAX;
		if (large && at >= LOCATOR64_SIZE &&
			number(tail, at - LOCATOR64_SIZE, 4) == 0x07064b50) {
			return directory64(
				wheel, str_skip(tail, at - LOCATOR64_SIZE), ret_at, ret_size);
		}
		return WHEELTAIL_DONE;
	}
	return bad(wheel, "is no zip file");
}

/* zip64 extra field: the values that did not fit, in this order: size, packed size, offset. */
static void read_extra(struct str extra, struct member *member)
{
	while (extra.n >= 4) {
		size_t n = (size_t)number(extra, 2, 2);
		struct str field = str_slice(extra, 4, 4 + n);
		if (number(extra, 0, 2) != 1) {
			extra = str_skip(extra, 4 + n);
			continue;
		}
		uint64_t *values[] = {&member->size, &member->packed, &member->at};
		for (size_t i = 0; i < 3; i++) {
			if (*values[i] == UINT32_MAX && field.n >= 8) {
				*values[i] = number(field, 0, 8);
				field = str_skip(field, 8);
			}
		}
		return;
	}
}

static bool is_metadata(struct str name)
{
	static const struct str ending = STR_INIT(".dist-info/METADATA");
	return name.n > ending.n && str_ends(name, ending) &&
	       str_find_char(name, '/') == (ptrdiff_t)(name.n - S("/METADATA").n);
}

static bool find_member(struct str directory, struct member *ret)
{
	while (directory.n >= CENTRAL_SIZE && number(directory, 0, 4) == 0x02014b50) {
		size_t name_n = (size_t)number(directory, 28, 2);
		size_t extra_n = (size_t)number(directory, 30, 2);
		size_t comment_n = (size_t)number(directory, 32, 2);
		struct str name = str_slice(directory, CENTRAL_SIZE, CENTRAL_SIZE + name_n);
		if (is_metadata(name)) {
			*ret = (struct member){
				.method = (unsigned)number(directory, 10, 2),
				.crc = (uint32_t)number(directory, 16, 4),
				.packed = number(directory, 20, 4),
				.size = number(directory, 24, 4),
				.at = number(directory, 42, 4),
				.name_n = name_n,
			};
			size_t extra = CENTRAL_SIZE + name_n;
			read_extra(str_slice(directory, extra, extra + extra_n), ret);
			return true;
		}
		directory = str_skip(directory, CENTRAL_SIZE + name_n + extra_n + comment_n);
	}
	return false;
}

static bool inflate_all(struct str packed, char *out, size_t n)
{
	z_stream stream = {0};
	if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) {
		return false;
	}
	stream.next_in = (Bytef *)(uintptr_t)packed.p;
	stream.avail_in = (uInt)packed.n;
	stream.next_out = (Bytef *)out;
	stream.avail_out = (uInt)n;
	int result = inflate(&stream, Z_FINISH);
	bool whole = result == Z_STREAM_END && stream.avail_out == 0;
	inflateEnd(&stream);
	return whole;
}

static enum index_wheeltail unpack(struct wheel *wheel, const struct member *member,
	struct str packed, struct arena *arena, struct str *ret_text)
{
	char *text = arena_alloc(arena, (size_t)member->size + 1, 1);
	bool good = false;
	if (member->method == 0 && member->packed == member->size) {
		memcpy(text, packed.p, packed.n);
		good = true;
	} else if (member->method == 8) {
		good = inflate_all(packed, text, (size_t)member->size);
	}
	if (!good || crc32(0, (const Bytef *)text, (uInt)member->size) != member->crc) {
		return bad(wheel, "has a METADATA that cannot be unpacked");
	}
	*ret_text = (struct str){text, (size_t)member->size};
	return WHEELTAIL_DONE;
}

static enum index_wheeltail read_member(
	struct wheel *wheel, const struct member *member, struct arena *arena, struct str *ret_text)
{
	struct str local;
	struct str packed;
	if (member->size > METADATA_MAX || member->packed > METADATA_MAX) {
		return bad(wheel, "has a METADATA that is too large");
	}
	enum index_wheeltail got = bytes_at(wheel, member->at, LOCAL_SIZE, &local);
	if (got == WHEELTAIL_MORE) { /* then all of the member in one go */
		uint64_t want = LOCAL_SIZE + member->name_n + LOCAL_EXTRA_GUESS + member->packed;
		uint64_t left = wheel->total - member->at;
		*wheel->ret_need = (size_t)(want < left ? want : left);
	}
	if (got != WHEELTAIL_DONE) {
		return got;
	}
	if (number(local, 0, 4) != 0x04034b50) {
		return bad(wheel, "has a broken table of contents");
	}
	uint64_t data = member->at + LOCAL_SIZE + number(local, 26, 2) + number(local, 28, 2);
	got = bytes_at(wheel, data, member->packed, &packed);
	return got == WHEELTAIL_DONE ? unpack(wheel, member, packed, arena, ret_text) : got;
}

enum index_wheeltail index_wheeltail_read(const struct index_piece *pieces, size_t n_pieces,
	uint64_t total, struct arena *arena, struct str *ret_text, uint64_t *ret_at,
	size_t *ret_need, struct err *err)
{
	struct wheel wheel = {
		.pieces = pieces,
		.n_pieces = n_pieces,
		.total = total,
		.ret_at = ret_at,
		.ret_need = ret_need,
		.err = err,
	};
	uint64_t at;
	uint64_t size;
	struct str directory;
	struct member member;
	enum index_wheeltail got = find_directory(&wheel, &at, &size);
	if (got == WHEELTAIL_DONE) {
		got = bytes_at(&wheel, at, size, &directory);
	}
	if (got != WHEELTAIL_DONE) {
		return got;
	}
	if (!find_member(directory, &member)) {
		return bad(&wheel, "holds no METADATA");
	}
	return read_member(&wheel, &member, arena, ret_text);
}

bool index_wheeltail_range(struct str content_range, uint64_t *ret_at, uint64_t *ret_total)
{
	struct str unit;
	struct str range;
	struct str total;
	struct str from;
	struct str to;
	return str_cut(str_trim(content_range), S(" "), &unit, &range) &&
	       str_ieq(unit, S("bytes")) && str_cut(range, S("/"), &range, &total) &&
	       str_cut(range, S("-"), &from, &to) && str_to_u64(from, ret_at) &&
	       str_to_u64(total, ret_total);
}
