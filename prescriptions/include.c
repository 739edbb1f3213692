#include "prescriptions/include.h"
#include "common/intern.h"
#include "common/vec.h"
#include "common/banned.h"

static const struct str recommendations[] = {STR_INIT("latest"), STR_INIT("stable"),
	STR_INIT("testing"), STR_INIT("performance"), STR_INIT("security")};
static const struct str decisions[] = {STR_INIT("all"), STR_INIT("random")};

bool presc_recommendation_find(struct str name, enum presc_recommendation *ret)
{
	for (int i = 0; i <= PRESC_SECURITY; i++) {
		if (str_eq(recommendations[i], name)) {
			*ret = (enum presc_recommendation)i;
			return true;
		}
	}
	return false;
}

bool presc_decision_find(struct str name, enum presc_decision *ret)
{
	for (int i = 0; i <= PRESC_RANDOM; i++) {
		if (str_eq(decisions[i], name)) {
			*ret = (enum presc_decision)i;
			return true;
		}
	}
	return false;
}

struct str presc_recommendation_name(enum presc_recommendation recommendation)
{
	return recommendations[recommendation];
}

struct str presc_decision_name(enum presc_decision decision)
{
	return decisions[decision];
}

/* ---- one condition ---------------------------------------------------------------------------- */

/* Any of the labels listed is enough. */
static bool labels_hold(const struct presc_table *table, const struct table_node *node,
	const struct presc_context *context)
{
	size_t n;
	const struct table_node *wanted = table_items(table, node, &n);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < context->n_labels; k++) {
			if (str_eq(context->labels[k].key, table_key(table, &wanted[i])) &&
				str_eq(context->labels[k].value, table_text(table, &wanted[i]))) {
				return true;
			}
		}
	}
	return n == 0;
}

bool presc_symbol_fits(struct str wanted, struct str used, bool literal)
{
	bool below = str_ends(wanted, S(".*"));
	struct str root = below ? str_slice(wanted, 0, wanted.n - 2) : wanted;
	if (literal) {
		return below ? str_starts(used, root) : str_eq(root, used);
	}
	return str_starts(used, root) && (used.n == root.n || used.p[root.n] == '.');
}

static bool symbol_used(struct str wanted, const struct presc_usage *usage, bool literal)
{
	/* the original looks at the first one alone */
	size_t n = literal && usage->n > 1 ? 1 : usage->n;
	for (size_t i = 0; i < n; i++) {
		if (presc_symbol_fits(wanted, usage->symbols[i], literal)) {
			return true;
		}
	}
	return false;
}

static bool library_used(const struct presc_table *table, const struct table_node *wanted,
	const struct presc_context *context)
{
	size_t n;
	const struct table_node *symbols = table_items(table, wanted, &n);
	for (size_t i = 0; i < context->n_usage; i++) {
		if (!str_eq(context->usage[i].library, table_key(table, wanted))) {
			continue;
		}
		for (size_t k = 0; k < n; k++) {
			if (!symbol_used(table_text(table, &symbols[k]), &context->usage[i],
				    context->literal)) {
				return false;
			}
		}
		return true;
	}
	return false;
}

static bool usage_holds(const struct presc_table *table, const struct table_node *node,
	const struct presc_context *context)
{
	size_t n;
	const struct table_node *libraries = table_items(table, node, &n);
	for (size_t i = 0; i < n; i++) {
		if (!library_used(table, &libraries[i], context)) {
			return false;
		}
	}
	return true;
}

const struct str *presc_unit_uses(
	const struct presc_table *table, uint32_t unit, struct arena *arena, size_t *ret_n)
{
	VEC(struct str) wanted = {0};
	uint32_t condition = unit < table_count(table, TABLE_UNITS) ? table->units[unit].condition
								    : TABLE_NO_INDEX;
	const struct table_node *node =
		condition < table_count(table, TABLE_CONDITIONS)
			? table_node(table, table->conditions[condition].node)
			: NULL;
	size_t n;
	const struct table_node *libraries =
		table_items(table, table_get(table, node, KEY_library_usage), &n);
	for (size_t i = 0; i < n; i++) {
		size_t n_symbols;
		const struct table_node *symbols = table_items(table, &libraries[i], &n_symbols);
		for (size_t k = 0; k < n_symbols; k++) {
			*vec_push(arena, &wanted) = table_text(table, &symbols[k]);
		}
	}
	*ret_n = wanted.n;
	return wanted.p;
}

/* The bits that must be set in the flags of a condition. */
static uint32_t wanted_flags(const struct presc_context *context)
{
	return context->is_monkey
		       ? TABLE_MONKEY | TABLE_DECISION_0 << context->decision
		       : TABLE_ADVISER | TABLE_RECOMMENDATION_0 << context->recommendation;
}

/* Does it ask for more than Python and platform? */
static bool asks_machine(const struct presc_table *table, const struct table_node *runtime)
{
	size_t n;
	const struct table_node *items = table_items(table, runtime, &n);
	for (size_t i = 0; i < n; i++) {
		struct str key = table_key(table, &items[i]);
		if (!str_eq(key, S("python_version")) && !str_eq(key, S("platforms"))) {
			return true;
		}
	}
	return false;
}

static bool machine_holds(const struct presc_table *table, const struct table_node *runtime,
	const struct presc_context *context, struct runtime_memo *memo)
{
	if (context->machine_is != PRESC_MACHINE_KNOWN && asks_machine(table, runtime)) {
		return context->machine_is == PRESC_MACHINE_ALWAYS;
	}
	return presc_runtime_holds(table, runtime, &context->machine, context->literal, memo);
}

/* Everything but dependencies. */
static bool holds(const struct presc_table *table, const struct table_condition *condition,
	const struct presc_context *context, uint32_t wanted, struct runtime_memo *memo)
{
	if ((condition->flags & wanted) != wanted || (condition->flags & TABLE_OFF) != 0) {
		return false;
	}
	if ((condition->flags & TABLE_MORE) == 0) {
		return true;
	}
	const struct table_node *node = table_node(table, condition->node);
	const struct table_node *authenticated = table_get(table, node, KEY_authenticated);
	return (authenticated == NULL || table_truth(authenticated) == context->authenticated) &&
	       labels_hold(table, table_get(table, node, KEY_labels), context) &&
	       usage_holds(table, table_get(table, node, KEY_library_usage), context) &&
	       machine_holds(
		       table, table_get(table, node, KEY_runtime_environments), context, memo);
}

/* ---- units that wait for others --------------------------------------------------------------- */

/* Names that some unit waits for, by section, and whether they are in. */
struct waited {
	struct intern names[PRESC_SECTIONS];
	bool *is_in[PRESC_SECTIONS]; /* is_in[section][name] */
	bool any;
};

static void waited_done(struct waited *waited)
{
	for (int i = 0; i < PRESC_SECTIONS; i++) {
		intern_done(&waited->names[i]);
	}
}

static const enum presc_key section_keys[PRESC_SECTIONS] = {
	KEY_boots, KEY_pseudonyms, KEY_sieves, KEY_steps, KEY_strides, KEY_wraps};

static void gather_waited(const struct presc_table *table, const struct presc_context *context,
	struct arena *arena, struct waited *ret)
{
	for (uint32_t i = 0; i < table_count(table, TABLE_CONDITIONS); i++) {
		if ((table->conditions[i].flags & TABLE_DEPENDS) == 0) {
			continue;
		}
		const struct table_node *dependencies = table_get(
			table, table_node(table, table->conditions[i].node), KEY_dependencies);
		ret->any = true;
		for (int section = 0; section < PRESC_SECTIONS; section++) {
			size_t n;
			const struct table_node *names = table_items(
				table, table_get(table, dependencies, section_keys[section]), &n);
			for (size_t k = 0; k < n; k++) {
				(void)intern_id(&ret->names[section], table_text(table, &names[k]));
			}
		}
	}
	for (int section = 0; section < PRESC_SECTIONS; section++) {
		ret->is_in[section] = arena_array(arena, bool, ret->names[section].n);
		for (size_t i = 0; i < context->included[section].n; i++) {
			uint32_t id = intern_find(
				&ret->names[section], context->included[section].names[i]);
			if (id != INTERN_NONE) {
				ret->is_in[section][id] = true;
			}
		}
	}
}

static bool dependencies_hold(const struct presc_table *table,
	const struct table_condition *condition, const struct waited *waited)
{
	const struct table_node *dependencies =
		table_get(table, table_node(table, condition->node), KEY_dependencies);
	for (int section = 0; section < PRESC_SECTIONS; section++) {
		size_t n;
		const struct table_node *names = table_items(
			table, table_get(table, dependencies, section_keys[section]), &n);
		for (size_t i = 0; i < n; i++) {
			uint32_t id =
				intern_find(&waited->names[section], table_text(table, &names[i]));
			if (id == INTERN_NONE || !waited->is_in[section][id]) {
				return false;
			}
		}
	}
	return true;
}

static void tell_waiting(struct waited *waited, int section, struct str name)
{
	uint32_t id = waited->any ? intern_find(&waited->names[section], name) : INTERN_NONE;
	if (id != INTERN_NONE) {
		waited->is_in[section][id] = true;
	}
}

/* ---- all units -------------------------------------------------------------------------------- */

struct pass {
	const struct presc_table *table;
	const struct presc_context *context;
	const bool *verdicts; /* of conditions */
	struct waited waited;
	struct intern blocked;
	bool *is_in; /* of units; NULL while nobody waits */
	struct presc_inclusion *into;
};

/* Release notes come in whatever their condition says, in the original. */
static bool is_taken(const struct pass *pass, uint32_t index)
{
	const struct table_unit *unit = &pass->table->units[index];
	if (pass->context->hidden != NULL && pass->context->hidden[index]) {
		return false;
	}
	if (unit->condition >= table_count(pass->table, TABLE_CONDITIONS)) {
		return false;
	}
	const struct table_condition *condition = &pass->table->conditions[unit->condition];
	if (!pass->verdicts[unit->condition] &&
		!(pass->context->literal && unit->type == PRESC_WRAP_RELEASE_NOTES)) {
		return false;
	}
	if ((condition->flags & TABLE_DEPENDS) != 0 &&
		!dependencies_hold(pass->table, condition, &pass->waited)) {
		return false;
	}
	return pass->blocked.n == 0 ||
	       intern_find(&pass->blocked, table_str(pass->table, unit->name)) == INTERN_NONE;
}

/* One look at every unit that is not in yet. True: something came in. */
static bool run_pass(struct pass *pass)
{
	const struct table_header *header = pass->table->header;
	bool more = false;
	for (int section = 0; section < PRESC_SECTIONS; section++) {
		for (uint32_t i = header->section_first[section];
			i < header->section_first[section + 1]; i++) {
			if ((pass->is_in != NULL && pass->is_in[i]) || !is_taken(pass, i)) {
				continue;
			}
			pass->into->units[section][pass->into->n[section]++] = i;
			if (pass->is_in != NULL) {
				pass->is_in[i] = true;
				tell_waiting(&pass->waited, section,
					table_str(pass->table, pass->table->units[i].name));
			}
			more = true;
		}
	}
	return more;
}

void presc_include(const struct presc_table *table, const struct presc_context *context,
	struct arena *arena, struct presc_inclusion *ret)
{
	struct presc_inclusion inclusion = {0};
	struct pass pass = {.table = table, .context = context, .into = &inclusion};
	uint32_t n_conditions = table_count(table, TABLE_CONDITIONS);
	uint32_t wanted = wanted_flags(context);
	bool *verdicts = arena_array(arena, bool, n_conditions);
	struct runtime_memo *memo = arena_new(arena, struct runtime_memo);
	for (uint32_t i = 0; i < n_conditions; i++) {
		verdicts[i] = holds(table, &table->conditions[i], context, wanted, memo);
	}
	pass.verdicts = verdicts;
	gather_waited(table, context, arena, &pass.waited);
	for (size_t i = 0; i < context->n_blocked; i++) {
		(void)intern_id(&pass.blocked, context->blocked[i]);
	}
	for (int i = 0; table->header != NULL && i < PRESC_SECTIONS; i++) {
		inclusion.units[i] = arena_array(arena, uint32_t,
			table->header->section_first[i + 1] - table->header->section_first[i]);
	}
	if (pass.waited.any) {
		pass.is_in = arena_array(arena, bool, table_count(table, TABLE_UNITS));
	}
	while (table->header != NULL && run_pass(&pass) && pass.waited.any) {
	}
	waited_done(&pass.waited);
	intern_done(&pass.blocked);
	*ret = inclusion;
}
