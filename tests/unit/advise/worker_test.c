#include <jansson.h>
#include <unistd.h>
#include "unit/test.h"
#include "advise/worker.h"
#include "common/banned.h"

/* The final answer to one request about a notebook without cells; a new reference. */
static json_t *ask(const char *command, const char *argument, const char *more)
{
	int in[2];
	int out[2];
	char answer[8192] = "";
	AUTO(buf_done) struct buf line = {0};
	struct err err = {0};
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	buf_addf(&line,
		"{\"id\":7,\"command\":\"%s\",\"arguments\":[\"%s\"%s],"
		"\"notebook\":{\"path\":null,\"metadata\":{},\"cells\":[]}}\n",
		command, argument, more);
	assert_int_equal(write(in[1], line.p, line.n), line.n);
	close(in[1]);
	assert_true(worker_serve(in[0], out[1], &err));
	ssize_t n = read(out[0], answer, sizeof(answer));
	close(in[0]);
	close(out[0]);
	close(out[1]);
	assert_true(n > 0);
	json_t *document = json_loadb(answer, (size_t)n, 0, NULL);
	assert_int_equal(json_integer_value(json_object_get(document, "id")), 7);
	return document;
}

static int64_t exit_of(const json_t *answer)
{
	return json_integer_value(json_object_get(answer, "exit"));
}

static void hands_back_metadata_unless_nothing_is_to_be_written(void **state)
{
	(void)state;
	static const struct {
		const char *more;
		int exit;
		bool metadata;
	} cases[] = {
		{"",               0, true },
		{",\"--dry-run\"", 0, false},
		{",\"--check\"",   1, false},
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		json_t *answer = ask("add", "numpy>=2", cases[i].more);
		assert_int_equal(exit_of(answer), cases[i].exit);
		assert_int_equal(json_object_get(answer, "metadata") != NULL, cases[i].metadata);
		json_decref(answer);
	}
}

static void says_that_an_edit_in_a_cell_is_not_kept(void **state)
{
	(void)state;
	json_t *answer = ask("add", "numpy>=2", "");
	const char *text = json_string_value(json_object_get(answer, "text"));
	assert_non_null(strstr(text, "added numpy>=2\n"));
	assert_non_null(strstr(text, "Not kept"));
	json_decref(answer);
}

static void refuses_what_the_command_does_not_know(void **state)
{
	(void)state;
	json_t *answer = ask("show", "--upgrade", "");
	const json_t *error = json_object_get(answer, "error");
	assert_int_equal(exit_of(answer), 2);
	assert_string_equal(json_string_value(json_object_get(error, "message")),
		"unknown option '--upgrade' for '%thoth show'");
	json_decref(answer);
}

static void helps_with_the_options_of_a_cell(void **state)
{
	(void)state;
	json_t *answer = ask("lock", "--help", "");
	const char *text = json_string_value(json_object_get(answer, "text"));
	assert_int_equal(exit_of(answer), 0);
	assert_non_null(strstr(text, "--upgrade [NAME...]"));
	assert_null(strstr(text, "--index-url"));
	json_decref(answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hands_back_metadata_unless_nothing_is_to_be_written),
		cmocka_unit_test(says_that_an_edit_in_a_cell_is_not_kept),
		cmocka_unit_test(refuses_what_the_command_does_not_know),
		cmocka_unit_test(helps_with_the_options_of_a_cell),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
