#include "resolver/world.h"
#include "resolver/forbid.h"
#include "resolver/grow.h"
#include "resolver/memo.h"
#include "common/banned.h"

#define ANY_NAME UINT32_MAX
enum { WAVE_DOUBLED = 4 }; /* how often a wave gets twice as large */

void world_done(struct world *world)
{
	intern_done(&world->names);
}

struct presc_tuple world_tuple(const struct solver *solver, uint32_t package, uint32_t state)
{
	return forbid_tuple(solver, package, state);
}

/* ---- nodes -------------------------------------------------------------------------------------- */

static void enqueue(struct world *world, uint32_t node, uint32_t state)
{
	set_put(world->nodes.p[node].in, state);
	*vec_push(world->arena, &world->queue) = (struct world_asked){node, state};
}

static uint32_t find_node(const struct world *world, uint32_t package)
{
	return package < world->node_of.n ? world->node_of.p[package] - 1 : WORLD_NONE;
}

/* The node of a package that the solver knows; one of an extra gets the versions of its project. */
static uint32_t node_of(struct world *world, uint32_t package)
{
	uint32_t found = find_node(world, package);
	if (found != WORLD_NONE) {
		return found;
	}
	const struct package *p = &world->solver->packages.p[package];
	uint32_t base = p->base == package ? WORLD_NONE : node_of(world, p->base);
	uint32_t words = p->candidates.words, states = p->candidates.states;
	while (world->node_of.n <= package) {
		*vec_push(world->arena, &world->node_of) = 0;
	}
	uint32_t node = (uint32_t)world->nodes.n;
	world->node_of.p[package] = node + 1;
	*vec_push(world->arena, &world->nodes) = (struct world_node){.package = package,
		.base = base == WORLD_NONE ? node : base,
		.in = arena_array(world->arena, set_word, words)};
	for (uint32_t s = 1; base != WORLD_NONE && s < states; s++) {
		if (set_has(world->nodes.p[base].in, s)) {
			enqueue(world, node, s);
		}
	}
	uint32_t name = base == WORLD_NONE ? intern_find(&world->names, p->name) : INTERN_NONE;
	if (name != INTERN_NONE) {
		world->named.p[name] = node + 1;
	}
	return node;
}

/* Room for one more document, which is then spoken for. */
static bool spend(struct world *world)
{
	if (world->spent >= world->budget) {
		return false;
	}
	world->spent++;
	return true;
}

/* Ask for a version of a node, which may be an extra's. False: the budget does not allow it. */
static bool ask_for(struct world *world, uint32_t node, uint32_t state)
{
	uint32_t base = world->nodes.p[node].base;
	const struct package *p = &world->solver->packages.p[world->nodes.p[base].package];
	if (set_has(world->nodes.p[base].in, state)) {
		return true;
	}
	if (p->dependencies[state - 1] == NULL && !spend(world)) {
		return false;
	}
	for (uint32_t n = 0; n < world->nodes.n; n++) {
		if (world->nodes.p[n].base == base && !set_has(world->nodes.p[n].in, state)) {
			enqueue(world, n, state);
		}
	}
	return true;
}

/* ---- which states may come in ------------------------------------------------------------------- */

/* What no decision can change: states that are open whatever else is chosen. */
static bool is_possible(const struct solver *solver, const struct package *p, uint32_t state)
{
	const set_word *domain = NULL;
	for (size_t i = 0; i < p->trail.n && solver->trail[p->trail.p[i]].level == 0; i++) {
		domain = solver->trail[p->trail.p[i]].domain;
	}
	return domain == NULL || set_has(domain, state);
}

/* A neighbour is a release as the solver would take it without need, and never one that costs a download. */
static bool may_come_in(const struct world *world, uint32_t package, uint32_t state)
{
	const struct solver *solver = world->solver;
	const struct package *p = &solver->packages.p[package];
	const struct candidate *candidate = &p->candidates.items[state - 1];
	return (p->user_prerelease ? !candidate->elsewhere
				   : set_has(p->candidates.stable, state)) &&
	       !candidate->is_sdist && is_possible(solver, p, state);
}

/* ---- what releases require ---------------------------------------------------------------------- */

struct target { /* a requirement, by the solver's package */
	uint32_t package;
	const set_word *allowed;
};

struct reading {
	struct world *world;
	uint32_t package, state; /* of the solver */
	VEC(struct target) targets;
	bool unmet; /* something cannot be had within the budget */
	struct err *err;
};

/* One requirement: a target for its project, and one for each extra. */
static bool take_requirement(struct reading *reading, const struct requirement *r)
{
	struct world *world = reading->world;
	struct solver *solver = world->solver;
	if (intern_find(&solver->names, r->name) == INTERN_NONE && !spend(world)) {
		reading->unmet = true;
		return true;
	}
	for (size_t e = 0; e <= r->n_extras; e++) {
		uint32_t target;
		struct str extra = e == 0 ? S("") : r->extras[e - 1];
		if (!solver_package(solver, r->name, extra, &target, reading->err)) {
			return false;
		}
		const struct package *own = &solver->packages.p[reading->package];
		if (target == reading->package || (target == own->base && own->extra.n > 0)) {
			continue;
		}
		const set_word *allowed = solver_matching(solver, target, &r->specifier);
		*vec_push(world->arena, &reading->targets) = (struct target){target, allowed};
	}
	return true;
}

static void tie_to_base(struct reading *reading)
{
	struct world *world = reading->world;
	const struct package *p = &world->solver->packages.p[reading->package];
	set_word *one = arena_array(world->arena, set_word, p->candidates.words);
	set_put(one, reading->state);
	*vec_push(world->arena, &reading->targets) = (struct target){p->base, one};
}

/* The requirements of a project's version; one that wants several extras is judged as the answer has it. */
static bool read_project(struct reading *reading, const struct dependencies *deps)
{
	for (size_t i = 0; i < deps->n_always; i++) {
		if (!take_requirement(reading, &deps->always[i])) {
			return false;
		}
	}
	for (size_t i = 0; i < deps->n_combined; i++) {
		if (grow_combined_holds(
			    reading->world->solver, reading->package, &deps->combined[i]) &&
			!take_requirement(reading, &deps->combined[i].requirement)) {
			return false;
		}
	}
	return true;
}

static bool read_extra(struct reading *reading, const struct dependencies *deps, bool *usable)
{
	const struct solver *solver = reading->world->solver;
	struct str extra = solver->packages.p[reading->package].extra;
	for (size_t i = 0; i < deps->n_with_extra; i++) {
		const struct requirement *r = &deps->with_extra[i];
		if (!dependency_holds(r, solver->filter.environment, &extra, 1)) {
			continue;
		}
		*usable &= r->url.n == 0;
		if (!take_requirement(reading, r)) {
			return false;
		}
	}
	tie_to_base(reading);
	return true;
}

/* Does the node have a version, there or asked for, that is allowed? If not, the newest is asked for. */
static bool meet(struct world *world, uint32_t node, const set_word *allowed)
{
	const struct package *p = &world->solver->packages.p[world->nodes.p[node].package];
	if (set_meets(world->nodes.p[node].in, allowed, p->candidates.words)) {
		return true;
	}
	for (uint32_t state = 1; state < p->candidates.states; state++) {
		if (set_has(allowed, state) &&
			may_come_in(world, world->nodes.p[node].package, state)) {
			return ask_for(world, node, state);
		}
	}
	return false;
}

static void keep_release(struct reading *reading, uint32_t node)
{
	struct world *world = reading->world;
	size_t n = reading->targets.n;
	struct world_requirement *made = arena_array(world->arena, struct world_requirement, n);
	for (size_t i = 0; i < n; i++) {
		made[i].allowed = reading->targets.p[i].allowed;
		made[i].node = node_of(world, reading->targets.p[i].package);
		(void)meet(world, made[i].node, made[i].allowed);
	}
	*vec_push(world->arena, &world->nodes.p[node].releases) = (struct world_release){
		.state = reading->state, .requirements = made, .n = (uint32_t)n};
}

/* Read a release that was asked for. False: the index cannot be asked, or was told to stop. */
static bool read_release(struct world *world, uint32_t node, uint32_t state, struct err *err)
{
	uint32_t package = world->nodes.p[node].package;
	struct solver *solver = world->solver;
	const struct dependencies *deps;
	if (!solver_dependencies(solver, package, state - 1, &deps, err)) {
		return false;
	}
	bool plain = world->nodes.p[node].plain == state;
	bool extra = solver->packages.p[package].extra.n > 0;
	bool usable = deps->available && (plain || deps->n_combined == 0);
	struct reading reading = {.world = world, .package = package, .state = state, .err = err};
	if (deps->available &&
		!(extra ? read_extra(&reading, deps, &usable) : read_project(&reading, deps))) {
		return false;
	}
	world->nodes.p[node].gone += deps->available ? 0 : 1;
	if (usable && !reading.unmet) {
		keep_release(&reading, node);
	}
	return true;
}

/* Ask for the metadata of what is in the queue from there on, all at once. */
static void want_metadata(struct world *world, size_t from)
{
	struct solver *solver = world->solver;
	for (size_t i = from; i < world->queue.n; i++) {
		uint32_t package = world->nodes.p[world->queue.p[i].node].package;
		const struct package *p = &solver->packages.p[package];
		uint32_t state = world->queue.p[i].state;
		if (p->dependencies[state - 1] == NULL) {
			solver_want(solver, p, state);
		}
	}
}

/* The same for the pages of projects that these releases name first, as far as the budget goes. */
static bool want_pages(struct world *world, size_t from, struct err *err)
{
	struct solver *solver = world->solver;
	size_t left = world->budget - world->spent;
	for (size_t i = from; i < world->queue.n; i++) {
		const struct dependencies *deps;
		uint32_t package = world->nodes.p[world->queue.p[i].node].package;
		if (!solver_dependencies(
			    solver, package, world->queue.p[i].state - 1, &deps, err)) {
			return false;
		}
		bool project = solver->packages.p[package].extra.n == 0;
		for (size_t r = 0; project && deps->available && r < deps->n_always; r++) {
			struct str name = deps->always[r].name;
			if (left > 0 && intern_find(&solver->names, name) == INTERN_NONE &&
				index_project_known(solver->index, name) == NULL) {
				index_want_project(solver->index, name);
				left--;
			}
		}
	}
	return true;
}

/* Everything that was asked for, and what that leads to; the documents of one step side by side. */
static bool read_queue(struct world *world)
{
	const struct resolver_request *request = world->solver->request;
	struct err err = {0};
	bool fine = true;
	for (size_t done = 0; fine && done < world->queue.n;) {
		size_t end = world->queue.n;
		want_metadata(world, done);
		fine = want_pages(world, done, &err);
		for (; fine && done < end; done++) {
			uint32_t node = world->queue.p[done].node;
			uint32_t state = world->queue.p[done].state;
			bool cancelled =
				request->cancelled != NULL && request->cancelled(request->data);
			fine = cancelled ? err_set(&err, ERR_INTERRUPTED, "stopped")
					 : read_release(world, node, state, &err);
		}
	}
	if (!fine) {
		world->stopped = true;
		world->why = arena_str(world->arena, str_from(err.message));
	}
	world->queue.n = 0;
	return fine;
}

/* ---- clauses that have to do with the world ------------------------------------------------------- */

static void name_terms(struct world *world)
{
	const struct units *units = world->units;
	size_t n = 0, at = 0;
	for (size_t c = 0; c < units->n_clauses; c++) {
		n += units->clauses[c].n;
	}
	uint32_t *terms = arena_array(world->arena, uint32_t, n);
	uint32_t *first = arena_array(world->arena, uint32_t, units->n_clauses);
	for (size_t c = 0; c < units->n_clauses; c++) {
		first[c] = (uint32_t)at;
		for (uint32_t t = 0; t < units->clauses[c].n; t++) {
			struct str name = units->clauses[c].terms[t].name;
			terms[at++] = name.n == 0 ? ANY_NAME : intern_id(&world->names, name);
		}
	}
	for (uint32_t i = 0; i < world->names.n; i++) {
		*vec_push(world->arena, &world->named) = 0;
	}
	world->term_names = terms;
	world->first_term = first;
	world->is_relevant = arena_array(world->arena, bool, units->n_clauses);
}

static void find_relevant(struct world *world)
{
	const struct units *units = world->units;
	for (uint32_t c = 0; c < units->n_clauses; c++) {
		const struct unit_clause *clause = &units->clauses[c];
		bool all = !world->is_relevant[c] && clause->n > 0 &&
			   clause->n <= WORLD_TERMS_MAX && (clause->forbid || clause->score != 0);
		for (uint32_t t = 0; t < clause->n && all; t++) {
			uint32_t name = world->term_names[world->first_term[c] + t];
			all = name == ANY_NAME || world->named.p[name] != 0;
		}
		if (all) {
			world->is_relevant[c] = true;
			*vec_push(world->arena, &world->relevant) = c;
		}
	}
}

/* ---- which projects are touched ------------------------------------------------------------------- */

struct touching {
	struct world *world;
	uint32_t clause;
	const uint32_t *plain;
	bool *touched;        /* [nodes] */
	int64_t gain_without; /* of losses that end only when a package is not there any more */
};

static bool fits(
	const struct world *world, const struct unit_term *term, uint32_t node, uint32_t state)
{
	struct presc_tuple tuple = world_tuple(world->solver, world->nodes.p[node].package, state);
	return term->fits == NULL || term->fits(term->what, &tuple);
}

/* Does some release that is or may come in fit the term (or not)? */
static bool some_release(
	const struct world *world, const struct unit_term *term, uint32_t node, bool fitting)
{
	uint32_t package = world->nodes.p[node].package;
	uint32_t states = world->solver->packages.p[package].candidates.states;
	for (uint32_t s = 1; s < states; s++) {
		bool there = set_has(world->nodes.p[node].in, s);
		if ((there || may_come_in(world, package, s)) &&
			fits(world, term, node, s) == fitting) {
			return true;
		}
	}
	return false;
}

/* Does every release that is in the world fit? */
static bool only_fitting(const struct world *world, const struct unit_term *term, uint32_t node)
{
	const struct world_node *w = &world->nodes.p[node];
	for (size_t i = 0; i < w->releases.n; i++) {
		if (!fits(world, term, node, w->releases.p[i].state)) {
			return false;
		}
	}
	return true;
}

/*
 * One way to give a clause packages. A loss that the answer has can be avoided by another version of any
 * of them; a gain that it has not wants another version of each that does not fit yet.
 */
static bool touch(void *data, const uint32_t *nodes)
{
	struct touching *touching = data;
	struct world *world = touching->world;
	const struct unit_clause *clause = &world->units->clauses[touching->clause];
	bool fit[WORLD_TERMS_MAX], applies = true, possible = true, escapes = false, roots = true;
	for (uint32_t t = 0; t < clause->n; t++) {
		const struct unit_term *term = &clause->terms[t];
		uint32_t plain = touching->plain[nodes[t]];
		fit[t] = plain != 0 && fits(world, term, nodes[t], plain);
		applies &= fit[t];
		possible &= fit[t] || some_release(world, term, nodes[t], true);
		escapes |= some_release(world, term, nodes[t], false);
		roots &= world->nodes.p[nodes[t]].root;
	}
	applies = applies && world_from_holds(world, clause, nodes, touching->plain);
	bool loss = clause->score < 0;
	if (!possible || (!loss && applies)) {
		return true;
	}
	if (loss && applies && !escapes) {
		touching->gain_without -= roots ? 0 : clause->score;
		return true;
	}
	if (loss == applies) {
		world->gain += loss ? -(int64_t)clause->score : clause->score;
	}
	for (uint32_t t = 0; t < clause->n; t++) {
		bool stuck = touching->plain[nodes[t]] == 0 &&
			     only_fitting(world, &clause->terms[t], nodes[t]);
		touching->touched[nodes[t]] |= loss && applies ? true : loss ? stuck : !fit[t];
	}
	return true;
}

struct ranked {
	int64_t potential;
	uint32_t state;
};

static int by_potential(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	if (x->potential != y->potential) {
		return x->potential > y->potential ? -1 : 1;
	}
	return x->state < y->state ? -1 : x->state > y->state;
}

/* Do the other terms of a clause fit the answer as it is? */
static bool others_fit(const struct world *world, uint32_t clause, uint32_t but)
{
	const struct unit_clause *c = &world->units->clauses[clause];
	bool fine = true;
	for (uint32_t t = 0; t < c->n && fine; t++) {
		uint32_t node = world_term(world, clause, t);
		uint32_t plain = t == but || node == WORLD_NONE ? 0 : world->nodes.p[node].plain;
		fine = t == but || node == WORLD_NONE ||
		       (plain != 0 && fits(world, &c->terms[t], node, plain));
	}
	return fine;
}

/*
 * What a version could score: gains as if all else that they need were there, losses as the rest of the
 * answer is.
 */
static int64_t potential_of(const struct world *world, uint32_t node, uint32_t state)
{
	int64_t sum = 0;
	for (size_t i = 0; i < world->relevant.n; i++) {
		uint32_t c = world->relevant.p[i];
		const struct unit_clause *clause = &world->units->clauses[c];
		int32_t score = clause->forbid ? -MODEL_SCORE_MAX : clause->score;
		for (uint32_t t = 0; t < clause->n; t++) {
			uint32_t own = world_term(world, c, t);
			if ((own == node || own == WORLD_NONE) &&
				fits(world, &clause->terms[t], node, state) &&
				(score > 0 || others_fit(world, c, t))) {
				sum += score;
				break;
			}
		}
	}
	return sum;
}

static void line_up(struct world *world, uint32_t node)
{
	struct world_node *w = &world->nodes.p[node];
	const struct candidates *c = &world->solver->packages.p[w->package].candidates;
	struct ranked *ranked = arena_array(world->arena, struct ranked, c->n);
	uint32_t n = 0;
	for (uint32_t s = 1; s < c->states; s++) {
		if (s != w->plain && may_come_in(world, w->package, s)) {
			ranked[n++] = (struct ranked){potential_of(world, node, s), s};
		}
	}
	if (n > 1) {
		qsort(ranked, n, sizeof(ranked[0]), by_potential);
	}
	uint32_t *order = arena_array(world->arena, uint32_t, n);
	for (uint32_t i = 0; i < n; i++) {
		order[i] = ranked[i].state;
	}
	w->order = order;
	w->n_order = n;
}

/* Touched projects, anew: what is in the world has changed. */
static const bool *find_touched(struct world *world)
{
	struct touching touching = {.world = world,
		.plain = world_plain(world),
		.touched = arena_array(world->arena, bool, world->nodes.n)};
	world->gain = 0;
	for (size_t i = 0; i < world->relevant.n; i++) {
		touching.clause = world->relevant.p[i];
		if (!world->units->clauses[touching.clause].forbid) {
			world_assignments(world, touching.clause, touch, &touching);
		}
	}
	world->gain += world->gain > 0 ? touching.gain_without : 0;
	return touching.touched;
}

/* ---- all of it ------------------------------------------------------------------------------------ */

/* The node of a project or one of its extras, by name. */
static uint32_t find_named(const struct world *world, struct str name, struct str extra)
{
	for (uint32_t n = 0; n < world->nodes.n; n++) {
		const struct package *p = &world->solver->packages.p[world->nodes.p[n].package];
		if (str_eq(p->name, name) && str_eq(p->extra, extra)) {
			return n;
		}
	}
	return WORLD_NONE;
}

void world_init(
	struct world *world, struct solver *solver, const struct units *units, struct arena *arena)
{
	*world = (struct world){.solver = solver, .units = units, .arena = arena};
	const struct resolver_request *request = solver->request;
	name_terms(world);
	uint32_t n = (uint32_t)solver->packages.n;
	for (uint32_t p = 0; p < n; p++) {
		const struct package *package = &solver->packages.p[p];
		for (uint32_t c = 0; c < package->candidates.n && package->base == p; c++) {
			world->budget += package->dependencies[c] != NULL ? 1 : 0;
		}
		if (package->decided != NOT_DECIDED) {
			uint32_t node = node_of(world, p);
			world->nodes.p[node].plain = package->decided;
			if (!set_has(world->nodes.p[node].in, package->decided)) {
				enqueue(world, node, package->decided);
			}
		}
	}
	for (size_t i = 0; i < request->n_requirements; i++) {
		const struct requirement *r = &request->requirements[i].requirement;
		bool counts =
			!request->requirements[i].constraint &&
			marker_evaluate(r->marker, request->environment, NULL, 0) == MARKER_TRUE;
		for (size_t e = 0; counts && e <= r->n_extras; e++) {
			uint32_t node =
				find_named(world, r->name, e == 0 ? S("") : r->extras[e - 1]);
			if (node != WORLD_NONE) { /* else a rule leaves it out */
				world->nodes.p[node].root = true;
			}
		}
	}
	(void)read_queue(world);
	find_relevant(world);
}

struct next {
	int64_t potential;
	uint32_t node;
};

static int by_next(const void *a, const void *b)
{
	const struct next *x = a, *y = b;
	if (x->potential != y->potential) {
		return x->potential > y->potential ? -1 : 1;
	}
	return x->node < y->node ? -1 : x->node > y->node;
}

static uint32_t most_of(const struct world *world, uint32_t node)
{
	uint32_t n = world->nodes.p[node].n_order;
	return world->latest == 0 || world->latest > n ? n : world->latest;
}

/* The touched projects that have more releases to look at, the one that may gain most first. */
static struct next *line_up_touched(struct world *world, uint32_t *ret_n)
{
	const bool *touched = find_touched(world);
	uint32_t n = (uint32_t)world->nodes.n, found = 0;
	struct next *list = arena_array(world->arena, struct next, n);
	for (uint32_t node = 0; node < n && world->gain > 0; node++) {
		if (world->nodes.p[node].base != node) {
			continue;
		}
		if (touched[node] && world->nodes.p[node].order == NULL) {
			line_up(world, node);
		}
		const struct world_node *w = &world->nodes.p[node];
		if (w->next < most_of(world, node)) {
			int64_t potential = potential_of(world, node, w->order[w->next]);
			list[found++] = (struct next){potential, node};
		}
	}
	if (found > 1) {
		qsort(list, found, sizeof(list[0]), by_next);
	}
	*ret_n = found;
	return list;
}

bool world_grow(struct world *world)
{
	uint32_t n = 0;
	const struct next *list = line_up_touched(world, &n);
	uint32_t at_once =
		1u << (world->waves / 2 < WAVE_DOUBLED ? world->waves / 2 : WAVE_DOUBLED);
	bool more = false;
	for (uint32_t i = 0; i < n && !world->stopped; i++) {
		struct world_node *w = &world->nodes.p[list[i].node];
		uint32_t most = most_of(world, list[i].node);
		for (uint32_t k = 0; k < at_once && w->next < most; k++) {
			if (!ask_for(world, list[i].node, w->order[w->next])) {
				break;
			}
			w->next++;
			more = true;
		}
	}
	world->waves++;
	bool read = read_queue(world);
	find_relevant(world);
	return read && more;
}
