#include "resolver/world.h"
#include "common/banned.h"

/*
 * A world as a model: its nodes are the packages, their releases the versions, oldest first. A clause becomes
 * the scores of versions when it is about one package, else rules, one for each combination of ranges of
 * versions that fit. What a requirer has to do with it is a fact of the requirer's versions; where an
 * extra of the requirer is what requires, the extra is one more term. "By no other package" cannot be said.
 */
enum { RULES_MAX = 20000, PREFER_PLAIN = 1000 };

struct making {
	const struct world *world;
	struct arena *arena;
	struct world_model *made;
	uint32_t *const *states; /* [nodes][versions] */
	int32_t *const *unary;   /* [nodes][versions] */
	VEC(struct model_input_rule) rules;
	uint32_t clause; /* the one at hand */
	bool unsaid;     /* it cannot be said */
};

/* The ranges of versions of a node that fit one term. */
struct said_term {
	uint32_t node;
	const struct model_range *ranges;
	uint32_t n;
};

static uint32_t n_versions(const struct world *world, uint32_t node)
{
	return (uint32_t)world->nodes.p[node].releases.n;
}

static int by_state_down(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;
	return *x > *y ? -1 : *x < *y;
}

/* States of a node, the oldest version first. */
static uint32_t *sorted_states(const struct world *world, uint32_t node, struct arena *arena)
{
	uint32_t n = n_versions(world, node);
	uint32_t *states = arena_array(arena, uint32_t, n);
	for (uint32_t i = 0; i < n; i++) {
		states[i] = world->nodes.p[node].releases.p[i].state;
	}
	if (n > 1) {
		qsort(states, n, sizeof(states[0]), by_state_down);
	}
	return states;
}

/* ---- packages and requirements ------------------------------------------------------------------ */

/* The answer's version first, then the locked one, then the newest; extras follow their project. */
static const int32_t *preference_of(const struct making *making, uint32_t node)
{
	const struct world_node *w = &making->world->nodes.p[node];
	const struct package *p = &making->world->solver->packages.p[w->package];
	uint32_t n = n_versions(making->world, node);
	int32_t *preference = arena_array(making->arena, int32_t, n);
	for (uint32_t v = 0; v < n && w->base == node; v++) {
		uint32_t state = making->states[node][v];
		bool locked = false;
		for (uint32_t i = 0; i < p->n_preferred; i++) {
			locked |= p->preferred[i] == state;
		}
		int32_t age = (int32_t)(n - 1 - v);
		preference[v] = w->plain == state ? 0
				: w->plain == 0   ? -age
				: locked          ? -PREFER_PLAIN / 2
						  : -PREFER_PLAIN - age;
	}
	return preference;
}

static void make_packages(struct making *making)
{
	const struct world *world = making->world;
	size_t n = world->nodes.n;
	struct model_input_package *packages =
		arena_array(making->arena, struct model_input_package, n);
	uint32_t **states = arena_array(making->arena, uint32_t *, n);
	int32_t **unary = arena_array(making->arena, int32_t *, n);
	making->states = states;
	making->unary = unary;
	for (uint32_t node = 0; node < n; node++) {
		const struct world_node *w = &world->nodes.p[node];
		const struct package *p = &world->solver->packages.p[w->package];
		uint32_t n_here = n_versions(world, node);
		struct str *names = arena_array(making->arena, struct str, n_here);
		states[node] = sorted_states(world, node, making->arena);
		unary[node] = arena_array(making->arena, int32_t, n_here);
		for (uint32_t v = 0; v < n_here; v++) {
			names[v] = p->candidates.items[states[node][v] - 1].release->version;
		}
		packages[node] = (struct model_input_package){
			.name = p->extra.n == 0
					? p->name
					: arena_printf(making->arena, STR_FMT "[" STR_FMT "]",
						  STR_ARG(p->name), STR_ARG(p->extra)),
			.root = w->root,
			.versions = names,
			.unary = unary[node],
			.preference = preference_of(making, node),
			.n = n_here};
	}
	making->made->states = (const uint32_t *const *)states;
	making->made->input = (struct model_input){
		.packages = packages, .n_packages = (uint32_t)n, .scale = 1000};
}

/* The versions of a node among these states, as ranges. */
static const struct model_range *ranges_of(
	const struct making *making, uint32_t node, const bool *fit, uint32_t *ret_n)
{
	uint32_t n = n_versions(making->world, node), found = 0;
	struct model_range *ranges = arena_array(making->arena, struct model_range, n);
	for (uint32_t v = 0; v < n; v++) {
		if (!fit[v]) {
			continue;
		}
		if (found > 0 && ranges[found - 1].to + 1 == v) {
			ranges[found - 1].to = v;
		} else {
			ranges[found++] = (struct model_range){v, v};
		}
	}
	*ret_n = found;
	return ranges;
}

static struct model_input_requirement make_row(const struct making *making, uint32_t node,
	uint32_t version, const struct world_requirement *requirement)
{
	uint32_t on = requirement->node, n = n_versions(making->world, on);
	bool *fit = arena_array(making->arena, bool, n);
	for (uint32_t i = 0; i < n; i++) {
		fit[i] = set_has(requirement->allowed, making->states[on][i]);
	}
	struct model_input_requirement row = {.package = node, .version = version, .on = on};
	row.allowed = ranges_of(making, on, fit, &row.n_allowed);
	return row;
}

static void make_requirements(struct making *making)
{
	const struct world *world = making->world;
	VEC(struct model_input_requirement) rows = {0};
	for (uint32_t node = 0; node < world->nodes.n; node++) {
		for (uint32_t v = 0; v < n_versions(world, node); v++) {
			const struct world_release *release =
				world_release_at(&world->nodes.p[node], making->states[node][v]);
			for (uint32_t r = 0; r < release->n; r++) {
				*vec_push(making->arena, &rows) =
					make_row(making, node, v, &release->requirements[r]);
			}
		}
	}
	making->made->input.requirements = rows.p;
	making->made->input.n_requirements = rows.n;
}

/* ---- clauses ------------------------------------------------------------------------------------ */

/* Which versions of a node fit a term. */
static bool *fitting(const struct making *making, const struct unit_term *term, uint32_t node)
{
	const struct world *world = making->world;
	uint32_t n = n_versions(world, node);
	bool *fit = arena_array(making->arena, bool, n);
	for (uint32_t v = 0; v < n; v++) {
		struct presc_tuple tuple = world_tuple(
			world->solver, world->nodes.p[node].package, making->states[node][v]);
		fit[v] = term->fits == NULL || term->fits(term->what, &tuple);
	}
	return fit;
}

static void add_unary(struct making *making, const struct said_term *term, int32_t score)
{
	for (uint32_t r = 0; r < term->n; r++) {
		for (uint32_t v = term->ranges[r].from; v <= term->ranges[r].to; v++) {
			int64_t sum = (int64_t)making->unary[term->node][v] + score;
			sum = sum > MODEL_SCORE_MAX    ? MODEL_SCORE_MAX
			      : sum < -MODEL_SCORE_MAX ? -MODEL_SCORE_MAX
						       : sum;
			making->unary[term->node][v] = (int32_t)sum;
		}
	}
}

/* One rule for each combination of ranges, or a score of each version. */
static void say(struct making *making, const struct said_term *terms, uint32_t n)
{
	const struct unit_clause *clause = &making->world->units->clauses[making->clause];
	uint32_t at[WORLD_TERMS_MAX] = {0};
	size_t many = 1;
	for (uint32_t t = 0; t < n; t++) {
		many *= many > RULES_MAX ? 1 : terms[t].n;
	}
	if (many == 0) {
		return;
	}
	if (n == 1 && !clause->forbid) {
		add_unary(making, &terms[0], clause->score);
		return;
	}
	if (making->rules.n + many > RULES_MAX) {
		making->unsaid = true;
		return;
	}
	for (size_t i = 0; i < many; i++) {
		struct model_input_term *when =
			arena_array(making->arena, struct model_input_term, n);
		for (uint32_t t = 0; t < n; t++) {
			const struct model_range *range = &terms[t].ranges[at[t]];
			when[t] = (struct model_input_term){terms[t].node, range->from, range->to};
		}
		*vec_push(making->arena, &making->rules) = (struct model_input_rule){.when = when,
			.n = n,
			.forbid = clause->forbid,
			.score = clause->forbid ? 0 : clause->score};
		for (uint32_t t = 0; t < n && ++at[t] == terms[t].n; t++) {
			at[t] = 0;
		}
	}
}

/* Is there a version of another project, in the world, that requires the node? */
static bool others_require(const struct world *world, uint32_t by, uint32_t node)
{
	for (uint32_t n = 0; n < world->nodes.n; n++) {
		const struct world_node *w = &world->nodes.p[n];
		for (size_t i = 0; i < w->releases.n && w->base != by && w->base != node; i++) {
			if (world_requires(&w->releases.p[i], node)) {
				return true;
			}
		}
	}
	return false;
}

/*
 * Narrow the versions of a requirer to those that require the node. ret_extra: the one extra of it that
 * also does; false: the model cannot say who does.
 */
static bool narrow_requirer(struct making *making, uint32_t by, uint32_t node, bool *fit)
{
	const struct world *world = making->world;
	for (uint32_t n = 0; n < world->nodes.n; n++) {
		const struct world_node *w = &world->nodes.p[n];
		for (size_t i = 0; i < w->releases.n && w->base == by && n != by; i++) {
			const struct world_release *own =
				world_release_at(&world->nodes.p[by], w->releases.p[i].state);
			if (world_requires(&w->releases.p[i], node) && !world_requires(own, node)) {
				return false; /* by an extra alone */
			}
		}
	}
	for (uint32_t v = 0; v < n_versions(world, by); v++) {
		fit[v] &= world_requires(
			world_release_at(&world->nodes.p[by], making->states[by][v]), node);
	}
	return true;
}

/* One way to give the clause packages. */
static bool say_assignment(void *data, const uint32_t *nodes)
{
	struct making *making = data;
	const struct world *world = making->world;
	const struct unit_clause *clause = &world->units->clauses[making->clause];
	struct said_term terms[WORLD_TERMS_MAX];
	bool *fit[WORLD_TERMS_MAX];
	for (uint32_t t = 0; t < clause->n; t++) {
		fit[t] = fitting(making, &clause->terms[t], nodes[t]);
	}
	for (uint32_t t = 0; t < clause->n; t++) {
		uint32_t from = clause->terms[t].from;
		if (from == 0) {
			continue;
		}
		bool alone = !clause->terms[t].from_alone ||
			     !others_require(world, nodes[from - 1], nodes[t]);
		if (!narrow_requirer(making, nodes[from - 1], nodes[t], fit[from - 1]) || !alone) {
			making->unsaid = true;
			return false;
		}
	}
	for (uint32_t t = 0; t < clause->n; t++) {
		terms[t].node = nodes[t];
		terms[t].ranges = ranges_of(making, nodes[t], fit[t], &terms[t].n);
	}
	say(making, terms, clause->n);
	return !making->unsaid;
}

/* A clause that was said by half is taken back. */
static void make_rules(struct making *making)
{
	const struct world *world = making->world;
	struct world_model *made = making->made;
	for (size_t i = 0; i < world->relevant.n; i++) {
		size_t before = making->rules.n;
		making->clause = world->relevant.p[i];
		const struct unit_clause *clause = &world->units->clauses[making->clause];
		making->unsaid = false;
		world_assignments(world, making->clause, say_assignment, making);
		if (making->unsaid) {
			making->rules.n = before;
			*vec_push(making->arena, &made->unsaid) = making->clause;
			made->unsaid_forbids |= clause->forbid;
			made->unsaid_gain += clause->forbid || clause->score < 0
						     ? 0
						     : (int64_t)clause->score * world->nodes.n;
		}
	}
	made->input.rules = making->rules.p;
	made->input.n_rules = making->rules.n;
}

bool world_model(
	const struct world *world, struct arena *arena, struct world_model *ret, struct err *err)
{
	*ret = (struct world_model){0};
	struct making making = {.world = world, .arena = arena, .made = ret};
	make_packages(&making);
	make_requirements(&making);
	make_rules(&making);
	return model_compile(&ret->input, arena, &ret->model, err);
}

/* ---- stacks ------------------------------------------------------------------------------------- */

uint32_t *world_states(const struct world_model *model, const uint16_t *stack, struct arena *arena)
{
	uint32_t n = model->input.n_packages;
	uint32_t *states = arena_array(arena, uint32_t, n);
	for (uint32_t node = 0; node < n; node++) {
		uint16_t version = stack[model->model.number[node]];
		states[node] = version == MODEL_ABSENT ? 0 : model->states[node][version];
	}
	return states;
}

uint16_t *world_stack(const struct world *world, const struct world_model *model,
	const uint32_t *states, struct arena *arena)
{
	uint32_t n = model->input.n_packages;
	uint16_t *stack = arena_array(arena, uint16_t, n);
	for (uint32_t node = 0; node < n; node++) {
		uint16_t *place = &stack[model->model.number[node]];
		*place = MODEL_ABSENT;
		for (uint32_t v = 0; v < n_versions(world, node); v++) {
			if (states[node] != 0 && model->states[node][v] == states[node]) {
				*place = (uint16_t)v;
			}
		}
	}
	return stack;
}

uint32_t world_left_out(const struct world *world, uint32_t node)
{
	const struct world_node *w = &world->nodes.p[node];
	uint32_t there = 0;
	for (uint32_t i = 0; i < w->n_order; i++) {
		there += world_release_at(w, w->order[i]) != NULL ? 1 : 0;
	}
	return w->n_order - there - w->gone;
}
