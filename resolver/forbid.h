#pragma once
#include "resolver/solve.h"

/*
 * Clauses that forbid (unit.h) as incompatibilities of the solver, so that every answer obeys them. A
 * package that nobody requires yet is in no stack: a clause is stated once all its packages are there. One
 * with a term about any package is stated for each of them.
 *
 * Of a term with `from`, only that the release in question requires the package is stated, when that is
 * known: with from_alone more is forbidden than the clause says. Clauses with more than one term about any
 * package, or with `from` and one of them, are not stated.
 */

/* Prepare the request's clauses and what candidates look like to units. */
void forbid_init(struct solver *solver);

/* A package was made: state what concerns it. */
void forbid_package(struct solver *solver, uint32_t package);

/* `state` of a package requires the project `target`: state the clauses that ask who requires it. */
void forbid_edge(struct solver *solver, uint32_t package, uint32_t state, uint32_t target);

/* The package at `state` as units see it. */
struct presc_tuple forbid_tuple(const struct solver *solver, uint32_t package, uint32_t state);

/*
 * What a rule says that keeps the state out of the solved stack as it is, "" when none does.
 */
struct str forbid_reason(const struct solver *solver, uint32_t package, uint32_t state);
