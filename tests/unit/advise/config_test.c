#include "unit/test.h"
#include <unistd.h>
#include "advise/config.h"
#include "advise/settings.h"
#include "common/fs.h"
#include "common/banned.h"

static void shows_no_credentials(void **state)
{
	(void)state;
	static const struct {
		const char *url, *shown;
	} cases[] = {
		{"https://user:secret@index.example/simple", "https://index.example/simple"},
		{"https://token@index.example",              "https://index.example"       },
		{"https://a@b:c@index.example/x@y",          "https://index.example/x@y"   },
		{"https://index.example/x@y",                "https://index.example/x@y"   },
		{"file:///folder",                           "file:///folder"              },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		assert_str(config_without_credentials(str_from(cases[i].url), &arena),
			str_from(cases[i].shown));
	}
}

static void reads_ini_values_as_pip_does(void **state)
{
	(void)state;
	static const struct {
		const char *text, *value; /* NULL: not there */
	} cases[] = {
		{"[global]\nindex-url = https://a\n",                             "https://a"          },
		{"[global]\nindex_url=https://a\n[install]\nindex-url=https://b", "https://b"          },
		{"[global]\r\nINDEX-URL : https://x\r\n",                         "https://x"          },
		{"[list]\nindex-url = https://a\n",                               NULL                 },
		{"index-url = https://a\n",                                       NULL                 },
		{"[global]\n# index-url = a\n; index-url = b\n",                  NULL                 },
		{"[global]\nindex-url =\n  https://a\n  https://b\nx = y\n",      "https://a https://b"},
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct str value = S("untouched");
		bool found =
			settings_ini_value(str_from(cases[i].text), S("index-url"), &arena, &value);
		assert_int_equal(found, cases[i].value != NULL);
		assert_str(value, found ? str_from(cases[i].value) : S("untouched"));
	}
}

static void clear_variables(void)
{
	static const char *const names[] = {"UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL",
		"UV_EXTRA_INDEX_URL", "PIP_EXTRA_INDEX_URL", "VIRTUAL_ENV", "XDG_CONFIG_HOME"};
	for (size_t i = 0; i < N_OF(names); i++) {
		unsetenv(names[i]);
	}
	setenv("HOME", "/nonexistent", 1);
}

static void options_win_over_variables_over_files(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct advise_options options = {0};
	struct config config;
	struct err err = {0};
	char file[] = "/tmp/thoth-config-XXXXXX";
	int fd = mkstemp(file);
	static const char text[] = "[global]\nindex-url = https://file.example/simple/\n";
	assert_true(fd >= 0 && write(fd, text, sizeof(text) - 1) == sizeof(text) - 1);
	close(fd);
	clear_variables();
	setenv("PIP_CONFIG_FILE", file, 1);
	assert_true(config_read(&options, &arena, &config, &err));
	assert_str(config.sources[0].url, S("https://file.example/simple"));
	assert_str(config.why, str_from(file));

	setenv("PIP_INDEX_URL", "https://u:p@pip.example/simple", 1);
	setenv("PIP_EXTRA_INDEX_URL", "https://two.example https://three.example", 1);
	assert_true(config_read(&options, &arena, &config, &err));
	assert_int_equal(config.n_sources, 3);
	assert_str(config.sources[0].url, S("https://u:p@pip.example/simple"));
	assert_str(config.sources[0].alias, S("https://pip.example/simple"));

	options.index_url = S("https://option.example");
	assert_true(config_read(&options, &arena, &config, &err));
	assert_int_equal(config.n_sources, 1);
	assert_str(config.sources[0].url, S("https://option.example"));

	options.index_url = S("index.example");
	assert_false(config_read(&options, &arena, &config, &err));
	assert_int_equal(err.kind, ERR_USAGE);
	assert_non_null(strstr(err.message, "--index-url: 'index.example' is not the address"));
	unsetenv("PIP_INDEX_URL");
	unsetenv("PIP_EXTRA_INDEX_URL");
	unsetenv("PIP_CONFIG_FILE");
	unlink(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_no_credentials),
		cmocka_unit_test(reads_ini_values_as_pip_does),
		cmocka_unit_test(options_win_over_variables_over_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
