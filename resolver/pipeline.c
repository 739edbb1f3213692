#include <math.h>
#include "resolver/pipeline_made.h"
#include "common/banned.h"

enum { MILLI = 1000 };

/* What a term of a clause asks of a candidate: one of these fits. */
struct wanted {
	const struct presc_ways *ways;
	const struct presc_package *packages;
	size_t n;
};

static bool wanted_fits(const void *what, const struct presc_tuple *candidate)
{
	const struct wanted *wanted = what;
	for (size_t i = 0; i < wanted->n; i++) {
		if (presc_package_matches(&wanted->packages[i], candidate, false, wanted->ways)) {
			return true;
		}
	}
	return false;
}

/* ---- words ------------------------------------------------------------------------------------ */

struct str pipeline_words(const struct presc_unit *unit, struct arena *arena)
{
	const struct presc_message *first = unit->n_stack_info > 0      ? unit->stack_info
					    : unit->n_justification > 0 ? unit->justification
									: NULL;
	struct str says = unit->not_acceptable.n > 0 ? unit->not_acceptable
			  : unit->eager_stop.n > 0   ? unit->eager_stop
			  : first != NULL            ? first->message
						     : S("");
	struct str link = first != NULL ? first->link : S("");
	struct str text = says.n > 0 ? arena_printf(arena, ": " STR_FMT, STR_ARG(says)) : S("");
	return link.n > 0
		       ? arena_printf(arena, STR_FMT " (" STR_FMT ")", STR_ARG(text), STR_ARG(link))
		       : text;
}

/* ---- taking units in ---------------------------------------------------------------------------- */

static void take_unit(struct pipeline *pipeline, const struct presc_table *table, uint32_t index)
{
	struct pipeline_unit taken = {.table = table, .index = index};
	if (!presc_unit_read(table, index, pipeline->arena, &taken.unit)) {
		return;
	}
	struct str words = pipeline_words(&taken.unit, pipeline->arena);
	*vec_push(pipeline->arena, &pipeline->why) =
		arena_printf(pipeline->arena, "is held back by the rule " STR_FMT STR_FMT,
			STR_ARG(taken.unit.name), STR_ARG(words));
	*vec_push(pipeline->arena, &pipeline->units) = taken;
}

static void note_index(struct pipeline *pipeline, const struct presc_package *package)
{
	pipeline->out.needs_index |= package->index.n > 0;
}

/* ---- boots ------------------------------------------------------------------------------------ */

static bool is_direct(const struct resolver_requirement *requirements, size_t n,
	const struct environment *environment, struct str name)
{
	for (size_t i = 0; i < n; i++) {
		const struct requirement *r = &requirements[i].requirement;
		if (!requirements[i].constraint && str_eq(r->name, name) &&
			marker_evaluate(r->marker, environment, NULL, 0) == MARKER_TRUE) {
			return true;
		}
	}
	return false;
}

static void add_boot(struct pipeline *pipeline, uint32_t id, const struct environment *environment,
	const struct resolver_requirement *requirements, size_t n)
{
	struct pipeline_unit *boot = &pipeline->units.p[id];
	for (size_t i = 0; i < boot->unit.n_instances && !boot->applies; i++) {
		struct str name = boot->unit.instances[i].package.name;
		boot->applies = name.n == 0 || is_direct(requirements, n, environment, name);
	}
	bool stops = boot->unit.not_acceptable.n > 0 || boot->unit.eager_stop.n > 0;
	if (boot->applies && stops && pipeline->stop.n == 0) {
		struct str words = pipeline_words(&boot->unit, pipeline->arena);
		pipeline->stop = arena_printf(pipeline->arena, "the rule " STR_FMT STR_FMT,
			STR_ARG(boot->unit.name), STR_ARG(words));
	}
}

/* ---- sieves and skips ---------------------------------------------------------------------------- */

static void add_sieve(struct pipeline *pipeline, uint32_t id)
{
	const struct presc_unit *unit = &pipeline->units.p[id].unit;
	for (size_t i = 0; i < unit->n_instances; i++) {
		const struct presc_package *wanted = &unit->instances[i].package;
		size_t at = pipeline->sieves.n;
		(void)vec_push(pipeline->arena, &pipeline->sieves);
		struct pipeline_sieve *sieves = pipeline->sieves.p;
		while (at > 0 && str_cmp(sieves[at - 1].name, wanted->name) > 0) {
			sieves[at] = sieves[at - 1];
			at--;
		}
		sieves[at] = (struct pipeline_sieve){wanted->name, id, wanted};
		note_index(pipeline, wanted);
	}
}

/* The first sieve about a name; sieves.n: there is none. */
static size_t first_sieve(const struct pipeline *pipeline, struct str name)
{
	size_t low = 0;
	size_t high = pipeline->sieves.n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (str_cmp(pipeline->sieves.p[middle].name, name) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	bool found = low < pipeline->sieves.n && str_eq(pipeline->sieves.p[low].name, name);
	return found ? low : pipeline->sieves.n;
}

static bool has_sieves(void *data, struct str name)
{
	const struct pipeline *pipeline = data;
	return first_sieve(pipeline, S("")) < pipeline->sieves.n ||
	       first_sieve(pipeline, name) < pipeline->sieves.n ||
	       (pipeline->observed != NULL && observed_has_sieves(pipeline->observed, name));
}

static bool is_sieved_by(const struct pipeline *pipeline, struct str name,
	const struct presc_tuple *candidate, struct str *ret_why)
{
	for (size_t i = first_sieve(pipeline, name);
		i < pipeline->sieves.n && str_eq(pipeline->sieves.p[i].name, name); i++) {
		const struct pipeline_sieve *sieve = &pipeline->sieves.p[i];
		if (presc_package_matches(sieve->wanted, candidate, true, &pipeline->ways)) {
			*ret_why = pipeline->why.p[sieve->unit];
			return true;
		}
	}
	return false;
}

static bool is_sieved(void *data, const struct presc_tuple *candidate, struct str *ret_why)
{
	const struct pipeline *pipeline = data;
	return is_sieved_by(pipeline, candidate->name, candidate, ret_why) ||
	       is_sieved_by(pipeline, S(""), candidate, ret_why) ||
	       (pipeline->observed != NULL &&
		       observed_is_sieved(pipeline->observed, candidate, ret_why));
}

static void add_skip_package(struct pipeline *pipeline, uint32_t id)
{
	const struct presc_unit *unit = &pipeline->units.p[id].unit;
	for (size_t i = 0; i < unit->n_instances; i++) {
		*vec_push(pipeline->arena, &pipeline->skips) =
			(struct pipeline_skip){unit->instances[i].package.name, id, NULL};
	}
}

/* As far as a requirement can be judged by who has it and whom it names. */
static void add_skip_step(struct pipeline *pipeline, uint32_t id)
{
	const struct presc_unit *unit = &pipeline->units.p[id].unit;
	for (size_t i = 0; i < unit->n_instances; i++) {
		const struct presc_instance *instance = &unit->instances[i];
		const struct presc_package *package = &instance->package;
		bool plain = package->name.n > 0 && !package->has_version &&
			     package->index.n == 0 && package->develop < 0;
		if (!plain || instance->n_resolved > 0 || instance->n_from > 1) {
			continue;
		}
		const struct presc_package *from = instance->n_from == 1 ? instance->from : NULL;
		*vec_push(pipeline->arena, &pipeline->skips) =
			(struct pipeline_skip){package->name, id, from};
		if (from != NULL) {
			note_index(pipeline, from);
		}
	}
}

static void remember_skipped(
	struct pipeline *pipeline, const struct presc_tuple *from, const struct pipeline_skip *skip)
{
	for (size_t i = 0; i < pipeline->skipped.n; i++) {
		const struct pipeline_skipped *known = &pipeline->skipped.p[i];
		if (known->unit == skip->unit && str_eq(known->from, from->name) &&
			str_eq(known->version, from->version) && str_eq(known->name, skip->name)) {
			return;
		}
	}
	*vec_push(pipeline->arena, &pipeline->skipped) =
		(struct pipeline_skipped){arena_str(pipeline->arena, from->name),
			arena_str(pipeline->arena, from->version), skip->name, skip->unit};
}

static bool is_skipped(void *data, const struct presc_tuple *from, struct str name)
{
	struct pipeline *pipeline = data;
	for (size_t i = 0; i < pipeline->skips.n; i++) {
		const struct pipeline_skip *skip = &pipeline->skips.p[i];
		bool fits = str_eq(skip->name, name) &&
			    (skip->from == NULL ||
				    (from->name.n > 0 && presc_package_matches(skip->from, from,
								 false, &pipeline->ways)));
		if (fits) {
			remember_skipped(pipeline, from, skip);
			return true;
		}
	}
	return false;
}

/* ---- clauses ---------------------------------------------------------------------------------- */

static struct unit_term make_term(
	struct pipeline *pipeline, const struct presc_package *packages, size_t n)
{
	struct unit_term term = {.name = packages[0].name};
	bool asks = false;
	for (size_t i = 0; i < n; i++) {
		note_index(pipeline, &packages[i]);
		asks = asks || packages[i].has_version || packages[i].index.n > 0 ||
		       packages[i].develop >= 0;
	}
	if (asks) {
		struct wanted *wanted = arena_new(pipeline->arena, struct wanted);
		*wanted = (struct wanted){&pipeline->ways, packages, n};
		term.fits = wanted_fits;
		term.what = wanted;
	}
	return term;
}

static int32_t score_of(const struct presc_unit *unit)
{
	double score = unit->score < -1.0 ? -1.0 : unit->score > 1.0 ? 1.0 : unit->score;
	return unit->has_score && isfinite(unit->score) ? (int32_t)lround(score * MILLI) : 0;
}

/* A clause that neither forbids nor scores is only told, by pipeline_tell(). */
static void add_clause(
	struct pipeline *pipeline, uint32_t id, const struct unit_term *terms, size_t n)
{
	const struct presc_unit *unit = &pipeline->units.p[id].unit;
	struct unit_clause clause = {.unit = id,
		.terms = terms,
		.n = (uint32_t)n,
		.forbid = unit->not_acceptable.n > 0,
		.score = unit->not_acceptable.n > 0 ? 0 : score_of(unit)};
	if (clause.forbid || clause.score != 0) {
		*vec_push(pipeline->arena, &pipeline->clauses) = clause;
	}
}

/* The package of a step, what must be there besides, and who must require it. */
static void add_conditional(
	struct pipeline *pipeline, uint32_t id, const struct presc_instance *instance)
{
	size_t n = 1 + instance->n_resolved + instance->n_from;
	struct unit_term *terms = arena_array(pipeline->arena, struct unit_term, n);
	terms[0] = make_term(pipeline, &instance->package, 1);
	for (size_t i = 0; i < instance->n_resolved; i++) {
		terms[1 + i] = make_term(pipeline, &instance->resolved[i], 1);
	}
	for (size_t i = 0; i < instance->n_from; i++) {
		terms[1 + instance->n_resolved + i] = make_term(pipeline, &instance->from[i], 1);
	}
	if (instance->n_from > 0) { /* of several, one is heeded: no rule known has more */
		terms[0].from = (uint32_t)(instance->n_resolved + 2);
		terms[0].from_alone = !instance->allow_other && instance->n_from == 1;
	}
	add_clause(pipeline, id, terms, n);
}

static bool is_plain(const struct presc_instance *instance)
{
	return instance->n_resolved == 0 && instance->n_from == 0;
}

/* Alternatives about one package alone are one term: a version that fits two of them scores once. */
static void add_alternatives(struct pipeline *pipeline, uint32_t id, size_t first)
{
	const struct presc_unit *unit = &pipeline->units.p[id].unit;
	struct presc_package *packages =
		arena_array(pipeline->arena, struct presc_package, unit->n_instances);
	size_t n = 0;
	for (size_t i = 0; i < unit->n_instances; i++) {
		const struct presc_instance *instance = &unit->instances[i];
		bool same = is_plain(instance) &&
			    str_eq(instance->package.name, unit->instances[first].package.name);
		if (same && i < first) {
			return; /* they are in */
		}
		if (same) {
			packages[n++] = instance->package;
		}
	}
	struct unit_term *term = arena_new(pipeline->arena, struct unit_term);
	*term = make_term(pipeline, packages, n);
	add_clause(pipeline, id, term, 1);
}

static void add_step(struct pipeline *pipeline, uint32_t id)
{
	const struct presc_unit *unit = &pipeline->units.p[id].unit;
	uint32_t told = UINT32_MAX;
	for (size_t i = 0; i < unit->n_instances; i++) {
		const struct presc_instance *instance = &unit->instances[i];
		if (unit->type == PRESC_STEP_GROUP) {
			/* each member of a group is an instance: they say the same */
			if (instance->alternative != told) {
				add_conditional(pipeline, id, instance);
			}
			told = instance->alternative;
		} else if (is_plain(instance)) {
			add_alternatives(pipeline, id, i);
		} else {
			add_conditional(pipeline, id, instance);
		}
	}
}

static void add_stride(struct pipeline *pipeline, uint32_t id)
{
	const struct presc_unit *unit = &pipeline->units.p[id].unit;
	for (size_t i = 0; i < unit->n_instances; i++) {
		const struct presc_instance *instance = &unit->instances[i];
		struct unit_term *terms =
			arena_array(pipeline->arena, struct unit_term, instance->n_resolved);
		for (size_t k = 0; k < instance->n_resolved; k++) {
			terms[k] = make_term(pipeline, &instance->resolved[k], 1);
		}
		add_clause(pipeline, id, terms, instance->n_resolved);
	}
}

static void add_unit(struct pipeline *pipeline, uint32_t id)
{
	switch (pipeline->units.p[id].unit.type) {
	case PRESC_SIEVE:
		add_sieve(pipeline, id);
		break;
	case PRESC_SIEVE_SKIP_PACKAGE:
		add_skip_package(pipeline, id);
		break;
	case PRESC_STEP:
	case PRESC_STEP_GROUP:
		add_step(pipeline, id);
		break;
	case PRESC_STEP_SKIP_PACKAGE:
		add_skip_step(pipeline, id);
		break;
	case PRESC_STRIDE:
		add_stride(pipeline, id);
		break;
	case PRESC_BOOT:
	case PRESC_PSEUDONYM:
	case PRESC_STEP_ADD_PACKAGE:
	case PRESC_WRAP:
	case PRESC_WRAP_RELEASE_NOTES:
		break;
	}
}

/* ---- the whole ---------------------------------------------------------------------------------- */

/* Units that are in when the machine has what they ask for, and are not when it has not. */
static void find_unsure(struct pipeline *pipeline, struct presc_context *context)
{
	const struct presc_set *set = pipeline->rules->set;
	AUTO(arena_done) struct arena scratch = {0};
	struct presc_inclusion *most = arena_array(&scratch, struct presc_inclusion, set->n);
	context->machine_is = PRESC_MACHINE_ALWAYS;
	presc_set_include(set, context, &scratch, most);
	pipeline->unsure = arena_array(pipeline->arena, bool *, set->n);
	for (size_t s = 0; s < set->n; s++) {
		uint32_t n = table_count(&set->sources[s].table, TABLE_UNITS);
		pipeline->unsure[s] = arena_array(pipeline->arena, bool, n);
		for (int section = 0; section < PRESC_SECTIONS; section++) {
			for (size_t i = 0; i < most[s].n[section]; i++) {
				pipeline->unsure[s][most[s].units[section][i]] = true;
			}
			const struct presc_inclusion *in = &pipeline->included[s];
			for (size_t i = 0; i < in->n[section]; i++) {
				pipeline->unsure[s][in->units[section][i]] = false;
			}
		}
	}
}

static void include(struct pipeline *pipeline, const struct environment *environment, bool look)
{
	const struct pipeline_rules *rules = pipeline->rules;
	struct presc_context context = rules->context;
	bool unknown = rules->fill_machine != NULL && !look;
	if (rules->fill_machine != NULL && look) {
		rules->fill_machine(rules->data, environment, pipeline->arena, &context.machine);
	} else {
		context.machine.python_version = environment->python_version;
		context.machine.platform = arena_printf(pipeline->arena, STR_FMT "-" STR_FMT,
			STR_ARG(environment->platform), STR_ARG(environment->arch));
	}
	context.machine_is = unknown ? PRESC_MACHINE_NEVER : PRESC_MACHINE_KNOWN;
	pipeline->included = arena_array(pipeline->arena, struct presc_inclusion, rules->set->n);
	presc_set_include(rules->set, &context, pipeline->arena, pipeline->included);
	if (unknown) {
		find_unsure(pipeline, &context);
	}
}

bool pipeline_wants_machine(const struct pipeline *pipeline, struct str name)
{
	const struct presc_set *set = pipeline->rules->set;
	for (size_t s = 0; pipeline->unsure != NULL && s < set->n; s++) {
		const struct presc_table *table = &set->sources[s].table;
		const struct table_name *entry = table_name_find(table, name);
		for (uint32_t i = 0; entry != NULL && i < entry->n; i++) {
			uint32_t unit = table->postings[entry->first + i];
			if (unit < table_count(table, TABLE_UNITS) && pipeline->unsure[s][unit]) {
				return true;
			}
		}
	}
	return false;
}

/* The included units of one section of a source. */
static void take_section(struct pipeline *pipeline, size_t source, enum presc_section section)
{
	const struct presc_table *table = &pipeline->rules->set->sources[source].table;
	const struct presc_inclusion *in = &pipeline->included[source];
	for (size_t i = 0; i < in->n[section]; i++) {
		take_unit(pipeline, table, in->units[section][i]);
	}
}

static bool has_observed_sieves(const struct pipeline *pipeline)
{
	return pipeline->observed != NULL &&
	       pipeline->rules->observed->recommendation == PRESC_SECURITY;
}

/* Advisories beside the rules. Their clauses have the number after the last unit. */
static void add_observed(struct pipeline *pipeline)
{
	size_t n;
	if (pipeline->rules->observed == NULL) {
		return;
	}
	pipeline->observed = observed_new(pipeline->rules->observed, pipeline->arena);
	const struct unit_clause *clauses =
		observed_clauses(pipeline->observed, (uint32_t)pipeline->units.n, &n);
	for (size_t i = 0; i < n; i++) {
		*vec_push(pipeline->arena, &pipeline->clauses) = clauses[i];
	}
}

struct pipeline *pipeline_new(const struct pipeline_rules *rules, const struct index *index,
	const struct environment *environment, const struct resolver_requirement *requirements,
	size_t n_requirements, bool look, struct arena *arena)
{
	struct pipeline *pipeline = arena_new(arena, struct pipeline);
	*pipeline = (struct pipeline){.arena = arena, .rules = rules};
	pipeline->ways = (struct presc_ways){.default_index = index_source_url(index, 0),
		.canonical = rules->canonical,
		.literal = rules->context.literal};
	include(pipeline, environment, look);
	for (int section = 0; section < PRESC_WRAPS; section++) {
		for (size_t s = 0; s < rules->set->n; s++) {
			take_section(pipeline, s, (enum presc_section)section);
		}
	}
	for (uint32_t id = 0; id < pipeline->units.n; id++) {
		if (pipeline->units.p[id].unit.type == PRESC_BOOT) {
			add_boot(pipeline, id, environment, requirements, n_requirements);
		} else {
			add_unit(pipeline, id);
		}
	}
	add_observed(pipeline);
	struct units *out = &pipeline->out;
	out->clauses = pipeline->clauses.p;
	out->n_clauses = pipeline->clauses.n;
	out->is_sieved = pipeline->sieves.n > 0 || has_observed_sieves(pipeline) ? is_sieved : NULL;
	out->has_sieves = has_sieves;
	out->is_skipped = pipeline->skips.n > 0 ? is_skipped : NULL;
	out->data = pipeline;
	out->why = pipeline->why.p;
	out->n_why = pipeline->why.n;
	return pipeline;
}

const struct units *pipeline_units(const struct pipeline *pipeline)
{
	bool any = pipeline->clauses.n > 0 || pipeline->sieves.n > 0 || pipeline->skips.n > 0 ||
		   has_observed_sieves(pipeline);
	return any ? &pipeline->out : NULL;
}

struct str pipeline_unit_name(const struct pipeline *pipeline, uint32_t unit)
{
	bool known = pipeline != NULL && unit < pipeline->units.n;
	bool observed = pipeline != NULL && pipeline->observed != NULL && unit == pipeline->units.n;
	return known ? pipeline->units.p[unit].unit.name : observed ? S("advisories") : S("");
}

struct str pipeline_stop(const struct pipeline *pipeline)
{
	return pipeline->stop;
}
