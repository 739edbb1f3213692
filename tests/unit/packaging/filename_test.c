#include "unit/test.h"
#include "packaging/filename.h"
#include "common/banned.h"

static void splits_file_names(void **state)
{
	(void)state;
	static const struct {
		const char *file, *project;
		enum filename_kind kind;
		const char *name, *version, *build, *tag;
	} cases[] = {
		{"Foo_bar-1.0-py2.py3-none-any.whl", "",            FILENAME_WHEEL, "Foo_bar",     "1.0",     "",
                 "py2.py3-none-any"										     },
		{"a-1.0-2b-cp311-abi3-win32.whl",    "",            FILENAME_WHEEL, "a",           "1.0",     "2b",
                 "cp311-abi3-win32"										     },
		{"a-1.0.tar.gz",                     "a",           FILENAME_SDIST, "a",           "1.0",     "",   "--"},
		{"hf-xet-1.5.1.zip",                 "",            FILENAME_SDIST, "hf-xet",      "1.5.1",   "",   "--"},
		{"cffi-1.0.2-2.tar.gz",              "cffi",        FILENAME_SDIST, "cffi",        "1.0.2-2", "",   "--"},
		{"Foo.Bar-baz-1.0-1.tgz",            "foo-bar-baz", FILENAME_SDIST, "Foo.Bar-baz", "1.0-1",   "",
                 "--"												   },
		{"a-1.0.tar.bz2",                    "a",           FILENAME_SDIST, "a",           "1.0",     "",   "--"},
		{"a-2-1.0.tar.gz",                   "a-2",         FILENAME_SDIST, "a-2",         "1.0",     "",   "--"},
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct filename file = {0};
		if (!filename_parse(str_from(cases[i].file), str_from(cases[i].project), &file)) {
			fail_msg("'%s' was refused", cases[i].file);
		}
		assert_int_equal(file.kind, cases[i].kind);
		assert_str(file.name, str_from(cases[i].name));
		assert_str(file.version_text, str_from(cases[i].version));
		assert_str(file.build, str_from(cases[i].build));
		assert_str(arena_printf(&arena, STR_FMT "-" STR_FMT "-" STR_FMT,
				   STR_ARG(file.python), STR_ARG(file.abi), STR_ARG(file.platform)),
			str_from(cases[i].tag));
	}
}

static void refuses_what_no_installer_takes(void **state)
{
	(void)state;
	static const struct {
		const char *file, *project;
		enum filename_kind kind;
	} cases[] = {
		{"a-1.0.egg",                        "a", FILENAME_OTHER  },
		{"a-1.0.exe",                        "a", FILENAME_OTHER  },
		{"a-1.0-py3-none.whl",               "a", FILENAME_OTHER  },
		{"a-x-py3-none-any.whl",             "a", FILENAME_OTHER  },
		{"a__b-1.0-py3-none-any.whl",        "a", FILENAME_OTHER  },
		{"a-1.0-3py-none-any.whl",           "a", FILENAME_OTHER  },
		{"a-1.0-py3..py2-none-any.whl",      "a", FILENAME_OTHER  },
		{"A-1.0-PY3-NONE-ANY.WHL",           "a", FILENAME_OTHER  },
		{"a-1.0-py3-none-any-x86_64_v3.whl", "a", FILENAME_VARIANT},
		{"a-1.0-1-py3-none-any-null.whl",    "a", FILENAME_VARIANT},
		{"other-1.0.tar.gz",                 "a", FILENAME_OTHER  },
		{"a-latest.tar.gz",                  "a", FILENAME_OTHER  },
		{"a-1.0.tgz",                        "",  FILENAME_OTHER  },
		{"1.0.tar.gz",                       "",  FILENAME_OTHER  },
		{"",				 "",  FILENAME_OTHER  },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct filename file = {.kind = FILENAME_WHEEL};
		if (filename_parse(str_from(cases[i].file), str_from(cases[i].project), &file)) {
			fail_msg("'%s' was taken", cases[i].file);
		}
		if (file.kind != cases[i].kind) {
			fail_msg("'%s' is of kind %d", cases[i].file, (int)file.kind);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits_file_names),
		cmocka_unit_test(refuses_what_no_installer_takes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
