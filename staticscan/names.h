#pragma once
#include "staticscan/calls.h"

/*
 * Replace the {placeholders} and $names of an escaped line that are known; the rest of {...} becomes opaque,
 * the rest of $... is left to the shell (staticscan.md 1.14). A replaced character stands where its
 * placeholder starts.
 */
struct scan_text names_expand(struct evaluation *evaluation, struct scan_text in);
