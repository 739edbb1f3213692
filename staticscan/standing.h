#pragma once
#include "staticscan/scan.h"

/* What stands after the last cell (scan_effective and scan_standing are here too). */

/* A request that replaces what stood before it and allows no version that it allows. */
struct standing_override {
	size_t index;
	struct scan_request earlier;
};

/* In document order; held by the arena. */
const struct standing_override *standing_overrides(
	const struct scan_installs *installs, struct arena *arena, size_t *ret_n);
