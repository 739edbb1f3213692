#pragma once
#include "staticscan/walk.h"

/*
 * From a cell's Python to trees that are walked. A cell without errors is one tree (a long one several); after an error it is cut
 * into the statements at its left margin, and in the one that is broken the lines at fault are
 * replaced, so that an error costs the statement it is in (staticscan.md 4.9).
 */
enum {
	PIECES_NS = 1000000000,      /* nanoseconds for one cell */
	PIECES_BATCH_NS = 400000000, /* for one batch, which is large when a bracket stays open */
	PIECES_BATCH = 64 << 10,     /* bytes that are parsed at once */
};

void pieces_walk(struct walker *walker, struct syntax_parser *parser);
