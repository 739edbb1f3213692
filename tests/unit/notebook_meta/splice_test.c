#include "unit/test.h"
#include "notebook_meta/notebook_meta.h"

/* The document with metadata.thoth set to value (NULL: taken out). */
static struct str spliced(struct arena *arena, struct str text, const char *value)
{
	AUTO(nb_done) struct notebook nb = {0};
	struct err err = {0};
	struct str ret;
	json_auto_t *json = value == NULL ? NULL : json_loads(value, 0, NULL);
	assert_true(value == NULL || json != NULL);
	assert_ok(nb_parse(S("n"), text, arena, &nb, &err), err);
	assert_ok(nb_splice(&nb, json, arena, &ret, &err), err);
	return ret;
}

static const char value[] = "{\"version\": 1, \"requirements\": {\"packages\": [\"b\", \"c>=1\"]}}";

static void the_style_follows_the_file(void **state)
{
	(void)state;
	static const struct {
		const char *before, *after;
	} cases[] = {
  /* Jupyter's own: one blank */
		{"{\n \"cells\": [],\n \"metadata\": {\n  \"a\": 1,\n  \"z\": 2\n },\n "
		 "\"nbformat\": 4\n}\n",			  "{\n \"cells\": [],\n \"metadata\": {\n  \"a\": 1,\n  \"thoth\": {\n"
			"   \"requirements\": {\n    \"packages\": [\n     \"b\",\n     \"c>=1\"\n "
			"   ]\n"
			"   },\n   \"version\": 1\n  },\n  \"z\": 2\n },\n \"nbformat\": 4\n}\n"},
 /* two blanks, no final newline, at the end */
		{"{\n  \"metadata\": {\n    \"a\": 1\n  },\n  \"nbformat\": 4\n}",
                 "{\n  \"metadata\": {\n    \"a\": 1,\n    \"thoth\": {\n      "
			"\"requirements\": {\n"
			"        \"packages\": [\n          \"b\",\n          \"c>=1\"\n        "
			"]\n      },\n"
			"      \"version\": 1\n    }\n  },\n  \"nbformat\": 4\n}"                                                                        },
 /* CRLF and tabs */
		{"{\r\n\t\"metadata\": {},\r\n\t\"nbformat\": 4\r\n}\r\n",
                 "{\r\n\t\"metadata\": {\r\n\t\t\"thoth\": {\r\n\t\t\t\"requirements\": "
			"{\r\n"
			"\t\t\t\t\"packages\": "
			"[\r\n\t\t\t\t\t\"b\",\r\n\t\t\t\t\t\"c>=1\"\r\n\t\t\t\t]\r\n"
			"\t\t\t},\r\n\t\t\t\"version\": 1\r\n\t\t}\r\n\t},\r\n\t\"nbformat\": "
			"4\r\n}\r\n"														     },
 /* compact, with and without blanks */
		{"{\"metadata\":{\"a\":1,\"z\":2},\"nbformat\":4}",
                 "{\"metadata\":{\"a\":1,\"thoth\":{\"requirements\":{\"packages\":[\"b\","
			"\"c>=1\"]},"
			"\"version\":1},\"z\":2},\"nbformat\":4}"											},
		{"{\"metadata\": {\"z\": 2}, \"nbformat\": 4}",
                 "{\"metadata\": {\"thoth\": {\"requirements\": {\"packages\": [\"b\", "
			"\"c>=1\"]}, "
			"\"version\": 1}, \"z\": 2}, \"nbformat\": 4}"										   },
		{"{\"metadata\": {}, \"nbformat\": 4}",
                 "{\"metadata\": {\"thoth\": {\"requirements\": {\"packages\": [\"b\", "
			"\"c>=1\"]}, "
			"\"version\": 1}}, \"nbformat\": 4}"											     },
 /* not sorted: at the end */
		{"{\"metadata\":{\"z\":2,\"a\":1},\"nbformat\":4}",
                 "{\"metadata\":{\"z\":2,\"a\":1,\"thoth\":{\"requirements\":{\"packages\":["
			"\"b\","
			"\"c>=1\"]},\"version\":1}},\"nbformat\":4}"										     },
 /* in place of an older value, which loses its own style */
		{"{\"metadata\":{\"thoth\": { } ,\"a\":1},\"nbformat\":4}",
                 "{\"metadata\":{\"thoth\": "
			"{\"requirements\":{\"packages\":[\"b\",\"c>=1\"]},"
			"\"version\":1} ,\"a\":1},\"nbformat\":4}"										       },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		assert_str(spliced(&arena, str_from(cases[i].before), value),
			str_from(cases[i].after));
	}
}

/* Metadata in every shape; out after in must give the very bytes. */
static void out_undoes_in(void **state)
{
	(void)state;
	static const char *const shapes[] = {
		"{}",
		"{ }",
		"{\n}",
		"{\n }",
		"{\r\n\t}",
		"{\"a\":1}",
		"{\"z\":1}",
		"{ \"a\" : 1 }",
		"{\"a\": 1, \"z\": 2}",
		"{\"z\": 1, \"a\": 2}",
		"{\n  \"a\": 1\n }",
		"{\n  \"z\": 1\n }",
		"{\n\n\"z\":1,\n\n\n\"zz\":2}",
		"{\"a\": 1 ,\n\"z\": 2 , \"zz\":3 }",
		"{\"a\":1,\"a\":2}",
		"{\n  \"a\": {\"thoth\": {}},\n  \"z\": 1}",
		"{\"\\u0074\": 1}",
		"{\"sure\":\"\\\"thoth\\\"\"}",
		"{\"é\":1}",
		"{\"\":1,\"tho\":2,\"thoth_\":3}",
	};
	static const char *const around[][2] = {
		{"{\"metadata\":",				    ",\"nbformat\":4}"        },
		{"{\n \"cells\": [],\n \"metadata\": ",               ",\n \"nbformat\": 4\n}\n"},
		{"{ \"nbformat\" : 4 , \"metadata\" : ",              " }"                      },
		{"{\r\n  \"nbformat\": 4,\r\n  \"metadata\" :\r\n  ", "\r\n}"                   },
		{"\xef\xbb\xbf{\"nbformat\": 4,\n\"metadata\": ",     "}\n\n"                   },
		{"{\n\"nbformat\": 4,\n\"metadata\": ",               "\n}"                     },
	};
	for (size_t i = 0; i < N_OF(shapes); i++) {
		for (size_t j = 0; j < N_OF(around); j++) {
			AUTO(arena_done) struct arena arena = {0};
			struct str before = arena_printf(
				&arena, "%s%s%s", around[j][0], shapes[i], around[j][1]);
			struct str with = spliced(&arena, before, value);
			assert_true(with.n > before.n);
			assert_str(spliced(&arena, with, NULL), before);
			assert_str(spliced(&arena, before, NULL), before);
			/* setting it again is no change; setting another and back neither */
			assert_str(spliced(&arena, with, value), with);
			assert_str(spliced(&arena, spliced(&arena, with, "{}"), value), with);
		}
	}
}

/* notebook-files.md 2: what JSON libraries trip over stays as it is. */
static void awkward_json_passes_through(void **state)
{
	(void)state;
	static const char *const values[] = {"NaN", "-Infinity", "Infinity", "1.0", "-0", "-0.0",
		"9223372036854775808", "123456789012345678901234567890", "1e400", "1e-400", "1E+05",
		"0.1", "\"\\u001B\"", "\"\\u0000\"", "\"\\ud83d\"", "\"\\ude00\\ud83d\"", "\"\\/\"",
		"\"\x7f\"", "\"\xff\xfe\"", "\"\xed\xa0\x80\"", "{\"a\":1,\"a\":2}",
		"{\"\\u0000\":1}", "{\"metadata\":{\"thoth\":1}}", "[[[[[[]]]]]]",
		"\"}{][\\\\\\\"\"", "[ ]"};
	static const char *const places[] = {
		"{\"cells\":[{\"cell_type\":\"code\",\"source\":%s,\"outputs\":[%s]}],\"metadata\":"
		"{},\"nbformat\":4}",
		"{\"metadata\":{\"a\":%s,\"z\":%s},\"nbformat\":4,\"cells\":[]}",
		"{\"metadata\":{\"requirements\":%s,\"kernelspec\":%s},\"nbformat\":4,\"cells\":[]"
		"}",
		"{\"extra\":%s,\"metadata\":{\"language_info\":{\"name\":%s}},\"nbformat\":4}",
	};
	for (size_t i = 0; i < N_OF(values); i++) {
		for (size_t j = 0; j < N_OF(places); j++) {
			AUTO(arena_done) struct arena arena = {0};
			AUTO(buf_done) struct buf text = {0};
			const char *p = places[j];
			for (const char *mark; (mark = strstr(p, "%s")) != NULL; p = mark + 2) {
				buf_add(&text, (struct str){p, (size_t)(mark - p)});
				buf_add(&text, str_from(values[i]));
			}
			buf_add(&text, str_from(p));
			struct str before = buf_str(&text);
			struct str with = spliced(&arena, before, value);
			ptrdiff_t at = str_find(with, S("\"thoth\":{\"requirements\""));
			assert_true(at > 0);
			assert_int_equal(with.n - before.n > 0, 1);
			assert_str(spliced(&arena, with, NULL), before);
		}
	}
}

/* Python: json.dumps(value, sort_keys=True, ensure_ascii=False) */
static void writes_json_as_python_does(void **state)
{
	(void)state;
	static const struct {
		const char *value, *text;
	} cases[] = {
		{"{\"b\":1,\"a\":2,\"B\":3,\"é\":4}",                                 "{\"B\": 3, \"a\": 2, \"b\": 1, \"é\": 4}"                          },
		{"{\"a\":\"\\u001b[0m\\u0000\\n\\t\\\"\\\\\\/"
		 "\\b\\f\\r\\u007f\\u00e9\\ud83d\\ude00\\u2028\"}",   "{\"a\": "
			"\"\\u001b[0m\\u0000\\n\\t\\\"\\\\/"
			"\\b\\f\\r\x7fé\xf0\x9f\x98\x80\xe2\x80\xa8\"}"},
		{"{\"a\":[],\"b\":{},\"c\":[true,false,null,-5]}",
                 "{\"a\": [], \"b\": {}, \"c\": [true, false, null, -5]}"										   },
		{"{\"a\":[0.1,1.0,1e16,1e-5,123456.789,1e22,-2.5e-10,0.0001,5e-324]}",
                 "{\"a\": [0.1, 1.0, 1e+16, 1e-05, 123456.789, 1e+22, -2.5e-10, 0.0001, "
			"5e-324]}"															  },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		AUTO(nb_done) struct notebook nb = {0};
		struct err err = {0};
		struct str got;
		json_auto_t *json = json_loads(cases[i].value, JSON_ALLOW_NUL, NULL);
		assert_non_null(json);
		assert_ok(nb_parse(S("n"), S("{\"metadata\": {}, \"nbformat\": 4}"), &arena, &nb,
				  &err),
			err);
		assert_ok(nb_splice(&nb, json, &arena, &got, &err), err);
		assert_str(got,
			arena_printf(&arena, "{\"metadata\": {\"thoth\": %s}, \"nbformat\": 4}",
				cases[i].text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_style_follows_the_file),
		cmocka_unit_test(out_undoes_in),
		cmocka_unit_test(awkward_json_passes_through),
		cmocka_unit_test(writes_json_as_python_does),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
