#pragma once
#include "common/arena.h"

/*
 * The little of RFC 3986 that an index needs: links of a page made absolute, credentials kept apart
 * from the address, and the two of them never shown together.
 */
struct index_url {
	struct str scheme;   /* as written, "https" */
	struct str userinfo; /* "user:password", percent-encoded, "" when none */
	struct str host;     /* with ":port" when written */
	struct str path;     /* from the first '/', may be empty */
	struct str query;    /* with '?', or "" */
	struct str fragment; /* with '#', or "" */
};

/* Views into text. False when text is no "scheme://host..." address. */
MUST_USE bool index_url_split(struct str text, struct index_url *ret);

/*
 * The address that `reference` means on the page `base`, without its fragment (RFC 3986, 5.2). A
 * view of `reference` when it is absolute. Control characters and blanks inside become %XX.
 */
struct str index_url_join(struct str base, struct str reference, struct arena *arena);

/* Scheme, host and port in lower case, default ports left out: "https://index.example:8443". */
struct str index_url_origin(struct str url, struct arena *arena);

/* Without credentials and fragment: what may be shown, stored and written to a lock. */
struct str index_url_public(struct str url, struct arena *arena);

/* Host with port for messages; the address itself when it has none. */
struct str index_url_host(struct str url);

/* %XX decoded; `text` itself when there is none. */
struct str index_url_unescape(struct str text, struct arena *arena);

/* The last path part, still encoded: "x-1.0.tar.gz". Query and fragment are no part of it. */
struct str index_url_last_part(struct str url);
