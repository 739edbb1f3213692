#include "prescriptions/runtime.h"
#include "prescriptions/location.h"
#include "prescriptions/spec.h"
#include "common/banned.h"

/*
 * Where the original decides otherwise, and `literal` with it: a version that is null counts as not given
 * (documented: the machine has none), and the entries of `hardware` must hold all (documented: one of
 * them).
 */

struct question {
	const struct presc_table *table;
	const struct presc_machine *machine;
	bool literal;
	struct runtime_memo *memo;
};

/* A list that may stand under `not`. */
struct listed {
	const struct table_node *items;
	size_t n;
	bool is_given, is_not;
};

static struct listed read_list(
	const struct question *question, const struct table_node *map, enum presc_key key)
{
	const struct table_node *node = table_get(question->table, map, key);
	const struct table_node *without = table_get(question->table, node, KEY_not);
	struct listed list = {.is_not = without != NULL};
	list.items = table_items(question->table, without != NULL ? without : node, &list.n);
	/* an empty mapping where a list belongs says nothing */
	list.is_given = node != NULL && (node->kind == TREE_ARRAY || without != NULL);
	return list;
}

static struct str text_of(
	const struct question *question, const struct table_node *map, enum presc_key key)
{
	return table_text(question->table, table_get(question->table, map, key));
}

/* A member that is given equals value. */
static bool equals(const struct question *question, const struct table_node *map,
	enum presc_key key, struct str value)
{
	return table_get(question->table, map, key) == NULL ||
	       str_eq(text_of(question, map, key), value);
}

/* ---- versions --------------------------------------------------------------------------------- */

static bool version_fits(struct str spec, struct str text)
{
	AUTO(arena_done) struct arena arena = {0};
	struct specifier_set set;
	struct version version;
	struct err ignored = {0};
	bool as_text;
	return version_parse(text, &version) &&
	       presc_spec_parse(spec, &arena, &set, &as_text, &ignored) &&
	       specifier_contains(&set, &version);
}

/* The same for a version of the machine, from memory where it was asked before. */
static bool machine_fits(const struct question *question, enum presc_key key,
	const struct table_node *spec, struct str has)
{
	size_t slot = (spec->a * 31 + (unsigned)key) % RUNTIME_MEMO;
	struct runtime_memo *memo = question->memo;
	if (memo->slots[slot].spec != spec->a + 1 || memo->slots[slot].key != (uint16_t)key) {
		memo->slots[slot].fits = version_fits(table_text(question->table, spec), has);
		memo->slots[slot].spec = spec->a + 1;
		memo->slots[slot].key = (uint16_t)key;
	}
	return memo->slots[slot].fits;
}

static bool versions_hold(const struct question *question, const struct table_node *node)
{
	const struct presc_machine *machine = question->machine;
	const struct {
		enum presc_key key;
		struct str has;
	} versions[] = {
		{KEY_python_version,   machine->python_version  },
		{KEY_cuda_version,     machine->cuda_version    },
		{KEY_cudnn_version,    machine->cudnn_version   },
		{KEY_openblas_version, machine->openblas_version},
		{KEY_openmpi_version,  machine->openmpi_version },
		{KEY_mkl_version,      machine->mkl_version     },
	};
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		const struct table_node *spec = table_get(question->table, node, versions[i].key);
		bool is_null = spec != NULL && spec->kind == TREE_NULL;
		if (spec == NULL || (is_null && question->literal)) {
			continue;
		}
		if (is_null ? versions[i].has.n > 0
			    : versions[i].has.n == 0 || !machine_fits(question, versions[i].key,
								spec, versions[i].has)) {
			return false;
		}
	}
	return true;
}

/* ---- system and hardware ---------------------------------------------------------------------- */

static bool systems_hold(const struct question *question, const struct table_node *node)
{
	size_t n;
	const struct table_node *systems = table_items(
		question->table, table_get(question->table, node, KEY_operating_systems), &n);
	for (size_t i = 0; i < n; i++) {
		if (equals(question, &systems[i], KEY_name, question->machine->os_name) &&
			equals(question, &systems[i], KEY_version, question->machine->os_version)) {
			return true;
		}
	}
	return n == 0;
}

/* Is the text (null: "") among the entries? */
static bool text_listed(const struct question *question, const struct listed *list, struct str text)
{
	for (size_t i = 0; i < list->n; i++) {
		bool is_null = list->items[i].kind == TREE_NULL;
		if (is_null ? text.n == 0
			    : text.n > 0 && str_eq(table_text(question->table, &list->items[i]),
						    text)) {
			return true;
		}
	}
	return false;
}

static bool texts_hold(const struct question *question, const struct table_node *node,
	enum presc_key key, struct str text)
{
	struct listed list = read_list(question, node, key);
	return !list.is_given || text_listed(question, &list, text) != list.is_not;
}

static bool number_holds(const struct question *question, const struct table_node *node,
	enum presc_key key, bool has, int64_t number)
{
	struct listed list = read_list(question, node, key);
	bool listed = false;
	for (size_t i = 0; i < list.n; i++) {
		bool is_null = list.items[i].kind == TREE_NULL;
		listed =
			listed || (is_null ? !has : has && table_integer(&list.items[i]) == number);
	}
	return !list.is_given || listed != list.is_not;
}

/* The original's table of processors; a machine that tells its flags does not need it. */
static bool has_flag(const struct presc_machine *machine, struct str flag)
{
	static const struct {
		int64_t family, model;
		bool avx2, avx512;
	} known[] = {
		{6,  0x5,  true,  true },
		{6,  0x6,  true,  true },
		{6,  0x7,  false, true },
		{6,  0xa,  true,  false},
		{6,  0xc,  true,  true },
		{6,  0xd,  true,  false},
		{6,  0xe,  true,  false},
		{6,  0xf,  true,  false},
		{23, 0x31, true,  false},
		{25, 0x1,  true,  false},
	};
	bool avx2 = str_eq(flag, S("avx2"));
	if (machine->knows_flags) {
		return avx2 ? machine->has_avx2 : machine->has_avx512;
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].family == machine->cpu_family &&
			known[i].model == machine->cpu_model) {
			return avx2 ? known[i].avx2 : known[i].avx512;
		}
	}
	return false;
}

static bool flags_hold(const struct question *question, const struct table_node *node)
{
	const struct presc_machine *machine = question->machine;
	struct listed list = read_list(question, node, KEY_cpu_flags);
	if (!list.is_given) {
		return true;
	}
	if (!machine->knows_flags && !(machine->has_cpu_family && machine->has_cpu_model)) {
		return false;
	}
	for (size_t i = 0; i < list.n; i++) {
		if (has_flag(machine, table_text(question->table, &list.items[i])) == list.is_not) {
			return false;
		}
	}
	return true;
}

static bool hardware_holds(const struct question *question, const struct table_node *node)
{
	size_t n;
	const struct presc_machine *machine = question->machine;
	const struct table_node *entries =
		table_items(question->table, table_get(question->table, node, KEY_hardware), &n);
	size_t held = 0;
	for (size_t i = 0; i < n; i++) {
		held += number_holds(question, &entries[i], KEY_cpu_families,
				machine->has_cpu_family, machine->cpu_family) &&
			number_holds(question, &entries[i], KEY_cpu_models, machine->has_cpu_model,
				machine->cpu_model) &&
			texts_hold(question, &entries[i], KEY_gpu_models, machine->gpu_model) &&
			flags_hold(question, &entries[i]);
	}
	return n == 0 || (question->literal ? held == n : held > 0);
}

/* ---- base images ------------------------------------------------------------------------------ */

/* The tag behind the last ':' that is not a registry's port. */
static struct str split_image(struct str image, struct str *ret_tag)
{
	ptrdiff_t slash = str_find_last_char(image, '/');
	ptrdiff_t colon = str_find_last_char(image, ':');
	if (colon < 0 || colon < slash) {
		*ret_tag = S("");
		return image;
	}
	*ret_tag = str_skip(image, (size_t)colon + 1);
	return str_slice(image, 0, (size_t)colon);
}

static bool image_fits(struct str wanted, struct str image)
{
	struct str wanted_tag;
	struct str tag;
	struct str wanted_name = split_image(wanted, &wanted_tag);
	if (!str_eq(wanted_name, split_image(image, &tag))) {
		return false;
	}
	if (wanted_tag.n == 0 || tag.n == 0) {
		return true;
	}
	if (str_ends(wanted_tag, S("*"))) {
		return str_starts(tag, str_slice(wanted_tag, 0, wanted_tag.n - 1));
	}
	return str_eq(wanted_tag, tag);
}

static bool images_hold(const struct question *question, const struct table_node *node)
{
	struct listed list = read_list(question, node, KEY_base_images);
	struct str image = question->machine->base_image;
	bool listed = false;
	for (size_t i = 0; i < list.n; i++) {
		bool is_null = list.items[i].kind == TREE_NULL;
		listed = listed || (is_null ? image.n == 0
					    : image.n > 0 && image_fits(table_text(question->table,
										&list.items[i]),
								     image));
	}
	return !list.is_given || listed != list.is_not;
}

/* ---- what the image holds --------------------------------------------------------------------- */

static bool symbols_hold(const struct question *question, const struct table_node *node)
{
	const struct presc_image *image = &question->machine->image;
	struct listed list = read_list(question, node, KEY_abi);
	if (!list.is_given) {
		return true;
	}
	if (question->machine->base_image.n == 0 || !image->knows_symbols) {
		return false;
	}
	for (size_t i = 0; i < list.n; i++) {
		struct str wanted = table_text(question->table, &list.items[i]);
		bool present = false;
		for (size_t k = 0; k < image->n_symbols && !present; k++) {
			present = str_eq(image->symbols[k], wanted);
		}
		if (present == list.is_not) {
			return false;
		}
	}
	return true;
}

static bool rpm_fits(const struct question *question, const struct table_node *wanted,
	const struct presc_rpm *rpm)
{
	const struct table_node *src = table_get(question->table, wanted, KEY_src);
	return equals(question, wanted, KEY_package_name, rpm->package_name) &&
	       equals(question, wanted, KEY_arch, rpm->arch) &&
	       equals(question, wanted, KEY_epoch, rpm->epoch) &&
	       equals(question, wanted, KEY_package_identifier, rpm->package_identifier) &&
	       equals(question, wanted, KEY_package_version, rpm->package_version) &&
	       equals(question, wanted, KEY_release, rpm->release) &&
	       (src == NULL || (rpm->has_src && table_truth(src) == rpm->src));
}

/* Under `not` it is enough that one of them is absent. */
static bool rpms_hold(const struct question *question, const struct table_node *node)
{
	const struct presc_image *image = &question->machine->image;
	struct listed list = read_list(question, node, KEY_rpm_packages);
	bool all = true;
	if (!list.is_given) {
		return true;
	}
	if (question->machine->base_image.n == 0 || !image->knows_rpms) {
		return false;
	}
	for (size_t i = 0; i < list.n; i++) {
		bool present = false;
		for (size_t k = 0; k < image->n_rpms && !present; k++) {
			present = rpm_fits(question, &list.items[i], &image->rpms[k]);
		}
		all = all && present;
	}
	return all != list.is_not;
}

static bool python_fits(const struct question *question, const struct table_node *wanted,
	const struct presc_installed *installed)
{
	const struct table_node *version = table_get(question->table, wanted, KEY_version);
	struct str location = text_of(question, wanted, KEY_location);
	return str_eq(text_of(question, wanted, KEY_name), installed->name) &&
	       (version == NULL ||
		       version_fits(table_text(question->table, version), installed->version)) &&
	       (location.n == 0 || presc_location_matches(location, installed->location));
}

/* Under `not` none of them may be there. */
static bool pythons_hold(const struct question *question, const struct table_node *node)
{
	const struct presc_image *image = &question->machine->image;
	struct listed list = read_list(question, node, KEY_python_packages);
	if (!list.is_given) {
		return true;
	}
	if (question->machine->base_image.n == 0 || !image->knows_pythons ||
		image->n_pythons == 0) {
		return false;
	}
	for (size_t i = 0; i < list.n; i++) {
		bool present = false;
		for (size_t k = 0; k < image->n_pythons && !present; k++) {
			present = python_fits(question, &list.items[i], &image->pythons[k]);
		}
		if (present == list.is_not) {
			return false;
		}
	}
	return true;
}

bool presc_runtime_holds(const struct presc_table *table, const struct table_node *node,
	const struct presc_machine *machine, bool literal, struct runtime_memo *memo)
{
	const struct question question = {table, machine, literal, memo};
	return node == NULL ||
	       (versions_hold(&question, node) && systems_hold(&question, node) &&
		       hardware_holds(&question, node) &&
		       texts_hold(&question, node, KEY_platforms, machine->platform) &&
		       images_hold(&question, node) && symbols_hold(&question, node) &&
		       rpms_hold(&question, node) && pythons_hold(&question, node));
}
