#include "resolver/solve.h"
#include "resolver/forbid.h"
#include "resolver/grow.h"
#include "common/banned.h"

enum {
	REJECTIONS_BEFORE_SWAP = 5,
	READ_AHEAD_AFTER = 4,
	READ_AHEAD_MIN = 16,
	READ_AHEAD_MAX = 64,
};

void solver_done(struct solver *solver)
{
	intern_done(&solver->names);
	for (size_t i = 0; i < solver->n_trail; i++) {
		free(solver->trail[i].domain);
	}
	free(solver->trail);
	solver->trail = NULL;
	solver->n_trail = 0;
}

bool solver_init(struct solver *solver, struct index *index, const struct resolver_request *request,
	const bool *left_out, struct arena *arena, struct err *err)
{
	*solver = (struct solver){.index = index,
		.request = request,
		.left_out = left_out,
		.arena = arena,
		.failure = NO_CAUSE};
	if (!candidate_filter_init(&solver->filter, request->environment, arena, err)) {
		return false;
	}
	solver->filter.formats = request->formats;
	solver->filter.n_formats = request->n_formats;
	solver->filter.memo = request->memo;
	solver->filter.lower_python = request->lower_python;
	solver->filter.elsewhere = request->elsewhere;
	solver->filter.n_elsewhere = request->n_elsewhere;
	forbid_init(solver);
	return grow_from_user(solver, err);
}

static uint32_t words_of(const struct solver *solver, uint32_t package)
{
	return solver->packages.p[package].candidates.words;
}

static void enqueue(struct solver *solver, uint32_t package)
{
	if (!solver->packages.p[package].queued) {
		solver->packages.p[package].queued = true;
		*vec_push(solver->arena, &solver->queue) = package;
	}
}

uint32_t solver_add(struct solver *solver, const struct term *terms, uint32_t n, enum cause cause,
	uint32_t a, uint32_t b, struct str text)
{
	struct term *kept = arena_array(solver->arena, struct term, n);
	uint32_t n_kept = 0;
	for (uint32_t i = 0; i < n; i++) {
		const struct package *p = &solver->packages.p[terms[i].package];
		if (!set_is_full(terms[i].set, p->candidates.states)) {
			kept[n_kept++] = terms[i];
		}
	}
	uint32_t id = (uint32_t)solver->incompatibilities.n;
	*vec_push(solver->arena, &solver->incompatibilities) = (struct incompatibility){
		.terms = kept, .n = n_kept, .cause = cause, .a = a, .b = b, .text = text};
	for (uint32_t i = 0; i < n_kept; i++) {
		struct package *p = &solver->packages.p[kept[i].package];
		*vec_push(solver->arena, &p->incompatibilities) = id;
		enqueue(solver, kept[i].package);
	}
	if (n_kept == 0) {
		solver->failure = id;
	}
	return id;
}

static bool is_required(const struct package *p)
{
	return p->decided == NOT_DECIDED && !set_has(p->domain, 0);
}

enum { WORD_BITS = 64 };

void solver_note(struct solver *solver, uint32_t package)
{
	const struct package *p = &solver->packages.p[package];
	size_t word = package / WORD_BITS;
	uint64_t bit = (uint64_t)1 << (package % WORD_BITS);
	for (int i = 0; i <= PRIORITY_PIN; i++) {
		while (solver->required[i].n <= word) {
			*vec_push(solver->arena, &solver->required[i]) = 0;
		}
		bool has = (int)p->priority == i && is_required(p);
		uint64_t rest = solver->required[i].p[word] & ~bit;
		solver->required[i].p[word] = has ? rest | bit : rest;
	}
}

static void push_trail(
	struct solver *solver, uint32_t package, uint32_t cause, const set_word *domain)
{
	if (solver->n_trail == solver->cap_trail) {
		solver->cap_trail = solver->cap_trail == 0 ? 256 : solver->cap_trail * 2;
		solver->trail = realloc(solver->trail, solver->cap_trail * sizeof(*solver->trail));
		if (solver->trail == NULL) {
			arena_die("out of memory");
		}
	}
	struct package *p = &solver->packages.p[package];
	set_word *copy = malloc(p->candidates.words * sizeof(*copy));
	if (copy == NULL) {
		arena_die("out of memory");
	}
	set_copy(copy, domain, p->candidates.words);
	set_copy(p->domain, domain, p->candidates.words);
	*vec_push(solver->arena, &p->trail) = (uint32_t)solver->n_trail;
	solver->trail[solver->n_trail++] = (struct trail_entry){
		.package = package, .level = solver->level, .cause = cause, .domain = copy};
	solver_note(solver, package);
	enqueue(solver, package);
}

static void backjump(struct solver *solver, uint32_t level)
{
	while (solver->n_trail > 0 && solver->trail[solver->n_trail - 1].level > level) {
		struct trail_entry *entry = &solver->trail[--solver->n_trail];
		struct package *p = &solver->packages.p[entry->package];
		p->trail.n--;
		if (entry->cause == NO_CAUSE) {
			p->decided = NOT_DECIDED;
		}
		if (p->trail.n > 0) {
			set_copy(p->domain, solver->trail[p->trail.p[p->trail.n - 1]].domain,
				p->candidates.words);
		} else {
			set_fill(p->domain, p->candidates.states);
		}
		solver_note(solver, entry->package);
		free(entry->domain);
	}
	solver->level = level;
	for (size_t i = 0; i < solver->queue.n; i++) {
		solver->packages.p[solver->queue.p[i]].queued = false;
	}
	solver->queue.n = 0;
}

enum relation { SATISFIED, CONTRADICTED, ALMOST, OPEN };

/* How an incompatibility stands; for ALMOST *ret_term is the one term not yet satisfied. */
static enum relation relate(
	const struct solver *solver, const struct incompatibility *inc, uint32_t *ret_term)
{
	uint32_t open = UINT32_MAX;
	for (uint32_t i = 0; i < inc->n; i++) {
		const struct package *p = &solver->packages.p[inc->terms[i].package];
		const set_word *set = inc->terms[i].set;
		if (set_is_subset(p->domain, set, p->candidates.words)) {
			continue;
		}
		if (!set_meets(p->domain, set, p->candidates.words)) {
			return CONTRADICTED;
		}
		if (open != UINT32_MAX) {
			return OPEN;
		}
		open = i;
	}
	*ret_term = open;
	return open == UINT32_MAX ? SATISFIED : ALMOST;
}

/* The part of a package's domain outside the term's set becomes its domain. */
static void derive(struct solver *solver, uint32_t id, uint32_t term)
{
	const struct term *t = &solver->incompatibilities.p[id].terms[term];
	const struct package *p = &solver->packages.p[t->package];
	uint32_t words = p->candidates.words;
	if (solver->scratch_words < words) {
		solver->scratch = arena_array(solver->arena, set_word, words);
		solver->scratch_words = words;
	}
	for (uint32_t i = 0; i < words; i++) {
		solver->scratch[i] = p->domain[i] & ~t->set[i];
	}
	push_trail(solver, t->package, id, solver->scratch);
}

/* Unit propagation. Returns the violated incompatibility, or NO_CAUSE. */
static uint32_t propagate(struct solver *solver)
{
	while (solver->queue.n > 0) {
		uint32_t package = solver->queue.p[--solver->queue.n];
		solver->packages.p[package].queued = false;
		for (size_t i = solver->packages.p[package].incompatibilities.n; i-- > 0;) {
			uint32_t id = solver->packages.p[package].incompatibilities.p[i];
			const struct incompatibility *inc = &solver->incompatibilities.p[id];
			if (inc->retired) {
				continue;
			}
			uint32_t term;
			enum relation relation = relate(solver, inc, &term);
			if (relation == SATISFIED) {
				return id;
			}
			if (relation == ALMOST) {
				derive(solver, id, term);
			}
		}
	}
	return NO_CAUSE;
}

/* First entry of the package's trail after which `set` (or set and extra) holds; NO_CAUSE: always. */
static uint32_t first_entry(
	const struct solver *solver, uint32_t package, const set_word *set, const set_word *or_set)
{
	const struct package *p = &solver->packages.p[package];
	uint32_t words = p->candidates.words;
	for (size_t i = 0; i < p->trail.n; i++) {
		const set_word *domain = solver->trail[p->trail.p[i]].domain;
		if (or_set == NULL ? set_is_subset(domain, set, words)
				   : set_is_subset_of_union(domain, set, or_set, words)) {
			return p->trail.p[i];
		}
	}
	return NO_CAUSE;
}

static const struct term *term_of(const struct incompatibility *inc, uint32_t package)
{
	for (uint32_t i = 0; i < inc->n; i++) {
		if (inc->terms[i].package == package) {
			return &inc->terms[i];
		}
	}
	return NULL;
}

/* Where an incompatibility became true: its satisfier, and the level at which all but it held. */
struct satisfier {
	uint32_t entry, term, previous_level;
};

static struct satisfier find_satisfier(
	const struct solver *solver, const struct incompatibility *inc)
{
	struct satisfier found = {.entry = NO_CAUSE};
	for (uint32_t i = 0; i < inc->n; i++) {
		uint32_t entry =
			first_entry(solver, inc->terms[i].package, inc->terms[i].set, NULL);
		uint32_t other = entry;
		if (found.entry == NO_CAUSE || entry > found.entry) {
			other = found.entry;
			found.entry = entry;
			found.term = i;
		}
		if (other != NO_CAUSE && solver->trail[other].level > found.previous_level) {
			found.previous_level = solver->trail[other].level;
		}
	}
	const struct trail_entry *entry = &solver->trail[found.entry];
	if (entry->cause == NO_CAUSE) {
		return found;
	}
	/* The satisfier alone may not be enough: what it adds is the complement of its cause's term, so
	 * earlier entries must leave nothing but the term's set and that term's. */
	const struct term *own = &inc->terms[found.term];
	const struct term *cause =
		term_of(&solver->incompatibilities.p[entry->cause], entry->package);
	const struct package *p = &solver->packages.p[entry->package];
	AUTO(arena_done) struct arena scratch = {0};
	set_word *all = arena_array(&scratch, set_word, p->candidates.words);
	set_fill(all, p->candidates.states);
	if (!set_is_subset_of_union(all, own->set, cause->set, p->candidates.words)) {
		uint32_t earlier = first_entry(solver, entry->package, own->set, cause->set);
		if (earlier != NO_CAUSE && solver->trail[earlier].level > found.previous_level) {
			found.previous_level = solver->trail[earlier].level;
		}
	}
	return found;
}

static void add_term(
	struct solver *solver, struct term *terms, uint32_t *n, const struct term *add, bool unite)
{
	uint32_t words = words_of(solver, add->package);
	for (uint32_t i = 0; i < *n; i++) {
		if (terms[i].package != add->package) {
			continue;
		}
		set_word *set = (set_word *)terms[i].set;
		for (uint32_t w = 0; w < words; w++) {
			set[w] = unite ? set[w] | add->set[w] : set[w] & add->set[w];
		}
		return;
	}
	set_word *copy = arena_array(solver->arena, set_word, words);
	set_copy(copy, add->set, words);
	terms[(*n)++] = (struct term){add->package, copy};
}

/* Resolution of two incompatibilities on one package: its sets unite, all others intersect. */
static uint32_t resolve(struct solver *solver, uint32_t a, uint32_t b, uint32_t package)
{
	const struct incompatibility ia = solver->incompatibilities.p[a];
	const struct incompatibility ib = solver->incompatibilities.p[b];
	struct term *terms = arena_array(solver->arena, struct term, ia.n + ib.n);
	uint32_t n = 0;
	for (uint32_t i = 0; i < ia.n; i++) {
		add_term(solver, terms, &n, &ia.terms[i], false);
	}
	for (uint32_t i = 0; i < ib.n; i++) {
		add_term(solver, terms, &n, &ib.terms[i], ib.terms[i].package == package);
	}
	uint32_t kept = 0;
	for (uint32_t i = 0; i < n; i++) {
		const struct package *p = &solver->packages.p[terms[i].package];
		if (!set_is_full(terms[i].set, p->candidates.states)) {
			terms[kept++] = terms[i];
		}
	}
	uint32_t id = (uint32_t)solver->incompatibilities.n;
	*vec_push(solver->arena, &solver->incompatibilities) = (struct incompatibility){
		.terms = terms, .n = kept, .cause = CAUSE_DERIVED, .a = a, .b = b};
	return id;
}

/* Make a learned incompatibility take part in propagation. */
static void watch(struct solver *solver, uint32_t id)
{
	const struct incompatibility *inc = &solver->incompatibilities.p[id];
	for (uint32_t i = 0; i < inc->n; i++) {
		struct package *p = &solver->packages.p[inc->terms[i].package];
		*vec_push(solver->arena, &p->incompatibilities) = id;
	}
}

/*
 * Conflict analysis: resolve the violated incompatibility with the causes of its satisfiers until it
 * says something about an earlier level, jump back there and keep what was learned. False: nothing
 * is left to blame, so there is no answer.
 */
static bool analyse(struct solver *solver, uint32_t id)
{
	uint32_t learned = id;
	solver->conflicts++;
	for (;;) {
		const struct incompatibility *inc = &solver->incompatibilities.p[learned];
		if (inc->n == 0) {
			solver->failure = learned;
			return false;
		}
		struct satisfier satisfier = find_satisfier(solver, inc);
		struct trail_entry entry = solver->trail[satisfier.entry];
		if (entry.cause == NO_CAUSE || satisfier.previous_level < entry.level) {
			backjump(solver, satisfier.previous_level);
			if (learned != id) {
				watch(solver, learned);
			}
			for (uint32_t i = 0; i < inc->n; i++) {
				enqueue(solver, inc->terms[i].package);
			}
			return true;
		}
		learned = resolve(solver, learned, entry.cause, entry.package);
	}
}

/* The package to decide next: by priority, then in the order in which they were first required. */
static uint32_t next_package(const struct solver *solver)
{
	uint32_t best = NOT_DECIDED;
	for (int i = PRIORITY_PIN; i >= 0 && best == NOT_DECIDED; i--) {
		for (size_t w = 0; w < solver->required[i].n && best == NOT_DECIDED; w++) {
			uint64_t word = solver->required[i].p[w];
			best = word == 0 ? NOT_DECIDED
					 : (uint32_t)(w * WORD_BITS) +
						   (uint32_t)__builtin_ctzll(word);
		}
	}
	if (best != NOT_DECIDED) {
		uint32_t base = solver->packages.p[best].base;
		if (is_required(&solver->packages.p[base])) {
			return base; /* a proxy follows its project */
		}
	}
	return best;
}

uint32_t solver_preferred(const struct package *package, const set_word *open)
{
	const struct candidates *c = &package->candidates;
	for (uint32_t i = 0; i < package->n_preferred; i++) {
		uint32_t state = package->preferred[i];
		bool last_resort = c->items[state - 1].elsewhere &&
				   set_first(open, c->stable, c->words) != UINT32_MAX;
		if (set_has(open, state) && !last_resort) {
			return state;
		}
	}
	return 0;
}

static uint32_t choose_state(const struct solver *solver, const struct package *p)
{
	const struct package *base = &solver->packages.p[p->base];
	if (base != p && base->decided != NOT_DECIDED && set_has(p->domain, base->decided)) {
		return base->decided;
	}
	uint32_t preferred = solver_preferred(p, p->domain);
	if (preferred != 0) {
		return preferred;
	}
	uint32_t state = UINT32_MAX;
	if (!p->user_prerelease) {
		state = set_first(p->domain, p->candidates.stable, p->candidates.words);
	}
	return state != UINT32_MAX ? state : set_first(p->domain, NULL, p->candidates.words);
}

/* Ask for the next `left` unread candidates among those that are (not) final; what is left of it. */
static uint32_t want_next(struct solver *solver, struct package *p, bool stable, uint32_t left)
{
	for (uint32_t state = 1; state < p->candidates.states && left > 0; state++) {
		if (set_has(p->domain, state) && set_has(p->candidates.stable, state) == stable &&
			p->dependencies[state - 1] == NULL) {
			solver_want(solver, p, state);
			left--;
		}
	}
	return left;
}

/* After several rejections the next ones are likely: fetch them side by side, ever more at a time. */
static void read_ahead(struct solver *solver, uint32_t package)
{
	struct package *p = &solver->packages.p[package];
	p->tried++;
	uint32_t after = p->fixed_clashes > 0 ? p->fixed_clashes + 1 : READ_AHEAD_AFTER;
	if (p->tried < after || p->tried < p->read_ahead_at) {
		return;
	}
	p->read_ahead = p->read_ahead == 0               ? READ_AHEAD_MIN
			: p->read_ahead < READ_AHEAD_MAX ? p->read_ahead * 2
							 : READ_AHEAD_MAX;
	p->read_ahead_at = p->tried + p->read_ahead / 2;
	uint32_t left = want_next(solver, p, true, p->read_ahead);
	want_next(solver, p, false, left);
}

/*
 * A candidate was rejected at once because of an earlier decision. When that keeps happening between
 * two packages, decide the rejected one first from now on: otherwise the search walks down its
 * versions one by one, as with s3fs and boto3.
 */
static void blame(struct solver *solver, uint32_t affected, uint32_t culprit)
{
	struct package *a = &solver->packages.p[affected];
	struct package *c = &solver->packages.p[culprit];
	a->affected++;
	c->culprit++;
	bool swap = false;
	if (a->affected >= REJECTIONS_BEFORE_SWAP && a->priority < PRIORITY_EARLY) {
		a->priority = PRIORITY_EARLY;
		swap = true;
	}
	if (c->culprit >= REJECTIONS_BEFORE_SWAP && c->priority < PRIORITY_LATE) {
		c->priority = PRIORITY_LATE;
		swap = true;
	}
	solver_note(solver, affected);
	solver_note(solver, culprit);
	if (swap && c->decided != NOT_DECIDED && c->decided_level > 0) {
		backjump(solver, c->decided_level - 1);
		enqueue(solver, affected);
	}
}

/* The domain of a proxy without its project's version: say so, which propagation turns into a conflict. */
static bool tie_to_base(struct solver *solver, uint32_t package)
{
	const struct package *p = &solver->packages.p[package];
	const struct package *base = &solver->packages.p[p->base];
	if (base == p || base->decided == NOT_DECIDED || set_has(p->domain, base->decided)) {
		return false;
	}
	set_word *one = arena_array(solver->arena, set_word, p->candidates.words);
	set_put(one, base->decided);
	set_word *other = arena_array(solver->arena, set_word, p->candidates.words);
	set_copy(other, one, p->candidates.words);
	set_complement(other, p->candidates.states);
	set_drop(other, 0);
	struct term terms[2] = {
		{p->base, one  },
                {package, other}
        };
	solver_add(solver, terms, 2, CAUSE_EXTRA, 0, 0, S(""));
	return true;
}

/* Is what is left of a package left for good? What clashes with it once will clash again. */
static bool is_fixed(const struct solver *solver, uint32_t package)
{
	const struct package *p = &solver->packages.p[package];
	return p->trail.n > 0 && solver->trail[p->trail.p[p->trail.n - 1]].level == 0;
}

static bool decide(struct solver *solver, uint32_t package, struct err *err)
{
	if (tie_to_base(solver, package)) {
		return true;
	}
	uint32_t state = choose_state(solver, &solver->packages.p[package]);
	if (solver->packages.p[package].dependencies[state - 1] == NULL) {
		read_ahead(solver, package);
	}
	uint32_t conflict;
	if (!grow_from_candidate(solver, package, state, &conflict, err)) {
		return false;
	}
	if (conflict != NOT_DECIDED) {
		enqueue(solver, package);
		solver->packages.p[package].fixed_clashes += is_fixed(solver, conflict) ? 1 : 0;
		if (conflict != package) {
			blame(solver, package, conflict);
		}
		return true; /* propagation takes the state away */
	}
	struct package *p = &solver->packages.p[package];
	AUTO(arena_done) struct arena scratch = {0};
	set_word *one = arena_array(&scratch, set_word, p->candidates.words);
	set_put(one, state);
	solver->level++;
	solver->decisions++;
	p->decided = state;
	p->decided_level = solver->level;
	push_trail(solver, package, NO_CAUSE, one);
	return true;
}

bool solver_run(struct solver *solver, bool *ret_solved, struct err *err)
{
	while (solver->failure == NO_CAUSE) {
		if (solver->request->cancelled != NULL &&
			solver->request->cancelled(solver->request->data)) {
			return err_set(err, ERR_INTERRUPTED, "stopped; nothing was changed");
		}
		uint32_t violated = propagate(solver);
		if (violated != NO_CAUSE) {
			if (!analyse(solver, violated)) {
				break;
			}
			continue;
		}
		uint32_t package = next_package(solver);
		if (package == NOT_DECIDED) {
			break;
		}
		if (!decide(solver, package, err)) {
			return false;
		}
	}
	*ret_solved = solver->failure == NO_CAUSE;
	return true;
}
