#include "index/project.h"
#include "common/intern.h"
#include "common/vec.h"
#include "index/packed.h"
#include "common/banned.h"

/* Neighbours on the page with the same version text: one comparison stands for all of them. */
struct run {
	struct index_named_file *files;
	size_t n;
};

/* The name as spelled in a file means the project (PEP 503), without building its normal form. */
static bool names_project(struct str spelled, struct str project)
{
	size_t at = 0;
	for (size_t i = 0; i < spelled.n; at++) {
		char c = char_lower(spelled.p[i]);
		bool separator = c == '-' || c == '_' || c == '.';
		if (at >= project.n || project.p[at] != (separator ? '-' : c)) {
			return false;
		}
		i++;
		while (separator && i < spelled.n &&
			(spelled.p[i] == '-' || spelled.p[i] == '_' || spelled.p[i] == '.')) {
			i++;
		}
	}
	return at == project.n;
}

/* Whether the file counts; its name is read. before: the last one that did, or NULL. */
static bool keeps(
	struct index_named_file *named, const struct index_named_file *before, struct str project)
{
	struct str filename = named->file->filename;
	if (before != NULL && filename_parse_wheel_after(filename, &before->name, &named->name)) {
		return true;
	}
	return filename_parse(filename, project, &named->name) &&
	       named->name.kind != FILENAME_OTHER && names_project(named->name.name, project);
}

/*
 * Two files of one name on one page: of the same bytes they are one file. Of other bytes nobody can say
 * which is meant, so that neither is used. first takes part already.
 */
static void settle(
	struct index_named_file *first, const struct index_named_file *second, struct str project)
{
	struct str known = first->file->sha256;
	struct str other = second->file->sha256;
	bool refused = first->is_refused || (known.n > 0 && other.n > 0 && !str_eq(known, other));
	if (known.n == 0 &&
		other.n > 0) { /* the name is read again: its parts view the file's own */
		first->file = second->file;
		refused |= !filename_parse(first->file->filename, project, &first->name);
	}
	first->is_refused = refused;
}

/* The file of that name before this one, or NULL; notes it as file number n. */
static struct index_named_file *same_name(
	struct intern *names, struct index_named_file *files, size_t n, struct arena *arena)
{
	const struct index_page_file *file = files[n].file;
	struct str key = file->filename;
	if (file->place > 0) { /* one of find-links may stand beside one of the index */
		key = arena_printf(arena, "%u/" STR_FMT, file->place, STR_ARG(key));
	}
	uint32_t id = intern_id(names, key);
	return id < n ? &files[id] : NULL;
}

static size_t find_runs(const struct index_page *page, struct str name, struct arena *arena,
	size_t *ret_skipped, struct run **ret)
{
	VEC(struct run) runs = {0};
	struct index_named_file *files = arena_array(arena, struct index_named_file, page->n_files);
	AUTO(intern_done) struct intern names = {0};
	size_t n = 0;
	size_t n_twins = 0;
	for (size_t i = 0; i < page->n_files; i++) {
		files[n] = (struct index_named_file){.file = &page->files[i]};
		if (!keeps(&files[n], n > 0 ? &files[n - 1] : NULL, name)) {
			continue;
		}
		struct index_named_file *twin = same_name(&names, files, n, arena);
		if (twin != NULL) {
			settle(twin, &files[n], name);
			n_twins++;
			continue;
		}
		struct index_named_file *file = &files[n++];
		if (runs.n > 0 && str_eq(runs.p[runs.n - 1].files->name.version_text,
					  file->name.version_text)) {
			runs.p[runs.n - 1].n++;
		} else {
			*vec_push(arena, &runs) = (struct run){.files = file, .n = 1};
		}
	}
	*ret = runs.p;
	*ret_skipped = page->n_skipped + page->n_files - n - n_twins;
	return runs.n;
}

/* Newest version first; equal versions in the order of the page. */
static int newest_first(const void *a, const void *b)
{
	const struct run *left = a;
	const struct run *right = b;
	int order = version_compare(&right->files->name.version, &left->files->name.version);
	if (order != 0) {
		return order;
	}
	return left->files < right->files ? -1 : left->files > right->files;
}

/* n runs with equal versions as one group; their files are moved together when need be. */
static struct index_group gather(const struct run *runs, size_t n, struct arena *arena)
{
	if (n == 1) {
		return (struct index_group){runs[0].files, runs[0].n};
	}
	size_t n_files = 0;
	for (size_t i = 0; i < n; i++) {
		n_files += runs[i].n;
	}
	struct index_named_file *files = arena_array(arena, struct index_named_file, n_files);
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		memcpy(&files[at], runs[i].files, runs[i].n * sizeof(*files));
		at += runs[i].n;
	}
	return (struct index_group){files, n_files};
}

void index_project_pack(const struct index_page *page, struct str name, struct buf *ret)
{
	AUTO(arena_done) struct arena arena = {0};
	struct run *runs = NULL;
	size_t n_skipped;
	size_t n_runs = find_runs(page, name, &arena, &n_skipped, &runs);
	if (n_runs > 1) {
		qsort(runs, n_runs, sizeof(*runs), newest_first);
	}
	struct index_group *groups = arena_array(&arena, struct index_group, n_runs);
	size_t n = 0;
	for (size_t i = 0; i < n_runs;) {
		size_t same = 1;
		while (i + same < n_runs && version_compare(&runs[i].files->name.version,
						    &runs[i + same].files->name.version) == 0) {
			same++;
		}
		groups[n++] = gather(&runs[i], same, &arena);
		i += same;
	}
	struct index_page head = *page;
	head.n_skipped = n_skipped;
	index_page_pack(&head, groups, n, ret);
}

bool index_project_open(struct str bytes, struct str name, int64_t as_of_ms, struct arena *arena,
	struct index_project *ret)
{
	if (!index_page_open(bytes, as_of_ms, arena, ret)) {
		return false;
	}
	ret->name = name;
	return true;
}
