#include "unit/test.h"
#include "index/url.h"
#include "common/banned.h"

/* The examples of RFC 3986, 5.4, as far as links of a page may be of that kind, and our own. */
static void joins_links_as_a_browser_does(void **state)
{
	(void)state;
	static const struct {
		const char *base, *link, *joined;
	} cases[] = {
		{"http://a/b/c/d;p?q",         "g",                   "http://a/b/c/g"                     },
		{"http://a/b/c/d;p?q",         "./g",                 "http://a/b/c/g"                     },
		{"http://a/b/c/d;p?q",         "g/",                  "http://a/b/c/g/"                    },
		{"http://a/b/c/d;p?q",         "/g",                  "http://a/g"                         },
		{"http://a/b/c/d;p?q",         "//g",                 "http://g"                           },
		{"http://a/b/c/d;p?q",         "?y",                  "http://a/b/c/d;p?y"                 },
		{"http://a/b/c/d;p?q",         "g?y",                 "http://a/b/c/g?y"                   },
		{"http://a/b/c/d;p?q",         "#s",                  "http://a/b/c/d;p?q"                 },
		{"http://a/b/c/d;p?q",         "g#s",                 "http://a/b/c/g"                     },
		{"http://a/b/c/d;p?q",         "",                    "http://a/b/c/d;p?q"                 },
		{"http://a/b/c/d;p?q",         ".",                   "http://a/b/c/"                      },
		{"http://a/b/c/d;p?q",         "..",                  "http://a/b/"                        },
		{"http://a/b/c/d;p?q",         "../g",                "http://a/b/g"                       },
		{"http://a/b/c/d;p?q",         "../../../g",          "http://a/g"                         },
		{"http://a/b/c/d;p?q",         "g;x=1/../y",          "http://a/b/c/y"                     },
		{"http://a",                   "g",                   "http://a/g"                         },
		{"https://index.example/s/x/", "../../f/x-1.whl#a",
                 "https://index.example/f/x-1.whl"							 },
		{"https://index.example/s/x/", " x 1.whl ",           "https://index.example/s/x/x%201.whl"},
		{"https://index.example/s/x/", "https://o.example/f", "https://o.example/f"                },
		{"https://index.example/s/x/", "mailto:a@b",          "mailto:a@b"                         },
		{"file:///srv/index/x/",       "x-1.whl",             "file:///srv/index/x/x-1.whl"        },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct str joined =
			index_url_join(str_from(cases[i].base), str_from(cases[i].link), &arena);
		assert_str(joined, str_from(cases[i].joined));
	}
}

static void never_shows_credentials(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct str url = S("https://me:s3cret@index.example:8443/simple?x#y");
	assert_str(index_url_public(url, &arena), S("https://index.example:8443/simple?x"));
	assert_str(index_url_host(url), S("index.example:8443"));
	assert_str(index_url_origin(url, &arena), S("https://index.example:8443"));
	/* a password with '@' that was not encoded */
	assert_str(index_url_public(S("https://me:p@ss@h/x"), &arena), S("https://h/x"));
}

static void knows_one_origin_in_all_its_spellings(void **state)
{
	(void)state;
	static const struct {
		const char *url, *origin;
	} cases[] = {
		{"HTTPS://Index.Example:443/x", "https://index.example"   },
		{"http://index.example:80",     "http://index.example"    },
		{"http://index.example:443/",   "http://index.example:443"},
		{"https://index.example/a/b",   "https://index.example"   },
		{"no address",                  ""                        },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		assert_str(index_url_origin(str_from(cases[i].url), &arena),
			str_from(cases[i].origin));
	}
}

static void decodes_percent_signs(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	assert_str(index_url_unescape(S("x-1.0%2Blocal.whl"), &arena), S("x-1.0+local.whl"));
	assert_str(index_url_unescape(S("100%"), &arena), S("100%"));
	assert_str(index_url_unescape(S("%4"), &arena), S("%4"));
	assert_str(index_url_unescape(S("%zz%41"), &arena), S("%zzA"));
	assert_str(index_url_last_part(S("https://h/a/x-1.zip?d=/y#z/q")), S("x-1.zip"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joins_links_as_a_browser_does),
		cmocka_unit_test(never_shows_credentials),
		cmocka_unit_test(knows_one_origin_in_all_its_spellings),
		cmocka_unit_test(decodes_percent_signs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
