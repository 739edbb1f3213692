#include "environment/machine_files.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "common/fs.h"
#include "common/banned.h"

enum { SMALL_MAX = 64 << 10, CPUINFO_MAX = 4 << 20 };

/* ---- small texts ---------------------------------------------------------------------------------- */

/* "key : value" and KEY=VALUE alike: the value, trimmed and without quotes. */
static bool line_value(struct str line, struct str separator, struct str *ret_key, struct str *ret)
{
	if (!str_cut(line, separator, ret_key, ret)) {
		return false;
	}
	*ret_key = str_trim(*ret_key);
	*ret = str_trim(*ret);
	bool quoted = ret->n >= 2 && (ret->p[0] == '"' || ret->p[0] == '\'') &&
		      ret->p[ret->n - 1] == ret->p[0];
	if (quoted) {
		*ret = str_slice(*ret, 1, ret->n - 1);
	}
	return true;
}

static bool number_of(struct str text, int64_t *ret)
{
	uint64_t number;
	if (!str_to_u64(text, &number) || number > INT64_MAX) {
		return false;
	}
	*ret = (int64_t)number;
	return true;
}

void machine_read_os(struct str os_release, struct arena *arena, struct machine *ret)
{
	struct str line;
	while (str_next_line(&os_release, &line)) {
		struct str key, value;
		if (!line_value(line, S("="), &key, &value)) {
			continue;
		}
		value = arena_str(arena, value);
		if (str_eq(key, S("ID"))) {
			ret->os_name = value;
		} else if (str_eq(key, S("VERSION_ID"))) {
			ret->os_version = value;
		} else if (str_eq(key, S("ID_LIKE"))) {
			ret->os_like = value;
		} else if (str_eq(key, S("PRETTY_NAME"))) {
			ret->os_title = value;
		}
	}
	if (str_eq(ret->os_name, S("ubi"))) {
		ret->os_name = S("rhel");
	}
	if (str_eq(ret->os_name, S("rhel"))) {
		ret->os_version = machine_version_parts(ret->os_version, 1);
	}
}

/* ---- the processor -------------------------------------------------------------------------------- */

static void read_cpu_line(
	struct str key, struct str value, struct arena *arena, struct machine *ret)
{
	if (str_eq(key, S("vendor_id")) || str_eq(key, S("CPU implementer"))) {
		ret->cpu_vendor = arena_str(arena, value);
	} else if (str_eq(key, S("model name"))) {
		ret->cpu_name = arena_str(arena, value);
	} else if (str_eq(key, S("flags")) || str_eq(key, S("Features"))) {
		ret->cpu_flags = arena_str(arena, value);
	} else if (str_eq(key, S("cpu family"))) {
		ret->has_cpu_family = number_of(value, &ret->cpu_family);
	} else if (str_eq(key, S("model"))) {
		ret->has_cpu_model = number_of(value, &ret->cpu_model);
	}
}

bool machine_has_flag(const struct machine *machine, struct str flag)
{
	struct str rest = machine->cpu_flags;
	while (rest.n > 0) {
		struct str word = rest;
		if (!str_cut(rest, S(" "), &word, &rest)) {
			rest = S("");
		}
		if (str_eq(word, flag)) {
			return true;
		}
	}
	return false;
}

/* x86-64 psABI, "Micro-Architecture Levels", with the kernel's names of the features. */
static struct str level_of(const struct machine *machine)
{
	static const struct {
		struct str level;
		const char *flags[10];
	} levels[] = {
		{STR_INIT("x86-64-v2"),
                 {"cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3"}      },
		{STR_INIT("x86-64-v3"),
                 {"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"}},
		{STR_INIT("x86-64-v4"),
                 {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}            },
	};
	struct str level = S("");
	if (!machine_has_flag(machine, S("lm")) || !machine_has_flag(machine, S("sse2"))) {
		return level;
	}
	level = S("x86-64");
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		for (size_t k = 0; k < 10 && levels[i].flags[k] != NULL; k++) {
			if (!machine_has_flag(machine, str_from(levels[i].flags[k]))) {
				return level;
			}
		}
		level = levels[i].level;
	}
	return level;
}

void machine_read_cpu(
	struct str cpuinfo, struct arena *arena, struct machine *ret, int64_t *ret_blocks)
{
	struct str line;
	int64_t blocks = 0;
	while (str_next_line(&cpuinfo, &line)) {
		struct str key, value;
		if (!line_value(line, S(":"), &key, &value)) {
			continue;
		}
		blocks += str_eq(key, S("processor"));
		if (blocks <= 1) {
			read_cpu_line(key, value, arena, ret);
		}
	}
	ret->cpu_level = level_of(ret);
	*ret_blocks = blocks;
}

/* ---- memory and limits ---------------------------------------------------------------------------- */

void machine_read_memory(struct str meminfo, struct machine *ret)
{
	struct str line;
	while (str_next_line(&meminfo, &line)) {
		struct str key, value, unit;
		int64_t kibibytes;
		if (line_value(line, S(":"), &key, &value) && str_eq(key, S("MemTotal")) &&
			str_cut(value, S(" "), &value, &unit) && number_of(value, &kibibytes) &&
			kibibytes < INT64_MAX / 1024) {
			ret->memory_bytes = kibibytes * 1024;
		}
	}
}

int64_t machine_read_cpu_max(struct str text)
{
	struct str quota, period;
	int64_t q, p;
	if (!str_cut(str_trim(text), S(" "), &quota, &period) || !number_of(quota, &q) ||
		!number_of(period, &p) || p == 0 || q > INT64_MAX / 1000) {
		return 0;
	}
	return q * 1000 / p;
}

int64_t machine_read_memory_max(struct str text)
{
	int64_t bytes;
	return number_of(str_trim(text), &bytes) ? bytes : 0;
}

/* Where the limits of our own group are, below sys/fs/cgroup: "" or "/system.slice/x.service". */
static struct str own_group(const struct machine_root *root, struct arena *arena)
{
	struct str rest = machine_file(root, "proc/self/cgroup", SMALL_MAX, arena, NULL);
	struct str line;
	while (str_next_line(&rest, &line)) {
		if (str_starts(line, S("0::/")) && str_find(line, S("..")) < 0) {
			return str_eq(line, S("0::/")) ? S("") : str_skip(line, 3);
		}
	}
	return S("");
}

static struct str group_file(
	const struct machine_root *root, struct str group, const char *name, struct arena *arena)
{
	struct str path = arena_printf(arena, "sys/fs/cgroup" STR_FMT "/%s", STR_ARG(group), name);
	struct str text = machine_file(root, path.p, SMALL_MAX, arena, NULL);
	return text.n > 0 || group.n == 0 ? text : group_file(root, S(""), name, arena);
}

static void look_limits(
	const struct machine_root *root, struct arena *arena, struct machine *machine)
{
	struct str group = own_group(root, arena);
	machine->cpu_limit = machine_read_cpu_max(group_file(root, group, "cpu.max", arena));
	machine->memory_limit =
		machine_read_memory_max(group_file(root, group, "memory.max", arena));
	machine_read_memory(machine_file(root, "proc/meminfo", SMALL_MAX, arena, NULL), machine);
}

/* ---- containers ----------------------------------------------------------------------------------- */

struct str machine_read_containerenv(struct str text, struct arena *arena)
{
	struct str line;
	struct str image = S("");
	while (str_next_line(&text, &line)) {
		struct str key, value;
		if (line_value(line, S("="), &key, &value) && str_eq(key, S("image"))) {
			image = arena_str(arena, value);
		}
	}
	return image;
}

/* Names of the image that those who start containers put into the environment. */
static void image_of_variables(struct arena *arena, struct machine *machine)
{
	static const struct {
		const char *name, *tag;
	} variables[] = {
		{"JUPYTER_IMAGE_SPEC", NULL               },
		{"IMAGE_NAME",         "IMAGE_TAG"        },
		{"THOTH_S2I_NAME",     "THOTH_S2I_VERSION"},
	};
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		const char *name = getenv(variables[i].name);
		const char *tag = variables[i].tag == NULL ? NULL : getenv(variables[i].tag);
		if (name != NULL && name[0] != '\0') {
			bool has_tag = tag != NULL && tag[0] != '\0';
			machine->base_image = arena_printf(
				arena, "%s%s%s", name, has_tag ? ":" : "", has_tag ? tag : "");
			machine->base_image_from = str_from(variables[i].name);
			return;
		}
	}
}

static void look_container(
	const struct machine_root *root, struct arena *arena, struct machine *machine)
{
	bool here = root->fd < 0;
	const char *variable = here ? getenv("container") : NULL;
	struct str podman = machine_file(root, "run/.containerenv", SMALL_MAX, arena, NULL);
	if (podman.n > 0 || machine_exists(root, "run/.containerenv")) {
		machine->container = S("podman");
		machine->base_image = machine_read_containerenv(podman, arena);
		machine->base_image_from = S("/run/.containerenv");
	} else if (machine_exists(root, ".dockerenv")) {
		machine->container = S("docker");
	} else if (variable != NULL && variable[0] != '\0') {
		machine->container = arena_str(arena, str_from(variable));
	}
	if ((here && getenv("KUBERNETES_SERVICE_HOST") != NULL) ||
		machine_exists(root, "var/run/secrets/kubernetes.io")) {
		machine->container = S("kubernetes");
	}
	if (machine->base_image.n == 0) {
		machine->base_image_from = S("");
		if (here) {
			image_of_variables(arena, machine);
		}
	}
}

/* ---- all of it ------------------------------------------------------------------------------------ */

static void look_system(
	const struct machine_root *root, struct arena *arena, struct machine *machine)
{
	struct str os = machine_file(root, "etc/os-release", SMALL_MAX, arena, NULL);
	if (os.n == 0) {
		os = machine_file(root, "usr/lib/os-release", SMALL_MAX, arena, NULL);
	}
	machine_read_os(os, arena, machine);
	struct utsname system;
	if (root->fd < 0 && uname(&system) == 0) {
		machine->kernel = arena_str(arena, str_from(system.release));
		machine->arch = arena_str(arena, str_from(system.machine));
	}
	int64_t blocks;
	size_t limit = root->fd < 0 ? 16 << 10 : CPUINFO_MAX; /* one block of the real one */
	machine_read_cpu(
		machine_file(root, "proc/cpuinfo", limit, arena, NULL), arena, machine, &blocks);
	long online = root->fd < 0 ? sysconf(_SC_NPROCESSORS_ONLN) : (long)blocks;
	machine->cores = online > 0 ? online : 0;
}

/* "usr/lib/python3.11" has the version of a described machine's Python. */
static void look_python(
	const struct machine_root *root, struct arena *arena, struct machine *machine)
{
	static const char *const places[] = {
		"opt/venv/lib", "opt/conda/lib", "usr/local/lib", "usr/lib64", "usr/lib"};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		AUTO(machine_folder_close) DIR *folder = machine_folder(root, places[i]);
		const struct dirent *entry;
		while (folder != NULL && (entry = readdir(folder)) != NULL) {
			struct str name = str_from(entry->d_name);
			struct str version = str_skip(name, strlen("python"));
			if (str_starts(name, S("python3.")) &&
				str_eq(machine_plain_version(version), version)) {
				machine->python_version = arena_str(arena, version);
				return;
			}
		}
	}
}

bool machine_look(const struct machine_options *options, struct arena *arena, struct machine *ret,
	struct err *err)
{
	struct machine machine = {0};
	AUTO(fs_closep) int fd = -1;
	if (options->root != NULL) {
		fd = open(options->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0) {
			err_hint(err, "give a folder with files such as etc/os-release in it");
			return err_set(err, ERR_ENVIRONMENT,
				"the machine '%s' is no folder that can be read", options->root);
		}
	}
	const struct machine_root root = {fd};
	machine_packages packages = {0};
	look_system(&root, arena, &machine);
	look_limits(&root, arena, &machine);
	look_container(&root, arena, &machine);
	if (fd >= 0) {
		look_python(&root, arena, &machine);
	}
	machine_look_native(&root, options->prefix, arena, &machine, &packages);
	machine.packages = packages.p;
	machine.n_packages = packages.n;
	machine_look_gpu(&root, options, arena, &machine);
	machine_look_cuda(&root, options, &packages, arena, &machine);
	machine_look_symbols(&root, options->with_symbols, arena, &machine);
	*ret = machine;
	return true;
}
