#include "unit/test.h"
#include "kernel_ext/ask.h"
#include "kernel_ext/installs.h"
#include "common/banned.h"

/* A front end that shows this notebook, with cells of these ids (one letter each; NULL: not told). */
static struct kernel_comm *opened(
	struct kernel_comms *comms, const char *id, const char *path, const char *cells)
{
	struct kernel_comm *comm = kernel_comms_open(comms, str_from(id));
	json_auto_t *data = json_pack("{s:s?}", "path", path);
	if (cells != NULL) {
		json_t *list = json_array();
		for (; *cells != '\0'; cells++) {
			json_array_append_new(
				list, json_pack("{s:s%,s:s}", "id", cells, 1, "type", "code"));
		}
		json_object_set_new(data, "cells", list);
	}
	kernel_comms_heard(comms, comm, S("{}"), data);
	return kernel_comms_find(comms, str_from(id));
}

static const char *owner(struct kernel_comms *comms, const char *cell)
{
	const struct kernel_comm *comm = kernel_comms_of_cell(comms, str_from(cell));
	return comm == NULL ? "nobody" : comm->id;
}

static void finds_the_notebook_of_a_cell(void **state)
{
	(void)state;
	AUTO(kernel_comms_done) struct kernel_comms comms = {0};
	assert_string_equal(owner(&comms, "a"), "nobody");
	opened(&comms, "one", "1.ipynb", "ab");
	assert_string_equal(owner(&comms, "b"), "one");
	assert_string_equal(owner(&comms, "x"), "nobody"); /* it has told all its cells */
	assert_string_equal(owner(&comms, ""), "one");
	opened(&comms, "two", "2.ipynb", "cd");
	assert_string_equal(owner(&comms, "d"), "two");
	assert_string_equal(owner(&comms, "b"), "one");
	assert_string_equal(owner(&comms, ""), "nobody"); /* two notebooks */
	opened(&comms, "three", "3.ipynb", NULL);
	assert_string_equal(owner(&comms, "b"), "one");
	assert_string_equal(owner(&comms, "x"), "nobody");
}

static void lets_the_longest_silent_go(void **state)
{
	(void)state;
	AUTO(kernel_comms_done) struct kernel_comms comms = {0};
	char id[2] = "a";
	for (; id[0] < 'a' + KERNEL_COMMS_MAX; id[0]++) {
		opened(&comms, id, NULL, NULL);
	}
	json_auto_t *nothing = json_object();
	kernel_comms_heard(&comms, kernel_comms_find(&comms, S("a")), S("{}"), nothing);
	opened(&comms, "new", NULL, NULL);
	assert_int_equal(comms.n, KERNEL_COMMS_MAX);
	assert_non_null(kernel_comms_find(&comms, S("a")));
	assert_null(kernel_comms_find(&comms, S("b")));
	opened(&comms, "new", NULL, NULL); /* the same again is no other */
	assert_int_equal(comms.n, KERNEL_COMMS_MAX);
}

static void takes_only_what_is_ours(void **state)
{
	(void)state;
	AUTO(kernel_comms_done) struct kernel_comms comms = {0};
	opened(&comms, "k", NULL, NULL);
	static const struct {
		const char *type, *content;
		bool ours;
	} cases[] = {
		{"comm_open",       "{\"comm_id\":\"n\",\"target_name\":\"thoth\"}",         true },
		{"comm_open",
                 "{\"comm_id\":\"n\",\"target_name\":\"jupyter.widget\",\"data\":{\"x\":"
			"\"thoth\"}}",						       false},
		{"comm_open",       "{\"comm_id\":\"\",\"target_name\":\"thoth\"}",          false},
		{"comm_open",       "{\"comm_id\":\"a\\u0000b\",\"target_name\":\"thoth\"}", false},
		{"comm_open",       "thoth",						 false},
		{"comm_msg",        "{\"comm_id\":\"k\",\"data\":{}}",                       true },
		{"comm_msg",        "{\"comm_id\":\"other\",\"data\":{\"k\":1}}",            false},
		{"comm_close",      "{\"comm_id\":\"k\"}",                                   true },
		{"execute_request", "{\"comm_id\":\"k\"}",                                   false},
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct kernel_comm_message message;
		bool ours = kernel_comms_read(
			&comms, str_from(cases[i].type), str_from(cases[i].content), &message);
		if (ours != cases[i].ours) {
			fail_msg("%s", cases[i].content);
		}
		if (ours) {
			assert_true(json_is_object(message.data));
			json_decref(message.content);
		}
	}
}

static struct kernel_wire heard(const char *type, const char *content)
{
	return (struct kernel_wire){.header = str_from(type),
		.parent = S("{\"msg_id\":\"m1\"}"),
		.content = str_from(content)};
}

static void watches_an_install_cell_to_its_end(void **state)
{
	(void)state;
	AUTO(kernel_installs_done) struct kernel_installs installs = {0};
	struct kernel_execute plain = {.code = S("1"), .is_cell = true};
	struct kernel_execute cell = {
		.code = S("!pip install x"), .cell_id = S("c"), .is_cell = true};
	struct kernel_wire output = heard("\"stream\"", "{\"text\":\"Successfully installed\\n\"}");
	struct kernel_wire reply = heard("\"execute_reply\"", "{\"status\":\"ok\"}");
	struct kernel_wire failure = heard("\"execute_reply\"", "{\"status\":\"error\"}");
	struct kernel_wire idle = heard("\"status\"", "{\"execution_state\":\"idle\"}");
	kernel_installs_begin(&installs, S("m1"), &plain);
	assert_int_equal(installs.n, 0);
	kernel_installs_begin(&installs, S("m1"), &cell);
	assert_null(kernel_installs_heard(&installs, KERNEL_SHELL, &reply)); /* output may follow */
	assert_null(kernel_installs_heard(&installs, KERNEL_IOPUB, &output));
	struct kernel_install *ended = kernel_installs_heard(&installs, KERNEL_IOPUB, &idle);
	assert_non_null(ended);
	assert_str(buf_str(&ended->output), S("Successfully installed\n"));
	assert_string_equal(ended->cell_id, "c");
	kernel_installs_end(&installs, ended);
	kernel_installs_begin(&installs, S("m1"), &cell);
	assert_null(kernel_installs_heard(&installs, KERNEL_IOPUB, &idle));
	assert_null(kernel_installs_heard(&installs, KERNEL_SHELL, &failure));
	assert_int_equal(installs.n, 0); /* it failed: nothing to record */
}

static void keeps_the_end_of_a_long_output(void **state)
{
	(void)state;
	AUTO(kernel_installs_done) struct kernel_installs installs = {0};
	struct kernel_execute cell = {.code = S("install"), .is_cell = true};
	AUTO(buf_done) struct buf content = {0};
	buf_add(&content, S("{\"text\":\""));
	for (int i = 0; i < KERNEL_INSTALL_OUTPUT_MAX; i++) {
		buf_byte(&content, 'x');
	}
	buf_add(&content, S("end\"}"));
	struct kernel_wire output = heard("\"stream\"", content.p);
	kernel_installs_begin(&installs, S("m1"), &cell);
	kernel_installs_heard(&installs, KERNEL_IOPUB, &output);
	struct str kept = buf_str(&installs.install[0].output);
	assert_int_equal(kept.n, KERNEL_INSTALL_OUTPUT_MAX);
	assert_true(str_ends(kept, S("xxend")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_notebook_of_a_cell),
		cmocka_unit_test(lets_the_longest_silent_go),
		cmocka_unit_test(takes_only_what_is_ours),
		cmocka_unit_test(watches_an_install_cell_to_its_end),
		cmocka_unit_test(keeps_the_end_of_a_long_output),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
