#pragma once
#include "resolver/model.h"

/*
 * The stack problem as a network of soft constraints between two variables each, and the bound that
 * the exact search (exact.c) prunes with.
 *
 * Variables are packages, whose values are versions and perhaps absence, and helpers that put into
 * pairs what is about more than two packages:
 *  - for a package that several others can require: who does (or nobody, and it is absent);
 *  - for a rule about three or more packages: that it applies, or which of its terms does not.
 * An edge is a table over the values of two variables; -INFINITY is what cannot be. The best sum
 * over the network is the best score of a stack, but where requirements go in circles it may be
 * higher (a cycle that supports itself), never lower.
 *
 * The bound. What every variable can give at best, added up, is at least the best sum. Score is
 * moved between a table and its variables' values, which changes no sum, so that this gets smaller:
 * a variable takes in what its edges can still give for each value, and hands out equal shares to
 * those later (then earlier) in the order. A value whose own bound does not beat the best stack
 * known is dropped. Amounts are whole numbers in doubles, exact up to 2^53.
 *
 * Sources: Kolmogorov, "Convergent tree-reweighted message passing" (2006); Cooper et al., "Soft arc
 * consistency revisited" (2010).
 */
enum { NETWORK_VALUES_MAX = 1 << 22, NETWORK_CELLS_MAX = 1 << 23 };

struct network_variable {
	uint32_t n;            /* values */
	uint32_t at;           /* of its values among all */
	uint32_t package;      /* of the model, or UINT32_MAX for a helper */
	uint16_t *version;     /* [n] of a package: MODEL_ABSENT is the value of absence */
	const uint32_t *edges; /* to earlier variables first */
	uint32_t n_edges, n_earlier;
};

/* A table seen from one end. Values with equal rows share them. */
struct network_side {
	uint32_t variable;
	uint32_t moved_at; /* of its values' amounts among all */
	uint32_t n_rows;
	uint16_t *row; /* [own values] which row is theirs */
	double *rows;  /* [n_rows][values of the other end] */
};

struct network_edge {
	struct network_side side[2]; /* the earlier variable first */
};

/* What changes while searching; made to be copied whole. */
struct network_state {
	double bound;     /* no stack that is still open has a higher sum */
	double *unary;    /* [values], at most 0; -INFINITY: dropped */
	double *moved;    /* what each edge has given to the values of its two ends */
	uint8_t *stale;   /* [edges] bit s: side s has not taken in what is new */
	uint8_t *touched; /* [variables]: a value was dropped from outside */
};

struct network {
	const struct model *model;
	struct network_variable *variables;
	uint32_t n, n_values, n_moved;
	struct network_edge *edges;
	uint32_t n_edges;
	const uint32_t *of_package; /* variable of each package, UINT32_MAX: always absent */
	const double *order,
		*absent; /* [versions], [packages]: what decides between equal scores */
	double weight; /* sum = score * weight + what decides between equal scores, which is in [0, weight) */
	const double *start;         /* [n_values]: what values are worth by themselves */
	uint32_t most;               /* values of one variable */
	double *scratch;             /* [2 * most] */
	bool (*stopped)(void *data); /* asked now and then; NULL: never */
	void *data;
	double offset; /* moved out of the tables for good: where a state's bound starts */
	size_t n_cells, bytes;
};

/*
 * `stopped` may be NULL; it is asked while making and sweeping. False: larger than NETWORK_VALUES_MAX or
 * NETWORK_CELLS_MAX allow (ERR_LIMIT), or stopped (ERR_INTERRUPTED).
 */
MUST_USE bool network_make(const struct model *model, bool (*stopped)(void *data), void *data,
	struct arena *arena, struct network *ret, struct err *err);

struct network_state network_state_make(const struct network *network, struct arena *arena);
void network_state_start(const struct network *network, struct network_state *state);
void network_state_copy(
	const struct network *network, struct network_state *to, const struct network_state *from);
size_t network_state_bytes(const struct network *network);

/* Keep one value, or drop one. */
void network_fix(const struct network *network, struct network_state *state, uint32_t variable,
	uint32_t value);
void network_drop(const struct network *network, struct network_state *state, uint32_t variable,
	uint32_t value);

/*
 * One pass forward and one back through what is stale. Values that cannot beat `threshold` are
 * dropped. False: nothing is left that does. When stopped it ends early and says true.
 */
bool network_sweep(const struct network *network, struct network_state *state, double threshold);

/*
 * The same problem with only the values that are left, amounts moved for good, and dominated values
 * gone: those that another value of the same variable can replace in every stack without loss.
 */
MUST_USE bool network_reduce(const struct network *network, const struct network_state *state,
	bool dominance, struct arena *arena, struct network *ret, struct err *err);

/* What a stack sums up to: its score with what decides between equal scores. */
double network_sum(const struct network *network, const uint16_t *stack, int64_t score);

/* ---- for network.c and network_reduce.c -------------------------------------------------------- */

/* A dense table over two variables, first the earlier one. */
struct network_draft {
	uint32_t a, b;
	const double *cells; /* [n of a][n of b] */
};

/* Lay out one edge. False: too many cells. */
MUST_USE bool network_add_edge(struct network *network, const struct network_draft *draft,
	struct arena *arena, struct err *err);

/* When all variables and edges are there. */
void network_finish(struct network *network, struct arena *arena);
