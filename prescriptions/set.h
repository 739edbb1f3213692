#pragma once
#include "prescriptions/cache.h"
#include "prescriptions/include.h"

/*
 * Several sources of rules at once: what is shipped, what was fetched, the user's own. A later source goes
 * before an earlier one: its unit of the same name and section stands in the other's place. A source with
 * a fault is left out as a whole, and its report says why; the others count.
 */
struct presc_source {
	struct str name; /* folder, file or digest, as given */
	bool in_use;
	struct presc_table table; /* empty when the source is left out */
	struct presc_report report;
	bool *hidden; /* hidden[unit of the table]: a later source has one of its name; NULL: none is */
};

struct presc_set {
	struct arena arena;
	struct presc_source *sources; /* sources[n], in the order given */
	size_t n;
};

void presc_set_open(const struct presc_cache *cache, const struct str *sources, size_t n,
	struct presc_set *ret);

/*
 * The same with a compiled set that is in memory (shipped.h) as the first source, under a name; the bytes
 * stay while the set is used.
 */
void presc_set_open_over(const struct presc_cache *cache, struct str name, struct str compiled,
	const struct str *sources, size_t n, struct presc_set *ret);
void presc_set_done(struct presc_set *set);

/*
 * Which units take part, of each source: ret[set->n]. Units may wait for units of other sources. All is
 * held by arena.
 */
void presc_set_include(const struct presc_set *set, const struct presc_context *context,
	struct arena *arena, struct presc_inclusion *ret);

/*
 * What says which rules were used, as "ours 2026.11 sha256:...", one for each source in use, and
 * "left out: FOLDER" for the others; joined by ", ".
 */
void presc_set_describe(const struct presc_set *set, struct buf *out);
