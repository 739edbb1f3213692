#pragma once
#include "common/arena.h"
#include "common/err.h"

/*
 * HTTP for the index, as a module of its own: thoth-http.so holds http.c and libcurl and is opened
 * by index_http_open() when the first request must go out, because loading libcurl costs every
 * start of the program several milliseconds that most starts do not need. Between the two stands
 * this table of functions; both sides come from one build.
 *
 * One thread drives everything: start() queues a request, drive() moves all of them on and calls
 * `done` of each that has ended.
 */
struct http;

struct http_options {
	int timeout_ms; /* without any byte */
	int connect_timeout_ms;
	int retries;            /* further tries after a passing fault */
	const char *user_agent; /* copied, as is ca_path */
	const char *ca_path;    /* file or folder of trusted certificates; NULL: libcurl's own */
	bool ca_is_folder;
	const char *client_cert; /* PEM file with certificate and key, or NULL */
	const char *proxy;       /* NULL: the variables that curl reads */
	const char *netrc;       /* file of log-ins; NULL: ~/.netrc */
	const struct str
		*trusted; /* trusted[n_trusted], copied: hosts (":port") whose TLS is not checked */
	size_t n_trusted;
};

struct http_answer {
	int status; /* 200, 304, 404, ...; 0 when `fault` is set */
	const struct err
		*fault;   /* no usable answer: unreachable, cut off, too large ...; host named */
	struct buf *body; /* of status 200, decompressed; the receiver may move it out */
	struct str url;   /* where the answer came from, after redirects; no credentials */
	struct str content_type, etag, last_modified, cache_control; /* "" when not sent */
	struct str content_range;
	bool too_large; /* the fault is that body_max was not enough */
	int64_t age_s;  /* Age header, 0 when not sent */
};

struct http_request {
	struct str url;      /* http or https, without credentials */
	struct str userinfo; /* "user:password", percent-encoded; sent to this origin alone */
	struct str accept, etag, last_modified; /* header values, "" leaves the header out */
	struct str range;                       /* "bytes=-100", "bytes=5-9": a part alone; or "" */
	bool as_is;                             /* the file's own bytes: no content encoding */
	bool no_netrc;                          /* no log-ins of the user's for this one */
	size_t body_max;                        /* bytes after decompression */
	/*
	 * Takes the body piece by piece instead of it being gathered; `first` says that what was taken
	 * before is void, for the request was tried again. NULL: gather.
	 */
	void (*sink)(void *data, struct str bytes, bool first);
	/* Called once, from drive(). May call start(). Views in the answer end with the call. */
	void (*done)(void *data, struct http_answer *answer);
	void *data;
};

struct http_stats {
	size_t requests; /* sent, with retries and redirects */
	int64_t bytes;   /* received in bodies, as they came over the wire */
};

enum { HTTP_TABLE_VERSION = 3, HTTP_IN_FLIGHT_MAX = 50, HTTP_REDIRECTS_MAX = 10 };

struct http_functions {
	unsigned version; /* HTTP_TABLE_VERSION */
	struct http *(*open)(const struct http_options *options, struct err *err);
	void (*close)(struct http *http); /* drops what is under way without calling done */
	void (*start)(struct http *http, const struct http_request *request); /* copies it */
	/* Move on; wait up to wait_ms for the network when nothing is ready. Number of ended ones. */
	size_t (*drive)(struct http *http, int wait_ms);
	struct http_stats (*stats)(const struct http *http);
};

/* The one symbol of the module. */
extern const struct http_functions thoth_http_functions;

/*
 * Find and open the module: beside the program, in ../lib/thoth as installed, or in the build tree
 * the program stands in. NULL with ERR_ENVIRONMENT when it is not there. Stays open.
 */
const struct http_functions *index_http_open(struct err *err);

/* Where certificates to trust may be: files or folders; NULL or "": not said. */
struct http_ca {
	const char *told;          /* an option */
	const char *configured;    /* pip's own setting */
	const char *const *system; /* up to NULL; NULL: where the distributions keep them */
	const char *last;          /* when there is nothing else: certifi of the target's Python */
};

/*
 * The certificates to trust: `told`, SSL_CERT_FILE, REQUESTS_CA_BUNDLE, PIP_CERT, `configured`, the system's,
 * `last`. The first that exists; NULL when none does. A view of the environment, of *ca or a literal.
 */
const char *index_http_ca_path(const struct http_ca *ca, bool *ret_is_folder);
