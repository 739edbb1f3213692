#pragma once
#include "common/arena.h"

/*
 * Project names and extras (PEP 503, PEP 685): ASCII letters, digits, '.', '_', '-'; first and last
 * alphanumeric. Two names are the same when their normal forms are equal bytes.
 */
MUST_USE bool name_is_valid(struct str name);

/* Lower case, every run of - _ . as one '-'. A view of `name` itself when it is normal already. */
struct str name_normal(struct str name, struct arena *arena);
