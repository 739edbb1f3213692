#include "resolver/merge.h"
#include "resolver/universal.h"
#include "common/banned.h"

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

static struct entry *find_entry(struct merge *merge, struct entries *entries,
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
	struct entry *made = vec_push(merge->arena, &entries->list);
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

static void unite(struct merge *merge, struct entry *entry, const struct merge_target *target,
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
			*vec_push(merge->arena, &entry->files) = p->files[i];
		}
	}
	for (size_t i = 0; i < p->n_extras; i++) {
		UNITE_SORTED(merge->arena, &entry->extras, p->extras[i]);
	}
	for (size_t i = 0; i < p->n_via; i++) {
		UNITE_SORTED(merge->arena, &entry->via, p->via[i]);
	}
	entry->package.direct |= p->direct;
	if (choice->elsewhere) {
		*vec_push(merge->arena, &entry->elsewhere) = target->environment;
	}
}

/* Every file of the release that has a hash. */
static bool take_all_files(struct merge *merge, struct entry *entry, struct err *err)
{
	const struct index_project *project;
	if (!index_project(merge->index, entry->package.name, &project, err)) {
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
				*vec_push(merge->arena, &entry->files) =
					(struct locked_file){file->filename, file->url,
						file->sha256, file->size, file->upload_ms};
			}
		}
	}
	return true;
}

static void warn_elsewhere(struct merge *merge, const struct entry *entry)
{
	if (entry->elsewhere.n == 0) {
		return;
	}
	struct str places = universal_places(entry->elsewhere.p, entry->elsewhere.n, merge->arena);
	struct lock_message *message = vec_push(merge->arena, &merge->messages);
	*message = (struct lock_message){.type = S("WARNING"),
		.package = entry->package.name,
		.message = arena_printf(merge->arena,
			STR_FMT " " STR_FMT " has no file for " STR_FMT
				"; it cannot be installed there",
			STR_ARG(entry->package.name), STR_ARG(entry->package.version),
			STR_ARG(places))};
}

static bool unite_all(struct merge *merge, struct entries *entries, struct err *err)
{
	entries->used = arena_array(merge->arena, uint32_t *, merge->n_targets);
	for (size_t t = 0; t < merge->n_targets; t++) {
		const struct merge_target *target = &merge->targets[t];
		entries->used[t] = arena_array(merge->arena, uint32_t, target->n_choices);
		for (size_t c = 0; c < target->n_choices; c++) {
			struct entry *entry = find_entry(
				merge, entries, &target->choices[c].package, &entries->used[t][c]);
			unite(merge, entry, target, &target->choices[c]);
		}
	}
	for (size_t i = 0; i < entries->list.n; i++) {
		struct entry *entry = &entries->list.p[i];
		if ((merge->all_files || entry->files.n == 0) &&
			!take_all_files(merge, entry, err)) {
			return false;
		}
		warn_elsewhere(merge, entry);
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

static bool say_clash(const struct merge *merge, const struct entries *entries, const uint32_t *own,
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
		keys[i] = environment_key(&merge->targets[clash[i]].environment, &arena);
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
static bool markers_of(struct merge *merge, struct patterns *patterns, const uint32_t *used,
	uint32_t n_entries, const struct str **ret, size_t ret_clash[2])
{
	size_t n = merge->n_targets;
	for (size_t i = 0; i < patterns->list.n; i++) {
		if (patterns->list.p[i].n_entries == n_entries &&
			memcmp(patterns->list.p[i].used, used, n * sizeof(*used)) == 0) {
			*ret = patterns->list.p[i].markers;
			return true;
		}
	}
	struct str *markers = arena_array(merge->arena, struct str, n_entries);
	if (!partition_markers(
		    patterns->boxes, n, used, n_entries, merge->arena, markers, ret_clash)) {
		return false;
	}
	*vec_push(merge->arena, &patterns->list) = (struct pattern){used, n_entries, markers};
	*ret = markers;
	return true;
}

/* Set the markers of all entries that have the name of entry `first`. */
static bool mark_name(struct merge *merge, struct entries *entries, uint32_t first,
	struct patterns *patterns, struct err *err)
{
	uint32_t *own = arena_array(merge->arena, uint32_t, entries->list.n);
	uint32_t n_own = 0;
	for (uint32_t i = first; i < entries->list.n; i++) {
		if (str_eq(entries->list.p[i].package.name, entries->list.p[first].package.name)) {
			own[n_own++] = i;
		}
	}
	uint32_t *used = arena_array(merge->arena, uint32_t, merge->n_targets);
	for (size_t t = 0; t < merge->n_targets; t++) {
		used[t] = PARTITION_NONE;
		for (size_t c = 0; c < merge->targets[t].n_choices; c++) {
			for (uint32_t o = 0; o < n_own; o++) {
				used[t] = entries->used[t][c] == own[o] ? o : used[t];
			}
		}
	}
	const struct str *markers;
	size_t clash[2] = {0};
	if (!markers_of(merge, patterns, used, n_own, &markers, clash)) {
		return say_clash(merge, entries, own, used, clash, err);
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

static bool mark_all(struct merge *merge, struct entries *entries, struct err *err)
{
	struct patterns patterns = {
		.boxes = arena_array(merge->arena, struct partition_target, merge->n_targets)};
	for (size_t t = 0; t < merge->n_targets; t++) {
		patterns.boxes[t] = merge->targets[t].box;
	}
	struct locked_package *packages =
		arena_array(merge->arena, struct locked_package, entries->list.n);
	for (uint32_t i = 0; i < entries->list.n; i++) {
		bool first = true;
		for (uint32_t j = 0; j < i && first; j++) {
			first = !str_eq(
				entries->list.p[j].package.name, entries->list.p[i].package.name);
		}
		if (first && !mark_name(merge, entries, i, &patterns, err)) {
			return false;
		}
	}
	for (uint32_t i = 0; i < entries->list.n; i++) {
		packages[i] = entries->list.p[i].package;
	}
	if (entries->list.n > 1) {
		qsort(packages, entries->list.n, sizeof(*packages), by_name_and_version);
	}
	merge->packages = packages;
	merge->n_packages = entries->list.n;
	merge->environments = partition_environments(
		patterns.boxes, merge->n_targets, merge->arena, &merge->n_environments);
	return true;
}

bool merge_answers(struct merge *merge, struct err *err)
{
	struct entries entries = {0};
	return unite_all(merge, &entries, err) && mark_all(merge, &entries, err);
}
