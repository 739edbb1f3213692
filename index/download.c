#include "index/download.h"
#include "index/document.h"
#include "index/url.h"
#include "common/banned.h"

enum { WAIT_MS = 100 };

struct waiting {
	struct arena *arena;
	struct download *download;
	struct str host;
	bool is_done, is_fine;
	struct err *err;
};

void index_download_done(struct download *download)
{
	buf_done(&download->body);
}

static void arrived(void *data, struct http_answer *answer)
{
	struct waiting *waiting = data;
	waiting->is_done = true;
	if (answer->fault != NULL) {
		*waiting->err = *answer->fault;
		return;
	}
	waiting->is_fine = answer->status == 200 || answer->status == 304;
	if (!waiting->is_fine) {
		err_hint(waiting->err, "check the address");
		err_set(waiting->err, ERR_NETWORK, "'" STR_FMT "' answers HTTP %d",
			STR_ARG(waiting->host), answer->status);
		return;
	}
	waiting->download->is_unchanged = answer->status == 304;
	waiting->download->etag = arena_str(waiting->arena, answer->etag);
	if (answer->status == 200) {
		waiting->download->body = *answer->body;
		*answer->body = (struct buf){0};
	}
}

static void fetcher_done(struct index_fetcher *fetcher)
{
	index_fetcher_done(fetcher);
}

bool index_download(const struct index_options *options, struct str url, struct str etag,
	size_t max, struct arena *arena, struct download *ret, struct err *err)
{
	AUTO(fetcher_done)
	struct index_fetcher fetcher = {
		.options = options,
		.arena = arena,
		.patience = {.cancelled = options->cancelled, .data = options->data}
        };
	struct index_url parts;
	if (!index_url_split(url, &parts) ||
		(!str_ieq(parts.scheme, S("https")) && !str_ieq(parts.scheme, S("http")))) {
		return err_set(err, ERR_USAGE, "'" STR_FMT "' is no http(s) address", STR_ARG(url));
	}
	if (!index_fetcher_open(&fetcher)) {
		*err = *fetcher.no_http;
		return false;
	}
	*ret = (struct download){0};
	struct waiting waiting = {
		.arena = arena, .download = ret, .host = index_url_host(url), .err = err};
	const struct http_request request = {.url = index_url_public(url, arena),
		.userinfo = parts.userinfo,
		.accept = S("*/*"),
		.etag = etag,
		.as_is = true,
		.body_max = max,
		.done = arrived,
		.data = &waiting};
	fetcher.functions->start(fetcher.http, &request);
	while (!waiting.is_done) {
		if (!index_fetcher_goes_on(&fetcher, err)) {
			return false;
		}
		fetcher.functions->drive(fetcher.http, WAIT_MS);
	}
	return waiting.is_fine;
}
