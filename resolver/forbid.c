#include "resolver/forbid.h"
#include "common/banned.h"

/* One clause that forbids, with its terms' packages as far as they are there. */
struct forbid {
	const struct unit_clause *clause;
	uint32_t any;  /* the term about any package; NOT_DECIDED: none has */
	bool has_from; /* stated where the requirement is met with */
};

struct forbids {
	struct forbid *list;
	size_t n;
};

struct presc_tuple forbid_tuple(const struct solver *solver, uint32_t package, uint32_t state)
{
	const struct candidates *c = &solver->packages.p[package].candidates;
	return candidate_tuple(&solver->filter, c->project, &c->items[state - 1]);
}

/* ---- what there is --------------------------------------------------------------------------- */

static bool take(const struct unit_clause *clause, struct forbid *ret)
{
	*ret = (struct forbid){.clause = clause, .any = NOT_DECIDED};
	for (uint32_t i = 0; i < clause->n; i++) {
		ret->has_from |= clause->terms[i].from > 0;
		if (clause->terms[i].name.n == 0) {
			if (ret->any != NOT_DECIDED) {
				return false;
			}
			ret->any = i;
		}
	}
	return clause->forbid && clause->n > 0 && !(ret->has_from && ret->any != NOT_DECIDED);
}

/* Names that development requirements alone ask for. */
static void find_develop(struct solver *solver)
{
	const struct resolver_request *request = solver->request;
	VEC(struct str) names = {0};
	for (size_t i = 0; i < request->n_requirements; i++) {
		struct str name = request->requirements[i].requirement.name;
		bool develop = true;
		for (size_t k = 0; k < request->n_requirements && develop; k++) {
			const struct resolver_requirement *other = &request->requirements[k];
			develop = other->constraint || !str_eq(other->requirement.name, name) ||
				  str_eq(other->origin.group, S("dev"));
		}
		if (develop && !request->requirements[i].constraint) {
			*vec_push(solver->arena, &names) = name;
		}
	}
	solver->filter.develop_names = names.p;
	solver->filter.n_develop_names = names.n;
}

void forbid_init(struct solver *solver)
{
	const struct units *units = solver->request->units;
	solver->filter.index = solver->index;
	solver->filter.units = units;
	if (units == NULL) {
		return;
	}
	find_develop(solver);
	struct forbids *made = arena_new(solver->arena, struct forbids);
	made->list = arena_array(solver->arena, struct forbid, units->n_clauses);
	for (size_t i = 0; i < units->n_clauses; i++) {
		made->n += take(&units->clauses[i], &made->list[made->n]);
	}
	solver->forbids = made->n > 0 ? made : NULL;
}

/* ---- stating ---------------------------------------------------------------------------------- */

static bool fits(const struct unit_term *term, const struct presc_tuple *tuple)
{
	return term->fits == NULL || term->fits(term->what, tuple);
}

/* The states of a package that fit a term; NULL when none does. */
static set_word *fitting(struct solver *solver, const struct unit_term *term, uint32_t package)
{
	const struct candidates *c = &solver->packages.p[package].candidates;
	set_word *set = NULL;
	for (uint32_t state = 1; state < c->states; state++) {
		struct presc_tuple tuple = forbid_tuple(solver, package, state);
		if (fits(term, &tuple)) {
			set = set == NULL ? arena_array(solver->arena, set_word, c->words) : set;
			set_put(set, state);
		}
	}
	return set;
}

/* The project's package of a name, NOT_DECIDED when it is not there. */
static uint32_t project_of(const struct solver *solver, struct str name)
{
	uint32_t id = intern_find(&solver->names, name);
	return id == INTERN_NONE ? NOT_DECIDED : id;
}

/*
 * State one clause; the term about any package stands for `any`. *edge: a term with `from`, and the set
 * that stands for its requirer. Packages that are not there, or none of which fits: nothing to state.
 */
struct edge {
	uint32_t term;
	uint32_t package, target; /* the requirer, perhaps an extra of a project; the required */
	const set_word *states;
};

static void state_clause(
	struct solver *solver, const struct forbid *forbid, uint32_t any, const struct edge *edge)
{
	const struct unit_clause *clause = forbid->clause;
	AUTO(arena_done) struct arena scratch = {0};
	struct term *terms = arena_array(&scratch, struct term, clause->n);
	for (uint32_t i = 0; i < clause->n; i++) {
		const struct unit_term *term = &clause->terms[i];
		bool is_requirer = edge != NULL && clause->terms[edge->term].from == i + 1;
		uint32_t package = i == forbid->any ? any
				   : is_requirer    ? edge->package
						    : project_of(solver, term->name);
		if (package == NOT_DECIDED) {
			return;
		}
		const set_word *set = is_requirer ? edge->states : fitting(solver, term, package);
		if (set == NULL) {
			return;
		}
		terms[i] = (struct term){package, set};
	}
	for (uint32_t i = 0; i < clause->n; i++) {
		for (uint32_t k = 0; k < i; k++) {
			if (terms[i].package == terms[k].package) {
				return; /* "any" is another than those with names */
			}
		}
	}
	const struct units *units = solver->request->units;
	struct str why = clause->unit < units->n_why ? units->why[clause->unit]
						     : S("is held back by a rule");
	solver_add(solver, terms, clause->n, CAUSE_RULE, clause->unit, 0, why);
}

static bool names(const struct unit_clause *clause, struct str name)
{
	for (uint32_t i = 0; i < clause->n; i++) {
		if (str_eq(clause->terms[i].name, name)) {
			return true;
		}
	}
	return false;
}

void forbid_package(struct solver *solver, uint32_t package)
{
	const struct forbids *forbids = solver->forbids;
	if (forbids == NULL || solver->packages.p[package].extra.n > 0) {
		return;
	}
	struct str name = solver->packages.p[package].name;
	for (size_t i = 0; i < forbids->n; i++) {
		const struct forbid *forbid = &forbids->list[i];
		if (forbid->has_from) {
			continue;
		}
		bool named = names(forbid->clause, name);
		if (named && forbid->any == NOT_DECIDED) {
			state_clause(solver, forbid, NOT_DECIDED, NULL);
		} else if (!named && forbid->any != NOT_DECIDED) {
			state_clause(solver, forbid, package, NULL);
		}
		for (uint32_t k = 0; named && forbid->any != NOT_DECIDED && k < package; k++) {
			if (solver->packages.p[k].extra.n == 0) {
				state_clause(solver, forbid, k, NULL);
			}
		}
	}
}

void forbid_edge(struct solver *solver, uint32_t package, uint32_t state, uint32_t target)
{
	const struct forbids *forbids = solver->forbids;
	for (size_t i = 0; forbids != NULL && i < forbids->n; i++) {
		const struct unit_clause *clause = forbids->list[i].clause;
		for (uint32_t t = 0; forbids->list[i].has_from && t < clause->n; t++) {
			const struct unit_term *term = &clause->terms[t];
			const struct package *p = &solver->packages.p[package];
			const struct unit_term *from =
				term->from > 0 ? &clause->terms[term->from - 1] : NULL;
			struct presc_tuple tuple = forbid_tuple(solver, package, state);
			if (from == NULL || !str_eq(from->name, p->name) ||
				!str_eq(term->name, solver->packages.p[target].name) ||
				!fits(from, &tuple)) {
				continue;
			}
			set_word *one = arena_array(solver->arena, set_word, p->candidates.words);
			set_put(one, state);
			struct edge edge = {t, package, target, one};
			state_clause(solver, &forbids->list[i], NOT_DECIDED, &edge);
		}
	}
}

/* ---- explaining ------------------------------------------------------------------------------- */

struct str forbid_reason(const struct solver *solver, uint32_t package, uint32_t state)
{
	const struct package *p = &solver->packages.p[package];
	for (size_t i = 0; solver->forbids != NULL && i < p->incompatibilities.n; i++) {
		const struct incompatibility *inc =
			&solver->incompatibilities.p[p->incompatibilities.p[i]];
		bool violated = inc->cause == CAUSE_RULE;
		for (uint32_t t = 0; violated && t < inc->n; t++) {
			const struct package *other = &solver->packages.p[inc->terms[t].package];
			uint32_t there = other == p ? state : other->decided;
			violated = there != NOT_DECIDED && set_has(inc->terms[t].set, there);
		}
		if (violated) {
			return inc->text;
		}
	}
	return S("");
}
