#pragma once
#include "common/arena.h"

/*
 * Which installed distributions give a module, from the folders that a Python imports from (its
 * site-packages), without starting it: what a release says itself (Import-Name, PEP 794), else the files
 * in RECORD, else top_level.txt.
 */
struct installed_answer {
	const struct str *names; /* of distributions, normalised, sorted; several: none is better */
	size_t n;
	size_t parts; /* of the module that they have: 3 for google.cloud.storage; 0 for a folder alone */
};

/*
 * ret[n] for modules[n], dotted. The longest part of a module that a distribution has decides:
 * google/cloud/storage/__init__.py is a better answer for google.cloud.storage.blob than google/__init__.py
 * is. Held by the arena. Folders that cannot be read hold nothing.
 */
void installed_find(const struct str *folders, size_t n_folders, const struct str *modules,
	size_t n, struct arena *arena, struct installed_answer *ret);
