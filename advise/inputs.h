#pragma once
#include "advise/request.h"
#include "packaging/declared.h"

/*
 * What files other than requirements files declare, and the locks that stand in or beside an input:
 * Pipfile, pyproject.toml, scripts with a comment block, lock files of other tools, older keys of
 * notebook metadata. Which it is, is said by the name of the file.
 */

/* A requirements file, and standard input. */
bool inputs_is_requirements(struct str path);

/* A lock file by its name. */
bool inputs_is_lock(struct str path);

/*
 * False for a file that is no notebook by its name: what thoth add, remove and update change is a
 * notebook. ERR_USAGE, and the hint says what to do instead.
 */
MUST_USE bool inputs_may_edit(enum advise_command command, struct str path, struct err *err);

/* What the file declares, requirements files too; nothing of an index is asked. */
MUST_USE bool inputs_declared(const struct advise_options *options,
	const struct advise_input *input, struct arena *arena, struct declared *ret,
	struct err *err);

/* What a notebook's metadata declares in the same form. */
void inputs_of_metadata(
	const struct nb_requirements *found, struct arena *arena, struct declared *ret);

/* Gather what the file declares into the request; only for what is no requirements file. */
MUST_USE bool inputs_gather(const struct advise_options *options, const struct advise_input *input,
	struct arena *arena, struct request *request, struct err *err);

/*
 * A script block (PEP 723) in a cell: *ret_found, and gathered. Names that are among the first n_declared
 * requirements are passed over.
 */
MUST_USE bool inputs_gather_cell(const struct advise_options *options,
	const struct advise_input *input, struct str source, struct origin origin,
	size_t n_declared, struct arena *arena, struct request *request, struct err *err);

/*
 * The lock that an input is or has: of a notebook metadata.thoth, else what other tools left in the
 * metadata; of a file itself, or the lock beside it. *ret_found false: none.
 */
MUST_USE bool inputs_lock(const struct advise_options *options, const struct advise_input *input,
	struct arena *arena, struct lock *ret, bool *ret_found, struct err *err);

/* The same where there must be one: else false, the report says so, and its exit is 1. */
MUST_USE bool inputs_need_lock(const struct advise_options *options,
	const struct advise_input *input, struct arena *arena, struct lock *ret,
	struct advise_report *report);

/* The options --extra, --group and --dev as a choice; names in normal form. */
struct declared_choice inputs_choice(const struct advise_options *options, struct arena *arena);

/* Warn of packages at the version of a lock file that have none of the files it names. */
void inputs_compare(const struct advise_input *input, const struct lock *old,
	const struct locked_package *packages, size_t n, struct arena *arena,
	struct request *request);

/*
 * The part of an old lock that a new one can be compared with: the lock of a file may be for other
 * platforms and groups too, and what is missing is not gone.
 */
struct lock inputs_part(const struct lock *old, const struct lock *new, struct arena *arena);

/* The Python that a lock file is for: ">=3.10"; "" when it does not say. */
struct str inputs_python(const struct advise_options *options, const struct advise_input *input,
	struct arena *arena);
