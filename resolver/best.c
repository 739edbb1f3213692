#include "resolver/best.h"
#include "resolver/count.h"
#include "resolver/explain.h"
#include "resolver/search.h"
#include "resolver/world.h"
#include "common/banned.h"

enum { QUICK_NODES = 100, RULES_SHOWN = 3, DOCUMENTS_MOST = 10000 };

/* One search for the best stack around an answer. */
struct best {
	struct solver *solver;
	const struct resolver_request *request;
	const struct resolver_scoring *scoring;
	struct arena *arena;
	struct world world;
	const uint32_t *plain; /* states by node, of the solver's answer */
	bool plain_forbidden;  /* some clause forbids it */
	const uint32_t *chosen;
	struct world_model model; /* of the last search */
	struct search_result found;
	bool at_top; /* nothing made of these packages is better */
	struct resolver_score *score;
};

static struct str unit_name(const struct best *best, uint32_t unit)
{
	const struct resolver_scoring *scoring = best->scoring;
	return scoring->unit_name != NULL
		       ? arena_printf(best->arena, "rule " STR_FMT,
				 STR_ARG(scoring->unit_name(scoring->data, unit)))
		       : arena_printf(best->arena, "rule %u", unit + 1);
}

/* ---- searching ---------------------------------------------------------------------------------- */

static bool is_cancelled(void *data)
{
	const struct best *best = data;
	const struct resolver_request *request = best->request;
	return request->cancelled != NULL && request->cancelled(request->data);
}

/* A stack that whole clauses forbid, which the model cannot say. */
static bool accepts(void *data, const uint16_t *stack, int64_t score)
{
	const struct best *best = data;
	AUTO(arena_done) struct arena scratch = {0};
	(void)score;
	uint32_t *states = world_states(&best->model, stack, &scratch);
	int64_t ignored;
	return world_judge(&best->world, states, &ignored);
}

/* Search the world as it is. False: it is too large for a model. */
static bool search(
	struct best *best, const struct search_request *how, struct arena *arena, struct err *err)
{
	struct search_request request = *how;
	if (!world_model(&best->world, arena, &best->model, err)) {
		return false;
	}
	request.explore.cancelled = is_cancelled;
	request.explore.data = best;
	request.explore.accept = best->model.unsaid_forbids ? accepts : NULL;
	search_run(&best->model.model, &request, arena, &best->found);
	return true;
}

/* Is a stack known that nothing made of these packages can beat? */
static bool reaches_the_top(struct best *best)
{
	AUTO(arena_done) struct arena scratch = {0};
	struct search_request quick = {
		.mode = SEARCH_EXACT, .nodes = QUICK_NODES, .explore = {.limit = 1000, .count = 1}
        };
	struct err ignored = {0};
	return !best->plain_forbidden && search(best, &quick, &scratch, &ignored) &&
	       best->found.n > 0 && best->model.unsaid.n == 0 &&
	       best->found.stacks[0].score >= best->score->plain + best->world.gain;
}

/* Let releases in until nothing can be better, or no more may come in. */
static void grow(struct best *best)
{
	for (uint32_t wave = 1; world_grow(&best->world); wave++) {
		bool look = (wave & (wave - 1)) == 0; /* 1, 2, 4, ... */
		best->at_top = look && reaches_the_top(best);
		if (best->at_top) {
			return;
		}
	}
}

/* ---- what came out ------------------------------------------------------------------------------ */

struct str resolver_points(int64_t score, bool plus, struct arena *arena)
{
	uint64_t size = score < 0 ? -(uint64_t)score : (uint64_t)score;
	struct str text = arena_printf(arena, "%s%llu.%03llu",
		score < 0 ? "-"
		: plus    ? "+"
			  : "",
		(unsigned long long)(size / 1000), (unsigned long long)(size % 1000));
	while (text.p[text.n - 1] == '0') {
		text.n--;
	}
	text.n -= text.p[text.n - 1] == '.' ? 1 : 0;
	return text;
}

/* What one clause makes of the choice of `node`: positive when its version is the better one for it. */
static int64_t difference(const struct best *best, uint32_t clause, const uint32_t *reverted)
{
	const struct world *world = &best->world;
	int64_t now = world_applies(world, clause, best->chosen);
	int64_t before = world_applies(world, clause, reverted);
	return (now - before) * world->units->clauses[clause].score;
}

/* Which rules make the difference between the chosen version of a node and that of the plain answer. */
static struct str why_moved(const struct best *best, uint32_t node, struct str new, struct str old)
{
	const struct world *world = &best->world;
	size_t n = world->nodes.n;
	uint32_t *reverted = arena_array(best->arena, uint32_t, n);
	memcpy(reverted, best->chosen, n * sizeof(reverted[0]));
	reverted[node] = best->plain[node];
	AUTO(buf_done) struct buf out = {0};
	size_t found = 0;
	for (size_t i = 0; i < world->relevant.n; i++) {
		uint32_t c = world->relevant.p[i];
		const struct unit_clause *clause = &world->units->clauses[c];
		int64_t gain = clause->forbid ? 0 : difference(best, c, reverted);
		if (gain <= 0 || found++ >= RULES_SHOWN) {
			continue;
		}
		struct str who = clause->score > 0 ? new : old;
		struct str points =
			resolver_points(clause->score > 0 ? gain : -gain, true, best->arena);
		struct str name = unit_name(best, clause->unit);
		buf_addf(&out, "%s" STR_FMT " gives " STR_FMT " " STR_FMT, found > 1 ? ", " : "",
			STR_ARG(name), STR_ARG(who), STR_ARG(points));
	}
	if (found > RULES_SHOWN) {
		buf_addf(&out, " and %zu more", found - RULES_SHOWN);
	}
	return found > 0 ? arena_str(best->arena, buf_str(&out))
			 : S("the stack as a whole scores more");
}

static struct str version_of(const struct best *best, uint32_t node, uint32_t state)
{
	const struct package *p = &best->solver->packages.p[best->world.nodes.p[node].package];
	return p->candidates.items[state - 1].release->version;
}

static int by_name(const void *a, const void *b)
{
	const struct resolver_preference *x = a, *y = b;
	return str_cmp(x->name, y->name);
}

/* The projects of a stack, sorted by name. */
static struct resolver_preference *packages_of(
	const struct best *best, const uint32_t *states, size_t *ret_n)
{
	const struct world *world = &best->world;
	struct resolver_preference *list =
		arena_array(best->arena, struct resolver_preference, world->nodes.n);
	size_t n = 0;
	for (uint32_t node = 0; node < world->nodes.n; node++) {
		if (world->nodes.p[node].base == node && states[node] != 0) {
			const struct world_node *w = &world->nodes.p[node];
			list[n++] = (struct resolver_preference){
				.name = best->solver->packages.p[w->package].name,
				.version = version_of(best, node, states[node])};
		}
	}
	if (n > 1) {
		qsort(list, n, sizeof(list[0]), by_name);
	}
	*ret_n = n;
	return list;
}

/* The chosen stack as preferences, those that moved with their reasons, before those of the request. */
static const struct resolver_preference *preferences(struct best *best, size_t *ret_n)
{
	const struct world *world = &best->world;
	const struct resolver_request *request = best->request;
	struct resolver_preference *list = arena_array(
		best->arena, struct resolver_preference, world->nodes.n + request->n_preferred);
	size_t n = 0;
	for (uint32_t node = 0; node < world->nodes.n; node++) {
		uint32_t state = best->chosen[node], plain = best->plain[node];
		if (world->nodes.p[node].base != node || state == 0) {
			continue;
		}
		struct resolver_preference *p = &list[n++];
		p->name = best->solver->packages.p[world->nodes.p[node].package].name;
		p->version = version_of(best, node, state);
		if (plain != 0 && plain != state) {
			p->instead_of = version_of(best, node, plain);
			p->why = why_moved(best, node, p->version, p->instead_of);
		}
	}
	for (size_t i = 0; i < request->n_preferred; i++) {
		bool moved_before = request->preferred[i].why.n > 0;
		if (!moved_before) {
			list[n++] = request->preferred[i];
		}
	}
	*ret_n = n;
	return list;
}

/* Is what the solver decided exactly the chosen stack? */
static bool is_chosen_stack(const struct best *best, const struct solver *again)
{
	const struct world *world = &best->world;
	size_t wanted = 0, decided = 0;
	for (uint32_t node = 0; node < world->nodes.n; node++) {
		const struct package *own = &best->solver->packages.p[world->nodes.p[node].package];
		if (own->extra.n > 0 || best->chosen[node] == 0) {
			continue;
		}
		uint32_t id = intern_find(&again->names, own->name);
		wanted++;
		if (id == INTERN_NONE || again->packages.p[id].decided != best->chosen[node]) {
			return false;
		}
	}
	for (size_t i = 0; i < again->packages.n; i++) {
		const struct package *p = &again->packages.p[i];
		decided += p->extra.n == 0 && p->decided != NOT_DECIDED ? 1 : 0;
	}
	return wanted == decided;
}

static void tell_moved(struct best *best, const struct resolver_request *request)
{
	struct resolver_preference *moved =
		arena_array(best->arena, struct resolver_preference, request->n_preferred);
	for (size_t i = 0; i < request->n_preferred; i++) {
		if (request->preferred[i].why.n > 0) {
			moved[best->score->n_moved++] = request->preferred[i];
		}
	}
	best->score->moved = moved;
}

/* With all documents there: whoever says stop is not asked. Explains the stack when it is the chosen one. */
static bool solve_again(struct best *best, const struct resolver_request *request,
	struct resolver_result *made, bool *ret_confirmed, struct err *err)
{
	AUTO(solver_done) struct solver again = {0};
	struct err ignored = {0};
	bool solved = false;
	*ret_confirmed =
		solver_init(&again, best->solver->index, request, NULL, best->arena, &ignored) &&
		solver_run(&again, &solved, &ignored) && solved && is_chosen_stack(best, &again);
	made->decisions += again.decisions;
	made->conflicts += again.conflicts;
	return !*ret_confirmed || explain_choices(&again, best->arena, made, err);
}

/* Through the complete solver again, which confirms and explains it. *ret_confirmed: it did. */
static bool confirm(
	struct best *best, struct resolver_result *result, bool *ret_confirmed, struct err *err)
{
	struct index *index = best->solver->index;
	struct resolver_request request = *best->request;
	struct resolver_result made = {.solved = true,
		.score = result->score,
		.decisions = result->decisions,
		.conflicts = result->conflicts};
	request.preferred = preferences(best, &request.n_preferred);
	request.cancelled = NULL;
	struct index_patience before = index_patience(index, (struct index_patience){0});
	bool fine = solve_again(best, &request, &made, ret_confirmed, err);
	index_patience(index, before);
	if (fine && *ret_confirmed) {
		*result = made;
		tell_moved(best, &request);
	}
	return fine;
}

/* The best of the stacks found, by all clauses; the model may not have known some of them. */
static bool choose(struct best *best, int64_t *ret_score)
{
	bool found = false;
	for (uint32_t i = 0; i < best->found.n; i++) {
		uint32_t *states =
			world_states(&best->model, best->found.stacks[i].stack, best->arena);
		int64_t score;
		if (world_judge(&best->world, states, &score) && (!found || score > *ret_score)) {
			best->chosen = states;
			*ret_score = score;
			found = true;
		}
	}
	return found;
}

static void tell_products(struct best *best)
{
	struct resolver_score *score = best->score;
	struct resolver_product *products =
		arena_array(best->arena, struct resolver_product, best->found.n);
	for (uint32_t i = 0; i < best->found.n; i++) {
		const struct explore_stack *stack = &best->found.stacks[i];
		uint32_t *states = world_states(&best->model, stack->stack, best->arena);
		products[i].score = stack->score;
		products[i].packages = packages_of(best, states, &products[i].n);
	}
	score->products = products;
	score->n_products = best->scoring->search->explore.count > 1 ? best->found.n : 0;
}

static void tell_left_out(struct best *best)
{
	const struct world *world = &best->world;
	struct resolver_left_out *list =
		arena_array(best->arena, struct resolver_left_out, world->nodes.n);
	size_t n = 0;
	for (uint32_t node = 0; node < world->nodes.n && !best->at_top; node++) {
		uint32_t left_out = world_left_out(world, node);
		if (left_out > 0) {
			uint32_t package = world->nodes.p[node].package;
			list[n++] = (struct resolver_left_out){
				best->solver->packages.p[package].name, left_out};
		}
	}
	best->score->left_out = list;
	best->score->n_left_out = n;
}

static void tell_search(struct best *best)
{
	struct resolver_score *score = best->score;
	const struct search_result *found = &best->found;
	score->searched = true;
	score->predictor = search_mode_name(found->mode);
	score->scored = found->scored;
	score->nodes = found->nodes;
	score->documents = best->world.spent;
	score->history = found->history;
	score->n_history = found->n_history;
	score->bound = found->bound + best->model.unsaid_gain;
	const struct count *count =
		count_stacks(&best->model.model, best->arena, is_cancelled, best);
	score->stacks = count == NULL ? S("") : count_text(count, best->arena);
	tell_left_out(best);
	tell_products(best);
}

/* Take what was found if it is better than the plain answer and the solver confirms it. */
static bool take(struct best *best, struct resolver_result *result, struct err *err)
{
	struct resolver_score *score = best->score;
	int64_t gained = 0;
	bool confirmed = false;
	if (choose(best, &gained) && (gained > score->plain || best->plain_forbidden)) {
		if (!confirm(best, result, &confirmed, err)) {
			return false;
		}
		score->score = confirmed ? gained : score->score;
		score->why =
			confirmed ? S("") : S("the complete search did not confirm the best stack");
	}
	bool denied = score->why.n > 0;
	score->proven =
		!denied && best->found.status == SEARCH_OPTIMAL && score->score >= score->bound;
	if (!score->proven && !denied) {
		score->why = best->found.why.n > 0 ? best->found.why
			     : best->model.unsaid.n > 0
				     ? S("a rule about who requires a package is not in the proof")
				     : S("the predictor proves nothing");
	}
	if (best->world.stopped) {
		score->proven = false;
		score->why = best->world.why;
	}
	return true;
}

static bool has_scores(const struct units *units)
{
	bool found = false;
	for (size_t i = 0; i < units->n_clauses && !found; i++) {
		found = !units->clauses[i].forbid && units->clauses[i].score != 0;
	}
	return found;
}

bool best_find(struct solver *solver, const struct resolver_request *request, struct arena *arena,
	struct resolver_result *result, struct err *err)
{
	struct best best = {.solver = solver,
		.request = request,
		.scoring = request->scoring,
		.arena = arena,
		.score = arena_new(arena, struct resolver_score)};
	const struct search_request *how = best.scoring->search;
	if (!has_scores(best.scoring->units)) {
		return true;
	}
	struct err ignored = {0};
	world_init(&best.world, solver, best.scoring->units, arena);
	best.world.latest = how->explore.latest_versions;
	best.world.budget = best.scoring->documents > 0 ? best.scoring->documents
			    : best.world.latest > 0     ? DOCUMENTS_MOST
							: best.world.budget;
	best.plain = world_plain(&best.world);
	best.plain_forbidden = !world_judge(&best.world, best.plain, &best.score->plain);
	*best.score = (struct resolver_score){.score = best.score->plain,
		.plain = best.score->plain,
		.bound = best.score->plain,
		.proven = true,
		.seed = how->explore.seed,
		.predictor = search_mode_name(how->mode)};
	result->score = best.score;
	bool fine = true;
	if (request->answered != NULL) {
		request->answered(request->data);
	}
	grow(&best);
	if (best.world.gain > 0 && search(&best, how, arena, &ignored)) {
		tell_search(&best);
		best.plain = world_plain(&best.world); /* there are more nodes now */
		fine = take(&best, result, err);
	} else if (best.world.gain > 0) {
		best.score->proven = false;
		best.score->why = arena_str(arena, str_from(ignored.message));
	}
	world_done(&best.world);
	return fine;
}
