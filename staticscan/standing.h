#pragma once
#include "staticscan/scan.h"

/* What stands after the last cell (scan_effective and scan_standing are here too). */

/* Indices of the requests that replace a specifier they cannot stand beside; held by the arena. */
const size_t *standing_overrides(
	const struct scan_installs *installs, struct arena *arena, size_t *ret_n);
