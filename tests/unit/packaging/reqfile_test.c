#include "unit/test.h"
#include "packaging/reqfile.h"
#include "common/banned.h"

/* Two files by name, ended by one without a name. */
struct files {
	const char *name, *text;
};

static bool open_file(void *data, struct str from, struct str path, struct arena *arena,
	struct str *ret_path, struct str *ret_text, struct err *err)
{
	(void)from, (void)arena;
	for (const struct files *file = data; file->name != NULL; file++) {
		if (str_eq(path, str_from(file->name))) {
			*ret_path = path;
			*ret_text = str_from(file->text);
			return true;
		}
	}
	return err_set(err, ERR_INPUT, "no file '" STR_FMT "'", STR_ARG(path));
}

/* Items in one line each: what a reader of the file needs to know. */
static struct str summary(const struct reqfile *file, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	for (size_t i = 0; i < file->n; i++) {
		const struct reqfile_item *item = &file->items[i];
		buf_addf(&out, "%s" STR_FMT ":%d ", item->constraint ? "c " : "",
			STR_ARG(item->file), item->line);
		switch (item->kind) {
		case REQFILE_REQUIREMENT:
			buf_addf(&out, "req " STR_FMT, STR_ARG(item->requirement.text));
			break;
		case REQFILE_URL:
		case REQFILE_EDITABLE:
			buf_addf(&out, "%s " STR_FMT " name=" STR_FMT,
				item->kind == REQFILE_URL ? "url" : "edit", STR_ARG(item->location),
				STR_ARG(item->name));
			break;
		case REQFILE_OPTION:
			buf_addf(&out, STR_FMT "=" STR_FMT, STR_ARG(item->option),
				STR_ARG(item->value));
			break;
		}
		for (size_t k = 0; k < item->n_hashes; k++) {
			buf_addf(&out, " " STR_FMT, STR_ARG(str_slice(item->hashes[k], 0, 10)));
		}
		buf_byte(&out, '\n');
	}
	return arena_str(arena, buf_str(&out));
}

#define SIXTY_FOUR "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef"

static void reads_what_pip_reads(void **state)
{
	(void)state;
	static const struct {
		const char *text, *items;
	} cases[] = {
		{"# comment\n\na>=1 # why\n  b\n",                                             "f:3 req a>=1\nf:4 req b\n"                },
		{"a>=1,\\\n<2\nb",							     "f:1 req a>=1,<2\nf:3 req b\n"             },
		{"a \\\n# comment ends it\nb",						 "f:1 req a\nf:3 req b\n"                   },
		{"a\\",									"f:1 req a\n"                              },
		{"\xef\xbb\xbf"
		 "a\r\nb\r",						  "f:1 req a\nf:2 req b\n"                   },
		{"-i https://index.example/simple\n--extra-index-url=https://other.example\n",
                 "f:1 --index-url=https://index.example/simple\n"
			"f:2 --extra-index-url=https://other.example\n"                                                                   },
		{"-ihttps://index.example --pre",
                 "f:1 --index-url=https://index.example\nf:1 --pre=\n"                                                                    },
		{"--no-bin :all:\n--only-binary a,b\n--find-links 'a b'",
                 "f:1 --no-binary=:all:\nf:2 --only-binary=a,b\nf:3 --find-links=a b\n"                                                   },
		{"a==1 --hash=sha256:" SIXTY_FOUR " \\\n  --hash sha256:" SIXTY_FOUR "\n",
                 "f:1 req a==1 sha256:012 sha256:012\n"										   },
		{"--hash=sha256:00\n--no-require-hashes",                                      "f:2 --no-require-hashes=\n"               },
		{"a --config-settings x=y",						    "f:1 req a\n"                              },
		{"./dist/Foo_Bar-1.0-py3-none-any.whl",
                 "f:1 url ./dist/Foo_Bar-1.0-py3-none-any.whl name=foo-bar\n"                                                             },
		{"https://index.example/a-1.0.zip#sha256=abc",
                 "f:1 url https://index.example/a-1.0.zip#sha256=abc name=a\n"                                                            },
		{"git+https://git.example/x@v1#egg=A_b&subdirectory=c ; os_name == 'nt'",
                 "f:1 url git+https://git.example/x@v1#egg=A_b&subdirectory=c name=a-b\n"                                                 },
		{"-e ./here[x,y]\n-e git+ssh://git@git.example/x#egg=y",
                 "f:1 edit ./here name=\nf:2 edit git+ssh://git@git.example/x#egg=y "
			"name=y\n"													},
		{"a @ https://index.example/a.zip",                                            "f:1 req a @ https://index.example/a.zip\n"},
		{"a; python_version < '3' --hash=sha256:" SIXTY_FOUR,
                 "f:1 req a; python_version < '3' sha256:012\n"									   },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct reqfile file;
		assert_ok(reqfile_parse(S("f"), str_from(cases[i].text), false, false, NULL, NULL,
				  &arena, &file, &err),
			err);
		assert_str(summary(&file, &arena), str_from(cases[i].items));
	}
}

static void nested_files_stand_in_place(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct reqfile file;
	struct files files[] = {
		{"b.txt", "b1\n-c c.txt\nb2"},
                {"c.txt", "c1<2"            },
                {NULL,    NULL              }
        };
	assert_ok(reqfile_parse(S("f"), S("a1\n-r b.txt\na2"), false, false, open_file, files,
			  &arena, &file, &err),
		err);
	assert_str(summary(&file, &arena), S("f:1 req a1\nb.txt:1 req b1\nc c.txt:1 req c1<2\n"
					     "b.txt:3 req b2\nf:3 req a2\n"));
}

static void variables_are_expanded_when_allowed(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct reqfile file;
	struct str text = S("--index-url https://${THOTH_TEST_USER}@index.example/${lower}");
	assert_int_equal(setenv("THOTH_TEST_USER", "me", 1), 0);
	assert_ok(reqfile_parse(S("f"), text, false, true, NULL, NULL, &arena, &file, &err), err);
	assert_str(file.items[0].value, S("https://me@index.example/${lower}"));
	assert_ok(reqfile_parse(S("f"), text, false, false, NULL, NULL, &arena, &file, &err), err);
	assert_str(file.items[0].value, S("https://${THOTH_TEST_USER}@index.example/${lower}"));
}

static void reads_other_encodings(void **state)
{
	(void)state;
	static const struct {
		struct str bytes, url;
	} cases[] = {
		{STR_INIT("\xff\xfe.\0/\0\xe9\0\n\0"),          STR_INIT("./\xc3\xa9")        },
		{STR_INIT("\xfe\xff\0.\0/\xd8\x3d\xde\x00"),    STR_INIT("./\xf0\x9f\x98\x80")},
		{STR_INIT("# -*- coding: latin-1 -*-\n./\xe9"), STR_INIT("./\xc3\xa9")        },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct reqfile file;
		assert_ok(reqfile_parse(S("f"), cases[i].bytes, false, false, NULL, NULL, &arena,
				  &file, &err),
			err);
		assert_int_equal(file.n, 1);
		assert_str(file.items[0].location, cases[i].url);
	}
}

static void says_where_and_what_was_expected(void **state)
{
	(void)state;
	static const struct {
		const char *text, *message, *input;
		int line;
		bool constraint;
	} cases[] = {
		{"a\nb>=\n",                "expected a version condition, ';' or the end in 'b>='",           "f",        2,
                 false													     },
		{"--unknown x",             "expected an option of requirements files instead of '--unknown'",
                 "f",												      1, false},
		{"-i",                      "expected an argument after '-i'",                                 "f",        1, false},
		{"--pre=1",                 "expected no argument in '--pre=1'",                               "f",        1, false},
		{"a --hash=md5:00",
                 "expected sha256, sha384 or sha512 and its digits instead of 'md5:00'",                       "f",
                 1,													   false},
		{"-f 'a",                   "expected a closing quote",                                        "f",        1, false},
		{"-r missing.txt",          "no file 'missing.txt'",                                           "f",        1, false},
		{"a\n-r loop.txt",          "the file names itself: 'loop.txt'",                               "loop.txt", 1, false},
		{"-r bad.txt",              "expected a package name at the start in '!'",                     "bad.txt",  2, false},
		{"-e .",                    "constraints cannot be editable",                                  "f",        1, true },
		{"a[x]",                    "constraints cannot have extras",                                  "f",        1, true },
		{"https://index.example/x", "constraints must have a name",                                    "f",        1, true },
		{"a\xff",                   "expected a text file in UTF-8",                                   "f",        0, false},
	};
	struct files files[] = {
		{"loop.txt", "-r loop.txt"},
                {"bad.txt",  "a\n!"       },
                {NULL,       NULL         }
        };
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct reqfile file;
		assert_false(reqfile_parse(S("f"), str_from(cases[i].text), cases[i].constraint,
			false, open_file, files, &arena, &file, &err));
		assert_string_equal(err.message, cases[i].message);
		assert_string_equal(err.input, cases[i].input);
		assert_int_equal(err.line, cases[i].line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_pip_reads),
		cmocka_unit_test(nested_files_stand_in_place),
		cmocka_unit_test(variables_are_expanded_when_allowed),
		cmocka_unit_test(reads_other_encodings),
		cmocka_unit_test(says_where_and_what_was_expected),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
