#include "cli/plumbing_prescription.h"
#include "common/vec.h"
#include "prescriptions/match.h"
#include "common/banned.h"

/*
 * One unit over a sequence of calls, as in one resolution: messages are said once, parents add up. What is
 * done with an answer is the resolver's business; here it becomes JSON.
 */

struct parents {
	struct presc_tuple of;
	VEC(struct presc_tuple) list;
};

struct run {
	struct arena *arena;
	const struct presc_table *table;
	struct presc_unit unit;
	struct presc_ways ways;
	struct presc_stack solved;
	const struct tree *indexes;
	VEC(struct parents) parents;
	bool said;
	struct buf *out;
};

/* ---- tuples ----------------------------------------------------------------------------------- */

static struct presc_tuple read_tuple(const struct tree *triple, bool develop)
{
	struct presc_tuple tuple = {.develop = develop};
	if (triple != NULL && triple->kind == TREE_ARRAY && triple->n == 3) {
		tuple.name = triple->items[0].text;
		tuple.version = triple->items[1].text;
		tuple.index = triple->items[2].text;
	}
	return tuple;
}

static bool is_true(const struct tree *map, struct str key)
{
	const struct tree *value = tree_get(map, key);
	return value != NULL && value->truth;
}

static struct presc_stack read_stack(
	struct arena *arena, const struct tree *list, const struct tree *develop)
{
	size_t n = list != NULL && list->kind == TREE_ARRAY ? list->n : 0;
	struct presc_tuple *tuples = arena_array(arena, struct presc_tuple, n);
	for (size_t i = 0; i < n; i++) {
		tuples[i] = read_tuple(&list->items[i], false);
		for (size_t k = 0; develop != NULL && k < develop->n; k++) {
			const struct tree *named = &develop->items[k];
			tuples[i].develop = tuples[i].develop ||
					    str_eq(named->kind == TREE_ARRAY && named->n > 0
							    ? named->items[0].text
							    : named->text,
						    tuples[i].name);
		}
	}
	return (struct presc_stack){tuples, n};
}

/* ---- answers ---------------------------------------------------------------------------------- */

static void put_member(struct buf *out, const char *key, struct str text)
{
	buf_addf(out, ",\"%s\":", key);
	plumbing_add_string(out, text);
}

static void put_messages(struct buf *out, const struct presc_message *messages, size_t n)
{
	buf_byte(out, '[');
	for (size_t i = 0; i < n; i++) {
		const struct {
			const char *key;
			struct str text;
		} more[] = {
			{"package_name",  messages[i].package_name },
			{"advisory",      messages[i].advisory     },
			{"cve_id",        messages[i].cve_id       },
			{"cve_name",      messages[i].cve_name     },
			{"version_range", messages[i].version_range},
		};
		buf_add(out, i > 0 ? S(",{\"type\":") : S("{\"type\":"));
		plumbing_add_string(out, messages[i].type);
		put_member(out, "message", messages[i].message);
		put_member(out, "link", messages[i].link);
		for (size_t k = 0; k < sizeof(more) / sizeof(more[0]); k++) {
			if (more[k].text.n > 0) {
				put_member(out, more[k].key, more[k].text);
			}
		}
		buf_byte(out, '}');
	}
	buf_byte(out, ']');
}

static void put_tuples(struct buf *out, const struct presc_tuple *tuples, size_t n)
{
	buf_byte(out, '[');
	for (size_t i = 0; i < n; i++) {
		const struct str texts[] = {tuples[i].name, tuples[i].version, tuples[i].index};
		if (i > 0) {
			buf_byte(out, ',');
		}
		plumbing_add_strings(out, texts, 3);
	}
	buf_byte(out, ']');
}

/* The end of every answer: what was said for the first time. */
static void put_news(struct run *run, bool fired)
{
	bool says = fired && !run->said;
	run->said = run->said || fired;
	buf_add(run->out, S("\"new_stack_info\":"));
	put_messages(run->out, run->unit.stack_info, says ? run->unit.n_stack_info : 0);
}

/* A unit that stops something says so in place of an answer. */
static bool put_stop(struct run *run)
{
	const struct presc_unit *unit = &run->unit;
	if (unit->not_acceptable.n == 0 && unit->eager_stop.n == 0) {
		return false;
	}
	buf_add(run->out,
		unit->not_acceptable.n > 0 ? S("\"not_acceptable\":") : S("\"eager_stop\":"));
	plumbing_add_string(
		run->out, unit->not_acceptable.n > 0 ? unit->not_acceptable : unit->eager_stop);
	buf_byte(run->out, ',');
	put_news(run, true);
	return true;
}

/* ---- calls by type ---------------------------------------------------------------------------- */

static void call_boot(struct run *run, const struct tree *call)
{
	size_t n_direct;
	const struct str *direct =
		plumbing_texts(tree_get(call, S("direct")), run->arena, &n_direct);
	size_t n = 0;
	for (size_t i = 0; i < run->unit.n_instances; i++) {
		const struct presc_instance *instance = &run->unit.instances[i];
		bool runs = instance->package.name.n == 0;
		for (size_t k = 0; k < n_direct && !runs; k++) {
			runs = presc_name_matches(instance, direct[k]);
		}
		n += runs;
	}
	if (n > 0 && put_stop(run)) {
		return;
	}
	buf_addf(run->out, "\"instances_run\":%zu,", n);
	put_news(run, n > 0);
}

static bool sieve_removes(const struct run *run, const struct presc_tuple *candidate)
{
	for (size_t i = 0; i < run->unit.n_instances; i++) {
		if (presc_package_matches(
			    &run->unit.instances[i].package, candidate, true, &run->ways)) {
			return true;
		}
	}
	return false;
}

static void call_sieve(struct run *run, const struct tree *call)
{
	struct presc_stack candidates =
		read_stack(run->arena, tree_get(call, S("candidates")), NULL);
	VEC(struct str) kept = {0};
	bool skips = false;
	for (size_t i = 0; i < candidates.n; i++) {
		struct presc_tuple candidate = candidates.tuples[i];
		candidate.develop = is_true(call, S("develop"));
		if (run->unit.type == PRESC_SIEVE_SKIP_PACKAGE) {
			for (size_t k = 0; k < run->unit.n_instances; k++) {
				skips = skips ||
					presc_name_matches(&run->unit.instances[k], candidate.name);
			}
			*vec_push(run->arena, &kept) = candidate.version;
		} else if (!sieve_removes(run, &candidate)) {
			*vec_push(run->arena, &kept) = candidate.version;
		}
	}
	if (skips) {
		buf_add(run->out, S("\"skip_package\":true,"));
	} else {
		buf_add(run->out, S("\"kept\":"));
		plumbing_add_strings(run->out, kept.p, kept.n);
		buf_byte(run->out, ',');
	}
	put_news(run, skips || kept.n < candidates.n);
}

static bool is_enabled(const struct run *run, struct str index)
{
	const struct tree *enabled = tree_get(run->indexes, index);
	return enabled != NULL && enabled->truth;
}

static void call_pseudonym(struct run *run, const struct tree *call)
{
	struct presc_tuple package =
		read_tuple(tree_get(call, S("package")), is_true(call, S("develop")));
	VEC(struct presc_tuple) yields = {0};
	for (size_t i = 0; i < run->unit.n_instances; i++) {
		struct presc_package wanted = run->unit.instances[i].package;
		wanted.develop = -1; /* accepted and ignored here */
		if (!presc_package_matches(&wanted, &package, true, &run->ways)) {
			continue;
		}
		for (size_t k = 0; k < run->solved.n; k++) {
			if (presc_is_offered(&run->unit, &run->solved.tuples[k], package.version,
				    &run->ways)) {
				*vec_push(run->arena, &yields) = run->solved.tuples[k];
			}
		}
	}
	buf_add(run->out, S("\"yields\":"));
	put_tuples(run->out, yields.p, yields.n);
	buf_byte(run->out, ',');
	put_news(run, yields.n > 0);
}

/* Parents of one tuple add up over the calls. */
static struct presc_stack add_parents(
	struct run *run, const struct presc_tuple *of, const struct tree *list)
{
	struct parents *found = NULL;
	for (size_t i = 0; i < run->parents.n; i++) {
		const struct presc_tuple *known = &run->parents.p[i].of;
		if (str_eq(known->name, of->name) && str_eq(known->version, of->version) &&
			str_eq(known->index, of->index)) {
			found = &run->parents.p[i];
		}
	}
	if (found == NULL) {
		found = vec_push(run->arena, &run->parents);
		found->of = *of;
	}
	struct presc_stack more = read_stack(run->arena, list, NULL);
	for (size_t i = 0; i < more.n; i++) {
		*vec_push(run->arena, &found->list) = more.tuples[i];
	}
	return (struct presc_stack){found->list.p, found->list.n};
}

/* What step.AddPackage adds: known, served by an index in use, and no package of that name resolved. */
static const struct presc_tuple *added_package(
	const struct run *run, const struct presc_stack *stack)
{
	if (presc_stack_find(stack, run->unit.new_name) != NULL) {
		return NULL;
	}
	for (size_t i = 0; i < run->solved.n; i++) {
		if (presc_is_offered(&run->unit, &run->solved.tuples[i], S(""), &run->ways) &&
			is_enabled(run, run->solved.tuples[i].index)) {
			return &run->solved.tuples[i];
		}
	}
	return NULL;
}

static void put_step(struct run *run, size_t n_matches, const struct presc_tuple *added)
{
	const struct presc_unit *unit = &run->unit;
	bool adds = unit->type == PRESC_STEP_ADD_PACKAGE;
	struct tree score = {.kind = TREE_FLOAT, .number = unit->score * (double)n_matches};
	if (n_matches > 0 && unit->type == PRESC_STEP_SKIP_PACKAGE) {
		buf_add(run->out, S("\"skip_package\":true,"));
		put_news(run, true);
		return;
	}
	if (n_matches > 0 && put_stop(run)) {
		return;
	}
	buf_add(run->out, S("\"score\":"));
	tree_put_json(&score, run->out);
	buf_add(run->out, S(",\"justification\":"));
	put_messages(run->out, unit->justification,
		n_matches > 0 && !run->said ? unit->n_justification : 0);
	if (adds) {
		buf_add(run->out, S(",\"added_unresolved\":"));
		put_tuples(run->out, added, added != NULL);
	} else {
		buf_addf(run->out, ",\"matched\":%s", n_matches > 0 ? "true" : "false");
	}
	buf_byte(run->out, ',');
	put_news(run, adds ? added != NULL : n_matches > 0);
}

static void call_step(struct run *run, const struct tree *call)
{
	struct presc_tuple adding =
		read_tuple(tree_get(call, S("package")), is_true(call, S("develop")));
	struct presc_stack stack = read_stack(
		run->arena, tree_get(call, S("resolved")), tree_get(call, S("develop_resolved")));
	struct presc_stack parents = add_parents(run, &adding, tree_get(call, S("parents")));
	size_t n = 0;
	for (size_t i = 0; i < run->unit.n_instances; i++) {
		n += presc_step_matches(
			&run->unit.instances[i], &adding, &stack, &parents, &run->ways);
	}
	bool adds = run->unit.type == PRESC_STEP_ADD_PACKAGE && n > 0;
	put_step(run, n, adds ? added_package(run, &stack) : NULL);
}

static size_t count_stack_matches(const struct run *run, const struct presc_stack *stack)
{
	size_t n = 0;
	for (size_t i = 0; i < run->unit.n_instances; i++) {
		n += presc_stack_matches(&run->unit.instances[i], stack, &run->ways);
	}
	return n;
}

static void call_stride(struct run *run, const struct tree *call)
{
	struct presc_stack stack = read_stack(
		run->arena, tree_get(call, S("resolved")), tree_get(call, S("develop_resolved")));
	bool matches = count_stack_matches(run, &stack) > 0;
	if (matches && put_stop(run)) {
		return;
	}
	buf_add(run->out, S("\"accepted\":true,"));
	put_news(run, matches);
}

static void call_wrap(struct run *run, const struct tree *call)
{
	const struct presc_unit *unit = &run->unit;
	struct presc_stack stack = read_stack(
		run->arena, tree_get(call, S("resolved")), tree_get(call, S("develop_resolved")));
	bool matches = count_stack_matches(run, &stack) > 0;
	bool says = matches && !run->said;
	buf_add(run->out, S("\"justification\":"));
	put_messages(run->out, unit->justification, says ? unit->n_justification : 0);
	buf_add(run->out, S(",\"manifest_changes\":["));
	if (says && unit->manifest_changes != NULL) {
		table_json(run->table, unit->manifest_changes, run->out);
	}
	buf_add(run->out, S("],"));
	put_news(run, matches);
}

static void call_release_notes(struct run *run, const struct tree *call)
{
	struct presc_stack stack = read_stack(
		run->arena, tree_get(call, S("resolved")), tree_get(call, S("develop_resolved")));
	VEC(struct presc_message) notes = {0};
	for (size_t i = 0; i < run->unit.n_instances && !run->said; i++) {
		const struct presc_instance *instance = &run->unit.instances[i];
		const struct presc_tuple *tuple =
			instance->n_resolved == 0
				? NULL
				: presc_stack_find(&stack, instance->resolved[0].name);
		if (tuple != NULL && notes.n == 0 &&
			presc_stack_matches(instance, &stack, &run->ways)) {
			*vec_push(run->arena, &notes) =
				presc_release_notes(&run->unit, tuple, run->arena);
		}
	}
	buf_add(run->out, S("\"justification\":"));
	put_messages(run->out, notes.p, notes.n);
	buf_add(run->out, S(",\"manifest_changes\":[],"));
	put_news(run, notes.n > 0);
}

static void call_unit(struct run *run, const struct tree *call)
{
	buf_byte(run->out, '{');
	switch (run->unit.type) {
	case PRESC_BOOT:
		call_boot(run, call);
		break;
	case PRESC_PSEUDONYM:
		call_pseudonym(run, call);
		break;
	case PRESC_SIEVE:
	case PRESC_SIEVE_SKIP_PACKAGE:
		call_sieve(run, call);
		break;
	case PRESC_STEP:
	case PRESC_STEP_GROUP:
	case PRESC_STEP_SKIP_PACKAGE:
	case PRESC_STEP_ADD_PACKAGE:
		call_step(run, call);
		break;
	case PRESC_STRIDE:
		call_stride(run, call);
		break;
	case PRESC_WRAP:
		call_wrap(run, call);
		break;
	case PRESC_WRAP_RELEASE_NOTES:
		call_release_notes(run, call);
		break;
	}
	buf_byte(run->out, '}');
}

bool plumbing_run_unit(struct plumbing_question *question, const struct presc_table *table,
	uint32_t index, const struct tree *context, struct buf *out, struct err *err)
{
	struct run run = {
		.arena = question->arena,
		.table = table,
		.indexes = tree_get(context, S("indexes")),
		.ways = {.default_index = tree_text(context, S("default_index")),
			 .canonical = tree_text(context, S("canonical_index")),
			 .literal = is_true(context, S("thoth_literal"))},
		.out = out
        };
	struct tree calls;
	if (!plumbing_tree(question, S("calls"), &calls, err) ||
		!presc_unit_read(table, index, question->arena, &run.unit)) {
		return false;
	}
	run.solved = read_stack(question->arena, tree_get(context, S("solved")), NULL);
	buf_add(out, S("\"expect\":["));
	for (size_t i = 0; i < calls.n; i++) {
		if (i > 0) {
			buf_byte(out, ',');
		}
		call_unit(&run, &calls.items[i]);
	}
	buf_byte(out, ']');
	return true;
}
