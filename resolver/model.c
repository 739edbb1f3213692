#include "resolver/model.h"
#include "resolver/model_made.h"
#include "resolver/possible.h"
#include "common/banned.h"

static void compiler_done(struct compiler *compiler)
{
	intern_done(&compiler->masks);
	arena_done(&compiler->scratch);
}

/* ---- checks ----------------------------------------------------------------------------------- */

static struct str input_name(const struct compiler *compiler, uint32_t package)
{
	return compiler->input->packages[package].name;
}

static bool check_package(const struct compiler *compiler, uint32_t package)
{
	if (package < compiler->input->n_packages) {
		return true;
	}
	return err_set(compiler->err, ERR_INPUT, "there is no package %u", package);
}

static bool check_range(
	const struct compiler *compiler, uint32_t package, uint32_t from, uint32_t to)
{
	if (!check_package(compiler, package)) {
		return false;
	}
	struct str name = input_name(compiler, package);
	uint32_t n = compiler->input->packages[package].n;
	if (from > to) {
		return err_set(compiler->err, ERR_INPUT,
			"the range %u..%u of '" STR_FMT "' is the wrong way round", from, to,
			STR_ARG(name));
	}
	if (to >= n) {
		return err_set(compiler->err, ERR_INPUT,
			"'" STR_FMT "' has %u versions, there is no number %u", STR_ARG(name), n,
			to);
	}
	return true;
}

static bool check_sizes(const struct compiler *compiler)
{
	const struct model_input *input = compiler->input;
	if (input->n_packages > MODEL_PACKAGES_MAX) {
		return err_set(compiler->err, ERR_LIMIT, "%u packages are more than %d",
			input->n_packages, MODEL_PACKAGES_MAX);
	}
	for (uint32_t p = 0; p < input->n_packages; p++) {
		if (input->packages[p].n > MODEL_VERSIONS_MAX) {
			return err_set(compiler->err, ERR_LIMIT,
				"'" STR_FMT "' has %u versions, more than %d",
				STR_ARG(input->packages[p].name), input->packages[p].n,
				MODEL_VERSIONS_MAX);
		}
	}
	return true;
}

static bool check_requirement(
	const struct compiler *compiler, const struct model_input_requirement *requirement)
{
	if (!check_range(
		    compiler, requirement->package, requirement->version, requirement->version) ||
		!check_package(compiler, requirement->on)) {
		return false;
	}
	for (uint32_t i = 0; i < requirement->n_allowed; i++) {
		if (!check_range(compiler, requirement->on, requirement->allowed[i].from,
			    requirement->allowed[i].to)) {
			return false;
		}
	}
	return true;
}

static bool check_rule(const struct compiler *compiler, const struct model_input_rule *rule)
{
	if (rule->n == 0 || rule->n > MODEL_TERMS_MAX) {
		return err_set(compiler->err, ERR_INPUT, "a rule has %u terms, expected 1 to %d",
			rule->n, MODEL_TERMS_MAX);
	}
	for (uint32_t i = 0; i < rule->n; i++) {
		if (!check_range(compiler, rule->when[i].package, rule->when[i].from,
			    rule->when[i].to)) {
			return false;
		}
	}
	return true;
}

static bool check_input(const struct compiler *compiler)
{
	const struct model_input *input = compiler->input;
	if (!check_sizes(compiler)) {
		return false;
	}
	for (size_t i = 0; i < input->n_requirements; i++) {
		if (!check_requirement(compiler, &input->requirements[i])) {
			return err_prefix(compiler->err, "requirement %zu", i + 1);
		}
	}
	for (size_t i = 0; i < input->n_rules; i++) {
		if (!check_rule(compiler, &input->rules[i])) {
			return err_prefix(compiler->err, "rule %zu", i + 1);
		}
	}
	for (size_t i = 0; i < input->n_tables; i++) {
		if (!check_package(compiler, input->tables[i].a) ||
			!check_package(compiler, input->tables[i].b)) {
			return err_prefix(compiler->err, "table %zu", i + 1);
		}
		if (input->tables[i].a == input->tables[i].b) {
			return err_set(compiler->err, ERR_INPUT,
				"table %zu is about one package only", i + 1);
		}
	}
	return true;
}

/* ---- order: requirers first (Tarjan 1972, with a stack of its own) ---------------------------- */

struct edge {
	uint32_t from, to;
};

struct order {
	const struct edge *edges;
	uint32_t *at; /* [n + 1]: edges of each package */
	uint32_t *index, *low, *next, *stack, *path;
	bool *on_stack;
	uint32_t counter, depth, path_depth, n_placed, n_groups;
	uint32_t *place;  /* [n]: packages, last one first */
	uint32_t *groups; /* [n] */
};

static int compare_edges(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;
	if (x->from != y->from) {
		return x->from < y->from ? -1 : 1;
	}
	return x->to < y->to ? -1 : x->to > y->to;
}

static void order_enter(struct order *order, uint32_t package)
{
	order->index[package] = order->low[package] = ++order->counter;
	order->next[package] = order->at[package];
	order->stack[order->depth++] = package;
	order->on_stack[package] = true;
	order->path[order->path_depth++] = package;
}

/* The package at the end of the path has no edges left: close its group if it is the first of it. */
static void order_leave(struct order *order)
{
	uint32_t package = order->path[--order->path_depth];
	if (order->path_depth > 0) {
		uint32_t above = order->path[order->path_depth - 1];
		if (order->low[package] < order->low[above]) {
			order->low[above] = order->low[package];
		}
	}
	if (order->low[package] != order->index[package]) {
		return;
	}
	for (;;) {
		uint32_t member = order->stack[--order->depth];
		order->on_stack[member] = false;
		order->place[order->n_placed++] = member;
		order->groups[member] = order->n_groups;
		if (member == package) {
			break;
		}
	}
	order->n_groups++;
}

static void order_visit(struct order *order, uint32_t start)
{
	order_enter(order, start);
	while (order->path_depth > 0) {
		uint32_t package = order->path[order->path_depth - 1];
		if (order->next[package] == order->at[package + 1]) {
			order_leave(order);
			continue;
		}
		uint32_t to = order->edges[order->next[package]++].to;
		if (order->index[to] == 0) {
			order_enter(order, to);
		} else if (order->on_stack[to] && order->index[to] < order->low[package]) {
			order->low[package] = order->index[to];
		}
	}
}

/* Distinct edges from requirers to what they require, in the input's numbers. */
static struct edge *distinct_edges(struct compiler *compiler, size_t *ret_n)
{
	const struct model_input *input = compiler->input;
	struct edge *edges = arena_array(&compiler->scratch, struct edge, input->n_requirements);
	size_t n = 0, kept = 0;
	for (size_t i = 0; i < input->n_requirements; i++) {
		const struct model_input_requirement *r = &input->requirements[i];
		if (r->package != r->on) {
			edges[n++] = (struct edge){r->package, r->on};
		}
	}
	if (n > 1) {
		qsort(edges, n, sizeof(edges[0]), compare_edges);
	}
	for (size_t i = 0; i < n; i++) {
		if (kept == 0 || compare_edges(&edges[i], &edges[kept - 1]) != 0) {
			edges[kept++] = edges[i];
		}
	}
	*ret_n = kept;
	return edges;
}

static void number_packages(struct compiler *compiler)
{
	struct arena *scratch = &compiler->scratch;
	struct model *model = compiler->model;
	uint32_t n = model->n;
	size_t n_edges = 0;
	struct edge *edges = distinct_edges(compiler, &n_edges);
	struct order order = {.edges = edges, .at = arena_array(scratch, uint32_t, n + 1)};
	uint32_t **arrays[] = {&order.index, &order.low, &order.next, &order.stack, &order.path,
		&order.place, &order.groups};
	for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++) {
		*arrays[i] = arena_array(scratch, uint32_t, n);
	}
	order.on_stack = arena_array(scratch, bool, n);
	for (size_t i = 0; i < n_edges; i++) {
		order.at[edges[i].from + 1]++;
	}
	for (uint32_t p = 0; p < n; p++) {
		order.at[p + 1] += order.at[p];
	}
	for (uint32_t p = n; p-- > 0;) {
		if (order.index[p] == 0) {
			order_visit(&order, p);
		}
	}
	uint32_t *number = arena_array(compiler->arena, uint32_t, n);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t package = order.place[n - 1 - i];
		number[package] = i;
		compiler->packages[i].input = package;
		compiler->packages[i].group = order.n_groups - 1 - order.groups[package];
	}
	model->number = number;
	model->cyclic = order.n_groups < n;
}

static void lay_out_packages(struct compiler *compiler)
{
	struct model *model = compiler->model;
	for (uint32_t p = 0; p < model->n; p++) {
		struct model_package *package = &compiler->packages[p];
		const struct model_input_package *from = &compiler->input->packages[package->input];
		package->name = from->name;
		package->root = from->root;
		package->n = from->n;
		package->words = mask_words(from->n);
		package->first = model->n_versions;
		package->words_at = model->n_words;
		model->n_versions += from->n;
		model->n_words += package->words;
	}
	compiler->unary = arena_array(compiler->arena, int32_t, model->n_versions);
	compiler->usable = arena_array(&compiler->scratch, mask_word *, model->n);
	uint32_t *roots = arena_array(compiler->arena, uint32_t, model->n);
	for (uint32_t p = 0; p < model->n; p++) {
		struct model_package *package = &compiler->packages[p];
		const struct model_input_package *from = &compiler->input->packages[package->input];
		mask_word *usable = arena_array(compiler->arena, mask_word, package->words);
		for (uint32_t v = 0; v < package->n; v++) {
			mask_add(usable, v);
			compiler->unary[package->first + v] =
				from->unary == NULL ? 0 : from->unary[v];
		}
		compiler->usable[p] = usable;
		if (package->root) {
			roots[model->n_roots++] = p;
		}
		package->usable = usable;
	}
	model->unary = compiler->unary;
	model->roots = roots;
}

/* ---- requirements ----------------------------------------------------------------------------- */

const mask_word *compiler_mask(struct compiler *compiler, uint32_t package, const mask_word *mask)
{
	uint32_t words = compiler->packages[package].words;
	struct str bytes = {(const char *)mask, words * sizeof(mask_word)};
	uint32_t id = intern_id(&compiler->masks, bytes);
	if (id == compiler->interned.n) {
		mask_word *copy = arena_array(compiler->arena, mask_word, words);
		if (words > 0) {
			memcpy(copy, mask, bytes.n);
		}
		*vec_push(&compiler->scratch, &compiler->interned) = copy;
	}
	return compiler->interned.p[id];
}

struct row {
	uint32_t version, on; /* version among all; package by the model's number */
	const struct model_input_requirement *from;
};

static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	if (x->version != y->version) {
		return x->version < y->version ? -1 : 1;
	}
	return x->on < y->on ? -1 : x->on > y->on;
}

/* What n rows, all of one version about one package, allow together. */
static const mask_word *combined_mask(
	struct compiler *compiler, const struct row *rows, size_t n, mask_word *one, mask_word *all)
{
	uint32_t on = rows[0].on, words = compiler->packages[on].words;
	memset(all, 0xff, words * sizeof(mask_word));
	for (size_t i = 0; i < n; i++) {
		memset(one, 0, words * sizeof(mask_word));
		for (uint32_t r = 0; r < rows[i].from->n_allowed; r++) {
			mask_add_range(
				one, rows[i].from->allowed[r].from, rows[i].from->allowed[r].to);
		}
		for (uint32_t w = 0; w < words; w++) {
			all[w] &= one[w];
		}
	}
	return compiler_mask(compiler, on, all);
}

/* Rows of requirements; what a version asks of itself is settled here. */
static size_t collect_rows(struct compiler *compiler, struct row *rows)
{
	const struct model_input *input = compiler->input;
	const uint32_t *number = compiler->model->number;
	size_t n = 0;
	for (size_t i = 0; i < input->n_requirements; i++) {
		const struct model_input_requirement *r = &input->requirements[i];
		uint32_t package = number[r->package];
		if (r->package != r->on) {
			rows[n++] = (struct row){
				compiler->packages[package].first + r->version, number[r->on], r};
			continue;
		}
		bool itself = false;
		for (uint32_t k = 0; k < r->n_allowed; k++) {
			itself |=
				r->allowed[k].from <= r->version && r->version <= r->allowed[k].to;
		}
		if (!itself) {
			mask_drop(compiler->usable[package], r->version);
		}
	}
	if (n > 1) {
		qsort(rows, n, sizeof(rows[0]), compare_rows);
	}
	return n;
}

static void lay_out_requirements(struct compiler *compiler)
{
	struct model *model = compiler->model;
	struct row *rows =
		arena_array(&compiler->scratch, struct row, compiler->input->n_requirements);
	size_t n = collect_rows(compiler, rows);
	mask_word *one = arena_array(&compiler->scratch, mask_word, model->n_words);
	mask_word *all = arena_array(&compiler->scratch, mask_word, model->n_words);
	struct model_requirement *requirements =
		arena_array(compiler->arena, struct model_requirement, n);
	uint32_t *at = arena_array(compiler->arena, uint32_t, model->n_versions + 1);
	uint32_t kept = 0;
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && compare_rows(&rows[i], &rows[end]) == 0; end++) {
		}
		requirements[kept++] = (struct model_requirement){
			rows[i].on, combined_mask(compiler, &rows[i], end - i, one, all)};
		at[rows[i].version + 1]++;
	}
	for (uint32_t v = 0; v < model->n_versions; v++) {
		at[v + 1] += at[v];
	}
	model->requirements = requirements;
	model->requirements_at = at;
}

static void lay_out_requirers(struct compiler *compiler)
{
	struct model *model = compiler->model;
	uint32_t *last = arena_array(&compiler->scratch, uint32_t, model->n); /* requirer + 1 */
	struct {
		VEC(uint32_t) requirers;
	} *lists = arena_alloc(&compiler->scratch, model->n, sizeof(*lists));
	for (uint32_t p = 0; p < model->n; p++) {
		const struct model_package *package = &compiler->packages[p];
		uint32_t from = model->requirements_at[package->first];
		uint32_t to = model->requirements_at[package->first + package->n];
		for (uint32_t r = from; r < to; r++) {
			uint32_t on = model->requirements[r].package;
			if (last[on] != p + 1) {
				last[on] = p + 1;
				*vec_push(compiler->arena, &lists[on].requirers) = p;
			}
		}
	}
	for (uint32_t p = 0; p < model->n; p++) {
		compiler->packages[p].requirers = lists[p].requirers.p;
		compiler->packages[p].n_requirers = (uint32_t)lists[p].requirers.n;
	}
}

/* ---- all of it -------------------------------------------------------------------------------- */

bool model_compile(
	const struct model_input *input, struct arena *arena, struct model *ret, struct err *err)
{
	struct model model = {.input = input, .n = input->n_packages};
	AUTO(compiler_done)
	struct compiler compiler = {.input = input, .arena = arena, .model = &model, .err = err};
	size_t before = arena->total;
	if (!check_input(&compiler)) {
		return false;
	}
	compiler.packages = arena_array(arena, struct model_package, model.n);
	model.packages = compiler.packages;
	number_packages(&compiler);
	lay_out_packages(&compiler);
	lay_out_requirements(&compiler);
	lay_out_requirers(&compiler);
	if (!compiler_scores(&compiler)) {
		return false;
	}
	model.unsatisfiable = possible_narrow(&model, compiler.usable, arena);
	model.bytes = arena->total - before;
	*ret = model;
	return true;
}
