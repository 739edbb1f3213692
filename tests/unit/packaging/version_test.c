#include "unit/test.h"
#include "packaging/version.h"
#include "common/vec.h"
#include "common/banned.h"

static struct version parsed(const char *text)
{
	struct version version;
	if (!version_parse(str_from(text), &version)) {
		fail_msg("'%s' is no version", text);
	}
	return version;
}

static void prints_the_normal_form(void **state)
{
	(void)state;
	static const struct {
		const char *in, *normal, *base;
	} cases[] = {
		{" v1.0 ",                  "1.0",                     "1.0"                   },
		{"1.02.003",                "1.2.3",                   "1.2.3"                 },
		{"1.0-Alpha_1",             "1.0a1",                   "1.0"                   },
		{"1.0preview",              "1.0rc0",                  "1.0"                   },
		{"1.0-1",                   "1.0.post1",               "1.0"                   },
		{"1.0-1.dev",               "1.0.post1.dev0",          "1.0"                   },
		{"1.0r4",                   "1.0.post4",               "1.0"                   },
		{"2011a",                   "2011a0",                  "2011"                  },
		{"01!2.0c1.post2-dev3+A_1", "1!2.0rc1.post2.dev3+a.1", "1!2.0"                 },
		{"0!1",                     "1",                       "1"                     },
		{"1.0+ubuntu-01",           "1.0+ubuntu.1",            "1.0"                   },
		{"v0a-",                    "0a0",                     "0"                     },
		{"99999999999999999999.1",  "99999999999999999999.1",  "99999999999999999999.1"},
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct version version = parsed(cases[i].in);
		assert_str(version_normal(&version, &arena), str_from(cases[i].normal));
		assert_str(version_base(&version, &arena), str_from(cases[i].base));
	}
}

static void refuses_what_is_no_version(void **state)
{
	(void)state;
	static const char *const cases[] = {"", " ", "a", "1.", ".1", "1..2", "1.0-", "1.0+",
		"1.0+a..b", "1.0 .1", "1.0post1post2", "1.0x", "1!", "!1", "1.0a1b1", "\xd9\xa1.0",
		"vv1", "1.0.*"};
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct version version;
		if (version_parse(str_from(cases[i]), &version)) {
			fail_msg("'%s' was read as a version", cases[i]);
		}
	}
}

static void puts_versions_in_order(void **state)
{
	(void)state;
	static const char *const ascending[] = {"0.dev0", "0", "1.dev0", "1.0a1.dev1", "1.0a1",
		"1.0a1.post1.dev1", "1.0a1.post1", "1.0a2", "1.0b1", "1.0rc1", "1.0", "1.0+abc.5",
		"1.0+abc.7", "1.0+abd", "1.0+5", "1.0+5.1", "1.0.post0.dev1", "1.0.post0",
		"1.0.post1", "1.0.1", "1.255.255.255", "1.256", "1.20240101", "65535", "65536",
		"99999999999999999999", "99999999999999999999.1", "100000000000000000000", "1!0"};
	for (size_t i = 0; i < N_OF(ascending); i++) {
		for (size_t k = 0; k < N_OF(ascending); k++) {
			struct version a = parsed(ascending[i]), b = parsed(ascending[k]);
			int order = version_compare(&a, &b);
			if ((order > 0) - (order < 0) != (i > k) - (i < k)) {
				fail_msg("'%s' and '%s' compare as %d", ascending[i], ascending[k],
					order);
			}
		}
	}
}

static void zeros_at_the_end_do_not_count(void **state)
{
	(void)state;
	static const char *const equal[] = {"1", "1.0", "1.0.0.0", "1.0.0.0.0.0", "v1", "0!1.00"};
	for (size_t i = 0; i < N_OF(equal); i++) {
		struct version a = parsed(equal[i]), b = parsed(equal[0]);
		assert_int_equal(version_compare(&a, &b), 0);
		assert_int_equal(version_compare_slow(&a, &b), 0);
	}
}

static void most_versions_have_a_key(void **state)
{
	(void)state;
	assert_true(parsed("3.12.1").key != 0);
	assert_true(parsed("2024.11.20.1").key != 0);
	assert_true(parsed("1.0rc1").key != 0);
	assert_true(parsed("1.0.post12").key != 0);
	assert_true(parsed("1.0.0.0.0").key != 0);
	assert_true(parsed("1.0.dev1048575").key != 0);
	assert_true(parsed("1.0.dev1048576").key == 0);
	assert_true(parsed("1.256").key == 0);
	assert_true(parsed("20240101").key == 0);
	assert_true(parsed("1.0.0.0.1").key == 0);
	assert_true(parsed("1!1.0").key == 0);
	assert_true(parsed("1.0+x").key == 0);
	assert_true(parsed("1.0a1.dev1").key == 0);
}

/* Random pairs of real and mutated versions: where both have keys, they decide as the rules do. */
static void keys_agree_with_the_slow_order(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct str text, line, a, b;
	VEC(struct version) versions = {0};
	size_t compared = 0;
	uint32_t random = 12345;
	const char *path = shared_data(&arena, "vectors/version_compare.tsv");
	if (path == NULL) {
		return;
	}
	assert_ok(fs_read(path, 1 << 24, &arena, &text, &err), err);
	while (str_next_line(&text, &line)) {
		assert_true(str_cut(line, S("\t"), &a, &b));
		assert_true(str_cut(b, S("\t"), &b, &line));
		assert_true(version_parse(a, vec_push(&arena, &versions)));
		assert_true(version_parse(b, vec_push(&arena, &versions)));
	}
	for (int i = 0; i < 2000000; i++) {
		random = random * 1664525u + 1013904223u;
		const struct version *one = &versions.p[(random >> 8) % versions.n];
		random = random * 1664525u + 1013904223u;
		const struct version *other = &versions.p[(random >> 8) % versions.n];
		if (one->key == 0 || other->key == 0) {
			continue;
		}
		int fast = version_compare(one, other), slow = version_compare_slow(one, other);
		compared++;
		if ((fast > 0) - (fast < 0) != (slow > 0) - (slow < 0)) {
			fail_msg("'" STR_FMT "' and '" STR_FMT "'", STR_ARG(one->text),
				STR_ARG(other->text));
		}
	}
	assert_true(compared > 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_the_normal_form),
		cmocka_unit_test(refuses_what_is_no_version),
		cmocka_unit_test(puts_versions_in_order),
		cmocka_unit_test(zeros_at_the_end_do_not_count),
		cmocka_unit_test(most_versions_have_a_key),
		cmocka_unit_test(keys_agree_with_the_slow_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
