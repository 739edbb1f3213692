#include "unit/test.h"
#include "environment/installed.h"

static void put(struct arena *arena, struct str root, const char *path, const char *text)
{
	(void)test_file(arena, root, path, str_from(text), 0600);
}

/* name-1.0.dist-info with a RECORD, or top_level.txt when that is NULL. */
static void put_distribution(struct arena *arena, struct str root, const char *name,
	const char *more, const char *record, const char *top_level)
{
	const char *files[] = {"METADATA", "RECORD", "top_level.txt"};
	struct str about = arena_printf(
		arena, "Metadata-Version: 2.5\nName: %s\nVersion: 1.0\n%s\n", name, more);
	const char *texts[] = {about.p, record, top_level};
	for (size_t i = 0; i < 3; i++) {
		if (texts[i] != NULL) {
			put(arena, root,
				arena_printf(arena, "%s-1.0.dist-info/%s", name, files[i]).p,
				texts[i]);
		}
	}
}

static void make_site(struct arena *arena, struct str root)
{
	put_distribution(arena, root, "PyYAML", "",
		"yaml/__init__.py,sha256=x,1\n_yaml/__init__.py,,\n../../bin/yaml.py,,\n",
		"wrong\n");
	put_distribution(arena, root, "google_cloud_core", "",
		"google/__init__.py,,\ngoogle/cloud/client/__init__.py,,\n", NULL);
	put_distribution(arena, root, "google_cloud_storage", "",
		"google/cloud/storage/__init__.py,,\n", NULL);
	put_distribution(arena, root, "renamed", "Import-Name: shiny\nImport-Name: _s ; private\n",
		"dull/__init__.py,,\n", NULL);
	put_distribution(arena, root, "cv_one", "", "cv2/__init__.py,,\n", NULL);
	put_distribution(arena, root, "cv_two", "", "cv2/__init__.py,,\n", NULL);
	put_distribution(arena, root, "ext", "", "fast.cpython-311-x86_64-linux-gnu.so,,\n", NULL);
	put_distribution(arena, root, "flat", "", "parts/a.py,,\n", NULL);
	put_distribution(arena, root, "editable", "",
		"__editable___x_finder.py,,\neditable-1.0.dist-info/METADATA,,\n", "mine\n");
	put(arena, root, "old.egg-info/PKG-INFO", "Metadata-Version: 1.0\nName: Old\nVersion: 1\n");
	put(arena, root, "old.egg-info/top_level.txt", "old_module\n");
	put(arena, root, "broken-1.0.dist-info/METADATA", "nothing");
}

static void tells_whose_a_module_is(void **state)
{
	(void)state;
	static const struct {
		const char *module, *names;
	} cases[] = {
		{"yaml",                 "pyyaml"              },
		{"yaml.loader",          "pyyaml"              },
		{"wrong",                ""                    },
		{"google.cloud.storage", "google-cloud-storage"},
		{"google.cloud.client",  "google-cloud-core"   },
		{"shiny",                "renamed"             },
		{"dull",                 ""                    },
		{"cv2",                  "cv-one cv-two"       },
		{"fast",                 "ext"                 },
		{"parts",                "flat"                },
		{"mine",                 "editable"            },
		{"old_module",           "old"                 },
		{"ya",                   ""                    },
		{"",		     ""                    },
	};
	AUTO(arena_done) struct arena arena = {0};
	struct str folders[] = {test_folder(&arena), S("/nonexistent")};
	make_site(&arena, folders[0]);
	struct str modules[N_OF(cases)];
	struct installed_answer answers[N_OF(cases)];
	for (size_t i = 0; i < N_OF(cases); i++) {
		modules[i] = str_from(cases[i].module);
	}
	installed_find(folders, 2, modules, N_OF(cases), &arena, answers);
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(buf_done) struct buf got = {0};
		for (size_t k = 0; k < answers[i].n; k++) {
			buf_addf(
				&got, "%s" STR_FMT, k > 0 ? " " : "", STR_ARG(answers[i].names[k]));
		}
		assert_str(buf_str(&got), str_from(cases[i].names));
	}
	test_folder_remove(folders[0]);
}

static void lists_what_is_installed_and_the_first_folder_wins(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct str folders[2] = {test_folder(&arena), test_folder(&arena)};
	static const struct {
		const char *name, *version;
	} wanted[] = {
		{"both",        "2.0"   },
		{"metadata",    "4.5"   },
		{"old-egg",     "1.16.0"},
		{"ruamel-yaml", "0.18.6"},
	};
	put(&arena, folders[0], "ruamel.yaml-0.18.6.dist-info/METADATA", "");
	put(&arena, folders[0], "old_egg-1.16.0-py3.11.egg-info", "a file");
	put(&arena, folders[0], "Both-2.0.dist-info/METADATA", "");
	put(&arena, folders[1], "both-1.0.dist-info/METADATA", "");
	put(&arena, folders[1], "metadata.egg-info/PKG-INFO",
		"Metadata-Version: 1.0\nName: Metadata\nVersion: 4.5\n");
	put(&arena, folders[1], "nothing.dist-info/METADATA", "broken");
	put(&arena, folders[1], "-1.dist-info/METADATA", "broken");
	put(&arena, folders[1], ".dist-info/METADATA", "broken");
	struct installed_package *list;
	size_t n = installed_list(folders, 2, &arena, &list);
	assert_int_equal(n, N_OF(wanted));
	for (size_t i = 0; i < n; i++) {
		assert_str(list[i].name, str_from(wanted[i].name));
		assert_str(list[i].version, str_from(wanted[i].version));
		assert_ptr_equal(installed_named(list, n, list[i].name), &list[i]);
	}
	assert_null(installed_named(list, n, S("absent")));
	assert_int_equal(installed_list(folders, 0, &arena, &list), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_whose_a_module_is),
		cmocka_unit_test(lists_what_is_installed_and_the_first_folder_wins),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
