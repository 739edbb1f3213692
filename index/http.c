#include "index/http.h"
#include <assert.h>
#include <curl/curl.h>
#include "common/clock.h"
#include "common/hash.h"
#include "common/banned.h"

/*
 * One transfer from start() to done(): it waits for its turn (or for its next try), runs as an easy
 * handle inside the multi handle, and ends in an answer. Redirects are followed here and not by
 * libcurl, so that credentials stay with their origin and https never becomes http.
 */
struct transfer {
	struct http *http;
	struct transfer *next; /* in `waiting` or `running` */
	struct arena arena;    /* the request's strings; url after redirects */
	struct http_request request;
	struct str url;
	CURL *easy;
	struct curl_slist *headers;
	struct buf body;
	size_t sunk; /* bytes that the sink of this try has taken */
	int tries, redirects;
	int64_t due_ms;       /* not before */
	int64_t last_byte_ms; /* 0: not connected yet, the connect time-out counts */
	bool too_large, fresh_connection;
	struct str etag, last_modified, cache_control, content_range;
	int64_t age_s;
	char problem[CURL_ERROR_SIZE];
};

struct http {
	CURLM *multi;
	struct http_options options;
	struct arena arena;
	struct transfer *waiting, **waiting_end, *running;
	size_t n_running;
	struct http_stats stats;
};

enum {
	BACKOFF_MS = 250,
	BACKOFF_MAX_MS = 8000,
	RETRY_AFTER_MAX_S = 30,
	HEADER_MAX = 4096,
	SLOWEST_BYTES_PER_S = 64,
};

static void transfer_free(struct transfer *transfer)
{
	curl_easy_cleanup(transfer->easy);
	curl_slist_free_all(transfer->headers);
	buf_done(&transfer->body);
	arena_done(&transfer->arena);
	free(transfer);
}

/* --- what libcurl calls --- */

static size_t on_body(char *data, size_t size, size_t n, void *user)
{
	struct transfer *transfer = user;
	size_t bytes = size * n;
	long status = 0;
	transfer->last_byte_ms = clock_monotonic_ms();
	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200 && status != 206) {
		return bytes; /* nobody reads the text of an error page */
	}
	if (transfer->request.sink != NULL) {
		if (bytes > transfer->request.body_max - transfer->sunk) {
			transfer->too_large = true;
			return 0;
		}
		transfer->request.sink(
			transfer->request.data, (struct str){data, bytes}, transfer->sunk == 0);
		transfer->sunk += bytes;
		return bytes;
	}
	if (transfer->body.n == 0) {
		curl_off_t length = -1;
		curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
		if (length > 0) { /* one that is too large is noticed here, before it comes */
			buf_room(&transfer->body, (size_t)length);
		}
	}
	buf_add(&transfer->body, (struct str){data, bytes});
	if (transfer->body.full) {
		transfer->too_large = true;
		return 0;
	}
	return bytes;
}

static size_t on_header(char *data, size_t size, size_t n, void *user)
{
	struct transfer *transfer = user;
	struct str line = {data, size * n};
	struct str name;
	struct str value;
	uint64_t seconds;
	transfer->last_byte_ms = clock_monotonic_ms();
	if (str_starts(line, S("HTTP/"))) { /* an interim answer may have come before */
		transfer->etag = transfer->last_modified = transfer->cache_control = S("");
		transfer->content_range = S("");
		transfer->age_s = 0;
		return line.n;
	}
	if (line.n > HEADER_MAX || !str_cut(line, S(":"), &name, &value)) {
		return line.n;
	}
	value = str_trim(value);
	if (str_ieq(name, S("etag"))) {
		transfer->etag = arena_str(&transfer->arena, value);
	} else if (str_ieq(name, S("last-modified"))) {
		transfer->last_modified = arena_str(&transfer->arena, value);
	} else if (str_ieq(name, S("cache-control"))) {
		transfer->cache_control = arena_str(&transfer->arena, value);
	} else if (str_ieq(name, S("content-range"))) {
		transfer->content_range = arena_str(&transfer->arena, value);
	} else if (str_ieq(name, S("age")) && str_to_u64(value, &seconds) && seconds < INT32_MAX) {
		transfer->age_s = (int64_t)seconds;
	}
	return line.n;
}

/* Connected, and the request is about to go out: from now on the other side owes us bytes. */
static int on_request(void *user, char *ip, char *local_ip, int port, int local_port)
{
	(void)ip;
	(void)local_ip;
	(void)port;
	(void)local_port;
	((struct transfer *)user)->last_byte_ms = clock_monotonic_ms();
	return CURL_PREREQFUNC_OK;
}

/* --- starting --- */

static bool is_https(struct str url)
{
	return str_ieq(str_slice(url, 0, 8), S("https://"));
}

static bool is_http(struct str url)
{
	return is_https(url) || str_ieq(str_slice(url, 0, 7), S("http://"));
}

/* "https://host:port/", the part that decides where credentials may go. */
static struct str origin(struct str url)
{
	for (size_t i = 8; i < url.n; i++) {
		if (url.p[i] == '/' || url.p[i] == '?') {
			return str_slice(url, 0, i);
		}
	}
	return url;
}

static void add_header(struct transfer *transfer, const char *name, struct str value)
{
	if (value.n > 0 && value.n <= HEADER_MAX) {
		struct str line =
			arena_printf(&transfer->arena, "%s: " STR_FMT, name, STR_ARG(value));
		struct curl_slist *longer = curl_slist_append(transfer->headers, line.p);
		transfer->headers = longer != NULL ? longer : transfer->headers;
	}
}

static void set_credentials(struct transfer *transfer)
{
	struct str userinfo = transfer->request.userinfo;
	const struct http_options *options = &transfer->http->options;
	if (!transfer->request.no_netrc) {
		curl_easy_setopt(transfer->easy, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
		curl_easy_setopt(transfer->easy, CURLOPT_NETRC_FILE, options->netrc);
	}
	if (userinfo.n == 0 || !str_eq(origin(transfer->url), origin(transfer->request.url))) {
		return;
	}
	struct str user = userinfo;
	struct str password = S("");
	str_cut(userinfo, S(":"), &user, &password);
	int n = 0;
	char *plain = curl_easy_unescape(NULL, user.p, (int)user.n, &n);
	curl_easy_setopt(transfer->easy, CURLOPT_USERNAME, plain);
	curl_free(plain);
	if (password.n > 0) {
		plain = curl_easy_unescape(NULL, password.p, (int)password.n, &n);
		curl_easy_setopt(transfer->easy, CURLOPT_PASSWORD, plain);
		curl_free(plain);
	}
}

/* "host", "host:port" of an address, without credentials. */
static struct str host_of(struct str url)
{
	struct str host = str_skip(origin(url), is_https(url) ? 8 : 7);
	return str_skip(host, (size_t)(str_find_last_char(host, '@') + 1));
}

/* Has the user said that this host's certificate need not be checked? Asked again at each redirect. */
static bool is_trusted(const struct transfer *transfer)
{
	const struct http_options *options = &transfer->http->options;
	struct str host = host_of(transfer->url);
	struct str name = host;
	ptrdiff_t colon = str_find_last_char(host, ':');
	if (colon >= 0 && str_find_char(str_skip(host, (size_t)colon), ']') < 0) {
		name = str_slice(host, 0, (size_t)colon);
	}
	for (size_t i = 0; i < options->n_trusted; i++) {
		if (str_ieq(options->trusted[i], host) || str_ieq(options->trusted[i], name)) {
			return true;
		}
	}
	return false;
}

static void set_options(struct transfer *transfer)
{
	CURL *easy = transfer->easy;
	const struct http_options *options = &transfer->http->options;
	curl_easy_setopt(easy, CURLOPT_URL, transfer->url.p);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* no wait for a name server when stopped */
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(easy, CURLOPT_PIPEWAIT, is_https(transfer->url) ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	bool trusted = is_trusted(transfer);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, trusted ? 0L : 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, trusted ? 0L : 2L);
	if (options->client_cert != NULL) {
		curl_easy_setopt(easy, CURLOPT_SSLCERT, options->client_cert);
	}
	if (options->proxy != NULL) {
		curl_easy_setopt(easy, CURLOPT_PROXY, options->proxy);
	}
	if (options->ca_path != NULL) {
		curl_easy_setopt(easy, options->ca_is_folder ? CURLOPT_CAPATH : CURLOPT_CAINFO,
			options->ca_path);
	}
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)options->connect_timeout_ms);
	/* A trickle keeps the other time limit from ever being reached. */
	long seconds = (options->timeout_ms + 999) / 1000;
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)SLOWEST_BYTES_PER_S);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, seconds > 0 ? seconds : 1L);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, transfer->fresh_connection ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, options->user_agent);
	/* Offsets count, and hashes are of, the file's own bytes. */
	if (transfer->request.range.n == 0 && !transfer->request.as_is) {
		curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
	}
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->problem);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
	set_credentials(transfer);
}

/* Hand the transfer to libcurl, for its first or a further try. */
static void run(struct http *http, struct transfer *transfer)
{
	curl_easy_cleanup(transfer->easy);
	transfer->easy = curl_easy_init();
	if (transfer->easy == NULL) {
		arena_die("out of memory");
	}
	buf_done(&transfer->body);
	transfer->body = (struct buf){.max = transfer->request.body_max};
	transfer->sunk = 0;
	transfer->last_byte_ms = 0;
	transfer->problem[0] = '\0';
	set_options(transfer);
	curl_multi_add_handle(http->multi, transfer->easy);
	transfer->next = http->running;
	http->running = transfer;
	http->n_running++;
	http->stats.requests++;
}

static void enqueue(struct http *http, struct transfer *transfer, int64_t due_ms)
{
	transfer->due_ms = due_ms;
	transfer->next = NULL;
	*http->waiting_end = transfer;
	http->waiting_end = &transfer->next;
}

/* Run those whose time has come; *ret_due_ms is when the next one wants to (or stays). */
static void run_waiting(struct http *http, int64_t *ret_due_ms)
{
	int64_t now = clock_monotonic_ms();
	struct transfer **at = &http->waiting;
	while (*at != NULL) {
		struct transfer *transfer = *at;
		bool due = transfer->due_ms <= now;
		if (!due || http->n_running >= HTTP_IN_FLIGHT_MAX) {
			*ret_due_ms = !due && transfer->due_ms < *ret_due_ms ? transfer->due_ms
									     : *ret_due_ms;
			at = &transfer->next;
			continue;
		}
		*at = transfer->next;
		run(http, transfer);
	}
	http->waiting_end = at;
}

static void start(struct http *http, const struct http_request *request)
{
	struct transfer *transfer = calloc(1, sizeof(*transfer));
	if (transfer == NULL) {
		arena_die("out of memory");
	}
	struct arena *arena = &transfer->arena;
	transfer->http = http;
	transfer->request = *request;
	transfer->request.url = arena_str(arena, request->url);
	transfer->request.userinfo = arena_str(arena, request->userinfo);
	transfer->url = transfer->request.url;
	add_header(transfer, "Accept", request->accept);
	add_header(transfer, "Range", request->range);
	add_header(transfer, "If-None-Match", request->etag);
	add_header(transfer, "If-Modified-Since", request->last_modified);
	enqueue(http, transfer, 0);
}

/* --- ending --- */

static bool is_passing(CURLcode code)
{
	switch ((int)code) {
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_BAD_CONTENT_ENCODING:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
	case CURLE_HTTP3:
		return true;
	default:
		return false;
	}
}

static bool is_passing_status(long status)
{
	return status == 408 || status == 425 || status == 429 || (status >= 500 && status != 501);
}

/* Doubling with each try, half of it random so that many clients do not come back together. */
static int64_t backoff_ms(struct transfer *transfer)
{
	curl_off_t after_s = 0;
	curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &after_s);
	if (after_s > 0) {
		return 1000 * (after_s < RETRY_AFTER_MAX_S ? after_s : RETRY_AFTER_MAX_S);
	}
	int64_t ms = BACKOFF_MS;
	for (int i = 1; i < transfer->tries && ms < BACKOFF_MAX_MS; i++) {
		ms *= 2;
	}
	unsigned char dice;
	hash_random(&dice, 1);
	return ms / 2 + ms / 2 * dice / 255;
}

static const char *hint_for(CURLcode code)
{
	switch ((int)code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
		return "check the network and the address of the index, or work with --offline";
	case CURLE_COULDNT_RESOLVE_PROXY:
		return "check the variables https_proxy and http_proxy";
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
		return "if your network has its own certificates, name their file in SSL_CERT_FILE";
	default:
		return "try again later, or work with --offline";
	}
}

static void describe(const struct transfer *transfer, CURLcode code, struct err *err)
{
	struct str host = host_of(transfer->url);
	AUTO(buf_done) struct buf problem = {0};
	buf_add_shown(&problem,
		str_from(transfer->problem[0] != '\0' ? transfer->problem
						      : curl_easy_strerror(code)),
		true);
	if (transfer->too_large) {
		err_set(err, ERR_NETWORK, "the answer of '" STR_FMT "' is larger than %zu bytes",
			STR_ARG(host), transfer->request.body_max);
		err_hint(err, "check the address of the index; no project page is that large");
		return;
	}
	int64_t silent_ms = clock_monotonic_ms() - transfer->last_byte_ms;
	if (code == CURLE_OPERATION_TIMEDOUT && transfer->last_byte_ms > 0 &&
		silent_ms < transfer->http->options.timeout_ms) {
		err_set(err, ERR_NETWORK, "'" STR_FMT "' sends less than %d bytes a second",
			STR_ARG(host), SLOWEST_BYTES_PER_S);
	} else if (code == CURLE_OPERATION_TIMEDOUT && transfer->last_byte_ms > 0) {
		err_set(err, ERR_NETWORK, "'" STR_FMT "' sent nothing for %d s", STR_ARG(host),
			(transfer->http->options.timeout_ms + 999) / 1000);
	} else if (code == CURLE_PARTIAL_FILE || code == CURLE_GOT_NOTHING ||
		   code == CURLE_HTTP2_STREAM) {
		err_set(err, ERR_NETWORK, "'" STR_FMT "' closed the connection too early",
			STR_ARG(host));
	} else {
		err_set(err, ERR_NETWORK, "cannot reach '" STR_FMT "': " STR_FMT, STR_ARG(host),
			STR_ARG(buf_str(&problem)));
	}
	if (transfer->tries > 1) {
		err_prefix(err, "after %d tries", transfer->tries);
	}
	err_hint(err, "%s", hint_for(code));
}

/* Follow one redirect; false with the reason when we do not. */
static bool redirect(struct http *http, struct transfer *transfer, struct err *err)
{
	char *target = NULL;
	curl_easy_getinfo(transfer->easy, CURLINFO_REDIRECT_URL, &target);
	struct str url = arena_str(&transfer->arena, str_from(target));
	struct str host = host_of(transfer->url);
	if (url.n == 0) {
		return err_set(
			err, ERR_NETWORK, "'" STR_FMT "' redirects to nowhere", STR_ARG(host));
	}
	if (transfer->redirects == HTTP_REDIRECTS_MAX) {
		err_hint(err, "check the address of the index");
		return err_set(err, ERR_NETWORK, "'" STR_FMT "' redirects more than %d times",
			STR_ARG(host), HTTP_REDIRECTS_MAX);
	}
	if (!is_http(url) || (is_https(transfer->url) && !is_https(url))) {
		err_hint(err, "ask the keeper of the index to redirect to https");
		return err_set(err, ERR_NETWORK,
			"'" STR_FMT "' redirects from https to an address that is not",
			STR_ARG(host));
	}
	transfer->redirects++;
	transfer->url = url;
	enqueue(http, transfer, 0);
	return true;
}

static void deliver(struct transfer *transfer, long status, const struct err *fault)
{
	char *content_type = NULL;
	curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_TYPE, &content_type);
	struct http_answer answer = {
		.status = fault != NULL ? 0 : (int)status,
		.fault = fault,
		.body = &transfer->body,
		.url = transfer->url,
		.content_type = str_from(content_type),
		.etag = transfer->etag,
		.last_modified = transfer->last_modified,
		.cache_control = transfer->cache_control,
		.age_s = transfer->age_s,
		.content_range = transfer->content_range,
		.too_large = transfer->too_large,
	};
	transfer->request.done(transfer->request.data, &answer);
	transfer_free(transfer);
}

/* The transfer's try has ended, well or not. True when the transfer itself has. */
static bool ended(struct http *http, struct transfer *transfer, CURLcode code)
{
	curl_multi_remove_handle(http->multi, transfer->easy);
	struct transfer **at = &http->running;
	while (*at != transfer) {
		assert(*at != NULL); /* it is running */
		at = &(*at)->next;
	}
	*at = transfer->next;
	http->n_running--;

	long status = 0;
	curl_off_t bytes = 0;
	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_DOWNLOAD_T, &bytes);
	http->stats.bytes += bytes;
	transfer->tries++;
	bool passing = code == CURLE_OK ? is_passing_status(status) : is_passing(code);
	if (passing && !transfer->too_large && transfer->tries <= http->options.retries) {
		transfer->fresh_connection = code != CURLE_OK;
		enqueue(http, transfer, clock_monotonic_ms() + backoff_ms(transfer));
		return false;
	}
	struct err err = {0};
	bool moved =
		status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
	if (code != CURLE_OK) {
		describe(transfer, code, &err);
	} else if (moved && redirect(http, transfer, &err)) {
		return false;
	}
	deliver(transfer, status, err.kind != ERR_NONE ? &err : NULL);
	return true;
}

static size_t end_finished(struct http *http)
{
	size_t n = 0;
	int left;
	CURLMsg *message;
	while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
		struct transfer *transfer = NULL;
		CURLcode code = message->data.result;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
		n += message->msg == CURLMSG_DONE && ended(http, transfer, code);
	}
	return n;
}

/* Who has sent nothing for too long is dropped like a broken connection. */
static size_t end_stalled(struct http *http)
{
	size_t n = 0;
	int64_t limit = clock_monotonic_ms() - http->options.timeout_ms;
	struct transfer *next;
	for (struct transfer *transfer = http->running; transfer != NULL; transfer = next) {
		next = transfer->next;
		if (transfer->last_byte_ms > 0 && transfer->last_byte_ms < limit) {
			n += ended(http, transfer, CURLE_OPERATION_TIMEDOUT);
		}
	}
	return n;
}

static size_t drive(struct http *http, int wait_ms)
{
	int running;
	int64_t due_ms = clock_monotonic_ms() + wait_ms;
	run_waiting(http, &due_ms);
	curl_multi_perform(http->multi, &running);
	size_t n = end_finished(http) + end_stalled(http);
	if (n > 0 || wait_ms <= 0) {
		return n;
	}
	int64_t left = due_ms - clock_monotonic_ms();
	curl_multi_poll(http->multi, NULL, 0, left > 0 ? (int)left : 0, NULL);
	curl_multi_perform(http->multi, &running);
	return end_finished(http);
}

static void keep_text(struct http *http, const char **text)
{
	*text = *text == NULL ? NULL : arena_cstr(&http->arena, str_from(*text));
}

static struct http *open_http(const struct http_options *options, struct err *err)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0) {
		err_set(err, ERR_INTERNAL, "libcurl does not start");
		return NULL;
	}
	struct http *http = calloc(1, sizeof(*http));
	if (http == NULL) {
		arena_die("out of memory");
	}
	http->multi = curl_multi_init();
	http->waiting_end = &http->waiting;
	http->options = *options;
	keep_text(http, &http->options.user_agent);
	keep_text(http, &http->options.ca_path);
	keep_text(http, &http->options.client_cert);
	keep_text(http, &http->options.proxy);
	keep_text(http, &http->options.netrc);
	struct str *trusted = arena_array(&http->arena, struct str, options->n_trusted);
	for (size_t i = 0; i < options->n_trusted; i++) {
		trusted[i] = arena_str(&http->arena, options->trusted[i]);
	}
	http->options.trusted = trusted;
	curl_multi_setopt(http->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
	curl_multi_setopt(http->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)HTTP_IN_FLIGHT_MAX);
	return http;
}

static void close_http(struct http *http)
{
	if (http == NULL) {
		return;
	}
	while (http->running != NULL) {
		struct transfer *transfer = http->running;
		http->running = transfer->next;
		curl_multi_remove_handle(http->multi, transfer->easy);
		transfer_free(transfer);
	}
	while (http->waiting != NULL) {
		struct transfer *transfer = http->waiting;
		http->waiting = transfer->next;
		transfer_free(transfer);
	}
	curl_multi_cleanup(http->multi);
	arena_done(&http->arena);
	free(http);
}

static struct http_stats stats(const struct http *http)
{
	return http->stats;
}

__attribute__((visibility("default"))) const struct http_functions thoth_http_functions = {
	.version = HTTP_TABLE_VERSION,
	.open = open_http,
	.close = close_http,
	.start = start,
	.drive = drive,
	.stats = stats,
};
