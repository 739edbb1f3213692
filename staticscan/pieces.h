#pragma once
#include "staticscan/walk.h"

/*
 * From a cell's Python to trees that are walked. A cell without errors is one tree; after an error it is cut
 * into the statements at its left margin, and in the one that is broken the lines at fault are
 * replaced, so that an error costs the statement it is in (staticscan.md 4.9).
 */
enum {
	PIECES_WHOLE_NS = 600000000, /* for one cell as a whole, */
	PIECES_SPLIT_NS = 500000000, /* and once more when it has errors and is cut up */
};

void pieces_walk(struct walker *walker, struct syntax_parser *parser);
