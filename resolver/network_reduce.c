#include <math.h>
#include "resolver/network.h"
#include "common/banned.h"

/* ---- tables with equal rows shared ------------------------------------------------------------ */

static uint64_t row_hash(const double *row, uint32_t n)
{
	uint64_t hash = n;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t bits = 0;
		memcpy(&bits, &row[i], sizeof(bits));
		hash = (hash ^ bits ^ bits >> 33) * 0xd6e8feb86659fd93;
	}
	return hash ^ hash >> 32;
}

/* Lay out one side; row i of cells starts at i * row_step, its cells are column_step apart. */
static void lay_out_side(struct network_side *side, const double *cells, uint32_t n,
	size_t row_step, uint32_t columns, size_t column_step, struct arena *arena)
{
	AUTO(arena_done) struct arena scratch = {0};
	double *rows = arena_array(&scratch, double, (size_t)n *columns);
	uint64_t *hashes = arena_array(&scratch, uint64_t, n);
	side->row = arena_array(arena, uint16_t, n);
	for (uint32_t i = 0; i < n; i++) {
		double *row = &rows[(size_t)side->n_rows * columns];
		for (uint32_t j = 0; j < columns; j++) {
			row[j] = cells[i * row_step + j * column_step];
		}
		uint64_t hash = row_hash(row, columns);
		uint32_t same = 0;
		while (same < side->n_rows &&
			(hashes[same] != hash || memcmp(&rows[(size_t)same * columns], row,
							 columns * sizeof(row[0])) != 0)) {
			same++;
		}
		hashes[same] = hash;
		side->row[i] = (uint16_t)same;
		side->n_rows += same == side->n_rows;
	}
	side->rows = arena_array(arena, double, (size_t)side->n_rows *columns);
	if (side->n_rows > 0) {
		memcpy(side->rows, rows, (size_t)side->n_rows * columns * sizeof(double));
	}
}

bool network_add_edge(struct network *network, const struct network_draft *draft,
	struct arena *arena, struct err *err)
{
	uint32_t a = network->variables[draft->a].n, b = network->variables[draft->b].n;
	size_t before = arena->total;
	bool plain = true;
	for (size_t i = 0; plain && i < (size_t)a * b; i++) {
		plain = draft->cells[i] == 0;
	}
	if (plain) {
		return true;
	}
	struct network_edge *edge = &network->edges[network->n_edges++];
	*edge = (struct network_edge){
		.side = {{.variable = draft->a}, {.variable = draft->b}}
        };
	edge->side[0].moved_at = network->n_moved;
	edge->side[1].moved_at = network->n_moved + a;
	network->n_moved += a + b;
	lay_out_side(&edge->side[0], draft->cells, a, b, b, 1, arena);
	lay_out_side(&edge->side[1], draft->cells, b, 1, a, b, arena);
	network->n_cells += (size_t)edge->side[0].n_rows * b + (size_t)edge->side[1].n_rows * a;
	network->bytes += arena->total - before;
	if (network->n_cells > NETWORK_CELLS_MAX) {
		return err_set(err, ERR_LIMIT,
			"the packages' versions are too many to prove a best stack");
	}
	return true;
}

void network_finish(struct network *network, struct arena *arena)
{
	uint32_t **lists = arena_array(arena, uint32_t *, network->n);
	for (uint32_t e = 0; e < network->n_edges; e++) {
		network->variables[network->edges[e].side[0].variable].n_edges++;
		network->variables[network->edges[e].side[1].variable].n_edges++;
	}
	for (uint32_t v = 0; v < network->n; v++) {
		struct network_variable *variable = &network->variables[v];
		lists[v] = arena_array(arena, uint32_t, variable->n_edges);
		variable->edges = lists[v];
		variable->n_edges = variable->n_earlier = 0;
		network->most = variable->n > network->most ? variable->n : network->most;
	}
	for (uint32_t e = 0; e < network->n_edges; e++) { /* edges ascend by side 0, then side 1 */
		uint32_t v = network->edges[e].side[1].variable;
		lists[v][network->variables[v].n_edges++] = e;
		network->variables[v].n_earlier++;
	}
	for (uint32_t e = 0; e < network->n_edges; e++) {
		uint32_t v = network->edges[e].side[0].variable;
		lists[v][network->variables[v].n_edges++] = e;
	}
	network->scratch = arena_array(arena, double, 2 * (size_t)network->most);
}

/* ---- a smaller network ------------------------------------------------------------------------ */

struct reducer {
	const struct network *from;
	const struct network_state *state;
	uint32_t **kept; /* [variables][n_kept]: values that stay */
	uint32_t *n_kept;
};

/* The cell of an edge with what was moved taken off. */
static double rest(const struct reducer *reducer, const struct network_edge *edge, int side,
	uint32_t i, uint32_t j)
{
	const struct network_side *own = &edge->side[side], *other = &edge->side[1 - side];
	uint32_t columns = reducer->from->variables[other->variable].n;
	return own->rows[(size_t)own->row[i] * columns + j] -
	       reducer->state->moved[own->moved_at + i] -
	       reducer->state->moved[other->moved_at + j];
}

/* Can value `by` stand for value `i` in every stack without loss? */
static bool is_dominated(const struct reducer *reducer, uint32_t variable, uint32_t i, uint32_t by)
{
	const struct network *from = reducer->from;
	const struct network_variable *v = &from->variables[variable];
	double loss = reducer->state->unary[v->at + i] - reducer->state->unary[v->at + by];
	for (uint32_t k = 0; k < v->n_edges; k++) {
		const struct network_edge *edge = &from->edges[v->edges[k]];
		int side = edge->side[0].variable == variable ? 0 : 1;
		uint32_t other = edge->side[1 - side].variable;
		double worst = -INFINITY;
		for (uint32_t c = 0; c < reducer->n_kept[other]; c++) {
			uint32_t j = reducer->kept[other][c];
			double mine = rest(reducer, edge, side, i, j);
			if (mine == -INFINITY) {
				continue;
			}
			double less = mine - rest(reducer, edge, side, by, j);
			worst = less > worst ? less : worst;
		}
		loss += worst;
		if (loss == INFINITY) {
			return false;
		}
	}
	return loss <= 0;
}

static void drop_dominated(struct reducer *reducer, uint32_t variable)
{
	enum { MOST = 128 }; /* values: each is compared with each, over all tables */
	uint32_t *kept = reducer->kept[variable], n = reducer->n_kept[variable];
	if (n > MOST) {
		return;
	}
	for (uint32_t x = 0; x < n;) {
		bool gone = false;
		for (uint32_t y = 0; y < n && !gone; y++) {
			gone = y != x && is_dominated(reducer, variable, kept[x], kept[y]);
		}
		if (gone) {
			memmove(&kept[x], &kept[x + 1], (n - x - 1) * sizeof(kept[0]));
			n--;
		} else {
			x++;
		}
	}
	reducer->n_kept[variable] = n;
}

static void list_kept(struct reducer *reducer, bool dominance, struct arena *scratch)
{
	const struct network *from = reducer->from;
	reducer->kept = arena_array(scratch, uint32_t *, from->n);
	reducer->n_kept = arena_array(scratch, uint32_t, from->n);
	for (uint32_t v = 0; v < from->n; v++) {
		const struct network_variable *variable = &from->variables[v];
		reducer->kept[v] = arena_array(scratch, uint32_t, variable->n);
		for (uint32_t i = 0; i < variable->n; i++) {
			if (reducer->state->unary[variable->at + i] > -INFINITY) {
				reducer->kept[v][reducer->n_kept[v]++] = i;
			}
		}
	}
	for (uint32_t v = 0; dominance && v < from->n; v++) {
		drop_dominated(reducer, v);
	}
}

static void copy_variables(const struct reducer *reducer, struct network *to, struct arena *arena)
{
	const struct network *from = reducer->from;
	to->variables = arena_array(arena, struct network_variable, from->n);
	for (uint32_t v = 0; v < from->n; v++) {
		to->variables[v] = (struct network_variable){.n = reducer->n_kept[v],
			.at = to->n_values,
			.package = from->variables[v].package};
		to->n_values += reducer->n_kept[v];
	}
	double *start = arena_array(arena, double, to->n_values);
	for (uint32_t v = 0; v < from->n; v++) {
		const struct network_variable *old = &from->variables[v];
		struct network_variable *new = &to->variables[v];
		new->version = arena_array(arena, uint16_t, new->n);
		for (uint32_t k = 0; k < new->n; k++) {
			uint32_t i = reducer->kept[v][k];
			start[new->at + k] = reducer->state->unary[old->at + i];
			new->version[k] = old->version == NULL ? 0 : old->version[i];
		}
	}
	to->start = start;
}

static bool copy_edge(const struct reducer *reducer, const struct network_edge *edge,
	struct network *to, struct arena *arena, struct err *err)
{
	AUTO(arena_done) struct arena scratch = {0};
	uint32_t a = edge->side[0].variable, b = edge->side[1].variable;
	uint32_t rows = reducer->n_kept[a], columns = reducer->n_kept[b];
	double *cells = arena_array(&scratch, double, (size_t)rows *columns);
	for (uint32_t i = 0; i < rows; i++) {
		for (uint32_t j = 0; j < columns; j++) {
			cells[(size_t)i * columns + j] =
				rest(reducer, edge, 0, reducer->kept[a][i], reducer->kept[b][j]);
		}
	}
	return network_add_edge(to, &(struct network_draft){a, b, cells}, arena, err);
}

bool network_reduce(const struct network *network, const struct network_state *state,
	bool dominance, struct arena *arena, struct network *ret, struct err *err)
{
	AUTO(arena_done) struct arena scratch = {0};
	struct reducer reducer = {.from = network, .state = state};
	struct network to = {.model = network->model,
		.n = network->n,
		.of_package = network->of_package,
		.order = network->order,
		.absent = network->absent,
		.weight = network->weight,
		.stopped = network->stopped,
		.data = network->data,
		.offset = network->offset + state->bound};
	list_kept(&reducer, dominance, &scratch);
	copy_variables(&reducer, &to, arena);
	to.edges = arena_array(arena, struct network_edge, network->n_edges);
	for (uint32_t e = 0; e < network->n_edges; e++) {
		if (!copy_edge(&reducer, &network->edges[e], &to, arena, err)) {
			return false;
		}
	}
	network_finish(&to, arena);
	*ret = to;
	return true;
}
