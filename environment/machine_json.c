#include "environment/machine.h"
#include "common/hash.h"
#include "common/banned.h"

const char *machine_package_kind_name(enum machine_package_kind kind)
{
	switch (kind) {
	case MACHINE_DEB:
		return "deb";
	case MACHINE_RPM:
		return "rpm";
	case MACHINE_APK:
		return "apk";
	case MACHINE_CONDA:
		return "conda";
	}
	return "";
}

/* ---- members that are left out when they are not known ------------------------------------------------ */

static json_t *text_json(struct str text)
{
	json_t *json = json_stringn(text.p == NULL ? "" : text.p, text.n);
	if (json != NULL) {
		return json;
	}
	/* no UTF-8: files may hold anything */
	AUTO(buf_done) struct buf shown = {0};
	buf_add_shown(&shown, text, true);
	return json_stringn(shown.p, shown.n);
}

static void put(json_t *to, const char *key, struct str text)
{
	if (text.n > 0) {
		json_object_set_new(to, key, text_json(text));
	}
}

static void put_number(json_t *to, const char *key, int64_t number)
{
	if (number > 0) {
		json_object_set_new(to, key, json_integer(number));
	}
}

static void put_object(json_t *to, const char *key, json_t *object)
{
	if (json_object_size(object) > 0) {
		json_object_set(to, key, object);
	}
	json_decref(object);
}

static void put_fact(json_t *to, const char *key, const struct machine_fact *fact)
{
	json_t *made = json_object();
	put(made, "version", fact->version);
	put(made, "from", fact->from);
	put_object(to, key, made);
}

/* ---- parts ---------------------------------------------------------------------------------------- */

static void put_system(json_t *to, const struct machine *machine)
{
	json_t *system = json_object();
	put(system, "name", machine->os_name);
	put(system, "version", machine->os_version);
	put(system, "like", machine->os_like);
	put(system, "title", machine->os_title);
	put_object(to, "operating_system", system);
	put(to, "kernel", machine->kernel);
	put(to, "machine", machine->arch);
	json_t *libc = json_object();
	put(libc, "name", machine->libc);
	put(libc, "version", machine->libc_version);
	put_object(to, "libc", libc);
}

static void put_hardware(json_t *to, const struct machine *machine)
{
	json_t *cpu = json_object();
	put(cpu, "vendor", machine->cpu_vendor);
	put(cpu, "name", machine->cpu_name);
	if (machine->has_cpu_family) {
		json_object_set_new(cpu, "family", json_integer(machine->cpu_family));
	}
	if (machine->has_cpu_model) {
		json_object_set_new(cpu, "model", json_integer(machine->cpu_model));
	}
	put(cpu, "level", machine->cpu_level);
	put(cpu, "flags", machine->cpu_flags);
	put_object(to, "cpu", cpu);
	put_number(to, "cores", machine->cores);
	put_number(to, "cpu_limit_millicores", machine->cpu_limit);
	put_number(to, "memory_bytes", machine->memory_bytes);
	put_number(to, "memory_limit_bytes", machine->memory_limit);
}

static void put_gpu(json_t *to, const struct machine *machine)
{
	json_t *gpus = json_array();
	for (size_t i = 0; i < machine->n_gpus; i++) {
		json_t *one = json_object();
		put(one, "vendor", machine->gpus[i].vendor);
		put(one, "name", machine->gpus[i].name);
		put_number(one, "memory_bytes", machine->gpus[i].memory_bytes);
		json_array_append_new(gpus, one);
	}
	json_object_set_new(to, "gpus", gpus);
	json_t *driver = json_object();
	put(driver, "version", machine->gpu_driver);
	put(driver, "cuda_up_to", machine->gpu_cuda);
	put(driver, "fault", machine->gpu_fault);
	put_object(to, "gpu_driver", driver);
	put_fact(to, "cuda", &machine->cuda);
	put_fact(to, "cudnn", &machine->cudnn);
	put_fact(to, "openblas", &machine->openblas);
	put_fact(to, "openmpi", &machine->openmpi);
	put_fact(to, "mkl", &machine->mkl);
}

static void put_packages(json_t *to, const struct machine *machine)
{
	json_t *packages = json_array();
	for (size_t i = 0; i < machine->n_packages; i++) {
		const struct machine_package *p = &machine->packages[i];
		json_t *one = json_object();
		json_object_set_new(one, "kind", json_string(machine_package_kind_name(p->kind)));
		put(one, "name", p->name);
		put(one, "epoch", p->epoch);
		put(one, "version", p->version);
		put(one, "release", p->release);
		put(one, "arch", p->arch);
		json_array_append_new(packages, one);
	}
	json_object_set_new(to, "packages", packages);
}

/* What decides which software runs, and nothing that changes from day to day. */
static void put_id(json_t *to)
{
	static const char *const members[] = {"operating_system", "machine", "libc", "cpu", "gpus",
		"gpu_driver", "cuda", "cudnn", "openblas", "openmpi", "mkl", "base_image"};
	json_t *decides = json_object();
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		json_t *member = json_object_get(to, members[i]);
		if (member != NULL) {
			json_object_set(decides, members[i], member);
		}
	}
	char *text = json_dumps(decides, JSON_SORT_KEYS | JSON_COMPACT);
	json_decref(decides);
	if (text != NULL) {
		char hex[HASH_HEX + 1];
		char id[HASH_HEX + 8];
		hash_sha256_hex(str_from(text), hex);
		snprintf(id, sizeof(id), "sha256:%s", hex);
		json_object_set_new(to, "id", json_string(id));
	}
	free(text);
}

json_t *machine_json(const struct machine *machine)
{
	json_t *made = json_object();
	json_object_set_new(made, "schema", json_string("thoth.env/1"));
	put_system(made, machine);
	put_hardware(made, machine);
	put_gpu(made, machine);
	put(made, "container", machine->container);
	put(made, "base_image", machine->base_image);
	put(made, "base_image_from", machine->base_image_from);
	put_id(made);
	put(made, "faults", machine->faults);
	if (machine->knows_packages) {
		put_packages(made, machine);
	}
	if (machine->knows_symbols) {
		json_t *symbols = json_array();
		for (size_t i = 0; i < machine->n_symbols; i++) {
			json_array_append_new(symbols, text_json(machine->symbols[i]));
		}
		json_object_set_new(made, "symbols", symbols);
	}
	return made;
}
