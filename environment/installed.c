#include "environment/installed.h"
#include <dirent.h>
#include <limits.h>
#include "common/fs.h"
#include "common/vec.h"
#include "packaging/metadata.h"
#include "packaging/name.h"
#include "common/banned.h"

enum { INFOS_MAX = 20000, RECORD_MAX = 32 << 20 };

typedef VEC(struct str) names;

struct wanted {
	struct str path; /* "google/cloud/storage" */
	size_t best;     /* parts of it that the best answers have, plus 1; 0: no answer yet */
	names found;
};

struct search {
	struct wanted *wanted;
	size_t n;
	struct arena *arena;
	bool initial[UCHAR_MAX + 1]; /* of a wanted module: most lines are of no interest */
};

static bool is_below(struct str path, struct str folder)
{
	return path.n > folder.n && path.p[folder.n] == '/' && str_starts(path, folder);
}

static size_t count_parts(struct str path)
{
	size_t n = 1;
	for (size_t i = 0; i < path.n; i++) {
		n += path.p[i] == '/';
	}
	return n;
}

static void answer(struct search *search, struct wanted *wanted, size_t score, struct str name)
{
	if (score < wanted->best) {
		return;
	}
	if (score > wanted->best) {
		wanted->best = score;
		wanted->found.n = 0;
	}
	for (size_t i = 0; i < wanted->found.n; i++) {
		if (str_eq(wanted->found.p[i], name)) {
			return;
		}
	}
	*vec_push(search->arena, &wanted->found) = name;
}

/* The distribution `name` has the module at `path`; a namespace is one that others share. */
static void offer(struct search *search, struct str path, bool namespace, struct str name)
{
	for (size_t i = 0; i < search->n; i++) {
		struct wanted *wanted = &search->wanted[i];
		if (path.n == 0 || path.p[0] != wanted->path.p[0]) {
			continue;
		}
		if (!namespace && (str_eq(path, wanted->path) || is_below(wanted->path, path))) {
			answer(search, wanted, count_parts(path) + 1, name);
		} else if (str_eq(path, wanted->path) || is_below(path, wanted->path)) {
			answer(search, wanted, 1, name); /* a folder without __init__ */
		}
	}
}

/* "google/cloud/storage" of "google/cloud/storage/__init__.py"; "" of what is no module. */
static struct str module_path(struct str file)
{
	ptrdiff_t slash = str_find_last_char(file, '/');
	struct str name = str_skip(file, (size_t)(slash + 1));
	struct str stem = name;
	struct str extension = S("");
	(void)str_cut(name, S("."), &stem, &extension);
	bool module =
		str_eq(extension, S("py")) || str_ends(name, S(".so")) || str_ends(name, S(".pyd"));
	if (!module || stem.n == 0 || str_starts(file, S("../")) || file.p[0] == '/') {
		return S("");
	}
	if (str_eq(stem, S("__init__"))) {
		return slash < 0 ? S("") : str_slice(file, 0, (size_t)slash);
	}
	return str_slice(file, 0, (size_t)(slash + 1) + stem.n);
}

/* The first column of a line of RECORD (CSV). Names of modules need no quotes. */
static struct str file_of(struct str line)
{
	struct str file = line;
	(void)str_cut(line, S(","), &file, &(struct str){0});
	return file;
}

static bool offer_record(struct search *search, struct str record, struct str name)
{
	bool any = false;
	struct str line;
	while (str_next_line(&record, &line)) {
		bool wanted = line.n > 0 && search->initial[(unsigned char)line.p[0]];
		if (any && !wanted) {
			continue;
		}
		struct str path = module_path(file_of(line));
		any = any || (path.n > 0 && !str_starts(path, S("__editable__")));
		if (wanted) {
			offer(search, path, false, name);
		}
	}
	return any;
}

static void offer_top_level(struct search *search, struct str text, struct str name)
{
	struct str line;
	while (str_next_line(&text, &line)) {
		offer(search, str_trim(line), false, name);
	}
}

/* "a.b ; private" as a path. */
static struct str declared_path(struct str text, struct arena *arena)
{
	struct str name = text;
	(void)str_cut(text, S(";"), &name, &(struct str){0});
	name = arena_str(arena, str_trim(name));
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '.') {
			((char *)name.p)[i] = '/';
		}
	}
	return name;
}

static void read_info(void *data, struct str folder, struct str info)
{
	struct search *search = data;
	AUTO(arena_done) struct arena scratch = {0};
	struct err ignored = {0};
	struct metadata metadata;
	struct str text;
	struct str at = fs_join(&scratch, folder, info);
	bool egg = str_ends(info, S(".egg-info"));
	struct str about = fs_join(&scratch, at, egg ? S("PKG-INFO") : S("METADATA"));
	if (!fs_read(arena_cstr(&scratch, about), METADATA_MAX, &scratch, &text, &ignored) ||
		!metadata_parse(text, &scratch, &metadata, &ignored) ||
		!name_is_valid(metadata.name)) {
		return;
	}
	struct str name = name_normal(arena_str(search->arena, metadata.name), search->arena);
	for (size_t i = 0; i < metadata.n_import_names; i++) {
		offer(search, declared_path(metadata.import_names[i], &scratch), false, name);
	}
	for (size_t i = 0; i < metadata.n_import_namespaces; i++) {
		offer(search, declared_path(metadata.import_namespaces[i], &scratch), true, name);
	}
	if (metadata.n_import_names > 0) {
		return;
	}
	struct str record = fs_join(&scratch, at, S("RECORD"));
	struct str top_level = fs_join(&scratch, at, S("top_level.txt"));
	bool listed =
		fs_read(arena_cstr(&scratch, record), RECORD_MAX, &scratch, &text, &ignored) &&
		offer_record(search, text, name);
	if (!listed &&
		fs_read(arena_cstr(&scratch, top_level), METADATA_MAX, &scratch, &text, &ignored)) {
		offer_top_level(search, text, name);
	}
}

/* Every *.dist-info and *.egg-info of a folder; one that cannot be read has none. */
typedef void take_info(void *data, struct str folder, struct str info);

static void each_info(struct str folder, take_info *take, void *data)
{
	AUTO(arena_done) struct arena scratch = {0};
	AUTO(fs_closedirp) DIR *dir = opendir(arena_cstr(&scratch, folder));
	struct dirent *entry;
	for (int n = 0; dir != NULL && n < INFOS_MAX && (entry = readdir(dir)) != NULL; n++) {
		struct str name = str_from(entry->d_name);
		if (str_ends(name, S(".dist-info")) || str_ends(name, S(".egg-info"))) {
			take(data, folder, name);
		}
	}
}

static int by_text(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

void installed_find(const struct str *folders, size_t n_folders, const struct str *modules,
	size_t n, struct arena *arena, struct installed_answer *ret)
{
	struct search search = {
		.wanted = arena_array(arena, struct wanted, n), .n = n, .arena = arena};
	for (size_t i = 0; i < n; i++) {
		search.wanted[i].path = declared_path(modules[i], arena);
		search.initial[(unsigned char)search.wanted[i].path.p[0]] = true;
	}
	for (size_t i = 0; i < n_folders && n > 0; i++) {
		bool again = i > 0 && str_eq(folders[i], folders[0]);
		if (!again) {
			each_info(folders[i], read_info, &search);
		}
	}
	for (size_t i = 0; i < n; i++) {
		struct wanted *wanted = &search.wanted[i];
		if (wanted->found.n > 1) {
			qsort(wanted->found.p, wanted->found.n, sizeof(struct str), by_text);
		}
		ret[i] = (struct installed_answer){
			wanted->found.p, wanted->found.n, wanted->best > 0 ? wanted->best - 1 : 0};
	}
}

/* ---- what is installed ---------------------------------------------------------------------------- */

struct listing {
	VEC(struct installed_package) found;
	struct arena *arena;
};

/* An .egg-info without a version in its name, or a name that is none: its PKG-INFO knows. */
static void add_from_metadata(struct listing *listing, struct str folder, struct str info)
{
	struct arena *arena = listing->arena;
	AUTO(arena_done) struct arena scratch = {0};
	struct err ignored = {0};
	struct metadata metadata;
	struct str text;
	struct str file = str_ends(info, S(".egg-info")) ? S("PKG-INFO") : S("METADATA");
	struct str at = fs_join(&scratch, fs_join(&scratch, folder, info), file);
	if (fs_read(arena_cstr(&scratch, at), METADATA_MAX, &scratch, &text, &ignored) &&
		metadata_parse(text, &scratch, &metadata, &ignored) &&
		name_is_valid(metadata.name)) {
		*vec_push(arena, &listing->found) = (struct installed_package){
			name_normal(arena_str(arena, metadata.name), arena),
			arena_str(arena, metadata.version), fs_join(arena, folder, info)};
	}
}

/* "ruamel.yaml-0.18.6.dist-info", "six-1.16.0-py3.11.egg-info" */
static void add_info(void *data, struct str folder, struct str info)
{
	struct listing *listing = data;
	struct arena *arena = listing->arena;
	struct str stem = str_slice(info, 0, info.n - strlen(".dist-info"));
	struct str name = stem;
	struct str version = S("");
	if (str_ends(info, S(".egg-info"))) {
		stem = str_slice(info, 0, info.n - strlen(".egg-info"));
	}
	if (str_cut(stem, S("-"), &name, &version)) {
		(void)str_cut(version, S("-"), &version, &(struct str){0});
	}
	if (version.n == 0 || !name_is_valid(name)) {
		add_from_metadata(listing, folder, info);
		return;
	}
	*vec_push(arena, &listing->found) =
		(struct installed_package){name_normal(arena_str(arena, name), arena),
			arena_str(arena, version), fs_join(arena, folder, info)};
}

static int by_name(const void *a, const void *b)
{
	const struct installed_package *x = a;
	const struct installed_package *y = b;
	return str_cmp(x->name, y->name);
}

size_t installed_list(const struct str *folders, size_t n_folders, struct arena *arena,
	struct installed_package **ret)
{
	VEC(struct installed_package) all = {0};
	for (size_t i = 0; i < n_folders; i++) {
		struct listing here = {.arena = arena};
		size_t known = all.n; /* sorted */
		each_info(folders[i], add_info, &here);
		for (size_t k = 0; k < here.found.n; k++) {
			if (installed_named(all.p, known, here.found.p[k].name) == NULL) {
				*vec_push(arena, &all) = here.found.p[k];
			}
		}
		if (all.n > 1) {
			qsort(all.p, all.n, sizeof(*all.p), by_name);
		}
	}
	*ret = all.p;
	return all.n;
}

const struct installed_package *installed_named(
	const struct installed_package *list, size_t n, struct str name)
{
	struct installed_package wanted = {.name = name};
	return n == 0 ? NULL : bsearch(&wanted, list, n, sizeof(*list), by_name);
}
