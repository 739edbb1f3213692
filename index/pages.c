#include "index/links.h"
#include "index/packed.h"
#include "index/project.h"
#include "index/recorded.h"
#include "index/state.h"
#include "index/url.h"
#include "packaging/name.h"
#include "common/banned.h"

static const struct str accept_page = STR_INIT("application/vnd.pypi.simple.v1+json, "
					       "application/vnd.pypi.simple.v1+html;q=0.2, "
					       "text/html;q=0.01");

static void page_fail(struct index_page_job *job, const struct err *err)
{
	job->fault = index_kept_err(job->index, err);
	job->state = ANSWER_FAILED;
}

static bool page_take(struct index_page_job *job, struct str packed)
{
	struct index *index = job->index;
	struct index_project *project = arena_new(&index->arena, struct index_project);
	if (!index_project_open(
		    packed, job->name, index->options.as_of_ms, &index->arena, project)) {
		return false;
	}
	project->source = job->place;
	project->source_alias = index->places[job->place].alias;
	job->project = project;
	job->state = ANSWER_KNOWN;
	index->fetcher.stats.pages++;
	if (job->started && index->listener != NULL) {
		index->listener->project(index->listener->data, project);
	}
	return true;
}

/* The page in the form of the cache. */
static bool page_fill(struct index_page_job *job, struct index_page *page, struct buf *ret)
{
	struct err err = {0};
	index_project_pack(page, job->name, ret);
	if (ret->full) {
		err_set(&err, ERR_NETWORK, "the page is too long");
		page_fail(job, &err);
	}
	return !ret->full;
}

/* The same from its text. */
static bool page_pack(struct index_page_job *job, struct str text, struct str content_type,
	struct str url, struct buf *ret)
{
	AUTO(arena_done) struct arena scratch = {0};
	struct index_page page;
	struct err err = {0};
	ret->max = INDEX_PAGE_MAX;
	const struct index_patience *patience =
		job->document != NULL ? &job->index->fetcher.patience : NULL;
	if (!index_page_parse_patiently(text, content_type, url, patience, &scratch, &page, &err)) {
		if (err.kind != ERR_INTERRUPTED) { /* then it is read when it is asked for again */
			page_fail(job, &err);
		}
		return false;
	}
	return page_fill(job, &page, ret);
}

/* The files that lie in the project's folder of a recorded index; false when there is none. */
static bool page_from_folder(struct index_page_job *job)
{
	AUTO(buf_done) struct buf packed = {.max = INDEX_PAGE_MAX};
	struct arena *arena = &job->index->arena;
	struct index_page page;
	bool found;
	struct err err = {0};
	if (!index_recorded_list(
		    job->index->places[job->place].url, job->name, arena, &page, &found, &err)) {
		page_fail(job, &err);
		return true;
	}
	if (found && page_fill(job, &page, &packed)) {
		(void)!page_take(job, arena_str(arena, buf_str(&packed)));
	}
	return found;
}
static void page_from_document(struct index_page_job *job)
{
	struct index_document *document = job->document;
	if (!document->from_network) {
		if (!page_take(job, document->body)) {
			index_document_again(document);
		}
		return;
	}
	AUTO(buf_done) struct buf packed = {0};
	if (page_pack(job, document->body, document->content_type, document->final_url, &packed)) {
		if (document->path.n > 0) {
			index_document_keep(document, buf_str(&packed));
		}
		index_document_replace(document, &packed);
		(void)!page_take(job, document->body);
	}
}

/* Ask a recorded index; false when it does not know the project. */
static bool page_from_record(struct index_page_job *job)
{
	struct arena *arena = &job->index->arena;
	struct str source = job->index->places[job->place].url;
	struct str text;
	struct str content_type;
	struct err err = {0};
	if (!index_recorded_page(source, job->name, arena, &text, &content_type, &err)) {
		page_fail(job, &err);
		return true;
	}
	if (text.p == NULL) {
		return page_from_folder(job);
	}
	AUTO(buf_done) struct buf packed = {0};
	struct str url = index_recorded_url(source, job->name, arena);
	if (page_pack(job, text, content_type, url, &packed)) {
		(void)!page_take(job, arena_str(arena, buf_str(&packed)));
	}
	return true;
}

static void page_arrived(void *data);

/* The next source from this one on that may serve the project: a pinned one has a single source. */
static size_t next_place(const struct index_page_job *job, size_t from)
{
	const struct index *index = job->index;
	size_t n = index->options.n_sources;
	if (job->pinned) {
		return from == job->place ? from : n;
	}
	while (from < n && index->places[from].only_pinned) {
		from++;
	}
	return from;
}

/* Ask the job's source, and those behind it as long as they answer at once that they do not know. */
static void page_start(struct index_page_job *job)
{
	struct index *index = job->index;
	for (size_t at = next_place(job, job->place); at < index->options.n_sources;
		at = next_place(job, at + 1)) {
		const struct index_place *place = &index->places[at];
		job->place = at;
		if (place->recorded) {
			if (page_from_record(job)) {
				return;
			}
			continue;
		}
		struct str url = arena_printf(&index->arena, STR_FMT "/" STR_FMT "/",
			STR_ARG(place->url), STR_ARG(job->name));
		struct index_document *document = index_new_document(index, place, url);
		document->accept = accept_page;
		document->max = INDEX_PAGE_MAX;
		document->arrived = page_arrived;
		document->data = job;
		job->document = document;
		index_document_start(&index->fetcher, document);
		if (document->state != DOCUMENT_READY || document->status != 404) {
			return;
		}
	}
	job->state = ANSWER_NONE;
}

/* The job's source does not know the project. */
static void page_next(struct index_page_job *job)
{
	if (job->pinned) {
		job->state = ANSWER_NONE;
	} else {
		job->place++;
		page_start(job);
	}
}

/* The document of the job is there, or will not come. */
static void page_arrived(void *data)
{
	struct index_page_job *job = data;
	struct index_document *document = job->document;
	if (document->state == DOCUMENT_FAILED) {
		page_fail(job, document->fault);
	} else if (document->status == 404) {
		index_document_keep(document, S(""));
		page_next(job);
	} else {
		page_from_document(job);
	}
}

static struct index_page_job *page_job(struct index *index, struct str name)
{
	uint32_t id = intern_id(&index->names, name);
	if (id < index->pages.n && index->pages.p[id] != NULL) {
		return index->pages.p[id];
	}
	struct index_page_job *job = arena_new(&index->arena, struct index_page_job);
	if (id == index->pages.n) {
		(void)vec_push(&index->arena, &index->pages);
	}
	index->pages.p[id] = job;
	index_links_start(index);
	job->index = index;
	job->name = intern_str(&index->names, id);
	for (size_t i = 0; i < index->options.n_pins && !job->pinned; i++) {
		job->pinned = str_eq(index->pins[i].name, name);
		job->place = job->pinned ? index->pins[i].source : 0;
	}
	if (name_is_valid(name)) {
		page_start(job);
	} else {
		job->state = ANSWER_NONE;
	}
	job->started = true;
	return job;
}

void index_want_project(struct index *index, struct str name)
{
	page_job(index, name);
	index_fetcher_drive(&index->fetcher);
}

const struct index_project *index_project_known(const struct index *index, struct str name)
{
	uint32_t id = intern_find(&index->names, name);
	bool known = id != INTERN_NONE && index->pages.p[id] != NULL;
	return known ? index->pages.p[id]->project : NULL;
}

bool index_project(
	struct index *index, struct str name, const struct index_project **ret, struct err *err)
{
	if (!index_fetcher_goes_on(&index->fetcher, err)) {
		return false;
	}
	struct index_page_job *job = page_job(index, name);
	while (job->state == ANSWER_ASKED) {
		if (job->document->state != DOCUMENT_WAITING) {
			page_arrived(job);
			if (!index_fetcher_goes_on(&index->fetcher, err)) {
				return false;
			}
			continue;
		}
		if (!index_document_wait(job->document, err) && err->kind == ERR_INTERRUPTED) {
			return false;
		}
	}
	if (job->state == ANSWER_FAILED) {
		*err = *job->fault;
		return err_prefix(err, "project '" STR_FMT "'", STR_ARG(job->name));
	}
	if (!job->merged && !job->pinned && index->options.n_links > 0 &&
		!index_links_merge(index, job->name, job->project, &job->project, err)) {
		return false;
	}
	job->merged = true;
	*ret = job->project;
	return true;
}
