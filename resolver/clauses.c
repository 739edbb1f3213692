#include "resolver/world.h"
#include "common/banned.h"

const struct world_release *world_release_at(const struct world_node *node, uint32_t state)
{
	for (size_t i = 0; i < node->releases.n; i++) {
		if (node->releases.p[i].state == state) {
			return &node->releases.p[i];
		}
	}
	return NULL;
}

bool world_requires(const struct world_release *release, uint32_t node)
{
	for (uint32_t i = 0; release != NULL && i < release->n; i++) {
		if (release->requirements[i].node == node) {
			return true;
		}
	}
	return false;
}

uint32_t *world_plain(const struct world *world)
{
	uint32_t *states = arena_array(world->arena, uint32_t, world->nodes.n);
	for (size_t i = 0; i < world->nodes.n; i++) {
		states[i] = world->nodes.p[i].plain;
	}
	return states;
}

uint32_t world_term(const struct world *world, uint32_t clause, uint32_t term)
{
	uint32_t name = world->term_names[world->first_term[clause] + term];
	return name == UINT32_MAX ? WORLD_NONE : world->named.p[name] - 1;
}

/* Does `by`, a project or one of its extras, require the node in this stack? */
static bool is_required_by(
	const struct world *world, const uint32_t *states, uint32_t by, uint32_t node)
{
	for (uint32_t n = 0; n < world->nodes.n; n++) {
		const struct world_node *w = &world->nodes.p[n];
		if (w->base == by && states[n] != 0 &&
			world_requires(world_release_at(w, states[n]), node)) {
			return true;
		}
	}
	return false;
}

static bool is_required_by_others(
	const struct world *world, const uint32_t *states, uint32_t but, uint32_t node)
{
	for (uint32_t n = 0; n < world->nodes.n; n++) {
		const struct world_node *w = &world->nodes.p[n];
		if (w->base != but && w->base != node && states[n] != 0 &&
			world_requires(world_release_at(w, states[n]), node)) {
			return true;
		}
	}
	return false;
}

bool world_from_holds(const struct world *world, const struct unit_clause *clause,
	const uint32_t *nodes, const uint32_t *states)
{
	for (uint32_t t = 0; t < clause->n; t++) {
		const struct unit_term *term = &clause->terms[t];
		if (term->from == 0) {
			continue;
		}
		uint32_t by = nodes[term->from - 1];
		if (!is_required_by(world, states, by, nodes[t]) ||
			(term->from_alone && is_required_by_others(world, states, by, nodes[t]))) {
			return false;
		}
	}
	return true;
}

static bool assign(const struct world *world, uint32_t clause, uint32_t term, uint32_t *nodes,
	bool (*visit)(void *data, const uint32_t *nodes), void *data)
{
	if (term == world->units->clauses[clause].n) {
		return visit(data, nodes);
	}
	uint32_t own = world_term(world, clause, term);
	if (own != WORLD_NONE) {
		nodes[term] = own;
		return assign(world, clause, term + 1, nodes, visit, data);
	}
	for (uint32_t n = 0; n < world->nodes.n; n++) {
		nodes[term] = n;
		if (world->nodes.p[n].base == n &&
			!assign(world, clause, term + 1, nodes, visit, data)) {
			return false;
		}
	}
	return true;
}

void world_assignments(const struct world *world, uint32_t clause,
	bool (*visit)(void *data, const uint32_t *nodes), void *data)
{
	uint32_t nodes[WORLD_TERMS_MAX];
	(void)assign(world, clause, 0, nodes, visit, data);
}

struct judged {
	const struct world *world;
	const struct unit_clause *clause;
	const uint32_t *states;
	uint32_t n;
};

static bool count_one(void *data, const uint32_t *nodes)
{
	struct judged *judged = data;
	const struct unit_clause *clause = judged->clause;
	for (uint32_t t = 0; t < clause->n; t++) {
		const struct unit_term *term = &clause->terms[t];
		uint32_t state = judged->states[nodes[t]];
		if (state == 0) {
			return true;
		}
		struct presc_tuple tuple = world_tuple(
			judged->world->solver, judged->world->nodes.p[nodes[t]].package, state);
		if (term->fits != NULL && !term->fits(term->what, &tuple)) {
			return true;
		}
	}
	judged->n += world_from_holds(judged->world, clause, nodes, judged->states) ? 1 : 0;
	return true;
}

uint32_t world_applies(const struct world *world, uint32_t clause, const uint32_t *states)
{
	struct judged judged = {
		.world = world, .clause = &world->units->clauses[clause], .states = states};
	world_assignments(world, clause, count_one, &judged);
	return judged.n;
}

bool world_judge(const struct world *world, const uint32_t *states, int64_t *ret_score)
{
	int64_t score = 0;
	for (size_t i = 0; i < world->relevant.n; i++) {
		uint32_t c = world->relevant.p[i];
		const struct unit_clause *clause = &world->units->clauses[c];
		int64_t times = world_applies(world, c, states);
		if (clause->forbid && times > 0) {
			return false;
		}
		score += clause->forbid ? 0 : times * clause->score;
	}
	*ret_score = score;
	return true;
}
