#include "advise/config.h"
#include "advise/runtime.h"
#include "cli/command.h"
#include "cli/drive.h"
#include "environment/environment.h"
#include "common/banned.h"

/* thoth env: the machine and the Python as the resolver sees them. */

/* ---- for a person ----------------------------------------------------------------------------------- */

/* One row; nothing when the text is empty. */
static void row(struct buf *out, const char *name, struct str text)
{
	if (text.n > 0) {
		buf_addf(out, "%-18s", name);
		buf_add_shown(out, text, true);
		buf_byte(out, '\n');
	}
}

static struct str bytes_text(int64_t bytes, struct arena *arena)
{
	int64_t tenths = bytes / (1 << 30) * 10 + bytes % (1 << 30) * 10 / (1 << 30);
	return arena_printf(arena, "%lld.%lld GiB", (long long)tenths / 10, (long long)tenths % 10);
}

static void say_fact(
	struct buf *out, const char *name, const struct machine_fact *fact, struct arena *arena)
{
	if (fact->version.n > 0) {
		row(out, name,
			arena_printf(arena, STR_FMT " (" STR_FMT ")", STR_ARG(fact->version),
				STR_ARG(fact->from)));
	}
}

static void say_hardware(const struct machine *machine, struct arena *arena, struct buf *out)
{
	AUTO(buf_done) struct buf cpu = {0};
	buf_add(&cpu, machine->cpu_name.n > 0 ? machine->cpu_name : machine->arch);
	if (machine->cpu_level.n > 0) {
		buf_addf(&cpu, ", " STR_FMT, STR_ARG(machine->cpu_level));
	}
	if (machine->has_cpu_family && machine->has_cpu_model) {
		buf_addf(&cpu, " (family %lld, model %lld)", (long long)machine->cpu_family,
			(long long)machine->cpu_model);
	}
	if (machine->cores > 0) {
		buf_addf(&cpu, ", %lld core%s", (long long)machine->cores,
			machine->cores == 1 ? "" : "s");
	}
	if (machine->cpu_limit > 0) {
		buf_addf(&cpu, ", limited to %lld.%02lld", (long long)machine->cpu_limit / 1000,
			(long long)machine->cpu_limit % 1000 / 10);
	}
	row(out, "processor", buf_str(&cpu));
	if (machine->memory_bytes > 0) {
		AUTO(buf_done) struct buf memory = {0};
		buf_add(&memory, bytes_text(machine->memory_bytes, arena));
		if (machine->memory_limit > 0) {
			buf_add(&memory, S(", limited to "));
			buf_add(&memory, bytes_text(machine->memory_limit, arena));
		}
		row(out, "memory", buf_str(&memory));
	}
	for (size_t i = 0; i < machine->n_gpus; i++) {
		const struct machine_gpu *gpu = &machine->gpus[i];
		row(out, "graphics card",
			gpu->memory_bytes == 0
				? gpu->name
				: arena_printf(arena, STR_FMT ", " STR_FMT, STR_ARG(gpu->name),
					  STR_ARG(bytes_text(gpu->memory_bytes, arena))));
	}
	if (machine->n_gpus == 0) {
		row(out, "graphics card", S("none found"));
	}
	if (machine->gpu_driver.n > 0) {
		row(out, "graphics driver",
			arena_printf(arena, STR_FMT "%s" STR_FMT, STR_ARG(machine->gpu_driver),
				machine->gpu_cuda.n > 0 ? ", up to CUDA " : "",
				STR_ARG(machine->gpu_cuda)));
	}
	row(out, "graphics fault", machine->gpu_fault);
}

static void say_packages(const struct machine *machine, struct arena *arena, struct buf *out)
{
	AUTO(buf_done) struct buf text = {0};
	for (enum machine_package_kind kind = MACHINE_DEB; kind <= MACHINE_CONDA; kind++) {
		size_t n = 0;
		for (size_t i = 0; i < machine->n_packages; i++) {
			n += machine->packages[i].kind == kind;
		}
		if (n > 0) {
			buf_addf(&text, "%s%zu %s", text.n > 0 ? ", " : "", n,
				machine_package_kind_name(kind));
		}
	}
	row(out, "native packages", buf_str(&text));
	struct str rest = machine->faults;
	struct str line;
	while (str_next_line(&rest, &line)) {
		row(out, "not read", arena_str(arena, line));
	}
}

static void say_machine(const struct machine *machine, struct arena *arena, struct buf *out)
{
	struct str name = arena_printf(arena, STR_FMT "%s" STR_FMT, STR_ARG(machine->os_name),
		machine->os_version.n > 0 ? " " : "", STR_ARG(machine->os_version));
	row(out, "operating system",
		machine->os_title.n == 0 ? (name.n > 0 ? name : S("not known"))
					 : arena_printf(arena, STR_FMT " [" STR_FMT "]",
						   STR_ARG(machine->os_title), STR_ARG(name)));
	row(out, "kernel", machine->kernel);
	if (machine->libc.n > 0) {
		row(out, "libc",
			arena_printf(arena, STR_FMT " " STR_FMT, STR_ARG(machine->libc),
				STR_ARG(machine->libc_version)));
	}
	say_hardware(machine, arena, out);
	say_fact(out, "CUDA", &machine->cuda, arena);
	say_fact(out, "cuDNN", &machine->cudnn, arena);
	say_fact(out, "OpenBLAS", &machine->openblas, arena);
	say_fact(out, "OpenMPI", &machine->openmpi, arena);
	say_fact(out, "MKL", &machine->mkl, arena);
	row(out, "container", machine->container);
	if (machine->base_image.n > 0) {
		row(out, "base image",
			arena_printf(arena, STR_FMT " (" STR_FMT ")", STR_ARG(machine->base_image),
				STR_ARG(machine->base_image_from)));
	}
	say_packages(machine, arena, out);
}

/* ---- the Python ------------------------------------------------------------------------------------- */

static json_t *python_json(
	const struct environment *python, struct str executable, struct arena *arena)
{
	json_t *made = json_object();
	json_object_set_new(made, "version", advise_json_text(python->python_full_version));
	json_object_set_new(
		made, "implementation", advise_json_text(python->platform_python_implementation));
	json_object_set_new(made, "executable", advise_json_text(executable));
	json_object_set_new(made, "environment", advise_json_text(environment_key(python, arena)));
	return made;
}

static void report(const struct advise_options *options, const struct machine *machine,
	const struct environment *python, struct str executable, struct arena *arena)
{
	if (options->json) {
		json_t *document = machine_json(machine);
		if (python != NULL) {
			json_object_set_new(
				document, "python", python_json(python, executable, arena));
		} else if (machine->python_version.n > 0) {
			json_object_set_new(document, "python",
				json_pack("{s:o}", "version",
					advise_json_text(machine->python_version)));
		}
		drive_print_json(document);
		json_decref(document);
		return;
	}
	AUTO(buf_done) struct buf out = {0};
	say_machine(machine, arena, &out);
	if (python != NULL) {
		row(&out, "Python",
			arena_printf(arena, STR_FMT ", " STR_FMT " (" STR_FMT ")",
				STR_ARG(python->python_full_version),
				STR_ARG(environment_key(python, arena)), STR_ARG(executable)));
	} else {
		row(&out, "Python", machine->python_version);
	}
	drive_print(stdout, &out);
}

/* ---- the command ------------------------------------------------------------------------------------ */

static int look(const struct advise_options *options, struct arena *arena)
{
	struct config config;
	struct err err = {0};
	struct machine machine;
	struct environment python;
	if (!config_read(options, arena, &config, &err)) {
		return drive_error(&err, options->json);
	}
	const char *cache_dir = arena_cstr(arena, config.cache_dir);
	struct str executable = options->machine.n > 0 ? S("") : python_find(S("python3"), arena);
	struct err no_python = {0};
	/* a version manager's shim is asked once: what it starts is cached */
	struct python_paths paths;
	if (executable.n > 0 &&
		python_ask_paths(executable.p, cache_dir, arena, &paths, &no_python)) {
		executable = arena_str(arena, paths.executable);
	}
	bool has_python =
		executable.n > 0 && python_ask(executable.p, cache_dir, arena, &python, &no_python);
	if (!runtime_look(options, executable, cache_dir, options->json, arena, &machine, &err)) {
		return drive_error(&err, options->json);
	}
	report(options, &machine, has_python ? &python : NULL, executable, arena);
	return 0;
}

static int run(const struct str *argv, size_t argc)
{
	AUTO(arena_done) struct arena arena = {0};
	struct advise_options options;
	struct err err = {0};
	if (argc == 1 && str_eq(argv[0], S("gpu-probe"))) {
		return machine_gpu_probe(); /* what runtime_look() starts */
	}
	if (!advise_options_parse(ADVISE_ENV, argv, argc, false, &arena, &options, &err)) {
		return drive_error(&err, false);
	}
	if (options.help) {
		AUTO(buf_done) struct buf out = {0};
		buf_addf(&out, "usage: thoth %s\n\n", cmd_env.usage);
		advise_options_help(ADVISE_ENV, false, &out);
		drive_print(stdout, &out);
		return 0;
	}
	if (options.words.n > 0) {
		err_hint(&err, "usage: thoth %s", cmd_env.usage);
		err_set(&err, ERR_USAGE, "env takes options alone");
		return drive_error(&err, options.json);
	}
	return look(&options, &arena);
}

const struct command cmd_env = {
	.name = "env",
	.usage = "env [OPTIONS]",
	.summary = "the machine and the Python, as locks see them",
	.run = run,
};
