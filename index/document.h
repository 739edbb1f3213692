#pragma once
#include "index/cache.h"
#include "index/http.h"
#include "index/index.h"

/*
 * One document of an index, wherever it comes from: a fresh copy on disk, the network, a copy that
 * the server confirmed, or, when the network fails, an old copy. Pages and metadata are both
 * documents; index.c decides what they mean.
 */
enum index_document_state { DOCUMENT_WAITING, DOCUMENT_READY, DOCUMENT_FAILED };

struct index_fetcher {
	const struct index_options *options;
	struct index_patience patience;
	struct arena *arena; /* lives as long as the index */
	const struct http_functions *functions;
	struct http *http;
	const struct err *no_http; /* why there is none */
	bool driving;
	bool held;                 /* nothing is asked for the time being */
	size_t n_started, n_ended; /* documents asked from the network */
	struct index_stats stats;
};

struct index_document {
	/* what is asked */
	struct str source;   /* address of the index, without credentials */
	struct str url;      /* http or https, without credentials */
	struct str userinfo; /* for this url's origin, or "" */
	struct str accept;
	size_t max;
	struct str range; /* a part of the document alone, never cached; "": all of it */
	bool immutable;   /* once 200, always the same */
	bool is_file; /* a file whose own bytes are wanted: never cached; too large is status 413, as of an immutable one */
	bool is_guess; /* nobody said that it is there: any refusal is a 404 */
	bool no_netrc;
	void (*sink)(
		void *document, struct str bytes, bool first); /* as in http.h; gets the document */
	void (*arrived)(void *data); /* it is READY or FAILED now; not called for fresh copies */
	void *data;

	/* what came; body and strings are views into storage or the fetcher's arena */
	enum index_document_state state;
	int status;
	struct str final_url, content_type, etag, last_modified, content_range, body;
	int64_t fetched_ms, fresh_until_ms;
	bool from_network; /* to be kept with index_document_keep() once it was understood */
	const struct err *fault;

	struct index_fetcher *fetcher;
	struct str key, path;
	struct buf storage;
	struct index_cache_map copy; /* of the cache; lives as long as the document */
	bool has_copy;
	bool put_off; /* not asked for, since the fetcher was held */
};

/* Ask. The state is WAITING when an answer must come first. The document must not move. */
void index_document_start(struct index_fetcher *fetcher, struct index_document *document);

/* Have a connection to the network: the module, certificates, proxy of the options. False: fetcher->no_http. */
MUST_USE bool index_fetcher_open(struct index_fetcher *fetcher);

/* Until the document is READY (true) or FAILED or the user cancelled. */
MUST_USE bool index_document_wait(struct index_document *document, struct err *err);

/* The copy turned out to be unusable: ask the network, without it. */
void index_document_again(struct index_document *document);

/*
 * Put what came from the network into the cache, in the form `body` in which it is wanted back;
 * nothing otherwise.
 */
void index_document_keep(struct index_document *document, struct str body);

/* Have these bytes as the body instead of what came, which is freed. *body is moved from. */
void index_document_replace(struct index_document *document, struct buf *body);

void index_document_done(struct index_document *document);

/* Was it said to stop? ERR_INTERRUPTED then. */
MUST_USE bool index_fetcher_goes_on(const struct index_fetcher *fetcher, struct err *err);

/* Let the network go on without waiting. */
void index_fetcher_drive(struct index_fetcher *fetcher);
void index_fetcher_done(struct index_fetcher *fetcher);
