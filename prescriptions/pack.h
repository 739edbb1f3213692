#pragma once
#include "prescriptions/report.h"
#include "prescriptions/table.h"

/*
 * Makes a compiled set (table.h) out of checked units. Equal texts and equal values are kept once. The
 * bytes depend on the units and their order alone, so that equal rules give equal sets.
 */
struct presc_pack;

/* n_files: how many are to come, about. */
struct presc_pack *presc_pack_new(size_t n_files);
void presc_pack_free(struct presc_pack *pack);

/* The next units come from this file, if it has rules. */
struct presc_file;
void presc_pack_file(struct presc_pack *pack, const struct presc_file *file);

/* What the outermost metadata says. */
void presc_pack_metadata(struct presc_pack *pack, struct str name, struct str release);

/* Take a unit that the schema found good; `prescription` is put before its name. */
void presc_pack_unit(struct presc_pack *pack, enum presc_type type, const struct tree *unit,
	struct str prescription);

/*
 * Units of one section with one name, and units that wait for themselves (should_include.dependencies),
 * are reported as faults. What report has for notes goes into the set. The result is malloc()ed; the pack
 * can only be freed afterwards. digest: "sha256:..." or "".
 */
void presc_pack_finish(struct presc_pack *pack, struct presc_report *report, struct str digest,
	struct presc_table *ret);

/* Put the digest in, which changes the checksum; table must be of presc_pack_finish(). */
void presc_pack_set_digest(struct presc_table *table, struct str digest);
