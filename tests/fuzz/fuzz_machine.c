#include "fuzz/fuzz.h"
#include "environment/machine_files.h"
#include "common/banned.h"

/* The first byte says which file of a machine the others are. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena arena = {0};
	struct machine machine = {0};
	struct machine_package package;
	machine_packages packages = {0};
	machine_names names = {0};
	int64_t blocks;
	if (size == 0) {
		return 0;
	}
	struct str text = {(const char *)data + 1, size - 1};
	switch (data[0]) {
	case 'o':
		machine_read_os(text, &arena, &machine);
		break;
	case 'c':
		machine_read_cpu(text, &arena, &machine, &blocks);
		FUZZ_CHECK(blocks >= 0);
		break;
	case 'm':
		machine_read_memory(text, &machine);
		FUZZ_CHECK(machine.memory_bytes >= 0 && machine_read_cpu_max(text) >= 0 &&
			   machine_read_memory_max(text) >= 0);
		break;
	case 'd':
		machine_read_dpkg(text, &arena, &packages);
		break;
	case 'a':
		machine_read_apk(text, &arena, &packages);
		break;
	case 'r':
		FUZZ_CHECK(!machine_read_rpm(text, &arena, &package) || package.name.n > 0);
		break;
	case 'j':
		(void)machine_read_cuda_json(text, &arena);
		(void)machine_read_cudnn_header(text, &arena);
		break;
	case 'l':
		machine_read_loader_cache(text, S("lib"), &arena, &names);
		break;
	case 'e':
		(void)!machine_read_elf(text, &arena, &names);
		break;
	case 'p':
		machine_read_probe(text, &arena, &machine);
		(void)machine_read_containerenv(text, &arena);
		(void)!machine_read_conda_name(text, &arena, &package);
		break;
	default:
		break;
	}
	for (size_t i = 0; i < packages.n; i++) {
		FUZZ_CHECK(packages.p[i].name.n > 0);
	}
	return 0;
}
