#pragma once
#include "advise/advise.h"

/*
 * Runtime environments: machines that a project names in its .thoth.yaml (or a notebook of the first
 * extension in metadata.thoth_config). They describe; they choose no host and run nothing: whatever else
 * the file says is passed by, since it may be a stranger's.
 */
struct runtime_value {
	bool is_said;
	struct str text; /* "": it is said that there is none (null) */
};

struct runtime_environment {
	struct str name;
	struct str recommendation_type; /* "" not said, or no type we know */
	struct runtime_value os_name, os_version, python_version, platform, base_image, gpu_model;
	struct runtime_value cuda_version, cudnn_version, mkl_version, openblas_version;
	struct runtime_value openmpi_version;
	bool has_cpu_family, has_cpu_model;
	int64_t cpu_family, cpu_model;
};

struct runtime_file {
	struct str path; /* "" there is none */
	const struct runtime_environment *items;
	size_t n;
};

enum { RUNTIME_FILE_MAX = 1 << 20, RUNTIME_ENVIRONMENTS_MAX = 100 };

/*
 * The .thoth.yaml of an input: in its folder, or in the first folder above that has one, as long as these
 * are the user's own. Held by arena. *ret has no path when there is none. ERR_INPUT: there is one that cannot
 * be read, with its place.
 */
MUST_USE bool runtime_file_find(const struct advise_input *input, struct arena *arena,
	struct runtime_file *ret, struct err *err);

/* Its text alone; path is for messages. */
MUST_USE bool runtime_file_read(struct str path, struct str text, struct arena *arena,
	struct runtime_file *ret, struct err *err);

/* NULL: no environment of that name. */
const struct runtime_environment *runtime_file_get(
	const struct runtime_file *file, struct str name);

/*
 * The platform of an environment as --platform takes it, with the libc of its operating system where that
 * is known: "manylinux_2_28_x86_64" of rhel 8. "" this machine's. Held by arena.
 */
struct str runtime_platform(const struct runtime_environment *environment, struct arena *arena);
