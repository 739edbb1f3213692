#include "advise/runtime.h"
#include <unistd.h>
#include "advise/targets.h"
#include "common/fs.h"
#include "environment/environment.h"
#include "packaging/name.h"
#include "common/banned.h"

/* ---- the machine ---------------------------------------------------------------------------------- */

/* Our own program can ask the graphics driver in a process of its own; that of a test cannot. */
static bool is_thoth(void)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path));
	return n > 0 && (size_t)n < sizeof(path) &&
	       str_eq(fs_basename((struct str){path, (size_t)n}), S("thoth"));
}

bool runtime_look(const struct advise_options *options, struct str python, const char *cache_dir,
	bool with_symbols, struct arena *arena, struct machine *ret, struct err *err)
{
	static const char *const probe[] = {"/proc/self/exe", "env", "gpu-probe", NULL};
	struct err ignored = {0};
	struct python_paths paths;
	struct str folders[2];
	struct machine_options look = {.with_symbols = with_symbols};
	if (options->machine.n > 0) {
		look.root = arena_cstr(arena, options->machine);
		return machine_look(&look, arena, ret, err);
	}
	look.gpu_probe = is_thoth() ? probe : NULL;
	if (python.n > 0 &&
		python_ask_paths(arena_cstr(arena, python), cache_dir, arena, &paths, &ignored)) {
		folders[0] = paths.purelib;
		folders[1] = paths.platlib;
		look.site_folders = folders;
		look.n_site_folders = str_eq(folders[0], folders[1]) ? 1 : 2;
		look.prefix = paths.prefix;
	}
	return machine_look(&look, arena, ret, err);
}

/* ---- as rules know it ----------------------------------------------------------------------------- */

/* "x86_64" of a wheel tag and of a kernel; "amd64" and "arm64" are the same machines elsewhere. */
static bool same_processor(struct str a, struct str b)
{
	return str_ieq(a, b) || (str_ieq(a, S("amd64")) && str_ieq(b, S("x86_64"))) ||
	       (str_ieq(a, S("arm64")) && str_ieq(b, S("aarch64")));
}

static void fill_image(
	const struct machine *machine, struct arena *arena, struct presc_machine *ret)
{
	struct presc_rpm *rpms = arena_array(arena, struct presc_rpm, machine->n_packages);
	size_t n = 0;
	for (size_t i = 0; i < machine->n_packages; i++) {
		const struct machine_package *p = &machine->packages[i];
		if (p->kind == MACHINE_RPM) {
			rpms[n++] = (struct presc_rpm){.package_name = p->name,
				.arch = p->arch,
				.epoch = p->epoch,
				.package_version = p->version,
				.release = p->release,
				.package_identifier = arena_printf(arena,
					STR_FMT "-" STR_FMT "-" STR_FMT "." STR_FMT,
					STR_ARG(p->name), STR_ARG(p->version), STR_ARG(p->release),
					STR_ARG(p->arch)),
				.has_src = true,
				.src = str_eq(p->arch, S("src"))};
		}
	}
	ret->image.knows_rpms = machine->knows_packages;
	ret->image.rpms = rpms;
	ret->image.n_rpms = n;
	ret->image.knows_symbols = machine->knows_symbols;
	ret->image.symbols = machine->symbols;
	ret->image.n_symbols = machine->n_symbols;
}

/* The first numbers of a version, as rules compare them: "12.4" of CUDA, "8.9.7" of cuDNN. */
static struct str first_parts(struct str version, size_t n)
{
	for (size_t i = 0; i < version.n; i++) {
		if (version.p[i] == '.' && --n == 0) {
			return str_slice(version, 0, i);
		}
	}
	return version;
}

void runtime_fill(const struct machine *machine, const struct environment *target,
	struct arena *arena, struct presc_machine *ret)
{
	*ret = (struct presc_machine){.python_version = target->python_version,
		.platform = arena_printf(arena, STR_FMT "-" STR_FMT, STR_ARG(target->platform),
			STR_ARG(target->arch))};
	bool same = str_eq(target->platform, S("linux")) &&
		    (machine->arch.n == 0 || same_processor(target->arch, machine->arch));
	if (!same) {
		return;
	}
	ret->os_name = machine->os_name;
	ret->os_version = machine->os_version;
	ret->cuda_version = first_parts(machine->cuda.version, 2);
	ret->cudnn_version = first_parts(machine->cudnn.version, 3);
	ret->openblas_version = machine->openblas.version;
	ret->openmpi_version = machine->openmpi.version;
	ret->mkl_version = machine->mkl.version;
	ret->base_image = machine->base_image;
	ret->has_cpu_family = machine->has_cpu_family;
	ret->cpu_family = machine->cpu_family;
	ret->has_cpu_model = machine->has_cpu_model;
	ret->cpu_model = machine->cpu_model;
	ret->gpu_model = machine->n_gpus > 0 ? machine->gpus[0].name : S("");
	ret->knows_flags = machine->cpu_flags.n > 0;
	ret->has_avx2 = machine_has_flag(machine, S("avx2"));
	ret->has_avx512 = machine_has_flag(machine, S("avx512f"));
	fill_image(machine, arena, ret);
}

/* ---- of a lock ------------------------------------------------------------------------------------ */

void runtime_init(struct runtime *runtime, struct request *request,
	const struct advise_options *options, struct arena *arena)
{
	*runtime = (struct runtime){.request = request, .options = options, .arena = arena};
}

/* The Python is only asked where its wheels can matter: it may cost a process. */
static void look(struct runtime *runtime)
{
	struct request *request = runtime->request;
	const char *cache_dir = arena_cstr(runtime->arena, request->config.cache_dir);
	struct str folders[2];
	struct err err = {0};
	runtime->has_looked = true;
	bool fine = runtime_look(
		runtime->options, S(""), cache_dir, false, runtime->arena, &runtime->machine, &err);
	if (fine && runtime->options->machine.n == 0 && runtime->machine.n_gpus > 0) {
		size_t n = targets_site_folders(request->input, cache_dir, runtime->arena, folders);
		struct machine_options again = {.site_folders = folders, .n_site_folders = n};
		fine = machine_look(&again, runtime->arena, &runtime->machine, &err);
	}
	if (!fine) {
		struct origin nowhere = {0};
		request_warn(request, runtime->arena, nowhere, S(""),
			arena_str(runtime->arena, str_from(err.message)));
	}
}

/* What the environment says, in the place of what was found. */
static void overlay(const struct runtime_environment *one, struct presc_machine *ret)
{
	const struct {
		const struct runtime_value *value;
		struct str *to;
	} values[] = {
		{&one->os_name,          &ret->os_name         },
		{&one->os_version,       &ret->os_version      },
		{&one->cuda_version,     &ret->cuda_version    },
		{&one->cudnn_version,    &ret->cudnn_version   },
		{&one->mkl_version,      &ret->mkl_version     },
		{&one->openblas_version, &ret->openblas_version},
		{&one->openmpi_version,  &ret->openmpi_version },
		{&one->base_image,       &ret->base_image      },
		{&one->gpu_model,        &ret->gpu_model       },
	};
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (values[i].value->is_said) {
			*values[i].to = values[i].value->text;
		}
	}
	if (one->has_cpu_family || one->has_cpu_model) {
		ret->knows_flags = false; /* those found are another processor's */
		ret->has_cpu_family = one->has_cpu_family;
		ret->cpu_family = one->cpu_family;
		ret->has_cpu_model = one->has_cpu_model;
		ret->cpu_model = one->cpu_model;
	}
}

void runtime_fill_machine(void *data, const struct environment *target, struct arena *arena,
	struct presc_machine *ret)
{
	struct runtime *runtime = data;
	if (!runtime->has_looked) {
		look(runtime);
	}
	const struct runtime_environment *one = runtime->request->runtime;
	struct machine unknown = {0};
	/* of another system nothing that was found here can be said */
	bool other = one != NULL && one->os_name.is_said &&
		     !str_eq(one->os_name.text, runtime->machine.os_name);
	runtime_fill(other ? &unknown : &runtime->machine, target, arena, ret);
	if (one != NULL) {
		overlay(one, ret);
	}
}

/* ---- .thoth.yaml ---------------------------------------------------------------------------------- */

/* --environment has keys of environments and names of runtime environments. */
static struct str named_environment(const struct advise_options *options, struct arena *arena)
{
	for (size_t i = 0; i < options->environments.n; i++) {
		struct environment ignored;
		struct err none = {0};
		struct str item = arena_str(arena, options->environments.items[i]);
		if (!environment_from_key(item, arena, &ignored, &none)) {
			return item;
		}
	}
	return S("");
}

static bool unknown_name(const struct request *request, struct str name, struct err *err)
{
	AUTO(buf_done) struct buf known = {0};
	for (size_t i = 0; i < request->runtimes.n && i < 10; i++) {
		buf_addf(&known, "%s" STR_FMT, i > 0 ? ", " : "",
			STR_ARG(request->runtimes.items[i].name));
	}
	err_hint(err, "write a key such as cp311-linux_x86_64-glibc_2.36%s%s",
		known.n > 0 ? ", or one of " : "", known.n > 0 ? known.p : "");
	return err_set(err, ERR_USAGE,
		"--environment: '" STR_FMT
		"' is no key of an environment and no name in .thoth.yaml",
		STR_ARG(name));
}

bool runtime_gather(struct request *request, struct arena *arena, struct err *err)
{
	const struct advise_options *options = request->options;
	struct str name = named_environment(options, arena);
	struct err fault = {0};
	request->recommendation_type = options->recommendation_type;
	if (!runtime_file_find(request->input, arena, &request->runtimes, &fault)) {
		if (name.n > 0) {
			*err = fault;
			return false;
		}
		struct origin place = {
			.file = arena_str(arena, str_from(fault.input)), .line = fault.line};
		struct str text = arena_printf(
			arena, "the runtime environments are left out: %s", fault.message);
		request_warn(request, arena, place, S(""), text);
	}
	request->runtime = name.n > 0                ? runtime_file_get(&request->runtimes, name)
			   : request->runtimes.n > 0 ? &request->runtimes.items[0]
						     : NULL;
	/* without a file it is a key that went wrong, of which targets.c speaks */
	if (name.n > 0 && request->runtime == NULL && request->runtimes.n > 0) {
		return unknown_name(request, name, err);
	}
	request->runtime_named = name.n > 0 && request->runtime != NULL;
	if (request->runtime != NULL && !options->type_given &&
		request->runtime->recommendation_type.n > 0) {
		request->recommendation_type = request->runtime->recommendation_type;
	}
	return true;
}
