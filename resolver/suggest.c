#include "resolver/suggest.h"
#include "common/clock.h"
#include "resolver/conflict.h"
#include "resolver/prefetch.h"
#include "resolver/words.h"
#include "common/banned.h"

enum {
	TIME_MIN_MS = 1000, /* or as long as the failure itself took, but at most: */
	TIME_MAX_MS = 3000,
	REQUESTS_MAX = 400,   /* that leave the machine */
	REQUESTS_NEARER = 20, /* for a nearer release, once one was found */
	REQUIREMENTS_TRIED = 6,
	SUGGESTIONS_MAX = 3,
	NEARER_TRIED = 3,
	PYTHONS_TRIED = 2,
	PYTHON_FIRST = 8, /* 3.8 ... */
	PYTHON_LAST = 14,
};

struct suggester {
	const struct solver *failed;
	struct arena *arena;
	struct resolver_request request; /* ours, with one change at a time */
	struct resolver_requirement *requirements;
	struct environment environment;
	int64_t end_ms;
	size_t requests_max;
	struct resolver_suggestion *list;
	int *rank; /* rank[i] of list[i], smaller is better */
	size_t n;
};

static bool is_spent(void *data)
{
	const struct suggester *s = data;
	const struct resolver_request *request = s->failed->request;
	return clock_monotonic_ms() > s->end_ms ||
	       index_stats(s->failed->index).requests > s->requests_max ||
	       (request->cancelled != NULL && request->cancelled(request->data));
}

/* Resolve the changed request; the version that it gives to a project. */
static bool resolves(
	struct suggester *s, const bool *left_out, struct str name, struct str *ret_version)
{
	AUTO(arena_done) struct arena scratch = {0};
	AUTO(solver_done) struct solver solver = {0};
	struct err ignored = {0};
	bool solved = false;
	struct index *index = s->failed->index;
	AUTO(prefetch_done) struct prefetch prefetch = {0};
	struct index_patience before = index_patience(index, (struct index_patience){is_spent, s});
	bool ran = prefetch_init(&prefetch, index, &s->request, &solver, true, &ignored) &&
		   solver_init(&solver, index, &s->request, left_out, &scratch, &ignored) &&
		   solver_run(&solver, &solved, &ignored);
	index_patience(index, before);
	if (!ran || !solved) {
		return false;
	}
	uint32_t id = intern_find(&solver.names, name);
	const struct package *p = id == INTERN_NONE ? NULL : &solver.packages.p[id];
	if (p != NULL && p->decided != NOT_DECIDED && p->decided > 0) {
		struct str version = p->candidates.items[p->decided - 1].release->version;
		*ret_version = arena_str(s->arena, version);
	}
	return true;
}

/* --- ranges around a version --- */

static uint64_t segment(const struct version *version, size_t i)
{
	struct str rest = version->release;
	struct str digits = S("");
	uint64_t value = 0;
	for (size_t at = 0; at <= i; at++) {
		if (!version_next_segment(&rest, &digits)) {
			return 0;
		}
	}
	return digits.n > 0 && str_to_u64(digits, &value) ? value : 0;
}

static size_t n_segments(const struct version *version)
{
	struct str rest = version->release;
	struct str digits;
	size_t n = 0;
	while (version_next_segment(&rest, &digits)) {
		n++;
	}
	return n;
}

/* The first n segments, at least two where there are: "1.26" of 1.26.4. */
static struct str cut(const struct version *version, size_t n, struct arena *arena)
{
	size_t has = n_segments(version);
	n = n < 2 ? 2 : n;
	AUTO(buf_done) struct buf out = {0};
	for (size_t i = 0; i < n && i < has; i++) {
		buf_addf(&out, "%s%llu", i > 0 ? "." : "", (unsigned long long)segment(version, i));
	}
	return arena_str(arena, buf_str(&out));
}

/* Segments that say something: 1 of "2.0.0", 2 of "2.18". */
static size_t n_significant(const struct version *version)
{
	size_t n = n_segments(version);
	while (n > 1 && segment(version, n - 1) == 0) {
		n--;
	}
	return n;
}

/* An upper bound just above `version`, as coarse as the bound it takes the place of: "<4", "<1.9". */
static struct str above(
	const struct version *version, const struct version *bound, struct arena *arena)
{
	unsigned long long major = segment(version, 0);
	unsigned long long minor = segment(version, 1);
	size_t n = n_significant(bound);
	if (n == 1 || major != segment(bound, 0)) {
		return arena_printf(arena, "<%llu", major + 1);
	}
	if (n == 2 || minor != segment(bound, 1)) {
		return arena_printf(arena, "<%llu.%llu", major, minor + 1);
	}
	return arena_printf(arena, "<=" STR_FMT, STR_ARG(version->text));
}

/* What a clause becomes so that it contains `version`; "" when it has to go. */
static struct str relaxed(
	const struct specifier *clause, const struct version *version, struct arena *arena)
{
	const struct version *own = &clause->version;
	bool newer = version_compare(version, own) > 0;
	struct str lower = cut(version, n_segments(own), arena);
	switch (clause->operator) {
	case SPECIFIER_LESS:
	case SPECIFIER_LESS_EQUAL:
		return above(version, own, arena);
	case SPECIFIER_GREATER:
	case SPECIFIER_GREATER_EQUAL:
		return arena_printf(arena, ">=" STR_FMT, STR_ARG(lower));
	case SPECIFIER_NOT_EQUAL:
		return S("");
	case SPECIFIER_EQUAL:
	case SPECIFIER_COMPATIBLE:
		if (newer) {
			return arena_printf(arena, ">=" STR_FMT "," STR_FMT, STR_ARG(own->text),
				STR_ARG(above(version, own, arena)));
		}
		return clause->wildcard || clause->operator== SPECIFIER_COMPATIBLE
			       ? arena_printf(arena, "==" STR_FMT ".*", STR_ARG(lower))
			       : arena_printf(arena, ">=" STR_FMT ",<=" STR_FMT, STR_ARG(lower),
					 STR_ARG(own->text));
	case SPECIFIER_ARBITRARY:
		return arena_printf(arena, "==" STR_FMT, STR_ARG(version->text));
	}
	return S("");
}

/* The nearest specifier like `old` that contains version. */
static struct str specifier_around(
	const struct specifier_set *old, struct str version_text, struct arena *arena)
{
	struct version version;
	AUTO(buf_done) struct buf out = {0};
	if (!version_parse(version_text, &version)) {
		return S("");
	}
	for (size_t i = 0; i < old->n; i++) {
		const struct specifier *clause = &old->items[i];
		bool holds = specifier_clause_contains(clause, &version);
		struct str text = holds ? specifier_clause_text(clause, arena)
				  : version.epoch.n > 0
					  ? arena_printf(arena, "==" STR_FMT, STR_ARG(version_text))
					  : relaxed(clause, &version, arena);
		if (text.n > 0) {
			buf_addf(&out, "%s" STR_FMT, out.n > 0 ? "," : "", STR_ARG(text));
		}
	}
	struct specifier_set made;
	struct err ignored = {0};
	struct str text = arena_str(arena, buf_str(&out));
	return specifier_parse(text, arena, &made, &ignored) && specifier_contains(&made, &version)
		       ? text
		       : arena_printf(arena, "==" STR_FMT, STR_ARG(version_text));
}

/* --- one requirement --- */

/* The requirement as its author spells it, with other extras or another specifier. */
static struct str spell(
	const struct requirement *r, bool with_extras, struct str specifier, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	buf_add(&out, r->spelled);
	for (size_t i = 0; with_extras && i < r->n_extras_spelled; i++) {
		buf_addf(&out, "%s" STR_FMT "%s", i == 0 ? "[" : ",", STR_ARG(r->extras_spelled[i]),
			i + 1 == r->n_extras_spelled ? "]" : "");
	}
	buf_add(&out, specifier);
	if (r->marker != NULL) {
		struct str marker = marker_text(r->marker, arena);
		buf_addf(&out, "; " STR_FMT, STR_ARG(marker));
	}
	return arena_str(arena, buf_str(&out));
}

/* Raising an upper bound is liked best, then a pin made a range, an older lower bound, no extra. */
enum { RANK_UPPER, RANK_RANGE, RANK_LOWER, RANK_EXTRA };

static void add(struct suggester *s, size_t requirement, struct str replace_by, int rank)
{
	size_t at = s->n++;
	while (at > 0 && s->rank[at - 1] > rank) {
		s->list[at] = s->list[at - 1];
		s->rank[at] = s->rank[at - 1];
		at--;
	}
	s->list[at] = (struct resolver_suggestion){requirement, replace_by};
	s->rank[at] = rank;
}

static bool try_text(struct suggester *s, size_t i, struct str text, struct str *ret_version)
{
	struct requirement made;
	struct err ignored = {0};
	const struct resolver_requirement *user = &s->failed->request->requirements[i];
	if (is_spent(s) || !requirement_parse(text, s->arena, &made, &ignored)) {
		return false;
	}
	s->requirements[i].requirement = made;
	bool works = resolves(s, NULL, user->requirement.name, ret_version);
	s->requirements[i] = *user;
	return works;
}

/* Is it older than what the set asks for? */
static bool is_below(const struct specifier_set *set, const struct version *version)
{
	for (size_t i = 0; i < set->n; i++) {
		const struct specifier *clause = &set->items[i];
		bool upper = clause->operator== SPECIFIER_LESS ||
			     clause->
			     operator== SPECIFIER_LESS_EQUAL || clause->
			     operator== SPECIFIER_NOT_EQUAL;
		if (!upper && !specifier_clause_contains(clause, version) &&
			version_compare(version, &clause->version) <= 0) {
			return true;
		}
	}
	return false;
}

/*
 * The newest release that fits may be far above a pin or an upper bound: is there a nearer one? Looks at
 * the oldest releases above it, each with the bound that would let it in.
 */
static struct str try_nearer(
	struct suggester *s, size_t i, const struct version *newest, struct str farthest)
{
	const struct requirement *r = &s->failed->request->requirements[i].requirement;
	uint32_t id = intern_find(&s->failed->names, r->name);
	const struct candidates *c = &s->failed->packages.p[id].candidates;
	struct str last = farthest;
	int tried = 0;
	for (uint32_t at = c->n; at-- > 0 && tried < NEARER_TRIED;) {
		const struct version *version = &c->items[at].release->parsed;
		if (c->items[at].prerelease || specifier_contains(&r->specifier, version) ||
			is_below(&r->specifier, version) || version_compare(version, newest) >= 0) {
			continue;
		}
		struct str specifier = specifier_around(&r->specifier, version->text, s->arena);
		struct str text = spell(r, true, specifier, s->arena);
		struct str found;
		if (str_eq(text, last)) {
			continue;
		}
		last = text;
		tried++;
		if (str_eq(text, farthest)) {
			return farthest;
		}
		if (try_text(s, i, text, &found)) {
			return text;
		}
	}
	return farthest;
}

static int rank_of(const struct specifier_set *old, const struct version *version)
{
	for (size_t i = 0; i < old->n; i++) {
		enum specifier_operator operator= old->items[i].operator;
		if (specifier_clause_contains(&old->items[i], version)) {
			continue;
		}
		return operator== SPECIFIER_LESS || operator== SPECIFIER_LESS_EQUAL || operator==
			       SPECIFIER_NOT_EQUAL
			       ? RANK_UPPER
		       :
		       operator== SPECIFIER_GREATER || operator== SPECIFIER_GREATER_EQUAL
			       ? RANK_LOWER
			       : RANK_RANGE;
	}
	return RANK_RANGE;
}

static bool try_specifier(struct suggester *s, size_t i)
{
	const struct requirement *r = &s->failed->request->requirements[i].requirement;
	struct str found = S("");
	struct version version;
	if (r->specifier.n == 0 || !try_text(s, i, spell(r, true, S(""), s->arena), &found) ||
		!version_parse(found, &version)) {
		return false;
	}
	struct str specifier = specifier_around(&r->specifier, found, s->arena);
	struct str text = spell(r, true, specifier, s->arena);
	s->requests_max = index_stats(s->failed->index).requests + REQUESTS_NEARER;
	if (!is_below(&r->specifier, &version)) {
		text = try_nearer(s, i, &version, text);
	}
	add(s, i, text, rank_of(&r->specifier, &version));
	return true;
}

static bool try_requirement(struct suggester *s, size_t i)
{
	const struct requirement *r = &s->failed->request->requirements[i].requirement;
	if (try_specifier(s, i)) {
		return true;
	}
	struct str specifier = words_specifier(&r->specifier, s->arena);
	struct str text = spell(r, false, specifier, s->arena);
	struct str version;
	if (r->n_extras > 0 && try_text(s, i, text, &version)) {
		add(s, i, text, RANK_EXTRA);
		return true;
	}
	return false;
}

/* Does any index know it? Without that nothing about its versions can help. */
static bool is_known(const struct suggester *s, size_t i)
{
	struct str name = s->failed->request->requirements[i].requirement.name;
	uint32_t id = intern_find(&s->failed->names, name);
	return id != INTERN_NONE && s->failed->packages.p[id].candidates.n > 0;
}

/* Has it a bound that newer releases could lift? These are tried first. */
static bool holds_back(const struct suggester *s, size_t i)
{
	const struct specifier_set *set =
		&s->failed->request->requirements[i].requirement.specifier;
	for (size_t c = 0; c < set->n; c++) {
		enum specifier_operator operator= set->items[c].operator;
		if (operator!= SPECIFIER_GREATER && operator!= SPECIFIER_GREATER_EQUAL) {
			return true;
		}
	}
	return false;
}

/* One way out may cost documents; further ones have to do with what is known by then. */
static void try_requirements(struct suggester *s, const struct resolver_conflict *conflict)
{
	size_t tried = 0;
	for (int lower = 0; lower < 2; lower++) {
		for (size_t i = conflict->n_requirements; i-- > 0;) {
			size_t requirement = conflict->requirements[i];
			if (holds_back(s, requirement) == (lower != 0) ||
				!is_known(s, requirement) || s->n == SUGGESTIONS_MAX ||
				tried == REQUIREMENTS_TRIED || is_spent(s)) {
				continue;
			}
			tried++;
			if (try_requirement(s, requirement)) {
				index_hold(s->failed->index, true);
			}
		}
	}
}

/* --- another Python --- */

static void set_python(struct suggester *s, struct str python)
{
	struct environment described;
	struct err ignored = {0};
	struct environment *e = &s->environment;
	if (!environment_describe(python, S("linux"), s->arena, &described, &ignored)) {
		return;
	}
	e->python_version = described.python_version;
	e->python_full_version = described.python_full_version;
	e->implementation_version = described.implementation_version;
	e->python_major = described.python_major;
	e->python_minor = described.python_minor;
}

static bool fits_python(const struct excluded_release *excluded, struct str python,
	struct arena *arena, uint32_t minors, int minor)
{
	struct specifier_set set;
	struct str repaired;
	struct err ignored = {0};
	struct version version;
	if (excluded->why == EXCLUDED_PLATFORM) {
		return (minors & 1u << minor) != 0;
	}
	return excluded->why == EXCLUDED_PYTHON && version_parse(python, &version) &&
	       specifier_parse_lenient(
		       excluded->requires_python, arena, &set, &repaired, &ignored) &&
	       specifier_contains(&set, &version);
}

/* Mark the minors with which a release that is out only because of the Python would be in. */
static void mark_pythons(const struct suggester *s, uint32_t package, bool *useful)
{
	const struct candidates *c = &s->failed->packages.p[package].candidates;
	const struct environment *here = s->failed->request->environment;
	AUTO(arena_done) struct arena scratch = {0};
	for (size_t i = 0; i < c->n_excluded; i++) {
		const struct excluded_release *excluded = &c->excluded[i];
		uint32_t minors = excluded->why == EXCLUDED_PLATFORM
					  ? words_python_minors(excluded, here)
					  : 0;
		for (int minor = PYTHON_FIRST; minor <= PYTHON_LAST; minor++) {
			struct str python = arena_printf(&scratch, "3.%d.0", minor);
			useful[minor] |= minor != here->python_minor &&
					 fits_python(excluded, python, &scratch, minors, minor);
		}
	}
}

/* The user's packages in the conflict and what their derivation is about. */
static void find_useful_pythons(
	const struct suggester *s, const struct resolver_conflict *conflict, bool *useful)
{
	for (size_t i = 0; i < conflict->n_requirements; i++) {
		struct str name = s->failed->request->requirements[conflict->requirements[i]]
					  .requirement.name;
		uint32_t id = intern_find(&s->failed->names, name);
		if (id != INTERN_NONE) {
			mark_pythons(s, id, useful);
		}
	}
	for (size_t i = 0; i < conflict->n_steps; i++) {
		if (conflict->steps[i].kind == RESOLVER_STEP_DEPENDENCY) {
			mark_pythons(s, (uint32_t)conflict->steps[i].target, useful);
		}
	}
}

/* A later patch release of the same minor, where a lower bound of Requires-Python names one. */
static bool try_patch(struct suggester *s, struct resolver_conflict *conflict)
{
	const struct environment *here = s->failed->request->environment;
	struct str name =
		s->failed->request->requirements[conflict->requirements[0]].requirement.name;
	uint32_t id = intern_find(&s->failed->names, name);
	size_t n = id == INTERN_NONE ? 0 : s->failed->packages.p[id].candidates.n_excluded;
	for (size_t i = 0; i < n; i++) {
		const struct candidates *c = &s->failed->packages.p[id].candidates;
		struct specifier_set set;
		struct str repaired;
		struct str found;
		struct err ignored = {0};
		if (c->excluded[i].why != EXCLUDED_PYTHON ||
			!specifier_parse_lenient(c->excluded[i].requires_python, s->arena, &set,
				&repaired, &ignored) ||
			set.n == 0 ||
			set.items[0].operator!= SPECIFIER_GREATER_EQUAL ||
				n_segments(&set.items[0].version) != 3 ||
			segment(&set.items[0].version, 1) != (uint64_t)here->python_minor) {
			continue;
		}
		struct str python = set.items[0].version.text;
		set_python(s, python);
		if (resolves(s, NULL, S(""), &found)) {
			conflict->python = python;
			return true;
		}
		return false; /* one try */
	}
	return false;
}

static void try_pythons(struct suggester *s, struct resolver_conflict *conflict)
{
	bool useful[PYTHON_LAST + 1] = {0};
	int here = s->failed->request->environment->python_minor;
	bool lone = conflict->n_requirements == 1;
	if (s->failed->request->environment->python_major != 3 ||
		(lone && try_patch(s, conflict))) {
		return;
	}
	find_useful_pythons(s, conflict, useful);
	int tried = 0;
	for (int distance = 1; distance <= PYTHON_LAST; distance++) {
		int minors[2] = {here + distance, here - distance};
		for (int side = 0; side < 2; side++) {
			bool inside = minors[side] >= PYTHON_FIRST && minors[side] <= PYTHON_LAST;
			if (!inside || !useful[minors[side]] || tried == PYTHONS_TRIED ||
				is_spent(s)) {
				continue;
			}
			struct str version;
			struct str python = arena_printf(s->arena, "3.%d", minors[side]);
			tried++;
			set_python(s, python);
			if (resolves(s, NULL, S(""), &version)) {
				conflict->python = python;
				return;
			}
		}
	}
}

/* Nothing can be relaxed: is the rest at least possible without one of them? */
static void try_without(struct suggester *s, struct resolver_conflict *conflict)
{
	bool *left_out = arena_array(s->arena, bool, s->request.n_requirements);
	for (size_t i = conflict->n_requirements; i-- > 0 && !is_spent(s);) {
		size_t requirement = conflict->requirements[i];
		struct str version;
		left_out[requirement] = true;
		if (resolves(s, left_out, S(""), &version)) {
			size_t *list = arena_array(s->arena, size_t, 1);
			list[0] = requirement;
			conflict->without = list;
			conflict->n_without = 1;
			return;
		}
		left_out[requirement] = false;
	}
}

static int64_t time_limit(int64_t spent_ms)
{
	return spent_ms < TIME_MIN_MS   ? TIME_MIN_MS
	       : spent_ms > TIME_MAX_MS ? TIME_MAX_MS
					: spent_ms;
}

void suggest(const struct solver *failed, int64_t spent_ms, struct arena *arena,
	struct resolver_conflict *conflict)
{
	const struct resolver_request *request = failed->request;
	struct suggester s = {.failed = failed,
		.arena = arena,
		.request = *request,
		.requirements =
			arena_array(arena, struct resolver_requirement, request->n_requirements),
		.environment = *request->environment,
		.end_ms = clock_monotonic_ms() + time_limit(spent_ms),
		.requests_max = index_stats(failed->index).requests + REQUESTS_MAX,
		.list = arena_array(arena, struct resolver_suggestion, SUGGESTIONS_MAX),
		.rank = arena_array(arena, int, SUGGESTIONS_MAX)};
	memcpy(s.requirements, request->requirements,
		request->n_requirements * sizeof(*s.requirements));
	s.request.requirements = s.requirements;
	s.request.cancelled = is_spent;
	s.request.data = &s;
	bool known = true;
	for (size_t i = 0; i < conflict->n_requirements; i++) {
		known &= is_known(&s, conflict->requirements[i]);
	}
	try_requirements(&s, conflict);
	conflict->suggestions = s.list;
	conflict->n_suggestions = s.n;
	s.request.environment = &s.environment;
	try_pythons(&s, conflict);
	s.request.environment = request->environment;
	bool helpless = s.n == 0 && conflict->python.n == 0;
	if (helpless && (known ? conflict->n_requirements > 1 : request->n_requirements > 1)) {
		try_without(&s, conflict);
	}
	index_hold(failed->index, false);
}
