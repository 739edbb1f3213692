#pragma once
#include "common/intern.h"
#include "common/vec.h"
#include "resolver/deps.h"
#include "resolver/resolver.h"

/*
 * The complete search, private to the resolver folder.
 *
 * A *package* is a project, or a project with one extra ("dask[complete]", a proxy that must be at the
 * same version as its base). Its *domain* is the set of states still open (set.h), absence among them.
 * An *incompatibility* is a list of terms (package, set) that cannot all hold. The *trail* is the
 * list of decisions and derivations in order, each with the domain it left behind.
 *
 * Sources: Weizenbaum, "PubGrub: next-generation version solving" (2018); Marques-Silva & Sakallah,
 * GRASP (1999) for conflict analysis and backjumping.
 */
#define NOT_DECIDED UINT32_MAX
#define NO_CAUSE UINT32_MAX

enum priority { PRIORITY_PLAIN, PRIORITY_LATE, PRIORITY_EARLY, PRIORITY_PIN };

struct matching {
	struct str text; /* specifier as written */
	const set_word *set;
};

struct dependency_entry {
	uint32_t target, incompatibility;
	const set_word *allowed;
};

struct package {
	struct str name, extra;             /* extra "" for the project itself */
	uint32_t base;                      /* the project's own package */
	struct candidates candidates;       /* of a proxy: the base's */
	struct dependencies **dependencies; /* [candidates.n], NULL until read; the base's */
	bool user_prerelease;
	const uint32_t *preferred; /* states to take while they are open, the first such */
	uint32_t n_preferred;
	set_word *domain; /* words; the state of now */
	uint32_t decided; /* state, or NOT_DECIDED */
	uint32_t decided_level;
	enum priority priority;
	uint32_t affected, culprit; /* how often it was rejected / was why another was rejected */
	uint32_t tried;             /* candidates looked at, for reading ahead: */
	uint32_t fixed_clashes;     /* of these, at once against what no decision can change */
	uint32_t read_ahead,
		read_ahead_at; /* how many were asked for last, next time at this count */
	bool queued;
	VEC(uint32_t) incompatibilities;
	VEC(uint32_t) trail; /* its entries in the solver's trail, oldest first */
	VEC(struct matching) matching;
	VEC(struct dependency_entry) entries;
	VEC(uint32_t) combined; /* states whose combined requirements are in */
	set_word *grown;        /* states all of whose requirements are in; NULL: none yet */
};

struct term {
	uint32_t package;
	const set_word *set;
};

enum cause {
	CAUSE_USER,        /* requirement `a` of the request */
	CAUSE_DEPENDENCY,  /* `text`: what the first term's package requires of package `a` */
	CAUSE_UNAVAILABLE, /* `text`: why the one version cannot be used */
	CAUSE_EXTRA,       /* a project and its proxy have one version */
	CAUSE_RULE,        /* `text`: what the rule that forbids it says */
	CAUSE_DERIVED,     /* from incompatibilities a and b */
};

struct incompatibility {
	const struct term *terms;
	uint32_t n;
	enum cause cause;
	uint32_t a, b;
	struct str text;
	bool retired; /* a wider one took its place */
};

struct trail_entry {
	uint32_t package, level, cause; /* cause NO_CAUSE: a decision */
	set_word *domain;               /* what it left open; owned */
};

struct solver {
	struct index *index;
	const struct resolver_request *request;
	const bool *left_out; /* requirements of the request to ignore; NULL: none */
	struct candidate_filter filter;
	struct arena *arena;
	struct intern names;
	VEC(struct package) packages;
	VEC(struct incompatibility) incompatibilities;
	struct trail_entry *trail;
	size_t n_trail, cap_trail;
	set_word *scratch;
	uint32_t scratch_words;
	VEC(uint32_t) queue; /* packages whose domain or incompatibilities changed, each once */
	VEC(uint64_t)
	required[PRIORITY_PIN + 1]; /* bits of packages to decide, by their priority */
	uint32_t level;
	uint32_t failure;        /* the incompatibility without terms, when nothing fits */
	struct forbids *forbids; /* the clauses that forbid, by package (forbid.h); NULL: none */
	size_t decisions, conflicts;
};

void solver_done(struct solver *solver);

/* Take in the request: first pages, one incompatibility for each requirement. */
MUST_USE bool solver_init(struct solver *solver, struct index *index,
	const struct resolver_request *request, const bool *left_out, struct arena *arena,
	struct err *err);

/* A package's priority, domain or decision changed. */
void solver_note(struct solver *solver, uint32_t package);

/* The preferred state that a decision among `open` would take, 0 for none. */
uint32_t solver_preferred(const struct package *package, const set_word *open);

/* Search. True: *ret_solved says whether every required package is decided, or `failure` is set. */
MUST_USE bool solver_run(struct solver *solver, bool *ret_solved, struct err *err);

/* The package of a project (extra "") or proxy; makes it, which waits for the project's page. */
MUST_USE bool solver_package(
	struct solver *solver, struct str name, struct str extra, uint32_t *ret, struct err *err);

/* The dependencies of a candidate, read once. */
MUST_USE bool solver_dependencies(struct solver *solver, uint32_t package, uint32_t candidate,
	const struct dependencies **ret, struct err *err);

/* The metadata of the candidate at `state` will be needed soon. */
void solver_want(struct solver *solver, const struct package *package, uint32_t state);

/* States of a package that a specifier contains; memoised by its text. */
const set_word *solver_matching(
	struct solver *solver, uint32_t package, const struct specifier_set *set);

/* Add an incompatibility; terms that always hold are left out. Sets are copied. Returns its index. */
uint32_t solver_add(struct solver *solver, const struct term *terms, uint32_t n, enum cause cause,
	uint32_t a, uint32_t b, struct str text);
