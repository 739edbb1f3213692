#include "kernel_ext/cells.h"
#include "common/banned.h"

static void set_source(struct kernel_cells *cells, struct kernel_cell *cell, struct str source)
{
	char *copy = malloc(source.n + 1);
	if (copy == NULL) {
		arena_die("out of memory");
	}
	if (source.n > 0) {
		memcpy(copy, source.p, source.n);
	}
	cells->bytes = cells->bytes - cell->n + source.n;
	free(cell->source);
	cell->source = copy;
	cell->n = source.n;
}

static struct kernel_cell *find(struct kernel_cells *cells, struct str id, struct str source)
{
	for (size_t i = 0; i < cells->n; i++) {
		struct kernel_cell *cell = &cells->cell[i];
		bool same = id.n > 0 ? str_eq(str_from(cell->id), id)
				     : str_eq((struct str){cell->source, cell->n}, source);
		if (same) {
			return cell;
		}
	}
	return NULL;
}

static void forget_oldest(struct kernel_cells *cells)
{
	cells->bytes -= cells->cell[0].n;
	free(cells->cell[0].source);
	cells->n--;
	memmove(&cells->cell[0], &cells->cell[1], cells->n * sizeof(cells->cell[0]));
}

/* Room for all there may be, and one more, at once: the system gives memory when it is written. */
static struct kernel_cell *append(struct kernel_cells *cells)
{
	if (cells->cell == NULL) {
		cells->cell = calloc(KERNEL_CELLS_MAX + 1, sizeof(cells->cell[0]));
	}
	if (cells->cell == NULL) {
		arena_die("out of memory");
	}
	cells->cell[cells->n] = (struct kernel_cell){0};
	return &cells->cell[cells->n++];
}

void kernel_cells_add(struct kernel_cells *cells, const struct kernel_execute *execute)
{
	struct str source = execute->code;
	struct str id = execute->cell_id;
	if (!execute->is_cell || str_trim(source).n == 0 || !str_is_utf8(source) ||
		source.n > KERNEL_CELLS_BYTES_MAX) {
		return;
	}
	if (id.n > KERNEL_CELL_ID_MAX || !str_is_utf8(id)) {
		id = (struct str){0};
	}
	struct kernel_cell *cell = find(cells, id, source);
	if (cell == NULL) {
		cell = append(cells);
		memcpy(cell->id, id.n == 0 ? "" : id.p, id.n);
	}
	set_source(cells, cell, source);
	while (cells->n > 1 &&
		(cells->n > KERNEL_CELLS_MAX || cells->bytes > KERNEL_CELLS_BYTES_MAX)) {
		forget_oldest(cells);
	}
}

void kernel_cells_done(struct kernel_cells *cells)
{
	for (size_t i = 0; i < cells->n; i++) {
		free(cells->cell[i].source);
	}
	free(cells->cell);
	*cells = (struct kernel_cells){0};
}

/* Bytes of s as a JSON string, or a few more. */
static size_t json_size(struct str s)
{
	size_t size = 2;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool escaped = c < 0x20 || c == 0x7f;
		bool short_form = c == '"' || c == '\\' || (c >= '\b' && c <= '\r' && c != 0x0b);
		size += short_form ? 2 : escaped ? 6 : 1;
	}
	return size;
}

json_t *kernel_cells_json(const struct kernel_cells *cells, size_t budget)
{
	enum { FRAME = 128 }; /* the other members of one cell */
	json_t *list = json_array();
	size_t overhead = cells->n * FRAME;
	budget = budget > overhead ? budget - overhead : 0;
	for (size_t i = cells->n; i-- > 0;) {
		const struct kernel_cell *cell = &cells->cell[i];
		json_t *object = json_object();
		size_t size = json_size((struct str){cell->source, cell->n});
		if (cell->id[0] != '\0') {
			json_object_set_new(object, "id", json_string(cell->id));
		}
		json_object_set_new(object, "index", json_integer((json_int_t)i));
		json_object_set_new(object, "type", json_string("code"));
		if (size <= budget) {
			budget -= size;
			json_object_set_new(object, "source", json_stringn(cell->source, cell->n));
		} else {
			json_object_set_new(object, "source", json_string(""));
			json_object_set_new(
				object, "source_length", json_integer((json_int_t)cell->n));
		}
		json_array_insert_new(list, 0, object);
	}
	return list;
}
