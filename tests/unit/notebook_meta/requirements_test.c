#include "unit/test.h"
#include "notebook_meta/notebook_meta.h"

/* A notebook whose metadata is this. */
static void load(struct arena *arena, const char *metadata, struct notebook *ret)
{
	struct err err = {0};
	struct str text = arena_printf(arena, "{\"metadata\": %s, \"nbformat\": 4}", metadata);
	assert_ok(nb_parse(S("n.ipynb"), text, arena, ret, &err), err);
}

/* Everything that was read, one line. */
static struct str summary(const struct nb_requirements *r, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	const struct {
		const char *name;
		const struct str *list;
		size_t n;
	} lists[] = {
		{"packages",    r->packages,       r->n_packages   },
		{"dev",         r->dev,            r->n_dev        },
		{"constraints", r->constraints,    r->n_constraints},
		{"pre",         r->prereleases,    r->n_prereleases},
		{"indexes",     r->index_names,    r->n_indexes    },
		{"urls",        r->index_urls,     r->n_indexes    },
		{"routed",      r->routed_names,   r->n_routed     },
		{"to",          r->routed_indexes, r->n_routed     },
	};
	buf_addf(&out, STR_FMT " python" STR_FMT, STR_ARG(r->source), STR_ARG(r->python));
	for (size_t i = 0; i < N_OF(lists); i++) {
		for (size_t j = 0; j < lists[i].n; j++) {
			buf_addf(&out, "%s" STR_FMT, j == 0 ? " | " : ", ",
				STR_ARG(lists[i].list[j]));
			if (j == 0) {
				buf_addf(&out, " (%s)", lists[i].name);
			}
		}
	}
	return arena_str(arena, buf_str(&out));
}

/* The requirements in this metadata, summed up, are that. */
static void reads(const char *metadata, const char *wanted)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(nb_done) struct notebook nb = {0};
	struct err err = {0};
	struct nb_requirements got;
	load(&arena, metadata, &nb);
	assert_ok(nb_requirements(&nb, &arena, &got, &err), err);
	assert_str(summary(&got, &arena), str_from(wanted));
}

static void reads_every_form(void **state)
{
	(void)state;
	reads("{}", " python");
	reads("{\"thoth\": {\"version\": 1}}", " python");
	reads("{\"thoth\": {\"requirements\": {\"python\": \">=3.10\", \"packages\": "
	      "[\"pandas>=2\", "
	      "\"torch; sys_platform == 'linux'\"], \"dev\": [\"pytest\"], \"constraints\": "
	      "[\"numpy<2\"], "
	      "\"indexes\": {\"gpu\": \"https://gpu.example/simple\"}, \"index-of\": {\"torch\": "
	      "\"gpu\"}, "
	      "\"prereleases\": [\"protobuf\"]}}, \"requirements\": \"{}\"}",
		"metadata.thoth python>=3.10 | pandas>=2 (packages), torch; sys_platform == "
		"'linux' | pytest (dev) | numpy<2 (constraints) | protobuf (pre) | gpu (indexes) | "
		"https://gpu.example/simple (urls) | torch (routed) | gpu (to)");
	reads("{\"requirements\": \"{\\\"packages\\\": {\\\"pandas\\\": \\\">=2.0\\\", "
	      "\\\"torch\\\": "
	      "{\\\"version\\\": \\\"*\\\", \\\"index\\\": \\\"gpu\\\"}}, \\\"dev-packages\\\": "
	      "{\\\"pytest\\\": \\\"*\\\"}, \\\"source\\\": [{\\\"name\\\": \\\"main\\\", "
	      "\\\"url\\\": "
	      "\\\"https://index.example/simple\\\"}], \\\"requires\\\": {\\\"python_version\\\": "
	      "\\\"3.11\\\"}}\"}",
		"metadata.requirements python==3.11.* | pandas>=2.0 (packages), torch | pytest "
		"(dev) "
		"| main (indexes) | https://index.example/simple (urls) | torch (routed) | gpu "
		"(to)");
	reads("{\"requirements\": {\"aliases\": {}, \"packages\": {\"a\": {\"version\": \"==1\", "
	      "\"extras\": "
	      "[\"x\", \"y\"], \"markers\": \"os_name == 'posix' or os_name == 'nt'\", "
	      "\"sys_platform\": "
	      "\"== 'linux'\"}, \"b\": {\"git\": \"https://git.example/b\", \"ref\": \"v1\"}, "
	      "\"c\": "
	      "{\"path\": \"./c\", \"editable\": true, \"markers\": \"os_name == 'nt'\"}}, "
	      "\"sources\": "
	      "[{\"url\": \"https://index.example/simple\"}], \"requires\": "
	      "{\"python_full_version\": "
	      "\"3.11.4\"}}}",
		"metadata.requirements python==3.11.4 | a[x,y]==1; (os_name == 'posix' or os_name "
		"== "
		"'nt') and (sys_platform == 'linux') (packages), b @ git+https://git.example/b@v1, "
		"c @ ./c ; os_name == 'nt' |  (indexes) | https://index.example/simple (urls)");
	reads("{\"requirements\": {\"packages\": {\"a\": {\"version\": \"*\", \"index\": \"m\"}}, "
	      "\"source\": [{\"name\": \"m\", \"url\": \"https://index.example\"}]}}",
		"metadata.requirements python | a (packages) | m (indexes) | https://index.example "
		"(urls)");
	reads("{\"uv\": {\"dependencies\": [\"a>=1\"], \"requires-python\": \">=3.9\"}}",
		"metadata.uv python>=3.9 | a>=1 (packages)");
	reads("{\"runt\": {\"uv\": {\"dependencies\": [\"a\"]}}}",
		"metadata.uv python | a (packages)");
	reads("{\"thoth_config\": \"{\\\"runtime_environments\\\": [{\\\"python_version\\\": "
	      "\\\"3.8\\\"}]}\"}",
		" python==3.8.*");
	reads("{\"requirements\": \"not json\"}", " python");
	reads("{\"requirements\": [\"somebody else's\"]}", " python");
}

static void says_what_is_wrong_in_our_own_form(void **state)
{
	(void)state;
	static const struct {
		const char *metadata, *word;
	} cases[] = {
		{"{\"thoth\": {\"requirements\": []}}",                     "expected an object"   },
		{"{\"thoth\": {\"requirements\": {\"packages\": \"a\"}}}",  "requirements.packages"},
		{"{\"thoth\": {\"requirements\": {\"dev\": [1]}}}",         "expected strings"     },
		{"{\"thoth\": {\"requirements\": {\"python\": 3.1}}}",      "requirements.python"  },
		{"{\"thoth\": {\"requirements\": {\"indexes\": [\"a\"]}}}", "requirements.indexes" },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		AUTO(nb_done) struct notebook nb = {0};
		struct err err = {0};
		struct nb_requirements got;
		load(&arena, cases[i].metadata, &nb);
		assert_false(nb_requirements(&nb, &arena, &got, &err));
		assert_int_equal(err.kind, ERR_INPUT);
		assert_non_null(strstr(err.message, cases[i].word));
	}
}

/* '+' adds, 'd' adds to dev, '-' removes; then what metadata.thoth is ("" none), '=' no change. */
static void adds_and_removes(void **state)
{
	(void)state;
	static const struct {
		const char *thoth;
		char action;
		const char *argument, *after;
	} cases[] = {
		{"",									   '+', "  Flask >=3 ",
                 "{\"requirements\":{\"packages\":[\"Flask >=3\"]},\"version\":1}"													   },
		{"",									   'd', "pytest",       "{\"requirements\":{\"dev\":[\"pytest\"]},\"version\":1}"                },
		{"{\"requirements\":{\"packages\":[\"a\",\"c\"]},\"version\":1}",              '+', "b",
                 "{\"requirements\":{\"packages\":[\"a\",\"b\",\"c\"]},\"version\":1}"												       },
		{"{\"requirements\":{\"packages\":[\"a\",\"b_B==1\",\"c\"]},\"version\":1}",   '+',
                 "B.b>2",											   "{\"requirements\":{\"packages\":[\"B.b>2\",\"a\",\"c\"]},\"version\":1}"},
		{"{\"requirements\":{\"packages\":[\"a\",\"b\"]},\"version\":1}",              '+', "b",            "="                                                                      },
		{"{\"requirements\":{\"packages\":[\"a\",\"b\"]},\"version\":1}",              '-', "B",
                 "{\"requirements\":{\"packages\":[\"a\"]},\"version\":1}"														   },
		{"{\"requirements\":{\"packages\":[\"a\",\"a-b\"]},\"version\":1}",            '-', "b",            "="                                                                      },
		{"{\"requirements\":{\"packages\":[\"a>=1; os_name == "
		 "'nt'\",\"a[x]\"]},\"version\":1}",			  '-', "a",            ""								       },
		{"{\"requirements\":{\"dev\":[\"a\"]},\"version\":1}",                         '-', "a",            ""                                                                       },
		{"{\"lock\":{},\"requirements\":{\"dev\":[\"a\"]},\"version\":1}",             '-', "a",
                 "{\"lock\":{},\"version\":1}"																	       },
		{"{\"requirements\":{\"packages\":[\"a\"],\"python\":\">=3\"},\"version\":1}", '-',
                 "a",											       "{\"requirements\":{\"python\":\">=3\"},\"version\":1}"                  },
		{"",									   '-', "a",            "="								      },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		AUTO(nb_done) struct notebook nb = {0};
		struct err err = {0};
		bool changed = false;
		json_auto_t *value = NULL;
		bool none = cases[i].thoth[0] == '\0';
		struct str argument = str_from(cases[i].argument);
		load(&arena,
			none ? "{}" : arena_printf(&arena, "{\"thoth\": %s}", cases[i].thoth).p,
			&nb);
		assert_ok(cases[i].action == '-'
				  ? nb_remove_requirement(&nb, argument, &value, &changed, &err)
				  : nb_add_requirement(&nb, argument, cases[i].action == 'd',
					    &value, &changed, &err),
			err);
		assert_int_equal(changed, cases[i].after[0] != '=');
		const char *wanted = changed ? cases[i].after : cases[i].thoth;
		char *got = value == NULL ? NULL : json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
		assert_string_equal(got == NULL ? "" : got, wanted);
		free(got);
	}
}

static void refuses_what_is_no_requirement(void **state)
{
	(void)state;
	static const char *const add[] = {"", "  ", "!x", "a b", "-r f.txt"};
	static const char *const drop[] = {"", "a==1", "a b", "\x1b[31m"};
	AUTO(arena_done) struct arena arena = {0};
	AUTO(nb_done) struct notebook nb = {0};
	json_t *value = NULL;
	bool changed;
	load(&arena, "{}", &nb);
	for (size_t i = 0; i < N_OF(add); i++) {
		struct err err = {0};
		assert_false(
			nb_add_requirement(&nb, str_from(add[i]), false, &value, &changed, &err));
		assert_int_equal(err.kind, ERR_USAGE);
	}
	for (size_t i = 0; i < N_OF(drop); i++) {
		struct err err = {0};
		assert_false(nb_remove_requirement(&nb, str_from(drop[i]), &value, &changed, &err));
		assert_int_equal(err.kind, ERR_USAGE);
		assert_null(strchr(err.message, '\x1b'));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_form),
		cmocka_unit_test(says_what_is_wrong_in_our_own_form),
		cmocka_unit_test(adds_and_removes),
		cmocka_unit_test(refuses_what_is_no_requirement),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
