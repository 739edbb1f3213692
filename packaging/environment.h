#pragma once
#include "common/err.h"
#include "packaging/version.h"

/*
 * The machine and interpreter we resolve for, as data: PEP 508's marker variables and what wheel
 * tags need. It need not be the one we run on.
 */
struct environment {
	/* PEP 508 marker variables; "" when unknown */
	struct str os_name, sys_platform, platform_machine, platform_system, platform_release;
	struct str platform_version, platform_python_implementation, implementation_name;
	struct str python_version, python_full_version, implementation_version;

	int python_major, python_minor;
	bool free_threaded;
	struct str platform;    /* "linux", "macos", "windows" */
	struct str arch;        /* as in wheel tags: "x86_64", "aarch64", "arm64", "amd64" */
	struct str libc;        /* "glibc" or "musl"; "" elsewhere */
	int os_major, os_minor; /* glibc / musl / macOS version */
	struct str
		why; /* where this came from, for the report: "kernelspec python3: /usr/bin/python3" */
};

/* "cp311-linux_x86_64-glibc_2.36": names the environment in a lock. */
struct str environment_key(const struct environment *environment, struct arena *arena);

/*
 * The python ("3.11") and platform ("manylinux_2_36_x86_64") with which environment_describe() makes an
 * environment of this key. False: not such a key. Held by arena.
 */
MUST_USE bool environment_key_options(
	struct str key, struct arena *arena, struct str *ret_python, struct str *ret_platform);

/*
 * Read such a name back; the Python becomes X.Y.0. CPython alone. Error: what was expected.
 */
MUST_USE bool environment_from_key(
	struct str key, struct arena *arena, struct environment *ret, struct err *err);

/*
 * Describe an environment from options. python: "3.11" or "3.11.4" (X.Y is X.Y.0). platform: "linux"
 * (x86_64; glibc of this machine when it is Linux on glibc, else 2.28), "macos" (arm64 from 14.0),
 * "windows" (amd64), or a wheel platform tag such as "manylinux_2_28_aarch64", "macosx_11_0_x86_64",
 * "win_arm64", "musllinux_1_2_x86_64", or a triple as in "x86_64-manylinux_2_28",
 * "aarch64-unknown-linux-gnu" (glibc 2.28), "aarch64-apple-darwin"; "" is this machine. Error: what
 * is understood.
 */
MUST_USE bool environment_describe(struct str python, struct str platform, struct arena *arena,
	struct environment *ret, struct err *err);

/* The value of a marker variable, false when there is none of that name. */
MUST_USE bool environment_marker_value(
	const struct environment *environment, struct str variable, struct str *ret);
