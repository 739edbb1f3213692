#include "unit/test.h"
#include "packaging/metadata.h"
#include "common/banned.h"

static void reads_the_headers_that_matter(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct metadata read;
	struct str text = S("Metadata-Version: 2.4\r\n"
			    "Name: Foo.Bar\r\n"
			    "VERSION:\t1.0\r\n"
			    "Summary: first\r\n"
			    "Description: long\r\n"
			    "        Requires-Dist: not-this\r\n"
			    "Requires-Python: >=3.9\r\n"
			    "Requires-Dist: a>=1\r\n"
			    "Requires-Dist: b ;\r\n"
			    " extra == 'x'\r\n"
			    "Provides-Extra: A_b\r\n"
			    "Dynamic: Requires-Dist\r\n"
			    "Import-Name: foo\r\n"
			    "Import-Name: foo.bar ; private\r\n"
			    "Import-Namespace: ns\r\n"
			    "License-Expression: MIT\r\n"
			    "License: as it says\r\n"
			    "Classifier: Programming Language :: C\r\n"
			    "Classifier: License :: OSI Approved :: MIT License\r\n"
			    "\r\n"
			    "Requires-Dist: body\r\n");
	assert_ok(metadata_parse(text, &arena, &read, &err), err);
	assert_str(read.metadata_version, S("2.4"));
	assert_str(read.name, S("Foo.Bar"));
	assert_str(read.version, S("1.0"));
	assert_str(read.requires_python, S(">=3.9"));
	assert_int_equal(read.n_requires_dist, 2);
	assert_str(read.requires_dist[0], S("a>=1"));
	assert_str(read.requires_dist[1], S("b ; extra == 'x'"));
	assert_int_equal(read.n_provides_extra, 1);
	assert_str(read.provides_extra[0], S("a-b"));
	assert_int_equal(read.n_dynamic, 1);
	assert_str(read.dynamic[0], S("requires-dist"));
	assert_int_equal(read.n_import_names, 2);
	assert_str(read.import_names[1], S("foo.bar ; private"));
	assert_str(read.import_namespaces[0], S("ns"));
	assert_str(read.license_expression, S("MIT"));
	assert_str(read.license, S("as it says"));
	assert_int_equal(read.n_license_classifiers, 1);
	assert_str(read.license_classifiers[0], S("License :: OSI Approved :: MIT License"));
}

static void refuses_what_it_cannot_trust(void **state)
{
	(void)state;
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"",					     "expected a 'Name' header in the metadata"   },
		{"\nName: a\nVersion: 1\n",                      "expected a 'Name' header in the metadata"   },
		{"Name: a\n",				    "expected a 'Version' header in the metadata"},
		{"Metadata-Version: 3.0\nName: a\nVersion: 1\n",
                 "expected metadata version 1 or 2 instead of '3.0'"                                          },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct metadata read;
		assert_false(metadata_parse(str_from(cases[i].text), &arena, &read, &err));
		assert_string_equal(err.message, cases[i].message);
	}
}

static void old_and_future_minors_are_read(void **state)
{
	(void)state;
	static const char *const cases[] = {"Name: a\nVersion: 1",
		"Metadata-Version: 1.0\nName: a\nVersion: 1\n",
		"Metadata-Version: 2.99\nName: a\nVersion: 1\nNew-Field: x\n",
		"\xef\xbb\xbfMetadata-Version: 2.1\nName: a\nVersion: 1\n"};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct metadata read;
		assert_ok(metadata_parse(str_from(cases[i]), &arena, &read, &err), err);
		assert_str(read.name, S("a"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_headers_that_matter),
		cmocka_unit_test(refuses_what_it_cannot_trust),
		cmocka_unit_test(old_and_future_minors_are_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
