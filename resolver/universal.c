#include "resolver/universal.h"
#include "common/clock.h"
#include "common/intern.h"
#include "common/vec.h"
#include "resolver/conflict.h"
#include "resolver/memo.h"
#include "resolver/merge.h"
#include "resolver/pipeline.h"
#include "common/banned.h"

enum {
	TARGETS_MAX = 400,
	MORE_FAILURES_MS = 1000, /* how long to look for further targets that fail */
};

/* The rules for one target. */
struct target_rules {
	struct environment environment;
	struct pipeline *pipeline;
};

struct work {
	const struct universal_request *request;
	struct index *index;
	struct arena *arena;
	VEC(struct merge_target) targets;       /* solved, or about to be */
	VEC(struct resolver_preference) chosen; /* by earlier targets, each once */
	VEC(struct resolver_preference)
	moved;                           /* by score, for the first target: before the old lock */
	bool scored;                     /* the first target was searched by score */
	struct intern chosen_keys, told; /* names and versions; texts of messages */
	pipeline_messages messages;
	VEC(struct target_rules) rules;
	VEC(struct environment) failed;
	struct resolver_conflict proven; /* of the first of them, in few words */
	struct resolver_memo *memo;
	VEC(const struct tags *) tags; /* see all_tags() */
	size_t tags_made;              /* of so many targets */
	struct universal_result result;
};

static void work_done(struct work *work)
{
	intern_done(&work->chosen_keys);
	intern_done(&work->told);
}

/* ---- targets and their boxes --------------------------------------------------------------------- */

static struct partition_python python_of(const struct environment *environment)
{
	struct partition_python python = {environment->python_major, environment->python_minor, 0};
	struct version version;
	struct str digits = S("");
	uint64_t patch;
	if (version_parse(environment->python_full_version, &version)) {
		struct str rest = version.release;
		for (int i = 0; i < 3; i++) {
			digits = version_next_segment(&rest, &digits) ? digits : S("");
		}
	}
	python.patch = str_to_u64(digits, &patch) && patch < 10000 ? (int)patch : 0;
	return python;
}

static bool same_machine(const struct environment *a, const struct environment *b)
{
	return str_eq(a->sys_platform, b->sys_platform) &&
	       str_eq(a->platform_machine, b->platform_machine);
}

static bool same_minor(const struct environment *a, const struct environment *b)
{
	return a->python_major == b->python_major && a->python_minor == b->python_minor;
}

/* The patch releases of X.Y that a target stands for: from its own (the lowest: from .0) to the next. */
static struct partition_target box_of(
	const struct environment *targets, size_t n, const struct environment *own)
{
	struct partition_target box = {
		.from = python_of(own),
		.to = {own->python_major, own->python_minor + 1, 0},
		.sys_platform = own->sys_platform,
		.platform_machine = own->platform_machine
        };
	bool lowest = true;
	for (size_t i = 0; i < n; i++) {
		struct partition_python other = python_of(&targets[i]);
		if (!same_machine(&targets[i], own) || !same_minor(&targets[i], own)) {
			continue;
		}
		int order = partition_python_compare(&other, &box.from);
		lowest = lowest && order >= 0;
		if (order > 0 && partition_python_compare(&other, &box.to) < 0) {
			box.to = other;
		}
	}
	box.from.patch = lowest ? 0 : box.from.patch;
	return box;
}

/* Where the machine of a target stands first in the list. */
static size_t machine_rank(const struct universal_request *request, const struct environment *own)
{
	size_t i = 0;
	while (i < request->n_targets && !same_machine(&request->targets[i], own)) {
		i++;
	}
	return i;
}

/*
 * Newest Python first; machines in the order given; of one machine the older system first, since what
 * works there mostly works on the newer one too.
 */
static int target_order(const struct universal_request *request, const struct environment *a,
	const struct environment *b)
{
	struct partition_python x = python_of(a), y = python_of(b);
	int python = partition_python_compare(&y, &x);
	size_t rank_a = machine_rank(request, a), rank_b = machine_rank(request, b);
	int system =
		a->os_major != b->os_major ? a->os_major - b->os_major : a->os_minor - b->os_minor;
	return python != 0 ? python : rank_a != rank_b ? (rank_a < rank_b ? -1 : 1) : system;
}

static void line_up(struct work *work)
{
	const struct universal_request *request = work->request;
	for (size_t i = 0; i < request->n_targets; i++) {
		const struct environment *own = &request->targets[i];
		size_t at = work->targets.n;
		while (at > 0 &&
			target_order(request, &work->targets.p[at - 1].environment, own) > 0) {
			at--;
		}
		(void)vec_push(work->arena, &work->targets);
		memmove(&work->targets.p[at + 1], &work->targets.p[at],
			(work->targets.n - 1 - at) * sizeof(struct merge_target));
		work->targets.p[at] = (struct merge_target){.environment = *own,
			.box = box_of(request->targets, request->n_targets, own)};
	}
}

static bool may_start_at(const struct work *work, const struct partition_python *python)
{
	size_t distinct = 0;
	for (size_t i = 0; i < work->targets.n; i++) {
		const struct partition_python *from = &work->targets.p[i].box.from;
		bool first = true;
		if (partition_python_compare(from, python) == 0) {
			return true;
		}
		for (size_t j = 0; j < i && first; j++) {
			first = partition_python_compare(&work->targets.p[j].box.from, from) != 0;
		}
		distinct += first;
	}
	return distinct < PARTITION_PYTHONS_MAX;
}

/* Cut target i at a patch release; the later part is solved next. */
static void cut(struct work *work, size_t i, int patch)
{
	struct partition_python at = work->targets.p[i].box.from;
	at.patch = patch;
	if (patch == 0 || work->targets.n >= TARGETS_MAX ||
		partition_python_compare(&at, &work->targets.p[i].box.to) >= 0 ||
		!may_start_at(work, &at)) {
		return;
	}
	(void)vec_push(work->arena, &work->targets);
	memmove(&work->targets.p[i + 2], &work->targets.p[i + 1],
		(work->targets.n - 2 - i) * sizeof(struct merge_target));
	struct merge_target *early = &work->targets.p[i];
	struct merge_target *late = &work->targets.p[i + 1];
	*late = (struct merge_target){.environment = early->environment,
		.box = early->box,
		.postponed = early->postponed};
	early->box.to = late->box.from = at;
	late->environment.python_full_version =
		arena_printf(work->arena, "%d.%d.%d", at.major, at.minor, patch);
	late->environment.implementation_version = late->environment.python_full_version;
}

/* ---- solving ------------------------------------------------------------------------------------- */

static const struct resolver_preference *preferences(
	struct work *work, const struct environment *environment, size_t *ret_n)
{
	const struct universal_request *request = work->request;
	struct resolver_preference *list = arena_array(work->arena, struct resolver_preference,
		work->moved.n + request->n_old + work->chosen.n);
	size_t n = 0;
	for (size_t i = 0; i < work->moved.n; i++) {
		list[n++] = work->moved.p[i];
	}
	for (size_t i = 0; i < request->n_old; i++) {
		const struct locked_package *old = &request->old[i];
		const struct marker *marker = NULL;
		struct err ignored = {0};
		if (old->marker.n > 0 &&
			(!marker_parse(old->marker, work->arena, &marker, &ignored) ||
				marker_evaluate(marker, environment, NULL, 0) != MARKER_TRUE)) {
			continue;
		}
		list[n++] =
			(struct resolver_preference){.name = old->name, .version = old->version};
	}
	for (size_t i = 0; i < work->chosen.n; i++) {
		list[n++] = work->chosen.p[i];
	}
	*ret_n = n;
	return list;
}

static void remember(struct work *work, const struct resolver_result *result)
{
	for (size_t i = 0; i < result->n_choices; i++) {
		const struct locked_package *p = &result->choices[i].package;
		AUTO(buf_done) struct buf key = {0};
		buf_add(&key, p->name);
		buf_byte(&key, '\n');
		buf_add(&key, p->version);
		if (intern_id(&work->chosen_keys, buf_str(&key)) == work->chosen.n) {
			*vec_push(work->arena, &work->chosen) = (struct resolver_preference){
				.name = p->name, .version = p->version};
		}
	}
	for (size_t i = 0; i < result->n_messages; i++) {
		if (intern_id(&work->told, result->messages[i].message) == work->messages.n) {
			*vec_push(work->arena, &work->messages) = result->messages[i];
		}
	}
}

/* The tags of all Pythons that are targets, one of each. */
static const struct tags *const *all_tags(struct work *work, size_t *ret_n)
{
	const struct universal_request *request = work->request;
	for (size_t i = 0; i < request->n_targets && work->tags_made < request->n_targets; i++) {
		bool first = true;
		for (size_t j = 0; j < i && first; j++) {
			first = !same_minor(&request->targets[j], &request->targets[i]) ||
				request->targets[j].free_threaded !=
					request->targets[i].free_threaded;
		}
		if (first) {
			*vec_push(work->arena, &work->tags) =
				tags_new(&request->targets[i], work->arena);
		}
		work->tags_made = i + 1;
	}
	*ret_n = work->tags.n;
	return work->tags.p;
}

static struct pipeline *make_rules(
	struct work *work, const struct environment *environment, bool look)
{
	const struct universal_request *request = work->request;
	return pipeline_new(request->rules, work->index, environment, request->base.requirements,
		request->base.n_requirements, look, work->arena);
}

/* Rules about no package in particular, or about what is asked for, ask about the machine. */
static bool is_machine_wanted(const struct work *work, const struct pipeline *pipeline)
{
	const struct resolver_request *base = &work->request->base;
	bool wanted = pipeline_wants_machine(pipeline, S(""));
	for (size_t i = 0; i < base->n_requirements && !wanted; i++) {
		wanted = pipeline_wants_machine(pipeline, base->requirements[i].requirement.name);
	}
	return wanted;
}

/* The rules for an environment, made once; NULL when there are none. */
static struct target_rules *find_rules(struct work *work, const struct environment *environment)
{
	if (work->request->rules == NULL) {
		return NULL;
	}
	for (size_t i = 0; i < work->rules.n; i++) {
		const struct environment *known = &work->rules.p[i].environment;
		if (same_machine(known, environment) &&
			str_eq(known->python_full_version, environment->python_full_version) &&
			known->os_major == environment->os_major &&
			known->os_minor == environment->os_minor) {
			return &work->rules.p[i];
		}
	}
	struct pipeline *made = make_rules(work, environment, false);
	if (is_machine_wanted(work, made)) {
		made = make_rules(work, environment, true);
	}
	struct target_rules *kept = vec_push(work->arena, &work->rules);
	*kept = (struct target_rules){*environment, made};
	return kept;
}

static struct pipeline *rules_for(struct work *work, const struct environment *environment)
{
	struct target_rules *rules = find_rules(work, environment);
	return rules == NULL ? NULL : rules->pipeline;
}

/*
 * The machine was not looked at, and rules about a package of the answer ask about it: with them the answer
 * may be another. Without one, the answer obeys what they say of packages that it does not have.
 */
static bool looks_again(struct work *work, const struct environment *environment,
	const struct resolver_result *result)
{
	struct target_rules *rules = find_rules(work, environment);
	bool wanted = false;
	for (size_t i = 0; rules != NULL && i < result->n_choices && !wanted; i++) {
		wanted = pipeline_wants_machine(rules->pipeline, result->choices[i].package.name);
	}
	if (wanted) {
		rules->pipeline = make_rules(work, environment, true);
	}
	return wanted;
}

/* A boot allows no stack: nothing is asked of the index. */
static bool is_stopped(
	struct work *work, const struct pipeline *pipeline, struct resolver_result *ret)
{
	struct str stop = pipeline == NULL ? S("") : pipeline_stop(pipeline);
	if (stop.n == 0) {
		return false;
	}
	*ret = (struct resolver_result){
		.conflict.text = arena_printf(work->arena, "stopped by " STR_FMT, STR_ARG(stop))};
	return true;
}

static struct str name_unit(void *data, uint32_t unit)
{
	return pipeline_unit_name(data, unit);
}

/* How stacks are scored, by the rules for this target when the caller has none of its own. */
static const struct resolver_scoring *scoring_for(
	const struct resolver_request *one, struct pipeline *pipeline, struct resolver_scoring *ret)
{
	static const struct units none = {0};
	if (one->scoring == NULL || one->scoring->units != NULL) {
		return one->scoring;
	}
	*ret = *one->scoring;
	ret->units = one->units != NULL ? one->units : &none;
	ret->unit_name = name_unit;
	ret->data = pipeline;
	return ret;
}

static bool solve_one(struct work *work, const struct environment *environment, bool last_resort,
	bool terse, struct resolver_result *ret, struct err *err)
{
	struct resolver_request one = work->request->base;
	struct pipeline *pipeline = rules_for(work, environment);
	if (is_stopped(work, pipeline, ret)) {
		return true;
	}
	one.units = pipeline == NULL ? NULL : pipeline_units(pipeline);
	one.environment = environment;
	one.preferred = preferences(work, environment, &one.n_preferred);
	one.lower_python = work->request->universal;
	if (last_resort) {
		one.elsewhere = all_tags(work, &one.n_elsewhere);
	}
	struct resolver_scoring scoring;
	one.scoring = work->scored ? NULL : scoring_for(&one, pipeline, &scoring);
	one.terse = terse;
	one.bare = work->targets.n > 1;
	one.memo = work->memo;
	work->result.solves++;
	if (!resolver_solve(work->index, &one, work->arena, ret, err)) {
		return false;
	}
	work->result.decisions += ret->decisions;
	work->result.conflicts += ret->conflicts;
	return !ret->solved || !looks_again(work, environment, ret) ||
	       solve_one(work, environment, last_resort, terse, ret, err);
}

/* The scored search is for the first target that has an answer; the others follow it where they can. */
static void follow_score(struct work *work, const struct resolver_result *result)
{
	if (result->score == NULL) {
		return;
	}
	work->scored = true;
	work->result.score = result->score;
	for (size_t i = 0; i < result->score->n_moved; i++) {
		*vec_push(work->arena, &work->moved) = result->score->moved[i];
	}
}

static void keep_answer(struct work *work, size_t i, const struct resolver_result *result)
{
	follow_score(work, result);
	remember(work, result);
	if (work->request->universal) {
		cut(work, i, result->first_patch);
	}
	work->targets.p[i].choices = result->choices;
	work->targets.p[i].n_choices = result->n_choices;
	work->targets.p[i].postponed = false;
}

/* What rules say, of each target; of those that fail what boots say. */
static void tell_rules(struct work *work)
{
	for (size_t i = 0; i < work->targets.n; i++) {
		const struct merge_target *target = &work->targets.p[i];
		struct pipeline *pipeline = rules_for(work, &target->environment);
		if (pipeline != NULL) {
			pipeline_tell(pipeline, target->choices, target->n_choices, work->arena,
				&work->messages);
		}
	}
}

/* last_resort: wheels of other platforms may be taken. */
static bool solve_target(struct work *work, size_t i, bool last_resort, struct err *err)
{
	bool universal = work->request->universal;
	bool terse = universal || work->targets.n > 1;
	struct environment environment = work->targets.p[i].environment;
	struct resolver_result result;
	if (!solve_one(work, &environment, last_resort, terse, &result, err)) {
		return false;
	}
	if (result.solved) {
		keep_answer(work, i, &result);
	} else if (universal && !last_resort) {
		work->targets.p[i].postponed = true;
	} else {
		if (work->failed.n == 0) {
			work->proven = result.conflict;
		}
		*vec_push(work->arena, &work->failed) = environment;
		if (!terse) {
			work->result.conflict = result.conflict;
		}
	}
	return true;
}

static bool solve_all(struct work *work, struct err *err)
{
	for (int pass = 0; pass < 2; pass++) {
		int64_t end_ms = INT64_MAX;
		for (size_t i = 0; i < work->targets.n && clock_monotonic_ms() < end_ms; i++) {
			bool last_resort = pass == 1;
			bool failed_before = work->failed.n > 0;
			if (last_resort != work->targets.p[i].postponed) {
				continue;
			}
			if (!solve_target(work, i, last_resort, err)) {
				/* one that fails is enough to know that there is no lock */
				return failed_before && err->kind == ERR_INTERRUPTED;
			}
			if (!failed_before && work->failed.n > 0) {
				end_ms = clock_monotonic_ms() + MORE_FAILURES_MS;
			}
		}
	}
	return true;
}

/* Would every target that failed have an answer with these requirements? Trouble counts as no. */
static bool all_fit(struct work *work, const struct resolver_requirement *requirements, size_t n,
	int64_t end_ms)
{
	const struct universal_request *own = work->request;
	struct universal_request changed = *own;
	changed.base.requirements = requirements;
	changed.base.n_requirements = n;
	work->request = &changed;
	bool fit = true;
	for (size_t i = 0; i < work->failed.n && fit; i++) {
		struct resolver_result result = {0};
		struct err ignored = {0};
		const struct environment *target = &work->failed.p[i];
		fit = clock_monotonic_ms() < end_ms &&
		      solve_one(work, target, own->universal, true, &result, &ignored) &&
		      result.solved;
	}
	work->request = own;
	return fit;
}

/*
 * What was found to work instead was tried on one target: keep what works on all that failed. Another
 * Python is no way out of a lock for several.
 */
static void keep_what_works(struct work *work, struct resolver_conflict *conflict)
{
	const struct resolver_request *base = &work->request->base;
	int64_t end_ms = clock_monotonic_ms() + MORE_FAILURES_MS;
	struct resolver_suggestion *kept =
		arena_array(work->arena, struct resolver_suggestion, conflict->n_suggestions);
	size_t *without = arena_array(work->arena, size_t, conflict->n_without);
	size_t n_kept = 0, n_without = 0, n = base->n_requirements;
	struct resolver_requirement *list =
		arena_array(work->arena, struct resolver_requirement, n);
	for (size_t i = 0; i < conflict->n_suggestions; i++) {
		const struct resolver_suggestion *s = &conflict->suggestions[i];
		struct err ignored = {0};
		memcpy(list, base->requirements, n * sizeof(*list));
		if (requirement_parse(s->replace_by, work->arena, &list[s->requirement].requirement,
			    &ignored) &&
			all_fit(work, list, n, end_ms)) {
			kept[n_kept++] = *s;
		}
	}
	for (size_t i = 0; i < conflict->n_without; i++) {
		size_t at = conflict->without[i];
		memcpy(list, base->requirements, at * sizeof(*list));
		memcpy(&list[at], &base->requirements[at + 1], (n - 1 - at) * sizeof(*list));
		if (all_fit(work, list, n - 1, end_ms)) {
			without[n_without++] = at;
		}
	}
	conflict->suggestions = kept;
	conflict->n_suggestions = n_kept;
	conflict->without = without;
	conflict->n_without = n_without;
	conflict->python = S("");
}

/* Solve the first target that failed again, for its clash, and say which targets have it. */
static bool explain(struct work *work, struct err *err)
{
	struct resolver_result result;
	if (work->result.conflict.text.n > 0) {
		return true; /* the one target was explained at once */
	}
	bool several = work->targets.n > 1;
	struct resolver_conflict *conflict = &work->result.conflict;
	bool told =
		solve_one(work, &work->failed.p[0], work->request->universal, false, &result, err);
	if (!told && err->kind != ERR_INTERRUPTED) {
		return false;
	}
	*conflict = told ? result.conflict : work->proven;
	conflict->cut_short |= !told;
	if (several) {
		struct str places = universal_places(work->failed.p, work->failed.n, work->arena);
		conflict->text = arena_printf(work->arena, "for " STR_FMT ": " STR_FMT,
			STR_ARG(places), STR_ARG(conflict->text));
		keep_what_works(work, conflict);
		conflict_add_suggestions(&work->request->base, work->arena, conflict);
	}
	return true;
}

/* ---- the whole ----------------------------------------------------------------------------------- */

static bool merge(struct work *work, struct err *err)
{
	struct merge merge = {.index = work->index,
		.arena = work->arena,
		.targets = work->targets.p,
		.n_targets = work->targets.n,
		.all_files = work->request->all_files};
	if (!merge_answers(&merge, err)) {
		return false;
	}
	work->result.packages = merge.packages;
	work->result.n_packages = merge.n_packages;
	work->result.environments = merge.environments;
	work->result.n_environments = merge.n_environments;
	for (size_t i = 0; i < merge.messages.n; i++) {
		*vec_push(work->arena, &work->messages) = merge.messages.p[i];
	}
	return true;
}

bool universal_solve(struct index *index, const struct universal_request *request,
	struct arena *arena, struct universal_result *ret, struct err *err)
{
	AUTO(work_done)
	struct work work = {.request = request,
		.index = index,
		.arena = arena,
		.memo = resolver_memo_of(index)};
	line_up(&work);
	if (!solve_all(&work, err)) {
		return false;
	}
	work.result.solved = work.failed.n == 0;
	bool told = work.result.solved ? merge(&work, err) : explain(&work, err);
	if (!told) {
		return false;
	}
	struct environment *targets = arena_array(arena, struct environment, work.targets.n);
	for (size_t t = 0; t < work.targets.n; t++) {
		targets[t] = work.targets.p[t].environment;
	}
	work.result.targets = targets;
	work.result.n_targets = work.targets.n;
	tell_rules(&work);
	work.result.messages = work.messages.p;
	work.result.n_messages = work.messages.n;
	*ret = work.result;
	return true;
}

bool universal_solve_target(struct index *index, const struct universal_request *request,
	const struct environment *target, struct arena *arena, struct resolver_result *ret,
	struct err *err)
{
	AUTO(work_done)
	struct work work = {.request = request,
		.index = index,
		.arena = arena,
		.memo = resolver_memo_of(index)};
	return solve_one(&work, target, false, request->universal, ret, err) &&
	       (ret->solved || !request->universal ||
		       solve_one(&work, target, true, false, ret, err));
}

const struct str *universal_environments(
	const struct environment *targets, size_t n, struct arena *arena, size_t *ret_n)
{
	struct partition_target *boxes = arena_array(arena, struct partition_target, n);
	for (size_t i = 0; i < n; i++) {
		boxes[i] = box_of(targets, n, &targets[i]);
	}
	return partition_environments(boxes, n, arena, ret_n);
}

/* ---- words --------------------------------------------------------------------------------------- */

static int by_minor(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static bool same_platform(const struct environment *a, const struct environment *b)
{
	return str_eq(a->platform, b->platform) && str_eq(a->arch, b->arch);
}

/* "a", "a and b", "a, b and c" */
static struct str listed(const struct str *words, size_t n, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	for (size_t i = 0; i < n; i++) {
		buf_addf(&out, "%s" STR_FMT,
			i == 0       ? ""
			: i + 1 == n ? " and "
				     : ", ",
			STR_ARG(words[i]));
	}
	return arena_str(arena, buf_str(&out));
}

static struct str minor_text(int minor, struct arena *arena)
{
	return arena_printf(arena, "%d.%d", minor / 1000, minor % 1000);
}

/* "3.11", "3.12 to 3.14", "3.10 and 3.12": the Pythons of one platform. */
static struct str pythons_of(const struct environment *targets, size_t n,
	const struct environment *like, struct arena *arena)
{
	VEC(struct str) words = {0};
	int *minors = arena_array(arena, int, n);
	size_t found = 0;
	for (size_t i = 0; i < n; i++) {
		if (same_platform(&targets[i], like)) {
			minors[found++] = targets[i].python_major * 1000 + targets[i].python_minor;
		}
	}
	qsort(minors, found, sizeof(*minors), by_minor);
	for (size_t i = 0, last; i < found; i = last + 1) {
		last = i;
		while (last + 1 < found && minors[last + 1] - minors[last] <= 1) {
			last++;
		}
		struct str first = minor_text(minors[i], arena);
		struct str end = minor_text(minors[last], arena);
		if (minors[last] - minors[i] < 2) {
			*vec_push(arena, &words) = first;
		}
		if (minors[last] - minors[i] == 1) {
			*vec_push(arena, &words) = end;
		} else if (minors[last] > minors[i]) {
			*vec_push(arena, &words) = arena_printf(
				arena, STR_FMT " to " STR_FMT, STR_ARG(first), STR_ARG(end));
		}
	}
	return listed(words.p, words.n, arena);
}

/* The first target of each platform, and the Pythons there. */
struct place {
	const struct environment *environment;
	struct str pythons;
	bool told;
};

struct str universal_places(const struct environment *targets, size_t n, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	struct place *places = arena_array(arena, struct place, n);
	size_t found = 0;
	for (size_t i = 0; i < n; i++) {
		bool first = true;
		for (size_t j = 0; j < found && first; j++) {
			first = !same_platform(places[j].environment, &targets[i]);
		}
		if (first) {
			struct str pythons = pythons_of(targets, n, &targets[i], arena);
			places[found++] = (struct place){&targets[i], pythons, false};
		}
	}
	for (size_t i = 0; i < found; i++) {
		if (places[i].told) {
			continue;
		}
		VEC(struct str) names = {0};
		for (size_t j = i; j < found; j++) {
			if (str_eq(places[j].pythons, places[i].pythons)) {
				places[j].told = true;
				*vec_push(arena, &names) = arena_printf(arena, STR_FMT " " STR_FMT,
					STR_ARG(places[j].environment->platform),
					STR_ARG(places[j].environment->arch));
			}
		}
		buf_addf(&out, "%sPython " STR_FMT " on " STR_FMT, i == 0 ? "" : ", and ",
			STR_ARG(places[i].pythons), STR_ARG(listed(names.p, names.n, arena)));
	}
	return arena_str(arena, buf_str(&out));
}
