#include "unit/test.h"
#include <sys/wait.h>
#include "packaging/export.h"

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static void lines_survive_reading_and_writing(void **state)
{
	(void)state;
	static const struct {
		const char *line, *again;
	} cases[] = {
		{"numpy==2.1.3",										    NULL                     },
		{"numpy==2.1.3 --hash=sha256:" A64,								 NULL                     },
		{"numpy==1!2.0a1.post2.dev3+cpu.4; sys_platform == 'linux' --hash=sha256:" A64
		 " --hash=sha256:" B64,
                 NULL															},
		{"a==1; os_name == ' --hash=sha256:x' --hash=sha256:" A64,                                          NULL                     },
		{" Ruamel_YAML [ B, a ] == v1.0-RC1 ;  os_name == 'nt'  --hash=sha256:" A64 " \n",
                 "ruamel-yaml==1.0rc1; os_name == 'nt' --hash=sha256:" A64                                                                   },
		{"a==1 --hash=sha256:" A64 " --hash=sha256:" A64,                                                   "a==1 --hash=sha256:" A64},
		{"a==1 "
		 "--hash=sha256:AAAAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a==1 --hash=sha256:" A64},
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		AUTO(buf_done) struct buf out = {0};
		struct err err = {0};
		struct locked_package package;
		assert_ok(export_read_line(str_from(cases[i].line), &arena, &package, &err), err);
		export_requirement_line(&package, &out);
		assert_str(buf_str(&out),
			str_from(cases[i].again == NULL ? cases[i].line : cases[i].again));
	}
}

static void says_what_a_line_lacks(void **state)
{
	(void)state;
	static const struct {
		const char *line, *word;
		int column;
	} cases[] = {
		{"",					  "a package name", 1 },
		{"-e .",				      "a package name", 1 },
		{"-r other.txt",                              "a package name", 1 },
		{"numpy",				     "'=='",           6 },
		{"numpy>=2",				  "'=='",           6 },
		{"numpy===2",				 "a version",      8 },
		{"numpy==",				   "a version",      8 },
		{"numpy==2.*",				"a version",      8 },
		{"numpy[a==1",				"']'",            8 },
		{"numpy @ n.whl",                             "an address",     9 },
		{"numpy==2; ",				"",               0 },
		{"numpy==2 --hash=sha1:00",                   "--hash=sha256",  10},
		{"numpy==2 --hash=sha256:00",                 "64 hexadecimal", 24},
		{"numpy==2 --hash=sha256:" A64 "a",           "64 hexadecimal", 24},
		{"numpy==2 --hash=sha256:" A64 ";x",          "64 hexadecimal", 24},
		{"numpy==2 --index-url=https://evil.example", "--hash=sha256",  10},
		{"numpy==2\nflask==1",                        "--hash=sha256",  10},
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct locked_package package;
		assert_false(export_read_line(str_from(cases[i].line), &arena, &package, &err));
		assert_int_equal(err.kind, ERR_INPUT);
		if (cases[i].column > 0) {
			assert_int_equal(err.column, cases[i].column);
		}
		if (strstr(err.message, cases[i].word) == NULL) {
			fail_msg("'%s' gave '%s'", cases[i].line, err.message);
		}
	}
}

/* clang-format off: version 14 stumbles over these tables */
static const struct locked_file files[] = {
	{.filename = STR_INIT("zz-1.0-py3-none-any.whl"),
         .url = STR_INIT("https://files.example/zz-1.0-py3-none-any.whl"),
         .sha256 = STR_INIT(B64),
         .size = 10,
         .upload_ms = 1700000000000},
	{.url = STR_INIT("https://files.example/x/aa-1.0-cp311.whl?a=/b#c"),
         .sha256 = STR_INIT(A64),
         .size = -1,
         .upload_ms = -1},
	{.filename = STR_INIT("zz-1.0.tar.gz"),
         .url = STR_INIT("https://files.example/zz-1.0.tar.gz"),
         .sha256 = STR_INIT(A64),
         .size = 0,
         .upload_ms = 0},
	{.sha256 = STR_INIT(A64), .size = -1,                                          .upload_ms = -1										      },
};

static const struct locked_package packages[] = {
	{.name = STR_INIT("zz"),
         .version = STR_INIT("1.0"),
         .files = files,
         .n_files = 4,
         .index = STR_INIT("https://index.example/simple"),
         .requires_python = STR_INIT(">=3.8"),
         .marker = STR_INIT("os_name == \"\\\t\"")},
	{.name = STR_INIT("aa"),                              .version = STR_INIT("10"), .index = STR_INIT("alias")},
	{.name = STR_INIT("aa"), .version = STR_INIT("9")      },
};
/* clang-format on */

static const char pylock[] =
	"lock-version = \"1.0\"\n"
	"requires-python = \">=3.9\"\n"
	"created-by = \"thoth\"\n"
	"\n[[packages]]\nname = \"aa\"\nversion = \"9\"\n"
	"\n[[packages]]\nname = \"aa\"\nversion = \"10\"\n"
	"\n[[packages]]\nname = \"zz\"\nversion = \"1.0\"\n"
	"marker = \"os_name == \\\"\\\\\\u0009\\\"\"\n"
	"requires-python = \">=3.8\"\n"
	"index = \"https://index.example/simple\"\n"
	"sdist = {name = \"zz-1.0.tar.gz\", upload-time = 1970-01-01T00:00:00Z, url = "
	"\"https://files.example/zz-1.0.tar.gz\", size = 0, hashes = {sha256 = \"" A64 "\"}}\n"
	"wheels = [\n"
	"    {name = \"aa-1.0-cp311.whl\", url = "
	"\"https://files.example/x/aa-1.0-cp311.whl?a=/b#c\", "
	"hashes = {sha256 = \"" A64 "\"}},\n"
	"    {name = \"zz-1.0-py3-none-any.whl\", upload-time = 2023-11-14T22:13:20Z, url = "
	"\"https://files.example/zz-1.0-py3-none-any.whl\", size = 10, hashes = {sha256 = \"" B64
	"\"}},\n"
	"]\n";

static void pylock_has_fixed_bytes(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf out = {0};
	AUTO(buf_done) struct buf empty = {0};
	struct lock lock = {.packages = packages, .n = N_OF(packages)};
	export_pylock(&lock, S(">=3.9"), &out);
	assert_str(buf_str(&out), str_from(pylock));
	lock.n = 0;
	export_pylock(&lock, S(""), &empty);
	assert_str(buf_str(&empty),
		S("lock-version = \"1.0\"\ncreated-by = \"thoth\"\npackages = []\n"));
}

/* Python's own TOML reader takes it; skipped where there is no Python 3.11. */
static void python_reads_the_pylock(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	AUTO(buf_done) struct buf out = {0};
	struct str folder = test_folder(&arena);
	struct lock lock = {.packages = packages, .n = N_OF(packages)};
	export_pylock(&lock, S(""), &out);
	struct str path = test_file(&arena, folder, "pylock.toml", buf_str(&out), 0600);
	struct str command = arena_printf(&arena,
		"python3 -c 'import sys\n"
		"try: import tomllib\n"
		"except ImportError: sys.exit(77)\n"
		"d = tomllib.load(open(sys.argv[1], \"rb\"))\n"
		"z = d[\"packages\"][2]\n"
		"assert d[\"lock-version\"] == \"1.0\" and len(d[\"packages\"]) == 3\n"
		"assert z[\"marker\"] == \"os_name == \\\"\\\\\\t\\\"\", z\n"
		"assert z[\"wheels\"][1][\"upload-time\"].year == 2023\n"
		"assert z[\"sdist\"][\"hashes\"] == {\"sha256\": 64 * \"a\"}' %s",
		path.p);
	int status = system(command.p);
	test_folder_remove(folder);
	if (WIFEXITED(status) && (WEXITSTATUS(status) == 77 || WEXITSTATUS(status) == 127)) {
		printf("# skipped: no Python with tomllib\n");
		skip();
	}
	assert_int_equal(status, 0);
}

static void requirements_files_say_how_they_were_made(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf out = {0};
	static const struct str environments[] = {STR_INIT("cp311\nevil==1")};
	struct lock lock = {.packages = packages,
		.n = 1,
		.environments = environments,
		.n_environments = 1,
		.inputs = S("sha256:12")};
	export_requirements(&lock, &out);
	assert_str(buf_str(&out),
		S("# made by thoth; install with: pip install --require-hashes -r FILE\n"
		  "# for cp311\\x0aevil==1\n# inputs sha256:12\n"
		  "zz==1.0; os_name == \"\\\t\" --hash=sha256:" B64 " --hash=sha256:" A64 "\n"));
}

static void requirements_name_each_other_index_once(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf out = {0};
	struct locked_package list[] = {
		{.name = S("a"),    .version = S("1"), .index_url = S("https://main.example/simple")},
		{		    .name = S("b"),
                 .version = S("1"),
                 .index = S("gpu"),
                 .other_index = true,
                 .index_url = S("https://gpu.example/simple")},
		{							     .name = S("c"),
                 .version = S("1"),
                 .index = S("https://gpu.example/simple"),
                 .other_index = true},
		{										      .name = S("d"),    .version = S("1"), .index = S("only-a-name"),                     .other_index = true},
		{.name = S("e"),
                 .version = S("1"),
                 .other_index = true,
                 .index_url = S("https://x.example/\n-r evil.txt")},
	};
	struct lock lock = {.packages = list, .n = N_OF(list)};
	export_requirements(&lock, &out);
	assert_str(buf_str(&out),
		S("# made by thoth; install with: pip install --require-hashes -r FILE\n"
		  "--extra-index-url https://gpu.example/simple\na==1\nb==1\nc==1\nd==1\ne==1\n"));
}

static void addresses_are_written_and_read_back(void **state)
{
	(void)state;
	static const struct {
		const char *line, *url, *version, *marker;
	} cases[] = {
		{"a @ https://index.example/a-1.0-py3-none-any.whl --hash=sha256:" A64,
                 "https://index.example/a-1.0-py3-none-any.whl",        "1.0", ""               },
		{"a @ file:///x/a-2.tar.gz ; os_name == 'nt' --hash=sha256:" A64,
                 "file:///x/a-2.tar.gz",                                "2",   "os_name == 'nt'"},
		{"a @ git+https://index.example/a.git@0123#subdirectory=x",
                 "git+https://index.example/a.git@0123#subdirectory=x", "",    ""               },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		AUTO(buf_done) struct buf out = {0};
		struct err err = {0};
		struct locked_package package;
		assert_true(export_read_line(str_from(cases[i].line), &arena, &package, &err));
		assert_str(package.url, str_from(cases[i].url));
		assert_str(package.version, str_from(cases[i].version));
		assert_str(package.marker, str_from(cases[i].marker));
		export_requirement_line(&package, &out);
		assert_str(buf_str(&out), str_from(cases[i].line));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_survive_reading_and_writing),
		cmocka_unit_test(says_what_a_line_lacks),
		cmocka_unit_test(addresses_are_written_and_read_back),
		cmocka_unit_test(pylock_has_fixed_bytes),
		cmocka_unit_test(python_reads_the_pylock),
		cmocka_unit_test(requirements_files_say_how_they_were_made),
		cmocka_unit_test(requirements_name_each_other_index_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
