#include <zlib.h>
#include "unit/test.h"
#include "index/sdist.h"
#include "index/unarchive.h"
#include "common/banned.h"

enum { BLOCK = 512 };

/* One entry of a tar file: header (POSIX ustar) and body; size may say something else than the body. */
static void put_entry(
	struct buf *tar, const char *name, char type, struct str body, unsigned long long size)
{
	char head[BLOCK] = {0};
	snprintf(head, 100, "%s", name);
	snprintf(head + 100, 8, "%07o", 0644);
	snprintf(head + 108, 8, "%07o", 0);
	snprintf(head + 116, 8, "%07o", 0);
	snprintf(head + 124, 12, "%011llo", size);
	snprintf(head + 136, 12, "%011o", 0);
	memset(head + 148, ' ', 8);
	head[156] = type;
	if (type == '2') {
		snprintf(head + 157, 100, "/etc/passwd");
	}
	memcpy(head + 257,
		"ustar\0"
		"00",
		8);
	unsigned sum = 0;
	for (size_t i = 0; i < BLOCK; i++) {
		sum += (unsigned char)head[i];
	}
	snprintf(head + 148, 8, "%06o", sum);
	buf_add(tar, (struct str){head, BLOCK});
	buf_add(tar, body);
	while (tar->n % BLOCK != 0) {
		buf_byte(tar, '\0');
	}
}

static struct str gzipped(struct str text, struct arena *arena)
{
	z_stream stream = {0};
	assert_int_equal(
		deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
	size_t room = deflateBound(&stream, text.n) + 64;
	char *out = arena_alloc(arena, room, 1);
	stream.next_in = (Bytef *)(uintptr_t)text.p;
	stream.avail_in = (uInt)text.n;
	stream.next_out = (Bytef *)out;
	stream.avail_out = (uInt)room;
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	size_t n = room - stream.avail_out;
	deflateEnd(&stream);
	return (struct str){out, n};
}

static bool read_tar(const struct buf *tar, struct arena *arena, struct str *ret, struct err *err)
{
	struct str end = {(char[2 * BLOCK]){0}, 2 * BLOCK};
	struct buf whole = {.max = 1 << 20};
	buf_add(&whole, buf_str(tar));
	buf_add(&whole, end);
	struct str bytes = gzipped(buf_str(&whole), arena);
	buf_done(&whole);
	return thoth_unarchive_functions.read(
		bytes, UNARCHIVE_TAR, S("a_b-1.0"), S("PKG-INFO"), 1000, arena, ret, err);
}

static void finds_the_one_file_that_counts(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		char type;
		bool found;
	} cases[] = {
		{"a_b-1.0/PKG-INFO",            '0', true },
                {"./a_b-1.0/PKG-INFO",          '0', true },
		{"A.B-1.0/PKG-INFO",            '0', true },
                {"a_b-1.1/PKG-INFO",            '0', false},
		{"a_b-1.0/a.egg-info/PKG-INFO", '0', false},
                {"../a_b-1.0/PKG-INFO",         '0', false},
		{"/a_b-1.0/PKG-INFO",           '0', false},
                {"PKG-INFO",                    '0', false},
		{"a_b-1.0/PKG-INFO",            '2', false}, /* a symbolic link */
		{"a_b-1.0/PKG-INFO",            '5', false}, /* a folder */
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		AUTO(buf_done) struct buf tar = {.max = 1 << 20};
		struct str text = {0};
		struct err err = {0};
		bool ordinary = cases[i].type == '0';
		put_entry(&tar, "a_b-1.0/setup.py", '0', S("exit(1)\n"), 8);
		put_entry(&tar, cases[i].name, cases[i].type, ordinary ? S("Name: a\n") : S(""),
			ordinary ? 8 : 0);
		bool found = read_tar(&tar, &arena, &text, &err);
		if (found != cases[i].found) {
			fail_msg("%s '%c': %s", cases[i].name, cases[i].type, err.message);
		}
		if (found) {
			assert_str(text, S("Name: a\n"));
		} else {
			assert_int_equal(err.kind, ERR_INPUT);
		}
	}
}

static void refuses_what_is_too_large_or_cut_off(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		unsigned long long size;
		const char *says;
	} cases[] = {
		{"a_b-1.0/PKG-INFO", 1001,       "larger than 1000 bytes" },
		{"a_b-1.0/PKG-INFO", 900,        "cannot be unpacked"     },
		{"a_b-1.0/data",     1ULL << 32, "too large once unpacked"},
		{"a_b-1.0/data",     2000,       "broken"                 },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		AUTO(buf_done) struct buf tar = {.max = 1 << 20};
		struct str text = {0};
		struct err err = {0};
		put_entry(&tar, cases[i].name, '0', S("Name: a\n"), cases[i].size);
		struct str bytes = gzipped(buf_str(&tar), &arena);
		assert_false(thoth_unarchive_functions.read(bytes, UNARCHIVE_TAR, S("a_b-1.0"),
			S("PKG-INFO"), 1000, &arena, &text, &err));
		assert_int_equal(err.kind, ERR_INPUT);
		if (strstr(err.message, cases[i].says) == NULL) {
			fail_msg("case %zu says: %s", i, err.message);
		}
	}
}

static void only_static_metadata_counts(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool counts;
	} cases[] = {
		{"Metadata-Version: 2.2\n",					      true },
		{"Metadata-Version: 2.4\nDynamic: License-File\nDynamic: description\n", true },
		{"Metadata-Version: 2.10\n",					     true },
		{"Metadata-Version: 2.1\n",					      false},
		{"Metadata-Version: 1.2\n",					      false},
		{"Metadata-Version: 2.2\nDynamic: Requires-Dist\n",                      false},
		{"Metadata-Version: 2.2\nDynamic: requires-dist\n",                      false},
		{"Metadata-Version: 2.3\nDynamic: PROVIDES-EXTRA\n",                     false},
		{"Metadata-Version: 2.3\nDynamic: version\nDynamic: Requires-Python\n",  false},
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct metadata metadata;
		struct err err = {0};
		struct str text = arena_printf(&arena, "%sName: a\nVersion: 1\n", cases[i].text);
		assert_ok(metadata_parse(text, &arena, &metadata, &err), err);
		if (index_sdist_is_static(&metadata) != cases[i].counts) {
			fail_msg("%s", cases[i].text);
		}
	}
}

static void other_archives_are_left_alone(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct str text;
	struct err err = {0};
	assert_false(index_sdist_read(S("\x1f\x9d"), S("a-1.tar.Z"), false, &arena, &text, &err));
	assert_int_equal(err.kind, ERR_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_one_file_that_counts),
		cmocka_unit_test(refuses_what_is_too_large_or_cut_off),
		cmocka_unit_test(only_static_metadata_counts),
		cmocka_unit_test(other_archives_are_left_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
