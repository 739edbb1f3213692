#include "resolver/merge.h"
#include "resolver/universal.h"
#include "common/intern.h"
#include "common/banned.h"

/* ---- merging ------------------------------------------------------------------------------------- */

/* One name at one version, and who uses it. */
struct entry {
	struct locked_package package;
	VEC(struct locked_file) files;
	VEC(struct str) extras;
	VEC(struct str) via;
	VEC(struct environment) elsewhere; /* targets that have no file of it */
	VEC(uint32_t) targets;             /* that use it */
};

struct entries {
	VEC(struct entry) list;
	struct intern keys; /* name and version: position in the list */
};

static void entries_done(struct entries *entries)
{
	intern_done(&entries->keys);
}

static struct entry *find_entry(
	struct merge *merge, struct entries *entries, const struct locked_package *package)
{
	AUTO(buf_done) struct buf key = {0};
	buf_add(&key, package->name);
	buf_byte(&key, '\n');
	buf_add(&key, package->version);
	uint32_t id = intern_id(&entries->keys, buf_str(&key));
	if (id < entries->list.n) {
		return &entries->list.p[id];
	}
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
	for (size_t t = 0; t < merge->n_targets; t++) {
		const struct merge_target *target = &merge->targets[t];
		for (size_t c = 0; c < target->n_choices; c++) {
			struct entry *entry =
				find_entry(merge, entries, &target->choices[c].package);
			unite(merge, entry, target, &target->choices[c]);
			*vec_push(merge->arena, &entry->targets) = (uint32_t)t;
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

/* Set the markers of the entries of one name. */
static bool mark_name(struct merge *merge, struct entries *entries, const uint32_t *own,
	uint32_t n_own, struct patterns *patterns, struct err *err)
{
	uint32_t *used = arena_array(merge->arena, uint32_t, merge->n_targets);
	for (size_t t = 0; t < merge->n_targets; t++) {
		used[t] = PARTITION_NONE;
	}
	for (uint32_t o = 0; o < n_own; o++) {
		const struct entry *entry = &entries->list.p[own[o]];
		for (size_t t = 0; t < entry->targets.n; t++) {
			used[entry->targets.p[t]] = o;
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

/* The entries of one name, in the order of the list. */
struct name_entries {
	VEC(uint32_t) own;
};

static bool mark_names(struct merge *merge, struct entries *entries, struct intern *names,
	struct patterns *patterns, struct err *err)
{
	struct name_entries *list = arena_array(merge->arena, struct name_entries, entries->list.n);
	for (uint32_t i = 0; i < entries->list.n; i++) {
		uint32_t id = intern_id(names, entries->list.p[i].package.name);
		*vec_push(merge->arena, &list[id].own) = i;
	}
	for (uint32_t i = 0; i < names->n; i++) {
		if (!mark_name(merge, entries, list[i].own.p, (uint32_t)list[i].own.n, patterns,
			    err)) {
			return false;
		}
	}
	return true;
}

static bool mark_all(struct merge *merge, struct entries *entries, struct err *err)
{
	AUTO(intern_done) struct intern names = {0};
	struct patterns patterns = {
		.boxes = arena_array(merge->arena, struct partition_target, merge->n_targets)};
	for (size_t t = 0; t < merge->n_targets; t++) {
		patterns.boxes[t] = merge->targets[t].box;
	}
	struct locked_package *packages =
		arena_array(merge->arena, struct locked_package, entries->list.n);
	if (!mark_names(merge, entries, &names, &patterns, err)) {
		return false;
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
	AUTO(entries_done) struct entries entries = {0};
	return unite_all(merge, &entries, err) && mark_all(merge, &entries, err);
}
