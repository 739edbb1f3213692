#pragma once
#include "resolver/explore.h"

/*
 * How a search went, as an SVG picture: the score of the stacks as they were scored, the best so far, the bound
 * when one is known, and below it the partial stacks in the beam. Text in it is escaped.
 */
struct plot {
	struct str title;
	const struct explore_point *points; /* ascending by stacks */
	uint32_t n;
	int32_t scale;  /* of the scores */
	bool has_bound; /* of all stacks */
	int64_t bound;
};

void plot_svg(const struct plot *plot, struct buf *out);
