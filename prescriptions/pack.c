#include "prescriptions/pack.h"
#include <stdlib.h>
#include "packaging/name.h"
#include "prescriptions/files.h"
#include "prescriptions/pool.h"
#include "prescriptions/waiting.h"
#include "common/banned.h"

struct trigger {
	uint32_t name; /* string id, TABLE_NO_INDEX: any package */
	uint32_t unit;
};

enum { KEYS_KNOWN = 256 };

struct presc_pack {
	struct pool texts;
	uint32_t keys
		[KEYS_KNOWN]; /* id + 1 of the last key of this shape: keys are few and come again */
	struct pool blocks; /* items of lists and mappings, each block once: the nodes of the set */
	struct arena arena;
	VEC(struct table_unit) units;
	VEC(struct trigger) triggers;
	VEC(struct table_file) files;
	uint32_t name, release;
	uint32_t n_rules; /* files with rules */
	struct table_node *scratch;
	size_t n_scratch, cap_scratch;
};

static uint32_t text_id(struct presc_pack *pack, struct str text)
{
	return pool_id(&pack->texts, text.p, text.n, 1);
}

struct presc_pack *presc_pack_new(size_t n_files)
{
#define WORD(word) STR_INIT(#word),
	static const struct str words[] = {PRESC_KEYS(WORD)};
#undef WORD
	struct presc_pack *pack = calloc(1, sizeof(*pack));
	if (pack == NULL) {
		arena_die("out of memory");
	}
	pool_reserve(&pack->texts, n_files * 4);
	pool_reserve(&pack->blocks, n_files * 6);
	for (size_t i = 0; i < PRESC_KEY_COUNT; i++) {
		(void)text_id(pack, words[i]);
	}
	pack->name = text_id(pack, S("UNKNOWN"));
	pack->release = pack->name;
	return pack;
}

void presc_pack_free(struct presc_pack *pack)
{
	if (pack == NULL) {
		return;
	}
	pool_done(&pack->texts);
	pool_done(&pack->blocks);
	arena_done(&pack->arena);
	free(pack->scratch);
	free(pack);
}

void presc_pack_file(struct presc_pack *pack, const struct presc_file *file)
{
	*vec_push(&pack->arena, &pack->files) = (struct table_file){
		.path = text_id(pack, file->path), .size = file->size, .mtime_ns = file->mtime_ns};
	pack->n_rules += !file->is_metadata;
}

void presc_pack_metadata(struct presc_pack *pack, struct str name, struct str release)
{
	pack->name = text_id(pack, name);
	pack->release = text_id(pack, release);
}

/* ---- values ----------------------------------------------------------------------------------- */

/* The index of a block of nodes, which is the same for equal blocks. */
static uint32_t block_index(struct presc_pack *pack, const struct table_node *nodes, size_t n)
{
	uint32_t id = pool_id(&pack->blocks, nodes, n * sizeof(*nodes), sizeof(*nodes));
	return pack->blocks.entries[id].at / (uint32_t)sizeof(*nodes);
}

static struct table_node node_of(struct presc_pack *pack, const struct tree *value);

/* The id of a key, mostly without a look into the large table. */
static uint32_t key_id(struct presc_pack *pack, struct str key)
{
	if (key.n == 0) {
		return text_id(pack, key);
	}
	size_t shape =
		(key.n * 31 + (unsigned char)key.p[0] * 7 + (unsigned char)key.p[key.n - 1] * 3 +
			(unsigned char)key.p[key.n / 2]) %
		KEYS_KNOWN;
	uint32_t known = pack->keys[shape];
	if (known == 0 || !str_eq(pool_str(&pack->texts, known - 1), key)) {
		known = text_id(pack, key) + 1;
		pack->keys[shape] = known;
	}
	return known - 1;
}

/* Nodes of the items on the scratch stack, then as a block; returns where it lies. */
static uint32_t items_index(struct presc_pack *pack, const struct tree *value)
{
	size_t first = pack->n_scratch;
	for (size_t i = 0; i < value->n; i++) {
		struct table_node node = node_of(pack, &value->items[i]);
		node.key = value->kind == TREE_TABLE ? key_id(pack, value->items[i].key)
						     : TABLE_NO_INDEX;
		if (pack->n_scratch == pack->cap_scratch) {
			pack->cap_scratch = pack->cap_scratch == 0 ? 256 : pack->cap_scratch * 2;
			pack->scratch =
				realloc(pack->scratch, pack->cap_scratch * sizeof(*pack->scratch));
			if (pack->scratch == NULL) {
				arena_die("out of memory");
			}
		}
		pack->scratch[pack->n_scratch++] = node;
	}
	pack->n_scratch = first;
	return value->n == 0 ? 0 : block_index(pack, pack->scratch + first, value->n);
}

static struct table_node node_of(struct presc_pack *pack, const struct tree *value)
{
	struct table_node node = {.kind = (uint8_t)value->kind, .key = TABLE_NO_INDEX};
	uint64_t bits = (uint64_t)value->integer;
	switch (value->kind) {
	case TREE_NULL:
		break;
	case TREE_STRING:
	case TREE_DATE:
		node.a = text_id(pack, value->text);
		break;
	case TREE_FLOAT:
	case TREE_INTEGER:
		if (value->kind == TREE_FLOAT) {
			memcpy(&bits, &value->number, sizeof(bits));
		}
		node.a = (uint32_t)bits;
		node.b = (uint32_t)(bits >> 32);
		break;
	case TREE_BOOL:
		node.a = value->truth;
		break;
	case TREE_ARRAY:
	case TREE_TABLE:
		node.a = items_index(pack, value);
		node.b = (uint32_t)value->n;
		break;
	}
	return node;
}

/* A value by itself: the index of its node. */
static uint32_t value_index(struct presc_pack *pack, const struct tree *value)
{
	if (value == NULL) {
		return TABLE_NO_INDEX;
	}
	struct table_node node = node_of(pack, value);
	return block_index(pack, &node, 1);
}

/* ---- units ------------------------------------------------------------------------------------ */

static void add_trigger(struct presc_pack *pack, struct str name)
{
	struct trigger trigger = {.name = TABLE_NO_INDEX, .unit = (uint32_t)pack->units.n - 1};
	if (name.n > 0) {
		AUTO(arena_done) struct arena arena = {0};
		trigger.name = text_id(pack, name_normal(name, &arena));
	}
	*vec_push(&pack->arena, &pack->triggers) = trigger;
}

/* The first package of a state, as strides and wraps are triggered. */
static void trigger_by_state(struct presc_pack *pack, const struct tree *entry)
{
	const struct tree *resolved =
		tree_get(tree_get(entry, S("state")), S("resolved_dependencies"));
	if (resolved != NULL && resolved->kind == TREE_ARRAY) {
		resolved = resolved->n > 0 ? &resolved->items[0] : NULL;
	}
	add_trigger(pack, tree_text(resolved, S("name")));
}

static void trigger_by_entry(
	struct presc_pack *pack, enum presc_type type, const struct tree *entry)
{
	const struct tree *group = tree_get(entry, S("group"));
	switch (type) {
	case PRESC_BOOT:
	case PRESC_SIEVE_SKIP_PACKAGE:
		add_trigger(pack, tree_text(entry, S("package_name")));
		break;
	case PRESC_PSEUDONYM:
	case PRESC_SIEVE:
	case PRESC_STEP:
	case PRESC_STEP_SKIP_PACKAGE:
	case PRESC_STEP_ADD_PACKAGE:
		add_trigger(pack, tree_text(tree_get(entry, S("package_version")), S("name")));
		break;
	case PRESC_STEP_GROUP:
		for (size_t i = 0; i < group->n; i++) {
			add_trigger(
				pack, tree_text(tree_get(&group->items[i], S("package_version")),
					      S("name")));
		}
		break;
	case PRESC_STRIDE:
	case PRESC_WRAP:
	case PRESC_WRAP_RELEASE_NOTES:
		trigger_by_state(pack, entry);
		break;
	}
}

void presc_pack_unit(struct presc_pack *pack, enum presc_type type, const struct tree *unit,
	struct str prescription)
{
	AUTO(buf_done) struct buf name = {0};
	const struct tree *match = tree_get(unit, S("match"));
	buf_add(&name, prescription);
	buf_byte(&name, '.');
	buf_add(&name, tree_text(unit, S("name")));
	*vec_push(&pack->arena, &pack->units) = (struct table_unit){
		.name = text_id(pack, buf_str(&name)),
		.file = pack->files.n == 0 ? TABLE_NO_INDEX : (uint32_t)pack->files.n - 1,
		.line = (uint32_t)unit->line,
		.column = (uint32_t)unit->column,
		.condition = value_index(pack, tree_get(unit, S("should_include"))),
		.match = value_index(pack, match),
		.run = value_index(pack, tree_get(unit, S("run"))),
		.section = (uint8_t)presc_type_section(type),
		.type = (uint8_t)type,
	};
	if (match == NULL) {
		add_trigger(pack, S(""));
	} else if (match->kind != TREE_ARRAY) {
		trigger_by_entry(pack, type, match);
	} else {
		for (size_t i = 0; i < match->n; i++) {
			trigger_by_entry(pack, type, &match->items[i]);
		}
	}
}

/* ---- order ------------------------------------------------------------------------------------ */

/* Sort the units by section, the order of reading within one. Triggers follow. */
static void sort_units(struct presc_pack *pack, uint32_t section_first[PRESC_SECTIONS + 1])
{
	size_t n = pack->units.n;
	struct table_unit *sorted = arena_array(&pack->arena, struct table_unit, n);
	uint32_t *moved = arena_array(&pack->arena, uint32_t, n);
	uint32_t at = 0;
	for (int section = 0; section < PRESC_SECTIONS; section++) {
		section_first[section] = at;
		for (size_t i = 0; i < n; i++) {
			if (pack->units.p[i].section == section) {
				moved[i] = at;
				sorted[at++] = pack->units.p[i];
			}
		}
	}
	section_first[PRESC_SECTIONS] = at;
	pack->units.p = sorted;
	for (size_t i = 0; i < pack->triggers.n; i++) {
		pack->triggers.p[i].unit = moved[pack->triggers.p[i].unit];
	}
}

static int by_name_and_unit(const void *a, const void *b)
{
	const struct trigger *x = a;
	const struct trigger *y = b;
	if (x->name != y->name) {
		return x->name < y->name ? -1 : 1;
	}
	return x->unit < y->unit ? -1 : x->unit > y->unit;
}

struct names {
	VEC(struct table_name) list;
	VEC(uint32_t) postings;
	const struct pool *texts;
};

static int by_text(const void *a, const void *b, void *context)
{
	const struct table_name *x = a;
	const struct table_name *y = b;
	const struct pool *texts = context;
	struct str x_text = x->name == TABLE_NO_INDEX ? S("") : pool_str(texts, x->name);
	struct str y_text = y->name == TABLE_NO_INDEX ? S("") : pool_str(texts, y->name);
	return str_cmp(x_text, y_text);
}

/* Each name once with its units, by text; those without a name come first, under "". */
static void index_names(struct presc_pack *pack, struct names *ret)
{
	if (pack->triggers.n > 0) {
		qsort(pack->triggers.p, pack->triggers.n, sizeof(pack->triggers.p[0]),
			by_name_and_unit);
	}
	for (size_t i = 0; i < pack->triggers.n; i++) {
		const struct trigger *trigger = &pack->triggers.p[i];
		bool same = i > 0 && trigger->name == trigger[-1].name;
		if (same && trigger->unit == trigger[-1].unit) {
			continue;
		}
		if (!same) {
			*vec_push(&pack->arena, &ret->list) = (struct table_name){
				.name = trigger->name, .first = (uint32_t)ret->postings.n};
		}
		*vec_push(&pack->arena, &ret->postings) = trigger->unit;
		ret->list.p[ret->list.n - 1].n++;
	}
	if (ret->list.n > 0) {
		qsort_r(ret->list.p, ret->list.n, sizeof(ret->list.p[0]), by_text, &pack->texts);
	}
}

/* ---- conditions ------------------------------------------------------------------------------- */

struct conditions {
	VEC(struct table_condition) list;
};

/* Which of the words a list of should_include lets through: a bit for each, all when it is not given. */
static uint32_t allowed(const struct presc_table *table, const struct table_node *node,
	const struct str *words, uint32_t n_words)
{
	uint32_t all = (1u << n_words) - 1;
	uint32_t named = 0;
	size_t n;
	const struct table_node *without = table_get(table, node, KEY_not);
	const struct table_node *items = table_items(table, without != NULL ? without : node, &n);
	if (node == NULL || (node->kind == TREE_TABLE && without == NULL)) {
		return all;
	}
	for (size_t i = 0; i < n; i++) {
		for (uint32_t k = 0; k < n_words; k++) {
			named |= str_eq(table_text(table, &items[i]), words[k]) ? 1u << k : 0;
		}
	}
	return without != NULL ? all & ~named : named;
}

static uint32_t condition_flags(const struct presc_table *table, uint32_t index)
{
	static const struct str recommendations[] = {STR_INIT("latest"), STR_INIT("stable"),
		STR_INIT("testing"), STR_INIT("performance"), STR_INIT("security")};
	static const struct str decisions[] = {STR_INIT("all"), STR_INIT("random")};
	const struct table_node *node = table_node(table, index);
	const struct table_node *times = table_get(table, node, KEY_times);
	uint32_t flags = 0;
	flags |= table_truth(table_get(table, node, KEY_adviser_pipeline)) ? TABLE_ADVISER : 0;
	flags |= table_truth(table_get(table, node, KEY_dependency_monkey_pipeline)) ? TABLE_MONKEY
										     : 0;
	flags |= times != NULL && table_integer(times) == 0 ? TABLE_OFF : 0;
	flags |= table_get(table, node, KEY_labels) != NULL ||
				 table_get(table, node, KEY_library_usage) != NULL ||
				 table_get(table, node, KEY_runtime_environments) != NULL ||
				 table_get(table, node, KEY_authenticated) != NULL
			 ? TABLE_MORE
			 : 0;
	flags |= table_get(table, node, KEY_dependencies) != NULL ? TABLE_DEPENDS : 0;
	flags |= allowed(table, table_get(table, node, KEY_recommendation_types), recommendations,
			 5) *
		 TABLE_RECOMMENDATION_0;
	flags |= allowed(table, table_get(table, node, KEY_decision_types), decisions, 2) *
		 TABLE_DECISION_0;
	return flags;
}

/* Number the conditions that occur, in the order of the units. */
static void number_conditions(
	struct presc_pack *pack, const struct presc_table *nodes, struct conditions *ret)
{
	size_t n_nodes = table_count(nodes, TABLE_NODES);
	uint32_t *number = arena_array(&pack->arena, uint32_t, n_nodes);
	for (size_t i = 0; i < pack->units.n; i++) {
		struct table_unit *unit = &pack->units.p[i];
		uint32_t node = unit->condition;
		if (number[node] == 0) {
			*vec_push(&pack->arena, &ret->list) = (struct table_condition){
				.node = node, .flags = condition_flags(nodes, node)};
			number[node] = (uint32_t)ret->list.n;
		}
		unit->condition = number[node] - 1;
	}
}

/* ---- the whole -------------------------------------------------------------------------------- */

static void duplicate(const struct presc_pack *pack, const struct table_unit *first,
	const struct table_unit *second, struct presc_report *report)
{
	struct str of = first->file < pack->files.n
				? pool_str(&pack->texts, pack->files.p[first->file].path)
				: S("the same text");
	report->file = second->file < pack->files.n
			       ? arena_str(report->arena,
					 pool_str(&pack->texts, pack->files.p[second->file].path))
			       : report->file;
	presc_fault(report, (int)second->line, (int)second->column, "give it another name",
		"a unit '" STR_FMT "' is already present in " STR_FMT ", line %u",
		STR_ARG(pool_str(&pack->texts, second->name)), STR_ARG(of), first->line);
}

/* Units of one section with one name. Sections are dealt with one after the other. */
static void report_duplicates(
	struct presc_pack *pack, const uint32_t *section_first, struct presc_report *report)
{
	uint32_t *taken = arena_array(&pack->arena, uint32_t, pack->texts.n);
	struct str file = report->file;
	for (int section = 0; section < PRESC_SECTIONS; section++) {
		for (uint32_t i = section_first[section]; i < section_first[section + 1]; i++) {
			uint32_t *other = &taken[pack->units.p[i].name];
			if (*other > section_first[section]) {
				duplicate(pack, &pack->units.p[*other - 1], &pack->units.p[i],
					report);
			} else {
				*other = i + 1;
			}
		}
	}
	report->file = file;
}

static void put(unsigned char *image, struct table_header *header, enum table_part which,
	const void *p, size_t n)
{
	size_t bytes = n * table_element(which);
	header->parts[which].at = header->size;
	header->parts[which].n = n;
	if (image != NULL && bytes > 0) {
		memcpy(image + header->size, p, bytes);
	}
	header->size += (bytes + 7) / 8 * 8;
}

struct contents {
	const struct table_text *texts;
	const struct names *names;
	const struct conditions *conditions;
	const struct table_note *notes;
	size_t n_notes;
};

/* All parts, one after the other; with image NULL their sizes alone. */
static void put_all(const struct presc_pack *pack, const struct contents *contents,
	unsigned char *image, struct table_header *header)
{
	header->size = sizeof(*header);
	put(image, header, TABLE_TEXTS, contents->texts, pack->texts.n);
	put(image, header, TABLE_BYTES, pack->texts.bytes, pack->texts.n_bytes);
	put(image, header, TABLE_NODES, pack->blocks.bytes,
		pack->blocks.n_bytes / sizeof(struct table_node));
	put(image, header, TABLE_UNITS, pack->units.p, pack->units.n);
	put(image, header, TABLE_CONDITIONS, contents->conditions->list.p,
		contents->conditions->list.n);
	put(image, header, TABLE_NAMES, contents->names->list.p, contents->names->list.n);
	put(image, header, TABLE_POSTINGS, contents->names->postings.p,
		contents->names->postings.n);
	put(image, header, TABLE_FILES, pack->files.p, pack->files.n);
	put(image, header, TABLE_NOTES, contents->notes, contents->n_notes);
}

static void seal(unsigned char *image, size_t n)
{
	struct table_header *header = (struct table_header *)(void *)image;
	const size_t summed = offsetof(struct table_header, digest);
	header->checksum = table_checksum(image + summed, n - summed);
}

static const struct table_note *pack_notes(
	struct presc_pack *pack, const struct presc_report *report)
{
	struct table_note *notes =
		arena_array(&pack->arena, struct table_note, report->notes.list.n);
	for (size_t i = 0; i < report->notes.list.n; i++) {
		const struct presc_fault *note = &report->notes.list.p[i];
		notes[i] = (struct table_note){
			.file = text_id(pack, note->file),
			.line = (uint32_t)note->line,
			.column = (uint32_t)note->column,
			.message = text_id(pack, note->message),
			.hint = text_id(pack, str_from(note->hint)),
		};
	}
	return notes;
}

static const struct table_text *pack_texts(struct presc_pack *pack)
{
	struct table_text *texts = arena_array(&pack->arena, struct table_text, pack->texts.n);
	for (uint32_t i = 0; i < pack->texts.n; i++) {
		texts[i] = (struct table_text){pack->texts.entries[i].at, pack->texts.entries[i].n};
	}
	return texts;
}

/* A table over the pools alone, to read nodes while the set is not there yet. */
static struct presc_table nodes_of(
	struct presc_pack *pack, const struct table_text *texts, struct table_header *header)
{
	header->parts[TABLE_TEXTS].n = pack->texts.n;
	header->parts[TABLE_BYTES].n = pack->texts.n_bytes;
	header->parts[TABLE_NODES].n = pack->blocks.n_bytes / sizeof(struct table_node);
	header->parts[TABLE_UNITS].n = pack->units.n;
	return (struct presc_table){.header = header,
		.texts = texts,
		.bytes = (const char *)pack->texts.bytes,
		.nodes = (const struct table_node *)(const void *)pack->blocks.bytes,
		.units = pack->units.p};
}

void presc_pack_finish(struct presc_pack *pack, struct presc_report *report, struct str digest,
	struct presc_table *ret)
{
	struct table_header header = {.magic = "THRULES",
		.version = TABLE_VERSION,
		.byte_order = 0x01020304,
		.name = pack->name,
		.release = pack->release,
		.n_files = pack->n_rules};
	header.magic[7] = '\n';
	memcpy(header.digest, digest.p, digest.n < 71 ? digest.n : 71);
	sort_units(pack, header.section_first);
	report_duplicates(pack, header.section_first, report);
	struct names names = {0};
	index_names(pack, &names);
	const struct table_note *notes = pack_notes(pack, report);
	const struct table_text *texts = pack_texts(pack);
	struct conditions conditions = {0};
	struct presc_table nodes = nodes_of(pack, texts, &header);
	number_conditions(pack, &nodes, &conditions);

	struct contents contents = {texts, &names, &conditions, notes, report->notes.list.n};
	put_all(pack, &contents, NULL, &header);
	unsigned char *image = calloc(1, header.size);
	if (image == NULL) {
		arena_die("out of memory");
	}
	put_all(pack, &contents, image, &header);
	memcpy(image, &header, sizeof(header));
	seal(image, header.size);
	struct err err = {0};
	if (!table_open(image, header.size, ret, &err)) {
		arena_die(err.message);
	}
	ret->p = image;
	presc_report_waiting(ret, report);
}

void presc_pack_set_digest(struct presc_table *table, struct str digest)
{
	unsigned char *image = (unsigned char *)table->p;
	struct table_header *header = (struct table_header *)(void *)image;
	memset(header->digest, 0, sizeof(header->digest));
	memcpy(header->digest, digest.p, digest.n < 71 ? digest.n : 71);
	seal(image, table->n);
}
