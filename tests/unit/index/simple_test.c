#include "unit/test.h"
#include "index/simple.h"
#include "common/banned.h"

#define HASH "9da884457e910bf0847d396cb4b778ad9f3c3d17db1c5997cb861937bd284237"

static const struct str page_url = STR_INIT("https://index.example/simple/x/");

static bool parse(const char *text, const char *type, struct arena *arena, struct index_page *ret,
	struct err *err)
{
	return index_page_parse(str_from(text), str_from(type), page_url, arena, ret, err);
}

/* Everything of one file on one line, so that a table can say what is wanted. */
static struct str file_line(const struct index_page_file *file, struct arena *arena)
{
	return arena_printf(arena,
		STR_FMT " | " STR_FMT " | " STR_FMT " | " STR_FMT " | %s" STR_FMT " | %s" STR_FMT
			" | %lld | %lld",
		STR_ARG(file->filename), STR_ARG(file->url), STR_ARG(str_slice(file->sha256, 0, 4)),
		STR_ARG(file->requires_python), file->is_yanked ? "yanked:" : "",
		STR_ARG(file->yanked),
		file->metadata_denied      ? "denied"
		: file->metadata_announced == 1 ? "metadata:"
					   : "",
		STR_ARG(str_slice(file->metadata_sha256, 0, 4)), (long long)file->size,
		(long long)file->upload_ms);
}

static void reads_anchors(void **state)
{
	(void)state;
	static const struct {
		const char *html, *line;
	} cases[] = {
		{"<a href=\"https://f.example/x-1.whl#sha256=" HASH "\">x-1.whl</a>",
			"x-1.whl | https://f.example/x-1.whl | 9da8 |  |  |  | -1 | -1"             },
		{"<a href='../../f/x-1.tar.gz'>x-1.tar.gz</a>",
			"x-1.tar.gz | https://index.example/f/x-1.tar.gz |  |  |  |  | -1 | -1"     },
		{"<A HREF=x-1.zip>x-1.zip</A>",
			"x-1.zip | https://index.example/simple/x/x-1.zip |  |  |  |  | -1 | -1"    },
		{"<a href=\"x-1%2Bcu1.whl\">x-1+cu1.whl</a>",
			"x-1+cu1.whl | https://index.example/simple/x/x-1%2Bcu1.whl |  |  |  |  | -1 | "
			"-1"                                                                        },
		{"<a data-requires-python=\"&gt;=3.9,&lt;4\" href=\"x-1.whl\">x</a>",
			"x-1.whl | https://index.example/simple/x/x-1.whl |  | >=3.9,<4 |  |  | -1 | -1"},
		{"<a data-requires-python=\">=3.9\" href=\"x-1.whl\">x</a>",
			"x-1.whl | https://index.example/simple/x/x-1.whl |  | >=3.9 |  |  | -1 | -1"},
		{"<a data-requires-python=\"&#62;&#x3d;3&notanentity;&\" href=\"x-1.whl\">x</a>",
			"x-1.whl | https://index.example/simple/x/x-1.whl |  | >=3&notanentity;& |  |  | "
			"-1 | -1"                                                                   },
		{"<a href=\"x-1.whl\" data-yanked>x</a>",
			"x-1.whl | https://index.example/simple/x/x-1.whl |  |  | yanked: |  | -1 | -1"},
		{"<a href=\"x-1.whl\" data-yanked=\"a &quot;b&quot;\">x</a>",
			"x-1.whl | https://index.example/simple/x/x-1.whl |  |  | yanked:a \"b\" |  | -1 "
			"| -1"                                                                      },
		{"<a href=\"x-1.whl\" data-core-metadata=\"sha256=" HASH "\">x</a>",
			"x-1.whl | https://index.example/simple/x/x-1.whl |  |  |  | metadata:9da8 | -1 | "
			"-1"                                                                        },
		{"<a href=\"x-1.whl\" data-dist-info-metadata=\"true\">x</a>",
			"x-1.whl | https://index.example/simple/x/x-1.whl |  |  |  | metadata: | -1 | -1"},
		{"<a href=\"x-1.whl\" data-core-metadata=\"false\" data-dist-info-metadata=\"true\">x</a>",
			"x-1.whl | https://index.example/simple/x/x-1.whl |  |  |  | denied | -1 | -1"},
		{"<a href=\"x-1.whl\" data-upload-time=\"2026-11-21T09:00:00.5Z\">x</a>",
			"x-1.whl | https://index.example/simple/x/x-1.whl |  |  |  |  | -1 | "
			"1795251600500"                                                             },
		{"<!-- <a href=\"y-1.whl\"> --><a\n\thref=\"x-1.whl\"\n>x</a>",
			"x-1.whl | https://index.example/simple/x/x-1.whl |  |  |  |  | -1 | -1"    },
		{"<script>'<a href=\"y-1.whl\">'</script><a href=\"x-1.whl\">x</a>",
			"x-1.whl | https://index.example/simple/x/x-1.whl |  |  |  |  | -1 | -1"    },
		{"<base href=\"https://b.example/d/\"><a href=\"x-1.whl\">x</a>",
			"x-1.whl | https://b.example/d/x-1.whl |  |  |  |  | -1 | -1"               },
		{"<base href=\"file:///etc/\"><a href=\"x-1.whl\">x</a>", /* no business of a page of the web */
			"x-1.whl | https://index.example/simple/x/x-1.whl |  |  |  |  | -1 | -1"    },
		{"<a href=\"/download?id=5\">x-1.whl</a>",
			"x-1.whl | https://index.example/download?id=5 |  |  |  |  | -1 | -1"       },
		{"<a href=\"https://me:pw@f.example/x-1.whl\">x</a>",
			"x-1.whl | https://f.example/x-1.whl |  |  |  |  | -1 | -1"                 },
		{"<a href=\"x-1.whl#egg=x&amp;sha256=" HASH "\">x</a>",
			"x-1.whl | https://index.example/simple/x/x-1.whl | 9da8 |  |  |  | -1 | -1"},
		{"<a href=\"x-1.whl#sha256=1234\">x</a>",
			"x-1.whl | https://index.example/simple/x/x-1.whl |  |  |  |  | -1 | -1"    },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct index_page page;
		assert_ok(parse(cases[i].html, "text/html; charset=utf-8", &arena, &page, &err), err);
		assert_int_equal(page.n_files, 1);
		assert_str(file_line(&page.files[0], &arena), str_from(cases[i].line));
	}
}

static void reads_json_files(void **state)
{
	(void)state;
	static const struct {
		const char *json, *line;
	} cases[] = {
		{"{\"filename\":\"x-1.whl\",\"url\":\"/f/x-1.whl\",\"hashes\":{\"md5\":\"0\",\"sha256\":\"" HASH
		 "\"},\"size\":12,\"upload-time\":\"2026-11-21T09:00:00Z\",\"yanked\":false}",
			"x-1.whl | https://index.example/f/x-1.whl | 9da8 |  |  |  | 12 | 1795251600000"},
		{"{\"url\":\"https://f.example/x-1.whl\",\"requires-python\":\">=3\",\"yanked\":\"bad\"}",
			"x-1.whl | https://f.example/x-1.whl |  | >=3 | yanked:bad |  | -1 | -1"},
		{"{\"filename\":\"x-1.whl\",\"url\":\"x-1.whl\",\"yanked\":true,\"core-metadata\":true}",
			"x-1.whl | https://index.example/simple/x/x-1.whl |  |  | yanked: | metadata: | -1 "
			"| -1"                                                                  },
		{"{\"filename\":\"x-1.whl\",\"url\":\"x-1.whl\",\"dist-info-metadata\":{\"sha256\":\"" HASH
		 "\"},\"core-metadata\":false,\"requires-python\":null,\"hashes\":{}}",
			"x-1.whl | https://index.example/simple/x/x-1.whl |  |  |  | denied | -1 | -1"},
		{"{\"core-metadata\":{\"sha256\":\"" HASH
		 "\"},\"dist-info-metadata\":false,\"url\":\"x-1.whl\",\"size\":null,\"new\":[{}]}",
			"x-1.whl | https://index.example/simple/x/x-1.whl |  |  |  | metadata:9da8 | -1 | "
			"-1"                                                                    },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct index_page page;
		struct str text = arena_printf(&arena,
			"{\"meta\":{\"api-version\":\"1.4\"},\"name\":\"x\",\"files\":[%s]}",
			cases[i].json);
		assert_ok(parse(text.p, "application/vnd.pypi.simple.v1+json", &arena, &page, &err),
			err);
		assert_int_equal(page.n_files, 1);
		assert_str(file_line(&page.files[0], &arena), str_from(cases[i].line));
	}
}

static void leaves_out_what_is_no_file(void **state)
{
	(void)state;
	static const char *const pages[] = {
		"<a href=\"x-1.whl\">x</a><a href=\"../\">up</a><a href=\"README.txt\">r</a>",
		"<a href=\"x-1.whl\">x</a><a href=\"javascript:x-2.whl\">r</a>",
		"<a href=\"x-1.whl\">x</a><a href=\"file:///etc/x-2.whl\">r</a>",
		"<a href=\"x-1.whl\">x</a><a href=\"a%2f..%2fx-2.whl\">r</a>",
		"<a href=\"x-1.whl\">x</a><a href=\"x-2%00.whl\">r</a><a>none</a>",
		"{\"files\":[{\"url\":\"x-1.whl\"},3,{},{\"filename\":\"x-2.whl\"},{\"url\":5}]}",
	};
	for (size_t i = 0; i < N_OF(pages); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct index_page page;
		assert_ok(parse(pages[i], "", &arena, &page, &err), err);
		assert_int_equal(page.n_files, 1);
		assert_str(page.files[0].filename, S("x-1.whl"));
	}
}

static void reads_what_the_page_says_of_itself(void **state)
{
	(void)state;
	static const struct {
		const char *page, *status;
		size_t n_files;
	} cases[] = {
		/* clang-format off */
		{"<meta name=\"pypi:repository-version\" content=\"1.4\">"
		 "<meta name=\"pypi:project-status\" content=\"quarantined\">", "quarantined", 0},
		{"<!DOCTYPE html><html><body><h1>Links for x</h1></body></html>", "active", 0},
		{"<html><body><a href=\"../\">..</a></body></html>", "active", 0},
		{"{\"meta\":{\"api-version\":\"1.0\"},\"files\":[],\"project-status\":"
		 "{\"status\":\"archived\",\"reason\":\"r\"}}", "archived", 0},
		{"\xef\xbb\xbf {\"files\":[]}", "active", 0},
		/* clang-format on */
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct index_page page;
		assert_ok(parse(cases[i].page, "", &arena, &page, &err), err);
		assert_str(page.status, str_from(cases[i].status));
		assert_int_equal(page.n_files, cases[i].n_files);
	}
}

static void refuses_garbage_in_words(void **state)
{
	(void)state;
	static const struct {
		const char *page, *type, *words;
	} cases[] = {
		{"", "", "sent nothing"},
		{"\x7f" "ELF", "application/octet-stream", "something that is no text"},
		{"<html><form action=login></form></html>", "text/html", "another web page"},
		{"<html><a href=\"https://wifi.example/login\">log in</a></html>", "text/html",
			"another web page"},
		{"hello", "text/html", "text without any HTML"},
		{"[]", "application/json", "JSON of another shape"},
		{"{\"message\":\"no\"}", "application/json", "JSON of another shape"},
		{"{\"files\":{}}", "application/json", "JSON of another shape"},
		{"{\"files\":[{\"url\":\"x-1.whl\"}", "application/json", "cut off JSON"},
		{"{\"meta\":{\"api-version\":\"2.0\"},\"files\":[]}", "application/json",
			"speaks version '2.0'"},
		{"<meta name=\"pypi:repository-version\" content=\"2.1\"><a href=x-1.whl>x</a>", "",
			"speaks version '2.1'"},
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct index_page page;
		assert_false(parse(cases[i].page, cases[i].type, &arena, &page, &err));
		assert_int_equal(err.kind, ERR_NETWORK);
		if (strstr(err.message, cases[i].words) == NULL) {
			fail_msg("'%s' does not say '%s'", err.message, cases[i].words);
		}
		assert_non_null(strstr(err.message, "index.example"));
		assert_true(err.hint[0] != '\0');
	}
}

static bool stop_at_zero(void *data)
{
	int *left = data;
	return (*left)-- == 0;
}

/* Asked at the first file and every thousand or so: a page of 3,000 is stopped where it was told. */
static void stops_in_the_middle_of_a_page(void **state)
{
	(void)state;
	static const char *const heads[] = {"{\"files\":[", "<h1>Links for a</h1>"};
	static const char *const lines[] = {
		"{\"url\":\"a-1.tar.gz\",\"filename\":\"a-1.tar.gz\"},",
		"<a href='a-1.tar.gz'>a-1.tar.gz</a>\n"};
	static const char *const tails[] = {"{}]}", ""};
	for (size_t form = 0; form < 2; form++) {
		AUTO(buf_done) struct buf text = {0};
		buf_add(&text, str_from(heads[form]));
		for (int i = 0; i < 3000; i++) {
			buf_add(&text, str_from(lines[form]));
		}
		buf_add(&text, str_from(tails[form]));
		for (int calls = 0; calls < 4; calls++) {
			AUTO(arena_done) struct arena arena = {0};
			struct index_page page = {0};
			struct err err = {0};
			int left = calls == 3 ? 1000 : calls;
			struct index_patience patience = {stop_at_zero, &left};
			bool read = index_page_parse_patiently(buf_str(&text), S(""),
				S("https://index.example/simple/a/"), &patience, &arena, &page,
				&err);
			assert_int_equal(read, calls == 3);
			assert_int_equal(err.kind, calls == 3 ? ERR_NONE : ERR_INTERRUPTED);
			assert_int_equal(page.n_files, calls == 3 ? 3000 : 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_anchors),
		cmocka_unit_test(reads_json_files),
		cmocka_unit_test(leaves_out_what_is_no_file),
		cmocka_unit_test(reads_what_the_page_says_of_itself),
		cmocka_unit_test(refuses_garbage_in_words),
		cmocka_unit_test(stops_in_the_middle_of_a_page),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
