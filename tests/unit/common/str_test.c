#include "unit/test.h"
#include "common/banned.h"

static void finds_and_slices(void **state)
{
	(void)state;
	assert_str(str_slice(S("hello"), 1, 3), S("el"));
	assert_str(str_slice(S("hello"), 3, 99), S("lo"));
	assert_str(str_slice(S("hello"), 9, 3), S(""));
	assert_str(str_slice((struct str){0}, 1, 3), S(""));
	assert_int_equal(str_find(S("banana"), S("nan")), 2);
	assert_int_equal(str_find(S("a\0b"), S("\0b")), 1);
	assert_int_equal(str_find(S("a"), S("")), 0);
	assert_int_equal(str_find(S(""), S("")), 0);
	assert_int_equal(str_find(S("a"), S("ab")), -1);
	assert_int_equal(str_find_char(S(""), 'a'), -1);
	assert_int_equal(str_find_last_char(S("a/b/c"), '/'), 3);
	assert_true(str_starts(S("abc"), S("ab")) && !str_starts(S("a"), S("ab")));
	assert_true(str_ends(S("abc"), S("bc")) && !str_ends(S("c"), S("bc")));
	assert_true(str_ieq(S("Flask"), S("fLASK")) && !str_ieq(S("\xc3\x89"), S("\xc3\xa9")));
	assert_true(str_cmp(S("a"), S("b")) < 0 && str_cmp(S("a"), S("ab")) < 0);
	assert_true(str_cmp(S("\xff"), S("a")) > 0 && str_cmp(S(""), (struct str){0}) == 0);
}

static void cuts_at_the_first_separator(void **state)
{
	(void)state;
	struct str text = S("a==b==c");
	struct str before;
	assert_true(str_cut(text, S("=="), &before, &text));
	assert_str(before, S("a"));
	assert_str(text, S("b==c"));
	assert_false(str_cut(S("a=b"), S("=="), &before, &text));
	assert_str(before, S("a"));
}

static void takes_lines_with_any_ending(void **state)
{
	(void)state;
	static const struct str lines[] = {STR_INIT("a"), STR_INIT(""), STR_INIT("b"),
		STR_INIT("c"), STR_INIT(""), STR_INIT("d")};
	struct str rest = S("a\n\nb\r\nc\r\rd");
	struct str line;
	for (size_t i = 0; i < N_OF(lines); i++) {
		assert_true(str_next_line(&rest, &line));
		assert_str(line, lines[i]);
	}
	assert_false(str_next_line(&rest, &line));
}

static void trims_ascii_white_space_only(void **state)
{
	(void)state;
	assert_str(str_trim(S(" \t\r\n\v\f a b \n")), S("a b"));
	assert_str(str_trim_left(S("  a ")), S("a "));
	assert_str(str_trim_right(S(" a  ")), S(" a"));
	assert_str(str_trim(S(" \n ")), S(""));
	assert_str(str_trim(S("\xc2\xa0"
			      "a")),
		S("\xc2\xa0"
		  "a"));
}

static void reads_numbers_up_to_64_bits(void **state)
{
	(void)state;
	uint64_t value = 7;
	assert_true(str_to_u64(S("18446744073709551615"), &value) && value == UINT64_MAX);
	assert_true(str_to_u64(S("007"), &value) && value == 7);
	static const struct str bad[] = {STR_INIT(""), STR_INIT("+1"), STR_INIT("-1"),
		STR_INIT(" 1"), STR_INIT("1 "), STR_INIT("0x1"), STR_INIT("18446744073709551616"),
		STR_INIT("99999999999999999999999")};
	for (size_t i = 0; i < N_OF(bad); i++) {
		assert_false(str_to_u64(bad[i], &value));
		assert_int_equal(value, 7);
	}
}

/* Source: RFC 3629 section 4. */
static void knows_well_formed_utf8(void **state)
{
	(void)state;
	static const struct {
		struct str text;
		bool valid;
	} cases[] = {
		{STR_INIT(""),                 true },
		{STR_INIT("a\0b"),             true },
		{STR_INIT("\xc3\xa9"),         true },
		{STR_INIT("\xef\xbf\xbf"),     true },
		{STR_INIT("\xf4\x8f\xbf\xbf"), true },
		{STR_INIT("\x80"),             false},
		{STR_INIT("\xc3"),             false},
		{STR_INIT("\xc3("),            false},
		{STR_INIT("\xc0\xaf"),         false},
		{STR_INIT("\xe0\x80\xaf"),     false},
		{STR_INIT("\xf0\x80\x80\xaf"), false},
		{STR_INIT("\xed\xa0\xbd"),     false},
		{STR_INIT("\xf4\x90\x80\x80"), false},
		{STR_INIT("\xff"),             false},
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		assert_int_equal(str_is_utf8(cases[i].text), cases[i].valid);
	}
}

static void shows_text_that_cannot_drive_a_terminal(void **state)
{
	(void)state;
	static const struct {
		struct str text, lines, one_line, html;
	} cases[] = {
		{STR_INIT("caf\xc3\xa9"),         STR_INIT("caf\xc3\xa9"),    STR_INIT("caf\xc3\xa9"),
                 STR_INIT("caf\xc3\xa9")                        },
		{STR_INIT("\x1b[31m\a"),          STR_INIT("\\x1b[31m\\x07"), STR_INIT("\\x1b[31m\\x07"),
                 STR_INIT("\\x1b[31m\\x07")                     },
		{STR_INIT("a\tb\nc\rd"),          STR_INIT("a\tb\nc\\x0dd"),  STR_INIT("a\\x09b\\x0ac\\x0dd"),
                 STR_INIT("a\tb\nc\\x0dd")                      },
		{STR_INIT("\xc2\x9b"
			  "1m"),
                 STR_INIT("\\xc2\\x9b1m"),                                    STR_INIT("\\xc2\\x9b1m"),
                 STR_INIT("\\xc2\\x9b1m")                       },
		{STR_INIT("\xff\xc3"),            STR_INIT("\\xff\\xc3"),     STR_INIT("\\xff\\xc3"),
                 STR_INIT("\\xff\\xc3")                         },
		{STR_INIT("a\0b\x7f"),            STR_INIT("a\\x00b\\x7f"),   STR_INIT("a\\x00b\\x7f"),
                 STR_INIT("a\\x00b\\x7f")                       },
		{STR_INIT("<a b='c'>&\""),        STR_INIT("<a b='c'>&\""),   STR_INIT("<a b='c'>&\""),
                 STR_INIT("&#60;a b=&#39;c&#39;&#62;&#38;&#34;")},
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(buf_done) struct buf lines = {0};
		AUTO(buf_done) struct buf one = {0};
		AUTO(buf_done) struct buf html = {0};
		buf_add_shown(&lines, cases[i].text, false);
		buf_add_shown(&one, cases[i].text, true);
		buf_add_html(&html, cases[i].text);
		assert_str(buf_str(&lines), cases[i].lines);
		assert_str(buf_str(&one), cases[i].one_line);
		assert_str(buf_str(&html), cases[i].html);
	}
}

static void writes_up_to_the_maximum_and_not_beyond(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf buf = {.max = 10};
	buf_add(&buf, S("12345"));
	buf_addf(&buf, "%d", 67890);
	assert_false(buf.full);
	assert_str(buf_str(&buf), S("1234567890"));
	buf_byte(&buf, 'x');
	assert_true(buf.full);
	buf_reset(&buf);
	buf_addf(&buf, "%s", "12345678901");
	assert_true(buf.full);
	buf_byte(&buf, 'x'); /* full for good: half of a text is worse than none */
	assert_str(buf_str(&buf), S(""));
	assert_null(buf_room(&buf, SIZE_MAX));
	buf_reset(&buf);
	buf_byte(&buf, 'x');
	assert_string_equal(buf.p, "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_and_slices),
		cmocka_unit_test(cuts_at_the_first_separator),
		cmocka_unit_test(takes_lines_with_any_ending),
		cmocka_unit_test(trims_ascii_white_space_only),
		cmocka_unit_test(reads_numbers_up_to_64_bits),
		cmocka_unit_test(knows_well_formed_utf8),
		cmocka_unit_test(shows_text_that_cannot_drive_a_terminal),
		cmocka_unit_test(writes_up_to_the_maximum_and_not_beyond),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
