#include "index/pool.h"
#include "common/clock.h"
#include "index/state.h"
#include "common/banned.h"

enum { POOLED_MAX = 256 << 20 }; /* bytes of one index */

static void add_part(struct buf *out, struct str part)
{
	buf_addf(out, "%zu:", part.n);
	buf_add(out, part);
}

static void add_sources(struct buf *out, const struct index_source *sources, size_t n)
{
	buf_addf(out, "%zu\n", n);
	for (size_t i = 0; i < n; i++) {
		add_part(out, sources[i].alias);
		add_part(out, sources[i].url);
		buf_addf(out, "%d %d\n", sources[i].only_pinned, sources[i].foreign);
	}
}

struct str index_options_key(const struct index_options *options, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	add_sources(&out, options->sources, options->n_sources);
	add_sources(&out, options->links, options->n_links);
	for (size_t i = 0; i < options->n_pins; i++) {
		add_part(&out, options->pins[i].name);
		buf_addf(&out, "%zu\n", options->pins[i].source);
	}
	for (size_t i = 0; i < options->n_trusted; i++) {
		add_part(&out, options->trusted[i]);
	}
	add_part(&out, options->cache_dir);
	add_part(&out, options->told_ca);
	add_part(&out, options->last_ca);
	add_part(&out, options->ca);
	add_part(&out, options->client_cert);
	add_part(&out, options->proxy);
	buf_addf(&out, "%d %d %d %d %lld", options->offline, options->refresh, options->timeout_ms,
		options->retries, (long long)options->as_of_ms);
	return arena_str(arena, buf_str(&out));
}

/* Nothing but web pages: whether a folder still holds what it held cannot be told without a look. */
static bool can_wait(const struct index *index)
{
	const struct index_options *options = &index->options;
	for (size_t i = 0; i < options->n_sources; i++) {
		if (index->places[i].recorded || index->places[i].local) {
			return false;
		}
	}
	size_t size = index->arena.total;
	for (size_t i = 0; i < index->documents.n; i++) {
		size += index->documents.p[i]->storage.n + index->documents.p[i]->copy.n;
	}
	if (index->attachment.data != NULL) {
		size += index->attachment.size(index->attachment.data);
	}
	bool direct = index->n_places > options->n_sources + options->n_links;
	bool built = index->builder != NULL;
	return !direct && !built && options->n_links == 0 && !options->refresh &&
	       size <= POOLED_MAX && index->fetcher.n_started == index->fetcher.n_ended;
}

bool index_pool_put(struct index *index)
{
	struct index_pool *pool = index->options.pool;
	if (pool == NULL || !can_wait(index)) {
		return false;
	}
	index_fetcher_done(&index->fetcher);
	index->fetcher.n_started = index->fetcher.n_ended = 0;
	index->fetcher.stats = (struct index_stats){0};
	index->listener = NULL;
	index->fetcher.held = false;
	index->options.cancelled = NULL;
	index->options.progress = NULL;
	index->options.data = NULL;
	index->options.pool = NULL;
	if (pool->index != NULL) {
		index_destroy(pool->index);
	}
	pool->index = index;
	return true;
}

/* Forget what would be asked for again now: pages that are no longer fresh, and failures. */
static void forget_stale(struct index *index)
{
	int64_t now = clock_now_ms();
	for (size_t i = 0; i < index->pages.n; i++) {
		struct index_page_job *job = index->pages.p[i];
		const struct index_document *document = job == NULL ? NULL : job->document;
		bool fresh = document != NULL && job->state != ANSWER_FAILED &&
			     (index->options.offline || now < document->fresh_until_ms);
		index->pages.p[i] = fresh ? job : NULL;
	}
	for (size_t i = 0; i < index->metadata.n; i++) {
		struct index_metadata_job *job = index->metadata.p[i];
		bool known = job != NULL && job->state == ANSWER_KNOWN;
		index->metadata.p[i] = known ? job : NULL; /* no sdist counts as looked at */
	}
}

struct index *index_pool_take(const struct index_options *options)
{
	struct index_pool *pool = options->pool;
	if (pool == NULL || pool->index == NULL) {
		return NULL;
	}
	AUTO(arena_done) struct arena arena = {0};
	struct index *index = pool->index;
	pool->index = NULL;
	if (!str_eq(index->key, index_options_key(options, &arena))) {
		index_destroy(index);
		return NULL;
	}
	forget_stale(index);
	index->options.cancelled = options->cancelled;
	index->options.progress = options->progress;
	index->options.data = options->data;
	index->options.pool = pool;
	return index;
}

void index_pool_done(struct index_pool *pool)
{
	if (pool->index != NULL) {
		index_destroy(pool->index);
	}
	*pool = (struct index_pool){0};
}
