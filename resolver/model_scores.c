#include "resolver/model_made.h"
#include "common/banned.h"

/* ---- rules and tables laid out ---------------------------------------------------------------- */

/* A rule as it is worked on: one term for each package, ascending by the model's number. */
struct folded {
	struct model_input_term terms[MODEL_TERMS_MAX];
	uint32_t n;
	bool never; /* two of its terms about one package exclude each other */
};

static void fold_term(struct folded *folded, struct model_input_term term)
{
	uint32_t i = 0;
	while (i < folded->n && folded->terms[i].package < term.package) {
		i++;
	}
	if (i < folded->n && folded->terms[i].package == term.package) {
		struct model_input_term *same = &folded->terms[i];
		same->from = term.from > same->from ? term.from : same->from;
		same->to = term.to < same->to ? term.to : same->to;
		folded->never |= same->from > same->to;
		return;
	}
	memmove(&folded->terms[i + 1], &folded->terms[i],
		(folded->n - i) * sizeof(folded->terms[0]));
	folded->terms[i] = term;
	folded->n++;
}

static struct folded fold_rule(const struct model *model, const struct model_input_rule *rule)
{
	struct folded folded = {.n = 0};
	for (uint32_t i = 0; i < rule->n; i++) {
		struct model_input_term term = rule->when[i];
		term.package = model->number[term.package];
		fold_term(&folded, term);
	}
	return folded;
}

/* Add to a score in place. False: the sum is no score any more. */
static bool add_score(struct compiler *compiler, int32_t *score, bool forbid, int32_t more)
{
	if (forbid || *score == MODEL_FORBIDDEN) {
		*score = MODEL_FORBIDDEN;
		return true;
	}
	int64_t sum = (int64_t)*score + more;
	if (sum < -MODEL_SCORE_MAX || sum > MODEL_SCORE_MAX) {
		return err_set(compiler->err, ERR_LIMIT,
			"scores add up to %lld, which is larger than %d", (long long)sum,
			MODEL_SCORE_MAX);
	}
	*score = (int32_t)sum;
	return true;
}

static bool add_to_versions(struct compiler *compiler, const struct model_input_rule *rule,
	const struct model_input_term *term)
{
	const struct model_package *package = &compiler->packages[term->package];
	for (uint32_t v = term->from; v <= term->to; v++) {
		if (rule->forbid) {
			mask_drop(compiler->usable[term->package], v);
		} else if (!add_score(compiler, &compiler->unary[package->first + v], false,
				   rule->score)) {
			return false;
		}
	}
	return true;
}

static void add_general(
	struct compiler *compiler, const struct model_input_rule *rule, const struct folded *folded)
{
	struct model_rule_term *terms =
		arena_array(compiler->arena, struct model_rule_term, folded->n);
	for (uint32_t i = 0; i < folded->n; i++) {
		uint32_t package = folded->terms[i].package;
		mask_word *mask = arena_array(
			&compiler->scratch, mask_word, compiler->packages[package].words);
		mask_add_range(mask, folded->terms[i].from, folded->terms[i].to);
		terms[i] =
			(struct model_rule_term){package, compiler_mask(compiler, package, mask)};
	}
	*vec_push(compiler->arena, &compiler->rules) = (struct model_rule){.terms = terms,
		.n = folded->n,
		.score = rule->forbid ? MODEL_FORBIDDEN : rule->score};
}

/* A pair that a rule or a table is about. */
struct key {
	uint32_t a, b;
};

static int compare_keys(const void *x, const void *y)
{
	const struct key *k = x, *l = y;
	if (k->a != l->a) {
		return k->a < l->a ? -1 : 1;
	}
	return k->b < l->b ? -1 : k->b > l->b;
}

static size_t pair_cells(const struct compiler *compiler, struct key key)
{
	return (size_t)compiler->packages[key.a].n * compiler->packages[key.b].n;
}

static struct key table_key(const struct compiler *compiler, const struct model_input_table *table)
{
	uint32_t a = compiler->model->number[table->a], b = compiler->model->number[table->b];
	return a < b ? (struct key){a, b} : (struct key){b, a};
}

static bool is_tabled(const struct compiler *compiler, const struct folded *folded)
{
	struct key key = {folded->terms[0].package, folded->terms[1].package};
	return folded->n == 2 && pair_cells(compiler, key) <= MODEL_PAIR_MAX;
}

/* One table for each pair that is to have one, all zero. */
static bool make_pairs(struct compiler *compiler, const struct folded *folded)
{
	const struct model_input *input = compiler->input;
	struct key *keys =
		arena_array(&compiler->scratch, struct key, input->n_rules + input->n_tables);
	size_t n = 0, kept = 0, cells = 0;
	for (size_t i = 0; i < input->n_rules; i++) {
		if (!folded[i].never && is_tabled(compiler, &folded[i])) {
			keys[n++] = (struct key){
				folded[i].terms[0].package, folded[i].terms[1].package};
		}
	}
	for (size_t i = 0; i < input->n_tables; i++) {
		keys[n++] = table_key(compiler, &input->tables[i]);
	}
	if (n > 1) {
		qsort(keys, n, sizeof(keys[0]), compare_keys);
	}
	for (size_t i = 0; i < n; i++) {
		if (kept == 0 || compare_keys(&keys[i], &keys[kept - 1]) != 0) {
			keys[kept++] = keys[i];
			cells += pair_cells(compiler, keys[i]);
		}
	}
	if (cells > MODEL_CELLS_MAX) {
		return err_set(compiler->err, ERR_LIMIT,
			"rules about pairs of packages need %zu cells, more than %d", cells,
			MODEL_CELLS_MAX);
	}
	struct model_pair *pairs = arena_array(compiler->arena, struct model_pair, kept);
	for (size_t i = 0; i < kept; i++) {
		pairs[i] = (struct model_pair){keys[i].a, keys[i].b,
			arena_array(compiler->arena, int32_t, pair_cells(compiler, keys[i]))};
	}
	compiler->model->pairs = pairs;
	compiler->model->n_pairs = (uint32_t)kept;
	return true;
}

static int32_t *pair_table(struct compiler *compiler, struct key key)
{
	uint32_t low = 0, high = compiler->model->n_pairs;
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		const struct model_pair *pair = &compiler->model->pairs[middle];
		if (compare_keys(&key, &(struct key){pair->a, pair->b}) < 0) {
			high = middle;
		} else {
			low = middle;
		}
	}
	return (int32_t *)compiler->model->pairs[low].table; /* ours until it is published */
}

static bool add_to_pair(struct compiler *compiler, const struct model_input_rule *rule,
	const struct model_input_term *a, const struct model_input_term *b)
{
	int32_t *table = pair_table(compiler, (struct key){a->package, b->package});
	uint32_t columns = compiler->packages[b->package].n;
	for (uint32_t i = a->from; i <= a->to; i++) {
		for (uint32_t j = b->from; j <= b->to; j++) {
			if (!add_score(compiler, &table[(size_t)i * columns + j], rule->forbid,
				    rule->score)) {
				return false;
			}
		}
	}
	return true;
}

static bool add_table(struct compiler *compiler, const struct model_input_table *table)
{
	struct key key = table_key(compiler, table);
	bool turned = key.a != compiler->model->number[table->a];
	int32_t *cells = pair_table(compiler, key);
	uint32_t rows = compiler->packages[key.a].n, columns = compiler->packages[key.b].n;
	for (uint32_t i = 0; i < rows; i++) {
		for (uint32_t j = 0; j < columns; j++) {
			size_t from = turned ? (size_t)j * rows + i : (size_t)i * columns + j;
			if (!add_score(compiler, &cells[(size_t)i * columns + j], false,
				    table->scores[from])) {
				return false;
			}
		}
	}
	return true;
}

static bool add_rule(
	struct compiler *compiler, const struct model_input_rule *rule, const struct folded *folded)
{
	if (folded->never) {
		return true;
	}
	if (folded->n == 1) {
		return add_to_versions(compiler, rule, &folded->terms[0]);
	}
	if (is_tabled(compiler, folded)) {
		return add_to_pair(compiler, rule, &folded->terms[0], &folded->terms[1]);
	}
	add_general(compiler, rule, folded);
	return true;
}

/* ---- who has to do with whom ------------------------------------------------------------------ */

static void link_pairs(struct compiler *compiler)
{
	struct model *model = compiler->model;
	uint32_t *counts = arena_array(&compiler->scratch, uint32_t, model->n);
	struct model_link **links = arena_array(&compiler->scratch, struct model_link *, model->n);
	for (uint32_t i = 0; i < model->n_pairs; i++) {
		counts[model->pairs[i].a]++;
		counts[model->pairs[i].b]++;
	}
	for (uint32_t p = 0; p < model->n; p++) {
		links[p] = arena_array(compiler->arena, struct model_link, counts[p]);
		compiler->packages[p].links = links[p];
	}
	for (uint32_t i = 0; i < model->n_pairs; i++) { /* as b: with the earlier ones */
		const struct model_pair *pair = &model->pairs[i];
		struct model_package *b = &compiler->packages[pair->b];
		links[pair->b][b->n_links++] = (struct model_link){pair->a, pair->table, 1, b->n};
		b->n_earlier = b->n_links;
	}
	for (uint32_t i = 0; i < model->n_pairs; i++) {
		const struct model_pair *pair = &model->pairs[i];
		struct model_package *a = &compiler->packages[pair->a];
		links[pair->a][a->n_links++] =
			(struct model_link){pair->b, pair->table, compiler->packages[pair->b].n, 1};
	}
}

static void link_rules(struct compiler *compiler)
{
	struct model *model = compiler->model;
	uint32_t **lists = arena_array(&compiler->scratch, uint32_t *, model->n);
	for (uint32_t i = 0; i < model->n_rules; i++) {
		for (uint32_t t = 0; t < model->rules[i].n; t++) {
			compiler->packages[model->rules[i].terms[t].package].n_rules++;
		}
	}
	for (uint32_t p = 0; p < model->n; p++) {
		struct model_package *package = &compiler->packages[p];
		lists[p] = arena_array(compiler->arena, uint32_t, package->n_rules);
		package->rules = lists[p];
		package->n_rules = 0;
	}
	for (uint32_t i = 0; i < model->n_rules; i++) {
		for (uint32_t t = 0; t < model->rules[i].n; t++) {
			uint32_t p = model->rules[i].terms[t].package;
			lists[p][compiler->packages[p].n_rules++] = i;
		}
	}
}

bool compiler_scores(struct compiler *compiler)
{
	const struct model_input *input = compiler->input;
	struct folded *folded = arena_array(&compiler->scratch, struct folded, input->n_rules);
	for (size_t i = 0; i < input->n_rules; i++) {
		folded[i] = fold_rule(compiler->model, &input->rules[i]);
	}
	if (!make_pairs(compiler, folded)) {
		return false;
	}
	for (size_t i = 0; i < input->n_tables; i++) {
		if (!add_table(compiler, &input->tables[i])) {
			return err_prefix(compiler->err, "table %zu", i + 1);
		}
	}
	for (size_t i = 0; i < input->n_rules; i++) {
		if (!add_rule(compiler, &input->rules[i], &folded[i])) {
			return err_prefix(compiler->err, "rule %zu", i + 1);
		}
	}
	compiler->model->rules = compiler->rules.p;
	compiler->model->n_rules = (uint32_t)compiler->rules.n;
	link_pairs(compiler);
	link_rules(compiler);
	return true;
}

/* ---- scores worked out from the input --------------------------------------------------------- */

static uint16_t version_in(const struct model *model, const uint16_t *stack, uint32_t package)
{
	return stack[model->number[package]];
}

bool model_applies(const struct model *model, size_t i, const uint16_t *stack)
{
	const struct model_input_rule *rule = &model->input->rules[i];
	for (uint32_t t = 0; t < rule->n; t++) {
		uint16_t version = version_in(model, stack, rule->when[t].package);
		if (version == MODEL_ABSENT || version < rule->when[t].from ||
			version > rule->when[t].to) {
			return false;
		}
	}
	return true;
}

/* Every requirement of what is there holds. */
static bool holds(const struct model *model, const uint16_t *stack)
{
	for (size_t i = 0; i < model->input->n_requirements; i++) {
		const struct model_input_requirement *r = &model->input->requirements[i];
		uint16_t version = version_in(model, stack, r->on);
		bool ok = version_in(model, stack, r->package) != r->version;
		for (uint32_t k = 0; !ok && version != MODEL_ABSENT && k < r->n_allowed; k++) {
			ok = r->allowed[k].from <= version && version <= r->allowed[k].to;
		}
		if (!ok) {
			return false;
		}
	}
	return true;
}

/* What is there is what the roots lead to. */
static bool is_founded(const struct model *model, const uint16_t *stack)
{
	AUTO(arena_done) struct arena scratch = {0};
	bool *seen = arena_array(&scratch, bool, model->n);
	uint32_t *open = arena_array(&scratch, uint32_t, model->n), depth = 0;
	for (uint32_t p = 0; p < model->n; p++) {
		if (model->packages[p].root) {
			seen[p] = true;
			open[depth++] = p;
		}
	}
	while (depth > 0) {
		uint32_t p = open[--depth];
		if (stack[p] == MODEL_ABSENT) {
			return false;
		}
		uint32_t v = model_version(model, p, stack[p]);
		for (uint32_t r = model->requirements_at[v]; r < model->requirements_at[v + 1];
			r++) {
			uint32_t on = model->requirements[r].package;
			if (!seen[on]) {
				seen[on] = true;
				open[depth++] = on;
			}
		}
	}
	for (uint32_t p = 0; p < model->n; p++) {
		if (seen[p] != (stack[p] != MODEL_ABSENT)) {
			return false;
		}
	}
	return true;
}

int64_t model_score(const struct model *model, const uint16_t *stack)
{
	const struct model_input *input = model->input;
	int64_t score = 0;
	if (!holds(model, stack) || !is_founded(model, stack)) {
		return MODEL_NO_SCORE;
	}
	for (uint32_t p = 0; p < input->n_packages; p++) {
		uint16_t version = version_in(model, stack, p);
		if (version != MODEL_ABSENT && input->packages[p].unary != NULL) {
			score += input->packages[p].unary[version];
		}
	}
	for (size_t i = 0; i < input->n_rules; i++) {
		if (!model_applies(model, i, stack)) {
			continue;
		}
		if (input->rules[i].forbid) {
			return MODEL_NO_SCORE;
		}
		score += input->rules[i].score;
	}
	for (size_t i = 0; i < input->n_tables; i++) {
		const struct model_input_table *table = &input->tables[i];
		uint16_t a = version_in(model, stack, table->a);
		uint16_t b = version_in(model, stack, table->b);
		if (a != MODEL_ABSENT && b != MODEL_ABSENT) {
			score += table->scores[(size_t)a * input->packages[table->b].n + b];
		}
	}
	return score;
}
