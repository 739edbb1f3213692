#pragma once
#include <jansson.h>
#include "advise/advise.h"
#include "packaging/lock.h"
#include "resolver/resolver.h"
#include "resolver/search.h"

/*
 * The scored search of one lock, in options and in what is told of it. Scores are in milli-points.
 */

/* What the options ask for. `latest` asks for no scored search: *ret_wanted false. */
struct search_request score_search(const struct advise_options *options, bool *ret_wanted);

/* The lines about it: the score, what is proven, what was not looked at. "" where no rule scores. */
void score_put_text(const struct resolver_score *score, bool verbose, struct buf *out);

/* Members of `resolution` in the document of --json, and the `products`. score may be NULL. */
void score_put_json(const struct resolver_score *score, json_t *resolution);
json_t *score_products_json(const struct resolver_score *score); /* NULL: there are none */

/*
 * Members of metadata.thoth.resolution. The old ones stay where the lock has the same packages and the
 * same score: a lock that is made again from itself has nothing to search.
 */
void score_put_stored(const struct resolver_score *score, const struct lock *old,
	const struct lock *new, json_t *old_resolution, json_t *resolution);

/* The line of it as HTML, and with --plot the picture: into the file, or in a cell into the report. */
void score_show(const struct resolver_score *score, const struct advise_options *options,
	struct str title, struct advise_report *report);
