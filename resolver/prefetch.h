#pragma once
#include "common/intern.h"
#include "common/vec.h"
#include "resolver/solve.h"

/*
 * Asking ahead. The search reads one document at a time and in its own order; an index is some
 * milliseconds away. So while the search waits, whatever comes in is looked at at once: a page leads to
 * the metadata of the release that will most likely be chosen, metadata to the pages of what it
 * requires. A guess, which costs a document when it is wrong and never an answer: nothing of the solver
 * is changed, and metadata that clashes with what is known already leads nowhere.
 */
struct prefetch_wish {
	struct specifier_set set; /* of the requirement that named it first */
	const struct str *extras;
	size_t n_extras;
	bool page_seen, metadata_seen; /* the first of each counts */
};

struct prefetch_put_off {
	struct prefetch_wish wish;
	const struct metadata *metadata;
};

struct prefetch {
	struct index *index;
	const struct resolver_request *request;
	const struct solver *solver; /* read only */
	struct candidate_filter filter;
	struct index_listener listener;
	struct arena arena;
	struct intern names;
	VEC(struct prefetch_wish) wishes;
	VEC(struct prefetch_put_off) put_off;
	bool follow_known;
};

/*
 * Listen to the index until prefetch_done(). The solver may be unused yet (zeroed). Must not move.
 * follow_known: metadata that is there already leads on as well; of use when the index has answered
 * much of something else before.
 */
MUST_USE bool prefetch_init(struct prefetch *prefetch, struct index *index,
	const struct resolver_request *request, const struct solver *solver, bool follow_known,
	struct err *err);
void prefetch_done(struct prefetch *prefetch);
