#pragma once
#include <dirent.h>
#include "common/vec.h"
#include "environment/machine.h"

/*
 * Files below the root of a machine, and the readers of single files; private to environment/ and its
 * tests. Every file is cut at a maximum, and a described machine's links never lead out of its folder.
 */
struct machine_root {
	int fd; /* of the folder; -1: the machine we run on */
};

/* path without a leading '/'. A descriptor, or -1. */
int machine_open(const struct machine_root *root, const char *path, int flags);

/*
 * At most `limit` bytes of the file, "" when it cannot be read; *ret_cut when there was more (NULL: does
 * not matter). Held by arena.
 */
struct str machine_file(const struct machine_root *root, const char *path, size_t limit,
	struct arena *arena, bool *ret_cut);

bool machine_exists(const struct machine_root *root, const char *path);

/* The folder's entries, NULL when it cannot be read; closedir() ends it. */
DIR *machine_folder(const struct machine_root *root, const char *path);
void machine_folder_close(DIR **folder);

/* What is gathered on the way. */
typedef VEC(struct machine_package) machine_packages;
typedef VEC(struct str) machine_names;

/* ---- readers of one file each, for any bytes ----------------------------------------------------- */

void machine_read_os(struct str os_release, struct arena *arena, struct machine *ret);

/* /proc/cpuinfo: its first block; *ret_blocks counts all that are there. */
void machine_read_cpu(
	struct str cpuinfo, struct arena *arena, struct machine *ret, int64_t *ret_blocks);
void machine_read_memory(struct str meminfo, struct machine *ret);

/* cpu.max ("50000 100000" or "max 100000") in thousandths of a core; memory.max in bytes; 0: none. */
int64_t machine_read_cpu_max(struct str text);
int64_t machine_read_memory_max(struct str text);

/* /run/.containerenv: the image's name, "" when it says none. */
struct str machine_read_containerenv(struct str text, struct arena *arena);

void machine_read_dpkg(struct str status, struct arena *arena, machine_packages *ret);
void machine_read_apk(struct str installed, struct arena *arena, machine_packages *ret);

/* "numpy-1.26.4-py311h64a7726_0.json" of conda-meta. False: no such name. */
MUST_USE bool machine_read_conda_name(
	struct str file, struct arena *arena, struct machine_package *ret);

/* One header of an rpm data base. False: it is none. */
MUST_USE bool machine_read_rpm(struct str blob, struct arena *arena, struct machine_package *ret);

/* CUDA's version.json: the version of cuda_cudart or cuda; "" when it has none. */
struct str machine_read_cuda_json(struct str text, struct arena *arena);

/* cudnn_version.h: "8.9.7"; "" when it defines none. */
struct str machine_read_cudnn_header(struct str text, struct arena *arena);

/* The loader's cache: paths of the libraries whose name starts with prefix. Held by arena. */
void machine_read_loader_cache(
	struct str cache, struct str prefix, struct arena *arena, machine_names *ret);

/* Names of the versions that a shared library defines ("GLIBC_2.17"), added. False: no ELF library. */
MUST_USE bool machine_read_elf(struct str bytes, struct arena *arena, machine_names *ret);

/* What the probe printed. */
void machine_read_probe(struct str text, struct arena *arena, struct machine *ret);

/* "1:0.3.21+ds-4" is "0.3.21": digits and dots from the first digit on, behind an epoch. */
struct str machine_plain_version(struct str version);

/* The first n numbers of a version: "12.4" of "12.4.127" and 2. */
struct str machine_version_parts(struct str version, size_t n);

/* ---- steps of machine_look() --------------------------------------------------------------------- */

void machine_look_native(const struct machine_root *root, struct str prefix, struct arena *arena,
	struct machine *machine, machine_packages *ret);

/* False with err: there is a data base that cannot be read. */
MUST_USE bool machine_look_rpm(const struct machine_root *root, struct arena *arena,
	machine_packages *ret, bool *ret_found, struct err *err);
void machine_look_gpu(const struct machine_root *root, const struct machine_options *options,
	struct arena *arena, struct machine *machine);
void machine_look_cuda(const struct machine_root *root, const struct machine_options *options,
	const machine_packages *packages, struct arena *arena, struct machine *machine);

/* The libc; with `wanted` also what it and libstdc++ define. */
void machine_look_symbols(
	const struct machine_root *root, bool wanted, struct arena *arena, struct machine *machine);

/* Run the probe; what went wrong is machine->gpu_fault. */
void machine_ask_driver(
	const struct machine_options *options, struct arena *arena, struct machine *machine);

/* Add a line to machine->faults. */
void machine_note_fault(
	struct machine *machine, struct arena *arena, const char *what, const struct err *err);
