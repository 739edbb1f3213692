#include "common/clock.h"
#include "common/hash.h"
#include "common/log.h"
#include "common/fs.h"
#include "index/local.h"
#include "index/recorded.h"
#include "index/sdist.h"
#include "index/state.h"
#include "index/url.h"
#include "packaging/name.h"
#include "common/banned.h"

enum {
	MISSING_FRESH_MS = 600 * 1000,
	SDISTS_USELESS_MAX = 4,
};

static void metadata_fail(struct index_metadata_job *job, const struct err *err)
{
	job->fault = index_kept_err(job->index, err);
	job->state = ANSWER_FAILED;
}

static bool has_announced_hash(const struct index_metadata_job *job, struct str text)
{
	char hex[HASH_HEX + 1];
	if (job->file->metadata_sha256.n == 0 || job->built) {
		return true;
	}
	hash_sha256_hex(text, hex);
	return str_eq(str_from(hex), job->file->metadata_sha256);
}

/* Is it about the file that we asked for? */
static bool matches(
	const struct index_metadata_job *job, const struct metadata *metadata, struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(buf_done) struct buf shown = {0};
	struct version version;
	if (!str_eq(name_normal(metadata->name, &arena), job->project->name)) {
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

static void metadata_remember(const struct index_metadata_job *job);

/* False when it cannot be used. An sdist whose metadata is left to its build has no answer (NULL). */
static bool metadata_take(struct index_metadata_job *job, struct str text)
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
	bool counts = job->file->name.kind != FILENAME_SDIST || job->built ||
		      index_sdist_is_static(metadata);
	job->metadata = counts ? metadata : NULL;
	job->state = counts ? ANSWER_KNOWN : ANSWER_NONE;
	job->index->fetcher.stats.metadata_documents++;
	metadata_remember(job);
	const struct index_listener *listener = job->index->listener;
	if (job->started && counts && listener != NULL) {
		listener->metadata(listener->data, job->project, metadata);
	}
	return true;
}

/* --- METADATA out of the wheel itself, piece by piece --- */

/* What a wheel holds (200), or that it cannot be had (404, for a while), is kept under its own key. */
static struct str wheel_key(const struct index_metadata_job *job)
{
	struct index *index = job->index;
	bool direct = job->place >= index->options.n_sources + index->options.n_links;
	struct str url = arena_printf(&index->arena, STR_FMT "#METADATA" STR_FMT,
		STR_ARG(job->file->url), STR_ARG(direct ? job->file->sha256 : S("")));
	return index_cache_key(index->places[job->place].url, url, &index->arena);
}

/* An address that an index did not give, without a hash: tomorrow it may be another wheel. */
static bool may_change(const struct index_metadata_job *job)
{
	const struct index_options *options = &job->index->options;
	return job->place >= options->n_sources + options->n_links && job->file->sha256.n == 0;
}

static bool wheel_from_cache(struct index_metadata_job *job)
{
	struct index *index = job->index;
	if (may_change(job)) {
		return false;
	}
	struct str key = wheel_key(job);
	struct str path = index_cache_path(index->options.cache_dir, key, &index->arena);
	AUTO(buf_done) struct buf storage = {0};
	struct index_cache_entry entry;
	if (!index_cache_read(path, key, &storage, &entry)) {
		return false;
	}
	const struct index_options *options = &index->options;
	bool fresh = clock_now_ms() < entry.fresh_until_ms && !options->refresh;
	if (entry.status == 404 && (fresh || options->offline)) {
		job->state = ANSWER_NONE;
		return true;
	}
	if (entry.status != 200 || !has_announced_hash(job, entry.body)) {
		return false;
	}
	metadata_take(job, arena_str(&index->arena, entry.body));
	return true;
}

static void wheel_keep(struct index_metadata_job *job, int status, struct str text)
{
	struct index *index = job->index;
	if (may_change(job)) {
		return;
	}
	struct str key = wheel_key(job);
	struct str path = index_cache_path(index->options.cache_dir, key, &index->arena);
	int64_t now = clock_now_ms();
	struct index_cache_entry entry = {
		.status = status,
		.fetched_ms = now,
		.fresh_until_ms = now + MISSING_FRESH_MS,
		.url = job->file->url,
		.body = text,
	};
	index_cache_write(path, key, &entry);
}

static void wheel_arrived(void *data);

static void wheel_ask(struct index_metadata_job *job, struct str range, size_t max)
{
	struct index *index = job->index;
	job->document = index_new_document(index, &index->places[job->place], job->file->url);
	job->document->range = range;
	job->document->max = max;
	job->document->arrived = wheel_arrived;
	job->document->data = job;
	index_document_start(&index->fetcher, job->document);
}

/* Note the piece that came; false when it is none. */
static bool add_piece(struct index_metadata_job *job)
{
	const struct index_document *document = job->document;
	struct index_piece *piece = &job->pieces[job->n_pieces];
	if (document->status == 200) { /* the host does not know ranges and sent all of it */
		piece->at = 0;
		job->wheel_size = document->body.n;
	} else if (document->status != 206 ||
		   !index_wheeltail_range(document->content_range, &piece->at, &job->wheel_size)) {
		return false;
	}
	piece->bytes = document->body;
	job->n_pieces++;
	return true;
}

static void wheel_arrived(void *data)
{
	struct index_metadata_job *job = data;
	struct arena *arena = &job->index->arena;
	struct err err = {0};
	struct str text;
	uint64_t at;
	size_t need;
	if (job->document->state == DOCUMENT_FAILED) {
		metadata_fail(job, job->document->fault);
		return;
	}
	enum index_wheeltail got = WHEELTAIL_BAD;
	if (add_piece(job)) {
		got = index_wheeltail_read(job->pieces, job->n_pieces, job->wheel_size, arena,
			&text, &at, &need, &err);
	}
	if (got == WHEELTAIL_DONE) {
		if (metadata_take(job, text)) {
			wheel_keep(job, 200, text);
		}
	} else if (got == WHEELTAIL_MORE && job->n_pieces < WHEELTAIL_PIECES_MAX) {
		struct str range = arena_printf(arena, "bytes=%llu-%llu", (unsigned long long)at,
			(unsigned long long)(at + need - 1));
		wheel_ask(job, range, WHEELTAIL_NEED_MAX);
	} else {
		log_debug("index", "no metadata in the wheel file=" STR_FMT " why=%s",
			STR_ARG(job->file->filename), err.message);
		wheel_keep(job, 404, S(""));
		job->state = ANSWER_NONE;
	}
}

static void wheel_start(struct index_metadata_job *job)
{
	if (job->file->name.kind != FILENAME_WHEEL) {
		job->state = ANSWER_NONE;
	} else if (!wheel_from_cache(job)) {
		struct str range =
			arena_printf(&job->index->arena, "bytes=-%d", (int)WHEELTAIL_FIRST);
		wheel_ask(job, range, WHEELTAIL_NEED_MAX);
	}
}

/* --- PKG-INFO out of an sdist --- */

static void sdist_fail(struct index_metadata_job *job, const char *why)
{
	struct err err = {0};
	err_set(&err, ERR_INPUT, "%s", why);
	metadata_fail(job, &err);
}

/* The hash is part of the key: another file under the same address is asked for anew. */
static struct str sdist_key(const struct index_metadata_job *job)
{
	struct index *index = job->index;
	struct str url = arena_printf(&index->arena, STR_FMT "#metadata of " STR_FMT,
		STR_ARG(job->file->url), STR_ARG(job->file->sha256));
	return index_cache_key(index->places[job->place].url, url, &index->arena);
}

/* What it says of itself (200), kept for ever; or why that cannot be had (404), kept for a while. */
static void sdist_keep(const struct index_metadata_job *job, int status, struct str text)
{
	struct index *index = job->index;
	struct str key = sdist_key(job);
	int64_t now = clock_now_ms();
	struct index_cache_entry entry = {
		.status = status,
		.fetched_ms = now,
		.fresh_until_ms = now + MISSING_FRESH_MS,
		.url = job->file->url,
		.body = text,
	};
	index_cache_write(
		index_cache_path(index->options.cache_dir, key, &index->arena), key, &entry);
}

static bool sdist_from_cache(struct index_metadata_job *job)
{
	struct index *index = job->index;
	const struct index_options *options = &index->options;
	struct str key = sdist_key(job);
	struct str path = index_cache_path(options->cache_dir, key, &index->arena);
	AUTO(buf_done) struct buf storage = {0};
	struct index_cache_entry entry;
	if (!index_cache_read(path, key, &storage, &entry)) {
		return false;
	}
	bool fresh = clock_now_ms() < entry.fresh_until_ms && !options->refresh;
	if (entry.status == 404 && (fresh || options->offline)) {
		sdist_fail(job, arena_cstr(&index->arena, entry.body));
		return true;
	}
	return entry.status == 200 && has_announced_hash(job, entry.body) &&
	       metadata_take(job, arena_str(&index->arena, entry.body));
}

static bool is_the_file(const struct index_file *file, struct str bytes)
{
	char hex[HASH_HEX + 1];
	if (file->sha256.n == 0) {
		return true;
	}
	hash_sha256_hex(bytes, hex);
	return str_ieq(str_from(hex), file->sha256);
}

/* --- what a build of an sdist says, when the user allows one --- */

static bool is_build_allowed(const struct index_metadata_job *job)
{
	const struct index_builder *builder = job->index->builder;
	return builder != NULL && builder->allows(builder->data, job->project->name);
}

static struct str built_key(const struct index_metadata_job *job)
{
	struct index *index = job->index;
	struct str url = arena_printf(&index->arena, STR_FMT "#built " STR_FMT " " STR_FMT,
		STR_ARG(job->file->url), STR_ARG(job->file->sha256), STR_ARG(index->builder->key));
	return index_cache_key(index->places[job->place].url, url, &index->arena);
}

/* The same file, built before: of one that has no hash nobody knows that it is the same. */
static bool built_from_cache(struct index_metadata_job *job)
{
	struct index *index = job->index;
	AUTO(buf_done) struct buf storage = {0};
	struct index_cache_entry entry;
	if (job->file->sha256.n == 0 || !is_build_allowed(job)) {
		return false;
	}
	struct str key = built_key(job);
	struct str path = index_cache_path(index->options.cache_dir, key, &index->arena);
	job->built = index_cache_read(path, key, &storage, &entry) && entry.status == 200 &&
		     !index->options.refresh;
	job->built = job->built && metadata_take(job, arena_str(&index->arena, entry.body));
	return job->built;
}

/* Its code is run. */
static void sdist_build(struct index_metadata_job *job, struct str bytes)
{
	struct index *index = job->index;
	const struct index_builder *builder = index->builder;
	struct str text;
	struct err err = {0};
	bool local = str_starts(job->file->url, S("file://"));
	if (index->options.offline) {
		sdist_fail(job, "only a build knows what it requires, and offline none is run");
	} else if (job->file->sha256.n == 0 && !local) {
		sdist_fail(job, "only a build knows what it requires, and there is no hash to "
				"check before its code is run");
	} else if (!builder->build(
			   builder->data, job->file->filename, bytes, &index->arena, &text, &err)) {
		err.kind = err.kind == ERR_INTERRUPTED ? err.kind : ERR_INPUT;
		metadata_fail(job, &err);
	} else {
		job->built = true;
		if (metadata_take(job, text) && job->file->sha256.n > 0) {
			struct str key = built_key(job);
			int64_t now = clock_now_ms();
			struct index_cache_entry entry = {.status = 200,
				.fetched_ms = now,
				.fresh_until_ms = now,
				.url = job->file->url,
				.body = text};
			index_cache_write(
				index_cache_path(index->options.cache_dir, key, &index->arena), key,
				&entry);
		}
	}
}

/* All its bytes are here. Nothing of it is run or written, unless the user allows its build. */
static void sdist_take(struct index_metadata_job *job, struct str bytes)
{
	struct arena *arena = &job->index->arena;
	struct err err = {0};
	struct str text;
	if (!is_the_file(job->file, bytes)) {
		sdist_fail(job, "its hash is not the one that the index gives");
	} else if (!index_sdist_read(bytes, job->file->filename, false, arena, &text, &err)) {
		if (err.kind == ERR_INPUT && is_build_allowed(job)) {
			sdist_build(job, bytes);
			return;
		}
		if (err.kind == ERR_INPUT) {
			sdist_keep(job, 404, str_from(err.message));
		}
		metadata_fail(job, &err);
	} else if (metadata_take(job, text)) {
		sdist_keep(job, 200, text);
		if (job->state == ANSWER_NONE && is_build_allowed(job)) {
			sdist_build(job, bytes);
		}
	}
}

static void sdist_arrived(void *data)
{
	static const char missing[] = "the index lists it but does not have it";
	static const char large[] = "it is too large to be looked into";
	struct index_metadata_job *job = data;
	struct index_document *document = job->document;
	if (document->state == DOCUMENT_FAILED) {
		metadata_fail(job, document->fault);
	} else if (document->status == 200) {
		sdist_take(job, document->body);
	} else {
		const char *why = document->status == 413 ? large : missing;
		sdist_keep(job, 404, str_from(why));
		sdist_fail(job, why);
	}
	document->body = S("");
	buf_done(&document->storage); /* up to SDIST_MAX bytes */
	document->storage = (struct buf){0};
}

/*
 * Of a project with a long past nearly every sdist must be built, and looking into each costs its
 * whole size. After some of no use the others are taken to be of none; which ones these are depends on
 * the order of questions alone, not on what is cached.
 */
static bool is_worth_a_look(const struct index_metadata_job *job)
{
	size_t n = 0;
	for (size_t i = 0; i < job->index->metadata.n; i++) {
		const struct index_metadata_job *other = job->index->metadata.p[i];
		if (other == NULL) {
			continue;
		}
		bool useless = other->state == ANSWER_NONE || other->state == ANSWER_FAILED;
		n += other != job && useless && other->file->name.kind == FILENAME_SDIST &&
		     other != NULL && other->project == job->project;
	}
	return n < SDISTS_USELESS_MAX;
}

static const char too_many[] = "not looked into, after several of the project were of no use";

static void sdist_start(struct index_metadata_job *job)
{
	struct index *index = job->index;
	if (built_from_cache(job)) {
		return;
	}
	if (!is_worth_a_look(job)) {
		sdist_fail(job, too_many);
		return;
	}
	if (sdist_from_cache(job) && (job->state == ANSWER_KNOWN || !is_build_allowed(job))) {
		return;
	}
	job->state = ANSWER_ASKED; /* also where a build shall tell more than the copy does */
	if (job->file->size > SDIST_MAX) {
		sdist_fail(job, "it is too large to be looked into");
		return;
	}
	job->document = index_new_document(index, &index->places[job->place], job->file->url);
	job->document->is_file = true;
	job->document->max = SDIST_MAX;
	job->document->arrived = sdist_arrived;
	job->document->data = job;
	index_document_start(&index->fetcher, job->document);
}

/* --- URL.metadata --- */

/* There is none: look into the file. */
static void file_start(struct index_metadata_job *job)
{
	if (job->file->name.kind == FILENAME_SDIST) {
		sdist_start(job);
	} else {
		wheel_start(job);
	}
}

static void metadata_arrived(void *data)
{
	struct index_metadata_job *job = data;
	struct index_document *document = job->document;
	if (document->state == DOCUMENT_FAILED) {
		metadata_fail(job, document->fault);
		return;
	}
	if (document->status == 413) {
		struct err err = {0};
		err_set(&err, ERR_INPUT, "it is larger than %d bytes", METADATA_MAX);
		metadata_fail(job, &err);
		return;
	}
	if (document->status == 404) {
		if (document->from_network) {
			index_host_learn(job->host, false);
			document->fresh_until_ms = clock_now_ms() + MISSING_FRESH_MS;
			index_document_keep(document, S(""));
		}
		file_start(job);
		return;
	}
	index_host_learn(job->host, true);
	bool from_copy = !document->from_network;
	if (from_copy && !job->asked_again && !has_announced_hash(job, document->body)) {
		job->asked_again = true;
		index_document_again(document);
		return;
	}
	if (metadata_take(job, document->body)) {
		index_document_keep(document, document->body);
	}
	if (job->state == ANSWER_NONE && is_build_allowed(job)) {
		sdist_start(job);
	}
}

/* Files on this machine's disk are asked themselves; nothing of that is cached. */
static void wheel_from_disk(struct index_metadata_job *job, struct str path)
{
	struct str text;
	struct err err = {0};
	if (index_local_wheel(path, &job->index->arena, &text, &err)) {
		metadata_take(job, text);
	} else {
		metadata_fail(job, &err);
	}
}

static void sdist_from_disk(struct index_metadata_job *job, struct str path)
{
	AUTO(arena_done) struct arena scratch = {0};
	struct str bytes;
	struct err err = {0};
	if (!fs_read(arena_cstr(&scratch, path), SDIST_MAX, &scratch, &bytes, &err)) {
		err.kind = ERR_INPUT;
		metadata_fail(job, &err);
	} else {
		sdist_take(job, bytes);
	}
}

/* A file that find-links or a direct address names. */
static void metadata_from_disk(struct index_metadata_job *job)
{
	struct str path;
	if (!index_local_path(job->file->url, &job->index->arena, &path)) {
		job->state = ANSWER_NONE;
	} else if (job->file->name.kind == FILENAME_WHEEL) {
		wheel_from_disk(job, path);
	} else {
		sdist_from_disk(job, path);
	}
}

static void sdist_from_record(struct index_metadata_job *job, const struct index_place *place)
{
	AUTO(arena_done) struct arena scratch = {0};
	struct str bytes;
	struct err err = {0};
	if (built_from_cache(job)) {
		return;
	}
	if (!is_worth_a_look(job)) {
		sdist_fail(job, too_many);
	} else if (!index_recorded_file(place->url, job->project->name, job->file->filename,
			   job->file->url, SDIST_MAX, &scratch, &bytes, &err)) {
		sdist_fail(job, "it cannot be read from the recorded index");
	} else if (bytes.p == NULL) {
		sdist_fail(job, "the recorded index lists it but does not have it");
	} else {
		sdist_take(job, bytes);
	}
}

static void metadata_from_record(struct index_metadata_job *job, const struct index_place *place)
{
	struct str text;
	struct err err = {0};
	if (!index_recorded_metadata(place->url, job->project->name, job->file->filename,
		    job->file->url, &job->index->arena, &text, &err)) {
		metadata_fail(job, &err);
	} else if (text.p != NULL) {
		metadata_take(job, text);
	} else if (job->file->name.kind == FILENAME_SDIST) {
		sdist_from_record(job, place);
	} else {
		struct str path = index_recorded_path(place->url, job->project->name,
			job->file->filename, job->file->url, &job->index->arena);
		if (path.n > 0) {
			wheel_from_disk(job, path);
		} else {
			job->state = ANSWER_NONE;
		}
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

static void metadata_start(struct index_metadata_job *job, const struct index_project *project)
{
	struct index *index = job->index;
	const struct index_place *place = &index->places[job->place];
	const struct index_file *file = job->file;
	bool announced = file->metadata_state == 1;
	if (place->recorded) {
		metadata_from_record(job, place);
		return;
	}
	if (str_starts(file->url, S("file://"))) {
		metadata_from_disk(job);
		return;
	}
	bool sdist = file->name.kind == FILENAME_SDIST;
	if (!sdist && file->name.kind != FILENAME_WHEEL) {
		job->state = ANSWER_NONE;
		return;
	}
	if (str_starts(place->origin, S("https://")) && !str_starts(file->url, S("https://"))) {
		struct err err = {0};
		err_hint(&err, "ask the keeper of the index for https links");
		err_set(&err, ERR_INPUT, "the https index links to it without https");
		metadata_fail(job, &err);
		return;
	}
	if (sdist && !announced) {
		sdist_start(job);
		return;
	}
	bool denied = file->metadata_denied || project->announces_metadata;
	job->host = announced || denied ? NULL : index_host_of(index, file->url);
	if (!announced && wheel_from_cache(job)) {
		return;
	}
	if (!announced && (denied || job->host->state == HOST_DOES_NOT)) {
		file_start(job);
		return;
	}
	job->document = index_new_document(index, place, metadata_url(file->url, &index->arena));
	job->document->max = METADATA_MAX;
	job->document->immutable = true;
	job->document->is_guess = !announced;
	job->document->arrived = metadata_arrived;
	job->document->data = job;
	index_document_start(&index->fetcher, job->document);
}

/* What wheels share that announce one hash: a page's word, kept once a document was found to have it. */
static struct str hash_key(const struct index_metadata_job *job, struct arena *arena)
{
	return arena_printf(arena, STR_FMT "\n" STR_FMT "\n" STR_FMT,
		STR_ARG(job->index->places[job->place].url), STR_ARG(job->project->name),
		STR_ARG(job->file->metadata_sha256));
}

/* Wheels for other platforms mostly have the metadata that we have: then it is not asked for again. */
static bool metadata_is_known(struct index_metadata_job *job)
{
	struct index *index = job->index;
	AUTO(arena_done) struct arena arena = {0};
	uint32_t id = job->file->metadata_sha256.n == 0
			      ? INTERN_NONE
			      : intern_find(&index->metadata_hashes, hash_key(job, &arena));
	struct err ignored = {0};
	if (id == INTERN_NONE || !matches(job, index->metadata_by_hash.p[id], &ignored)) {
		return false;
	}
	job->metadata = index->metadata_by_hash.p[id];
	job->state = ANSWER_KNOWN;
	return true;
}

static void metadata_remember(const struct index_metadata_job *job)
{
	struct index *index = job->index;
	AUTO(arena_done) struct arena arena = {0};
	if (job->state != ANSWER_KNOWN || job->file->metadata_sha256.n == 0 || job->built) {
		return;
	}
	uint32_t id = intern_id(&index->metadata_hashes, hash_key(job, &arena));
	if (id == index->metadata_by_hash.n) {
		*vec_push(&index->arena, &index->metadata_by_hash) = job->metadata;
	}
}

static struct index_metadata_job *metadata_job(
	struct index *index, const struct index_project *project, const struct index_file *file)
{
	AUTO(arena_done) struct arena arena = {0};
	size_t source = index_file_source(project, file);
	const struct index_place *place = &index->places[source];
	uint32_t id = intern_id(&index->files, index_cache_key(place->url, file->url, &arena));
	if (id < index->metadata.n && index->metadata.p[id] != NULL) {
		return index->metadata.p[id];
	}
	struct index_metadata_job *job = arena_new(&index->arena, struct index_metadata_job);
	if (id == index->metadata.n) {
		(void)vec_push(&index->arena, &index->metadata);
	}
	index->metadata.p[id] = job;
	job->index = index;
	job->project = project;
	job->file = file;
	job->place = source;
	if (!metadata_is_known(job)) {
		metadata_start(job, project);
	}
	job->started = true;
	return job;
}

void index_metadata_give(struct index *index, const struct index_project *project,
	const struct index_file *file, struct str text)
{
	AUTO(arena_done) struct arena arena = {0};
	size_t source = index_file_source(project, file);
	struct str key = index_cache_key(index->places[source].url, file->url, &arena);
	uint32_t id = intern_id(&index->files, key);
	while (index->metadata.n <= id) {
		*vec_push(&index->arena, &index->metadata) = NULL;
	}
	struct index_metadata_job *job = arena_new(&index->arena, struct index_metadata_job);
	index->metadata.p[id] = job;
	*job = (struct index_metadata_job){
		.index = index, .project = project, .file = file, .place = source, .started = true};
	metadata_take(job, text);
}

const struct metadata *index_metadata_known(
	struct index *index, const struct index_project *project, const struct index_file *file)
{
	AUTO(arena_done) struct arena arena = {0};
	const struct index_place *place = &index->places[index_file_source(project, file)];
	uint32_t id = intern_find(&index->files, index_cache_key(place->url, file->url, &arena));
	bool asked = id < index->metadata.n && index->metadata.p[id] != NULL;
	return asked ? index->metadata.p[id]->metadata : NULL;
}

void index_want_metadata(
	struct index *index, const struct index_project *project, const struct index_file *file)
{
	bool whole = file->name.kind == FILENAME_SDIST && file->metadata_state != 1;
	if (whole) {
		return; /* an sdist is only fetched when its answer is needed */
	}
	metadata_job(index, project, file);
	index_fetcher_drive(&index->fetcher);
}

bool index_metadata(struct index *index, const struct index_project *project,
	const struct index_file *file, const struct metadata **ret, struct err *err)
{
	if (!index_fetcher_goes_on(&index->fetcher, err)) {
		return false;
	}
	struct index_metadata_job *job = metadata_job(index, project, file);
	while (job->state == ANSWER_ASKED) {
		if (job->document->state != DOCUMENT_WAITING) {
			job->document->arrived(job);
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
		if (file->name.kind == FILENAME_SDIST && err->kind == ERR_INPUT) {
			return err_prefix(err, "its source distribution");
		}
		return err_prefix(err, "metadata of '" STR_FMT "'", STR_ARG(buf_str(&shown)));
	}
	*ret = job->metadata;
	return true;
}
