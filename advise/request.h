#pragma once
#include "advise/advise.h"
#include "advise/config.h"
#include "advise/runtime_file.h"
#include "common/vec.h"
#include "packaging/usage.h"

/*
 * Everything that decides an answer, gathered: requirements with their origin, the environment, the
 * index, and what was left out and why.
 */
/* A requirement with an address of its own (direct.h). */
struct direct {
	struct requirement requirement; /* name (or ""), extras, marker; text as written */
	struct str location;            /* as written: address, repository or path */
	struct str folder; /* that a relative path is relative to, before the working folder */
	const struct str *hashes; /* "sha256:..." */
	size_t n_hashes;
	bool editable, constraint;
	bool foreign; /* a notebook's, consented */
	struct origin origin;
};

struct request {
	const struct advise_input *input;
	const struct advise_options *options;
	bool own; /* what is read now is the user's own; it did not come with a notebook */
	VEC(struct direct) directs;
	VEC(struct resolver_requirement) requirements;
	VEC(struct lock_message) messages;
	VEC(struct usage) usages; /* what the code uses, for the resolver's units */
	VEC(struct str) prerelease_names;
	VEC(struct index_pin) pins;           /* packages that one index alone may serve (pins.h) */
	bool prereleases;                     /* a file allows them for every package */
	VEC(struct candidate_format) formats; /* --only-binary and --no-binary of files */
	struct environment environment;       /* the first target */
	VEC(struct environment) targets;      /* what the lock is for (targets.h) */
	bool universal;
	struct str universal_name; /* of a universal lock: how metadata names it */
	struct str pythons;        /* requires-python of all targets: "==3.11.*", ">=3.11" */
	struct config config;
	struct str declared_python;   /* what the notebook says it is for; "" when nothing */
	int64_t as_of_ms;             /* 0: none */
	struct str inputs;            /* "sha256:..." of all of it */
	struct runtime_file runtimes; /* what the project's .thoth.yaml describes */
	const struct runtime_environment *runtime; /* the one that counts; NULL none */
	bool runtime_named;                        /* --environment names it */
	struct str recommendation_type; /* the option's, else the runtime environment's */
	struct str advisories;          /* their date, "never looked", ... (rules.h) */
	struct str rules; /* which are used and which left out, once opened (rules.h) */
};

/* ERR_INPUT names file, cell, line and column of what cannot be read. Held by the arena. */
MUST_USE bool request_gather(const struct advise_input *input, const struct advise_options *options,
	struct arena *arena, struct request *ret, struct err *err);

/* Add one requirement or constraint (inputs.c): what cannot be locked is said and left out. */
MUST_USE bool request_add(struct request *request, struct arena *arena, struct str text,
	struct origin origin, bool constraint, struct err *err);

/* A warning that goes into the lock's messages. */
void request_warn(struct request *request, struct arena *arena, struct origin origin,
	struct str package, struct str text);
