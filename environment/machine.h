#pragma once
#include <jansson.h>
#include "common/arena.h"
#include "common/err.h"

/*
 * The machine, as rules and reports ask about it: operating system, libc, processor, graphics cards, CUDA,
 * container, packages that are not Python's. All of it comes from files; only a graphics driver costs a
 * process, because a broken one can hang. What is not known is "", 0 or empty: nothing is guessed.
 * No host name, no user's name, no serial number is read.
 *
 * A machine can be described by a folder that holds such files (an unpacked image, or a small tree made
 * for a test): then every path is below that folder, links in it too, and nothing of the machine we run on
 * is looked at.
 *
 * The files behind this header: machine.c (the order of questions, the processor, limits, containers),
 * machine_files.c (files below a root), native.c (deb, apk and conda packages), rpm.c, gpu.c, cuda.c (CUDA,
 * cuDNN, BLAS, MPI), elf.c (which symbol versions a library provides), machine_json.c.
 */
enum machine_package_kind { MACHINE_DEB, MACHINE_RPM, MACHINE_APK, MACHINE_CONDA };

struct machine_package {
	enum machine_package_kind kind;
	struct str name, version, arch;
	struct str release, epoch; /* of rpm; "" elsewhere, where `version` has them */
	struct str source;         /* of rpm: the source package's file */
};

/* A version, and where it was seen: "wheel nvidia-cudnn-cu12", "/usr/local/cuda/version.json". */
struct machine_fact {
	struct str version, from;
};

struct machine_gpu {
	struct str vendor;    /* "nvidia", "amd" */
	struct str name;      /* as the driver says; else "nvidia 10de:2684" */
	int64_t memory_bytes; /* 0: unknown */
};

enum { MACHINE_GPUS_MAX = 64, MACHINE_PACKAGES_MAX = 100000, MACHINE_SYMBOLS_MAX = 1000 };

struct machine {
	struct str os_name, os_version; /* "debian", "12"; of rhel (and ubi) the major alone */
	struct str os_like;             /* ID_LIKE, as written */
	struct str os_title;            /* for people */
	struct str kernel, arch;        /* "6.1.0-18-amd64", "x86_64"; "" of a described machine */
	struct str libc, libc_version;  /* "glibc" or "musl": what the folder's own libc is */

	struct str cpu_vendor, cpu_name, cpu_level; /* level: "x86-64-v3"; "" on others */
	bool has_cpu_family, has_cpu_model;
	int64_t cpu_family, cpu_model;
	struct str cpu_flags; /* words, as the kernel lists them; "" unknown */
	int64_t cores;        /* 0 unknown */
	int64_t cpu_limit;    /* thousandths of a core that the container may use; 0 none */
	int64_t memory_bytes, memory_limit;

	const struct machine_gpu *gpus;
	size_t n_gpus;
	struct str gpu_driver, gpu_cuda; /* the driver, and the CUDA that it goes up to */
	struct str gpu_fault;            /* why the driver could not be asked; "" */

	struct machine_fact cuda, cudnn, openblas, openmpi, mkl;

	struct str container;  /* "docker", "podman", "kubernetes", ...; "" none */
	struct str base_image; /* "registry.example/name:tag"; "" unknown */
	struct str base_image_from;

	bool knows_packages; /* at least one data base of them was read */
	const struct machine_package *packages;
	size_t n_packages;
	bool knows_symbols;
	const struct str *symbols; /* versions that libc and libstdc++ define: "GLIBC_2.36" */
	size_t n_symbols;
	struct str python_version; /* of a described machine's own Python: "3.11" */
	struct str faults;         /* what could not be read, one a line; "" */
};

struct machine_options {
	const char *root; /* a described machine; NULL: the one we run on */
	/* Where the Python that is resolved for keeps packages, and its prefix, for wheels and conda. */
	const struct str *site_folders;
	size_t n_site_folders;
	struct str prefix;
	/* A program that calls machine_gpu_probe(); NULL: drivers are not asked. */
	const char *const *gpu_probe;
	int gpu_timeout_ms; /* 0: MACHINE_GPU_TIMEOUT_MS */
	bool with_symbols; /* what libc and libstdc++ define; else only where nothing else tells the libc */
};

enum { MACHINE_GPU_TIMEOUT_MS = 2000 };

/*
 * Look. Everything in *ret is held by arena. Never fails for what a machine lacks; false (ERR_ENVIRONMENT)
 * when the root is no folder.
 */
MUST_USE bool machine_look(const struct machine_options *options, struct arena *arena,
	struct machine *ret, struct err *err);

/*
 * Ask NVIDIA's management library, if there is one, and print lines of tab-separated words on standard
 * output: "driver V", "cuda V", "gpu NAME BYTES". For a process of its own. Returns its exit code.
 */
int machine_gpu_probe(void);

/* The flag stands in cpu_flags. */
bool machine_has_flag(const struct machine *machine, struct str flag);

/*
 * As JSON (thoth-env(1) lists the members), without the Python. A new reference. Its member "id" is the
 * SHA-256 of what decides which software runs: not of cores, memory or packages.
 */
json_t *machine_json(const struct machine *machine);

/* "wheel nvidia-cudnn-cu12": "deb", "rpm", "apk", "conda". */
const char *machine_package_kind_name(enum machine_package_kind kind);
