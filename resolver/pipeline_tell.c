#include "resolver/pipeline_made.h"
#include "common/banned.h"

/* One answer, as rules see it, and what is said about it so far. */
struct telling {
	struct pipeline *pipeline;
	const struct resolver_choice *choices;
	size_t n;
	struct presc_stack stack; /* tuples[n], beside choices */
	struct arena *arena;
	pipeline_messages *messages;
	struct arena *scratch;
};

/* A unit that has something to say, about a package of the stack or none. */
struct speaker {
	const struct presc_unit *unit;
	const struct presc_table *table;
	uint32_t index;
	struct str package, version;
};

/* ---- where the code uses what a rule is about ---------------------------------------------------- */

static bool is_earlier(const struct origin *a, const struct origin *b)
{
	return a->cell < b->cell || (a->cell == b->cell && a->line < b->line);
}

/* The first use that a unit asks for, and how many there are. */
static size_t find_use(
	const struct telling *telling, const struct speaker *speaker, struct origin *ret_origin)
{
	const struct pipeline_rules *rules = telling->pipeline->rules;
	size_t n, found = 0;
	const struct str *wanted =
		presc_unit_uses(speaker->table, speaker->index, telling->scratch, &n);
	for (size_t i = 0; i < rules->n_usages && n > 0; i++) {
		const struct usage *usage = &rules->usages[i];
		bool fits = false;
		for (size_t k = 0; k < n && !fits && !usage->possible; k++) {
			fits = presc_symbol_fits(wanted[k], usage->symbol, rules->context.literal);
		}
		if (fits && (found++ == 0 || is_earlier(&usage->origin, ret_origin))) {
			*ret_origin = usage->origin;
		}
	}
	return found;
}

/* ---- saying ------------------------------------------------------------------------------------- */

static const struct resolver_choice *find_choice(const struct telling *telling, struct str name)
{
	size_t low = 0;
	size_t high = telling->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = str_cmp(telling->choices[middle].package.name, name);
		if (order == 0) {
			return &telling->choices[middle];
		}
		low = order < 0 ? middle + 1 : low;
		high = order < 0 ? high : middle;
	}
	return NULL;
}

static bool is_said(const struct telling *telling, const struct lock_message *made)
{
	for (size_t i = 0; i < telling->messages->n; i++) {
		const struct lock_message *said = &telling->messages->p[i];
		if (str_eq(said->unit, made->unit) && str_eq(said->message, made->message) &&
			str_eq(said->package, made->package)) {
			return true;
		}
	}
	return false;
}

static void say(
	struct telling *telling, const struct speaker *speaker, const struct presc_message *message)
{
	struct arena *arena = telling->arena;
	struct origin origin = {0};
	size_t uses = find_use(telling, speaker, &origin);
	struct str name = message->package_name.n > 0 ? message->package_name : speaker->package;
	const struct resolver_choice *choice = find_choice(telling, name);
	struct str version = str_eq(name, speaker->package) ? speaker->version
			     : choice != NULL               ? choice->package.version
							    : S("");
	struct lock_message made = {.type = arena_str(arena, message->type),
		.package = arena_str(arena, name),
		.version = arena_str(arena, version),
		.message = uses > 1 ? arena_printf(arena, STR_FMT " (%zu places)",
					      STR_ARG(message->message), uses)
				    : arena_str(arena, message->message),
		.link = arena_str(arena, message->link),
		.unit = arena_str(arena, speaker->unit->name),
		.origin = origin};
	if (!is_said(telling, &made)) {
		*vec_push(arena, telling->messages) = made;
	}
}

static void say_all(struct telling *telling, const struct speaker *speaker)
{
	const struct presc_unit *unit = speaker->unit;
	for (size_t i = 0; i < unit->n_stack_info; i++) {
		say(telling, speaker, &unit->stack_info[i]);
	}
	for (size_t i = 0; i < unit->n_justification; i++) {
		say(telling, speaker, &unit->justification[i]);
	}
}

static struct speaker speaker_of(
	const struct telling *telling, size_t id, struct str package, struct str version)
{
	const struct pipeline_unit *unit = &telling->pipeline->units.p[id];
	return (struct speaker){&unit->unit, unit->table, unit->index, package, version};
}

/* ---- boots, and what was kept out ---------------------------------------------------------------- */

static void tell_boots(struct telling *telling)
{
	const struct pipeline *pipeline = telling->pipeline;
	for (size_t i = 0; i < pipeline->units.n; i++) {
		const struct presc_unit *unit = &pipeline->units.p[i].unit;
		if (unit->type != PRESC_BOOT || !pipeline->units.p[i].applies) {
			continue;
		}
		struct str name = S("");
		for (size_t k = 0; k < unit->n_instances && name.n == 0; k++) {
			struct str wanted = unit->instances[k].package.name;
			name = find_choice(telling, wanted) != NULL ? wanted : S("");
		}
		const struct resolver_choice *choice = find_choice(telling, name);
		struct speaker speaker = speaker_of(
			telling, i, name, choice != NULL ? choice->package.version : S(""));
		say_all(telling, &speaker);
	}
}

/* A unit without words of its own that left something out is heard all the same. */
static void say_or_tell(struct telling *telling, const struct speaker *speaker, const char *what)
{
	if (speaker->unit->n_stack_info + speaker->unit->n_justification > 0) {
		say_all(telling, speaker);
		return;
	}
	struct str says = speaker->unit->not_acceptable;
	struct presc_message message = {.type = S("INFO"),
		.message = says.n > 0 ? says
				      : arena_printf(telling->scratch, STR_FMT " %s",
						STR_ARG(speaker->package), what)};
	say(telling, speaker, &message);
}

static void tell_rejections(struct telling *telling, const struct resolver_choice *choice)
{
	const struct pipeline *pipeline = telling->pipeline;
	for (size_t i = 0; i < choice->n_rejections; i++) {
		const struct resolver_rejection *rejection = &choice->rejections[i];
		struct str newest = rejection->newest_final.n > 0 ? rejection->newest_final
								  : rejection->version;
		for (size_t id = 0; id < pipeline->why.n; id++) {
			if (str_eq(pipeline->why.p[id], rejection->reason)) {
				struct speaker speaker =
					speaker_of(telling, id, choice->package.name, newest);
				say_or_tell(telling, &speaker, "is held back");
			}
		}
	}
}

static void tell_skipped(struct telling *telling)
{
	const struct pipeline *pipeline = telling->pipeline;
	for (size_t i = 0; i < pipeline->skipped.n; i++) {
		const struct pipeline_skipped *skipped = &pipeline->skipped.p[i];
		const struct resolver_choice *from = find_choice(telling, skipped->from);
		bool here = skipped->from.n == 0 ||
			    (from != NULL && str_eq(from->package.version, skipped->version));
		if (here) {
			struct speaker speaker =
				speaker_of(telling, skipped->unit, skipped->name, S(""));
			say_or_tell(telling, &speaker, "is left out");
		}
	}
}

/* ---- steps -------------------------------------------------------------------------------------- */

static struct presc_stack parents_of(
	const struct telling *telling, const struct resolver_choice *choice)
{
	struct presc_tuple *tuples =
		arena_array(telling->scratch, struct presc_tuple, choice->n_edges);
	size_t n = 0;
	for (size_t i = 0; i < choice->n_edges; i++) {
		const struct presc_tuple *from =
			presc_stack_find(&telling->stack, choice->edges[i].from);
		if (from != NULL) {
			tuples[n++] = *from;
		}
	}
	return (struct presc_stack){tuples, n};
}

static bool holds_for(
	const struct telling *telling, const struct presc_instance *instance, size_t at)
{
	struct presc_stack parents = {0};
	if (instance->n_from > 0) {
		parents = parents_of(telling, &telling->choices[at]);
	}
	return presc_step_matches(instance, &telling->stack.tuples[at], &telling->stack, &parents,
		&telling->pipeline->ways);
}

/* What a rule asks for and locks do not do: it is left to the person. "": it has what it asks for. */
static struct str undone(
	const struct telling *telling, const struct presc_unit *unit, struct str name)
{
	bool there = presc_stack_find(&telling->stack, unit->new_name) != NULL;
	struct str version = unit->new_version;
	switch (unit->type) {
	case PRESC_PSEUDONYM:
		return there ? S("")
			     : arena_printf(telling->scratch,
				       STR_FMT " may stand in for " STR_FMT "; it was not tried",
				       STR_ARG(unit->new_name), STR_ARG(name));
	case PRESC_STEP_ADD_PACKAGE:
		return there ? S("")
			     : arena_printf(telling->scratch,
				       STR_FMT " should have " STR_FMT "%s" STR_FMT
					       " beside it; add it to what you require",
				       STR_ARG(name), STR_ARG(unit->new_name),
				       version.n > 0 ? "==" : "", STR_ARG(version));
	case PRESC_STEP_SKIP_PACKAGE:
		return arena_printf(telling->scratch, STR_FMT " might be left out here; it was not",
			STR_ARG(name));
	case PRESC_BOOT:
	case PRESC_SIEVE:
	case PRESC_SIEVE_SKIP_PACKAGE:
	case PRESC_STEP:
	case PRESC_STEP_GROUP:
	case PRESC_STRIDE:
	case PRESC_WRAP:
	case PRESC_WRAP_RELEASE_NOTES:
		break;
	}
	return S("");
}

static void say_step(struct telling *telling, const struct speaker *speaker)
{
	const struct presc_unit *unit = speaker->unit;
	if (unit->type == PRESC_STEP || unit->type == PRESC_STEP_GROUP) {
		say_all(telling, speaker);
		return;
	}
	struct presc_message message = {.type = S("INFO"),
		.message = undone(telling, unit, speaker->package),
		.link = unit->n_stack_info > 0 ? unit->stack_info[0].link : S("")};
	if (message.message.n > 0) {
		say(telling, speaker, &message);
	}
}

/* Where a step holds, wherever that is: order-free, and of every stack. */
static void tell_step(struct telling *telling, size_t id)
{
	const struct presc_unit *unit = &telling->pipeline->units.p[id].unit;
	for (size_t i = 0; i < unit->n_instances; i++) {
		const struct presc_instance *instance = &unit->instances[i];
		struct str name = instance->package.name;
		for (size_t at = 0; at < telling->n; at++) {
			const struct presc_tuple *tuple = &telling->stack.tuples[at];
			bool named = name.n == 0 || str_eq(name, tuple->name);
			if (named && holds_for(telling, instance, at)) {
				struct speaker speaker =
					speaker_of(telling, id, tuple->name, tuple->version);
				say_step(telling, &speaker);
				return;
			}
		}
	}
}

/* ---- wraps -------------------------------------------------------------------------------------- */

static void tell_wrap(struct telling *telling, const struct presc_table *table, uint32_t index)
{
	struct presc_unit unit;
	if (!presc_unit_read(table, index, telling->scratch, &unit)) {
		return;
	}
	for (size_t i = 0; i < unit.n_instances; i++) {
		const struct presc_instance *instance = &unit.instances[i];
		if (!presc_stack_matches(instance, &telling->stack, &telling->pipeline->ways)) {
			continue;
		}
		struct str name = instance->n_resolved > 0 ? instance->resolved[0].name : S("");
		const struct presc_tuple *tuple = presc_stack_find(&telling->stack, name);
		struct speaker speaker = {
			&unit, table, index, name, tuple != NULL ? tuple->version : S("")};
		if (unit.type == PRESC_WRAP_RELEASE_NOTES && tuple != NULL) {
			struct presc_message notes =
				presc_release_notes(&unit, tuple, telling->scratch);
			say(telling, &speaker, &notes);
		}
		say_all(telling, &speaker);
		return;
	}
}

/* The wraps of one source that a name triggers, "" those of no package. waiting[unit]: not heard yet. */
static void tell_triggered(
	struct telling *telling, const struct presc_table *table, struct str name, bool *waiting)
{
	const struct table_name *entry = table_name_find(table, name);
	for (uint32_t i = 0; entry != NULL && i < entry->n; i++) {
		uint32_t unit = table->postings[entry->first + i];
		if (unit < table_count(table, TABLE_UNITS) && waiting[unit]) {
			waiting[unit] = false;
			tell_wrap(telling, table, unit);
		}
	}
}

static void tell_wraps(struct telling *telling)
{
	const struct pipeline *pipeline = telling->pipeline;
	const struct presc_set *set = pipeline->rules->set;
	for (size_t s = 0; s < set->n; s++) {
		const struct presc_table *table = &set->sources[s].table;
		const struct presc_inclusion *in = &pipeline->included[s];
		bool *waiting =
			arena_array(telling->scratch, bool, table_count(table, TABLE_UNITS));
		for (size_t i = 0; i < in->n[PRESC_WRAPS]; i++) {
			waiting[in->units[PRESC_WRAPS][i]] = true;
		}
		for (size_t i = 0; i < telling->n; i++) {
			tell_triggered(telling, table, telling->choices[i].package.name, waiting);
		}
		tell_triggered(telling, table, S(""), waiting);
	}
}

/* ---- advisories ---------------------------------------------------------------------------------- */

static void say_observed(void *data, const struct lock_message *message)
{
	struct telling *telling = data;
	if (!is_said(telling, message)) {
		*vec_push(telling->arena, telling->messages) = *message;
	}
}

static void tell_observed(struct telling *telling)
{
	struct observed *observed = telling->pipeline->observed;
	if (observed == NULL) {
		return;
	}
	observed_tell(
		observed, telling->choices, telling->n, telling->arena, say_observed, telling);
	if (observed_fault(observed).n > 0) {
		const struct lock_message fault = {.type = S("WARNING"),
			.message = arena_str(telling->arena, observed_fault(observed)),
			.unit = S("advisories")};
		say_observed(telling, &fault);
	}
}

/* ---- the whole ---------------------------------------------------------------------------------- */

static void fill_stack(struct telling *telling, const struct resolver_choice *choices, size_t n)
{
	struct presc_tuple *tuples = arena_array(telling->scratch, struct presc_tuple, n);
	for (size_t i = 0; i < n; i++) {
		tuples[i] = (struct presc_tuple){.name = choices[i].package.name,
			.version = choices[i].package.version,
			.index = choices[i].package.index_url};
	}
	telling->stack = (struct presc_stack){tuples, n};
}

void pipeline_tell(struct pipeline *pipeline, const struct resolver_choice *choices, size_t n,
	struct arena *arena, pipeline_messages *messages)
{
	AUTO(arena_done) struct arena scratch = {0};
	struct telling telling = {.pipeline = pipeline,
		.choices = choices,
		.n = n,
		.arena = arena,
		.messages = messages,
		.scratch = &scratch};
	fill_stack(&telling, choices, n);
	tell_boots(&telling);
	if (n == 0) {
		return;
	}
	tell_skipped(&telling);
	for (size_t i = 0; i < n; i++) {
		tell_rejections(&telling, &choices[i]);
	}
	for (size_t id = 0; id < pipeline->units.n; id++) {
		enum presc_section section = pipeline->units.p[id].unit.section;
		if (section == PRESC_STEPS || section == PRESC_PSEUDONYMS) {
			tell_step(&telling, id);
		}
	}
	tell_wraps(&telling);
	tell_observed(&telling);
}
