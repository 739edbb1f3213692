#include "index/document.h"
#include "common/clock.h"
#include "common/log.h"
#include "index/url.h"
#include "common/banned.h"

enum { TIMEOUT_MS = 30000, CONNECT_TIMEOUT_MS = 10000, RETRIES = 3, WAIT_MS = 10 };

/* --- the network module --- */

bool index_fetcher_open(struct index_fetcher *fetcher)
{
	if (fetcher->http != NULL || fetcher->no_http != NULL) {
		return fetcher->http != NULL;
	}
	struct err *err = arena_new(fetcher->arena, struct err);
	struct http_options options = {
		.timeout_ms = fetcher->options->timeout_ms > 0 ? fetcher->options->timeout_ms
							       : TIMEOUT_MS,
		.connect_timeout_ms = CONNECT_TIMEOUT_MS,
		.retries = fetcher->options->retries >= 0 ? fetcher->options->retries : RETRIES,
		.user_agent = "thoth/" THOTH_VERSION,
	};
	const struct index_options *own = fetcher->options;
	struct arena *arena = fetcher->arena;
	struct http_ca ca = {.told = arena_cstr(arena, own->told_ca),
		.configured = arena_cstr(arena, own->ca),
		.last = arena_cstr(arena, own->last_ca)};
	options.ca_path = index_http_ca_path(&ca, &options.ca_is_folder);
	options.client_cert = own->client_cert.n > 0 ? arena_cstr(arena, own->client_cert) : NULL;
	options.proxy = own->proxy.n > 0 ? arena_cstr(arena, own->proxy) : NULL;
	const char *netrc = getenv("NETRC");
	options.netrc = netrc != NULL && netrc[0] != '\0' ? netrc : NULL;
	options.trusted = own->trusted;
	options.n_trusted = own->n_trusted;
	fetcher->functions = index_http_open(err);
	fetcher->http = fetcher->functions == NULL ? NULL : fetcher->functions->open(&options, err);
	fetcher->no_http = fetcher->http == NULL ? err : NULL;
	return fetcher->http != NULL;
}

static void drive(struct index_fetcher *fetcher, int wait_ms)
{
	if (fetcher->http == NULL || fetcher->driving) {
		return;
	}
	fetcher->driving = true;
	fetcher->functions->drive(fetcher->http, wait_ms);
	struct http_stats stats = fetcher->functions->stats(fetcher->http);
	fetcher->stats.requests = stats.requests;
	fetcher->stats.bytes_fetched = stats.bytes;
	fetcher->driving = false;
}

void index_fetcher_drive(struct index_fetcher *fetcher)
{
	drive(fetcher, 0);
}

void index_fetcher_done(struct index_fetcher *fetcher)
{
	if (fetcher->http != NULL) {
		fetcher->functions->close(fetcher->http);
	}
	fetcher->http = NULL;
}

/* --- stopping --- */

static bool is_stopped(const struct index_fetcher *fetcher)
{
	return fetcher->patience.cancelled != NULL &&
	       fetcher->patience.cancelled(fetcher->patience.data);
}

bool index_fetcher_goes_on(const struct index_fetcher *fetcher, struct err *err)
{
	return !is_stopped(fetcher) ||
	       err_set(err, ERR_INTERRUPTED, "stopped; nothing was changed");
}

/* --- outcomes --- */

static void take_copy(struct index_document *document, const struct index_cache_entry *entry)
{
	document->status = entry->status;
	document->final_url = entry->url;
	document->content_type = entry->content_type;
	document->etag = entry->etag;
	document->last_modified = entry->last_modified;
	document->body = entry->body;
	document->fetched_ms = entry->fetched_ms;
	document->fresh_until_ms = entry->fresh_until_ms;
}

static void fail(struct index_document *document, const struct err *err)
{
	struct err *copy = arena_new(document->fetcher->arena, struct err);
	*copy = *err;
	document->fault = copy;
	document->state = DOCUMENT_FAILED;
}

/* The copy is what we have; a page of yesterday serves better than none. */
static bool use_old_copy(struct index_document *document)
{
	if (!document->has_copy) {
		return false;
	}
	document->state = DOCUMENT_READY;
	document->fetcher->stats.stale++;
	log_debug("index", "not reachable, using the copy host=" STR_FMT,
		STR_ARG(index_url_host(document->url)));
	return true;
}

static void fail_status(struct index_document *document, const struct http_answer *answer)
{
	struct err err = {0};
	struct str host = index_url_host(document->url);
	int status = answer->status;
	if (status == 401 || status == 403 || status == 407) {
		err_set(&err, ERR_NETWORK, "'" STR_FMT "' refuses access (HTTP %d)", STR_ARG(host),
			status);
		err_hint(&err, "give name and password in the address of the index or in ~/.netrc");
	} else if (status >= 500 || status == 429) {
		err_set(&err, ERR_NETWORK, "'" STR_FMT "' cannot answer now (HTTP %d)",
			STR_ARG(host), status);
		err_hint(&err, "try again later, or work with --offline");
	} else {
		err_set(&err, ERR_NETWORK, "'" STR_FMT "' answers HTTP %d", STR_ARG(host), status);
		err_hint(&err, "check the address of the index");
	}
	fail(document, &err);
}

static void take_answer(struct index_document *document, struct http_answer *answer)
{
	struct arena *arena = document->fetcher->arena;
	int64_t now = clock_now_ms();
	int64_t fresh = index_cache_fresh_until(answer->cache_control, answer->age_s, now);
	document->fetched_ms = now;
	document->fresh_until_ms = fresh;
	document->state = DOCUMENT_READY;
	if (answer->status == 304) {
		index_cache_confirm(document->path, now, fresh < 0 ? 0 : fresh);
		return;
	}
	buf_done(&document->storage);
	document->storage = (struct buf){0};
	if (answer->status == 200 || answer->status == 206) {
		document->storage = *answer->body;
		*answer->body = (struct buf){0};
	}
	document->has_copy = false;
	document->from_network = true;
	document->status = answer->status == 410 ? 404 : answer->status;
	document->content_range = arena_str(arena, answer->content_range);
	document->body = buf_str(&document->storage);
	document->final_url = arena_str(arena, answer->url);
	document->content_type = arena_str(arena, answer->content_type);
	document->etag = arena_str(arena, answer->etag);
	document->last_modified = arena_str(arena, answer->last_modified);
}

static void answered(void *data, struct http_answer *answer)
{
	struct index_document *document = data;
	struct index_fetcher *fetcher = document->fetcher;
	int status = answer->status;
	fetcher->n_ended++;
	bool ranged = document->range.n > 0;
	bool known = status == 200 || status == 404 || status == 410 || (ranged && status == 206) ||
		     (status == 304 && document->has_copy);
	if (known) {
		take_answer(document, answer);
	} else if (ranged && (answer->too_large || (status >= 405 && status <= 416))) {
		document->status = 404; /* a host without ranges: there is no such part */
		document->state = DOCUMENT_READY;
	} else if (document->is_guess && status >= 400 && status < 500 && status != 429) {
		document->status = 404; /* some hosts forbid what they do not have */
		document->from_network = true;
		document->state = DOCUMENT_READY;
	} else if ((document->is_file || document->immutable) && answer->too_large) {
		document->status = 413;
		document->state = DOCUMENT_READY;
	} else if (answer->fault != NULL) {
		if (!use_old_copy(document)) {
			fail(document, answer->fault);
		}
	} else if (!((status >= 500 || status == 429) && use_old_copy(document))) {
		fail_status(document, answer);
	}
	if (fetcher->options->progress != NULL) {
		fetcher->options->progress(
			fetcher->options->data, fetcher->n_ended, fetcher->n_started);
	}
	if (document->arrived != NULL && !is_stopped(fetcher)) {
		document->arrived(document->data);
	}
}

/* --- asking --- */

static void ask(struct index_document *document)
{
	struct index_fetcher *fetcher = document->fetcher;
	struct err err = {0};
	if (fetcher->options->offline) {
		struct str host = index_url_host(document->url);
		err_hint(&err, "run once without --offline");
		err_set(&err, ERR_NETWORK, "offline, and nothing of '" STR_FMT "' is cached",
			STR_ARG(host));
		fail(document, &err);
		return;
	}
	document->put_off = fetcher->held;
	if (document->put_off) {
		return;
	}
	if (!index_fetcher_open(fetcher)) {
		if (!use_old_copy(document)) {
			fail(document, fetcher->no_http);
		}
		return;
	}
	struct http_request request = {
		.url = document->url,
		.userinfo = document->userinfo,
		.accept = document->accept,
		.range = document->range,
		.as_is = document->is_file,
		.no_netrc = document->no_netrc,
		.sink = document->sink,
		.etag = document->has_copy ? document->etag : S(""),
		.last_modified = document->has_copy ? document->last_modified : S(""),
		.body_max = document->max,
		.done = answered,
		.data = document,
	};
	fetcher->n_started++;
	fetcher->functions->start(fetcher->http, &request);
}

void index_document_start(struct index_fetcher *fetcher, struct index_document *document)
{
	const struct index_options *options = fetcher->options;
	struct index_cache_entry entry;
	document->fetcher = fetcher;
	document->state = DOCUMENT_WAITING;
	document->key = index_cache_key(document->source, document->url, fetcher->arena);
	bool cached = document->range.n == 0 && !document->is_file;
	document->path =
		cached ? index_cache_path(options->cache_dir, document->key, fetcher->arena)
		       : S("");
	document->has_copy =
		index_cache_map(document->path, document->key, &document->copy, &entry);
	if (document->has_copy) {
		take_copy(document, &entry);
		bool forever = document->immutable && entry.status == 200;
		bool fresh = clock_now_ms() < entry.fresh_until_ms &&
			     clock_now_ms() >= entry.fetched_ms && !options->refresh;
		if (forever || fresh || options->offline) {
			document->state = DOCUMENT_READY;
			return;
		}
	}
	ask(document);
}

void index_document_again(struct index_document *document)
{
	document->has_copy = false;
	document->state = DOCUMENT_WAITING;
	ask(document);
}

bool index_document_wait(struct index_document *document, struct err *err)
{
	struct index_fetcher *fetcher = document->fetcher;
	while (document->state == DOCUMENT_WAITING) {
		if (!index_fetcher_goes_on(fetcher, err)) {
			return false;
		}
		if (document->put_off && fetcher->held) {
			return err_set(err, ERR_INTERRUPTED, "not asked for now");
		}
		if (document->put_off) {
			ask(document);
			continue;
		}
		drive(fetcher, WAIT_MS);
	}
	if (document->state == DOCUMENT_FAILED) {
		*err = *document->fault;
		return false;
	}
	return true;
}

void index_document_keep(struct index_document *document, struct str body)
{
	if (!document->from_network || document->fresh_until_ms < 0) {
		return;
	}
	struct index_cache_entry entry = {
		.status = document->status,
		.fetched_ms = document->fetched_ms,
		.fresh_until_ms = document->fresh_until_ms,
		.url = document->final_url,
		.content_type = document->content_type,
		.etag = document->etag,
		.last_modified = document->last_modified,
		.body = body,
	};
	index_cache_write(document->path, document->key, &entry);
	document->from_network = false;
}

void index_document_replace(struct index_document *document, struct buf *body)
{
	buf_done(&document->storage);
	document->storage = *body;
	document->body = buf_str(&document->storage);
	*body = (struct buf){0};
}

void index_document_done(struct index_document *document)
{
	index_cache_unmap(&document->copy);
	buf_done(&document->storage);
}
