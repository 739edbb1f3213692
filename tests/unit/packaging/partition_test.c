#include "unit/test.h"
#include "packaging/marker.h"
#include "packaging/partition.h"
#include "common/banned.h"

enum { TARGETS_MAX = 40, ENTRIES_MAX = 4 };

static const struct {
	const char *name, *sys_platform, *machine;
} machines[] = {
	{"linux", "linux",  "x86_64" },
	{"arm",   "linux",  "aarch64"},
	{"mac",   "darwin", "arm64"  },
	{"intel", "darwin", "x86_64" },
	{"win",   "win32",  "AMD64"  },
};

static struct partition_target target(int machine, int minor, int from, int to)
{
	return (struct partition_target){
		.from = {3, minor,                       from},
		.to = {3, to == 0 ? minor + 1 : minor, to  },
		.sys_platform = str_from(machines[machine].sys_platform),
		.platform_machine = str_from(machines[machine].machine),
	};
}

/*
 * A line of cells, one for each Python from 3.11 on, each with a letter for every machine: which entry it
 * uses, '.' for none, ' ' for no target there.
 */
static size_t read_targets(
	const char *text, struct partition_target *targets, uint32_t *entry, uint32_t *ret_entries)
{
	size_t n = 0;
	int minor = 11;
	int machine = 0;
	*ret_entries = 0;
	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '|') {
			minor++;
			machine = 0;
			continue;
		}
		if (*c != ' ') {
			targets[n] = target(machine, minor, 0, 0);
			entry[n] = *c == '.' ? PARTITION_NONE : (uint32_t)(*c - 'a');
			if (*c != '.' && entry[n] + 1 > *ret_entries) {
				*ret_entries = entry[n] + 1;
			}
			n++;
		}
		machine++;
	}
	return n;
}

static void writes_the_shortest_marker(void **state)
{
	(void)state;
	static const struct {
		const char *uses; /* machines in the order of the table above */
		const char *markers[ENTRIES_MAX];
	} cases[] = {
		{"aaaaa|aaaaa",       {""}							     },
		{"a",                 {""}							     },
		{"....a|....a",       {"sys_platform == 'win32'"}                                      },
		{"aaaa.|aaaa.",       {"sys_platform != 'win32'"}                                      },
		{"aa...|aa...",       {"sys_platform == 'linux'"}                                      },
		{"..aa.|..aa.",       {"sys_platform == 'darwin'"}                                     },
		{"a....|a....",       {"sys_platform == 'linux' and platform_machine == 'x86_64'"}     },
		{".a...|.a...",       {"platform_machine == 'aarch64'"}                                },
		{"a.aaa|a.aaa",       {"platform_machine != 'aarch64'"}                                },
		{"aaaaa|bbbbb",       {"python_full_version < '3.12'", "python_full_version >= '3.12'"}},
		{"aaaaa|bbbbb|ccccc",
                 {"python_full_version < '3.12'",
				"python_full_version >= '3.12' and python_full_version < '3.13'",
				"python_full_version >= '3.13'"}                                       },
		{"aaaaa|.....|aaaaa",
                 {"python_full_version < '3.12' or python_full_version >= '3.13'"}                     },
 /* a gap: 3.12 is no target and goes to the one before it */
		{"aaaaa||bbbbb",      {"python_full_version < '3.13'", "python_full_version >= '3.13'"}},
		{"aaaab|aaaab",       {"sys_platform != 'win32'", "sys_platform == 'win32'"}           },
		{"aabbc|aabbc",       {"sys_platform == 'linux'", "sys_platform == 'darwin'",
					"sys_platform == 'win32'"}      },
		{"a b",               {"sys_platform == 'linux'", "sys_platform == 'darwin'"}          },
		{"aaaaa|....a",       {"python_full_version < '3.12' or sys_platform == 'win32'"}      },
		{".....|....a",       {"python_full_version >= '3.12' and sys_platform == 'win32'"}    },
 /* one machine on old Pythons has another version */
		{"aaaba|aaaaa",
                 {"python_full_version >= '3.12' or sys_platform != 'darwin' or "
			 "platform_machine == 'arm64'",
				"python_full_version < '3.12' and sys_platform == 'darwin' and "
				"platform_machine != 'arm64'"}                                         },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct partition_target targets[TARGETS_MAX];
		uint32_t entry[TARGETS_MAX], n_entries;
		struct str markers[ENTRIES_MAX];
		size_t clash[2];
		size_t n = read_targets(cases[i].uses, targets, entry, &n_entries);
		assert_true(
			partition_markers(targets, n, entry, n_entries, &arena, markers, clash));
		for (uint32_t e = 0; e < n_entries; e++) {
			assert_str(markers[e], str_from(cases[i].markers[e]));
		}
	}
}

static void cuts_at_patch_releases(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct partition_target targets[] = {
		target(0, 11, 0, 4), target(0, 11, 4, 0), target(0, 12, 0, 0), target(4, 11, 0, 0)};
	uint32_t entry[] = {0, 1, 1, 0};
	struct str markers[2];
	size_t clash[2];
	assert_true(partition_markers(targets, 4, entry, 2, &arena, markers, clash));
	assert_str(markers[0], S("python_full_version < '3.11.4' or sys_platform == 'win32'"));
	assert_str(markers[1], S("python_full_version >= '3.11.4' and sys_platform == 'linux'"));
}

static void names_targets_that_no_marker_tells_apart(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct partition_target targets[] = {
		target(4, 11, 0, 0), target(0, 11, 0, 0), target(0, 11, 3, 0)};
	uint32_t entry[] = {0, 0, 1};
	struct str markers[2] = {0};
	size_t clash[2];
	assert_false(partition_markers(targets, 3, entry, 2, &arena, markers, clash));
	assert_int_equal(clash[0], 1);
	assert_int_equal(clash[1], 2);
	entry[2] = 0;
	assert_true(partition_markers(targets, 3, entry, 1, &arena, markers, clash));
	assert_str(markers[0], S(""));
}

static void tells_all_environments_in_few_markers(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct partition_target targets[] = {target(0, 12, 0, 0), target(0, 11, 0, 3),
		target(0, 11, 3, 0), target(4, 14, 0, 0), target(4, 11, 0, 0)};
	static const char *const expected[] = {
		"python_full_version >= '3.11' and python_full_version < '3.13' and "
		"sys_platform == 'linux' and platform_machine == 'x86_64'",
		"python_full_version >= '3.14' and python_full_version < '3.15' and "
		"sys_platform == 'win32' and platform_machine == 'AMD64'",
		"python_full_version >= '3.11' and python_full_version < '3.12' and "
		"sys_platform == 'win32' and platform_machine == 'AMD64'",
	};
	size_t n;
	const struct str *markers = partition_environments(targets, 5, &arena, &n);
	assert_int_equal(n, 3);
	for (size_t i = 0; i < n; i++) {
		assert_str(markers[i], str_from(expected[i]));
	}
}

/* ---- any targets at all -------------------------------------------------------------------------- */

static uint32_t below(uint32_t *seed, uint32_t n)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % n;
}

/* The entry whose marker holds; more than one fails. */
static uint32_t holding(const struct marker *const *markers, uint32_t n_entries, const char *python,
	const char *sys_platform, const char *machine)
{
	struct environment environment = {.python_full_version = str_from(python),
		.sys_platform = str_from(sys_platform),
		.platform_machine = str_from(machine)};
	uint32_t found = PARTITION_NONE;
	for (uint32_t e = 0; e < n_entries; e++) {
		if (marker_evaluate(markers[e], &environment, NULL, 0) == MARKER_TRUE) {
			assert_int_equal(found, PARTITION_NONE);
			found = e;
		}
	}
	return found;
}

static size_t any_targets(uint32_t *seed, struct partition_target *targets)
{
	size_t n = 0;
	for (int machine = 0; machine < (int)N_OF(machines); machine++) {
		for (int minor = 9; minor < 13; minor++) {
			if (below(seed, 4) == 0) {
				continue;
			}
			int cut = below(seed, 3) == 0 ? (int)below(seed, 5) + 1 : 0;
			targets[n++] = target(machine, minor, 0, cut);
			if (cut > 0) {
				targets[n++] = target(machine, minor, cut, 0);
			}
		}
	}
	return n;
}

static void one_entry_holds_on_targets_and_at_most_one_elsewhere(void **state)
{
	(void)state;
	static const char *const systems[] = {"linux", "darwin", "win32", "emscripten"};
	static const char *const kinds[] = {"x86_64", "aarch64", "arm64", "AMD64", "ppc64le"};
	uint32_t seed = 20261121;
	int rounds = under_valgrind() ? 5 : 120;
	for (int round = 0; round < rounds; round++) {
		AUTO(arena_done) struct arena arena = {0};
		struct partition_target targets[TARGETS_MAX];
		uint32_t entry[TARGETS_MAX];
		struct str texts[ENTRIES_MAX];
		const struct marker *markers[ENTRIES_MAX];
		size_t clash[2];
		uint32_t n_entries = below(&seed, ENTRIES_MAX - 1) + 2;
		size_t n = any_targets(&seed, targets);
		if (n < n_entries) {
			continue;
		}
		for (size_t i = 0; i < n; i++) {
			uint32_t any = below(&seed, n_entries + 1);
			entry[i] = i < n_entries      ? (uint32_t)i
				   : any == n_entries ? PARTITION_NONE
						      : any;
		}
		assert_true(partition_markers(targets, n, entry, n_entries, &arena, texts, clash));
		for (uint32_t e = 0; e < n_entries; e++) {
			struct err err = {0};
			markers[e] = NULL;
			if (texts[e].n > 0) {
				assert_ok(marker_parse(texts[e], &arena, &markers[e], &err), err);
			}
		}
		for (size_t i = 0; i < n; i++) {
			int last = targets[i].to.patch > 0 ? targets[i].to.patch - 1 : 30;
			for (int patch = targets[i].from.patch; patch <= last; patch += 1) {
				struct str python = arena_printf(
					&arena, "3.%d.%d", targets[i].from.minor, patch);
				assert_int_equal(holding(markers, n_entries, python.p,
							 targets[i].sys_platform.p,
							 targets[i].platform_machine.p),
					entry[i]);
			}
		}
		for (uint32_t i = 0; i < 200; i++) {
			struct str python = arena_printf(&arena, "3.%u.%u%s", 8 + below(&seed, 6),
				below(&seed, 8), below(&seed, 5) == 0 ? "rc1" : "");
			(void)holding(markers, n_entries, python.p,
				systems[below(&seed, N_OF(systems))],
				kinds[below(&seed, N_OF(kinds))]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_the_shortest_marker),
		cmocka_unit_test(cuts_at_patch_releases),
		cmocka_unit_test(names_targets_that_no_marker_tells_apart),
		cmocka_unit_test(tells_all_environments_in_few_markers),
		cmocka_unit_test(one_entry_holds_on_targets_and_at_most_one_elsewhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
