#pragma once
#include "packaging/tree.h"
#include "prescriptions/report.h"

/*
 * YAML 1.1 as libyaml reads it, as a tree of plain data (packaging/tree.h): one document, string keys,
 * scalars with the usual implicit types (null, true and false, integers, numbers, dates). This is the
 * one file that knows libyaml.
 *
 * Aliases count as often as they are used: a document that would unfold to more than TREE_VALUES_MAX
 * values, or is deeper than TREE_DEPTH_MAX, is refused. So are unknown tags and a second document. Merge
 * keys (<<) are understood.
 */

/* Memory that is used again from file to file. Zeroed is ready. */
struct presc_yaml {
	struct tree *stack; /* members of the containers that are still open */
	size_t n, cap;
	struct presc_yaml_frame *frames; /* the open containers */
};

void presc_yaml_done(struct presc_yaml *yaml);

/*
 * Read text, whose values are held by arena. Each fault is reported with its place; a key that stands
 * twice, or is no string, is one, and reading goes on. False: nothing could be read. A file of another
 * encoding than UTF-8 is refused, and one over TREE_MAX bytes.
 */
MUST_USE bool presc_yaml_read(struct presc_yaml *yaml, struct str text, struct arena *arena,
	struct presc_report *report, struct tree *ret);
