#include "unit/test.h"
#include <zlib.h>
#include "index/wheeltail.h"
#include "common/banned.h"

static const struct str text = STR_INIT("Metadata-Version: 2.1\nName: x\nVersion: 1\n");

static void add_number(struct buf *out, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++) {
		buf_byte(out, i < 8 ? (char)(value >> 8 * i) : '\0');
	}
}

/* A stored member; the offset of its local header. */
static size_t add_member(struct buf *out, struct str name, struct str data)
{
	size_t at = out->n;
	add_number(out, 0x04034b50, 4);
	add_number(out, 20, 10); /* version, flags, method 0, time, date */
	add_number(out, crc32(0, (const Bytef *)data.p, (uInt)data.n), 4);
	add_number(out, data.n, 4);
	add_number(out, data.n, 4);
	add_number(out, name.n, 2);
	add_number(out, 3, 2); /* an extra field that the central directory does not have */
	buf_add(out, name);
	buf_add(out, S("abc"));
	buf_add(out, data);
	return at;
}

static void add_central(struct buf *out, struct str name, struct str data, size_t at)
{
	add_number(out, 0x02014b50, 4);
	add_number(out, 0x00140014, 4);
	add_number(out, 0, 8); /* flags, method, time, date */
	add_number(out, crc32(0, (const Bytef *)data.p, (uInt)data.n), 4);
	add_number(out, data.n, 4);
	add_number(out, data.n, 4);
	add_number(out, name.n, 2);
	add_number(out, 0, 12); /* no extra, no comment, disk, attributes */
	add_number(out, at, 4);
	buf_add(out, name);
}

/* A wheel with `filler` bytes of code before its METADATA and after it. */
static struct str wheel(struct arena *arena, size_t before, size_t after, const char *name)
{
	AUTO(buf_done) struct buf out = {0};
	struct str filler = {arena_alloc(arena, before + after + 1, 1), before};
	size_t code = add_member(&out, S("x/code.so"), filler);
	size_t metadata = add_member(&out, str_from(name), text);
	filler.n = after;
	size_t data = add_member(&out, S("x/data.bin"), filler);
	size_t directory = out.n;
	filler.n = before;
	add_central(&out, S("x/code.so"), filler, code);
	add_central(&out, str_from(name), text, metadata);
	filler.n = after;
	add_central(&out, S("x/data.bin"), filler, data);
	size_t size = out.n - directory;
	add_number(&out, 0x06054b50, 4);
	add_number(&out, 0, 4);
	add_number(&out, 3, 2);
	add_number(&out, 3, 2);
	add_number(&out, size, 4);
	add_number(&out, directory, 4);
	add_number(&out, 0, 2);
	return arena_str(arena, buf_str(&out));
}

/* Ask as a client does: the tail, then whatever is wanted. The number of requests, or -1. */
static int read_by_pieces(struct str whole, struct arena *arena, struct str *ret, struct err *err)
{
	struct index_piece pieces[WHEELTAIL_PIECES_MAX];
	size_t first = whole.n < WHEELTAIL_FIRST ? whole.n : WHEELTAIL_FIRST;
	pieces[0] = (struct index_piece){whole.n - first, str_skip(whole, whole.n - first)};
	for (size_t n = 1; n <= WHEELTAIL_PIECES_MAX; n++) {
		uint64_t at = 0;
		size_t need = 0;
		switch (index_wheeltail_read(pieces, n, whole.n, arena, ret, &at, &need, err)) {
		case WHEELTAIL_DONE:
			return (int)n;
		case WHEELTAIL_BAD:
			return -1;
		case WHEELTAIL_MORE:
			assert_true(n < WHEELTAIL_PIECES_MAX);
			assert_true(at + need <= whole.n && need > 0);
			pieces[n] = (struct index_piece){
				at, str_slice(whole, (size_t)at, (size_t)at + need)};
			break;
		}
	}
	return -1;
}

static void finds_metadata_in_few_requests(void **state)
{
	(void)state;
	static const struct {
		size_t before, after;
		int requests;
	} cases[] = {
		{100,    100,    1}, /* all in the tail */
		{500000, 100,    1}, /* at the end, as installers are advised */
		{100,    500000, 2}, /* at the front: the table of contents, then the member */
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct str found = {0};
		struct str whole =
			wheel(&arena, cases[i].before, cases[i].after, "x-1.dist-info/METADATA");
		int requests = read_by_pieces(whole, &arena, &found, &err);
		assert_string_equal(err.message, "");
		assert_int_equal(requests, cases[i].requests);
		assert_str(found, text);
	}
}

static void refuses_what_is_no_wheel(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct str vendored = wheel(&arena, 10, 10, "x/_vendor/y-1.dist-info/METADATA");
	struct str broken = wheel(&arena, 10, 10, "x-1.dist-info/METADATA");
	((char *)broken.p)[str_find(broken, S("Name: x"))] = 'n'; /* the checksum notices */
	struct str far = wheel(&arena, 10, 10, "x-1.dist-info/METADATA");
	memset((char *)far.p + far.n - 6, 0x7f, 4); /* the directory lies behind the end */
	const struct {
		struct str bytes;
		const char *words;
	} cases[] = {
		{S("no zip"), "no zip file"       },
		{S(""),       "no zip file"       },
		{vendored,    "holds no METADATA" },
		{broken,      "cannot be unpacked"},
		{far,         "behind its own end"},
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct err err = {0};
		struct str found = {0};
		assert_int_equal(read_by_pieces(cases[i].bytes, &arena, &found, &err), -1);
		if (strstr(err.message, cases[i].words) == NULL) {
			fail_msg("'%s' does not say '%s'", err.message, cases[i].words);
		}
	}
}

static void reads_content_ranges(void **state)
{
	(void)state;
	uint64_t at = 0;
	uint64_t total = 0;
	assert_true(index_wheeltail_range(S("bytes 100-299/5000"), &at, &total));
	assert_int_equal(at, 100);
	assert_int_equal(total, 5000);
	assert_false(index_wheeltail_range(S("bytes */5000"), &at, &total));
	assert_false(index_wheeltail_range(S("bytes 1-2/*"), &at, &total));
	assert_false(index_wheeltail_range(S(""), &at, &total));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_metadata_in_few_requests),
		cmocka_unit_test(refuses_what_is_no_wheel),
		cmocka_unit_test(reads_content_ranges),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
