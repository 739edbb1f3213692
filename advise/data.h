#pragma once
#include "advise/advise.h"
#include "knowledge/knowledge.h"

/*
 * `thoth data`: what was observed, taken in from a file, a folder or an address of the user's, and told.
 * There is no built-in address. YAML and archives are read here; knowledge/ gets trees.
 */
void data_run(const struct advise_options *options, const struct advise_callbacks *callbacks,
	struct arena *arena, struct advise_report *report);

/*
 * The advisories of this user, opened. *ret NULL: there are none, or they cannot be used; *ret_why then
 * says so in a sentence, held by arena.
 */
void data_open(struct arena *arena, struct knowledge **ret, struct str *ret_why);

/* There is no file of advisories, damaged or not. */
bool data_is_missing(struct arena *arena);

/* "2024-10-10", and from where if that is all that is known: the snapshot in messages and locks. */
struct str data_snapshot_name(const struct knowledge_snapshot *snapshot, struct arena *arena);
