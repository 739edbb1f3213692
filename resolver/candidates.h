#pragma once
#include "index/index.h"
#include "packaging/specifier.h"
#include "packaging/tags.h"
#include "resolver/set.h"
#include "resolver/unit.h"

/*
 * The releases of one project that an environment can use, newest first, and why the others cannot be
 * used. A release is a candidate when a wheel of it fits the environment's tags and Python and is not
 * yanked (or is pinned by the user); without such a wheel, by its source distribution. Whether that one
 * says what it requires without a build is only known once it was asked for.
 */
struct candidate {
	const struct index_release *release;
	uint32_t
		file; /* of the release: best wheel (tag priority, then build tag), else the sdist */
	bool is_sdist, prerelease;
	bool elsewhere; /* no file fits here: a wheel of another machine or Python was taken */
};

enum exclusion {
	EXCLUDED_YANKED,
	EXCLUDED_PYTHON,   /* Requires-Python of its files */
	EXCLUDED_PLATFORM, /* wheels, none for this Python and platform */
	EXCLUDED_SOURCE, /* nothing that can be used: eggs, or sdists that the user does not want */
	EXCLUDED_PRERELEASE,
	EXCLUDED_RULE, /* a sieve takes it out */
};

/* Which kinds of files may be used (pip's --only-binary, --no-binary). */
enum candidate_kinds { KINDS_ALL, KINDS_WHEELS, KINDS_SDISTS };

struct excluded_release {
	const struct index_project *project;
	const struct index_release *release;
	enum exclusion why;
	struct str requires_python; /* of EXCLUDED_PYTHON */
	struct str rule;            /* of EXCLUDED_RULE: what it says */
};

struct candidates {
	const struct index_project *project; /* NULL: no index knows it */
	const struct candidate *items;       /* newest first */
	uint32_t n, states, words;           /* states = n + 1, see set.h */
	const set_word
		*stable; /* bits of candidates that are no pre-release and have a file here */
	const struct excluded_release *excluded; /* newest first */
	size_t n_excluded;
};

struct resolver_memo;

/* Wheels and Pythons an environment takes; made once per resolution. */
struct candidate_filter {
	const struct environment *environment;
	const struct tags *tags;
	struct version python;
	const struct candidate_format *formats; /* in the user's order; see candidate_kinds_of() */
	size_t n_formats;
	struct resolver_memo *memo;          /* memo.h; NULL: none */
	bool lower_python;                   /* only the lower bound of Requires-Python counts */
	const struct tags *const *elsewhere; /* see resolver_request; [n_elsewhere] */
	size_t n_elsewhere;
	const struct index *index; /* for the tuples that units see; NULL: without an address */
	const struct units *units; /* NULL: none */
	const struct str *develop_names; /* projects that development requirements alone ask for */
	size_t n_develop_names;
};

/* "--only-binary VALUE" (KINDS_WHEELS) or "--no-binary VALUE" (KINDS_SDISTS). */
struct candidate_format {
	enum candidate_kinds kinds;
	struct str value; /* normalised name, ":all:" or ":none:" */
};

/* What the options leave for a project: later ones win, names win over ":all:", as in pip. */
enum candidate_kinds candidate_kinds_of(const struct candidate_filter *filter, struct str name);
MUST_USE bool candidate_filter_init(struct candidate_filter *filter,
	const struct environment *environment, struct arena *arena, struct err *err);

/*
 * project may be NULL (no candidates). pinned: a yanked release that this set contains is allowed;
 * NULL: none. With without_pre pre-releases are excluded.
 */
void candidates_make(const struct candidate_filter *filter, const struct index_project *project,
	const struct specifier_set *pinned, bool without_pre, struct arena *arena,
	struct candidates *ret);

/* A candidate as units see it. */
struct presc_tuple candidate_tuple(const struct candidate_filter *filter,
	const struct index_project *project, const struct candidate *candidate);

/* The states whose version a specifier contains; bit 0 is never in it. ret: words, held by arena. */
set_word *candidates_matching(
	const struct candidates *candidates, const struct specifier_set *set, struct arena *arena);

/*
 * Requires-Python as written on the page contains the environment's Python (of its clauses those that
 * set a lower bound, if no other counts); unreadable text does.
 */
bool candidate_python_fits(const struct candidate_filter *filter, struct str requires_python);

/*
 * The patch release from which on Requires-Python holds, when that is a later one of the environment's
 * X.Y; else 0.
 */
int candidate_python_patch(const struct candidate_filter *filter, struct str requires_python);

/*
 * Every wheel of the release that the environment can use, best first; when it was chosen by its sdist,
 * that alone; none when it is from elsewhere. Held by the arena.
 */
const struct index_file *const *candidate_files(const struct candidate_filter *filter,
	const struct candidates *candidates, const struct candidate *candidate, bool with_yanked,
	struct arena *arena, size_t *ret_n);

/*
 * The file of the release that a search would look at first: `preferred` when it is there and fits, else
 * the newest final one that the set contains. NULL when there is none.
 */
const struct index_file *candidate_likely(const struct candidate_filter *filter,
	const struct index_project *project, const struct specifier_set *set, struct str preferred);

const struct index_file *candidate_file(
	const struct candidates *candidates, const struct candidate *candidate);

/* "yanked: reason", "needs Python >=3.12", "has no wheel for this Python and platform", ... */
struct str exclusion_text(const struct excluded_release *excluded, struct arena *arena);
