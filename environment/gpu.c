#include "environment/machine_files.h"
#include <dlfcn.h>
#include <fcntl.h>
#include "common/proc.h"
#include "common/banned.h"

enum { SMALL_MAX = 4096, DEVICES_MAX = 4096, PROBE_MAX = 64 << 10 };

/* ---- what files say ------------------------------------------------------------------------------- */

static struct str device_file(
	const struct machine_root *root, const char *device, const char *name, struct arena *arena)
{
	struct str path = arena_printf(arena, "sys/bus/pci/devices/%s/%s", device, name);
	return str_trim(machine_file(root, path.p, SMALL_MAX, arena, NULL));
}

/* The graphics cards on the bus: class 03xxxx of NVIDIA (10de) and AMD (1002). */
static size_t look_bus(
	const struct machine_root *root, struct arena *arena, struct machine_gpu *gpus)
{
	AUTO(machine_folder_close) DIR *folder = machine_folder(root, "sys/bus/pci/devices");
	const struct dirent *entry;
	size_t n = 0;
	size_t seen = 0;
	while (folder != NULL && (entry = readdir(folder)) != NULL && n < MACHINE_GPUS_MAX &&
		seen++ < DEVICES_MAX) {
		if (entry->d_name[0] == '.' ||
			!str_starts(device_file(root, entry->d_name, "class", arena), S("0x03"))) {
			continue;
		}
		struct str vendor = device_file(root, entry->d_name, "vendor", arena);
		bool nvidia = str_eq(vendor, S("0x10de"));
		if (nvidia || str_eq(vendor, S("0x1002"))) {
			struct str device = device_file(root, entry->d_name, "device", arena);
			gpus[n].vendor = nvidia ? S("nvidia") : S("amd");
			gpus[n++].name = arena_printf(arena, STR_FMT " " STR_FMT ":" STR_FMT,
				STR_ARG(nvidia ? S("nvidia") : S("amd")),
				STR_ARG(str_skip(vendor, 2)), STR_ARG(str_skip(device, 2)));
		}
	}
	return n;
}

/* NVIDIA's driver tells the model of each card in a file; its other lines are serial numbers. */
static void look_names(
	const struct machine_root *root, struct arena *arena, struct machine_gpu *gpus, size_t *n)
{
	AUTO(machine_folder_close) DIR *folder = machine_folder(root, "proc/driver/nvidia/gpus");
	const struct dirent *entry;
	size_t named = 0;
	while (folder != NULL && (entry = readdir(folder)) != NULL && named < MACHINE_GPUS_MAX) {
		struct str path = arena_printf(
			arena, "proc/driver/nvidia/gpus/%s/information", entry->d_name);
		struct str rest = machine_file(root, path.p, SMALL_MAX, arena, NULL);
		struct str line;
		while (str_next_line(&rest, &line)) {
			if (!str_starts(line, S("Model:"))) {
				continue;
			}
			while (named < *n && !str_eq(gpus[named].vendor, S("nvidia"))) {
				named++;
			}
			if (named < MACHINE_GPUS_MAX) {
				gpus[named].vendor = S("nvidia");
				gpus[named++].name = str_trim(str_skip(line, 6));
				*n = named > *n ? named : *n;
			}
			break;
		}
	}
}

/* "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 ..." */
static struct str driver_version(struct str text)
{
	struct str line;
	while (str_next_line(&text, &line)) {
		if (!str_starts(line, S("NVRM version:"))) {
			continue;
		}
		struct str rest = line;
		while (rest.n > 0) {
			struct str word = rest;
			if (!str_cut(rest, S(" "), &word, &rest)) {
				rest = S("");
			}
			if (str_find_char(word, '.') > 0 &&
				str_eq(machine_plain_version(word), word)) {
				return word;
			}
		}
	}
	return S("");
}

/* ---- what the driver says ------------------------------------------------------------------------- */

void machine_read_probe(struct str text, struct arena *arena, struct machine *ret)
{
	struct machine_gpu *gpus = arena_array(arena, struct machine_gpu, MACHINE_GPUS_MAX);
	size_t n = 0;
	struct str line;
	while (str_next_line(&text, &line)) {
		struct str word, rest, bytes;
		uint64_t memory = 0;
		if (!str_cut(line, S("\t"), &word, &rest)) {
			continue;
		}
		if (str_eq(word, S("driver"))) {
			ret->gpu_driver = arena_str(arena, rest);
		} else if (str_eq(word, S("cuda"))) {
			ret->gpu_cuda = arena_str(arena, rest);
		} else if (str_eq(word, S("gpu")) && str_cut(rest, S("\t"), &rest, &bytes) &&
			   str_to_u64(bytes, &memory) && memory <= INT64_MAX &&
			   n < MACHINE_GPUS_MAX) {
			gpus[n++] = (struct machine_gpu){
				S("nvidia"), arena_str(arena, rest), (int64_t)memory};
		}
	}
	/* cards of others stay as the bus has them */
	for (size_t i = 0; n > 0 && i < ret->n_gpus && n < MACHINE_GPUS_MAX; i++) {
		if (!str_eq(ret->gpus[i].vendor, S("nvidia"))) {
			gpus[n++] = ret->gpus[i];
		}
	}
	if (n > 0) {
		ret->gpus = gpus;
		ret->n_gpus = n;
	}
}

void machine_ask_driver(
	const struct machine_options *options, struct arena *arena, struct machine *machine)
{
	struct proc_result result;
	struct err err = {0};
	struct proc_options run = {
		.argv = options->gpu_probe,
		.timeout_ms = options->gpu_timeout_ms > 0 ? options->gpu_timeout_ms
							  : MACHINE_GPU_TIMEOUT_MS,
		.output_limit = PROBE_MAX,
	};
	if (!proc_run(&run, arena, &result, &err)) {
		machine->gpu_fault = arena_str(arena, str_from(err.message));
	} else if (result.status != 0) {
		struct str said = str_trim(result.errors);
		machine->gpu_fault = said.n > 0 ? said : S("the graphics driver does not answer");
	} else {
		machine_read_probe(result.output, arena, machine);
	}
}

void machine_look_gpu(const struct machine_root *root, const struct machine_options *options,
	struct arena *arena, struct machine *machine)
{
	struct machine_gpu *gpus = arena_array(arena, struct machine_gpu, MACHINE_GPUS_MAX);
	size_t n = look_bus(root, arena, gpus);
	look_names(root, arena, gpus, &n);
	machine->gpus = gpus;
	machine->n_gpus = n;
	machine->gpu_driver = driver_version(
		machine_file(root, "proc/driver/nvidia/version", SMALL_MAX, arena, NULL));
	/* dxg: the paravirtual card of a Linux below Windows */
	bool has_driver = machine->gpu_driver.n > 0 || machine_exists(root, "dev/nvidiactl") ||
			  machine_exists(root, "dev/dxg");
	if (root->fd < 0 && has_driver && options->gpu_probe != NULL) {
		machine_ask_driver(options, arena, machine);
	}
}

/* ---- in the process of its own --------------------------------------------------------------------- */

struct memory_info {
	unsigned long long total, available, used;
};

/* The functions of NVML that we call (its reference manual, "Device Queries", "System Queries"). */
struct management {
	int (*init)(void);
	int (*shutdown)(void);
	int (*driver)(char *text, unsigned n);
	int (*cuda)(int *version);
	int (*count)(unsigned *n);
	int (*handle)(unsigned i, void **device);
	int (*name)(void *device, char *text, unsigned n);
	int (*memory)(void *device, struct memory_info *info);
};

static bool take_functions(void *library, struct management *ret)
{
	const struct {
		const char *name;
		void *to;
	} functions[] = {
		{"nvmlInit_v2",                       &ret->init    },
		{"nvmlShutdown",                      &ret->shutdown},
		{"nvmlSystemGetDriverVersion",        &ret->driver  },
		{"nvmlSystemGetCudaDriverVersion_v2", &ret->cuda    },
		{"nvmlDeviceGetCount_v2",             &ret->count   },
		{"nvmlDeviceGetHandleByIndex_v2",     &ret->handle  },
		{"nvmlDeviceGetName",                 &ret->name    },
		{"nvmlDeviceGetMemoryInfo",           &ret->memory  },
	};
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		void *symbol = dlsym(library, functions[i].name);
		if (symbol == NULL) {
			return false;
		}
		memcpy(functions[i].to, &symbol, sizeof(symbol));
	}
	return true;
}

/* A name is one line without tabs. */
static void put_word(const char *text)
{
	for (; *text != '\0'; text++) {
		putchar((unsigned char)*text < ' ' ? ' ' : *text);
	}
}

static void put_devices(const struct management *nvml)
{
	unsigned n = 0;
	if (nvml->count(&n) != 0) {
		return;
	}
	for (unsigned i = 0; i < n && i < MACHINE_GPUS_MAX; i++) {
		void *device = NULL;
		char name[128] = "";
		struct memory_info info = {0};
		if (nvml->handle(i, &device) != 0 ||
			nvml->name(device, name, sizeof(name) - 1) != 0) {
			continue;
		}
		if (nvml->memory(device, &info) != 0) {
			info.total = 0;
		}
		fputs("gpu\t", stdout);
		put_word(name);
		printf("\t%llu\n", info.total);
	}
}

int machine_gpu_probe(void)
{
	struct management nvml;
	void *library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
	if (library == NULL || !take_functions(library, &nvml)) {
		fputs("libnvidia-ml.so.1 cannot be used", stderr);
		return 1;
	}
	int status = nvml.init();
	if (status != 0) {
		fprintf(stderr, "the graphics driver answers with error %d", status);
		return 1;
	}
	char driver[128] = "";
	int cuda = 0;
	if (nvml.driver(driver, sizeof(driver) - 1) == 0 && driver[0] != '\0') {
		fputs("driver\t", stdout);
		put_word(driver);
		putchar('\n');
	}
	if (nvml.cuda(&cuda) == 0 && cuda > 0) {
		printf("cuda\t%d.%d\n", cuda / 1000, cuda % 1000 / 10);
	}
	put_devices(&nvml);
	nvml.shutdown();
	return fflush(stdout) == 0 ? 0 : 1;
}
