#include "unit/test.h"
#include "environment/environment.h"
#include "common/banned.h"

/* A prefix with a kernelspec and a python3 of its own; JUPYTER_PATH points at it alone. */
struct place {
	struct arena arena;
	struct str prefix;
};

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));
	place->prefix = test_folder(&place->arena);
	test_file(&place->arena, place->prefix, "bin/python3", S("#!/bin/sh\n"), 0755);
	setenv("JUPYTER_PATH",
		arena_printf(&place->arena, "/nowhere:%s/share/jupyter", place->prefix.p).p, 1);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	test_folder_remove(place->prefix);
	arena_done(&place->arena);
	free(place);
	unsetenv("JUPYTER_PATH");
	return 0;
}

static void write_spec(struct place *place, const char *name, const char *json)
{
	struct str file = arena_printf(&place->arena, "share/jupyter/kernels/%s/kernel.json", name);
	test_file(&place->arena, place->prefix, file.p, str_from(json), 0644);
}

/* "@" in a case stands for the prefix. */
static struct str at_prefix(struct place *place, const char *text)
{
	struct str before;
	struct str after;
	if (!str_cut(str_from(text), S("@"), &before, &after)) {
		return str_from(text);
	}
	return arena_printf(&place->arena, STR_FMT "%s" STR_FMT, STR_ARG(before), place->prefix.p,
		STR_ARG(after));
}

static void knows_the_interpreter_behind_a_kernelspec(void **state)
{
	static const struct {
		const char *json, *interpreter;
	} cases[] = {
		{"{\"argv\":[\"/opt/p/bin/python\",\"-m\",\"ipykernel_launcher\"],"
		 "\"language\":\"python\",\"display_name\":\"x\"}",                 "/opt/p/bin/python"},
		{"{\"argv\":[\"python3\",\"-m\",\"ipykernel_launcher\"]}",                           "@/bin/python3"    },
		{"{\"argv\":[\"{prefix}/bin/python3\"],\"language\":\"Python\"}",                    "@/bin/python3"    },
		{"{\"argv\":[\"{resource_dir}/thoth-kernel\",\"-f\",\"{connection_file}\"]}",
                 "@/bin/python3"											},
		{"{\"argv\":[\"/u/bin/thoth-kernel\",\"-f\",\"c\",\"--python\",\"/opt/q/python\"]}",
                 "/opt/q/python"											},
		{"{\"argv\":[\"/u/bin/thoth-kernel\",\"--python=/opt/q/python\",\"-f\",\"c\"]}",
                 "/opt/q/python"											},
		{"{\"argv\":[\"/u/bin/thoth-kernel\",\"-f\",\"c\",\"--\",\"/r/python3\",\"-m\"]}",
                 "/r/python3"											   },
		{"{\"argv\":[\"/u/bin/thoth-kernel\",\"-f\",\"c\",\"--\",\"/usr/bin/R\"]}",          ""                 },
		{"{\"argv\":[\"R\",\"--slave\"],\"language\":\"R\"}",                                ""                 },
		{"{\"argv\":[],\"language\":\"python\"}",                                            ""                 },
	};
	struct place *place = *state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct err err = {0};
		struct kernelspec spec;
		write_spec(place, "one", cases[i].json);
		assert_ok(kernelspec_find(S("one"), &place->arena, &spec, &err), err);
		assert_str(spec.name, S("one"));
		assert_str(spec.interpreter, at_prefix(place, cases[i].interpreter));
	}
}

static void finds_names_as_jupyter_does(void **state)
{
	struct place *place = *state;
	struct err err = {0};
	struct kernelspec spec;
	write_spec(place, "My-Kernel_1.0",
		"{\"display_name\":\"My \\u00e9\",\"argv\":[\"python3\",\"{resource_dir}/x\"],"
		"\"env\":{\"A\":\"b\"},\"language\":\"python\"}");
	assert_ok(kernelspec_find(S("my-kernel_1.0"), &place->arena, &spec, &err), err);
	assert_str(spec.name, S("My-Kernel_1.0"));
	assert_str(spec.display_name, S("My \xc3\xa9"));
	assert_int_equal(spec.n_argv, 2);
	assert_str(spec.argv[1], at_prefix(place, "@/share/jupyter/kernels/My-Kernel_1.0/x"));
}

static void refuses_names_that_lead_elsewhere(void **state)
{
	static const struct str names[] = {STR_INIT(""), STR_INIT("."), STR_INIT(".."),
		STR_INIT("../one"), STR_INIT("/etc"), STR_INIT("a b"), STR_INIT("one\0x"),
		STR_INIT("\xc3\xa9")};
	struct place *place = *state;
	for (size_t i = 0; i < N_OF(names); i++) {
		struct err err = {0};
		struct kernelspec spec;
		assert_false(kernelspec_find(names[i], &place->arena, &spec, &err));
		assert_int_equal(err.kind, ERR_INPUT);
	}
}

static void says_what_is_wrong(void **state)
{
	struct place *place = *state;
	struct err err = {0};
	struct kernelspec spec;
	assert_false(kernelspec_find(S("no-such-kernel-here"), &place->arena, &spec, &err));
	assert_int_equal(err.kind, ERR_ENVIRONMENT);
	assert_non_null(strstr(err.message, "no-such-kernel-here"));

	err = (struct err){0};
	write_spec(place, "broken", "{\"argv\": [1]}");
	assert_false(kernelspec_find(S("broken"), &place->arena, &spec, &err));
	assert_int_equal(err.kind, ERR_ENVIRONMENT);
	assert_non_null(strstr(err.message, "broken"));
	assert_non_null(strstr(err.input, "broken/kernel.json"));
	assert_int_equal(err.line, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			knows_the_interpreter_behind_a_kernelspec, set_up, tear_down),
		cmocka_unit_test_setup_teardown(finds_names_as_jupyter_does, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			refuses_names_that_lead_elsewhere, set_up, tear_down),
		cmocka_unit_test_setup_teardown(says_what_is_wrong, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
