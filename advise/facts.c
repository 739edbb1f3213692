#include "advise/facts.h"
#include "common/fs.h"
#include "common/banned.h"

bool facts_is_script(const struct advise_input *input)
{
	return input->notebook == NULL &&
	       (str_ends(input->path, S(".py")) || str_ends(input->path, S(".ipy")));
}

const struct scan_cell *facts_cells(
	const struct advise_input *input, struct arena *arena, size_t *ret_n)
{
	const struct notebook *notebook = input->notebook;
	if (notebook == NULL) {
		struct scan_cell *script = arena_new(arena, struct scan_cell);
		*script = (struct scan_cell){0, S(""), input->requirements};
		*ret_n = 1;
		return script;
	}
	struct scan_cell *cells = arena_array(arena, struct scan_cell, notebook->n_cells);
	size_t n = 0;
	for (size_t i = 0; i < notebook->n_cells; i++) {
		const struct nb_cell *cell = &notebook->cells[i];
		if (cell->type == NB_CELL_CODE) {
			cells[n++] = (struct scan_cell){cell->index, cell->id, cell->source};
		}
	}
	*ret_n = n;
	return cells;
}

void facts_scan(const struct advise_input *input, const struct scan_cell *cells, size_t n,
	bool leave_files, struct arena *arena, struct scan_facts *ret)
{
	const struct notebook *notebook = input->notebook;
	struct scan_settings settings = {.script = str_ends(input->path, S(".py")),
		.python = notebook == NULL ? S("") : notebook->language_version,
		.folder = input->is_file ? fs_dirname(arena, input->path) : S(""),
		.leave_files = leave_files};
	scan_code(cells, n, &settings, arena, ret);
}

void facts_usages(const struct advise_input *input, const struct scan_facts *facts,
	struct arena *arena, struct request *request)
{
	for (size_t i = 0; i < facts->n_uses; i++) {
		const struct scan_use *use = &facts->uses[i];
		if (use->flat) {
			const struct scan_place *place = &use->place;
			struct str id = facts_cell_id(input, place->cell);
			*vec_push(arena, &request->usages) = (struct usage){.symbol = use->symbol,
				.keywords = use->keywords,
				.possible = use->possible,
				.origin = facts_origin(
					input, place->cell, id, place->line, place->column)};
		}
	}
}

struct origin facts_origin(
	const struct advise_input *input, size_t cell, struct str id, int line, int column)
{
	return (struct origin){.file = input->path,
		.cell_id = id,
		.cell = (int)cell + 1,
		.executed = input->executed,
		.line = line,
		.column = column};
}

struct str facts_cell_id(const struct advise_input *input, size_t cell)
{
	const struct notebook *notebook = input->notebook;
	if (cell < notebook->n_cells && notebook->cells[cell].index == cell) {
		return notebook->cells[cell].id; /* where it is in a file */
	}
	for (size_t i = 0; i < notebook->n_cells; i++) {
		if (notebook->cells[i].index == cell) {
			return notebook->cells[i].id;
		}
	}
	return S("");
}
