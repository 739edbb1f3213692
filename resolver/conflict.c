#include "resolver/conflict.h"
#include "resolver/explain.h"
#include "resolver/words.h"
#include "common/banned.h"

/* An error message has room for 1536 bytes, and what works instead comes last. */
enum {
	FACTS_SHOWN = 8,
	FACTS_BYTES = 900,
	REQUIREMENTS_SHOWN = 8,
	REASONS_SHOWN = 2,
	STEPS_MAX = 2000
};

/* Walk the derivation of the failure; leaf(data, incompatibility) for each one not derived. */
static void each_leaf(const struct solver *solver,
	void (*leaf)(void *data, const struct incompatibility *inc), void *data)
{
	AUTO(arena_done) struct arena scratch = {0};
	bool *seen = arena_array(&scratch, bool, solver->incompatibilities.n);
	VEC(uint32_t) open = {0};
	*vec_push(&scratch, &open) = solver->failure;
	while (open.n > 0) {
		uint32_t id = open.p[--open.n];
		if (seen[id]) {
			continue;
		}
		seen[id] = true;
		const struct incompatibility *inc = &solver->incompatibilities.p[id];
		if (inc->cause == CAUSE_DERIVED) {
			*vec_push(&scratch, &open) = inc->a;
			*vec_push(&scratch, &open) = inc->b;
		} else {
			leaf(data, inc);
		}
	}
}

static void mark_user(void *data, const struct incompatibility *inc)
{
	if (inc->cause == CAUSE_USER) {
		((bool *)data)[inc->a] = true;
	}
}

void conflict_requirements(const struct solver *solver, bool *used)
{
	each_leaf(solver, mark_user, used);
}

/* --- facts: what releases require, or why they cannot be used --- */

/* One line of the explanation: some releases of a package and what is the matter with them. */
struct fact {
	uint32_t package, target; /* target NOT_DECIDED: none */
	struct requirement requirement;
	struct str text; /* "jinja2>=3.0.3", or why the releases cannot be used */
	set_word *states;
	enum cause cause;
	bool shown;
};

struct facts {
	const struct solver *solver;
	struct arena *arena;
	VEC(struct fact) list;
	const size_t *requirements; /* of the user, in the conflict */
	size_t n_requirements;
};

static uint32_t words_of(const struct solver *solver, uint32_t package)
{
	return solver->packages.p[package].candidates.words;
}

static void unite(set_word *into, const set_word *from, uint32_t words)
{
	for (uint32_t w = 0; w < words; w++) {
		into[w] |= from[w];
	}
}

static void add_fact(struct facts *facts, const struct fact *made, const set_word *states)
{
	uint32_t words = words_of(facts->solver, made->package);
	for (size_t i = 0; i < facts->list.n; i++) {
		struct fact *fact = &facts->list.p[i];
		if (fact->package == made->package && fact->target == made->target &&
			str_eq(fact->text, made->text)) {
			unite(fact->states, states, words);
			return;
		}
	}
	struct fact *fact = vec_push(facts->arena, &facts->list);
	*fact = *made;
	fact->states = arena_array(facts->arena, set_word, words);
	set_copy(fact->states, states, words);
}

/* "pillow 8.3.0 with numpy": what a rule forbids. */
static void put_forbidden(
	const struct solver *solver, const struct incompatibility *inc, struct buf *out)
{
	for (uint32_t i = 0; i < inc->n; i++) {
		const struct package *p = &solver->packages.p[inc->terms[i].package];
		buf_addf(out, "%s" STR_FMT, i > 0 ? " with " : "", STR_ARG(p->name));
		if (set_count(inc->terms[i].set, p->candidates.words) < p->candidates.n) {
			buf_byte(out, ' ');
			words_put_versions(p, inc->terms[i].set, out);
		}
	}
}

static void add_rule(struct facts *facts, const struct incompatibility *inc)
{
	AUTO(buf_done) struct buf out = {0};
	put_forbidden(facts->solver, inc, &out);
	buf_byte(&out, ' ');
	buf_add(&out, inc->text);
	struct fact fact = {.package = inc->terms[0].package,
		.target = NOT_DECIDED,
		.text = arena_str(facts->arena, buf_str(&out)),
		.cause = CAUSE_RULE};
	add_fact(facts, &fact, inc->terms[0].set);
}

static void collect_fact(void *data, const struct incompatibility *inc)
{
	struct facts *facts = data;
	if (inc->cause == CAUSE_RULE && inc->n > 0) {
		add_rule(facts, inc);
		return;
	}
	if ((inc->cause != CAUSE_DEPENDENCY && inc->cause != CAUSE_UNAVAILABLE) || inc->n == 0) {
		return;
	}
	struct fact fact = {.package = inc->terms[0].package,
		.target = NOT_DECIDED,
		.text = inc->text,
		.cause = inc->cause};
	struct str repaired;
	struct err ignored = {0};
	if (inc->cause == CAUSE_DEPENDENCY) {
		fact.target = inc->a;
		if (requirement_parse_lenient(
			    inc->text, facts->arena, &fact.requirement, &repaired, &ignored)) {
			bool known = facts->solver->packages.p[inc->a].candidates.project != NULL;
			fact.text = known ? words_requirement(&fact.requirement, facts->arena)
					  : fact.requirement.name;
		}
	}
	add_fact(facts, &fact, inc->terms[0].set);
}

/* What the user's requirements in the conflict leave of a package; NULL when they say nothing of it. */
static const set_word *left_by_user(const struct facts *facts, uint32_t package)
{
	const struct solver *solver = facts->solver;
	const struct package *p = &solver->packages.p[package];
	set_word *left = NULL;
	for (size_t i = 0; i < facts->n_requirements; i++) {
		const struct requirement *r =
			&solver->request->requirements[facts->requirements[i]].requirement;
		if (!str_eq(r->name, p->name)) {
			continue;
		}
		set_word *own = candidates_matching(&p->candidates, &r->specifier, facts->arena);
		for (uint32_t w = 0; left != NULL && w < p->candidates.words; w++) {
			own[w] &= left[w];
		}
		left = own;
	}
	return left;
}

/* The one clause that by itself clashes with what the user leaves, or NULL. */
static const struct specifier *clashing_clause(
	const struct facts *facts, const struct fact *fact, const set_word *left)
{
	const struct candidates *c = &facts->solver->packages.p[fact->target].candidates;
	const struct specifier_set *all = &fact->requirement.specifier;
	for (size_t i = 0; i < all->n; i++) {
		struct specifier_set one = {&all->items[i], 1};
		AUTO(arena_done) struct arena scratch = {0};
		if (!set_meets(candidates_matching(c, &one, &scratch), left, c->words)) {
			return &all->items[i];
		}
	}
	return NULL;
}

/*
 * Releases that require the same project in different words ("numpy>=1.23,<2", "numpy<2,>=1.26") are
 * one fact when the same clause clashes with what the user asks: "numpy<2".
 */
static void merge_by_clause(struct facts *facts)
{
	for (size_t i = 0; i < facts->list.n; i++) {
		struct fact *fact = &facts->list.p[i];
		bool alone = true;
		for (size_t j = 0; j < facts->list.n; j++) {
			alone &= j == i || facts->list.p[j].package != fact->package ||
				 facts->list.p[j].target != fact->target;
		}
		const set_word *left = alone || fact->target == NOT_DECIDED
					       ? NULL
					       : left_by_user(facts, fact->target);
		const struct specifier *clause =
			left == NULL ? NULL : clashing_clause(facts, fact, left);
		if (clause != NULL) {
			struct str text = specifier_clause_text(clause, facts->arena);
			fact->text = arena_printf(facts->arena, STR_FMT STR_FMT,
				STR_ARG(fact->requirement.name), STR_ARG(text));
		}
	}
	size_t kept = 0;
	for (size_t i = 0; i < facts->list.n; i++) {
		struct fact fact = facts->list.p[i];
		size_t same = 0;
		while (same < kept && !(facts->list.p[same].package == fact.package &&
					      facts->list.p[same].target == fact.target &&
					      str_eq(facts->list.p[same].text, fact.text))) {
			same++;
		}
		if (same < kept) {
			unite(facts->list.p[same].states, fact.states,
				words_of(facts->solver, fact.package));
		} else {
			facts->list.p[kept++] = fact;
		}
	}
	facts->list.n = kept;
}

/* --- what there is instead of what is asked for --- */

const struct excluded_release *conflict_next_excluded(
	const struct candidates *candidates, const struct specifier_set *set, size_t *at)
{
	while (*at < candidates->n_excluded) {
		const struct excluded_release *excluded = &candidates->excluded[(*at)++];
		if (specifier_contains(set, &excluded->release->parsed)) {
			return excluded;
		}
	}
	return NULL;
}

/* Matching releases that cannot be used for one and the same reason. */
struct reason {
	struct str text, newest, oldest;
	size_t n;
};

static size_t find_reasons(const struct solver *solver, const struct package *p,
	const struct specifier_set *set, struct arena *arena, struct reason *reasons, size_t max,
	size_t *ret_left)
{
	size_t n = 0;
	size_t at = 0;
	*ret_left = 0;
	const struct excluded_release *excluded;
	while ((excluded = conflict_next_excluded(&p->candidates, set, &at)) != NULL) {
		struct str text = words_exclusion(excluded, solver->request->environment, arena);
		size_t i = 0;
		while (i < n && !str_eq(reasons[i].text, text)) {
			i++;
		}
		if (i == max) {
			++*ret_left;
			continue;
		}
		if (i == n) {
			reasons[n++] = (struct reason){text, excluded->release->version, S(""), 0};
		}
		reasons[i].oldest = excluded->release->version;
		reasons[i].n++;
	}
	return n;
}

/* "has" of one release, "have" of several. */
static void put_reason_text(struct str text, bool several, struct buf *out)
{
	static const struct {
		struct str one, many;
	} verbs[] = {
		{STR_INIT("has "),     STR_INIT("have ")    },
		{STR_INIT("needs "),   STR_INIT("need ")    },
		{STR_INIT("was "),     STR_INIT("were ")    },
		{STR_INIT("is a "),    STR_INIT("are ")     },
		{STR_INIT("is held "), STR_INIT("are held ")},
	};
	for (size_t i = 0; several && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (str_starts(text, verbs[i].one)) {
			buf_add(out, verbs[i].many);
			text = str_skip(text, verbs[i].one.n);
			break;
		}
	}
	buf_add_shown(out, text, true);
	buf_add(out, several && str_ends(text, S("pre-release")) ? S("s") : S(""));
}

static void put_reason(const struct solver *solver, const struct package *p,
	const struct reason *reason, struct buf *out)
{
	buf_addf(out, STR_FMT " " STR_FMT, STR_ARG(p->name), STR_ARG(reason->oldest));
	if (reason->n > 1) {
		buf_addf(out, " to " STR_FMT " (%zu versions)", STR_ARG(reason->newest), reason->n);
	}
	buf_byte(out, ' ');
	put_reason_text(reason->text, reason->n > 1, out);
	if (str_starts(reason->text, S("needs Python"))) {
		buf_addf(out, " (here: " STR_FMT ")",
			STR_ARG(solver->request->environment->python_full_version));
	} else if (str_starts(reason->text, S("has wheels for Python"))) {
		buf_addf(out, " (here: " STR_FMT ")",
			STR_ARG(solver->request->environment->python_version));
	}
}

/* After "requires X": why no usable release satisfies X. */
static void put_why_impossible(
	const struct solver *solver, const struct fact *fact, struct arena *arena, struct buf *out)
{
	const struct package *p = &solver->packages.p[fact->target];
	if (p->candidates.project == NULL) {
		buf_add(out, S(", which no index knows"));
		return;
	}
	struct reason reasons[1];
	size_t left;
	size_t n = find_reasons(solver, p, &fact->requirement.specifier, arena, reasons, 1, &left);
	if (n > 0) {
		buf_add(out, S(", but "));
		put_reason(solver, p, &reasons[0], out);
	} else if (p->candidates.n > 0) {
		buf_addf(out, ", which no release satisfies: the newest is " STR_FMT,
			STR_ARG(p->candidates.items[0].release->version));
	} else {
		buf_add(out, S(", which no usable release satisfies"));
	}
}

static void put_fact(
	const struct solver *solver, const struct fact *fact, struct arena *arena, struct buf *out)
{
	const struct package *p = &solver->packages.p[fact->package];
	bool one = set_count(fact->states, p->candidates.words) == 1;
	if (fact->cause == CAUSE_RULE) {
		buf_add_shown(out, fact->text, true);
		return;
	}
	buf_add(out, p->name);
	if (p->extra.n > 0) {
		buf_addf(out, "[" STR_FMT "]", STR_ARG(p->extra));
	}
	buf_byte(out, ' ');
	words_put_versions(p, fact->states, out);
	if (fact->cause != CAUSE_DEPENDENCY) {
		buf_add(out, S(" cannot be used: "));
		buf_add_shown(out, fact->text, true);
		return;
	}
	buf_addf(out, " require%s ", one ? "s" : "");
	buf_add_shown(out, str_trim(fact->text), true);
	AUTO(arena_done) struct arena scratch = {0};
	const struct candidates *target = &solver->packages.p[fact->target].candidates;
	const set_word *allowed =
		candidates_matching(target, &fact->requirement.specifier, &scratch);
	if (set_count(allowed, target->words) == 0) {
		put_why_impossible(solver, fact, arena, out);
	}
}

/* The fact of a package about its newest releases that is not shown yet. */
static struct fact *next_fact(const struct facts *facts, uint32_t package)
{
	uint32_t words = words_of(facts->solver, package);
	struct fact *next = NULL;
	for (size_t i = 0; i < facts->list.n; i++) {
		struct fact *fact = &facts->list.p[i];
		bool open = fact->package == package && !fact->shown;
		if (open && (next == NULL || set_first(fact->states, NULL, words) <
						     set_first(next->states, NULL, words))) {
			next = fact;
		}
	}
	return next;
}

/* Facts in the order in which one follows them: those of a package, then those of what it requires. */
static void order_facts(
	struct facts *facts, uint32_t package, const struct fact **ordered, size_t *n)
{
	struct fact *fact;
	while ((fact = next_fact(facts, package)) != NULL) {
		fact->shown = true;
		ordered[(*n)++] = fact;
		if (fact->target != NOT_DECIDED) {
			order_facts(facts, fact->target, ordered, n);
		}
	}
}

static size_t collect_facts(struct facts *facts, const struct fact ***ret)
{
	const struct solver *solver = facts->solver;
	each_leaf(solver, collect_fact, facts);
	merge_by_clause(facts);
	const struct fact **ordered = arena_array(facts->arena, const struct fact *, facts->list.n);
	size_t n = 0;
	for (size_t i = 0; i < facts->n_requirements; i++) {
		struct str name =
			solver->request->requirements[facts->requirements[i]].requirement.name;
		for (uint32_t p = 0; p < solver->packages.n; p++) {
			if (str_eq(solver->packages.p[p].name, name)) {
				order_facts(facts, p, ordered, &n);
			}
		}
	}
	for (size_t i = 0; i < facts->list.n; i++) {
		if (!facts->list.p[i].shown) {
			ordered[n++] = &facts->list.p[i];
		}
	}
	*ret = ordered;
	return n;
}

static void put_facts(struct facts *facts, struct buf *out)
{
	const struct fact **ordered;
	size_t n = collect_facts(facts, &ordered);
	if (n == 1) {
		buf_add(out, S("because "));
	} else if (n > 1) {
		buf_add(out, S("because\n"));
	}
	for (size_t i = 0; i < n; i++) {
		bool enough = i == FACTS_SHOWN || (i > 0 && out->n > FACTS_BYTES);
		if (enough && n > i + 1) {
			buf_addf(out, "  ... and %zu more; --json has all of them\n", n - i);
			break;
		}
		buf_add(out, n > 1 ? S("  ") : S(""));
		put_fact(facts->solver, ordered[i], facts->arena, out);
		buf_byte(out, '\n');
	}
}

/* --- one requirement that nothing satisfies by itself --- */

/* No release can be used here, whatever is asked for. */
static void put_why_none(
	const struct solver *solver, const struct package *p, struct arena *arena, struct buf *out)
{
	static const struct specifier_set any = {0};
	struct reason reasons[REASONS_SHOWN];
	size_t left;
	size_t n = find_reasons(solver, p, &any, arena, reasons, REASONS_SHOWN, &left);
	buf_addf(out, "  " STR_FMT " has no release that this environment can use\n",
		STR_ARG(p->name));
	for (size_t i = 0; i < n; i++) {
		buf_add(out, S("  "));
		put_reason(solver, p, &reasons[i], out);
		buf_byte(out, '\n');
	}
}

static void put_nothing_matches(const struct solver *solver,
	const struct resolver_requirement *user, struct arena *arena, struct buf *out)
{
	uint32_t id = intern_find(&solver->names, user->requirement.name);
	const struct package *p = id == INTERN_NONE ? NULL : &solver->packages.p[id];
	if (p == NULL || p->candidates.project == NULL) {
		buf_addf(out,
			"  no index knows a project named '" STR_FMT "'; check the spelling\n",
			STR_ARG(user->requirement.name));
		return;
	}
	struct reason reasons[REASONS_SHOWN];
	size_t left;
	size_t n = find_reasons(
		solver, p, &user->requirement.specifier, arena, reasons, REASONS_SHOWN, &left);
	for (size_t i = 0; i < n; i++) {
		buf_add(out, S("  "));
		put_reason(solver, p, &reasons[i], out);
		buf_byte(out, '\n');
	}
	if (left > 0) {
		buf_addf(out, "  and %zu more that match cannot be used either\n", left);
	}
	const struct candidates *c = &p->candidates;
	if (c->n > 1) {
		buf_addf(out,
			"  the newest usable release is " STR_FMT " " STR_FMT
			", the oldest " STR_FMT "\n",
			STR_ARG(p->name), STR_ARG(c->items[0].release->version),
			STR_ARG(c->items[c->n - 1].release->version));
	} else if (c->n == 1) {
		buf_addf(out, "  the only usable release is " STR_FMT " " STR_FMT "\n",
			STR_ARG(p->name), STR_ARG(c->items[0].release->version));
	} else if (n == 0) {
		put_why_none(solver, p, arena, out);
	}
}

/* The one requirement cannot be met by any candidate of its own project. */
static bool matches_nothing(const struct solver *solver, const struct resolver_requirement *user)
{
	uint32_t id = intern_find(&solver->names, user->requirement.name);
	if (id == INTERN_NONE) {
		return true;
	}
	const struct candidates *c = &solver->packages.p[id].candidates;
	for (uint32_t i = 0; i < c->n; i++) {
		if (specifier_contains(
			    &user->requirement.specifier, &c->items[i].release->parsed)) {
			return false;
		}
	}
	return true;
}

static void put_user(const struct resolver_requirement *user, struct arena *arena, struct buf *out)
{
	struct str origin = explain_origin(&user->origin, arena);
	buf_add(out, user->constraint ? S("constraint ") : S(""));
	buf_add_shown(out, user->requirement.text, true);
	buf_add(out, S(" ("));
	buf_add_shown(out, origin, true);
	buf_add(out, S(")\n"));
}

/* --- the derivation as data --- */

/* "jupyterlab 4.0.0 to 4.5.2 (98 versions)": what a term of a derived step is about. */
static struct str terms_text(
	const struct solver *solver, const struct incompatibility *inc, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {.max = 4096};
	for (uint32_t i = 0; i < inc->n; i++) {
		const struct package *p = &solver->packages.p[inc->terms[i].package];
		AUTO(arena_done) struct arena scratch = {0};
		bool absent = set_has(inc->terms[i].set, 0);
		set_word *set = arena_array(&scratch, set_word, p->candidates.words);
		set_copy(set, inc->terms[i].set, p->candidates.words);
		if (absent) { /* "everything but": the other side reads better */
			set_complement(set, p->candidates.states);
		}
		buf_addf(&out, "%s%s" STR_FMT, i > 0 ? " with " : "", absent ? "no " : "",
			STR_ARG(p->name));
		if (p->extra.n > 0) {
			buf_addf(&out, "[" STR_FMT "]", STR_ARG(p->extra));
		}
		buf_byte(&out, ' ');
		words_put_versions(p, set, &out);
	}
	return arena_str(arena, str_trim_right(buf_str(&out)));
}

static struct resolver_step make_step(
	const struct solver *solver, const struct incompatibility *inc, struct arena *arena)
{
	struct resolver_step step = {.text = terms_text(solver, inc, arena)};
	switch (inc->cause) {
	case CAUSE_USER:
		step.kind = RESOLVER_STEP_USER;
		step.a = inc->a;
		break;
	case CAUSE_DEPENDENCY:
		step.kind = RESOLVER_STEP_DEPENDENCY;
		step.target = inc->a;
		step.says = inc->text;
		break;
	case CAUSE_UNAVAILABLE:
		step.kind = RESOLVER_STEP_UNAVAILABLE;
		step.says = inc->text;
		break;
	case CAUSE_EXTRA:
		step.kind = RESOLVER_STEP_EXTRA;
		break;
	case CAUSE_RULE:
		step.kind = RESOLVER_STEP_RULE;
		step.says = inc->text;
		break;
	case CAUSE_DERIVED:
		step.kind = RESOLVER_STEP_DERIVED;
		break;
	}
	bool about = inc->cause == CAUSE_DEPENDENCY || inc->cause == CAUSE_UNAVAILABLE;
	if (about && inc->n > 0) {
		AUTO(buf_done) struct buf out = {0};
		const struct package *p = &solver->packages.p[inc->terms[0].package];
		words_put_versions(p, inc->terms[0].set, &out);
		step.package = p->extra.n == 0 ? p->name
					       : arena_printf(arena, STR_FMT "[" STR_FMT "]",
							 STR_ARG(p->name), STR_ARG(p->extra));
		step.versions = arena_str(arena, buf_str(&out));
	}
	return step;
}

/* Breadth first from the conclusion, so that what is cut off is far from it. */
static void make_steps(
	const struct solver *solver, struct arena *arena, struct resolver_conflict *ret)
{
	AUTO(arena_done) struct arena scratch = {0};
	size_t *number = arena_array(&scratch, size_t, solver->incompatibilities.n);
	VEC(uint32_t) order = {0};
	VEC(struct resolver_step) steps = {0};
	*vec_push(&scratch, &order) = solver->failure;
	number[solver->failure] = 1;
	for (size_t i = 0; i < order.n && i < STEPS_MAX; i++) {
		const struct incompatibility *inc = &solver->incompatibilities.p[order.p[i]];
		struct resolver_step *step = vec_push(arena, &steps);
		*step = make_step(solver, inc, arena);
		if (inc->cause != CAUSE_DERIVED) {
			continue;
		}
		uint32_t from[2] = {inc->a, inc->b};
		for (size_t f = 0; f < 2; f++) {
			if (number[from[f]] == 0) {
				*vec_push(&scratch, &order) = from[f];
				number[from[f]] = order.n;
			}
		}
		step->a = number[from[0]] - 1;
		step->b = number[from[1]] - 1;
	}
	ret->steps = steps.p;
	ret->n_steps = steps.n;
}

/* Files that --as-of hides for want of a time, or that no index is sure of, may be what is missing. */
static void put_left_out(const struct solver *solver, struct arena *arena, struct buf *out)
{
	size_t shown = 0;
	for (size_t i = 0; i < solver->packages.n && shown < REASONS_SHOWN; i++) {
		const struct package *p = &solver->packages.p[i];
		const struct index_project *project = p->candidates.project;
		if (p->extra.n == 0 && project != NULL && project->n_refused > 0) {
			struct str text = words_refused(solver->index, project, arena);
			buf_addf(out, "  " STR_FMT "\n", STR_ARG(text));
			shown++;
		}
		if (p->extra.n == 0 && project != NULL && project->n_undated > 0) {
			struct str text = words_undated(p->name, project, arena);
			buf_addf(out, "  " STR_FMT "\n", STR_ARG(text));
			shown++;
		}
	}
}

void conflict_explain(struct solver *solver, const size_t *requirements, size_t n,
	struct arena *arena, struct resolver_conflict *ret)
{
	AUTO(buf_done) struct buf out = {0};
	const struct resolver_request *request = solver->request;
	struct facts facts = {.solver = solver,
		.arena = arena,
		.requirements = requirements,
		.n_requirements = n};
	buf_add(&out, n == 1 ? S("nothing satisfies ")
			     : S("these requirements cannot be met together:\n"));
	for (size_t i = 0; i < n; i++) {
		if (i == REQUIREMENTS_SHOWN && n > i + 1) {
			buf_addf(&out, "  ... and %zu more\n", n - i);
			break;
		}
		buf_add(&out, n == 1 ? S("") : S("  "));
		put_user(&request->requirements[requirements[i]], arena, &out);
	}
	if (n == 1 && matches_nothing(solver, &request->requirements[requirements[0]])) {
		put_nothing_matches(solver, &request->requirements[requirements[0]], arena, &out);
	} else {
		put_facts(&facts, &out);
	}
	put_left_out(solver, arena, &out);
	make_steps(solver, arena, ret);
	ret->text = arena_str(arena, str_trim_right(buf_str(&out)));
	ret->requirements = requirements;
	ret->n_requirements = n;
}

void conflict_add_suggestions(const struct resolver_request *request, struct arena *arena,
	struct resolver_conflict *conflict)
{
	AUTO(buf_done) struct buf out = {0};
	buf_add(&out, conflict->text);
	for (size_t i = 0; i < conflict->n_suggestions; i++) {
		const struct resolver_suggestion *s = &conflict->suggestions[i];
		const struct resolver_requirement *user = &request->requirements[s->requirement];
		buf_add(&out, i == 0 ? S("\nthis works: ") : S(", or "));
		buf_add_shown(&out, s->replace_by, true);
		buf_add(&out, S(" instead of "));
		buf_add_shown(&out, user->requirement.text, true);
	}
	if (conflict->python.n > 0) {
		buf_addf(&out, "%sPython " STR_FMT " (--python-version " STR_FMT ")",
			conflict->n_suggestions > 0 ? ", or " : "\nthis works: ",
			STR_ARG(conflict->python), STR_ARG(conflict->python));
	}
	for (size_t i = 0; i < conflict->n_without; i++) {
		const struct resolver_requirement *user =
			&request->requirements[conflict->without[i]];
		bool first = i == 0 && conflict->n_suggestions == 0 && conflict->python.n == 0;
		buf_add(&out, first ? S("\nthis works: without ") : S(", or without "));
		buf_add_shown(&out, user->requirement.text, true);
	}
	conflict->text = arena_str(arena, buf_str(&out));
}
