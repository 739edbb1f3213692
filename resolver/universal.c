#include "resolver/universal.h"
#include "common/clock.h"
#include "common/intern.h"
#include "common/vec.h"
#include "resolver/memo.h"
#include "common/banned.h"

enum {
	TARGETS_MAX = 400,
	MORE_FAILURES_MS = 1000, /* how long to look for further targets that fail */
};

struct target {
	struct environment environment;
	struct partition_target box;
	const struct resolver_choice *choices;
	size_t n_choices;
	bool postponed; /* nothing fits that has files for it: solved when all others are */
};

struct work {
	const struct universal_request *request;
	struct index *index;
	struct arena *arena;
	VEC(struct target) targets;             /* solved, or about to be */
	VEC(struct resolver_preference) chosen; /* by earlier targets, each once */
	VEC(struct lock_message) messages;
	VEC(struct environment) failed;
	struct resolver_memo memo;
	struct universal_result result;
};

static void work_done(struct work *work)
{
	resolver_memo_done(&work->memo);
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
			(work->targets.n - 1 - at) * sizeof(struct target));
		work->targets.p[at] = (struct target){.environment = *own,
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
		(work->targets.n - 2 - i) * sizeof(struct target));
	struct target *early = &work->targets.p[i];
	struct target *late = &work->targets.p[i + 1];
	*late = (struct target){.environment = early->environment,
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
	struct resolver_preference *list = arena_array(
		work->arena, struct resolver_preference, request->n_old + work->chosen.n);
	size_t n = 0;
	for (size_t i = 0; i < request->n_old; i++) {
		const struct locked_package *old = &request->old[i];
		const struct marker *marker = NULL;
		struct err ignored = {0};
		if (old->marker.n > 0 &&
			(!marker_parse(old->marker, work->arena, &marker, &ignored) ||
				marker_evaluate(marker, environment, NULL, 0) != MARKER_TRUE)) {
			continue;
		}
		list[n++] = (struct resolver_preference){old->name, old->version};
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
		bool known = false;
		for (size_t c = 0; c < work->chosen.n && !known; c++) {
			known = str_eq(work->chosen.p[c].name, p->name) &&
				str_eq(work->chosen.p[c].version, p->version);
		}
		if (!known) {
			*vec_push(work->arena, &work->chosen) =
				(struct resolver_preference){p->name, p->version};
		}
	}
	for (size_t i = 0; i < result->n_messages; i++) {
		bool known = false;
		for (size_t m = 0; m < work->messages.n && !known; m++) {
			known = str_eq(work->messages.p[m].message, result->messages[i].message);
		}
		if (!known) {
			*vec_push(work->arena, &work->messages) = result->messages[i];
		}
	}
}

static bool solve_one(struct work *work, const struct environment *environment, bool any_platform,
	bool terse, struct resolver_result *ret, struct err *err)
{
	struct resolver_request one = work->request->base;
	one.environment = environment;
	one.preferred = preferences(work, environment, &one.n_preferred);
	one.lower_python = work->request->universal;
	one.any_platform = any_platform;
	one.terse = terse;
	one.memo = &work->memo;
	work->result.solves++;
	if (!resolver_solve(work->index, &one, work->arena, ret, err)) {
		return false;
	}
	work->result.decisions += ret->decisions;
	work->result.conflicts += ret->conflicts;
	return true;
}

static void keep_answer(struct work *work, size_t i, const struct resolver_result *result)
{
	remember(work, result);
	if (work->request->universal) {
		cut(work, i, result->first_patch);
	}
	work->targets.p[i].choices = result->choices;
	work->targets.p[i].n_choices = result->n_choices;
	work->targets.p[i].postponed = false;
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
		*vec_push(work->arena, &work->failed) = environment;
		work->result.conflict = result.conflict;
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
				return false;
			}
			if (!failed_before && work->failed.n > 0) {
				end_ms = clock_monotonic_ms() + MORE_FAILURES_MS;
			}
		}
	}
	return true;
}

/* Solve the first target that failed again, for its clash, and say which targets have it. */
static bool explain(struct work *work, struct err *err)
{
	struct resolver_result result;
	if (work->result.conflict.text.n > 0) {
		return true; /* the one target was explained at once */
	}
	if (!solve_one(work, &work->failed.p[0], work->request->universal, false, &result, err)) {
		return false;
	}
	work->result.conflict = result.conflict;
	if (work->targets.n > 1) {
		struct str places = universal_places(work->failed.p, work->failed.n, work->arena);
		work->result.conflict.text = arena_printf(work->arena, "for " STR_FMT ": " STR_FMT,
			STR_ARG(places), STR_ARG(result.conflict.text));
	}
	return true;
}

/* ---- merging ------------------------------------------------------------------------------------- */

/* One name at one version, and who uses it. */
struct entry {
	struct locked_package package;
	VEC(struct locked_file) files;
	VEC(struct str) extras;
	VEC(struct str) via;
	VEC(struct environment) elsewhere; /* targets that have no file of it */
};

struct entries {
	VEC(struct entry) list;
	uint32_t **used; /* used[target][choice]: entry */
};

static struct entry *find_entry(struct work *work, struct entries *entries,
	const struct locked_package *package, uint32_t *ret)
{
	for (uint32_t i = 0; i < entries->list.n; i++) {
		struct entry *entry = &entries->list.p[i];
		if (str_eq(entry->package.name, package->name) &&
			str_eq(entry->package.version, package->version)) {
			*ret = i;
			return entry;
		}
	}
	*ret = (uint32_t)entries->list.n;
	struct entry *made = vec_push(work->arena, &entries->list);
	made->package = *package;
	return made;
}

#define UNITE_SORTED(arena, list, value)                                                           \
	do {                                                                                       \
		size_t at_ = 0;                                                                    \
		while (at_ < (list)->n && str_cmp((list)->p[at_], (value)) < 0) {                  \
			at_++;                                                                     \
		}                                                                                  \
		if (at_ == (list)->n || !str_eq((list)->p[at_], (value))) {                        \
			(void)vec_push((arena), (list));                                           \
			memmove(&(list)->p[at_ + 1], &(list)->p[at_],                              \
				((list)->n - 1 - at_) * sizeof(*(list)->p));                       \
			(list)->p[at_] = (value);                                                  \
		}                                                                                  \
	} while (0)

static void unite(struct work *work, struct entry *entry, const struct target *target,
	const struct resolver_choice *choice)
{
	const struct locked_package *p = &choice->package;
	for (size_t i = 0; i < p->n_files; i++) {
		bool known = false;
		for (size_t f = 0; f < entry->files.n && !known; f++) {
			known = str_eq(entry->files.p[f].sha256, p->files[i].sha256) &&
				str_eq(entry->files.p[f].filename, p->files[i].filename);
		}
		if (!known) {
			*vec_push(work->arena, &entry->files) = p->files[i];
		}
	}
	for (size_t i = 0; i < p->n_extras; i++) {
		UNITE_SORTED(work->arena, &entry->extras, p->extras[i]);
	}
	for (size_t i = 0; i < p->n_via; i++) {
		UNITE_SORTED(work->arena, &entry->via, p->via[i]);
	}
	entry->package.direct |= p->direct;
	if (choice->elsewhere) {
		*vec_push(work->arena, &entry->elsewhere) = target->environment;
	}
}

/* Every file of the release that has a hash. */
static bool take_all_files(struct work *work, struct entry *entry, struct err *err)
{
	const struct index_project *project;
	if (!index_project(work->index, entry->package.name, &project, err)) {
		return false;
	}
	entry->files.n = 0;
	for (size_t r = 0; project != NULL && r < project->n_releases; r++) {
		const struct index_release *release = &project->releases[r];
		bool wanted = str_eq(release->version, entry->package.version);
		const struct index_file *files =
			wanted ? index_release_files(project, release) : NULL;
		for (size_t f = 0; wanted && f < release->n_files; f++) {
			const struct index_file *file = &files[f];
			bool kind = file->name.kind == FILENAME_WHEEL ||
				    file->name.kind == FILENAME_SDIST;
			if (kind && file->sha256.n > 0) {
				*vec_push(work->arena, &entry->files) =
					(struct locked_file){file->filename, file->url,
						file->sha256, file->size, file->upload_ms};
			}
		}
	}
	return true;
}

static void warn_elsewhere(struct work *work, const struct entry *entry)
{
	if (entry->elsewhere.n == 0) {
		return;
	}
	struct str places = universal_places(entry->elsewhere.p, entry->elsewhere.n, work->arena);
	struct lock_message *message = vec_push(work->arena, &work->messages);
	*message = (struct lock_message){.type = S("WARNING"),
		.package = entry->package.name,
		.message = arena_printf(work->arena,
			STR_FMT " " STR_FMT " has no file for " STR_FMT
				"; it cannot be installed there",
			STR_ARG(entry->package.name), STR_ARG(entry->package.version),
			STR_ARG(places))};
}

static bool merge(struct work *work, struct entries *entries, struct err *err)
{
	entries->used = arena_array(work->arena, uint32_t *, work->targets.n);
	for (size_t t = 0; t < work->targets.n; t++) {
		const struct target *target = &work->targets.p[t];
		entries->used[t] = arena_array(work->arena, uint32_t, target->n_choices);
		for (size_t c = 0; c < target->n_choices; c++) {
			struct entry *entry = find_entry(
				work, entries, &target->choices[c].package, &entries->used[t][c]);
			unite(work, entry, target, &target->choices[c]);
		}
	}
	for (size_t i = 0; i < entries->list.n; i++) {
		struct entry *entry = &entries->list.p[i];
		if ((work->request->all_files || entry->files.n == 0) &&
			!take_all_files(work, entry, err)) {
			return false;
		}
		warn_elsewhere(work, entry);
		entry->package.files = entry->files.p;
		entry->package.n_files = entry->files.n;
		entry->package.extras = entry->extras.p;
		entry->package.n_extras = entry->extras.n;
		entry->package.via = entry->via.p;
		entry->package.n_via = entry->via.n;
	}
	return true;
}

/* ---- markers ------------------------------------------------------------------------------------- */

static bool say_clash(const struct work *work, const struct entries *entries, const uint32_t *own,
	const uint32_t *used, const size_t clash[2], struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	struct str keys[2], versions[2];
	struct str name = S("");
	for (int i = 0; i < 2; i++) {
		uint32_t entry = used[clash[i]];
		bool absent = entry == PARTITION_NONE;
		const struct locked_package *p =
			absent ? NULL : &entries->list.p[own[entry]].package;
		keys[i] = environment_key(&work->targets.p[clash[i]].environment, &arena);
		versions[i] = absent ? S("not wanted") : p->version;
		name = absent ? name : p->name;
	}
	err_hint(err, "lock these two environments apart, each in a file of its own");
	return err_set(err, ERR_UNSAT,
		STR_FMT " is " STR_FMT " for " STR_FMT " and " STR_FMT " for " STR_FMT
			", and no marker tells these two apart",
		STR_ARG(name), STR_ARG(versions[0]), STR_ARG(keys[0]), STR_ARG(versions[1]),
		STR_ARG(keys[1]));
}

/* A pattern of use (which targets have the first version, the second, none) and its markers. */
struct pattern {
	const uint32_t *used;
	uint32_t n_entries;
	const struct str *markers;
};

struct patterns {
	VEC(struct pattern) list;
	struct partition_target *boxes;
};

/* Many packages share one pattern: those of CUDA are all for Linux. */
static bool markers_of(struct work *work, struct patterns *patterns, const uint32_t *used,
	uint32_t n_entries, const struct str **ret, size_t ret_clash[2])
{
	size_t n = work->targets.n;
	for (size_t i = 0; i < patterns->list.n; i++) {
		if (patterns->list.p[i].n_entries == n_entries &&
			memcmp(patterns->list.p[i].used, used, n * sizeof(*used)) == 0) {
			*ret = patterns->list.p[i].markers;
			return true;
		}
	}
	struct str *markers = arena_array(work->arena, struct str, n_entries);
	if (!partition_markers(
		    patterns->boxes, n, used, n_entries, work->arena, markers, ret_clash)) {
		return false;
	}
	*vec_push(work->arena, &patterns->list) = (struct pattern){used, n_entries, markers};
	*ret = markers;
	return true;
}

/* Set the markers of all entries that have the name of entry `first`. */
static bool mark_name(struct work *work, struct entries *entries, uint32_t first,
	struct patterns *patterns, struct err *err)
{
	uint32_t *own = arena_array(work->arena, uint32_t, entries->list.n);
	uint32_t n_own = 0;
	for (uint32_t i = first; i < entries->list.n; i++) {
		if (str_eq(entries->list.p[i].package.name, entries->list.p[first].package.name)) {
			own[n_own++] = i;
		}
	}
	uint32_t *used = arena_array(work->arena, uint32_t, work->targets.n);
	for (size_t t = 0; t < work->targets.n; t++) {
		used[t] = PARTITION_NONE;
		for (size_t c = 0; c < work->targets.p[t].n_choices; c++) {
			for (uint32_t o = 0; o < n_own; o++) {
				used[t] = entries->used[t][c] == own[o] ? o : used[t];
			}
		}
	}
	const struct str *markers;
	size_t clash[2] = {0};
	if (!markers_of(work, patterns, used, n_own, &markers, clash)) {
		return say_clash(work, entries, own, used, clash, err);
	}
	for (uint32_t o = 0; o < n_own; o++) {
		entries->list.p[own[o]].package.marker = markers[o];
	}
	return true;
}

static int by_name_and_version(const void *a, const void *b)
{
	const struct locked_package *x = a, *y = b;
	struct version vx, vy;
	int order = str_cmp(x->name, y->name);
	if (order == 0 && version_parse(x->version, &vx) && version_parse(y->version, &vy)) {
		order = version_compare(&vx, &vy);
	}
	return order != 0 ? order : str_cmp(x->version, y->version);
}

static bool mark(struct work *work, struct entries *entries, struct err *err)
{
	struct patterns patterns = {
		.boxes = arena_array(work->arena, struct partition_target, work->targets.n)};
	for (size_t t = 0; t < work->targets.n; t++) {
		patterns.boxes[t] = work->targets.p[t].box;
	}
	struct locked_package *packages =
		arena_array(work->arena, struct locked_package, entries->list.n);
	for (uint32_t i = 0; i < entries->list.n; i++) {
		bool first = true;
		for (uint32_t j = 0; j < i && first; j++) {
			first = !str_eq(
				entries->list.p[j].package.name, entries->list.p[i].package.name);
		}
		if (first && !mark_name(work, entries, i, &patterns, err)) {
			return false;
		}
	}
	for (uint32_t i = 0; i < entries->list.n; i++) {
		packages[i] = entries->list.p[i].package;
	}
	if (entries->list.n > 1) {
		qsort(packages, entries->list.n, sizeof(*packages), by_name_and_version);
	}
	work->result.packages = packages;
	work->result.n_packages = entries->list.n;
	work->result.environments = partition_environments(
		patterns.boxes, work->targets.n, work->arena, &work->result.n_environments);
	return true;
}

bool universal_solve(struct index *index, const struct universal_request *request,
	struct arena *arena, struct universal_result *ret, struct err *err)
{
	AUTO(work_done)
	struct work work = {
		.request = request, .index = index, .arena = arena, .memo.arena = arena};
	struct entries entries = {0};
	line_up(&work);
	if (!solve_all(&work, err)) {
		return false;
	}
	work.result.solved = work.failed.n == 0;
	bool told = work.result.solved ? merge(&work, &entries, err) && mark(&work, &entries, err)
				       : explain(&work, err);
	if (!told) {
		return false;
	}
	struct environment *targets = arena_array(arena, struct environment, work.targets.n);
	for (size_t t = 0; t < work.targets.n; t++) {
		targets[t] = work.targets.p[t].environment;
	}
	work.result.targets = targets;
	work.result.n_targets = work.targets.n;
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
	struct work work = {
		.request = request, .index = index, .arena = arena, .memo.arena = arena};
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

/* "3.11", "3.12 to 3.14", "3.10 and 3.12": the Pythons of one platform. */
static struct str pythons_of(const struct environment *targets, size_t n,
	const struct environment *like, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	int *minors = arena_array(arena, int, n);
	size_t found = 0;
	for (size_t i = 0; i < n; i++) {
		if (str_eq(targets[i].platform, like->platform) &&
			str_eq(targets[i].arch, like->arch)) {
			minors[found++] = targets[i].python_major * 1000 + targets[i].python_minor;
		}
	}
	qsort(minors, found, sizeof(*minors), by_minor);
	for (size_t i = 0; i < found;) {
		size_t last = i;
		while (last + 1 < found && minors[last + 1] - minors[last] <= 1) {
			last++;
		}
		buf_addf(&out, "%s%d.%d",
			i == 0              ? ""
			: last + 1 == found ? " and "
					    : ", ",
			minors[i] / 1000, minors[i] % 1000);
		if (minors[last] != minors[i]) {
			buf_addf(&out, "%s%d.%d", minors[last] - minors[i] == 1 ? ", " : " to ",
				minors[last] / 1000, minors[last] % 1000);
		}
		i = last + 1;
	}
	return arena_str(arena, buf_str(&out));
}

static bool same_platform(const struct environment *a, const struct environment *b)
{
	return str_eq(a->platform, b->platform) && str_eq(a->arch, b->arch);
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
		buf_addf(&out, "%sPython " STR_FMT " on ", i == 0 ? "" : " and ",
			STR_ARG(places[i].pythons));
		for (size_t j = i; j < found; j++) {
			if (!str_eq(places[j].pythons, places[i].pythons)) {
				continue;
			}
			places[j].told = true;
			buf_addf(&out, "%s" STR_FMT " " STR_FMT, j == i ? "" : ", ",
				STR_ARG(places[j].environment->platform),
				STR_ARG(places[j].environment->arch));
		}
	}
	return arena_str(arena, buf_str(&out));
}
