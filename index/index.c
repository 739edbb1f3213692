#include "index/index.h"
#include "common/clock.h"
#include "common/hash.h"
#include "common/intern.h"
#include "common/vec.h"
#include "index/document.h"
#include "index/project.h"
#include "index/recorded.h"
#include "index/url.h"
#include "packaging/name.h"
#include "common/banned.h"

static const struct str accept_page = STR_INIT("application/vnd.pypi.simple.v1+json, "
					       "application/vnd.pypi.simple.v1+html;q=0.2, "
					       "text/html;q=0.01");

enum { MISSING_FRESH_MS = 600 * 1000, HOST_FRESH_MS = 24 * 3600 * 1000 };

struct source {
	struct str alias;
	struct str url; /* without credentials and without '/' at the end */
	struct str userinfo, origin;
	bool recorded;
};

enum answer_state { ANSWER_ASKED, ANSWER_KNOWN, ANSWER_NONE, ANSWER_FAILED };

/* A project's page: asked of one source after the other until one knows it. */
struct page_job {
	struct index *index;
	struct str name;
	size_t source;
	enum answer_state state;
	struct index_document *document; /* of the source asked now; NULL for recorded ones */
	const struct index_project *project;
	const struct err *fault;
};

/* Does a host answer URL.metadata that its pages do not announce? Asked once, remembered a day. */
enum host_state { HOST_UNKNOWN, HOST_ANSWERS, HOST_DOES_NOT };

struct host {
	struct str key, path; /* in the cache */
	enum host_state state;
};

struct metadata_job {
	struct index *index;
	struct str project;
	const struct index_file *file;
	struct host *host; /* NULL when the metadata was announced */
	enum answer_state state;
	struct index_document *document;
	bool asked_again;
	const struct metadata *metadata;
	const struct err *fault;
};

struct index {
	struct arena arena;
	struct index_options options;
	struct source *sources;
	struct index_fetcher fetcher;
	struct intern names, files, origins; /* keys of the three below */
	VEC(struct page_job *) pages;
	VEC(struct metadata_job *) metadata;
	VEC(struct host *) hosts;
	VEC(struct index_document *) documents; /* to be freed */
};

/* --- open and close --- */

static bool source_init(
	struct index *index, const struct index_source *from, struct source *ret, struct err *err)
{
	struct arena *arena = &index->arena;
	struct index_url parts;
	bool split = index_url_split(from->url, &parts);
	bool web = split && parts.host.n > 0 &&
		   (str_ieq(parts.scheme, S("https")) || str_ieq(parts.scheme, S("http")));
	bool recorded =
		split && parts.host.n == 0 && str_eq(parts.scheme, S("file")) && parts.path.n > 0;
	if (!web && !recorded) {
		AUTO(buf_done) struct buf shown = {0};
		buf_add_shown(&shown, index_url_public(from->url, arena), true);
		err_hint(err, "give an https:// address or file:///folder");
		return err_set(err, ERR_USAGE, "'" STR_FMT "' is no address of an index",
			STR_ARG(buf_str(&shown)));
	}
	struct str url = arena_str(arena, index_url_public(from->url, arena));
	while (url.n > 0 && url.p[url.n - 1] == '/') {
		url.n--;
	}
	*ret = (struct source){
		.alias = from->alias.n > 0 ? arena_str(arena, from->alias) : url,
		.url = url,
		.userinfo = arena_str(arena, parts.userinfo),
		.origin = index_url_origin(url, arena),
		.recorded = recorded,
	};
	return true;
}

struct index *index_new(const struct index_options *options, struct err *err)
{
	struct index *index = calloc(1, sizeof(*index));
	if (index == NULL) {
		arena_die("out of memory");
	}
	index->options = *options;
	index->options.cache_dir = arena_str(&index->arena, options->cache_dir);
	index->options.sources = NULL;
	index->sources = arena_array(&index->arena, struct source, options->n_sources);
	index->fetcher.options = &index->options;
	index->fetcher.arena = &index->arena;
	for (size_t i = 0; i < options->n_sources; i++) {
		if (!source_init(index, &options->sources[i], &index->sources[i], err)) {
			index_free(index);
			return NULL;
		}
	}
	return index;
}

void index_free(struct index *index)
{
	if (index == NULL) {
		return;
	}
	index_fetcher_done(&index->fetcher);
	for (size_t i = 0; i < index->documents.n; i++) {
		index_document_done(index->documents.p[i]);
	}
	intern_done(&index->names);
	intern_done(&index->files);
	intern_done(&index->origins);
	arena_done(&index->arena);
	free(index);
}

void index_freep(struct index **index)
{
	index_free(*index);
	*index = NULL;
}

struct index_stats index_stats(const struct index *index)
{
	return index->fetcher.stats;
}

static const struct err *kept_err(struct index *index, const struct err *err)
{
	struct err *kept = arena_new(&index->arena, struct err);
	*kept = *err;
	return kept;
}

static struct index_document *new_document(
	struct index *index, const struct source *source, struct str url)
{
	struct index_document *document = arena_new(&index->arena, struct index_document);
	document->source = source->url;
	document->url = url;
	bool same = str_eq(index_url_origin(url, &index->arena), source->origin);
	document->userinfo = same ? source->userinfo : S("");
	document->accept = S("");
	*vec_push(&index->arena, &index->documents) = document;
	return document;
}

/* --- pages --- */

static void page_fail(struct page_job *job, const struct err *err)
{
	job->fault = kept_err(job->index, err);
	job->state = ANSWER_FAILED;
}

static bool page_take(
	struct page_job *job, struct str text, struct str content_type, struct str url)
{
	struct index *index = job->index;
	struct index_page page;
	struct err err = {0};
	if (!index_page_parse(text, content_type, url, &index->arena, &page, &err)) {
		page_fail(job, &err);
		return false;
	}
	struct index_project *project = arena_new(&index->arena, struct index_project);
	index_project_build(&page, job->name, index->options.as_of_ms, &index->arena, project);
	project->source = job->source;
	project->source_alias = index->sources[job->source].alias;
	job->project = project;
	job->state = ANSWER_KNOWN;
	index->fetcher.stats.pages++;
	return true;
}

/* Ask a recorded index; false when it does not know the project. */
static bool page_from_record(struct page_job *job)
{
	struct arena *arena = &job->index->arena;
	struct str source = job->index->sources[job->source].url;
	struct str text;
	struct str content_type;
	struct err err = {0};
	if (!index_recorded_page(source, job->name, arena, &text, &content_type, &err)) {
		page_fail(job, &err);
		return true;
	}
	if (text.p == NULL) {
		return false;
	}
	page_take(job, text, content_type, index_recorded_url(source, job->name, arena));
	return true;
}

static void page_arrived(void *data);

/* Ask the job's source, and those behind it as long as they answer at once that they do not know. */
static void page_start(struct page_job *job)
{
	struct index *index = job->index;
	for (; job->source < index->options.n_sources; job->source++) {
		const struct source *source = &index->sources[job->source];
		if (source->recorded) {
			if (page_from_record(job)) {
				return;
			}
			continue;
		}
		struct str url = arena_printf(&index->arena, STR_FMT "/" STR_FMT "/",
			STR_ARG(source->url), STR_ARG(job->name));
		struct index_document *document = new_document(index, source, url);
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

/* The document of the job is there, or will not come. */
static void page_arrived(void *data)
{
	struct page_job *job = data;
	struct index_document *document = job->document;
	if (document->state == DOCUMENT_FAILED) {
		page_fail(job, document->fault);
	} else if (document->status == 404) {
		index_document_keep(document);
		job->source++;
		page_start(job);
	} else if (page_take(job, document->body, document->content_type, document->final_url)) {
		index_document_keep(document);
	}
}

static struct page_job *page_job(struct index *index, struct str name)
{
	uint32_t id = intern_id(&index->names, name);
	if (id < index->pages.n) {
		return index->pages.p[id];
	}
	struct page_job *job = arena_new(&index->arena, struct page_job);
	*vec_push(&index->arena, &index->pages) = job;
	job->index = index;
	job->name = intern_str(&index->names, id);
	if (name_is_valid(name)) {
		page_start(job);
	} else {
		job->state = ANSWER_NONE;
	}
	return job;
}

void index_want_project(struct index *index, struct str name)
{
	page_job(index, name);
	index_fetcher_drive(&index->fetcher);
}

bool index_project(
	struct index *index, struct str name, const struct index_project **ret, struct err *err)
{
	struct page_job *job = page_job(index, name);
	while (job->state == ANSWER_ASKED) {
		if (job->document->state != DOCUMENT_WAITING) {
			page_arrived(job);
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
	*ret = job->project;
	return true;
}

/* --- metadata --- */

static struct host *host_of(struct index *index, struct str url)
{
	struct arena *arena = &index->arena;
	uint32_t id = intern_id(&index->origins, index_url_origin(url, arena));
	if (id < index->hosts.n) {
		return index->hosts.p[id];
	}
	struct host *host = arena_new(arena, struct host);
	*vec_push(arena, &index->hosts) = host;
	host->key = index_cache_key(
		S("metadata without announcement"), intern_str(&index->origins, id), arena);
	host->path = index_cache_path(index->options.cache_dir, host->key, arena);
	AUTO(buf_done) struct buf storage = {0};
	struct index_cache_entry entry;
	if (index_cache_read(host->path, host->key, &storage, &entry) &&
		clock_now_ms() < entry.fresh_until_ms && !index->options.refresh) {
		host->state = entry.status == 200 ? HOST_ANSWERS : HOST_DOES_NOT;
	}
	return host;
}

/* One answer is enough to know that the host has them; a later 404 is about that file alone. */
static void host_learn(struct host *host, bool answers)
{
	if (host == NULL || host->state == HOST_ANSWERS ||
		(host->state == HOST_DOES_NOT && !answers)) {
		return;
	}
	host->state = answers ? HOST_ANSWERS : HOST_DOES_NOT;
	struct index_cache_entry entry = {
		.status = answers ? 200 : 404,
		.fetched_ms = clock_now_ms(),
		.fresh_until_ms = clock_now_ms() + HOST_FRESH_MS,
	};
	index_cache_write(host->path, host->key, &entry);
}

static void metadata_fail(struct metadata_job *job, const struct err *err)
{
	job->fault = kept_err(job->index, err);
	job->state = ANSWER_FAILED;
}

static bool has_announced_hash(const struct metadata_job *job, struct str text)
{
	char hex[HASH_HEX + 1];
	if (job->file->metadata_sha256.n == 0) {
		return true;
	}
	hash_sha256_hex(text, hex);
	return str_eq(str_from(hex), job->file->metadata_sha256);
}

/* Is it about the file that we asked for? */
static bool matches(
	const struct metadata_job *job, const struct metadata *metadata, struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(buf_done) struct buf shown = {0};
	struct version version;
	if (!str_eq(name_normal(metadata->name, &arena), job->project)) {
		buf_add_shown(&shown, str_slice(metadata->name, 0, 100), true);
		return err_set(err, ERR_INPUT, "it is about another project, '" STR_FMT "'",
			STR_ARG(buf_str(&shown)));
	}
	if (!version_parse(metadata->version, &version) ||
		version_compare(&version, &job->file->name.version) != 0) {
		buf_add_shown(&shown, str_slice(metadata->version, 0, 100), true);
		return err_set(err, ERR_INPUT, "it is about another version, '" STR_FMT "'",
			STR_ARG(buf_str(&shown)));
	}
	return true;
}

static bool metadata_take(struct metadata_job *job, struct str text)
{
	struct arena *arena = &job->index->arena;
	struct metadata *metadata = arena_new(arena, struct metadata);
	struct err err = {0};
	bool good = has_announced_hash(job, text);
	if (!good) {
		err_set(&err, ERR_INPUT, "its hash is not the one that the index announces");
		err_hint(&err, "report this to the keeper of the index");
	}
	good = good && metadata_parse(text, arena, metadata, &err) && matches(job, metadata, &err);
	if (!good) {
		err.kind = ERR_INPUT;
		metadata_fail(job, &err);
		return false;
	}
	job->metadata = metadata;
	job->state = ANSWER_KNOWN;
	job->index->fetcher.stats.metadata_documents++;
	return true;
}

static void metadata_arrived(void *data)
{
	struct metadata_job *job = data;
	struct index_document *document = job->document;
	if (document->state == DOCUMENT_FAILED) {
		metadata_fail(job, document->fault);
		return;
	}
	if (document->status == 404) {
		job->state = ANSWER_NONE;
		host_learn(job->host, false);
		document->fresh_until_ms = clock_now_ms() + MISSING_FRESH_MS;
		index_document_keep(document);
		return;
	}
	host_learn(job->host, true);
	bool from_copy = !document->from_network;
	if (from_copy && !job->asked_again && !has_announced_hash(job, document->body)) {
		job->asked_again = true;
		index_document_again(document);
		return;
	}
	if (metadata_take(job, document->body)) {
		index_document_keep(document);
	}
}

static void metadata_from_record(struct metadata_job *job, const struct source *source)
{
	struct str text;
	struct err err = {0};
	if (!index_recorded_metadata(source->url, job->project, job->file->filename, job->file->url,
		    &job->index->arena, &text, &err)) {
		metadata_fail(job, &err);
	} else if (text.p == NULL) {
		job->state = ANSWER_NONE;
	} else {
		metadata_take(job, text);
	}
}

/* "https://host/x.whl.metadata", in front of a query. */
static struct str metadata_url(struct str url, struct arena *arena)
{
	ptrdiff_t query = str_find_char(url, '?');
	size_t at = query < 0 ? url.n : (size_t)query;
	return arena_printf(arena, STR_FMT ".metadata" STR_FMT, STR_ARG(str_slice(url, 0, at)),
		STR_ARG(str_skip(url, at)));
}

static void metadata_start(struct metadata_job *job, const struct index_project *project)
{
	struct index *index = job->index;
	const struct source *source = &index->sources[project->source];
	const struct index_file *file = job->file;
	bool announced = file->metadata_state == 1;
	if (source->recorded) {
		metadata_from_record(job, source);
		return;
	}
	if (!announced) {
		bool worth_a_try = file->name.kind == FILENAME_WHEEL && !file->metadata_denied &&
				   !project->announces_metadata;
		job->host = worth_a_try ? host_of(index, file->url) : NULL;
		if (!worth_a_try || job->host->state == HOST_DOES_NOT) {
			job->state = ANSWER_NONE;
			return;
		}
	}
	if (str_starts(source->origin, S("https://")) && !str_starts(file->url, S("https://"))) {
		struct err err = {0};
		err_hint(&err, "ask the keeper of the index for https links");
		err_set(&err, ERR_INPUT, "the https index links to it without https");
		metadata_fail(job, &err);
		return;
	}
	job->document = new_document(index, source, metadata_url(file->url, &index->arena));
	job->document->max = METADATA_MAX;
	job->document->immutable = true;
	job->document->arrived = metadata_arrived;
	job->document->data = job;
	index_document_start(&index->fetcher, job->document);
}

static struct metadata_job *metadata_job(
	struct index *index, const struct index_project *project, const struct index_file *file)
{
	AUTO(arena_done) struct arena arena = {0};
	const struct source *source = &index->sources[project->source];
	uint32_t id = intern_id(&index->files, index_cache_key(source->url, file->url, &arena));
	if (id < index->metadata.n) {
		return index->metadata.p[id];
	}
	struct metadata_job *job = arena_new(&index->arena, struct metadata_job);
	*vec_push(&index->arena, &index->metadata) = job;
	job->index = index;
	job->project = project->name;
	job->file = file;
	metadata_start(job, project);
	return job;
}

void index_want_metadata(
	struct index *index, const struct index_project *project, const struct index_file *file)
{
	metadata_job(index, project, file);
	index_fetcher_drive(&index->fetcher);
}

bool index_metadata(struct index *index, const struct index_project *project,
	const struct index_file *file, const struct metadata **ret, struct err *err)
{
	struct metadata_job *job = metadata_job(index, project, file);
	while (job->state == ANSWER_ASKED) {
		if (job->document->state != DOCUMENT_WAITING) {
			metadata_arrived(job);
			continue;
		}
		if (!index_document_wait(job->document, err) && err->kind == ERR_INTERRUPTED) {
			return false;
		}
	}
	if (job->state == ANSWER_FAILED) {
		AUTO(buf_done) struct buf shown = {0};
		buf_add_shown(&shown, file->filename, true);
		*err = *job->fault;
		return err_prefix(err, "metadata of '" STR_FMT "'", STR_ARG(buf_str(&shown)));
	}
	*ret = job->metadata;
	return true;
}
