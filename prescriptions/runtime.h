#pragma once
#include "prescriptions/table.h"

/*
 * The machine that is resolved for, as rules ask about it (should_include.runtime_environments). Texts
 * are "" when it is not known or not there.
 */
struct presc_rpm {
	struct str package_name, arch, epoch, package_identifier, package_version, release;
	bool has_src, src;
};

struct presc_installed {
	struct str name, version, location;
};

/* What is known of the base image. A list that was never looked for is not known. */
struct presc_image {
	bool knows_symbols, knows_rpms, knows_pythons;
	const struct str *symbols;
	size_t n_symbols;
	const struct presc_rpm *rpms;
	size_t n_rpms;
	const struct presc_installed *pythons;
	size_t n_pythons;
};

struct presc_machine {
	struct str os_name, os_version;
	struct str python_version; /* "3.12" */
	struct str cuda_version, cudnn_version, openblas_version, openmpi_version, mkl_version;
	struct str platform;   /* "linux-x86_64" */
	struct str base_image; /* "registry.example/name:tag" */
	bool has_cpu_family, has_cpu_model;
	int64_t cpu_family, cpu_model;
	struct str gpu_model;
	bool knows_flags, has_avx2, has_avx512; /* else a small table by family and model decides */
	struct presc_image image;
};

/*
 * What was decided about versions of one machine and one table, since the same few specifiers stand in
 * many conditions. Starts zeroed.
 */
enum { RUNTIME_MEMO = 1024 };
struct runtime_memo {
	struct {
		uint32_t spec; /* string id + 1 */
		uint16_t key;  /* which version */
		bool fits;
	} slots[RUNTIME_MEMO];
};

/* Does a runtime_environments mapping hold? literal: as the original decides (runtime.c says where). */
MUST_USE bool presc_runtime_holds(const struct presc_table *table, const struct table_node *node,
	const struct presc_machine *machine, bool literal, struct runtime_memo *memo);
