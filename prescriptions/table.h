#pragma once
#include "packaging/tree.h"
#include "prescriptions/schema.h"
#include "prescriptions/vocabulary.h"

/*
 * A compiled set of rules: one block of bytes, in memory or mapped from a file, that is read as it
 * stands. Texts and values that occur often are in it once: the 90,000 units of the public corpus have few
 * different conditions, so that each condition is decided once.
 *
 * The numbers are this machine's (the cache is no exchange format). Opening checks the size, the
 * checksum and where the parts lie; reading checks every reference, so that bytes that are no set give
 * empty answers and no fault.
 */
enum { TABLE_VERSION = 1, TABLE_MAX = 1 << 30, TABLE_NONE = -1 };
#define TABLE_NO_INDEX UINT32_MAX

struct table_text {
	uint32_t at, n;
};

/* A value. Strings are ids; lists and mappings say where their items lie, which are before them. */
struct table_node {
	uint8_t kind; /* enum tree_kind */
	uint8_t zero[3];
	uint32_t key; /* string id, TABLE_NO_INDEX in a list */
	uint32_t a,
		b; /* string id | low and high half of a number | truth | first item and their count */
};

struct table_unit {
	uint32_t name; /* with the prescription's name in front: string id */
	uint32_t file; /* index */
	uint32_t line, column;
	uint32_t condition;  /* index */
	uint32_t match, run; /* node index, TABLE_NO_INDEX: not given */
	uint8_t section, type;
	uint16_t zero;
};

/* A should_include that occurs, with what decides most of them in one step. */
enum {
	TABLE_ADVISER = 1 << 0,
	TABLE_MONKEY = 1 << 1,
	TABLE_OFF = 1 << 2, /* times: 0 */
	TABLE_MORE =
		1 << 3, /* labels, library usage, environment or authentication: look at the node */
	TABLE_DEPENDS = 1 << 4,          /* on other units */
	TABLE_RECOMMENDATION_0 = 1 << 8, /* five bits: the types that fit */
	TABLE_DECISION_0 = 1 << 16,      /* two bits */
};
struct table_condition {
	uint32_t node;
	uint32_t flags;
};

/* A package name and the units that it triggers; the name TABLE_NO_INDEX: those without one. */
struct table_name {
	uint32_t name;
	uint32_t first, n; /* in postings */
};

struct table_file {
	uint32_t path; /* below the folder, string id */
	uint32_t zero;
	uint64_t size;
	int64_t mtime_ns;
};

struct table_note {
	uint32_t file; /* path as shown, string id */
	uint32_t line, column;
	uint32_t message, hint; /* string ids */
};

enum table_part {
	TABLE_TEXTS,
	TABLE_BYTES,
	TABLE_NODES,
	TABLE_UNITS,
	TABLE_CONDITIONS,
	TABLE_NAMES,
	TABLE_POSTINGS,
	TABLE_FILES,
	TABLE_NOTES,
	TABLE_PARTS,
};

struct table_header {
	char magic[8];
	uint32_t version, byte_order;
	uint64_t size, checksum; /* of the whole; of everything behind this member */
	char digest[72];         /* "sha256:..." of the files, NUL-terminated */
	uint32_t section_first[PRESC_SECTIONS + 1]; /* units are sorted by section */
	uint32_t name, release;                     /* of the outermost metadata, string ids */
	uint32_t n_files;                           /* with rules */
	struct {
		uint64_t at;
		uint64_t n;
	} parts[TABLE_PARTS];
};

struct presc_table {
	const unsigned char *p;
	size_t n;
	const struct table_header *header;
	const struct table_text *texts;
	const char *bytes;
	const struct table_node *nodes;
	const struct table_unit *units;
	const struct table_condition *conditions;
	const struct table_name *names;
	const uint32_t *postings;
	const struct table_file *files;
	const struct table_note *notes;
	bool is_mapped; /* p is mapped, else malloc()ed, by presc_table_done() given back */
	bool is_lent;   /* p is somebody else's, and stays */
};

/*
 * Open a block of bytes that stays where it is while the table is used. False: it is not a set that this
 * program wrote; err says what is wrong with it.
 */
MUST_USE bool table_open(
	const unsigned char *p, size_t n, struct presc_table *ret, struct err *err);

void presc_table_done(struct presc_table *table);

/* How many there are of a part. */
static inline uint32_t table_count(const struct presc_table *table, enum table_part part)
{
	return table->header == NULL ? 0 : (uint32_t)table->header->parts[part].n;
}

/* The string of an id, "" when there is none. Lives as long as the table. */
struct str table_str(const struct presc_table *table, uint32_t id);

/* The id of a string, TABLE_NO_INDEX when no unit is triggered by a package of this name. */
const struct table_name *table_name_find(const struct presc_table *table, struct str name);

/* A node by its index; NULL when there is none. */
const struct table_node *table_node(const struct presc_table *table, uint32_t index);

/* The items of a list or mapping; none of anything else. */
const struct table_node *table_items(
	const struct presc_table *table, const struct table_node *node, size_t *ret_n);

/* A member of a mapping; NULL when there is none, or node is NULL. */
const struct table_node *table_get(
	const struct presc_table *table, const struct table_node *node, enum presc_key key);

/* Texts and numbers; "", 0 and false of anything else. */
struct str table_text(const struct presc_table *table, const struct table_node *node);
int64_t table_integer(const struct table_node *node);
double table_number(const struct table_node *node);
bool table_truth(const struct table_node *node);
struct str table_key(const struct presc_table *table, const struct table_node *node);

/* The value as compact JSON in ASCII. At most out->max bytes. */
void table_json(const struct presc_table *table, const struct table_node *node, struct buf *out);

/* A checksum that is quick: it finds damage, not malice. */
uint64_t table_checksum(const unsigned char *p, size_t n);

/* The size of one element of a part. */
size_t table_element(enum table_part part);
