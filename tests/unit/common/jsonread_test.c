#include "unit/test.h"
#include "common/jsonread.h"
#include "common/banned.h"

/* True when the whole text is one JSON value; err says otherwise. */
static bool is_json(struct str text, struct err *err)
{
	struct jsonread in = jsonread_start(text);
	jsonread_skip(&in);
	return jsonread_end(&in, err);
}

static void accepts_what_json_and_python_write(void **state)
{
	(void)state;
	static const struct str cases[] = {STR_INIT("{}"), STR_INIT("[]"), STR_INIT("\"\""),
		STR_INIT(" \t\r\n[ ] \n"), STR_INIT("[1.0,-0.0,-0,0]"), STR_INIT("[1e400,1E-400]"),
		STR_INIT("[1e5,1E+05,1.5e-3]"), STR_INIT("9223372036854775808"),
		STR_INIT("123456789012345678901234567890"), STR_INIT("[NaN,Infinity,-Infinity]"),
		STR_INIT("{\"a\":1,\"a\":2}"), STR_INIT("\"\\u0000\""), STR_INIT("{\"\\u0000\":1}"),
		STR_INIT("\"\\ud83d\""), STR_INIT("\"\xff\xed\xa0\xbd\""),
		STR_INIT("\xef\xbb\xbf{}"), STR_INIT("\"\x7f\\/\\b\\f\\n\\r\\t\\\\\\\"\""),
		STR_INIT("[true,false,null]"), STR_INIT("{\"a\":{\"b\":[{}]},\"c\":[[],{}]}")};
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct err err = {0};
		assert_ok(is_json(cases[i], &err), err);
	}
}

static void refuses_the_rest_and_says_where(void **state)
{
	(void)state;
	static const struct {
		struct str text;
		int line, column;
		const char *says;
	} cases[] = {
		{STR_INIT(""),                     1, 1, "cut off"            },
		{STR_INIT("{\"a\":1,}"),           1, 8, "comma"              },
		{STR_INIT("[1,]"),                 1, 4, "comma"              },
		{STR_INIT("[,1]"),                 1, 2, "expected a value"   },
		{STR_INIT("[1 2]"),                1, 4, "expected ','"       },
		{STR_INIT("{\"a\" 1}"),            1, 6, "expected ':'"       },
		{STR_INIT("{a:1}"),                1, 2, "key in double"      },
		{STR_INIT("{'a':1}"),              1, 2, "key in double"      },
		{STR_INIT("{\"a\":}"),             1, 6, "expected a value"   },
		{STR_INIT("[1}"),                  1, 3, "expected ',' or ']'"},
		{STR_INIT("{\"a\":1]"),            1, 7, "expected ',' or '}'"},
		{STR_INIT("{}\n{}"),               2, 1, "after the end"      },
		{STR_INIT("{}\0"),                 1, 3, "after the end"      },
		{STR_INIT("[01]"),                 1, 2, "expected a value"   },
		{STR_INIT("[1.]"),                 1, 2, "expected a value"   },
		{STR_INIT("[.5]"),                 1, 2, "expected a value"   },
		{STR_INIT("[1e]"),                 1, 2, "expected a value"   },
		{STR_INIT("[+1]"),                 1, 2, "expected a value"   },
		{STR_INIT("[-]"),                  1, 2, "expected a value"   },
		{STR_INIT("[0x1]"),                1, 3, "expected ','"       },
		{STR_INIT("[nan]"),                1, 2, "expected a value"   },
		{STR_INIT("[True]"),               1, 2, "expected a value"   },
		{STR_INIT("\"a\nb\""),             1, 3, "control character"  },
		{STR_INIT("\"a\0b\""),             1, 3, "control character"  },
		{STR_INIT("\"\\x41\""),            1, 2, "unknown escape"     },
		{STR_INIT("\"\\u12g4\""),          1, 2, "unknown escape"     },
		{STR_INIT("\"\\u12\""),            1, 2, "unknown escape"     },
		{STR_INIT("\"abc"),                1, 5, "cut off"            },
		{STR_INIT("\"abc\\"),              1, 6, "cut off"            },
		{STR_INIT("// no\n1"),             1, 1, "expected a value"   },
		{STR_INIT("{\"a\":\n [1,\n  x]}"), 3, 3, "expected a value"   },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct err err = {0};
		if (is_json(cases[i].text, &err)) {
			fail_msg("accepted " STR_FMT, STR_ARG(cases[i].text));
		}
		if (strstr(err.message, cases[i].says) == NULL || err.line != cases[i].line ||
			err.column != cases[i].column) {
			fail_msg(STR_FMT ": %d:%d: %s", STR_ARG(cases[i].text), err.line,
				err.column, err.message);
		}
	}
}

/* What a writer that was stopped leaves behind: never accepted, never read past its end. */
static void refuses_a_text_cut_at_any_byte(void **state)
{
	(void)state;
	struct str whole = S("{\"cells\": [{\"source\": [\"a\\n\", \"\\u00e9\\ud83d\\ude00\"], "
			     "\"n\": -1.5e+3}, [true, false, null, NaN]], \"end\": {}}");
	struct err err = {0};
	assert_ok(is_json(whole, &err), err);
	for (size_t n = 0; n < whole.n; n++) {
		char *exact = malloc(n == 0 ? 1 : n); /* so that the sanitizer sees one byte more */
		memcpy(exact, whole.p, n);
		err = (struct err){0};
		assert_false(is_json((struct str){exact, n}, &err));
		assert_int_equal(err.kind, ERR_INPUT);
		free(exact);
	}
}

static void decodes_strings(void **state)
{
	(void)state;
	static const struct {
		struct str json, value;
	} cases[] = {
		{STR_INIT("\"plain\""),                      STR_INIT("plain")                                },
		{STR_INIT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), STR_INIT("\"\\/\b\f\n\r\t")                      },
		{STR_INIT("\"\\u0041\\u00e9\\u20AC\""),      STR_INIT("A\xc3\xa9\xe2\x82\xac")                },
		{STR_INIT("\"\\ud83d\\ude00\""),             STR_INIT("\xf0\x9f\x98\x80")                     },
		{STR_INIT("\"a\\u0000b\""),                  STR_INIT("a\0b")                                 },
		{STR_INIT("\"\\ud83d\""),                    STR_INIT("\xef\xbf\xbd")                         },
		{STR_INIT("\"\\ude00\\ud83d\""),             STR_INIT("\xef\xbf\xbd\xef\xbf\xbd")             },
		{STR_INIT("\"\\ud83d\\u0041\""),             STR_INIT("\xef\xbf\xbd"
							  "A")},
		{STR_INIT("\"\\ud83d\\n\""),                 STR_INIT("\xef\xbf\xbd\n")                       },
		{STR_INIT("\"\\\\u0041\""),                  STR_INIT("\\u0041")                              },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct jsonread in = jsonread_start(cases[i].json);
		struct str got = jsonread_string(&in, &arena);
		assert_ok(jsonread_end(&in, &err), err);
		assert_str(got, cases[i].value);
	}
}

/* From a caller that did not check: nothing is decoded to more bytes than there were. */
static void leaves_what_is_no_escape_as_it_stands(void **state)
{
	(void)state;
	static const struct {
		struct str raw, value;
	} cases[] = {
		{STR_INIT("\\u"),           STR_INIT("\\u")               },
		{STR_INIT("\\"),            STR_INIT("\\")                },
		{STR_INIT("a\\n\\"),        STR_INIT("a\n\\")             },
		{STR_INIT("\\u12"),         STR_INIT("\\u12")             },
		{STR_INIT("\\u12g4"),       STR_INIT("\\u12g4")           },
		{STR_INIT("\\u\\u\\u\\u"),  STR_INIT("\\u\\u\\u\\u")      },
		{STR_INIT("\\ud83d\\u"),    STR_INIT("\xef\xbf\xbd\\u")   },
		{STR_INIT("\\ud83d\\ude0"), STR_INIT("\xef\xbf\xbd\\ude0")},
		{STR_INIT("\\u\\u0041"),    STR_INIT("\\uA")              },
		{STR_INIT("\\x41"),         STR_INIT("\\x41")             },
		{STR_INIT("\\\0"),          STR_INIT("\\\0")              },
		{STR_INIT("\"\n\\t"),       STR_INIT("\"\n\t")            },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		assert_str(jsonread_unescape(cases[i].raw, &arena), cases[i].value);
	}
}

/* Every text of five of the letters that escapes are made of, alone and after half a pair. */
static void decodes_any_bytes_within_their_length(void **state)
{
	(void)state;
	static const char letters[8] = "\\ud8c0\"n";
	AUTO(arena_done) struct arena arena = {0};
	for (unsigned code = 0; code < 8 * 8 * 8 * 8 * 8; code++) {
		char text[11] = "\\ud83d";
		for (unsigned i = 0; i < 5; i++) {
			text[6 + i] = letters[code >> (3 * i) & 7];
		}
		struct str pair = {text, 11};
		assert_true(jsonread_unescape(pair, &arena).n <= pair.n);
		assert_true(jsonread_unescape(str_skip(pair, 6), &arena).n <= 5);
		arena_reset(&arena);
	}
}

static void reads_members_and_tells_byte_ranges(void **state)
{
	(void)state;
	struct err err = {0};
	struct jsonread in = jsonread_start(
		S(" {\"n\": -12, \"yes\": true, \"raw\": [1, {\"a\": \"]\"}] , \"none\": {}}"));
	struct str key;
	int seen = 0;
	assert_int_equal(jsonread_peek(&in), JSONREAD_OBJECT);
	assert_true(jsonread_object(&in));
	while (jsonread_key(&in, &key)) {
		seen++;
		if (str_eq(key, S("n"))) {
			assert_int_equal(jsonread_int(&in), -12);
		} else if (str_eq(key, S("yes"))) {
			assert_true(jsonread_bool(&in));
		} else if (str_eq(key, S("raw"))) {
			assert_str(jsonread_raw(&in), S("[1, {\"a\": \"]\"}]"));
		} else {
			assert_true(jsonread_object(&in));
			assert_false(jsonread_key(&in, &key));
		}
	}
	assert_ok(jsonread_end(&in, &err), err);
	assert_int_equal(seen, 4);
}

static void keeps_the_first_fault_and_then_says_no(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct jsonread in = jsonread_start(S("{\"a\": \"text\", \"b\": 1}"));
	struct str key;
	assert_true(jsonread_object(&in));
	assert_true(jsonread_key(&in, &key));
	assert_int_equal(jsonread_int(&in), 0);
	assert_false(jsonread_ok(&in, &err));
	assert_non_null(strstr(err.message, "integer"));
	assert_false(jsonread_key(&in, &key) || jsonread_object(&in) || jsonread_array(&in));
	assert_false(jsonread_bool(&in));
	assert_str(jsonread_string(&in, &arena), S(""));
	assert_str(jsonread_raw(&in), S(""));
	assert_int_equal(jsonread_peek(&in), JSONREAD_NONE);
	struct err last = {0};
	assert_false(jsonread_end(&in, &last));
	assert_string_equal(last.message, err.message);
}

static void takes_integers_that_fit(void **state)
{
	(void)state;
	static const struct {
		struct str text;
		bool fits;
		int64_t value;
	} cases[] = {
		{STR_INIT("9223372036854775807"),  true,  INT64_MAX },
		{STR_INIT("-9223372036854775807"), true,  -INT64_MAX},
		{STR_INIT("9223372036854775808"),  false, 0         },
		{STR_INIT("-0"),                   true,  0         },
		{STR_INIT("1.0"),                  false, 0         },
		{STR_INIT("1e3"),                  false, 0         },
		{STR_INIT("NaN"),                  false, 0         },
		{STR_INIT("\"1\""),                false, 0         },
		{STR_INIT("null"),                 false, 0         },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct err err = {0};
		struct jsonread in = jsonread_start(cases[i].text);
		int64_t value = jsonread_int(&in);
		assert_int_equal(jsonread_end(&in, &err), cases[i].fits);
		assert_true(!cases[i].fits || value == cases[i].value);
	}
}

static void nests_to_the_limit_without_recursion(void **state)
{
	(void)state;
	static const struct {
		size_t depth;
		const char *open, *close;
		bool fine;
	} cases[] = {
		{JSONREAD_DEPTH_MAX,     "[",        "]",  true },
		{JSONREAD_DEPTH_MAX + 1, "[",        "]",  false},
		{JSONREAD_DEPTH_MAX / 2, "[{\"a\":", "}]", true },
		{JSONREAD_DEPTH_MAX,     "{\"a\":",  "}",  true },
		{5000000,                "[",        "",   false},
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(buf_done) struct buf text = {0};
		struct err err = {0};
		for (size_t k = 0; k < cases[i].depth; k++) {
			buf_add(&text, str_from(cases[i].open));
		}
		buf_byte(&text, '1');
		for (size_t k = 0; k < cases[i].depth; k++) {
			buf_add(&text, str_from(cases[i].close));
		}
		assert_int_equal(is_json(buf_str(&text), &err), cases[i].fine);
		assert_true(cases[i].fine || strstr(err.message, "too deeply") != NULL);
	}
}

/* Strings of every length around the 16 bytes that are looked at in one step. */
static void sees_every_byte_of_a_long_string(void **state)
{
	(void)state;
	for (size_t n = 0; n < 70; n++) {
		for (size_t at = 0; at < n; at++) {
			char text[80];
			memset(text, 'x', sizeof(text));
			text[0] = '"';
			text[n + 1] = '"';
			struct err err = {0};
			assert_true(is_json((struct str){text, n + 2}, &err));
			text[at + 1] = '\x1f';
			assert_false(is_json((struct str){text, n + 2}, &err));
			assert_int_equal(err.column, at + 2);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_what_json_and_python_write),
		cmocka_unit_test(refuses_the_rest_and_says_where),
		cmocka_unit_test(refuses_a_text_cut_at_any_byte),
		cmocka_unit_test(decodes_strings),
		cmocka_unit_test(leaves_what_is_no_escape_as_it_stands),
		cmocka_unit_test(decodes_any_bytes_within_their_length),
		cmocka_unit_test(reads_members_and_tells_byte_ranges),
		cmocka_unit_test(keeps_the_first_fault_and_then_says_no),
		cmocka_unit_test(takes_integers_that_fit),
		cmocka_unit_test(nests_to_the_limit_without_recursion),
		cmocka_unit_test(sees_every_byte_of_a_long_string),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
