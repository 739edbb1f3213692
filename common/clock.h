#pragma once
#include <stdint.h>
#include "common/arena.h"
#include "common/err.h"

/* Monotonic milliseconds (or nanoseconds) since some fixed point; for durations. */
int64_t clock_monotonic_ms(void);
int64_t clock_monotonic_ns(void);

/* Wall clock in milliseconds since 1970-01-01T00:00:00Z. Tests set it with clock_fix(). */
int64_t clock_now_ms(void);

/* From now on clock_now_ms() answers ms; a negative value gives the real clock back. */
void clock_fix(int64_t ms);

/* "2026-11-21T09:00:00Z" (RFC 3339, UTC, whole seconds; ms are cut off). */
struct str clock_rfc3339(struct arena *arena, int64_t ms);

/*
 * Read an RFC 3339 date and time, or a date alone (then 00:00:00 UTC): "2026-11-21T09:00:00.123Z",
 * "...+02:00", "2026-11-21". A missing zone means UTC. False when it is neither.
 */
MUST_USE bool clock_parse(struct str text, int64_t *ret_ms);
