#include "resolver/network.h"
#include <math.h>
#include "common/hash.h"
#include "common/vec.h"
#include "common/banned.h"

/* What a pair of variables has to do with each other, before it is written into a table. */
enum relation_kind {
	RELATION_REQUIRES,  /* package x requires package y */
	RELATION_SOLE,      /* only package x can require package y, which needs that to be there */
	RELATION_WANTED,    /* helper x says who requires package y */
	RELATION_WANTS,     /* package y does, when helper x says the value `value` */
	RELATION_PAIR,      /* number x of the model's pairs */
	RELATION_RULE,      /* number x of the model's rules, which is about two packages */
	RELATION_RULE_TERM, /* helper x of rule `rule` and the package of term `value` */
};

struct relation {
	uint32_t a, b; /* variables, a < b */
	enum relation_kind kind;
	uint32_t x, y, value, rule;
};

struct maker {
	const struct model *model;
	struct arena *arena, scratch;
	struct network *network;
	VEC(struct network_variable) variables;
	VEC(double) start;
	VEC(struct relation) relations;
	uint32_t *of_package;
	uint32_t *wanted; /* [packages] the helper that says who requires it, or UINT32_MAX */
	bool *must;       /* [packages] in every valid stack */
	struct err *err;
};

static void maker_done(struct maker *maker)
{
	arena_done(&maker->scratch);
}

/* ---- what decides between equal scores -------------------------------------------------------- */

/*
 * A sum is score * weight + preference * grain + a number below grain drawn from the names: the
 * preferences of all packages together stay below weight / grain, so that they only ever decide
 * between equal scores, and the last part makes an order of what is still equal.
 */
struct weights {
	double weight, grain;
	int32_t *lowest; /* [packages] preference, absence (0) included */
};

static int32_t preference(const struct model *model, uint32_t package, uint32_t version)
{
	const struct model_input_package *p =
		&model->input->packages[model->packages[package].input];
	return p->preference != NULL ? p->preference[version]
				     : -(int32_t)(model->packages[package].n - 1 - version);
}

static double power_above(double x)
{
	double power = 1;
	while (power <= x) {
		power *= 2;
	}
	return power;
}

/* Most that scores can be, all added up without sign. */
static double largest_score(const struct model *model)
{
	double sum = 0;
	for (uint32_t v = 0; v < model->n_versions; v++) {
		sum += fabs((double)model->unary[v]);
	}
	for (uint32_t i = 0; i < model->n_pairs; i++) {
		const struct model_pair *pair = &model->pairs[i];
		size_t cells = (size_t)model->packages[pair->a].n * model->packages[pair->b].n;
		double most = 0;
		for (size_t c = 0; c < cells; c++) {
			double cell = pair->table[c] == MODEL_FORBIDDEN ? 0 : pair->table[c];
			most = fabs(cell) > most ? fabs(cell) : most;
		}
		sum += most;
	}
	for (uint32_t i = 0; i < model->n_rules; i++) {
		sum += model->rules[i].score == MODEL_FORBIDDEN ? 0 : abs(model->rules[i].score);
	}
	return sum;
}

static struct weights choose_weights(const struct model *model, struct arena *arena)
{
	struct weights weights = {.lowest = arena_array(arena, int32_t, model->n)};
	double spread = 0, exact = 0x1p51;
	for (uint32_t p = 0; p < model->n; p++) {
		int32_t highest = 0;
		for (uint32_t v = 0; v < model->packages[p].n; v++) {
			int32_t here = preference(model, p, v);
			weights.lowest[p] = here < weights.lowest[p] ? here : weights.lowest[p];
			highest = here > highest ? here : highest;
		}
		spread += (double)highest - weights.lowest[p];
	}
	double scores = power_above(largest_score(model)), preferences = power_above(spread);
	weights.grain = power_above(model->n) * 0x1p16;
	while (weights.grain > 1 && scores * preferences * weights.grain > exact) {
		weights.grain /= 2;
	}
	weights.weight = preferences * weights.grain;
	if (scores * weights.weight > exact) { /* scores alone are all that fits */
		weights.weight = 1;
		weights.grain = 0;
	}
	return weights;
}

static double tie_break(const struct model *model, const struct weights *weights, uint32_t package,
	uint32_t version)
{
	if (weights->grain == 0) {
		return 0;
	}
	int32_t here = version == MODEL_ABSENT ? 0 : preference(model, package, version);
	double value = ((double)here - weights->lowest[package]) * weights->grain;
	if (version != MODEL_ABSENT) {
		const struct model_package *p = &model->packages[package];
		uint64_t drawn = str_hash(p->name) * 31 +
				 str_hash(model->input->packages[p->input].versions[version]);
		drawn = (drawn ^ drawn >> 29) * 0x94d049bb133111eb;
		value += floor(
			(double)(drawn >> 32) * 0x1p-32 * weights->grain / power_above(model->n));
	}
	return value;
}

double network_sum(const struct network *network, const uint16_t *stack, int64_t score)
{
	double sum = (double)score * network->weight;
	for (uint32_t p = 0; p < network->model->n; p++) {
		const struct model_package *package = &network->model->packages[p];
		sum += stack[p] == MODEL_ABSENT ? network->absent[p]
						: network->order[package->first + stack[p]];
	}
	return sum;
}

static void lay_out_order(struct maker *maker)
{
	const struct model *model = maker->model;
	struct weights weights = choose_weights(model, &maker->scratch);
	double *order = arena_array(maker->arena, double, model->n_versions);
	double *absent = arena_array(maker->arena, double, model->n);
	for (uint32_t p = 0; p < model->n; p++) {
		absent[p] = tie_break(model, &weights, p, MODEL_ABSENT);
		for (uint32_t v = 0; v < model->packages[p].n; v++) {
			order[model->packages[p].first + v] = tie_break(model, &weights, p, v);
		}
	}
	maker->network->weight = weights.weight;
	maker->network->order = order;
	maker->network->absent = absent;
}

/* ---- variables -------------------------------------------------------------------------------- */

/* The mask that a version allows of a package it requires, or NULL. */
static const mask_word *allowed_by(
	const struct model *model, uint32_t package, uint32_t version, uint32_t on)
{
	uint32_t at = model_version(model, package, version);
	for (uint32_t r = model->requirements_at[at]; r < model->requirements_at[at + 1]; r++) {
		if (model->requirements[r].package == on) {
			return model->requirements[r].allowed;
		}
	}
	return NULL;
}

static uint32_t count_requiring(
	const struct model *model, uint32_t package, uint32_t on, uint32_t *ret_usable)
{
	const struct model_package *p = &model->packages[package];
	uint32_t n = 0;
	*ret_usable = 0;
	for (uint32_t v = 0; v < p->n; v++) {
		if (mask_has(p->usable, v)) {
			*ret_usable += 1;
			n += allowed_by(model, package, v, on) != NULL;
		}
	}
	return n;
}

/* A package that must be there requires it in every version that is usable. */
static bool is_always_required(const struct maker *maker, uint32_t package)
{
	const struct model_package *p = &maker->model->packages[package];
	for (uint32_t k = 0; k < p->n_requirers; k++) {
		uint32_t by = p->requirers[k], usable = 0;
		if (maker->must[by] &&
			count_requiring(maker->model, by, package, &usable) == usable) {
			return true;
		}
	}
	return false;
}

static void find_must(struct maker *maker)
{
	const struct model *model = maker->model;
	for (uint32_t p = 0; p < model->n; p++) {
		maker->must[p] = model->packages[p].root;
	}
	for (bool changed = true; changed;) {
		changed = false;
		for (uint32_t p = 0; p < model->n; p++) {
			if (!maker->must[p] && is_always_required(maker, p)) {
				maker->must[p] = changed = true;
			}
		}
	}
}

static struct network_variable *add_variable(struct maker *maker, uint32_t package, uint32_t n)
{
	struct network_variable *variable = vec_push(&maker->scratch, &maker->variables);
	*variable = (struct network_variable){
		.n = n, .at = (uint32_t)maker->start.n, .package = package};
	for (uint32_t i = 0; i < n; i++) {
		*vec_push(&maker->scratch, &maker->start) = 0;
	}
	return variable;
}

static void add_package(struct maker *maker, uint32_t package)
{
	const struct model *model = maker->model;
	const struct model_package *p = &model->packages[package];
	uint32_t n = maker->must[package] ? 0 : 1, at = 0;
	for (uint32_t v = 0; v < p->n; v++) {
		n += mask_has(p->usable, v);
	}
	maker->of_package[package] = (uint32_t)maker->variables.n;
	struct network_variable *variable = add_variable(maker, package, n);
	uint16_t *versions = arena_array(maker->arena, uint16_t, n);
	uint32_t start = variable->at;
	if (!maker->must[package]) {
		maker->start.p[start + at] = maker->network->absent[package];
		versions[at++] = MODEL_ABSENT;
	}
	for (uint32_t v = 0; v < p->n; v++) {
		if (mask_has(p->usable, v)) {
			maker->start.p[start + at] =
				model->unary[p->first + v] * maker->network->weight +
				maker->network->order[p->first + v];
			versions[at++] = (uint16_t)v;
		}
	}
	variable->version = versions;
}

static void relate(struct maker *maker, struct relation relation)
{
	if (relation.a > relation.b) {
		uint32_t a = relation.a;
		relation.a = relation.b;
		relation.b = a;
	}
	*vec_push(&maker->scratch, &maker->relations) = relation;
}

/* Requirers of a package that may take a version that requires it. */
static uint32_t list_requirers(const struct maker *maker, uint32_t package, uint32_t *ret)
{
	const struct model_package *p = &maker->model->packages[package];
	uint32_t n = 0, usable = 0;
	for (uint32_t k = 0; k < p->n_requirers; k++) {
		if (count_requiring(maker->model, p->requirers[k], package, &usable) > 0) {
			ret[n++] = p->requirers[k];
		}
	}
	return n;
}

/* Edges for what package p needs to be there, which adds a helper when several can require it. */
static void relate_presence(struct maker *maker, uint32_t package, uint32_t *requirers)
{
	uint32_t n = list_requirers(maker, package, requirers);
	uint32_t self = maker->of_package[package], helper = maker->wanted[package];
	for (uint32_t k = 0; k < n; k++) {
		uint32_t by = maker->of_package[requirers[k]];
		relate(maker, (struct relation){
				      by, self, RELATION_REQUIRES, requirers[k], package, 0, 0});
		if (maker->must[package]) {
			continue;
		}
		if (n == 1) {
			relate(maker, (struct relation){by, self, RELATION_SOLE, requirers[k],
					      package, 0, 0});
		} else {
			relate(maker, (struct relation){by, helper, RELATION_WANTS, package,
					      requirers[k], k + 1, 0});
		}
	}
	if (n > 1 && !maker->must[package]) {
		relate(maker,
			(struct relation){helper, self, RELATION_WANTED, helper, package, 0, 0});
	}
}

static void add_variables(struct maker *maker, uint32_t *requirers)
{
	for (uint32_t p = 0; p < maker->model->n; p++) {
		const struct model_package *package = &maker->model->packages[p];
		bool usable = false;
		maker->wanted[p] = maker->of_package[p] = UINT32_MAX;
		for (uint32_t w = 0; w < package->words; w++) {
			usable |= package->usable[w] != 0;
		}
		if (!usable) {
			maker->network->offset += maker->network->absent[p];
			continue;
		}
		uint32_t n = list_requirers(maker, p, requirers);
		if (!maker->must[p] && n > 1) {
			maker->wanted[p] = (uint32_t)maker->variables.n;
			(void)add_variable(maker, UINT32_MAX, n + 1);
		}
		add_package(maker, p);
	}
}

static bool rule_is_possible(const struct maker *maker, const struct model_rule *rule)
{
	for (uint32_t t = 0; t < rule->n; t++) {
		const struct model_package *p = &maker->model->packages[rule->terms[t].package];
		mask_word any = 0;
		for (uint32_t w = 0; w < p->words; w++) {
			any |= p->usable[w] & rule->terms[t].mask[w];
		}
		if (any == 0) {
			return false;
		}
	}
	return true;
}

/*
 * A rule that gives score: off or on, and on needs every term. One that takes score or forbids: it
 * applies (value 0, which a forbidding one may not take), or value t: term t - 1 does not hold.
 */
static void add_rule(struct maker *maker, uint32_t number)
{
	const struct model_rule *rule = &maker->model->rules[number];
	if (!rule_is_possible(maker, rule) || rule->score == 0) {
		return;
	}
	if (rule->n == 2) {
		relate(maker, (struct relation){maker->of_package[rule->terms[0].package],
				      maker->of_package[rule->terms[1].package], RELATION_RULE,
				      number, 0, 0, 0});
		return;
	}
	uint32_t helper = (uint32_t)maker->variables.n;
	uint32_t n = rule->score > 0 ? 2 : rule->n + 1;
	uint32_t start = add_variable(maker, UINT32_MAX, n)->at;
	double score =
		rule->score == MODEL_FORBIDDEN ? -INFINITY : rule->score * maker->network->weight;
	maker->start.p[start + (rule->score > 0 ? 1 : 0)] = score;
	for (uint32_t t = 0; t < rule->n; t++) {
		relate(maker,
			(struct relation){maker->of_package[rule->terms[t].package], helper,
				RELATION_RULE_TERM, helper, rule->terms[t].package, t, number});
	}
}

static bool collect(struct maker *maker)
{
	const struct model *model = maker->model;
	uint32_t *requirers = arena_array(&maker->scratch, uint32_t, model->n);
	find_must(maker);
	add_variables(maker, requirers);
	for (uint32_t p = 0; p < model->n; p++) {
		if (maker->of_package[p] != UINT32_MAX) {
			relate_presence(maker, p, requirers);
		}
	}
	for (uint32_t i = 0; i < model->n_pairs; i++) {
		uint32_t a = maker->of_package[model->pairs[i].a];
		uint32_t b = maker->of_package[model->pairs[i].b];
		if (a != UINT32_MAX && b != UINT32_MAX) {
			relate(maker, (struct relation){a, b, RELATION_PAIR, i, 0, 0, 0});
		}
	}
	for (uint32_t i = 0; i < model->n_rules; i++) {
		add_rule(maker, i);
	}
	if (maker->start.n > NETWORK_VALUES_MAX) {
		return err_set(maker->err, ERR_LIMIT,
			"%zu versions are too many to prove a best stack", maker->start.n);
	}
	return true;
}

/* ---- tables ----------------------------------------------------------------------------------- */

/* A table being filled: cells[i * columns + j], i a value of variable a, j of b. */
struct table {
	const struct maker *maker;
	const struct relation *relation;
	double *cells;
	uint32_t rows, columns;
};

/* The cell for value i of variable `first` (a or b of the relation) and value j of the other. */
static double *cell(const struct table *table, uint32_t first, uint32_t i, uint32_t j)
{
	return first == table->relation->a ? &table->cells[(size_t)i * table->columns + j]
					   : &table->cells[(size_t)j * table->columns + i];
}

static const struct network_variable *variable_of(const struct table *table, uint32_t package)
{
	return &table->maker->variables.p[table->maker->of_package[package]];
}

static void fill_requires(const struct table *table, uint32_t package, uint32_t on)
{
	const struct network_variable *p = variable_of(table, package);
	const struct network_variable *q = variable_of(table, on);
	for (uint32_t i = 0; i < p->n; i++) {
		const mask_word *allowed =
			p->version[i] == MODEL_ABSENT
				? NULL
				: allowed_by(table->maker->model, package, p->version[i], on);
		for (uint32_t j = 0; allowed != NULL && j < q->n; j++) {
			if (q->version[j] == MODEL_ABSENT || !mask_has(allowed, q->version[j])) {
				*cell(table, table->maker->of_package[package], i, j) = -INFINITY;
			}
		}
	}
}

/* Does value i of a package's variable require the other package? */
static bool value_requires(
	const struct table *table, const struct network_variable *p, uint32_t i, uint32_t on)
{
	return p->version[i] != MODEL_ABSENT &&
	       allowed_by(table->maker->model, p->package, p->version[i], on) != NULL;
}

static void fill_sole(const struct table *table, uint32_t by, uint32_t package)
{
	const struct network_variable *p = variable_of(table, by);
	const struct network_variable *q = variable_of(table, package);
	for (uint32_t i = 0; i < p->n; i++) {
		bool requires = value_requires(table, p, i, package);
		for (uint32_t j = 0; j < q->n && !requires; j++) {
			if (q->version[j] != MODEL_ABSENT) {
				*cell(table, table->maker->of_package[by], i, j) = -INFINITY;
			}
		}
	}
}

static void fill_wanted(const struct table *table, uint32_t helper, uint32_t package)
{
	const struct network_variable *p = variable_of(table, package);
	for (uint32_t i = 0; i < table->maker->variables.p[helper].n; i++) {
		for (uint32_t j = 0; j < p->n; j++) {
			if ((i == 0) != (p->version[j] == MODEL_ABSENT)) {
				*cell(table, helper, i, j) = -INFINITY;
			}
		}
	}
}

static void fill_wants(const struct table *table, const struct relation *relation)
{
	const struct network_variable *by = variable_of(table, relation->y);
	for (uint32_t i = 0; i < by->n; i++) {
		if (!value_requires(table, by, i, relation->x)) {
			*cell(table, table->maker->of_package[relation->y], i, relation->value) =
				-INFINITY;
		}
	}
}

static void fill_pair(const struct table *table, const struct model_pair *pair)
{
	const struct network_variable *a = variable_of(table, pair->a);
	const struct network_variable *b = variable_of(table, pair->b);
	uint32_t columns = table->maker->model->packages[pair->b].n;
	for (uint32_t i = 0; i < a->n; i++) {
		for (uint32_t j = 0; j < b->n; j++) {
			if (a->version[i] == MODEL_ABSENT || b->version[j] == MODEL_ABSENT) {
				continue;
			}
			int32_t score =
				pair->table[(size_t)a->version[i] * columns + b->version[j]];
			double *to = cell(table, table->maker->of_package[pair->a], i, j);
			*to += score == MODEL_FORBIDDEN ? -INFINITY
							: score * table->maker->network->weight;
		}
	}
}

static bool term_holds(const struct model_rule_term *term, uint16_t version)
{
	return version != MODEL_ABSENT && mask_has(term->mask, version);
}

static void fill_rule(const struct table *table, const struct model_rule *rule)
{
	const struct network_variable *a = variable_of(table, rule->terms[0].package);
	const struct network_variable *b = variable_of(table, rule->terms[1].package);
	double score = rule->score == MODEL_FORBIDDEN ? -INFINITY
						      : rule->score * table->maker->network->weight;
	for (uint32_t i = 0; i < a->n; i++) {
		for (uint32_t j = 0; j < b->n; j++) {
			if (term_holds(&rule->terms[0], a->version[i]) &&
				term_holds(&rule->terms[1], b->version[j])) {
				*cell(table, table->maker->of_package[rule->terms[0].package], i,
					j) += score;
			}
		}
	}
}

static void fill_rule_term(const struct table *table, const struct relation *relation)
{
	const struct model_rule *rule = &table->maker->model->rules[relation->rule];
	const struct network_variable *p = variable_of(table, relation->y);
	for (uint32_t i = 0; i < p->n; i++) {
		bool holds = term_holds(&rule->terms[relation->value], p->version[i]);
		if (rule->score > 0 ? !holds : holds) {
			uint32_t value = rule->score > 0 ? 1 : relation->value + 1;
			*cell(table, table->maker->of_package[relation->y], i, value) = -INFINITY;
		}
	}
}

static void fill(const struct table *table)
{
	const struct relation *relation = table->relation;
	const struct model *model = table->maker->model;
	switch (relation->kind) {
	case RELATION_REQUIRES:
		fill_requires(table, relation->x, relation->y);
		break;
	case RELATION_SOLE:
		fill_sole(table, relation->x, relation->y);
		break;
	case RELATION_WANTED:
		fill_wanted(table, relation->x, relation->y);
		break;
	case RELATION_WANTS:
		fill_wants(table, relation);
		break;
	case RELATION_PAIR:
		fill_pair(table, &model->pairs[relation->x]);
		break;
	case RELATION_RULE:
		fill_rule(table, &model->rules[relation->x]);
		break;
	case RELATION_RULE_TERM:
		fill_rule_term(table, relation);
		break;
	}
}

static int compare_relations(const void *x, const void *y)
{
	const struct relation *k = x, *l = y;
	if (k->a != l->a) {
		return k->a < l->a ? -1 : 1;
	}
	return k->b < l->b ? -1 : k->b > l->b;
}

static bool lay_out_edges(struct maker *maker)
{
	struct relation *relations = maker->relations.p;
	size_t n = maker->relations.n;
	if (n > 1) {
		qsort(relations, n, sizeof(relations[0]), compare_relations);
	}
	for (size_t i = 0, end; i < n; i = end) {
		AUTO(arena_done) struct arena one = {0};
		uint32_t rows = maker->variables.p[relations[i].a].n;
		uint32_t columns = maker->variables.p[relations[i].b].n;
		if (maker->network->stopped != NULL &&
			maker->network->stopped(maker->network->data)) {
			return err_set(maker->err, ERR_INTERRUPTED, "the time was used up");
		}
		if ((size_t)rows * columns > NETWORK_CELLS_MAX) {
			return err_set(maker->err, ERR_LIMIT,
				"two packages of %u and %u versions are too many to prove a best "
				"stack",
				rows, columns);
		}
		struct table table = {.maker = maker,
			.cells = arena_array(&one, double, (size_t)rows *columns),
			.rows = rows,
			.columns = columns};
		for (end = i; end < n && compare_relations(&relations[i], &relations[end]) == 0;
			end++) {
			table.relation = &relations[end];
			fill(&table);
		}
		struct network_draft draft = {relations[i].a, relations[i].b, table.cells};
		if (!network_add_edge(maker->network, &draft, maker->arena, maker->err)) {
			return false;
		}
	}
	return true;
}

bool network_make(const struct model *model, bool (*stopped)(void *data), void *data,
	struct arena *arena, struct network *ret, struct err *err)
{
	struct network network = {.model = model, .stopped = stopped, .data = data};
	AUTO(maker_done)
	struct maker maker = {.model = model, .arena = arena, .network = &network, .err = err};
	maker.of_package = arena_array(arena, uint32_t, model->n);
	maker.wanted = arena_array(&maker.scratch, uint32_t, model->n);
	maker.must = arena_array(&maker.scratch, bool, model->n);
	lay_out_order(&maker);
	if (!collect(&maker)) {
		return false;
	}
	network.of_package = maker.of_package;
	network.n = (uint32_t)maker.variables.n;
	network.n_values = (uint32_t)maker.start.n;
	network.variables = arena_array(arena, struct network_variable, network.n);
	double *start = arena_array(arena, double, network.n_values);
	if (network.n > 0) {
		memcpy(network.variables, maker.variables.p,
			network.n * sizeof(network.variables[0]));
		memcpy(start, maker.start.p, network.n_values * sizeof(double));
	}
	network.start = start;
	network.edges = arena_array(arena, struct network_edge, maker.relations.n);
	if (!lay_out_edges(&maker)) {
		return false;
	}
	network_finish(&network, arena);
	*ret = network;
	return true;
}
