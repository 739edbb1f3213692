#pragma once
#include <jansson.h>
#include "kernel_ext/message.h"

/*
 * The cells that have been executed, as far as the messages tell: their source in the order of
 * their first execution. A cell that comes again, by JupyterLab's cell id or (without one) by the
 * very same text, keeps its place. Over the limits the oldest are forgotten.
 */
enum {
	KERNEL_CELLS_MAX = 4096,
	KERNEL_CELLS_BYTES_MAX = 32 << 20,
	KERNEL_CELL_ID_MAX = 64, /* nbformat 4.5 */
};

struct kernel_cell {
	char *source;
	size_t n;
	char id[KERNEL_CELL_ID_MAX + 1]; /* "" when unknown */
};

struct kernel_cells {
	struct kernel_cell *cell;
	size_t n;
	size_t bytes; /* of all sources */
};

void kernel_cells_add(struct kernel_cells *cells, const struct kernel_execute *execute);
void kernel_cells_done(struct kernel_cells *cells);

/*
 * [{"id","index","type":"code","source"}, ...]. Sources that do not fit into `budget` bytes of
 * JSON, newest first in line, are sent as "source_length" beside an empty source.
 */
json_t *kernel_cells_json(const struct kernel_cells *cells, size_t budget);
