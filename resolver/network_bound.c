#include <math.h>
#include "resolver/network.h"
#include "common/banned.h"

/* ---- states ----------------------------------------------------------------------------------- */

size_t network_state_bytes(const struct network *network)
{
	return (network->n_values + network->n_moved) * sizeof(double) + network->n_edges +
	       network->n;
}

struct network_state network_state_make(const struct network *network, struct arena *arena)
{
	return (struct network_state){
		.unary = arena_array(arena, double, network->n_values),
		.moved = arena_array(arena, double, network->n_moved),
		.stale = arena_array(arena, uint8_t, network->n_edges),
		.touched = arena_array(arena, uint8_t, network->n),
	};
}

void network_state_start(const struct network *network, struct network_state *state)
{
	state->bound = network->offset;
	memcpy(state->unary, network->start, network->n_values * sizeof(double));
	for (uint32_t i = 0; i < network->n_moved; i++) {
		state->moved[i] = 0;
	}
	memset(state->stale, 3, network->n_edges);
	memset(state->touched, 1, network->n);
}

void network_state_copy(
	const struct network *network, struct network_state *to, const struct network_state *from)
{
	to->bound = from->bound;
	memcpy(to->unary, from->unary, network->n_values * sizeof(double));
	memcpy(to->moved, from->moved, network->n_moved * sizeof(double));
	memcpy(to->stale, from->stale, network->n_edges);
	memcpy(to->touched, from->touched, network->n);
}

/* ---- moving score ----------------------------------------------------------------------------- */

/* The side of an edge at which a variable stands. */
static int side_of(const struct network_edge *edge, uint32_t variable)
{
	return edge->side[0].variable == variable ? 0 : 1;
}

/* Its values have changed: the other ends of its edges have something to take in. */
static void tell_others(
	const struct network *network, struct network_state *state, uint32_t variable)
{
	const struct network_variable *v = &network->variables[variable];
	for (uint32_t i = 0; i < v->n_edges; i++) {
		const struct network_edge *edge = &network->edges[v->edges[i]];
		state->stale[v->edges[i]] |= (uint8_t)(2 >> side_of(edge, variable));
	}
}

void network_drop(const struct network *network, struct network_state *state, uint32_t variable,
	uint32_t value)
{
	state->unary[network->variables[variable].at + value] = -INFINITY;
	state->touched[variable] = 1;
	tell_others(network, state, variable);
}

void network_fix(const struct network *network, struct network_state *state, uint32_t variable,
	uint32_t value)
{
	const struct network_variable *v = &network->variables[variable];
	for (uint32_t i = 0; i < v->n; i++) {
		if (i != value) {
			state->unary[v->at + i] = -INFINITY;
		}
	}
	state->touched[variable] = 1;
	tell_others(network, state, variable);
}

/* best[j] = max over the rows r of gain[r] + rows[r][j] */
static void best_of_rows(const struct network_side *from, const double *restrict gain,
	double *restrict best, uint32_t n)
{
	for (uint32_t j = 0; j < n; j++) {
		best[j] = -INFINITY;
	}
	for (uint32_t r = 0; r < from->n_rows; r++) {
		const double *restrict row = &from->rows[(size_t)r * n];
		double plus = gain[r];
		if (plus == -INFINITY) {
			continue;
		}
		for (uint32_t j = 0; j < n; j++) {
			double sum = plus + row[j];
			best[j] = sum > best[j] ? sum : best[j];
		}
	}
}

/* Let side `to` take in what the edge can give for each of its values. */
static void take_in(
	const struct network *network, struct network_state *state, uint32_t number, int to)
{
	const struct network_edge *edge = &network->edges[number];
	const struct network_side *source = &edge->side[1 - to], *target = &edge->side[to];
	const struct network_variable *from = &network->variables[source->variable];
	const struct network_variable *into = &network->variables[target->variable];
	const double *from_unary = &state->unary[from->at];
	const double *from_moved = &state->moved[source->moved_at];
	double *unary = &state->unary[into->at], *moved = &state->moved[target->moved_at];
	double *best = network->scratch, *gain = best + network->most;
	for (uint32_t r = 0; r < source->n_rows; r++) {
		gain[r] = -INFINITY;
	}
	for (uint32_t i = 0; i < from->n; i++) {
		double *g = &gain[source->row[i]];
		if (from_unary[i] > -INFINITY && -from_moved[i] > *g) {
			*g = -from_moved[i];
		}
	}
	best_of_rows(source, gain, best, into->n);
	bool dropped = false;
	for (uint32_t j = 0; j < into->n; j++) {
		if (unary[j] == -INFINITY) {
			continue;
		}
		if (best[j] == -INFINITY) {
			unary[j] = -INFINITY;
			dropped = true;
			continue;
		}
		unary[j] += best[j] - moved[j];
		moved[j] = best[j];
	}
	if (dropped) {
		tell_others(network, state, target->variable);
	}
	state->stale[number] &= (uint8_t) ~(1 << to);
}

/* Hand out shares of the values' amounts to the edges that lead forward, or back. */
static void hand_out(
	const struct network *network, struct network_state *state, uint32_t variable, bool forward)
{
	const struct network_variable *v = &network->variables[variable];
	uint32_t later = v->n_edges - v->n_earlier;
	uint32_t parts = later > v->n_earlier ? later : v->n_earlier;
	uint32_t from = forward ? v->n_earlier : 0, to = forward ? v->n_edges : v->n_earlier;
	double *unary = &state->unary[v->at], *share = network->scratch;
	bool any = false;
	if (from == to) {
		return;
	}
	for (uint32_t i = 0; i < v->n; i++) {
		share[i] = unary[i] == -INFINITY ? 0 : trunc(unary[i] / parts);
		any |= share[i] != 0;
		unary[i] -= share[i] * (to - from);
	}
	for (uint32_t k = from; any && k < to; k++) {
		const struct network_edge *edge = &network->edges[v->edges[k]];
		double *moved = &state->moved[edge->side[side_of(edge, variable)].moved_at];
		for (uint32_t i = 0; i < v->n; i++) {
			moved[i] -= share[i];
		}
		state->stale[v->edges[k]] = 3;
	}
}

/* Take in, count the best towards the bound, drop what is too low, hand out. False: nothing left. */
static bool visit(const struct network *network, struct network_state *state, uint32_t variable,
	bool forward, double threshold)
{
	const struct network_variable *v = &network->variables[variable];
	double *unary = &state->unary[v->at];
	bool news = state->touched[variable] != 0, dropped = false;
	for (uint32_t i = 0; i < v->n_edges; i++) {
		int to = side_of(&network->edges[v->edges[i]], variable);
		if ((state->stale[v->edges[i]] >> to & 1) != 0) {
			take_in(network, state, v->edges[i], to);
			news = true;
		}
	}
	if (!news) {
		return true;
	}
	state->touched[variable] = 0;
	double top = -INFINITY;
	for (uint32_t i = 0; i < v->n; i++) {
		top = unary[i] > top ? unary[i] : top;
	}
	state->bound += top;
	if (!(state->bound > threshold)) {
		return false;
	}
	for (uint32_t i = 0; i < v->n; i++) {
		if (unary[i] == -INFINITY) {
			continue;
		}
		unary[i] -= top;
		if (state->bound + unary[i] <= threshold) {
			unary[i] = -INFINITY;
			dropped = true;
		}
	}
	if (dropped) {
		tell_others(network, state, variable);
	}
	hand_out(network, state, variable, forward);
	return true;
}

static bool is_stopped(const struct network *network, uint32_t visits)
{
	enum { ASK_EVERY = 16 };
	return network->stopped != NULL && visits % ASK_EVERY == 0 &&
	       network->stopped(network->data);
}

bool network_sweep(const struct network *network, struct network_state *state, double threshold)
{
	for (uint32_t v = 0; v < network->n && !is_stopped(network, v); v++) {
		if (!visit(network, state, v, true, threshold)) {
			return false;
		}
	}
	for (uint32_t v = network->n; v-- > 0 && !is_stopped(network, v);) {
		if (!visit(network, state, v, false, threshold)) {
			return false;
		}
	}
	return true;
}
