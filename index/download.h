#pragma once
#include "index/index.h"

/* One file by its address, for data that is no package: whole, not cached, asked with its ETag. */
struct download {
	struct buf body;
	struct str etag;   /* "" none; held by the arena */
	bool is_unchanged; /* the server says that the ETag still holds; there is no body */
};

/*
 * url: http or https; user and password in it go to that host alone. Up to max bytes. ERR_NETWORK with the
 * host named, ERR_USAGE for an address that is none. download_done() frees the body.
 */
MUST_USE bool index_download(const struct index_options *options, struct str url, struct str etag,
	size_t max, struct arena *arena, struct download *ret, struct err *err);
void index_download_done(struct download *download);
