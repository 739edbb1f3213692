#include "unit/test.h"
#include "prescriptions/load.h"
#include "common/banned.h"

/* The faults of a text, one a line, as a person reads them. */
static struct str faults_of(const char *text, struct arena *arena, bool notes)
{
	AUTO(presc_table_done) struct presc_table table = {0};
	AUTO(buf_done) struct buf out = {0};
	struct presc_report report = {.arena = arena, .file = S("f")};
	bool fine = presc_load_text(str_from(text), S("p"), &report, &table);
	assert_int_equal(fine, report.faults.list.n == 0);
	const struct presc_fault_list *list = notes ? &report.notes : &report.faults;
	for (size_t i = 0; i < list->list.n; i++) {
		presc_fault_show(&report, &list->list.p[i], &out);
	}
	return arena_str(arena, buf_str(&out));
}

/* clang-format off */
#define STEP(rest) "units:\n  steps:\n  - {name: A, type: step, should_include: {adviser_pipeline: true}, " rest "}\n"
#define MATCH "match: {package_version: {name: a}}, "

static void reports_every_fault_with_its_place(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct str got = faults_of("units:\n"
				   "  boots:\n"
				   "  - name: ''\n"
				   "    type: boot\n"
				   "    should_include:\n"
				   "      adviser_pipelin: true\n"
				   "      times: 2\n"
				   "    run:\n"
				   "      not_acceptable: 5\n"
				   "      log: {type: LOUD}\n"
				   "  - type: step\n"
				   "  - 7\n"
				   "  stepps: []\n",
		&arena, false);
	assert_str(got,
		S("f:3:11: expected a text that is not empty (write something)\n"
		  "f:6:7: unknown key 'adviser_pipelin' (known here: adviser_pipeline, "
		  "dependency_monkey_pipeline, times, recommendation_types, decision_types, "
		  "authenticated, labels, library_usage, dependencies, runtime_environments)\n"
		  "f:7:14: expected 0 or 1\n"
		  "f:9:23: expected a string as 'not_acceptable', found an integer (put it in "
		  "quotes)\n"
		  "f:10:12: the key 'message' is missing (add it)\n"
		  "f:10:19: unknown word 'LOUD' (one of INFO, WARNING, ERROR)\n"
		  "f:11:11: expected a type that fits the section (in this section: boot)\n"
		  "f:12:5: expected a mapping, found an integer\n"
		  "f:13:3: unknown key 'stepps' (known here: boots, pseudonyms, sieves, steps, "
		  "strides, wraps)\n"));
}

/* Each text has a fault with these words, or none. */
static void knows_what_each_field_is(void **state)
{
	(void)state;
	static const struct {
		const char *text, *says;
	} cases[] = {
		{STEP(MATCH "run: {score: 1.0}"),                            NULL                          },
		{STEP(MATCH "run: {score: 1}"),                              "number with a point"         },
		{STEP(MATCH "run: {score: .nan}"),                           "finite"                      },
		{STEP(MATCH "run: {score: null}"),                           "number with a point"         },
		{STEP(MATCH "run: {}"),                                      NULL                          },
		{STEP("run: {}"),                                            "'match' is missing"          },
		{STEP("match: [], run: {}"),                                 "at least 1"                  },
		{STEP("match: [{package_version: {}}], run: {}"),            NULL                          },
		{STEP("match: {package_version: {name: Foo_Bar}}, run: {}"), "is written 'foo-bar'"        },
		{STEP("match: {package_version: {name: 'a b'}}, run: {}"),   "no package name"             },
		{STEP("match: {package_version: {version: '3.8'}}, run: {}"), "no version specifier"       },
		{STEP("match: {package_version: {version: 3.8}}, run: {}"),  "version specifier"           },
		{STEP("match: {package_version: {version: ''}}, run: {}"),   NULL                          },
		{STEP("match: {package_version: {version: '===odd'}}, run: {}"), NULL                      },
		{STEP("match: {package_version: {index_url: {not: x}}}, run: {}"), NULL                    },
		{STEP("match: {package_version: {index_url: {nope: x}}}, run: {}"), "unknown key 'nope'"       },
		{STEP("match: {package_version: {develop: 1}}, run: {}"),    "true or false"               },
		{STEP(MATCH "run: {score: 0.1, eager_stop_pipeline: x}"),    "do not go together"          },
		{STEP(MATCH "run: {stack_info: [{type: INFO, message: m, link: 'http://'}]}"), "link"      },
		{STEP(MATCH "run: {stack_info: [{type: INFO, message: m, link: 'a b'}]}"), "link"          },
		{STEP(MATCH "run: {stack_info: [{type: INFO, message: m, link: a_b-1}]}"), NULL            },
		{STEP(MATCH "run: {stack_info: [{type: INFO, message: m, link: 'x+y://h'}]}"), NULL        },
		{STEP(MATCH "run: {stack_info: []}"),                        NULL                          },
		{STEP(MATCH "run: {justification: []}"),                     "at least 1"                  },
		{STEP(MATCH "run: {}, metadata: {}"),                        "not empty"                   },
		{STEP(MATCH "run: {}, metadata: {a: [1]}"),                  NULL                          },
		{"units: {}",                                                NULL                          },
		{"units: {}\nmetadata: {}",                                  "not empty"                   },
		{"units: []",                                                "expected a mapping"          },
		{"unit: {}",                                                 "'units' is missing"          },
		{"[]",                                                       "expected a mapping"          },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct str got = faults_of(cases[i].text, &arena, false);
		bool as_wanted = cases[i].says == NULL
			? got.n == 0
			: str_find(got, str_from(cases[i].says)) >= 0;
		if (!as_wanted) {
			fail_msg("%s\n" STR_FMT, cases[i].text, STR_ARG(got));
		}
	}
}

#define BOOT(name, rest)                                                                           \
	"  - {name: " name ", type: boot, run: {}, should_include: {adviser_pipeline: true, " rest "}}\n"

static void knows_the_environment(void **state)
{
	(void)state;
	static const struct {
		const char *runtime, *says;
	} cases[] = {
		{"{}",                                                     NULL                      },
		{"{cuda_version: null}",                                   NULL                      },
		{"{operating_systems: []}",                                NULL                      },
		{"{operating_systems: [{version: 8}]}",                    "put it in quotes"        },
		{"{hardware: []}",                                         "at least 1"              },
		{"{hardware: [{gpu_models: null}]}",                       "expected a list"         },
		{"{hardware: [{gpu_models: {not: [null]}}]}",              NULL                      },
		{"{hardware: [{cpu_flags: [sse9]}]}",                      "one of avx2, avx512"     },
		{"{hardware: [{cpu_families: ['6']}]}",                    "whole number"            },
		{"{platforms: {not: [a], also: [b]}}",                     "unknown key 'also'"      },
		{"{rpm_packages: [{arch: x86_64}]}",                       "'package_name' is missing"},
		{"{python_packages: [{name: a, location: '^/usr/.*$'}]}",  NULL                      },
		{"{python_packages: [{name: a, location: '(unclosed'}]}",  "regular expression"      },
		{"{python_packages: [{name: a, location: 'a{999}'}]}",     "numbers up to"           },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct str text = arena_printf(&arena,
			"units:\n  boots:\n  - {name: A, type: boot, run: {}, should_include: "
			"{adviser_pipeline: true, runtime_environments: %s}}\n",
			cases[i].runtime);
		struct str got = faults_of(text.p, &arena, false);
		bool as_wanted = cases[i].says == NULL
			? got.n == 0
			: str_find(got, str_from(cases[i].says)) >= 0;
		if (!as_wanted) {
			fail_msg("%s\n" STR_FMT, cases[i].runtime, STR_ARG(got));
		}
	}
}

static void refuses_units_that_wait_for_themselves(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct str got = faults_of("units:\n  boots:\n" /* line 3 on */
		BOOT("A", "dependencies: {boots: [p.B]}")
		BOOT("B", "dependencies: {boots: [p.C, p.A]}")
		BOOT("C", "dependencies: {boots: [p.D]}")
		BOOT("D", "dependencies: {boots: [Elsewhere]}")
		BOOT("E", "dependencies: {boots: [p.A]}"),
		&arena, false);
	assert_str(got,
		S("f:3:5: the unit 'p.A' waits for itself (take one dependency out)\n"
		  "f:4:5: the unit 'p.B' waits for itself (take one dependency out)\n"));
}

static void refuses_two_units_with_one_name_in_one_section(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct str got = faults_of("units:\n  boots:\n" BOOT("A", "") BOOT("A", "")
		"  strides:\n  - {name: A, type: stride, should_include: {adviser_pipeline: true},"
		" match: {state: {resolved_dependencies: [{name: a}]}}, run: {}}\n",
		&arena, false);
	assert_str(got,
		S("f:4:5: a unit 'p.A' is already present in the same text, line 3 (give it "
		  "another name)\n"));
}

/* What is allowed and hardly meant. */
static void notes_what_its_author_may_not_have_meant(void **state)
{
	(void)state;
	static const struct {
		const char *text, *says;
	} cases[] = {
		{STEP(MATCH "run: {score: 0.25}"),                                   NULL                   },
		{STEP(MATCH "run: {score: 0.0005}"),                                 "thousandths"          },
		{STEP(MATCH "run: {score: 2.0}"),                                    "from -1 to 1"         },
		{STEP(MATCH "run: {score: 0.5, not_acceptable: x}"),                 "no effect"            },
		{STEP("match: {package_version: {version: '<1.0,>1.4'}}, run: {}"),  "no version fits"      },
		{STEP("match: {package_version: {version: '>=1.0,<1.0'}}, run: {}"), "no version fits"      },
		{STEP("match: {package_version: {version: '>=1.0,<=1.0'}}, run: {}"), NULL                  },
		{STEP("match: {package_version: {version: '!=1.4,>1.0'}}, run: {}"), NULL                   },
		{STEP("match: {package_version: {version: '==1.*,<2'}}, run: {}"),   NULL                   },
		{"units: {boots: [{name: A, type: boot, should_include: {}, run: {}}]}", "no pipeline takes"},
		{"units:\n  boots:\n" BOOT("A", "runtime_environments: {cuda_version: null}"), "null means"  },
		{"units:\n  boots:\n" BOOT("A",
			"runtime_environments: {hardware: [{cpu_families: [1]}, {cpu_families: [2]}]}"),
			"alternatives"                                                                       },
		{"units:\n  boots:\n" BOOT("A", "recommendation_types: {}"),         "says nothing"         },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct str faults = faults_of(cases[i].text, &arena, false);
		struct str got = faults_of(cases[i].text, &arena, true);
		bool as_wanted = cases[i].says == NULL
			? got.n == 0
			: str_find(got, str_from(cases[i].says)) >= 0;
		if (!as_wanted || faults.n > 0) {
			fail_msg("%s\n" STR_FMT STR_FMT, cases[i].text, STR_ARG(got),
				STR_ARG(faults));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports_every_fault_with_its_place),
		cmocka_unit_test(knows_what_each_field_is),
		cmocka_unit_test(knows_the_environment),
		cmocka_unit_test(refuses_units_that_wait_for_themselves),
		cmocka_unit_test(refuses_two_units_with_one_name_in_one_section),
		cmocka_unit_test(notes_what_its_author_may_not_have_meant),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
