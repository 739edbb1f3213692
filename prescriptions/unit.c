#include "prescriptions/unit.h"
#include "common/vec.h"
#include "packaging/name.h"
#include "prescriptions/spec.h"
#include "common/banned.h"

/* What unit.c reads from and into. */
struct reader {
	const struct presc_table *table;
	struct arena *arena;
};

typedef VEC(struct presc_instance) instance_vec;

static struct str text_of(const struct reader *in, const struct table_node *map, enum presc_key key)
{
	return table_text(in->table, table_get(in->table, map, key));
}

/* ---- packages --------------------------------------------------------------------------------- */

static struct presc_package read_package(const struct reader *in, const struct table_node *node)
{
	struct presc_package package = {.name = text_of(in, node, KEY_name), .develop = -1};
	const struct table_node *version = table_get(in->table, node, KEY_version);
	const struct table_node *index = table_get(in->table, node, KEY_index_url);
	const struct table_node *develop = table_get(in->table, node, KEY_develop);
	if (version != NULL) {
		struct err ignored = {0};
		bool as_text;
		struct str text = table_text(in->table, version);
		package.has_version =
			presc_spec_parse(text, in->arena, &package.version, &as_text, &ignored);
	}
	if (index != NULL && index->kind == TREE_TABLE) {
		package.index = text_of(in, index, KEY_not);
		package.index_not = package.index.n > 0;
	} else {
		package.index = table_text(in->table, index);
	}
	if (develop != NULL) {
		package.develop = table_truth(develop);
	}
	return package;
}

/* A list of packages, or one in its place. */
static const struct presc_package *read_packages(
	const struct reader *in, const struct table_node *node, size_t *ret_n)
{
	size_t n = 1;
	const struct table_node *items = node;
	if (node != NULL && node->kind == TREE_ARRAY) {
		items = table_items(in->table, node, &n);
	}
	*ret_n = node == NULL || n > PRESC_INSTANCES_MAX ? 0 : n;
	struct presc_package *packages = arena_array(in->arena, struct presc_package, *ret_n);
	for (size_t i = 0; i < *ret_n; i++) {
		packages[i] = read_package(in, &items[i]);
	}
	return packages;
}

/* ---- match ------------------------------------------------------------------------------------ */

static void read_state(
	const struct reader *in, const struct table_node *entry, struct presc_instance *ret)
{
	const struct table_node *state = table_get(in->table, entry, KEY_state);
	ret->has_state = state != NULL;
	ret->resolved = read_packages(
		in, table_get(in->table, state, KEY_resolved_dependencies), &ret->n_resolved);
	ret->from = read_packages(
		in, table_get(in->table, state, KEY_package_version_from), &ret->n_from);
	ret->allow_other =
		table_truth(table_get(in->table, state, KEY_package_version_from_allow_other));
}

/* k members: k instances, each with the others as resolved. */
static void read_group(const struct reader *in, const struct table_node *entry,
	uint32_t alternative, instance_vec *ret)
{
	size_t n;
	const struct table_node *items =
		table_items(in->table, table_get(in->table, entry, KEY_group), &n);
	if (n > 64) {
		n = 0; /* 64 * 64 packages are more than anybody means */
	}
	struct presc_package *members = arena_array(in->arena, struct presc_package, n);
	for (size_t i = 0; i < n; i++) {
		members[i] = read_package(in, table_get(in->table, &items[i], KEY_package_version));
	}
	for (size_t i = 0; i < n; i++) {
		struct presc_package *others = arena_array(in->arena, struct presc_package, n - 1);
		for (size_t k = 0; k < n; k++) {
			if (k != i) {
				others[k < i ? k : k - 1] = members[k];
			}
		}
		*vec_push(in->arena, ret) = (struct presc_instance){.alternative = alternative,
			.package = members[i],
			.has_state = true,
			.resolved = others,
			.n_resolved = n - 1};
	}
}

static void read_entry(const struct reader *in, enum presc_type type,
	const struct table_node *entry, uint32_t alternative, instance_vec *ret)
{
	if (type == PRESC_STEP_GROUP) {
		read_group(in, entry, alternative, ret);
		return;
	}
	struct presc_instance instance = {.alternative = alternative, .package.develop = -1};
	if (type == PRESC_BOOT || type == PRESC_SIEVE_SKIP_PACKAGE) {
		instance.package.name =
			name_normal(text_of(in, entry, KEY_package_name), in->arena);
	} else {
		instance.package =
			read_package(in, table_get(in->table, entry, KEY_package_version));
	}
	read_state(in, entry, &instance);
	*vec_push(in->arena, ret) = instance;
}

static void read_match(
	const struct reader *in, const struct table_node *match, struct presc_unit *ret)
{
	instance_vec instances = {0};
	size_t n = 1;
	const struct table_node *entries = match;
	if (match != NULL && match->kind == TREE_ARRAY) {
		entries = table_items(in->table, match, &n);
	}
	for (size_t i = 0; i < n && instances.n < PRESC_INSTANCES_MAX; i++) {
		read_entry(
			in, ret->type, match == NULL ? NULL : &entries[i], (uint32_t)i, &instances);
	}
	ret->instances = instances.p;
	ret->n_instances = instances.n;
}

/* ---- run -------------------------------------------------------------------------------------- */

static bool is_address(struct str link)
{
	return str_find(link, S("://")) > 0;
}

static const struct presc_message *read_messages(
	const struct reader *in, const struct table_node *node, bool expand, size_t *ret_n)
{
	size_t n;
	const struct table_node *items = table_items(in->table, node, &n);
	struct presc_message *messages = arena_array(in->arena, struct presc_message, n);
	for (size_t i = 0; i < n; i++) {
		messages[i] = (struct presc_message){
			.type = text_of(in, &items[i], KEY_type),
			.message = text_of(in, &items[i], KEY_message),
			.link = text_of(in, &items[i], KEY_link),
			.package_name = text_of(in, &items[i], KEY_package_name),
			.advisory = text_of(in, &items[i], KEY_advisory),
			.cve_id = text_of(in, &items[i], KEY_cve_id),
			.cve_name = text_of(in, &items[i], KEY_cve_name),
			.version_range = text_of(in, &items[i], KEY_version_range),
		};
		if (expand && !is_address(messages[i].link)) {
			messages[i].link =
				arena_printf(in->arena, "https://thoth-station.ninja/j/" STR_FMT,
					STR_ARG(messages[i].link));
		}
	}
	*ret_n = n;
	return messages;
}

static struct str without_equals(struct str version)
{
	while (version.n > 0 && version.p[0] == '=') {
		version = str_skip(version, 1);
	}
	return version;
}

static void read_new_package(
	const struct reader *in, const struct table_node *run, struct presc_unit *ret)
{
	const struct table_node *yield = table_get(in->table, run, KEY_yield);
	const struct table_node *package =
		table_get(in->table, yield != NULL ? yield : run, KEY_package_version);
	ret->yield_matched_version =
		table_truth(table_get(in->table, yield, KEY_yield_matched_version));
	ret->new_name = text_of(in, package, KEY_name);
	ret->new_version = without_equals(text_of(in, package, KEY_locked_version));
	ret->new_index = text_of(in, package, KEY_index_url);
	ret->new_develop = table_truth(table_get(in->table, package, KEY_develop));
}

static void read_run(const struct reader *in, const struct table_node *run, struct presc_unit *ret)
{
	const struct table_node *log = table_get(in->table, run, KEY_log);
	const struct table_node *score = table_get(in->table, run, KEY_score);
	const struct table_node *notes = table_get(in->table, run, KEY_release_notes);
	ret->log_type = text_of(in, log, KEY_type);
	ret->log_message = text_of(in, log, KEY_message);
	ret->stack_info = read_messages(
		in, table_get(in->table, run, KEY_stack_info), true, &ret->n_stack_info);
	ret->justification = read_messages(
		in, table_get(in->table, run, KEY_justification), true, &ret->n_justification);
	ret->has_score = score != NULL;
	ret->score = table_number(score);
	ret->not_acceptable = text_of(in, run, KEY_not_acceptable);
	ret->eager_stop = text_of(in, run, KEY_eager_stop_pipeline);
	ret->multi_package_resolution =
		table_truth(table_get(in->table, run, KEY_multi_package_resolution)) ||
		ret->type == PRESC_STEP_GROUP;
	ret->organization = text_of(in, notes, KEY_organization);
	ret->repository = text_of(in, notes, KEY_repository);
	ret->tag_prefix = text_of(in, notes, KEY_tag_version_prefix);
	ret->manifest_changes = table_get(in->table, run, KEY_advised_manifest_changes);
	read_new_package(in, run, ret);
}

bool presc_unit_read(const struct presc_table *table, uint32_t index, struct arena *arena,
	struct presc_unit *ret)
{
	if (index >= table_count(table, TABLE_UNITS)) {
		return false;
	}
	const struct table_unit *record = &table->units[index];
	if (record->section >= PRESC_SECTIONS || record->type >= PRESC_TYPES) {
		return false;
	}
	const struct reader in = {table, arena};
	struct presc_unit unit = {.name = table_str(table, record->name),
		.section = (enum presc_section)record->section,
		.type = (enum presc_type)record->type,
		.line = record->line,
		.column = record->column};
	if (record->file < table_count(table, TABLE_FILES)) {
		unit.file = table_str(table, table->files[record->file].path);
	}
	read_match(&in, table_node(table, record->match), &unit);
	read_run(&in, table_node(table, record->run), &unit);
	*ret = unit;
	return true;
}
