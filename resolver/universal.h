#pragma once
#include "packaging/partition.h"
#include "resolver/resolver.h"

/*
 * One lock for many environments (decision 13). Each target is solved by itself with resolver_solve(),
 * over the same index, newest Python first, preferring for each name what the old lock has for that
 * target and then what earlier targets chose; so each answer can be checked alone, and versions are
 * few. The answers are merged: one entry for each name and version, with a marker that says for which
 * targets (packaging/partition.h).
 *
 * A target X.Y stands for all patch releases of X.Y. In a universal lock, where one of these would
 * give a marker another value, the target is cut in two there.
 */
struct pipeline_rules;

struct universal_request {
	struct resolver_request
		base; /* environment, preferences and the flags are set for each target */
	const struct environment *targets;
	size_t n_targets;
	/*
	 * As `--universal` wants it: of Requires-Python the lower bound counts, targets are cut at patch
	 * releases, and a release without a file for a target is taken when nothing else is left.
	 */
	bool universal;
	bool all_files;                   /* every file of each release, not only those of use */
	const struct locked_package *old; /* of the old lock, as far as they are preferred */
	size_t n_old;
	const struct pipeline_rules
		*rules; /* pipeline.h; NULL: none. base.scoring without units: theirs */
};

struct universal_result {
	bool solved;
	const struct locked_package *packages; /* by name, then version; with markers */
	size_t n_packages;
	const struct environment *targets; /* as solved, those that were cut in two included */
	size_t n_targets;
	const struct str *environments; /* the targets as disjoint markers */
	size_t n_environments;
	const struct resolver_score
		*score; /* of the first target; the others prefer what it chose */
	struct resolver_conflict conflict; /* when not solved; the text names the targets */
	const struct lock_message *messages;
	size_t n_messages;
	size_t solves, decisions, conflicts;
};

/*
 * As resolver_solve(). Fails with ERR_UNSAT besides, when two targets that no marker tells apart (two
 * versions of glibc, say) need different versions: both are named.
 */
MUST_USE bool universal_solve(struct index *index, const struct universal_request *request,
	struct arena *arena, struct universal_result *ret, struct err *err);

/*
 * One target alone, with the preferences and rules that it has in the whole: what `why` asks for.
 * Nothing of earlier targets is preferred, so the old lock should hold all.
 */
MUST_USE bool universal_solve_target(struct index *index, const struct universal_request *request,
	const struct environment *target, struct arena *arena, struct resolver_result *ret,
	struct err *err);

/* The targets as disjoint markers, as in universal_result. */
const struct str *universal_environments(
	const struct environment *targets, size_t n, struct arena *arena, size_t *ret_n);

/* "Python 3.12 to 3.14 on linux x86_64 and windows amd64": some targets, in words. */
struct str universal_places(const struct environment *targets, size_t n, struct arena *arena);
