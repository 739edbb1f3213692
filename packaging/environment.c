#include "packaging/environment.h"
#include <sys/utsname.h>
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif
#include "common/banned.h"

enum { NUMBER_MAX = 9999 }; /* of a Python, libc or macOS version */

/* The whole of text as a small number, false when it is none. */
static bool small_number(struct str text, int *ret)
{
	uint64_t value;
	if (!str_to_u64(text, &value) || value > NUMBER_MAX) {
		return false;
	}
	*ret = (int)value;
	return true;
}

/* "2_28" or "2.28" */
static bool two_numbers(struct str text, char between, int *ret_major, int *ret_minor)
{
	struct str first, second;
	int major, minor;
	if (!str_cut(text, (struct str){&between, 1}, &first, &second) ||
		!small_number(first, &major) || !small_number(second, &minor)) {
		return false;
	}
	*ret_major = major;
	*ret_minor = minor;
	return true;
}

static void set_linux(struct environment *ret, struct str arch)
{
	ret->os_name = S("posix");
	ret->sys_platform = ret->platform = S("linux");
	ret->platform_system = S("Linux");
	ret->platform_machine = ret->arch = arch;
}

/* The C library of this machine when it is glibc, else the one of an old but common system. */
static void set_glibc_of_this_machine(struct environment *ret)
{
	ret->libc = S("glibc");
	ret->os_major = 2;
	ret->os_minor = 28;
#ifdef __GLIBC__
	(void)!two_numbers(str_from(gnu_get_libc_version()), '.', &ret->os_major, &ret->os_minor);
#endif
}

static void set_macos(struct environment *ret, struct str arch, int major, int minor)
{
	ret->os_name = S("posix");
	ret->sys_platform = S("darwin");
	ret->platform = S("macos");
	ret->platform_system = S("Darwin");
	ret->platform_machine = ret->arch = arch;
	ret->libc = S("");
	ret->os_major = major;
	ret->os_minor = minor;
}

static void set_windows(struct environment *ret, struct str arch)
{
	ret->os_name = S("nt");
	ret->sys_platform = S("win32");
	ret->platform = S("windows");
	ret->platform_system = S("Windows");
	ret->arch = arch;
	ret->platform_machine = str_eq(arch, S("amd64"))   ? S("AMD64")
				: str_eq(arch, S("arm64")) ? S("ARM64")
							   : S("x86");
	ret->libc = S("");
	ret->os_major = ret->os_minor = 0;
}

static bool set_this_machine(struct arena *arena, struct environment *ret, struct err *err)
{
	struct utsname name;
	if (uname(&name) != 0 || !str_eq(str_from(name.sysname), S("Linux"))) {
		err_hint(err, "name the platform, as in 'macos' or 'linux'");
		return err_set(err, ERR_USAGE, "cannot tell what this machine is");
	}
	set_linux(ret, arena_str(arena, str_from(name.machine)));
	ret->platform_release = arena_str(arena, str_from(name.release));
	ret->platform_version = arena_str(arena, str_from(name.version));
	set_glibc_of_this_machine(ret);
#ifndef __GLIBC__
	ret->libc = S("musl");
	ret->os_major = 1;
	ret->os_minor = 2;
#endif
	return true;
}

static void set_glibc(struct environment *ret, int minor)
{
	ret->libc = S("glibc");
	ret->os_major = 2;
	ret->os_minor = minor;
}

/* Aliases of manylinux tags. Source: PEP 513, 571, 599. */
static bool set_manylinux_alias(struct str platform, struct environment *ret)
{
	static const struct {
		struct str prefix;
		int minor;
	} aliases[] = {
		{STR_INIT("manylinux1_"),    5 },
		{STR_INIT("manylinux2010_"), 12},
		{STR_INIT("manylinux2014_"), 17},
	};
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		if (str_starts(platform, aliases[i].prefix)) {
			set_linux(ret, str_skip(platform, aliases[i].prefix.n));
			set_glibc(ret, aliases[i].minor);
			return true;
		}
	}
	return false;
}

/* "PREFIX2_28_ARCH": both numbers and the architecture, which may hold '_' itself. */
static bool cut_tag(struct str platform, struct str prefix, int *ret_major, int *ret_minor,
	struct str *ret_arch)
{
	struct str rest = str_skip(platform, prefix.n), major, minor;
	return str_starts(platform, prefix) && str_cut(rest, S("_"), &major, &rest) &&
	       str_cut(rest, S("_"), &minor, ret_arch) && small_number(major, ret_major) &&
	       small_number(minor, ret_minor) && ret_arch->n > 0;
}

/*
 * "ARCH-REST", as other tools name platforms: x86_64-manylinux2014, aarch64-manylinux_2_28,
 * x86_64-unknown-linux-gnu, aarch64-apple-darwin, x86_64-pc-windows-msvc.
 */
static bool set_triple(struct str platform, struct environment *ret)
{
	struct str arch, rest, minor;
	int number;
	if (!str_cut(platform, S("-"), &arch, &rest) || arch.n == 0) {
		return false;
	}
	bool arm = str_eq(arch, S("aarch64")) || str_eq(arch, S("arm64"));
	bool linux_gnu = str_eq(rest, S("unknown-linux-gnu"));
	if (str_eq(rest, S("apple-darwin"))) {
		set_macos(ret, arm ? S("arm64") : arch, 14, 0);
	} else if (str_eq(rest, S("pc-windows-msvc"))) {
		set_windows(ret, arm                         ? S("arm64")
				 : str_eq(arch, S("x86_64")) ? S("amd64")
							     : S("win32"));
	} else if (linux_gnu || str_eq(rest, S("manylinux2014"))) {
		set_linux(ret, arch);
		set_glibc(ret, linux_gnu ? 28 : 17);
	} else if (str_eq(rest, S("unknown-linux-musl"))) {
		set_linux(ret, arch);
		ret->libc = S("musl");
		ret->os_major = 1;
		ret->os_minor = 2;
	} else if (str_starts(rest, S("manylinux_2_"))) {
		minor = str_skip(rest, S("manylinux_2_").n);
		if (!small_number(minor, &number)) {
			return false;
		}
		set_linux(ret, arch);
		set_glibc(ret, number);
	} else {
		return false;
	}
	return true;
}

static bool set_tag(struct str platform, struct environment *ret)
{
	int major, minor;
	struct str arch;
	if (set_manylinux_alias(platform, ret)) {
		return true;
	}
	if (cut_tag(platform, S("manylinux_"), &major, &minor, &arch) ||
		cut_tag(platform, S("musllinux_"), &major, &minor, &arch)) {
		set_linux(ret, arch);
		ret->libc = str_starts(platform, S("musl")) ? S("musl") : S("glibc");
		ret->os_major = major;
		ret->os_minor = minor;
		return true;
	}
	if (cut_tag(platform, S("macosx_"), &major, &minor, &arch)) {
		set_macos(ret, arch, major, minor);
		return true;
	}
	if (str_starts(platform, S("linux_")) && platform.n > 6) {
		set_linux(ret, str_skip(platform, 6));
		set_glibc_of_this_machine(ret);
		return true;
	}
	if (str_eq(platform, S("win_amd64")) || str_eq(platform, S("win_arm64"))) {
		set_windows(ret, str_skip(platform, 4));
		return true;
	}
	if (str_eq(platform, S("win32"))) {
		set_windows(ret, platform);
		return true;
	}
	return false;
}

static bool set_platform(
	struct str platform, struct arena *arena, struct environment *ret, struct err *err)
{
	if (platform.n == 0) {
		return set_this_machine(arena, ret, err);
	}
	if (str_eq(platform, S("linux"))) {
		set_linux(ret, S("x86_64"));
		set_glibc_of_this_machine(ret);
	} else if (str_eq(platform, S("macos"))) {
		set_macos(ret, S("arm64"), 14, 0);
	} else if (str_eq(platform, S("windows"))) {
		set_windows(ret, S("amd64"));
	} else if (!set_tag(arena_str(arena, platform), ret) &&
		   !set_triple(arena_str(arena, platform), ret)) {
		AUTO(buf_done) struct buf shown = {0};
		buf_add_shown(&shown, str_slice(platform, 0, 80), true);
		err_hint(err, "as in manylinux_2_28_aarch64, musllinux_1_2_x86_64, "
			      "macosx_11_0_x86_64, win_arm64");
		return err_set(err, ERR_USAGE,
			"expected linux, macos, windows or a wheel platform tag instead of "
			"'" STR_FMT "'",
			STR_ARG(buf_str(&shown)));
	}
	return true;
}

/* "3.11", "3.11.4", "3.14.0rc1"; a 't' at the end is the free-threaded build. */
static bool set_python(
	struct str python, struct arena *arena, struct environment *ret, struct err *err)
{
	struct str text = str_trim(python), rest, major = S(""), minor = S("");
	struct version version;
	ret->free_threaded = str_ends(text, S("t"));
	text = str_slice(text, 0, text.n - ret->free_threaded);
	if (version_parse(text, &version)) {
		rest = version.release;
		(void)!version_next_segment(&rest, &major);
		(void)!version_next_segment(&rest, &minor);
		minor = minor.n == 0 ? S("0") : minor;
	}
	bool two_at_least = minor.n > 0 && str_find_char(version.release, '.') >= 0;
	if (!two_at_least || !small_number(major, &ret->python_major) ||
		!small_number(minor, &ret->python_minor) || version.epoch.n > 0) {
		AUTO(buf_done) struct buf shown = {0};
		buf_add_shown(&shown, str_slice(python, 0, 80), true);
		return err_set(err, ERR_USAGE,
			"expected a Python version such as 3.11 or 3.11.4 instead of '" STR_FMT "'",
			STR_ARG(buf_str(&shown)));
	}
	bool patch = str_find_char(str_skip(version.release,
					   (size_t)str_find_char(version.release, '.') + 1),
			     '.') >= 0;
	ret->python_full_version = version_normal(&version, arena);
	if (!patch && !version_is_prerelease(&version)) {
		ret->python_full_version =
			arena_printf(arena, "%d.%d.0", ret->python_major, ret->python_minor);
	}
	ret->python_version = arena_printf(arena, "%d.%d", ret->python_major, ret->python_minor);
	ret->platform_python_implementation = S("CPython");
	ret->implementation_name = S("cpython");
	ret->implementation_version = ret->python_full_version;
	return true;
}

bool environment_describe(struct str python, struct str platform, struct arena *arena,
	struct environment *ret, struct err *err)
{
	struct environment environment = {0};
	if (!set_python(python, arena, &environment, err) ||
		!set_platform(platform, arena, &environment, err)) {
		return false;
	}
	environment.why = S("options");
	*ret = environment;
	return true;
}

struct str environment_key(const struct environment *environment, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	bool pypy = str_eq(environment->implementation_name, S("pypy"));
	buf_addf(&out, "%s%d%d%s-", pypy ? "pp" : "cp", environment->python_major,
		environment->python_minor, environment->free_threaded ? "t" : "");
	buf_addf(&out, STR_FMT "_" STR_FMT, STR_ARG(environment->platform),
		STR_ARG(environment->arch));
	if (environment->libc.n > 0) {
		buf_addf(&out, "-" STR_FMT "_%d.%d", STR_ARG(environment->libc),
			environment->os_major, environment->os_minor);
	} else if (environment->os_major > 0) {
		buf_addf(&out, "-%d.%d", environment->os_major, environment->os_minor);
	}
	return arena_str(arena, buf_str(&out));
}

/* "linux_x86_64" and "glibc_2.36", "macos_arm64" and "14.0", "windows_amd64" and "" to a wheel's tag. */
static struct str tag_of_key(struct str machine, struct str system, struct arena *arena)
{
	struct str name, arch;
	if (!str_cut(machine, S("_"), &name, &arch) || arch.n == 0) {
		return S("");
	}
	struct str libc = S("");
	struct str major = system;
	struct str minor = S("0");
	(void)str_cut(system, S("_"), &libc, &major);
	(void)str_cut(major, S("."), &major, &minor);
	if (str_eq(name, S("linux")) && libc.n > 0) {
		const char *many = str_eq(libc, S("musl")) ? "musllinux" : "manylinux";
		return arena_printf(arena, "%s_" STR_FMT "_" STR_FMT "_" STR_FMT, many,
			STR_ARG(major), STR_ARG(minor), STR_ARG(arch));
	}
	if (str_eq(name, S("macos")) && system.n > 0) {
		return arena_printf(arena, "macosx_" STR_FMT "_" STR_FMT "_" STR_FMT,
			STR_ARG(major), STR_ARG(minor), STR_ARG(arch));
	}
	return str_eq(name, S("windows"))
		       ? arena_printf(arena, "%s" STR_FMT, str_eq(arch, S("win32")) ? "" : "win_",
				 STR_ARG(arch))
		       : S("");
}

bool environment_key_options(
	struct str key, struct arena *arena, struct str *ret_python, struct str *ret_platform)
{
	struct str python, machine;
	struct str system = S("");
	if (!str_cut(key, S("-"), &python, &machine)) {
		return false;
	}
	(void)str_cut(machine, S("-"), &machine, &system);
	struct str digits =
		str_ends(python, S("t")) ? str_slice(python, 2, python.n - 1) : str_skip(python, 2);
	uint64_t ignored;
	struct str tag = tag_of_key(machine, system, arena);
	if (!str_starts(python, S("cp")) || digits.n < 2 || !str_to_u64(digits, &ignored) ||
		tag.n == 0) {
		return false;
	}
	*ret_python = arena_printf(arena, "%c." STR_FMT "%s", digits.p[0],
		STR_ARG(str_skip(digits, 1)), digits.n + 2 < python.n ? "t" : "");
	*ret_platform = tag;
	return true;
}

bool environment_from_key(
	struct str key, struct arena *arena, struct environment *ret, struct err *err)
{
	struct str python, platform;
	struct err ignored = {0};
	if (environment_key_options(key, arena, &python, &platform) &&
		environment_describe(python, platform, arena, ret, &ignored)) {
		return true;
	}
	AUTO(buf_done) struct buf shown = {0};
	buf_add_shown(&shown, str_slice(key, 0, 80), true);
	err_hint(err, "as in cp311-linux_x86_64-glibc_2.36, cp312-macos_arm64-14.0, "
		      "cp313-windows_amd64");
	return err_set(err, ERR_USAGE,
		"expected the name of an environment instead of '" STR_FMT "'",
		STR_ARG(buf_str(&shown)));
}

bool environment_marker_value(
	const struct environment *environment, struct str variable, struct str *ret)
{
	const struct {
		struct str name, value;
	} values[] = {
		{S("python_version"),                 environment->python_version                },
		{S("python_full_version"),            environment->python_full_version           },
		{S("sys_platform"),                   environment->sys_platform                  },
		{S("platform_system"),                environment->platform_system               },
		{S("platform_machine"),               environment->platform_machine              },
		{S("os_name"),                        environment->os_name                       },
		{S("platform_python_implementation"), environment->platform_python_implementation},
		{S("implementation_name"),            environment->implementation_name           },
		{S("implementation_version"),         environment->implementation_version        },
		{S("platform_release"),               environment->platform_release              },
		{S("platform_version"),               environment->platform_version              },
	};
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (str_eq(variable, values[i].name)) {
			*ret = values[i].value;
			return true;
		}
	}
	return false;
}
