#pragma once
#include "index/index.h"

/* Indexes that wait for the next request, see struct index_pool. Private to index/. */

/* Everything in the options that could change an answer, as text. */
struct str index_options_key(const struct index_options *options, struct arena *arena);

/* The index that was left there, for a new request; NULL when there is none that will do. */
struct index *index_pool_take(const struct index_options *options);

/* Leave it for the next request; false when it must be freed: nothing of it could be used again. */
MUST_USE bool index_pool_put(struct index *index);
