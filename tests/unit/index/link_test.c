#include "unit/test.h"
#include "index/link.h"
#include "index/url.h"
#include "common/banned.h"

/* Whatever the short way reads is what the long way makes of it, and the usual links go the short way. */
static void reads_links_as_the_long_way_does(void **state)
{
	(void)state;
	static const char *const bases[] = {"https://index.example/simple/x/",
		"https://index.example/simple/x", "http://index.example:8080/",
		"https://index.example", "https://user@index.example/simple/x/",
		"https://index.example/a/../simple/x/", "file:///folder/x/"};
	static const struct {
		const char *link;
		bool is_short; /* on the first base */
	} links[] = {
		{"https://files.example/ab/cd/x-1.0-py3-none-any.whl", true },
		{"http://files.example/x-1.0.tar.gz#sha256=00",        true },
		{"/files/x-1.0-py3-none-any.whl",                      true },
		{"x-1.0-py3-none-any.whl#egg=x",                       true },
		{"../../packages/x-1.0.tar.gz",                        true },
		{"../../../../packages/x-1.0.tar.gz",                  true },
		{"sub/x-1.0.tar.gz",                                   true },
		{"/files/x-1.0%2Bl-py3-none-any.whl",                  false},
		{"//files.example/x-1.0.tar.gz",                       false},
		{"/a/./b/../x-1.0.tar.gz",                             false},
		{"./x-1.0.tar.gz",				     false},
		{"https://user:secret@files.example/x-1.0.tar.gz",     false},
		{"HTTPS://files.example/x-1.0.tar.gz?query",           false},
		{"a:x-1.0.tar.gz",				     false},
		{" /files/x-1.0.tar.gz ",                              false},
		{"/files/x-1.0.exe",                                   false},
		{"/files/.whl",					false},
		{"",						   false},
		{"#sha256=00",					 false},
	};
	for (size_t b = 0; b < N_OF(bases); b++) {
		for (size_t i = 0; i < N_OF(links); i++) {
			AUTO(arena_done) struct arena arena = {0};
			struct index_link_base base;
			struct str link = str_from(links[i].link), url, name;
			index_link_base_set(&base, str_from(bases[b]));
			bool is_short = index_link_read(&base, link, &arena, &url, &name);
			if (b == 0) {
				assert_int_equal(is_short, links[i].is_short);
			}
			if (is_short) {
				struct str joined =
					index_url_join(str_from(bases[b]), link, &arena);
				assert_str(url, index_url_public(joined, &arena));
				assert_str(name, index_url_last_part(link));
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_links_as_the_long_way_does),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
