#pragma once
#include "resolver/model.h"
#include "resolver/solve.h"
#include "resolver/unit.h"

/*
 * The part of an index that the scored search looks at, private to the resolver folder.
 *
 * Story. The complete solver has answered. A *world* starts as exactly this answer: each package, and
 * each extra in use, with its one version. Releases that could score more come in beside it, a wave at a
 * time: of the packages that some scoring clause touches, those that may gain most first and of equal
 * ones the newest; then what these require and the world does not have yet. Each costs the solver a
 * metadata document (and perhaps a page), so there is a budget, which counts what was asked for and not
 * what came from a cache: the same question has the same world. What does not fit into the budget is
 * left out, and counted. world_model.c states what is there as a model (model.h), best.c searches it.
 */
#define WORLD_NONE UINT32_MAX
enum { WORLD_TERMS_MAX = MODEL_TERMS_MAX };

/* One version of a node, with what it requires here. */
struct world_requirement {
	uint32_t node;
	const set_word *allowed; /* states of the node's package */
};

struct world_release {
	uint32_t state;
	const struct world_requirement *requirements;
	uint32_t n;
};

struct world_asked {
	uint32_t node, state;
};

struct world_node {             /* a project, or one extra of it */
	uint32_t package, base; /* of the solver; node of its project, of a project itself */
	bool root;
	uint32_t plain;                     /* state in the solver's answer; 0: not in it */
	set_word *in;                       /* states that were asked for */
	VEC(struct world_release) releases; /* those that can be used */
	const uint32_t
		*order; /* of a touched project: states that may come in, best first; else NULL */
	uint32_t n_order, next; /* [n_order]; how many of them were asked for */
	uint32_t gone;          /* of those, how many cannot be used at all */
};

struct world {
	struct solver *solver;
	const struct units *units;
	struct arena *arena;
	VEC(struct world_node) nodes;
	VEC(uint32_t) node_of; /* by package of the solver: node + 1, or 0 */
	struct intern names;   /* of terms */
	VEC(uint32_t) named;   /* by name: node + 1 of the project, or 0 */
	const uint32_t
		*term_names; /* of all terms of all clauses in turn; UINT32_MAX: any package */
	const uint32_t *first_term;    /* [n_clauses]: of each clause in term_names */
	VEC(uint32_t) relevant;        /* clauses all of whose packages are in the world */
	bool *is_relevant;             /* [n_clauses] */
	uint32_t latest;               /* of a touched project at most so many; 0: all */
	size_t budget, spent;          /* documents beyond those of the answer */
	VEC(struct world_asked) queue; /* asked for, and not read yet */
	uint32_t waves;                /* so far */
	bool stopped;                  /* cancelled, or the index cannot be asked */
	struct str why;                /* then: by what */
	int64_t gain; /* no stack of these packages has so much more than the answer */
};

void world_done(struct world *world);

/*
 * Start with what the solver, which has solved, answers. True: no network is asked. The world's memory is
 * the arena's, it uses the solver and adds packages and documents to it.
 */
void world_init(
	struct world *world, struct solver *solver, const struct units *units, struct arena *arena);

/*
 * Look for what may gain, and let a wave of it in. False: there is nothing more, the budget is used up, or
 * it was stopped (world->why). After the first call world->gain is known; it is 0 when nothing can beat
 * the answer, and then nothing was asked for.
 */
bool world_grow(struct world *world);

/* A candidate as clauses see it. */
struct presc_tuple world_tuple(const struct solver *solver, uint32_t package, uint32_t state);

/* ---- clauses on whole stacks (clauses.c) -------------------------------------------------------- */

/* States of the solver's answer, by node. Held by the world's arena. */
uint32_t *world_plain(const struct world *world);

/* How often does a clause apply to the stack? states[nodes], 0: not in it. */
uint32_t world_applies(const struct world *world, uint32_t clause, const uint32_t *states);

/* Sum of all clauses; false when one that applies forbids the stack. */
bool world_judge(const struct world *world, const uint32_t *states, int64_t *ret_score);

/* Node of a clause's term, WORLD_NONE: any, or none that the world has. */
uint32_t world_term(const struct world *world, uint32_t clause, uint32_t term);

/* Does the release require the project of that node? */
bool world_requires(const struct world_release *release, uint32_t node);
const struct world_release *world_release_at(const struct world_node *node, uint32_t state);

/*
 * Every way to give the terms of a clause packages of the world, an unnamed one each in turn: visit(data,
 * nodes) with nodes[terms], as long as it says true.
 */
void world_assignments(const struct world *world, uint32_t clause,
	bool (*visit)(void *data, const uint32_t *nodes), void *data);

/* Do what terms say of their requirers hold in the stack? All nodes are in it. */
bool world_from_holds(const struct world *world, const struct unit_clause *clause,
	const uint32_t *nodes, const uint32_t *states);

/* ---- as a model (world_model.c) ------------------------------------------------------------------- */

struct world_model {
	struct model_input input;
	struct model model;
	const uint32_t *const *states; /* [nodes][versions]: state of each version of the input */
	int64_t unsaid_gain;  /* of clauses that a model cannot say; the best they could add */
	bool unsaid_forbids;  /* and some of those forbid: judge whole stacks */
	VEC(uint32_t) unsaid; /* those clauses */
};

/* False: the world is too large for a model (ERR_LIMIT). */
MUST_USE bool world_model(
	const struct world *world, struct arena *arena, struct world_model *ret, struct err *err);

/* A stack of the model as states by node, and back. Held by arena. */
uint32_t *world_states(const struct world_model *model, const uint16_t *stack, struct arena *arena);
uint16_t *world_stack(const struct world *world, const struct world_model *model,
	const uint32_t *states, struct arena *arena);

/* Releases of touched projects that are not in the model for lack of documents; 0 for others. */
uint32_t world_left_out(const struct world *world, uint32_t node);
