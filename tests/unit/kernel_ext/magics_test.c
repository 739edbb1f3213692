#include "unit/test.h"
#include "kernel_ext/magics.h"
#include "kernel_ext/worker.h"
#include "common/banned.h"

/* The words joined by '|', or "!" and the error. */
static struct str split(const char *line, struct arena *arena)
{
	struct err err = {0};
	struct kernel_words words;
	AUTO(buf_done) struct buf out = {0};
	if (!kernel_words_split(str_from(line), arena, &words, &err)) {
		return arena_printf(arena, "!%s", err.message);
	}
	for (size_t i = 0; i < words.n; i++) {
		if (i > 0) {
			buf_byte(&out, '|');
		}
		buf_add(&out, words.p[i]);
	}
	return arena_str(arena, buf_str(&out));
}

/* Expected values are those of Python's shlex.split(). */
static void splits_as_a_shell_does(void **state)
{
	(void)state;
	static const struct {
		const char *line, *words;
	} cases[] = {
		{"",				      ""				},
		{"  \t ",				 ""				},
		{"lock",				  "lock"                            },
		{" lock   --upgrade\tflask ",             "lock|--upgrade|flask"            },
		{"add 'a b' c",                           "add|a b|c"                       },
		{"add \"a b\"c'd e'",                     "add|a bcd e"                     },
		{"a\\ b \\'x\\' \\\\",                    "a b|'x'|\\"                      },
		{"'a\\b' \"a\\b\" \"a\\\"b\" \"a\\\\b\"", "a\\b|a\\b|a\"b|a\\b"             },
		{"'' x \"\"",                             "|x|"                             },
		{"pandas>=2 $HOME *.py `id` # x; y",      "pandas>=2|$HOME|*.py|`id`|#|x;|y"},
		{"'a\nb' c\td",                           "a\nb|c|d"                        },
		{"'open",				 "!expected a closing '"           },
		{"x \"open",			      "!expected a closing \""          },
		{"x\\",				   "!expected a character after '\\'"},
		{"\"x\\",				 "!expected a closing \""          },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		assert_str(split(cases[i].line, &arena), str_from(cases[i].words));
	}
}

static void takes_only_so_many_words(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	char line[2 * (KERNEL_WORDS_MAX + 1) + 1];
	for (size_t i = 0; i + 1 < sizeof(line); i += 2) {
		line[i] = 'x';
		line[i + 1] = ' ';
	}
	line[sizeof(line) - 1] = '\0';
	assert_true(str_starts(split(line, &arena), S("!expected at most")));
	line[(size_t)2 * KERNEL_WORDS_MAX] = '\0';
	assert_true(str_starts(split(line, &arena), S("x|x|")));
}

static void refuses_what_only_the_user_may_set(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		bool allowed;
	} cases[] = {
		{"lock --upgrade flask",           true },
		{"add --index gpu torch",          true },
		{"add --index=gpu torch",          true },
		{"lock --predictor td",            true },
		{"lock --prereleases",             true },
		{"lock -- --index-url",            true },
		{"lock --index-url x",             false},
		{"lock --index-url=x",             false},
		{"lock --index-u x",               false},
		{"lock x '--index-url=x y'",       false},
		{"lock --extra-index-url x",       false},
		{"lock --ex x",                    false},
		{"install --notebook-trust never", false},
		{"install --n=ask",                false},
		{"lock --prescriptions d",         false},
		{"lock --pres d",                  false},
		{"lock --cache-dir d",             false},
		{"lock --trusted-host h",          false},
		{"lock --cert f",                  false},
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct kernel_words words;
		assert_ok(kernel_words_split(str_from(cases[i].line), &arena, &words, &err), err);
		if (kernel_words_check(&words, &err) != cases[i].allowed) {
			fail_msg("'%s': %s", cases[i].line, err.message);
		}
		assert_int_equal(err.kind, cases[i].allowed ? ERR_NONE : ERR_USAGE);
	}
}

static void seen(struct kernel_cells *cells, const char *code, const char *id)
{
	kernel_cells_add(
		cells, &(struct kernel_execute){
			       .code = str_from(code), .cell_id = str_from(id), .is_cell = true});
}

static struct str asked(const char *document, const struct kernel_cells *cells, struct arena *arena)
{
	struct err err = {0};
	struct kernel_magic magic;
	struct str request;
	assert_ok(kernel_magic_read(str_from(document), arena, &magic, &err), err);
	if (!kernel_magic_request(&magic, 7, cells, NULL, arena, &request, &err)) {
		return kernel_worker_failure(7, &err, arena);
	}
	return request;
}

static void asks_the_worker(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(kernel_cells_done) struct kernel_cells cells = {0};
	assert_str(asked("{\"line\":\"lock 'a b'\",\"cell\":null,\"columns\":80}", &cells, &arena),
		S("{\"id\":7,\"command\":\"lock\",\"arguments\":[\"a b\"],\"columns\":80,"
		  "\"notebook\":{\"path\":null,\"metadata\":{},\"cells\":[]}}"));
	seen(&cells, "import \"x\"\n", "a1");
	assert_str(asked("{\"line\":\"\",\"cell\":\"b\\n\",\"columns\":-5}", &cells, &arena),
		S("{\"id\":7,\"command\":\"help\",\"arguments\":[],\"columns\":100,\"body\":"
		  "\"b\\n\",\"notebook\":{\"path\":null,\"metadata\":{},\"cells\":[{\"id\":\"a1\","
		  "\"index\":0,\"type\":\"code\",\"source\":\"import \\\"x\\\"\\n\"}]}}"));
	assert_str(asked("{\"line\":\"lock 'x\"}", &cells, &arena),
		S("{\"id\":7,\"exit\":2,\"error\":{\"kind\":\"usage\",\"message\":"
		  "\"expected a closing '\"}}"));
}

static void keeps_each_cell_once(void **state)
{
	(void)state;
	AUTO(kernel_cells_done) struct kernel_cells cells = {0};
	seen(&cells, "a", "");
	seen(&cells, "b", "id-b");
	seen(&cells, " \n", "");
	seen(&cells, "a", "");
	seen(&cells, "b2", "id-b");
	seen(&cells, "c\xff", "");
	assert_int_equal(cells.n, 2);
	assert_int_equal(cells.bytes, 3);
	json_auto_t *json = kernel_cells_json(&cells, 10000);
	char *text = json_dumps(json, JSON_COMPACT);
	assert_string_equal(text, "[{\"index\":0,\"type\":\"code\",\"source\":\"a\"},"
				  "{\"id\":\"id-b\",\"index\":1,\"type\":\"code\","
				  "\"source\":\"b2\"}]");
	free(text);
}

static void forgets_the_oldest_cells_first(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(kernel_cells_done) struct kernel_cells cells = {0};
	for (int i = 0; i < KERNEL_CELLS_MAX + 10; i++) {
		seen(&cells, arena_printf(&arena, "cell %d", i).p, "");
	}
	assert_int_equal(cells.n, KERNEL_CELLS_MAX);
	assert_str(((struct str){cells.cell[0].source, cells.cell[0].n}), S("cell 10"));
}

/* Whatever has been executed, the request fits into one line. */
static void says_the_length_of_what_does_not_fit(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(kernel_cells_done) struct kernel_cells cells = {0};
	size_t n = 3 << 20;
	for (int i = 0; i < 4; i++) {
		char *large = arena_alloc(&arena, n + 1, 1);
		memset(large, 'a' + i, n);
		memset(large, '\x01', i == 0 ? n : 0); /* six bytes each in JSON */
		seen(&cells, large, "");
	}
	seen(&cells, "small", "");
	struct str request = asked("{\"line\":\"lock\"}", &cells, &arena);
	assert_true(request.n < KERNEL_LINE_MAX);
	assert_true(str_find(request, S("\"source\":\"small\"")) >= 0);
	assert_true(str_find(request, S("\"index\":0,\"type\":\"code\",\"source\":\"\","
					"\"source_length\":3145728")) >= 0);
	assert_true(str_find(request, S("\"source\":\"ddd")) >= 0);
}

static void finds_a_cell_that_is_a_magic(void **state)
{
	(void)state;
	static const struct {
		const char *code, *line; /* NULL: the kernel's */
	} cases[] = {
		{"%thoth lock",                   "{\"line\":\"lock\",\"cell_id\":\"a\"}"},
		{"\n  %horus show \n\n",          "{\"line\":\"show\",\"cell_id\":\"a\"}"},
		{"%thoth",                        "{\"line\":\"\",\"cell_id\":\"a\"}"    },
		{"%%thoth requirements\nflask\n",
                 "{\"line\":\"requirements\",\"cell_id\":\"a\",\"cell\":\"flask\"}"      },
		{"%thothing",                     NULL				   },
		{"%thoth lock\nx = 1",            NULL                                   },
		{"x = 1\n%thoth lock",            NULL                                   },
		{"%%time\n%thoth lock",           NULL                                   },
		{"",			      NULL				   },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct str line;
		bool found = kernel_magic_of_cell(str_from(cases[i].code), S("a"), &arena, &line);
		assert_int_equal(found, cases[i].line != NULL);
		if (found) {
			assert_str(line, str_from(cases[i].line));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits_as_a_shell_does),
		cmocka_unit_test(finds_a_cell_that_is_a_magic),
		cmocka_unit_test(takes_only_so_many_words),
		cmocka_unit_test(refuses_what_only_the_user_may_set),
		cmocka_unit_test(asks_the_worker),
		cmocka_unit_test(keeps_each_cell_once),
		cmocka_unit_test(forgets_the_oldest_cells_first),
		cmocka_unit_test(says_the_length_of_what_does_not_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
