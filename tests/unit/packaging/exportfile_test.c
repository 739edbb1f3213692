#include "unit/test.h"
#include "packaging/exportfile.h"
#include "packaging/pipfile.h"
#include "packaging/toml.h"
#include "common/banned.h"

/* "group|requirement|index" each, as a project of one source. */
struct asked {
	const char *group, *text, *index;
};

static struct export_project project_of(
	const struct asked *asked, size_t n, const char *pythons, struct arena *arena)
{
	static const struct export_source sources[] = {
		{STR_INIT("main"), STR_INIT("https://index.example/simple")}
        };
	struct export_item *items = arena_array(arena, struct export_item, n);
	for (size_t i = 0; i < n; i++) {
		struct err err = {0};
		struct requirement *requirement = arena_new(arena, struct requirement);
		assert_ok(
			requirement_parse(str_from(asked[i].text), arena, requirement, &err), err);
		items[i] = (struct export_item){
			requirement, str_from(asked[i].group), str_from(asked[i].index)};
	}
	return (struct export_project){.items = items,
		.n_items = n,
		.sources = sources,
		.n_sources = 1,
		.pythons = str_from(pythons)};
}

static void writes_a_pipfile_that_says_the_same(void **state)
{
	(void)state;
	static const struct asked asked[] = {
		{"",    "Flask>=2",                             ""   },
		{"",    "flask<4",                              ""   },
		{"",    "zope.interface[b,a]; os_name == 'nt'", ""   },
		{"",    "torch",				"gpu"},
		{"",    "v @ git+https://git.example/v@main",   ""   },
		{"",    "w @ https://index.example/w.whl",      ""   },
		{"",    "x; os_name == 'nt'",                   ""   },
		{"",    "x; os_name != 'nt'",                   ""   },
		{"dev", "pytest",                               ""   },
	};
	static const char expected[] =
		"[[source]]\nname = \"main\"\nurl = \"https://index.example/simple\"\n"
		"verify_ssl = true\n\n[packages]\nFlask = \">=2,<4\"\n"
		"\"zope.interface\" = {version = \"*\", extras = [\"a\", \"b\"], markers = "
		"\"os_name == 'nt'\"}\n"
		"torch = {version = \"*\", index = \"gpu\"}\n"
		"v = {git = \"https://git.example/v\", ref = \"main\"}\n"
		"w = {file = \"https://index.example/w.whl\"}\n"
		"x = {version = \"*\", markers = \"os_name == 'nt'\"}\n"
		"# not said above: x; os_name != 'nt'\n"
		"\n[dev-packages]\npytest = \"*\"\n\n[requires]\npython_version = \"3.11\"\n";
	AUTO(arena_done) struct arena arena = {0};
	AUTO(buf_done) struct buf out = {0};
	struct err err = {0};
	struct tree tree;
	struct declared declared;
	struct declared_choice choice = {.dev = true};
	struct export_project project = project_of(asked, N_OF(asked), "==3.11.*", &arena);
	export_pipfile(&project, &out);
	assert_str(buf_str(&out), str_from(expected));
	assert_ok(toml_parse(buf_str(&out), &arena, &tree, &err), err);
	assert_ok(pipfile_read(&tree, &choice, &arena, &declared, &err), err);
	assert_int_equal(declared.items.n, 7);
	assert_str(declared.python, S("==3.11.*"));
}

static const struct str via_a[] = {STR_INIT("a")};
static const struct str via_dev[] = {STR_INIT("dev-tool")};
static const struct str via_both[] = {STR_INIT("a"), STR_INIT("dev-tool")};
static const struct str asked_for[] = {STR_INIT("")};
static const struct locked_file files[] = {
	{.sha256 = STR_INIT("bb")}, {.sha256 = STR_INIT("aa")}, {.sha256 = STR_INIT("bb")}};

static const struct locked_package packages[] = {
	{.name = STR_INIT("a"),
         .version = STR_INIT("1"),
         .files = files,
         .n_files = 3,
         .via = asked_for,
         .n_via = 1},
	{.name = STR_INIT("both"),            .version = STR_INIT("1"),                            .via = via_both,      .n_via = 2         },
	{.name = STR_INIT("dev-tool"),           .version = STR_INIT("2"),                           .via = asked_for,.n_via = 1},
	{.name = STR_INIT("of-a"),
         .version = STR_INIT("1"),
         .via = via_a,
         .n_via = 1,
         .marker = STR_INIT("os_name == \"nt\""),
         .other_index = true,
         .index = STR_INIT("gpu")},
	{.name = STR_INIT("of-dev"),            .version = STR_INIT("1"), .via = via_dev,                        .n_via = 1                                                           },
};

/* The sections hold what their own requirements reach, as pipenv's do. */
static void splits_a_lock_into_the_sections_of_a_pipfile(void **state)
{
	(void)state;
	static const struct asked asked[] = {
		{"",    "a",        ""},
                {"dev", "dev-tool", ""}
        };
	static const char expected[] =
		"    \"default\": {\n        \"a\": {\n            \"hashes\": [\n"
		"                \"sha256:aa\",\n                \"sha256:bb\"\n            ],\n"
		"            \"index\": \"main\",\n            \"version\": \"==1\"\n        },\n"
		"        \"both\": {\n            \"hashes\": [],\n            \"version\": "
		"\"==1\"\n"
		"        },\n        \"of-a\": {\n            \"hashes\": [],\n"
		"            \"index\": \"gpu\",\n            \"markers\": \"os_name == "
		"\\\"nt\\\"\",\n"
		"            \"version\": \"==1\"\n        }\n    },\n    \"develop\": {\n"
		"        \"both\": {\n            \"hashes\": [],\n            \"version\": "
		"\"==1\"\n"
		"        },\n        \"dev-tool\": {\n            \"hashes\": [],\n"
		"            \"index\": \"main\",\n            \"version\": \"==2\"\n        },\n"
		"        \"of-dev\": {\n            \"hashes\": [],\n            \"version\": "
		"\"==1\"\n"
		"        }\n    },\n    \"docs\": {}\n}\n";
	AUTO(arena_done) struct arena arena = {0};
	AUTO(buf_done) struct buf out = {0};
	struct err err = {0};
	struct tree pipfile;
	struct export_project project = project_of(asked, N_OF(asked), "", &arena);
	struct lock lock = {.packages = packages, .n = N_OF(packages)};
	assert_ok(toml_parse(S("[packages]\na = '*'\n[docs]\n"), &arena, &pipfile, &err), err);
	assert_ok(export_pipfile_lock(&lock, &project, &pipfile, &out, &err), err);
	ptrdiff_t at = str_find(buf_str(&out), S("    \"default\""));
	assert_true(at > 0);
	assert_str(str_skip(buf_str(&out), (size_t)at), str_from(expected));
}

static void refuses_two_versions_in_a_pipfile_lock(void **state)
{
	(void)state;
	static const struct locked_package twice[] = {
		{.name = STR_INIT("a"), .version = STR_INIT("1")},
		{.name = STR_INIT("a"), .version = STR_INIT("2")}
        };
	AUTO(arena_done) struct arena arena = {0};
	AUTO(buf_done) struct buf out = {0};
	struct err err = {0};
	struct tree pipfile = {.kind = TREE_TABLE};
	struct export_project project = project_of(NULL, 0, "", &arena);
	struct lock lock = {.packages = twice, .n = 2};
	assert_false(export_pipfile_lock(&lock, &project, &pipfile, &out, &err));
	assert_non_null(strstr(err.message, "'a' has several"));
}

/* Whatever a notebook holds, quoting is that of the form, and no line can be added. */
static void quotes_for_yaml_and_for_containers(void **state)
{
	(void)state;
	static const struct locked_package hostile[] = {
		{.name = STR_INIT("a"),
                 .version = STR_INIT("1"),
                 .marker = STR_INIT("os_name == '\"; $(id) `id` \\\\'")}
        };
	static const struct str urls[] = {STR_INIT("https://index.example/\"$(id)\\")};
	static const struct str environments[] = {STR_INIT("cp312-linux_x86_64-musl_1.2")};
	AUTO(arena_done) struct arena arena = {0};
	AUTO(buf_done) struct buf conda = {0};
	AUTO(buf_done) struct buf container = {0};
	struct export_project project = project_of(NULL, 0, ">=3.12", &arena);
	struct lock lock = {
		.packages = hostile, .n = 1, .environments = environments, .n_environments = 1};
	export_conda(&lock, &project, S("-My: book\n"), &conda);
	assert_str(buf_str(&conda),
		S("# made by thoth; install with: conda env create -f FILE\nname: Mybook\n"
		  "channels:\n  - conda-forge\ndependencies:\n  - \"python>=3.12\"\n  - \"pip\"\n"
		  "  - pip:\n      - \"a==1; os_name == '\\\"; $(id) `id` \\\\\\\\'\"\n"));
	export_containerfile(&lock, &project, urls, 1, &container);
	assert_str(buf_str(&container),
		S("# made by thoth; build with: podman build -f FILE .\n"
		  "FROM docker.io/library/python:3.12-alpine\n"
		  "COPY <<\"THOTH-END\" /tmp/requirements.txt\n"
		  "a==1; os_name == '\"; $(id) `id` \\\\'\nTHOTH-END\n"
		  "RUN [\"python\", \"-m\", \"pip\", \"install\", \"--no-cache-dir\", "
		  "\"--require-hashes\", \"--index-url\", \"https://index.example/\\\"$(id)\\\\\", "
		  "\"-r\", \"/tmp/requirements.txt\"]\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_a_pipfile_that_says_the_same),
		cmocka_unit_test(splits_a_lock_into_the_sections_of_a_pipfile),
		cmocka_unit_test(refuses_two_versions_in_a_pipfile_lock),
		cmocka_unit_test(quotes_for_yaml_and_for_containers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
