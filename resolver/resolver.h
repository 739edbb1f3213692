#pragma once
#include "common/err.h"
#include "packaging/lock.h"
#include "resolver/candidates.h"

/*
 * Which release of each package? The resolver answers with the newest stack that fits every
 * requirement, or proves that there is none and says which of the user's own requirements clash.
 *
 * Story. candidates.c turns an index page into the releases this environment can use, newest first,
 * and remembers why it left out the others. deps.c reads what one release requires here. solve.c is
 * the complete search: unit propagation, decisions newest first, conflict-driven learning and
 * backjumping (the PubGrub family), fetching pages and metadata only when a decision needs them.
 * explain.c writes the reason of every choice; when nothing fits, conflict.c says why and suggest.c
 * what would. Units, scores and
 * predictors work on top of the same candidates (later issues).
 *
 * The resolver knows no notebooks and no sockets: requirements come as plain data with their
 * origin, everything else through index/index.h.
 */
struct index;
struct explore_point;
struct resolver_memo;
struct search_request;

struct resolver_requirement {
	struct requirement requirement;
	struct origin origin;
	bool constraint; /* narrows, never adds */
};

/* A version to take while it fits, from an existing lock or because its stack scores more. */
struct resolver_preference {
	struct str name, version; /* normalised; normal form */
	struct str instead_of;    /* by score: the version of the plain answer; else "" */
	struct str why;           /* by score: which rule makes the difference; else "" */
};

/* Where rules score stacks: which of the valid ones is the best? See best.h and docs/resolver.md. */
struct resolver_scoring {
	const struct units *units;           /* unit.h; NULL: those of the rules (universal.h) */
	const struct search_request *search; /* how: predictor, limits, count, seed (search.h) */
	size_t documents; /* metadata to ask for beyond the plain answer's; 0: as many as that took */
	/* The name of a unit, shown as "rule NAME"; NULL: its number. */
	struct str (*unit_name)(void *data, uint32_t unit);
	void *data;
};

enum resolver_prereleases {
	RESOLVER_PRE_IF_NECESSARY, /* after every stable candidate was rejected (default) */
	RESOLVER_PRE_ALLOW,        /* by version order alone */
	RESOLVER_PRE_DISALLOW,
};

struct resolver_request {
	const struct resolver_requirement *requirements; /* in the user's order */
	size_t n_requirements;
	const struct environment *environment;
	const struct resolver_preference *preferred; /* of one name the first that is open */
	size_t n_preferred;
	enum resolver_prereleases prereleases;
	const struct str *prerelease_names; /* allowed by order for these names */
	size_t n_prerelease_names;
	const struct candidate_format *formats; /* --only-binary, --no-binary in order */
	size_t n_formats;
	const struct units *units; /* what rules ask for; NULL: nothing */
	/* For locks of many environments (universal.h): */
	bool lower_python; /* only the lower bound of Requires-Python counts */
	/*
	 * As a last resort, after all others: wheels that do not fit here, when they are for a Python of
	 * one of these, on whatever platform.
	 */
	const struct tags *const *elsewhere;
	size_t n_elsewhere;
	struct resolver_memo *memo; /* of resolutions over one index; NULL: none */
	bool terse; /* when nothing fits, look for no smaller clash and for nothing that works */
	bool bare;  /* what would work instead is found and not yet in the text of the conflict */
	bool all_rejections; /* of every choice; else those of the newest versions, which is faster */
	const struct resolver_scoring *scoring; /* NULL: the newest stack that fits */
	bool (*cancelled)(void *data);          /* NULL: never */
	void (*proven)(void *data);             /* nothing fits: what follows explains it; NULL */
	void (*answered)(void *data); /* a stack fits: what follows looks for a better one; NULL */
	void *data;
};

/* What kept newer versions of a chosen package out: a run of neighbours with one reason; newest first. */
struct resolver_rejection {
	struct str version, oldest; /* the newest and the oldest of them */
	struct str newest_final;    /* "" when all are pre-releases */
	size_t n;
	struct str reason;
};

struct resolver_edge {
	struct str from;        /* package that requires it; "" is the user */
	struct str requirement; /* its own words, without the marker */
	size_t user;            /* index into the request's requirements when from is "" */
};

struct resolver_choice {
	struct locked_package package; /* reason included */
	const struct resolver_edge *edges;
	size_t n_edges;
	const struct resolver_rejection *rejections;
	size_t n_rejections;
	bool elsewhere; /* none of its files can be used here, see resolver_request */
};

/* One step of the proof that nothing fits. Step 0 is the conclusion; the others follow breadth first. */
enum resolver_step_kind {
	RESOLVER_STEP_USER,        /* requirement a of the request */
	RESOLVER_STEP_DEPENDENCY,  /* `package` at `versions` requires `says` */
	RESOLVER_STEP_UNAVAILABLE, /* `package` at `versions` cannot be used: `says` */
	RESOLVER_STEP_EXTRA,       /* a project and its extra have one version */
	RESOLVER_STEP_RULE,        /* a rule forbids it: `says` */
	RESOLVER_STEP_DERIVED,     /* follows from steps a and b */
};

struct resolver_step {
	enum resolver_step_kind kind;
	size_t a, b;   /* steps that are not listed (a long proof is cut) have numbers >= n_steps */
	size_t target; /* of a dependency: the resolver's own number of what is required */
	struct str package, versions, says;
	struct str
		text; /* what cannot be together: "click 8.0 with no flask 3.0"; "" for nothing */
};

/* Replacing one requirement, checked to be enough. */
struct resolver_suggestion {
	size_t requirement;    /* index into the request */
	struct str replace_by; /* a whole requirement */
};

struct resolver_conflict {
	struct str text; /* for a person; several lines, suggestions included */
	const size_t
		*requirements; /* indices into the request: unsatisfiable together, none idle */
	size_t n_requirements;
	const struct resolver_suggestion *suggestions; /* best first */
	size_t n_suggestions;
	struct str python;     /* "3.12": everything fits there; "" when that was not found */
	const size_t *without; /* what can be left out, when nothing can be relaxed */
	size_t n_without;
	const struct resolver_step *steps;
	size_t n_steps;
	bool cut_short; /* cancelled meanwhile: it stands, but a smaller clash or what works was not looked for to the end */
};

/* Releases of a project that the scored search did not look at. */
struct resolver_left_out {
	struct str name;
	uint32_t n;
};

/* One of the best stacks, when several were asked for. */
struct resolver_product {
	int64_t score;                              /* in milli-points, as all scores here */
	const struct resolver_preference *packages; /* name and version, sorted by name */
	size_t n;
};

/* How the scored search went. */
struct resolver_score {
	int64_t score, plain; /* of the answer; of the newest stack that fits */
	int64_t bound;        /* no stack that was looked at is above it */
	bool proven;       /* none of the stacks that were looked at scores more than the answer */
	bool searched;     /* false: nothing could be gained, so nothing was looked at */
	struct str why;    /* of what is not proven; "" */
	struct str stacks; /* how many stacks there were to choose from, in digits; "" unknown */
	struct str predictor;
	uint64_t seed, scored, nodes;
	size_t documents; /* asked for beyond those of the plain answer, pages included */
	const struct resolver_preference
		*moved; /* what is at another version than in the plain answer */
	size_t n_moved;
	const struct resolver_left_out *left_out;
	size_t n_left_out;
	const struct resolver_product *products; /* best first; only when several were asked for */
	size_t n_products;
	const struct explore_point *history; /* explore.h */
	uint32_t n_history;
};

struct resolver_result {
	bool solved;
	const struct resolver_score *score;    /* with request.scoring, when solved; else NULL */
	const struct resolver_choice *choices; /* sorted by name */
	size_t n_choices;
	struct resolver_conflict conflict; /* when not solved */
	const struct lock_message *messages;
	size_t n_messages;
	/*
	 * The first later patch release of the environment's X.Y for which the answer may be another:
	 * a marker of the user or of a chosen release changes its value there, or a newer release of a
	 * chosen project starts to take this Python. 0: none.
	 */
	int first_patch;
	size_t decisions, conflicts; /* work done, for benchmarks and the log */
};

/*
 * Solve. True with ret->solved saying which; everything in *ret is held by the arena and views the
 * index, which must outlive it. False: network, limit, interruption; *ret untouched. What was proven before
 * an interruption is given all the same, see resolver_conflict.
 */
MUST_USE bool resolver_solve(struct index *index, const struct resolver_request *request,
	struct arena *arena, struct resolver_result *ret, struct err *err);

/* A score for a person: "0.2", "-0.2"; with plus "+0.2". Held by arena. */
struct str resolver_points(int64_t score, bool plus, struct arena *arena);
