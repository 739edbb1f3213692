#pragma once
#include "common/arena.h"
#include "common/err.h"

/*
 * The stack problem, compiled flat and read-only for the scored search (docs/resolver.md).
 *
 * A *stack* gives each package a version or leaves it out. It is valid when every root is there, a
 * package is there exactly when a chain of requirements leads to it from a root (*founded*: nothing
 * is added because it scores well, no cycle supports itself), every requirement of what is there
 * holds and no forbidding rule applies. Its score is a sum: one number for each version in it, one
 * for each rule whose terms all hold, one cell of each table of a pair.
 *
 * Story. model_input is the problem as somebody states it (instance.c reads one from JSON; the
 * pipeline makes one from candidates and units). model_compile() checks all of it, numbers the
 * packages so that requirers come before what they require, drops versions that no stack can hold
 * (possible.c), and lays out requirements as bit masks, rules about two packages as dense tables
 * and the rest as rules by package. Everything that searches reads this one structure: descent.c,
 * predictors, count.c, exact.c.
 *
 * Versions ascend: the last one is the newest. Scores are whole numbers in 1/scale points.
 */
enum {
	MODEL_PACKAGES_MAX = 4096,
	MODEL_VERSIONS_MAX = 50000, /* of one package */
	MODEL_TERMS_MAX = 8,        /* of one rule */
	MODEL_SCORE_MAX = 1 << 30,  /* of one version, rule or cell, either way */
	MODEL_PAIR_MAX = 1 << 16,   /* cells; rules about a larger pair stay rules */
	MODEL_CELLS_MAX = 1 << 25,  /* of all pairs together */
};

#define MODEL_ABSENT UINT16_MAX   /* in a stack: this package is left out */
#define MODEL_FORBIDDEN INT32_MIN /* in a pair's table, or the score of a rule */
#define MODEL_NO_SCORE INT64_MIN  /* of a stack that is not valid */

/* ---- the problem as stated; packages and versions by number from 0 ---------------------------- */

struct model_range {
	uint32_t from, to; /* inclusive */
};

struct model_input_package {
	struct str name;
	bool root;
	const struct str *versions; /* ascending; names for people, never compared */
	const int32_t *unary;       /* one score for each version; NULL: all 0 */
	const int32_t
		*preference; /* decides between equal scores, see exact.h; NULL: newer first */
	uint32_t n;
};

struct model_input_requirement {
	uint32_t package, version; /* of whom */
	uint32_t on;
	const struct model_range *allowed; /* none: this version can never be taken */
	uint32_t n_allowed;
};

struct model_input_term {
	uint32_t package, from, to; /* there, with a version from..to inclusive */
};

struct model_input_rule {
	const struct model_input_term *when; /* applies when all hold */
	uint32_t n;
	bool forbid;
	int32_t score; /* when not forbid */
};

struct model_input_table {
	uint32_t a, b;
	const int32_t *scores; /* [versions of a][versions of b], added when both are there */
};

struct model_input {
	const struct model_input_package *packages;
	uint32_t n_packages;
	const struct model_input_requirement *requirements;
	size_t n_requirements;
	const struct model_input_rule *rules;
	size_t n_rules;
	const struct model_input_table *tables;
	size_t n_tables;
	int32_t scale; /* of the scores: 1000 for milli-points */
};

/* ---- the problem compiled --------------------------------------------------------------------- */

typedef uint64_t mask_word;
enum { MASK_BITS = 64 };

static inline uint32_t mask_words(uint32_t n)
{
	return (n + MASK_BITS - 1) / MASK_BITS;
}
static inline bool mask_has(const mask_word *mask, uint32_t bit)
{
	return (mask[bit / MASK_BITS] >> (bit % MASK_BITS) & 1) != 0;
}
static inline void mask_add(mask_word *mask, uint32_t bit)
{
	mask[bit / MASK_BITS] |= (mask_word)1 << (bit % MASK_BITS);
}
static inline void mask_drop(mask_word *mask, uint32_t bit)
{
	mask[bit / MASK_BITS] &= ~((mask_word)1 << (bit % MASK_BITS));
}

struct model_requirement {
	uint32_t package;
	const mask_word *allowed; /* interned: equal masks have one address */
};

/* What two packages score together, seen from one of them. */
struct model_link {
	uint32_t other;
	const int32_t *table; /* table[own * own_step + theirs * other_step] */
	uint32_t own_step, other_step;
};

struct model_package {
	struct str name;
	uint32_t input; /* its number in the input */
	bool root;
	uint32_t group; /* packages on one cycle of requirements share it, and nobody else does */
	uint32_t n, words;              /* versions; words of a mask over them */
	uint32_t first;                 /* of its versions among all versions */
	const mask_word *usable;        /* versions that some valid stack may hold; may be empty */
	uint32_t words_at;              /* sum of words of the packages before it */
	const struct model_link *links; /* pairs: with earlier packages first */
	uint32_t n_links, n_earlier;
	const uint32_t *rules; /* rules with a term about it */
	uint32_t n_rules;
	const uint32_t *requirers; /* packages with a version that requires it, ascending */
	uint32_t n_requirers;
};

struct model_rule_term {
	uint32_t package;
	const mask_word *mask;
};

/* A rule that is in no table: three or more packages, or two large ones. */
struct model_rule {
	const struct model_rule_term *terms; /* distinct packages, ascending */
	uint32_t n;
	int32_t score; /* or MODEL_FORBIDDEN */
};

struct model_pair {
	uint32_t a, b;        /* a < b */
	const int32_t *table; /* [versions of a][versions of b]; or MODEL_FORBIDDEN */
};

struct model {
	const struct model_input *input;
	uint32_t n; /* packages; requirers come first, but on a cycle */
	bool cyclic;
	const struct model_package *packages;
	const uint32_t *number; /* of a package of the input */
	const uint32_t *roots;
	uint32_t n_roots;
	uint32_t n_versions, n_words;
	const int32_t *unary;                         /* [n_versions] */
	const uint32_t *requirements_at;              /* [n_versions + 1] */
	const struct model_requirement *requirements; /* ascending by package */
	const struct model_pair *pairs;
	uint32_t n_pairs;
	const struct model_rule *rules;
	uint32_t n_rules;
	struct str unsatisfiable; /* why no stack is valid, when that is plain; else "" */
	size_t bytes;             /* memory it takes */
};

/*
 * Check and compile. False: err names what is wrong with the input (ERR_INPUT, ERR_LIMIT). That
 * nothing is valid is no error: ret->unsatisfiable may say so, or the search finds out. All is held
 * by the arena and views the input.
 */
MUST_USE bool model_compile(
	const struct model_input *input, struct arena *arena, struct model *ret, struct err *err);

/*
 * Score of a stack (version or MODEL_ABSENT for each package of the model), worked out from the
 * input alone and not from what was compiled; MODEL_NO_SCORE when it is not valid. Slow: what
 * searches adds up while it goes, and this checks what is reported.
 */
int64_t model_score(const struct model *model, const uint16_t *stack);

/* Does rule `i` of the input apply to the stack? For justifications of what is reported. */
bool model_applies(const struct model *model, size_t i, const uint16_t *stack);

static inline uint32_t model_version(const struct model *model, uint32_t package, uint32_t version)
{
	return model->packages[package].first + version;
}

/*
 * What the version gains with what the stack has: its own score, the cells of its first n_links pairs, the rules
 * that then apply. False: forbidden. In the innermost loop of every search, hence here.
 */
static inline bool model_gain(const struct model *model, const uint16_t *stack, uint32_t package,
	uint32_t version, uint32_t n_links, int64_t *ret)
{
	const struct model_package *p = &model->packages[package];
	int64_t gain = model->unary[p->first + version];
	for (uint32_t i = 0; i < n_links; i++) {
		const struct model_link *link = &p->links[i];
		uint16_t other = stack[link->other];
		if (other == MODEL_ABSENT) {
			continue;
		}
		int32_t cell = link->table[(size_t)version * link->own_step +
					   (size_t)other * link->other_step];
		if (cell == MODEL_FORBIDDEN) {
			return false;
		}
		gain += cell;
	}
	for (uint32_t i = 0; i < p->n_rules; i++) {
		const struct model_rule *rule = &model->rules[p->rules[i]];
		bool applies = true;
		for (uint32_t t = 0; applies && t < rule->n; t++) {
			uint32_t about = rule->terms[t].package;
			uint32_t v = about == package ? version : stack[about];
			applies = v != MODEL_ABSENT && mask_has(rule->terms[t].mask, v);
		}
		if (applies && rule->score == MODEL_FORBIDDEN) {
			return false;
		}
		gain += applies ? rule->score : 0;
	}
	*ret = gain;
	return true;
}
