#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include "unit/test.h"
#include "environment/machine_files.h"

/* Machines as small folder trees; each test reads like the files of such a machine. */

static void put(struct arena *arena, struct str root, const char *path, const char *text)
{
	(void)test_file(arena, root, path, str_from(text), 0600);
}

static struct machine look(struct arena *arena, struct str root)
{
	struct machine machine;
	struct err err = {0};
	const struct machine_options options = {.root = root.p};
	assert_ok(machine_look(&options, arena, &machine, &err), err);
	return machine;
}

static const struct machine_package *package_of(const struct machine *machine, const char *name)
{
	for (size_t i = 0; i < machine->n_packages; i++) {
		if (str_eq(machine->packages[i].name, str_from(name))) {
			return &machine->packages[i];
		}
	}
	return NULL;
}

static void tells_a_debian(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct str root = test_folder(&arena);
	put(&arena, root, "usr/lib/os-release",
		"PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_ID='12'\n");
	put(&arena, root, "proc/cpuinfo",
		"processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\n"
		"model name\t: A Xeon\nflags\t\t: lm sse2 pni ssse3 sse4_1 sse4_2 cx16 lahf_lm "
		"popcnt avx avx2 bmi1 bmi2 f16c fma abm movbe xsave avx512f\n\n"
		"processor\t: 1\nvendor_id\t: GenuineIntel\ncpu family\t: 7\n");
	put(&arena, root, "proc/meminfo", "MemTotal:       16384 kB\nMemFree: 1 kB\n");
	put(&arena, root, "proc/self/cgroup", "0::/user.slice\n");
	put(&arena, root, "sys/fs/cgroup/user.slice/cpu.max", "150000 100000\n");
	put(&arena, root, "sys/fs/cgroup/memory.max", "4096\n");
	put(&arena, root, "var/lib/dpkg/status",
		"Package: libc6\nStatus: install ok installed\nArchitecture: amd64\n"
		"Version: 2.36-9+deb12u9\nDescription: x\n more\n\n"
		"Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n\n"
		"Package: libopenblas0-pthread\nStatus: install ok installed\n"
		"Version: 1:0.3.21+ds-4\n");
	struct machine machine = look(&arena, root);
	assert_str(machine.os_name, S("debian"));
	assert_str(machine.os_version, S("12"));
	assert_str(machine.libc, S("glibc"));
	assert_str(machine.libc_version, S("2.36"));
	assert_true(machine.has_cpu_family && machine.cpu_family == 6);
	assert_true(machine.has_cpu_model && machine.cpu_model == 85);
	assert_str(machine.cpu_level, S("x86-64-v3"));
	assert_true(machine_has_flag(&machine, S("avx512f")));
	assert_false(machine_has_flag(&machine, S("avx512")));
	assert_int_equal(machine.cores, 2);
	assert_int_equal(machine.cpu_limit, 1500);
	assert_int_equal(machine.memory_bytes, 16384 * 1024);
	assert_int_equal(machine.memory_limit, 4096);
	assert_str(machine.openblas.version, S("0.3.21"));
	assert_str(machine.openblas.from, S("deb libopenblas0-pthread"));
	assert_int_equal(machine.n_packages, 2);
	assert_null(package_of(&machine, "gone"));
	assert_int_equal(machine.n_gpus, 0);
	assert_str(machine.kernel, S(""));
	test_folder_remove(root);
}

static void tells_a_distroless_image_and_its_name(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct str root = test_folder(&arena);
	put(&arena, root, "etc/os-release", "ID=debian\nVERSION_ID=\"11\"\n");
	put(&arena, root, "var/lib/dpkg/status.d/libc6",
		"Package: libc6\nVersion: 2.31-13\nArchitecture: amd64\n");
	put(&arena, root, "run/.containerenv",
		"engine=\"podman-4\"\nname=\"x\"\nimage=\"registry.example/team/lab:1.2\"\n");
	struct machine machine = look(&arena, root);
	assert_str(machine.container, S("podman"));
	assert_str(machine.base_image, S("registry.example/team/lab:1.2"));
	assert_str(machine.libc_version, S("2.31"));
	test_folder_remove(root);
}

static void tells_an_alpine(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct str root = test_folder(&arena);
	put(&arena, root, "etc/os-release", "ID=alpine\nVERSION_ID=3.19.1\n");
	put(&arena, root, "lib/apk/db/installed",
		"C:Q1\nP:musl\nV:1.2.4-r4\nA:x86_64\n\nP:openmpi\nV:4.1.6-r0\n");
	put(&arena, root, ".dockerenv", "");
	struct machine machine = look(&arena, root);
	assert_str(machine.libc, S("musl"));
	assert_str(machine.libc_version, S("1.2.4"));
	assert_str(machine.openmpi.version, S("4.1.6"));
	assert_str(machine.container, S("docker"));
	assert_str(machine.base_image, S(""));
	test_folder_remove(root);
}

static void put_big(unsigned char *to, uint32_t value)
{
	for (int i = 0; i < 4; i++) {
		to[i] = (unsigned char)(value >> (24 - 8 * i));
	}
}

/* A header with name, version, release, arch and epoch, as rpm keeps it. */
static size_t make_header(unsigned char *to, const char *name, const char *version)
{
	const char *texts[] = {name, version, "28.el8", "x86_64"};
	const uint32_t tags[] = {1000, 1001, 1002, 1022};
	unsigned char *data = to + 8 + 5 * 16;
	uint32_t at = 0;
	for (size_t i = 0; i < 5; i++) {
		unsigned char *entry = to + 8 + i * 16;
		put_big(entry, i < 4 ? tags[i] : 1003);
		put_big(entry + 4, i < 4 ? 6 : 4);
		put_big(entry + 8, at);
		put_big(entry + 12, 1);
		if (i < 4) {
			memcpy(data + at, texts[i], strlen(texts[i]) + 1);
			at += (uint32_t)strlen(texts[i]) + 1;
		} else {
			put_big(data + at, 1);
			at += 4;
		}
	}
	put_big(to, 5);
	put_big(to + 4, at);
	return (size_t)(data - to) + at;
}

static void put_rpms(struct arena *arena, struct str root)
{
	sqlite3 *database;
	sqlite3_stmt *insert;
	put(arena, root, "var/lib/rpm/x", "");
	struct str path = fs_join(arena, root, S("var/lib/rpm/rpmdb.sqlite"));
	assert_int_equal(sqlite3_open(path.p, &database), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database,
				 "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB)",
				 NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(database, "INSERT INTO Packages(blob) VALUES (?)", -1,
				 &insert, NULL),
		SQLITE_OK);
	const char *const packages[][2] = {
		{"glibc",            "2.28"    },
                {"cuda-cudart-12-4", "12.4.127"},
                {"gpg-pubkey",       "1"       }
        };
	for (size_t i = 0; i < 3; i++) {
		unsigned char header[512];
		size_t n = make_header(header, packages[i][0], packages[i][1]);
		sqlite3_bind_blob(insert, 1, header, (int)n, SQLITE_TRANSIENT);
		assert_int_equal(sqlite3_step(insert), SQLITE_DONE);
		sqlite3_reset(insert);
	}
	sqlite3_finalize(insert);
	sqlite3_close(database);
}

static void tells_a_red_hat(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct str root = test_folder(&arena);
	put(&arena, root, "etc/os-release",
		"ID=\"rhel\"\nVERSION_ID=\"8.10\"\nID_LIKE=\"fedora\"\n");
	put_rpms(&arena, root);
	struct machine machine = look(&arena, root);
	assert_str(machine.os_version, S("8"));
	assert_str(machine.faults, S(""));
	assert_int_equal(machine.n_packages, 2);
	const struct machine_package *glibc = package_of(&machine, "glibc");
	assert_non_null(glibc);
	assert_str(glibc->version, S("2.28"));
	assert_str(glibc->release, S("28.el8"));
	assert_str(glibc->epoch, S("1"));
	assert_str(glibc->arch, S("x86_64"));
	assert_str(machine.libc_version, S("2.28"));
	assert_str(machine.cuda.version, S("12.4.127"));
	test_folder_remove(root);
}

static void says_that_a_broken_rpm_data_base_was_not_read(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct str root = test_folder(&arena);
	put(&arena, root, "var/lib/rpm/rpmdb.sqlite",
		"this is no data base, but it is long enough");
	struct machine machine = look(&arena, root);
	assert_true(str_starts(machine.faults,
		S("the rpm data base: '/var/lib/rpm/rpmdb.sqlite' cannot be read")));
	assert_false(machine.knows_packages);
	test_folder_remove(root);
}

static void put_nvidia(struct arena *arena, struct str root)
{
	put(arena, root, "sys/bus/pci/devices/0000:01:00.0/class", "0x030200\n");
	put(arena, root, "sys/bus/pci/devices/0000:01:00.0/vendor", "0x10de\n");
	put(arena, root, "sys/bus/pci/devices/0000:01:00.0/device", "0x27b8\n");
	put(arena, root, "sys/bus/pci/devices/0000:02:00.0/class", "0x020000\n");
	put(arena, root, "sys/bus/pci/devices/0000:02:00.0/vendor", "0x10de\n");
}

static void tells_a_card_without_a_driver(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct str root = test_folder(&arena);
	put_nvidia(&arena, root);
	struct machine machine = look(&arena, root);
	assert_int_equal(machine.n_gpus, 1);
	assert_str(machine.gpus[0].vendor, S("nvidia"));
	assert_str(machine.gpus[0].name, S("nvidia 10de:27b8"));
	assert_str(machine.gpu_driver, S(""));
	assert_str(machine.cuda.version, S(""));
	test_folder_remove(root);
}

static void tells_a_card_with_driver_and_toolkit(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct str root = test_folder(&arena);
	put_nvidia(&arena, root);
	put(&arena, root, "proc/driver/nvidia/version",
		"NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19\n");
	put(&arena, root, "proc/driver/nvidia/gpus/0000:01:00.0/information",
		"Model: \t\t NVIDIA L4\nGPU UUID: \t GPU-1234\n");
	put(&arena, root, "usr/local/cuda/version.json",
		"{\"cuda\": {\"name\": \"CUDA SDK\", \"version\": \"12.2.2\"},"
		"\"cuda_cudart\": {\"version\": \"12.2.140\"}}");
	put(&arena, root, "usr/include/cudnn_version.h",
		"#define CUDNN_MAJOR 8\n#define CUDNN_MINOR 9\n#define CUDNN_PATCHLEVEL 7\n"
		"#define CUDNN_VERSION (CUDNN_MAJOR * 1000)\n");
	struct machine machine = look(&arena, root);
	assert_int_equal(machine.n_gpus, 1);
	assert_str(machine.gpus[0].name, S("NVIDIA L4"));
	assert_str(machine.gpu_driver, S("535.104.05"));
	assert_str(machine.cuda.version, S("12.2.140"));
	assert_str(machine.cuda.from, S("/usr/local/cuda/version.json"));
	assert_str(machine.cudnn.version, S("8.9.7"));
	test_folder_remove(root);
}

static void prefers_the_wheels_that_frameworks_bring(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct str root = test_folder(&arena);
	put(&arena, root, "usr/local/cuda/version.json", "{\"cuda\": {\"version\": \"11.8.0\"}}");
	put(&arena, root, "opt/conda/conda-meta/cudnn-8.8.0.121-h_0.json", "{}");
	put(&arena, root, "opt/conda/conda-meta/mkl-2024.0.0-ha957f24_49657.json", "{}");
	put(&arena, root, "opt/conda/conda-meta/history", "");
	put(&arena, root,
		"opt/conda/lib/python3.11/site-packages/"
		"nvidia_cuda_runtime_cu12-12.4.127.dist-info/METADATA",
		"");
	put(&arena, root,
		"opt/conda/lib/python3.11/site-packages/nvidia_cudnn_cu12-9.1.0.70.dist-info/x",
		"");
	struct machine machine = look(&arena, root);
	assert_str(machine.cuda.version, S("12.4.127"));
	assert_str(machine.cuda.from, S("wheel nvidia-cuda-runtime-cu12"));
	assert_str(machine.cudnn.version, S("9.1.0.70"));
	assert_str(machine.mkl.version, S("2024.0.0"));
	assert_str(machine.python_version, S("3.11"));
	test_folder_remove(root);
}

static void follows_no_link_out_of_a_described_machine(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct str root = test_folder(&arena);
	put(&arena, root, "etc/x", "");
	put(&arena, root, "opt/os", "ID=inside\n");
	struct str link = fs_join(&arena, root, S("etc/os-release"));
	assert_int_equal(symlink("/opt/os", link.p), 0);
	struct str out = fs_join(&arena, root, S("proc"));
	assert_int_equal(symlink("/proc", out.p), 0);
	struct machine machine = look(&arena, root);
	assert_str(machine.os_name, S("inside"));
	assert_str(machine.cpu_name, S(""));
	test_folder_remove(root);
}

static void refuses_a_machine_that_is_no_folder(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct machine machine;
	struct err err = {0};
	const struct machine_options options = {.root = "/nonexistent"};
	assert_false(machine_look(&options, &arena, &machine, &err));
	assert_int_equal(err.kind, ERR_ENVIRONMENT);
}

static void tells_the_machine_it_runs_on(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct machine machine;
	struct err err = {0};
	const struct machine_options options = {.with_symbols = true};
	assert_ok(machine_look(&options, &arena, &machine, &err), err);
	assert_true(machine.kernel.n > 0 && machine.arch.n > 0 && machine.cores > 0);
	bool has_libc = false;
	for (size_t i = 0; i < machine.n_symbols; i++) {
		has_libc = has_libc || str_eq(machine.symbols[i], S("GLIBC_2.17"));
	}
	assert_true(!machine.knows_symbols || has_libc);
}

static void asks_a_driver_and_gives_up_on_one_that_hangs(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	static const char *const answers[] = {"/bin/sh", "-c",
		"printf 'driver\\t550.1\\ncuda\\t12.4\\ngpu\\tNVIDIA A100\\t85899345920\\n'", NULL};
	static const char *const hangs[] = {"/bin/sh", "-c", "exec sleep 60", NULL};
	static const char *const fails[] = {"/bin/sh", "-c", "echo no card >&2; exit 1", NULL};
	struct machine machine = {0};
	struct machine_options options = {.gpu_probe = answers, .gpu_timeout_ms = 20000};
	machine_ask_driver(&options, &arena, &machine);
	assert_str(machine.gpu_driver, S("550.1"));
	assert_str(machine.gpu_cuda, S("12.4"));
	assert_int_equal(machine.n_gpus, 1);
	assert_str(machine.gpus[0].name, S("NVIDIA A100"));
	assert_int_equal(machine.gpus[0].memory_bytes, 85899345920);
	machine = (struct machine){0};
	options = (struct machine_options){.gpu_probe = hangs, .gpu_timeout_ms = 100};
	machine_ask_driver(&options, &arena, &machine);
	assert_true(machine.gpu_fault.n > 0);
	assert_int_equal(machine.n_gpus, 0);
	machine = (struct machine){0};
	options = (struct machine_options){.gpu_probe = fails, .gpu_timeout_ms = 20000};
	machine_ask_driver(&options, &arena, &machine);
	assert_str(machine.gpu_fault, S("no card"));
}

static void put_little(unsigned char *to, uint32_t value)
{
	for (int i = 0; i < 4; i++) {
		to[i] = (unsigned char)(value >> (8 * i));
	}
}

static void reads_the_loader_cache(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	static const char strings[] = "libcudart.so.12\0/usr/local/cuda/lib64/libcudart.so.12";
	unsigned char cache[48 + 24 + sizeof(strings)] = "glibc-ld.so.cache1.1";
	put_little(cache + 20, 1);
	put_little(cache + 48 + 4, 48 + 24);
	put_little(cache + 48 + 8, 48 + 24 + 16);
	memcpy(cache + 48 + 24, strings, sizeof(strings));
	machine_names names = {0};
	struct str bytes = {(const char *)cache, sizeof(cache)};
	machine_read_loader_cache(bytes, S("libcudart.so."), &arena, &names);
	assert_int_equal(names.n, 1);
	assert_str(names.p[0], S("/usr/local/cuda/lib64/libcudart.so.12"));
}

static void takes_versions_out_of_package_versions(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{"1:0.3.21+ds-4",       "0.3.21"  },
		{"12.4.127-1",          "12.4.127"},
		{"8.9.7.29-1+cuda12.2", "8.9.7.29"},
		{"",                    ""        },
		{"r13",                 "13"      },
		{"1.",                  "1"       },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct str got = machine_plain_version(str_from(cases[i][0]));
		assert_true(str_eq(got, str_from(cases[i][1])));
	}
}

static void cuts_versions_after_some_numbers(void **state)
{
	(void)state;
	assert_str(machine_version_parts(S("12.4.127"), 2), S("12.4"));
	assert_str(machine_version_parts(S("12"), 2), S("12"));
}

static void names_no_user_and_no_host(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct str root = test_folder(&arena);
	put_nvidia(&arena, root);
	put(&arena, root, "etc/hostname", "secret-host\n");
	put(&arena, root, "proc/driver/nvidia/gpus/0000:01:00.0/information",
		"Model: NVIDIA L4\nGPU UUID: GPU-secret\n");
	put(&arena, root, "proc/cpuinfo", "processor: 0\nSerial: secret\nmodel name: x\n");
	struct machine machine = look(&arena, root);
	json_t *json = machine_json(&machine);
	char *text = json_dumps(json, 0);
	assert_null(strstr(text, "secret"));
	assert_non_null(strstr(text, "NVIDIA L4"));
	free(text);
	json_decref(json);
	test_folder_remove(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_a_debian),
		cmocka_unit_test(tells_a_distroless_image_and_its_name),
		cmocka_unit_test(tells_an_alpine),
		cmocka_unit_test(tells_a_red_hat),
		cmocka_unit_test(says_that_a_broken_rpm_data_base_was_not_read),
		cmocka_unit_test(tells_a_card_without_a_driver),
		cmocka_unit_test(tells_a_card_with_driver_and_toolkit),
		cmocka_unit_test(prefers_the_wheels_that_frameworks_bring),
		cmocka_unit_test(follows_no_link_out_of_a_described_machine),
		cmocka_unit_test(refuses_a_machine_that_is_no_folder),
		cmocka_unit_test(tells_the_machine_it_runs_on),
		cmocka_unit_test(asks_a_driver_and_gives_up_on_one_that_hangs),
		cmocka_unit_test(reads_the_loader_cache),
		cmocka_unit_test(takes_versions_out_of_package_versions),
		cmocka_unit_test(cuts_versions_after_some_numbers),
		cmocka_unit_test(names_no_user_and_no_host),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
