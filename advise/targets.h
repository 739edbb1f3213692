#pragma once
#include "advise/request.h"

/*
 * What a lock is for: one environment, a list of them, or all of `--universal`. From the options, else
 * from what the notebook's lock was made for when that was several, else the Python of the notebook.
 */

/*
 * Fill request->targets, environment, universal, universal_name and pythons; declared_python must be
 * there. Held by the arena. Errors: options that name nothing we know, no Python to resolve for.
 */
MUST_USE bool targets_gather(const struct advise_input *input, const struct advise_options *options,
	const char *cache_dir, struct arena *arena, struct request *request, struct err *err);

/* The targets of the lock that a notebook carries. What cannot be read is left out. */
const struct environment *targets_of_lock(const struct advise_input *input, const struct lock *lock,
	struct arena *arena, size_t *ret_n);

/* Keys of targets, each once: a target that was cut in two has one name. */
const struct str *targets_keys(
	const struct environment *targets, size_t n, struct arena *arena, size_t *ret_n);

/* What pylock.toml says about the targets as a whole; *ret_pythons: requires-python. */
const struct str *targets_markers(const struct environment *targets, size_t n, struct arena *arena,
	size_t *ret_n, struct str *ret_pythons);

/*
 * Where the Python of the notebook's kernel imports installed packages from; of a notebook whose kernel is
 * not known, python3 on PATH. ret[2]; returns how many, 0 when there is none.
 */
size_t targets_site_folders(const struct advise_input *input, const char *cache_dir,
	struct arena *arena, struct str *ret);

/*
 * On a machine without certificates of its own, those that come with certifi in that Python: sets
 * config->last_ca. No Python is asked when there are others.
 */
void targets_last_ca(const struct advise_input *input, struct arena *arena, struct config *config);
