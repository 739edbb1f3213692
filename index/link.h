#pragma once
#include "common/arena.h"

/*
 * The links that nearly every file of a page has, read in one pass: https://... or a path, without
 * anything to decode, encode or take out. The rest goes the long way (index/url.h), with the same result.
 */
struct index_link_base {
	struct str url;    /* of the page, as last set */
	struct str origin; /* "https://host"; "" when links must go the long way */
	struct str folder; /* "/simple/flask/" */
};

void index_link_base_set(struct index_link_base *base, struct str url);

/*
 * ret_url: absolute and without fragment, a view of link or held by arena; ret_name: its last part, a view
 * of link. False: not such a link, or not one to a wheel or sdist.
 */
MUST_USE bool index_link_read(const struct index_link_base *base, struct str link,
	struct arena *arena, struct str *ret_url, struct str *ret_name);
