#include "index/links.h"
#include <sys/stat.h>
#include "common/fs.h"
#include "index/local.h"
#include "index/project.h"
#include "index/url.h"
#include "common/banned.h"

static const struct index_place *place_of(
	const struct index *index, const struct index_links *links)
{
	return &index->places[links->place];
}

/* The page of a web address, as an index asks for its own. */
static void start_web(struct index *index, struct index_links *links)
{
	struct index_document *document =
		index_new_document(index, place_of(index, links), place_of(index, links)->url);
	document->accept = S("text/html, application/vnd.pypi.simple.v1+json;q=0.9");
	document->max = INDEX_PAGE_MAX;
	document->is_file = true; /* as it came: only pages of projects are kept packed */
	links->document = document;
	index_document_start(&index->fetcher, document);
}

void index_links_start(struct index *index)
{
	for (size_t i = 0; i < index->options.n_links; i++) {
		struct index_links *links = &index->links[i];
		if (links->state == LINKS_NEW && !place_of(index, links)->local) {
			start_web(index, links);
			links->state = LINKS_ASKED;
		}
	}
}

static bool parse(struct index *index, struct str text, struct str content_type, struct str url,
	struct index_links *links, struct err *err)
{
	return index_page_parse(text, content_type, url, &index->arena, &links->page, err);
}

static bool load_local(struct index *index, struct index_links *links, struct err *err)
{
	struct arena *arena = &index->arena;
	struct str path;
	struct stat st;
	struct str text;
	if (!index_local_path(place_of(index, links)->url, arena, &path) ||
		stat(arena_cstr(arena, path), &st) != 0) {
		err_hint(err, "check the path");
		return err_set(err, ERR_NETWORK, "there is nothing at '" STR_FMT "'",
			STR_ARG(place_of(index, links)->url));
	}
	if (S_ISDIR(st.st_mode)) {
		return index_local_folder(path, arena, &links->page, err);
	}
	if (!fs_read(arena_cstr(arena, path), INDEX_PAGE_MAX, arena, &text, err)) {
		err->kind = ERR_NETWORK;
		return false;
	}
	return parse(index, text, S("text/html"), place_of(index, links)->url, links, err);
}

static bool load_web(struct index *index, struct index_links *links, struct err *err)
{
	struct index_document *document = links->document;
	if (!index_document_wait(document, err)) {
		return false;
	}
	if (document->status != 200) {
		err_hint(err, "check the address");
		return err_set(err, ERR_NETWORK, "'" STR_FMT "' answers HTTP %d",
			STR_ARG(place_of(index, links)->url), document->status);
	}
	return parse(
		index, document->body, document->content_type, document->final_url, links, err);
}

static bool load(struct index *index, struct index_links *links, struct err *err)
{
	if (links->state == LINKS_READY) {
		return true;
	}
	index_links_start(index);
	bool loaded = place_of(index, links)->local ? load_local(index, links, err)
						    : load_web(index, links, err);
	if (!loaded) {
		return err->kind != ERR_INTERRUPTED && err_prefix(err, "--find-links");
	}
	links->state = LINKS_READY;
	return true;
}

/* Could this file be of the project? A quick look before its name is taken apart. */
static bool may_be_of(struct str filename, struct str name)
{
	size_t at = 0;
	for (size_t i = 0; i < filename.n && at < name.n; i++) {
		char c = char_lower(filename.p[i]);
		bool separator = c == '-' || c == '_' || c == '.';
		if (separator && i > 0 && at > 0 && name.p[at - 1] == '-' &&
			(filename.p[i - 1] == '-' || filename.p[i - 1] == '_' ||
				filename.p[i - 1] == '.')) {
			continue;
		}
		if (name.p[at] != (separator ? '-' : c)) {
			return false;
		}
		at++;
	}
	return at == name.n;
}

typedef VEC(struct index_page_file) file_vec;

static void add_links(
	struct index *index, size_t at, struct str name, struct arena *arena, file_vec *files)
{
	const struct index_page *page = &index->links[at].page;
	for (size_t i = 0; i < page->n_files; i++) {
		if (may_be_of(page->files[i].filename, name)) {
			struct index_page_file *file = vec_push(arena, files);
			*file = page->files[i];
			file->place = (uint32_t)(index->options.n_sources + at) + 1;
		}
	}
}

static void add_project(const struct index_project *project, struct arena *arena, file_vec *files)
{
	for (size_t r = 0; r < project->n_releases; r++) {
		const struct index_file *all = index_release_files(project, &project->releases[r]);
		for (size_t i = 0; i < project->releases[r].n_files; i++) {
			const struct index_file *file = &all[i];
			*vec_push(arena, files) = (struct index_page_file){
				.filename = file->filename,
				.url = file->url,
				.sha256 = file->sha256,
				.requires_python = file->requires_python,
				.yanked = file->yanked,
				.metadata_sha256 = file->metadata_sha256,
				.size = file->size,
				.upload_ms = file->upload_ms,
				.is_yanked = file->is_yanked,
				.is_refused = file->is_refused,
				.metadata_announced = file->metadata_state == 1,
				.metadata_denied = file->metadata_denied,
				.place = (uint32_t)project->source + 1,
			};
		}
	}
}

/* One project of all the files; those of the links first, so that they win where nothing else decides. */
static bool rebuild(struct index *index, struct str name, const struct index_project *project,
	const file_vec *files, const struct index_project **ret)
{
	AUTO(buf_done) struct buf packed = {.max = INDEX_PAGE_MAX};
	struct index_page page = {.status = project == NULL ? S("active") : project->status,
		.files = files->p,
		.n_files = files->n,
		.has_metadata = project != NULL && project->announces_metadata};
	struct index_project *made = arena_new(&index->arena, struct index_project);
	index_project_pack(&page, name, &packed);
	if (packed.full || !index_project_open(arena_str(&index->arena, buf_str(&packed)), name,
				   index->options.as_of_ms, &index->arena, made)) {
		return false;
	}
	size_t first = files->n > 0 ? files->p[0].place - 1 : 0;
	made->source = project != NULL ? project->source : first;
	made->source_alias = index->places[made->source].alias;
	made->n_undated += project == NULL ? 0 : project->n_undated;
	made->n_skipped = project == NULL ? 0 : project->n_skipped;
	*ret = made;
	return true;
}

bool index_links_merge(struct index *index, struct str name, const struct index_project *project,
	const struct index_project **ret, struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	file_vec files = {0};
	for (size_t i = 0; i < index->options.n_links; i++) {
		if (!load(index, &index->links[i], err)) {
			return false;
		}
		add_links(index, i, name, &arena, &files);
	}
	*ret = project;
	if (files.n == 0) {
		return true;
	}
	if (project != NULL) {
		add_project(project, &arena, &files);
	}
	return rebuild(index, name, project, &files, ret) ||
	       err_set(err, ERR_NETWORK, "too many files of '" STR_FMT "'", STR_ARG(name));
}
