#include "resolver/grow.h"
#include "resolver/forbid.h"
#include "resolver/memo.h"
#include "common/banned.h"

static bool names_user_prerelease(const struct resolver_request *request, struct str name)
{
	for (size_t i = 0; i < request->n_prerelease_names; i++) {
		if (str_eq(request->prerelease_names[i], name)) {
			return true;
		}
	}
	return request->prereleases == RESOLVER_PRE_ALLOW;
}

/* The user's own pin of a project, which may choose a yanked release; NULL when there is none. */
static const struct specifier_set *user_pin(const struct solver *solver, struct str name)
{
	for (size_t i = 0; i < solver->request->n_requirements; i++) {
		const struct requirement *r = &solver->request->requirements[i].requirement;
		if (str_eq(r->name, name) && specifier_is_pin(&r->specifier)) {
			return &r->specifier;
		}
	}
	return NULL;
}

static void find_preferred(
	const struct resolver_request *request, struct arena *arena, struct package *package)
{
	VEC(uint32_t) states = {0};
	for (size_t i = 0; i < request->n_preferred; i++) {
		if (!str_eq(request->preferred[i].name, package->name)) {
			continue;
		}
		for (uint32_t c = 0; c < package->candidates.n; c++) {
			if (str_eq(package->candidates.items[c].release->version,
				    request->preferred[i].version)) {
				*vec_push(arena, &states) = c + 1;
			}
		}
	}
	package->preferred = states.p;
	package->n_preferred = (uint32_t)states.n;
}

static bool fill_base(struct solver *solver, struct package *package, struct err *err)
{
	const struct index_project *project;
	if (!index_project(solver->index, package->name, &project, err)) {
		return false;
	}
	package->user_prerelease = names_user_prerelease(solver->request, package->name);
	bool without_pre = solver->request->prereleases == RESOLVER_PRE_DISALLOW;
	candidates_make(&solver->filter, project, user_pin(solver, package->name), without_pre,
		solver->arena, &package->candidates);
	package->dependencies =
		arena_array(solver->arena, struct dependencies *, package->candidates.n);
	find_preferred(solver->request, solver->arena, package);
	return true;
}

static void fill_proxy(struct package *package, const struct package *base)
{
	package->candidates = base->candidates;
	package->dependencies = base->dependencies;
	package->user_prerelease = base->user_prerelease;
	package->preferred = base->preferred;
	package->n_preferred = base->n_preferred;
}

bool solver_package(
	struct solver *solver, struct str name, struct str extra, uint32_t *ret, struct err *err)
{
	AUTO(arena_done) struct arena scratch = {0};
	struct str key = extra.n == 0 ? name
				      : arena_printf(&scratch, STR_FMT "[" STR_FMT "]",
						STR_ARG(name), STR_ARG(extra));
	uint32_t known = intern_find(&solver->names, key);
	if (known != INTERN_NONE) {
		*ret = known;
		return true;
	}
	struct package package = {.name = arena_str(solver->arena, name),
		.extra = arena_str(solver->arena, extra),
		.decided = NOT_DECIDED};
	uint32_t base = NOT_DECIDED;
	if (extra.n > 0) {
		if (!solver_package(solver, name, S(""), &base, err)) {
			return false;
		}
		fill_proxy(&package, &solver->packages.p[base]);
	} else if (!fill_base(solver, &package, err)) {
		return false;
	}
	uint32_t id = intern_id(&solver->names, key);
	package.base = extra.n > 0 ? base : id;
	package.domain = arena_array(solver->arena, set_word, package.candidates.words);
	set_fill(package.domain, package.candidates.states);
	*vec_push(solver->arena, &solver->packages) = package;
	forbid_package(solver, id);
	*ret = id;
	return true;
}

const set_word *solver_matching(
	struct solver *solver, uint32_t package, const struct specifier_set *set)
{
	struct package *p = &solver->packages.p[solver->packages.p[package].base];
	struct str text = specifier_text(set, solver->arena);
	for (size_t i = 0; i < p->matching.n; i++) {
		if (str_eq(p->matching.p[i].text, text)) {
			return p->matching.p[i].set;
		}
	}
	const set_word *made = candidates_matching(&p->candidates, set, solver->arena);
	*vec_push(solver->arena, &p->matching) = (struct matching){text, made};
	return made;
}

bool solver_dependencies(struct solver *solver, uint32_t package, uint32_t candidate,
	const struct dependencies **ret, struct err *err)
{
	struct package *p = &solver->packages.p[package];
	if (p->dependencies[candidate] == NULL) {
		struct dependencies *made = arena_new(solver->arena, struct dependencies);
		if (!dependencies_read(solver->index, &solver->filter, &p->candidates, candidate,
			    solver->arena, made, err)) {
			return false;
		}
		p->dependencies[candidate] = made;
	}
	*ret = p->dependencies[candidate];
	return true;
}

void solver_want(struct solver *solver, const struct package *package, uint32_t state)
{
	const struct candidates *c = &package->candidates;
	const struct index_file *file = candidate_file(c, &c->items[state - 1]);
	if (resolver_memo_metadata(solver->filter.memo, file) == NULL) {
		index_want_metadata(solver->index, c->project, file);
	}
}

/* The state a decision would take now among `allowed`: what to fetch ahead. */
static void read_ahead(struct solver *solver, uint32_t package, const set_word *allowed)
{
	struct package *p = &solver->packages.p[package];
	if (p->candidates.n == 0) {
		return;
	}
	uint32_t state = set_first(allowed, p->candidates.stable, p->candidates.words);
	uint32_t preferred = solver_preferred(p, allowed);
	if (preferred != 0) {
		state = preferred;
	} else if (state == UINT32_MAX) {
		state = set_first(allowed, NULL, p->candidates.words);
	}
	if (state != UINT32_MAX && state > 0 && p->dependencies[state - 1] == NULL) {
		solver_want(solver, p, state);
	}
}

/* complement of `allowed`; without the absent state for a constraint */
static set_word *outside(
	struct solver *solver, uint32_t package, const set_word *allowed, bool absent_is_fine)
{
	const struct candidates *c = &solver->packages.p[package].candidates;
	set_word *set = arena_array(solver->arena, set_word, c->words);
	set_copy(set, allowed, c->words);
	set_complement(set, c->states);
	if (absent_is_fine) {
		set_drop(set, 0);
	}
	return set;
}

static bool add_user_requirement(struct solver *solver, uint32_t i, struct err *err)
{
	const struct resolver_requirement *user = &solver->request->requirements[i];
	const struct requirement *r = &user->requirement;
	for (size_t e = 0; e <= r->n_extras; e++) {
		struct str extra = e == 0 ? S("") : r->extras[e - 1];
		uint32_t package;
		if (!solver_package(solver, r->name, extra, &package, err)) {
			return false;
		}
		const set_word *allowed = solver_matching(solver, package, &r->specifier);
		struct term term = {package, outside(solver, package, allowed, user->constraint)};
		solver_add(solver, &term, 1, CAUSE_USER, i, 0, S(""));
		if (specifier_is_pin(&r->specifier)) {
			solver->packages.p[package].priority = PRIORITY_PIN;
			solver_note(solver, package);
		}
		read_ahead(solver, package, allowed);
	}
	return true;
}

/* A rule leaves it out, whoever asks for it. */
static bool is_skipped(const struct solver *solver, struct str name)
{
	const struct units *units = solver->filter.units;
	const struct presc_tuple user = {0};
	return units != NULL && units->is_skipped != NULL &&
	       units->is_skipped(units->data, &user, name);
}

bool grow_from_user(struct solver *solver, struct err *err)
{
	const struct resolver_request *request = solver->request;
	for (size_t i = 0; i < request->n_requirements; i++) {
		if (!request->requirements[i].constraint) {
			index_want_project(
				solver->index, request->requirements[i].requirement.name);
		}
	}
	for (uint32_t i = 0; i < request->n_requirements; i++) {
		const struct resolver_requirement *user = &request->requirements[i];
		bool ignored = (solver->left_out != NULL && solver->left_out[i]) ||
			       is_skipped(solver, user->requirement.name) ||
			       marker_evaluate(user->requirement.marker, request->environment, NULL,
				       0) != MARKER_TRUE;
		if (!ignored && !add_user_requirement(solver, i, err)) {
			return false;
		}
	}
	return true;
}

/*
 * "package at `state` requires `target` in `allowed`". Neighbouring versions mostly require the same,
 * so one incompatibility per (target, allowed) grows by the versions that share it; conflict analysis
 * then learns about all of them at once.
 */
static uint32_t add_dependency(struct solver *solver, uint32_t package, uint32_t state,
	uint32_t target, const set_word *allowed, struct str text)
{
	struct package *p = &solver->packages.p[package];
	struct dependency_entry *entry = NULL;
	for (size_t i = 0; i < p->entries.n && entry == NULL; i++) {
		bool same = p->entries.p[i].target == target && p->entries.p[i].allowed == allowed;
		entry = same ? &p->entries.p[i] : NULL;
	}
	set_word *states = arena_array(solver->arena, set_word, p->candidates.words);
	if (entry != NULL) {
		struct incompatibility *old = &solver->incompatibilities.p[entry->incompatibility];
		if (set_has(old->terms[0].set, state)) {
			return entry->incompatibility;
		}
		set_copy(states, old->terms[0].set, p->candidates.words);
		old->retired = true;
	} else {
		entry = vec_push(solver->arena, &p->entries);
		*entry = (struct dependency_entry){.target = target, .allowed = allowed};
	}
	set_put(states, state);
	struct term terms[2] = {
		{package,  states},
                { target, outside(solver, target, allowed, false)}
        };
	uint32_t made = solver_add(solver, terms, 2, CAUSE_DEPENDENCY, target, 0, text);
	entry->incompatibility = made;
	return made;
}

/* Does the requirement clash with what is open for its target now? */
static bool clashes(const struct solver *solver, uint32_t target, const set_word *allowed)
{
	const struct package *t = &solver->packages.p[target];
	return !set_meets(t->domain, allowed, t->candidates.words);
}

/* "dask[array]" inside dask's own extra (the base is tied anyway), and a project that requires itself. */
static bool is_own(const struct solver *solver, uint32_t package, uint32_t target)
{
	const struct package *p = &solver->packages.p[package];
	return target == package || (target == p->base && p->extra.n > 0);
}

static bool add_requirement(struct solver *solver, uint32_t package, uint32_t state,
	const struct requirement *r, uint32_t *conflict, struct err *err)
{
	for (size_t e = 0; e <= r->n_extras; e++) {
		struct str extra = e == 0 ? S("") : r->extras[e - 1];
		uint32_t target;
		if (!solver_package(solver, r->name, extra, &target, err)) {
			return false;
		}
		if (is_own(solver, package, target)) {
			continue;
		}
		const set_word *allowed = solver_matching(solver, target, &r->specifier);
		add_dependency(solver, package, state, target, allowed, r->text);
		forbid_edge(solver, package, state, target);
		if (specifier_is_pin(&r->specifier) &&
			solver->packages.p[target].priority < PRIORITY_PIN) {
			solver->packages.p[target].priority = PRIORITY_PIN;
			solver_note(solver, target);
		}
		if (clashes(solver, target, allowed)) {
			*conflict = target;
		}
		read_ahead(solver, target, allowed);
	}
	return true;
}

/*
 * Requirements that clash with what is known already are enough to reject a candidate: the pages of all
 * else that it requires need not be asked for. True when there is one; the rest is added should the
 * candidate come up again.
 */
static bool add_known_clash(struct solver *solver, uint32_t package, uint32_t state,
	const struct requirement *r, uint32_t *conflict)
{
	uint32_t target = intern_find(&solver->names, r->name);
	if (target == INTERN_NONE || is_own(solver, package, target)) {
		return false;
	}
	const set_word *allowed = solver_matching(solver, target, &r->specifier);
	if (!clashes(solver, target, allowed)) {
		return false;
	}
	add_dependency(solver, package, state, target, allowed, r->text);
	*conflict = target;
	return true;
}

static void add_proxy_tie(struct solver *solver, uint32_t proxy, uint32_t state)
{
	const struct package *p = &solver->packages.p[proxy];
	set_word *one = arena_array(solver->arena, set_word, p->candidates.words);
	set_put(one, state);
	set_word *other = arena_array(solver->arena, set_word, p->candidates.words);
	set_copy(other, one, p->candidates.words);
	set_complement(other, p->candidates.states);
	struct term terms[2] = {
		{proxy,   one  },
                {p->base, other}
        };
	solver_add(solver, terms, 2, CAUSE_EXTRA, 0, 0, S(""));
}

/* The requirements that hold for a package: of a proxy those of its extra alone. */
static bool applies(const struct solver *solver, const struct package *package,
	const struct requirement *requirement)
{
	return dependency_holds(requirement, solver->filter.environment, &package->extra, 1);
}

/* "base at state with all extras of `set` requires what `combined` says". */
static bool add_combined_set(struct solver *solver, uint32_t base, uint32_t state,
	const struct combined_requirement *combined, unsigned set, uint32_t target,
	const set_word *allowed, struct err *err)
{
	struct term terms[COMBINED_EXTRAS_MAX + 2];
	uint32_t n = 0;
	set_word *one =
		arena_array(solver->arena, set_word, solver->packages.p[base].candidates.words);
	set_put(one, state);
	terms[n++] = (struct term){base, one};
	for (size_t i = 0; i < combined->n_extras; i++) {
		uint32_t proxy;
		if ((set >> i & 1) == 0) {
			continue;
		}
		if (!solver_package(solver, solver->packages.p[base].name, combined->extras[i],
			    &proxy, err)) {
			return false;
		}
		const struct candidates *c = &solver->packages.p[proxy].candidates;
		set_word *present = arena_array(solver->arena, set_word, c->words);
		set_fill(present, c->states);
		set_drop(present, 0);
		terms[n++] = (struct term){proxy, present};
	}
	terms[n++] = (struct term){target, outside(solver, target, allowed, false)};
	solver_add(solver, terms, n, CAUSE_DEPENDENCY, target, 0, combined->requirement.text);
	return true;
}

/* No smaller set of extras is enough. */
static bool is_minimal(const struct combined_requirement *combined, unsigned set)
{
	bool minimal = (combined->holds >> set & 1) != 0;
	for (size_t i = 0; i < combined->n_extras && minimal; i++) {
		bool has = (set >> i & 1) != 0;
		minimal = !has || (combined->holds >> (set & ~(1u << i)) & 1) == 0;
	}
	return minimal;
}

static bool add_combined(struct solver *solver, uint32_t base, uint32_t state,
	const struct combined_requirement *combined, struct err *err)
{
	const struct requirement *r = &combined->requirement;
	for (size_t e = 0; e <= r->n_extras; e++) {
		struct str extra = e == 0 ? S("") : r->extras[e - 1];
		uint32_t target;
		if (!solver_package(solver, r->name, extra, &target, err)) {
			return false;
		}
		const set_word *allowed = solver_matching(solver, target, &r->specifier);
		forbid_edge(solver, base, state, target);
		for (unsigned set = 0; set < 1u << combined->n_extras && target != base; set++) {
			if (is_minimal(combined, set) &&
				!add_combined_set(
					solver, base, state, combined, set, target, allowed, err)) {
				return false;
			}
		}
	}
	return true;
}

bool grow_combined_holds(
	const struct solver *solver, uint32_t base, const struct combined_requirement *combined)
{
	VEC(struct str) extras = {0};
	AUTO(arena_done) struct arena scratch = {0};
	const struct package *b = &solver->packages.p[base];
	for (size_t i = 0; combined->grows && i < solver->packages.n; i++) {
		const struct package *p = &solver->packages.p[i];
		if (p->base == base && p->extra.n > 0 && p->decided != NOT_DECIDED) {
			*vec_push(&scratch, &extras) = p->extra;
		}
	}
	for (size_t i = 0; !combined->grows && i < solver->request->n_requirements; i++) {
		const struct requirement *r = &solver->request->requirements[i].requirement;
		for (size_t e = 0; str_eq(r->name, b->name) && e < r->n_extras; e++) {
			*vec_push(&scratch, &extras) = r->extras[e];
		}
	}
	return dependency_combined_holds(combined, extras.p, extras.n);
}

/* Once for each state: what is added stays. */
static bool grow_combined(struct solver *solver, uint32_t base, uint32_t state,
	const struct dependencies *deps, uint32_t *conflict, struct err *err)
{
	struct package *p = &solver->packages.p[base];
	for (size_t i = 0; i < p->combined.n; i++) {
		if (p->combined.p[i] == state) {
			return true;
		}
	}
	*vec_push(solver->arena, &p->combined) = state;
	for (size_t i = 0; i < deps->n_combined; i++) {
		const struct combined_requirement *combined = &deps->combined[i];
		bool fine = combined->grows
				    ? add_combined(solver, base, state, combined, err)
				    : !grow_combined_holds(solver, base, combined) ||
					      add_requirement(solver, base, state,
						      &combined->requirement, conflict, err);
		if (!fine) {
			return false;
		}
	}
	return true;
}

/* This one version of a package cannot be used. */
static void add_unavailable(struct solver *solver, uint32_t package, uint32_t state, struct str why)
{
	uint32_t words = solver->packages.p[package].candidates.words;
	set_word *one = arena_array(solver->arena, set_word, words);
	set_put(one, state);
	struct term term = {package, one};
	solver_add(solver, &term, 1, CAUSE_UNAVAILABLE, 0, 0, why);
}

/*
 * A state whose requirements are all in is decided again and again after jumps back: only look whether one of
 * them clashes now.
 */
static bool is_grown(
	const struct solver *solver, uint32_t package, uint32_t state, uint32_t *conflict)
{
	const struct package *p = &solver->packages.p[package];
	if (p->grown == NULL || !set_has(p->grown, state)) {
		return false;
	}
	for (size_t i = 0; i < p->entries.n; i++) {
		const struct dependency_entry *entry = &p->entries.p[i];
		const struct incompatibility *inc =
			&solver->incompatibilities.p[entry->incompatibility];
		bool own = inc->n > 0 && inc->terms[0].package == package &&
			   set_has(inc->terms[0].set, state);
		if (own && clashes(solver, entry->target, entry->allowed)) {
			*conflict = entry->target;
		}
	}
	return true;
}

static void mark_grown(struct solver *solver, uint32_t package, uint32_t state)
{
	struct package *p = &solver->packages.p[package];
	if (p->grown == NULL) {
		p->grown = arena_array(solver->arena, set_word, p->candidates.words);
	}
	set_put(p->grown, state);
}

bool grow_from_candidate(struct solver *solver, uint32_t package, uint32_t state,
	uint32_t *ret_conflict, struct err *err)
{
	*ret_conflict = NOT_DECIDED;
	if (is_grown(solver, package, state, ret_conflict)) {
		return true;
	}
	const struct dependencies *deps;
	if (!solver_dependencies(solver, package, state - 1, &deps, err)) {
		return false;
	}
	struct package p = solver->packages.p[package]; /* a copy: the array may move */
	if (!deps->available) {
		add_unavailable(solver, package, state, deps->why_not);
		*ret_conflict = package;
		return true;
	}
	bool proxy = p.extra.n > 0;
	const struct requirement *list = proxy ? deps->with_extra : deps->always;
	size_t n = proxy ? deps->n_with_extra : deps->n_always;
	for (size_t i = 0; i < n && proxy; i++) {
		if (list[i].url.n > 0 && applies(solver, &p, &list[i])) {
			struct str why = arena_printf(solver->arena,
				"it requires '" STR_FMT "' from a fixed address",
				STR_ARG(list[i].text));
			*ret_conflict = package;
			add_unavailable(solver, package, state, why);
			return true;
		}
	}
	for (size_t i = 0; i < n; i++) {
		if ((!proxy || applies(solver, &p, &list[i])) &&
			add_known_clash(solver, package, state, &list[i], ret_conflict)) {
			return true;
		}
	}
	for (size_t i = 0; i < n; i++) {
		if (!proxy || applies(solver, &p, &list[i])) {
			index_want_project(solver->index, list[i].name);
		}
	}
	if (proxy) {
		add_proxy_tie(solver, package, state);
	}
	for (size_t i = 0; i < n; i++) {
		if ((!proxy || applies(solver, &p, &list[i])) &&
			!add_requirement(solver, package, state, &list[i], ret_conflict, err)) {
			return false;
		}
	}
	if (!proxy && deps->n_combined > 0 &&
		!grow_combined(solver, package, state, deps, ret_conflict, err)) {
		return false;
	}
	mark_grown(solver, package, state);
	return true;
}
