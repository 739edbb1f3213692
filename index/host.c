#include "common/clock.h"
#include "index/state.h"
#include "index/url.h"
#include "common/banned.h"

enum {
	HOST_FRESH_MS = 24 * 3600 * 1000,
	HOST_MISSES = 5, /* so many 404s and no answer: the host does not have them */
};

struct index_host *index_host_of(struct index *index, struct str url)
{
	struct arena *arena = &index->arena;
	uint32_t id = intern_id(&index->origins, index_url_origin(url, arena));
	if (id < index->hosts.n) {
		return index->hosts.p[id];
	}
	struct index_host *host = arena_new(arena, struct index_host);
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

void index_host_learn(struct index_host *host, bool answers)
{
	if (host == NULL || host->state == HOST_ANSWERS) {
		return;
	}
	if (!answers && (host->state == HOST_DOES_NOT || ++host->misses < HOST_MISSES)) {
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
