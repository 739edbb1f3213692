#include "prescriptions/table.h"
#include <stdlib.h>
#include <sys/mman.h>
#include "common/banned.h"

/* ---- opening ---------------------------------------------------------------------------------- */

size_t table_element(enum table_part part)
{
	static const size_t sizes[TABLE_PARTS] = {
		[TABLE_TEXTS] = sizeof(struct table_text),
		[TABLE_BYTES] = 1,
		[TABLE_NODES] = sizeof(struct table_node),
		[TABLE_UNITS] = sizeof(struct table_unit),
		[TABLE_CONDITIONS] = sizeof(struct table_condition),
		[TABLE_NAMES] = sizeof(struct table_name),
		[TABLE_POSTINGS] = sizeof(uint32_t),
		[TABLE_FILES] = sizeof(struct table_file),
		[TABLE_NOTES] = sizeof(struct table_note),
	};
	return sizes[part];
}

static uint64_t rotate(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

/* Four lanes of multiply and rotate, so that it runs at the speed of memory. */
uint64_t table_checksum(const unsigned char *p, size_t n)
{
	const uint64_t prime = 0x9e3779b97f4a7c15u;
	uint64_t lane[4] = {n, n ^ prime, n + 1, ~prime};
	size_t i = 0;
	for (; i + 32 <= n; i += 32) {
		uint64_t words[4];
		memcpy(words, p + i, sizeof(words));
		for (int k = 0; k < 4; k++) {
			lane[k] = rotate((lane[k] ^ words[k]) * prime, 29);
		}
	}
	for (; i < n; i++) {
		lane[i & 3] = rotate((lane[i & 3] ^ p[i]) * prime, 29);
	}
	uint64_t sum = 0;
	for (int k = 0; k < 4; k++) {
		sum = rotate((sum ^ lane[k]) * prime, 31);
	}
	return sum ^ sum >> 32;
}

static bool refuse(struct err *err, const char *why)
{
	return err_set(err, ERR_INPUT, "not a compiled set of rules: %s", why);
}

/* Each part lies inside, aligned. */
static bool parts_fit(const struct table_header *header, size_t n)
{
	for (int i = 0; i < TABLE_PARTS; i++) {
		uint64_t at = header->parts[i].at;
		size_t size = table_element((enum table_part)i);
		if (at % 8 != 0 || at < sizeof(*header) || at > n ||
			header->parts[i].n > (n - at) / size ||
			header->parts[i].n > UINT32_MAX - 1) {
			return false;
		}
	}
	uint32_t before = 0;
	for (int i = 0; i <= PRESC_SECTIONS; i++) {
		if (header->section_first[i] < before) {
			return false;
		}
		before = header->section_first[i];
	}
	return header->section_first[0] == 0 && before == header->parts[TABLE_UNITS].n &&
	       memchr(header->digest, '\0', sizeof(header->digest)) != NULL;
}

/* The first strings are the vocabulary of this program. */
static bool vocabulary_fits(const struct presc_table *table)
{
#define WORD(word) STR_INIT(#word),
	static const struct str words[] = {PRESC_KEYS(WORD)};
#undef WORD
	for (uint32_t i = 0; i < PRESC_KEY_COUNT; i++) {
		if (!str_eq(table_str(table, i), words[i])) {
			return false;
		}
	}
	return true;
}

static const void *part(const struct presc_table *table, enum table_part which)
{
	return table->p + table->header->parts[which].at;
}

bool table_open(const unsigned char *p, size_t n, struct presc_table *ret, struct err *err)
{
	struct presc_table table = {.p = p, .n = n};
	const size_t summed = offsetof(struct table_header, digest);
	if (n < sizeof(struct table_header) || n > TABLE_MAX || memcmp(p, "THRULES\n", 8) != 0) {
		return refuse(err, "its head is another one's");
	}
	table.header = (const struct table_header *)(const void *)p;
	if (table.header->version != TABLE_VERSION || table.header->byte_order != 0x01020304) {
		return refuse(err, "another version wrote it");
	}
	if (table.header->size != n) {
		return refuse(err, "it is cut short");
	}
	if (table.header->checksum != table_checksum(p + summed, n - summed)) {
		return refuse(err, "it is damaged");
	}
	if (!parts_fit(table.header, n)) {
		return refuse(err, "its parts do not fit");
	}
	table.texts = part(&table, TABLE_TEXTS);
	table.bytes = part(&table, TABLE_BYTES);
	table.nodes = part(&table, TABLE_NODES);
	table.units = part(&table, TABLE_UNITS);
	table.conditions = part(&table, TABLE_CONDITIONS);
	table.names = part(&table, TABLE_NAMES);
	table.postings = part(&table, TABLE_POSTINGS);
	table.files = part(&table, TABLE_FILES);
	table.notes = part(&table, TABLE_NOTES);
	if (!vocabulary_fits(&table)) {
		return refuse(err, "another version wrote it");
	}
	*ret = table;
	return true;
}

void presc_table_done(struct presc_table *table)
{
	if (table->is_mapped) {
		munmap((void *)table->p, table->n);
	} else if (!table->is_lent) {
		free((void *)table->p);
	}
	*table = (struct presc_table){0};
}

/* ---- reading ---------------------------------------------------------------------------------- */

struct str table_str(const struct presc_table *table, uint32_t id)
{
	if (id >= table_count(table, TABLE_TEXTS)) {
		return S("");
	}
	struct table_text text = table->texts[id];
	uint32_t n = table_count(table, TABLE_BYTES);
	if (text.at > n || text.n > n - text.at) {
		return S("");
	}
	return (struct str){table->bytes + text.at, text.n};
}

const struct table_name *table_name_find(const struct presc_table *table, struct str name)
{
	uint32_t low = 0;
	uint32_t high = table_count(table, TABLE_NAMES);
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct table_name *entry = &table->names[middle];
		int order = str_cmp(table_str(table, entry->name), name);
		if (order == 0) {
			uint32_t n = table_count(table, TABLE_POSTINGS);
			return entry->first <= n && entry->n <= n - entry->first ? entry : NULL;
		}
		if (order < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return NULL;
}

const struct table_node *table_node(const struct presc_table *table, uint32_t index)
{
	return index < table_count(table, TABLE_NODES) ? &table->nodes[index] : NULL;
}

const struct table_node *table_items(
	const struct presc_table *table, const struct table_node *node, size_t *ret_n)
{
	*ret_n = 0;
	if (node == NULL || (node->kind != TREE_ARRAY && node->kind != TREE_TABLE)) {
		return NULL;
	}
	/* items lie before what holds them: no value holds itself */
	size_t at = (size_t)(node - table->nodes);
	if (node->a > at || node->b > at - node->a) {
		return NULL;
	}
	*ret_n = node->b;
	return table->nodes + node->a;
}

const struct table_node *table_get(
	const struct presc_table *table, const struct table_node *node, enum presc_key key)
{
	size_t n;
	const struct table_node *items = table_items(table, node, &n);
	if (n == 0 || node->kind != TREE_TABLE) {
		return NULL;
	}
	for (size_t i = 0; i < n; i++) {
		if (items[i].key == (uint32_t)key) {
			return &items[i];
		}
	}
	return NULL;
}

struct str table_text(const struct presc_table *table, const struct table_node *node)
{
	return node != NULL && node->kind == TREE_STRING ? table_str(table, node->a) : S("");
}

int64_t table_integer(const struct table_node *node)
{
	return node != NULL && node->kind == TREE_INTEGER
		       ? (int64_t)((uint64_t)node->b << 32 | node->a)
		       : 0;
}

double table_number(const struct table_node *node)
{
	double number = 0;
	if (node != NULL && node->kind == TREE_FLOAT) {
		uint64_t bits = (uint64_t)node->b << 32 | node->a;
		memcpy(&number, &bits, sizeof(number));
	}
	return number;
}

bool table_truth(const struct table_node *node)
{
	return node != NULL && node->kind == TREE_BOOL && node->a != 0;
}

struct str table_key(const struct presc_table *table, const struct table_node *node)
{
	return table_str(table, node->key);
}

static void put_json(
	const struct presc_table *table, const struct table_node *node, int depth, struct buf *out)
{
	struct tree scalar = {.kind = (enum tree_kind)node->kind,
		.text = table_str(table, node->a),
		.integer = table_integer(node),
		.number = table_number(node),
		.truth = table_truth(node)};
	bool is_table = node->kind == TREE_TABLE;
	if (node->kind > TREE_TABLE || depth > TREE_DEPTH_MAX) {
		buf_add(out, S("null"));
		return;
	}
	if (!is_table && node->kind != TREE_ARRAY) {
		tree_put_json(&scalar, out);
		return;
	}
	size_t n;
	const struct table_node *items = table_items(table, node, &n);
	buf_byte(out, is_table ? '{' : '[');
	for (size_t i = 0; i < n && !out->full; i++) {
		if (i > 0) {
			buf_byte(out, ',');
		}
		if (is_table) {
			tree_put_json_string(table_key(table, &items[i]), out);
			buf_byte(out, ':');
		}
		put_json(table, &items[i], depth + 1, out);
	}
	buf_byte(out, is_table ? '}' : ']');
}

void table_json(const struct presc_table *table, const struct table_node *node, struct buf *out)
{
	if (node == NULL) {
		buf_add(out, S("null"));
		return;
	}
	put_json(table, node, 0, out);
}
