#include "unit/test.h"
#include "packaging/pipfile.h"
#include "packaging/projectfile.h"
#include "packaging/toml.h"
#include "common/banned.h"

enum reader { PIPFILE, PYPROJECT, SCRIPT };

/* Groups and extras of a choice as "dev extra:a group:b". */
static struct declared_choice choice_of(const char *words, struct arena *arena)
{
	struct declared_choice choice = {0};
	struct str rest = str_from(words);
	struct str *extras = arena_array(arena, struct str, 8);
	struct str *groups = arena_array(arena, struct str, 8);
	while (rest.n > 0) {
		struct str word = rest;
		if (!str_cut(rest, S(" "), &word, &rest)) {
			rest = S("");
		}
		if (str_starts(word, S("extra:"))) {
			extras[choice.n_extras++] = str_skip(word, 6);
		} else if (str_starts(word, S("group:"))) {
			groups[choice.n_groups++] = str_skip(word, 6);
		} else {
			choice.dev = true;
		}
	}
	choice.extras = extras;
	choice.groups = groups;
	return choice;
}

static bool read_text(enum reader reader, const char *text, const char *words, struct arena *arena,
	struct declared *ret, struct err *err)
{
	struct declared_choice choice = choice_of(words, arena);
	struct tree tree;
	bool found = false;
	if (reader == SCRIPT) {
		*ret = (struct declared){0};
		return script_read(str_from(text), &choice, arena, ret, &found, err);
	}
	return toml_parse(str_from(text), arena, &tree, err) &&
	       (reader == PIPFILE ? pipfile_read(&tree, &choice, arena, ret, err)
				  : projectfile_read(&tree, &choice, arena, ret, err));
}

/* "requirement @line:column" each, '!' before a constraint, '>' index behind; then notes and the rest. */
static struct str shown(const struct declared *declared, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	for (size_t i = 0; i < declared->items.n; i++) {
		const struct declared_item *item = &declared->items.p[i];
		buf_addf(&out, "%s" STR_FMT " @%d:%d", item->constraint ? "!" : "",
			STR_ARG(item->text), item->line, item->column);
		buf_addf(&out, item->index.n > 0 ? " >" STR_FMT "|" : STR_FMT "|",
			STR_ARG(item->index));
	}
	for (size_t i = 0; i < declared->indexes.n; i++) {
		buf_addf(&out, "index " STR_FMT "=" STR_FMT "|",
			STR_ARG(declared->indexes.p[i].name), STR_ARG(declared->indexes.p[i].url));
	}
	for (size_t i = 0; i < declared->prereleases.n; i++) {
		buf_addf(&out, "pre " STR_FMT "|", STR_ARG(declared->prereleases.p[i]));
	}
	for (size_t i = 0; i < declared->notes.n; i++) {
		buf_addf(&out, "note %d|", declared->notes.p[i].line);
	}
	buf_addf(&out, "%s" STR_FMT, declared->all_prereleases ? "all pre " : "",
		STR_ARG(declared->python));
	return arena_str(arena, buf_str(&out));
}

static const char cycle[] = "[dependency-groups]\na = [{include-group = \"b\"}]\n"
			    "b = [{include-group = \"A\"}]\n";

/* Every case is what goes in and what must come out. */
static void reads_what_is_declared(void **state)
{
	(void)state;
	static const struct {
		enum reader reader;
		const char *choice, *text, *expected;
	} cases[] = {
  /* clang-format off */
		{PIPFILE, "", "", ""},
		{PIPFILE, "", "[packages]\nFlask = \"*\"\nb = '>=1,<2'\nc = {version = \"==1.*\"}\n",
			"Flask @2:9|b>=1,<2 @3:5|c==1.* @4:5|"},
		{PIPFILE, "",
			"[packages]\na = {version = \"*\", extras = [\"x\", \"y\"], markers = "
			"\"python_version < '3.9'\", sys_platform = \"== 'linux'\", index = \"gpu\"}",
			"a[x,y]; (python_version < '3.9') and (sys_platform == 'linux') @2:5 >gpu|"},
		{PIPFILE, "",
			"[packages]\na = {git = \"https://git.example/a\", ref = \"v1\"}\n"
			"b = {file = \"https://index.example/b.whl\", os_name = \"== 'nt'\"}\n",
			"a @ git+https://git.example/a@v1 @2:5|"
			"b @ https://index.example/b.whl ; os_name == 'nt' @3:5|"},
		{PIPFILE, "", "[packages]\na = '*'\n[dev-packages]\nb = '*'\n[docs]\nc = '*'\n",
			"a @2:5|"},
		{PIPFILE, "dev group:docs",
			"[packages]\na = '*'\n[dev-packages]\nb = '*'\n[docs]\nc = '*'\n",
			"a @2:5|b @4:5|c @6:5|"},
		{PIPFILE, "",
			"[[source]]\nname = \"m\"\nurl = \"https://index.example/simple\"\n"
			"verify_ssl = false\n[requires]\npython_version = \"3.11\"\n",
			"index m=https://index.example/simple|note 4|==3.11.*"},
		{PIPFILE, "", "[requires]\npython_version = \"3.11\"\npython_full_version = \"3.11.4\"\n",
			"==3.11.4"},
		{PIPFILE, "",
			"[pipenv]\nallow_prereleases = true\n[thoth]\ndisable_index_adjustment = true\n"
			"other = 1\n[thoth.allow_prereleases]\nnumpy = true\nscipy = false\n",
			"pre numpy|note 5|all pre "},
		{PYPROJECT, "",
			"[project]\nname = \"d\"\ndependencies = [\n \"a>=1\",\n \"b; os_name == 'nt'\",\n]\n"
			"requires-python = \">=3.10\"\n",
			"a>=1 @4:2|b; os_name == 'nt' @5:2|>=3.10"},
		{PYPROJECT, "extra:X_y",
			"[project]\nname = \"d\"\ndependencies = []\n[project.optional-dependencies]\n"
			"x-y = [\"a\", \"D[z]\"]\nz = [\"b\", \"d[x-y]\"]\nw = [\"c\"]\n",
			"a @5:8|b @6:6|"},
		{PYPROJECT, "group:lint group:All dev",
			"[project]\nname = \"d\"\n[dependency-groups]\nlint = [\"a\"]\n"
			"all = [{include-group = \"Lint\"}, \"b\"]\ndev = [\"c\"]\n",
			"a @4:9|b @5:34|c @6:8|"},
		{PYPROJECT, "dev", "[dependency-groups]\nx = [\"a\"]\n", ""},
		{PYPROJECT, "",
			"[project]\nname = \"d\"\ndynamic = [\"version\", \"dependencies\"]\n",
			"note 3|"},
		{PYPROJECT, "",
			"[project]\nname = \"d\"\ndependencies = [\"torch\", \"a\"]\n[tool.uv]\n"
			"constraint-dependencies = [\"a<2\"]\n[tool.uv.sources]\n"
			"Torch = {index = \"gpu\"}\na = {git = \"https://git.example/a\"}\n"
			"[[tool.uv.index]]\nname = \"gpu\"\nurl = \"https://index.example/gpu\"\n",
			"torch @3:17 >gpu|a @3:26|!a<2 @5:28|index gpu=https://index.example/gpu|note 8|"},
		{SCRIPT, "", "print(1)\n", ""},
		{SCRIPT, "",
			"#!/usr/bin/env python\n# /// script\n# requires-python = \">=3.11\"\n"
			"# dependencies = [\n#   \"a<3\",\n#\n# ]\n# ///\nimport a\n",
			"a<3 @5:5|>=3.11"},
		{SCRIPT, "", "# /// script\r\n# dependencies = [\"a\"]\r\n# ///\r\n", "a @2:19|"},
		{SCRIPT, "", "# /// other\n# x = 1\n# ///\n# /// script\n# dependencies = ['b']\n# ///\n",
			"b @5:19|"},
  /* clang-format on */
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct declared declared;
		assert_ok(read_text(cases[i].reader, cases[i].text, cases[i].choice, &arena,
				  &declared, &err),
			err);
		assert_str(shown(&declared, &arena), str_from(cases[i].expected));
	}
}

static void says_where_a_fault_is_and_what_to_do(void **state)
{
	(void)state;
	static const struct {
		enum reader reader;
		const char *choice, *text;
		int line, column;
		const char *words;
	} cases[] = {
  /* clang-format off */
		{PIPFILE, "", "[packages]\na = 1\n", 2, 5, "expected a version as a string or a table"},
		{PIPFILE, "", "[packages]\na = \">>1\"\n", 2, 5, "'a'"},
		{PIPFILE, "", "packages = 1\n", 1, 12, "expected a table"},
		{PIPFILE, "", "[packages]\na = {version = 1}\n", 2, 16, "a string as 'version'"},
		{PIPFILE, "", "[packages]\na = {extras = \"x\"}\n", 2, 15, "an array"},
		{PIPFILE, "", "[source]\nurl = \"https://index.example\"\n", 1, 1, "array of tables"},
		{PIPFILE, "", "[[source]]\nname = \"x\"\n", 1, 1, "without url"},
		{PIPFILE, "", "[packages]\n\"a b\" = \"*\"\n", 2, 9, "'a b'"},
		{PIPFILE, "group:docs", "[packages]\n", 0, 0, "no category 'docs'"},
		{PIPFILE, "extra:x", "[packages]\n", 0, 0, "no extra 'x'"},
		{PYPROJECT, "", "x = 1\n", 0, 0, "no [project] table"},
		{PYPROJECT, "", "[project]\ndependencies = \"a\"\n", 2, 16, "an array as 'dependencies'"},
		{PYPROJECT, "", "[project]\ndependencies = [\"a\", 2]\n", 2, 22, "a requirement as a string"},
		{PYPROJECT, "", "[project]\ndependencies = [\"a>>1\"]\n", 2, 17, "'a>>1'"},
		{PYPROJECT, "", "[project]\nrequires-python = \"3.10\"\n", 2, 19, "requires-python"},
		{PYPROJECT, "extra:q", "[project]\nname = \"d\"\n", 0, 0, "no extra 'q'"},
		{PYPROJECT, "group:q", "[project]\nname = \"d\"\n", 0, 0, "no dependency group 'q'"},
		{PYPROJECT, "group:a", cycle, 2, 5, "'a' includes itself"},
		{PYPROJECT, "group:a", "[dependency-groups]\na = [{include-group = \"b\"}]\n", 2, 23,
			"no dependency group 'b'"},
		{PYPROJECT, "group:a", "[dependency-groups]\na = [{x = 1}]\n", 2, 6,
			"a requirement or an inclusion"},
		{PYPROJECT, "", "[dependency-groups]\na-b = []\na_B = []\n", 3, 7, "two dependency groups"},
		{SCRIPT, "", "x = 1\n# /// script\n# dependencies = [\"a>>1\"]\n# ///\n", 3, 19, "'a>>1'"},
		{SCRIPT, "", "# /// script\n# dependencies = 1\n# ///\n", 2, 18, "an array"},
		{SCRIPT, "", "# /// script\n# a = \n# ///\n", 2, 7, "not TOML"},
		{SCRIPT, "", "# /// script\n# a = 1\n", 1, 0, "has no end"},
		{SCRIPT, "", "# /// script\n# ///\n\n# /// script\n# ///\n", 4, 0, "second"},
  /* clang-format on */
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct declared declared;
		assert_false(read_text(
			cases[i].reader, cases[i].text, cases[i].choice, &arena, &declared, &err));
		if (strstr(err.message, cases[i].words) == NULL) {
			print_message("# %zu: %s\n", i, err.message);
		}
		assert_non_null(strstr(err.message, cases[i].words));
		assert_int_equal(err.line, cases[i].line);
		assert_int_equal(err.column, cases[i].column);
		assert_true(err.kind ==
			    (cases[i].choice[0] != '\0' && err.line == 0 ? ERR_USAGE : ERR_INPUT));
	}
}

/* The hashes are pipenv's own: 2026.10 normalises the keys, those before took them as written. */
static void hashes_a_pipfile_as_pipenv_does(void **state)
{
	(void)state;
	static const char text[] =
		"[[source]]\nname = \"m\"\nurl = \"https://index.example/simple\"\n"
		"verify_ssl = true\n[packages]\nFlask = \"*\"\n"
		"\"Zope.Interface\" = {version = \">=1\", extras = [\"b\", \"a\"]}\n"
		"[dev-packages]\n[docs]\n\"\xc3\xa9\" = \"*\"\n[requires]\n[pipenv]\nx = true\n"
		"[scripts]\ny = \"z\"\n[thoth]\ndisable_index_adjustment = true\n";
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct tree tree;
	char hex[65];
	assert_ok(toml_parse(str_from(text), &arena, &tree, &err), err);
	pipfile_hash(&tree, true, hex);
	assert_string_equal(
		hex, "9f066e9fef6ee14340c05d85c47f8c160f406e24a9463209ecc62533b7cdd7b6");
	pipfile_hash(&tree, false, hex);
	assert_string_equal(
		hex, "1280bab47a2be3793dee0538cc2efba2b562f7c5bacd5c46ef6f2b280169ad87");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_is_declared),
		cmocka_unit_test(says_where_a_fault_is_and_what_to_do),
		cmocka_unit_test(hashes_a_pipfile_as_pipenv_does),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
