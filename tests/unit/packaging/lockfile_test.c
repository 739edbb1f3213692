#include "unit/test.h"
#include "common/fs.h"
#include "packaging/lockfile.h"
#include "common/banned.h"

static struct str fixture(const char *name, struct arena *arena)
{
	struct err err = {0};
	struct str text;
	struct str path = arena_printf(
		arena, "%s/tests/golden/formats/%s", getenv("THOTH_SOURCE_ROOT"), name);
	assert_ok(fs_read(path.p, 1 << 20, arena, &text, &err), err);
	return text;
}

/* "name version files marker|" each, then what is asked for when that is something else. */
static struct str shown(const struct lockfile *file, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	for (size_t i = 0; i < file->lock.n; i++) {
		const struct locked_package *p = &file->lock.packages[i];
		buf_addf(&out, STR_FMT " " STR_FMT " %zu%s%s" STR_FMT "|", STR_ARG(p->name),
			STR_ARG(p->version), p->n_files, p->direct ? "" : " indirect",
			p->marker.n > 0 ? " " : "", STR_ARG(p->marker));
	}
	for (size_t i = 0; i < file->declared.items.n; i++) {
		const struct declared_item *item = &file->declared.items.p[i];
		bool pin = str_find(item->text, S("==")) >= 0 && !item->constraint &&
			   str_find(item->text, S(" @ ")) < 0;
		if (!pin) {
			buf_addf(&out, "%s" STR_FMT "|", item->constraint ? "!" : "",
				STR_ARG(item->text));
		}
	}
	buf_add(&out, file->declared.python);
	return arena_str(arena, buf_str(&out));
}

/* The files were made by the tools themselves; hosts were replaced and most wheels taken out. */
static void reads_what_other_tools_wrote(void **state)
{
	(void)state;
	static const struct str text[] = {STR_INIT("text")};
	static const struct str docs[] = {STR_INIT("docs")};
	static const struct declared_choice plain = {0};
	static const struct declared_choice more = {.extras = text, .n_extras = 1, .dev = true};
	static const struct declared_choice category = {.groups = docs, .n_groups = 1};
	static const struct {
		const char *name;
		const struct declared_choice *choice;
		const char *expected;
	} cases[] = {
  /* clang-format off */
		{"uv.lock", &plain,
			"click 8.5.1 2|colorama 0.4.6 2 sys_platform == 'win32'|"
			"click>=8|!click==8.5.1|!colorama==0.4.6; sys_platform == 'win32'|>=3.10"},
		{"uv.lock", &more,
			"click 8.5.1 2|colorama 0.4.6 2 sys_platform == 'win32'|iniconfig 2.3.1 2|"
			"markupsafe 3.0.4 3|packaging 23.2 2|click>=8|markupsafe|iniconfig|packaging<24|"
			"!click==8.5.1|!colorama==0.4.6; sys_platform == 'win32'|!iniconfig==2.3.1|"
			"!markupsafe==3.0.4|!packaging==23.2|>=3.10"},
		{"pylock.toml", &plain,
			"click 8.5.1 2|colorama 0.4.6 2 sys_platform == 'win32'|iniconfig 2.3.1 2|"
			"markupsafe 3.0.4 3|packaging 23.2 2|>=3.10"},
		{"poetry.lock", &plain,
			"click 8.5.1 2|colorama 0.4.6 2 sys_platform == 'win32'|>=3.10"},
		{"poetry.lock", &more,
			"click 8.5.1 2|colorama 0.4.6 2 sys_platform == 'win32'|iniconfig 2.3.1 2|"
			"markupsafe 3.0.4 2|>=3.10"},
		{"Pipfile.lock", &plain,
			"click 8.5.1 2 python_version >= '3.10'|markupsafe 3.0.4 2 sys_platform == 'linux' "
			"and sys_platform == 'linux' and sys_platform == 'linux'|==3.11.*"},
		{"Pipfile.lock", &category,
			"click 8.5.1 2 python_version >= '3.10'|markupsafe 3.0.4 2 sys_platform == 'linux' "
			"and sys_platform == 'linux' and sys_platform == 'linux'|"
			"packaging 23.2 2 python_version >= '3.7'|==3.11.*"},
  /* clang-format on */
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct lockfile file;
		enum lockfile_kind kind;
		assert_true(lockfile_kind_of(str_from(cases[i].name), &kind));
		assert_ok(lockfile_parse(kind, fixture(cases[i].name, &arena), cases[i].choice,
				  &arena, &file, &err),
			err);
		struct str got = shown(&file, &arena);
		/* uv's direct requirements with a marker look like pins here: taken out of both */
		assert_str(got, str_from(cases[i].expected));
	}
}

static void reads_the_odd_corners(void **state)
{
	(void)state;
	static const struct str extras[] = {STR_INIT("a")};
	static const struct declared_choice choice = {.extras = extras, .n_extras = 1};
	static const struct {
		enum lockfile_kind kind;
		const char *text, *expected;
	} cases[] = {
  /* clang-format off */
		{LOCKFILE_PYLOCK,
			"lock-version = '1.0'\ncreated-by = 'x'\n[[packages]]\nname = 'b'\nversion = '1.0'\n"
			"marker = \"'a' in extras and os_name == 'nt'\"\n[[packages]]\nname = 'c'\n"
			"version = '2'\nmarker = \"'z' in extras or 'g' in dependency_groups\"\n",
			"b 1.0 0 os_name == 'nt'|"},
		{LOCKFILE_PYLOCK,
			"lock-version = '1.0'\ndefault-groups = ['g']\npackages = [{name = 'c', version = "
			"'2', marker = \"'g' in dependency_groups\"}]\n",
			"c 2 0|"},
		{LOCKFILE_PYLOCK,
			"lock-version = '1.0'\n[[packages]]\nname = 'v'\n[packages.vcs]\ntype = 'git'\n"
			"url = 'https://git.example/v'\ncommit-id = 'abc'\n[[packages]]\nname = 'w'\n"
			"[packages.archive]\nurl = 'https://index.example/w.zip'\nhashes = {sha256 = '12'}\n",
			"v @ git+https://git.example/v@abc|w @ https://index.example/w.zip#sha256=12|"},
		{LOCKFILE_PIPENV,
			"{\"_meta\": {\"pipfile-spec\": 6}, \"default\": {\"A_b\": {\"version\": \"==1\", "
			"\"extras\": [\"x\"]}, \"g\": {\"git\": \"https://git.example/g\", \"ref\": \"r\"}}}",
			"a-b 1 0|g @ git+https://git.example/g@r|"},
		{LOCKFILE_POETRY,
			"[[package]]\nname = 'a'\nversion = '1'\ncategory = 'dev'\n[[package]]\nname = 'b'\n"
			"version = '2'\n[metadata]\nlock-version = '1.1'\npython-versions = '^3.8'\n"
			"[metadata.files]\nb = [{file = 'b.whl', hash = 'md5:1'}]\n",
			"b 2 0|"},
		{LOCKFILE_UV,
			"version = 1\n[[package]]\nname = 'r'\nversion = '0'\nsource = {virtual = '.'}\n"
			"dependencies = [{name = 'a', extra = ['x']}, {name = 'b', marker = 'm'}]\n"
			"[[package]]\nname = 'a'\nversion = '1'\nsource = {registry = 'https://i.example'}\n"
			"dependencies = [{name = 'b', marker = \"os_name == 'nt'\"}]\n"
			"[package.optional-dependencies]\nx = [{name = 'c'}]\n"
			"[[package]]\nname = 'b'\nversion = '2'\nsource = {registry = 'https://i.example'}\n"
			"dependencies = [{name = 'a', marker = \"os_name == 'x'\"}]\n"
			"[[package]]\nname = 'c'\nversion = '3'\nsource = {registry = 'https://i.example'}\n"
			"[[package]]\nname = 'unneeded'\nversion = '3'\n"
			"source = {registry = 'https://i.example'}\n",
			"a 1 0|b 2 0 (m) or (os_name == 'nt')|c 3 0 indirect|"
			"a[x]|b; m|!a==1|!b==2; (m) or (os_name == 'nt')|!c==3|"},
  /* clang-format on */
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct lockfile file;
		assert_ok(lockfile_parse(cases[i].kind, str_from(cases[i].text), &choice, &arena,
				  &file, &err),
			err);
		assert_str(shown(&file, &arena), str_from(cases[i].expected));
	}
}

static void says_what_is_no_lock(void **state)
{
	(void)state;
	static const struct {
		enum lockfile_kind kind;
		const char *text;
		int line;
		const char *words;
	} cases[] = {
  /* clang-format off */
		{LOCKFILE_PYLOCK, "a = 1\n", 1, "no pylock.toml"},
		{LOCKFILE_PYLOCK, "lock-version = '2.0'\npackages = []\n", 1, "nobody knows"},
		{LOCKFILE_PYLOCK, "lock-version = '1.0'\npackages = [1]\n", 2, "expected a table"},
		{LOCKFILE_PYLOCK, "lock-version = '1.0'\n[[packages]]\nname = 'a'\n", 2, "a version"},
		{LOCKFILE_PYLOCK,
			"lock-version = '1.0'\n[[packages]]\nname = 'a'\nversion = '1'\nmarker = 'x y'\n",
			2, "marker"},
		{LOCKFILE_PIPENV, "[]", 1, "a table"},
		{LOCKFILE_PIPENV, "{}", 1, "no Pipfile.lock"},
		{LOCKFILE_PIPENV, "{\"_meta\": {\"pipfile-spec\": 7}}", 1, "nobody knows"},
		{LOCKFILE_PIPENV, "{\"default\": {\n\"a\": 1}}", 2, "a table as 'a'"},
		{LOCKFILE_PIPENV, "{\"default\": {\n\"a\": {}}}", 2, "a version"},
		{LOCKFILE_POETRY, "package = []\n", 1, "no poetry.lock"},
		{LOCKFILE_POETRY, "[metadata]\nlock-version = '3.0'\n", 1, "nobody knows"},
		{LOCKFILE_UV, "version = 2\n", 1, "no uv.lock"},
  /* clang-format on */
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct lockfile file;
		struct declared_choice choice = {0};
		assert_false(lockfile_parse(
			cases[i].kind, str_from(cases[i].text), &choice, &arena, &file, &err));
		if (strstr(err.message, cases[i].words) == NULL) {
			print_message("# %zu: %s\n", i, err.message);
		}
		assert_int_equal(err.kind, ERR_INPUT);
		assert_int_equal(err.line, cases[i].line);
		assert_non_null(strstr(err.message, cases[i].words));
	}
}

static void knows_lock_files_by_name(void **state)
{
	(void)state;
	enum lockfile_kind kind;
	assert_true(lockfile_kind_of(S("pylock.dev.toml"), &kind) && kind == LOCKFILE_PYLOCK);
	assert_true(lockfile_kind_of(S("Pipfile.lock"), &kind) && kind == LOCKFILE_PIPENV);
	assert_false(lockfile_kind_of(S("pyproject.toml"), &kind));
	assert_false(lockfile_kind_of(S("requirements.txt"), &kind));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_other_tools_wrote),
		cmocka_unit_test(reads_the_odd_corners),
		cmocka_unit_test(says_what_is_no_lock),
		cmocka_unit_test(knows_lock_files_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
