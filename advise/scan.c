#include "advise/scan.h"
#include "common/fs.h"
#include "notebook_meta/notebook_meta.h"
#include "common/banned.h"

static bool add_script(
	struct advise_scan *scan, struct str path, struct str python, bool script, struct err *err)
{
	struct str source;
	if (!fs_read(arena_cstr(scan->arena, path), SCAN_FILE_MAX, scan->arena, &source, err)) {
		return false;
	}
	struct scan_cell *cell = arena_new(scan->arena, struct scan_cell);
	*cell = (struct scan_cell){0, S(""), source};
	struct scan_settings settings = {
		.script = script, .python = python, .folder = fs_dirname(scan->arena, path)};
	struct advise_scanned *scanned = vec_push(scan->arena, &scan->files);
	scanned->path = path;
	scanned->python = python;
	scanned->source = source;
	scan_code(cell, 1, &settings, scan->arena, &scanned->facts);
	return true;
}

static void tell_not_python(struct advise_scan *scan, struct advise_scanned *scanned)
{
	struct scan_diagnostic *diagnostic = arena_new(scan->arena, struct scan_diagnostic);
	*diagnostic = (struct scan_diagnostic){.severity = S("info"),
		.code = S("not-python"),
		.message = S("the kernel of this notebook is not Python; nothing is looked at"),
		.cell_id = S(""),
		.line = 1,
		.column = 1};
	scanned->facts.installs.diagnostics = diagnostic;
	scanned->facts.installs.n_diagnostics = 1;
}

void advise_scan_cells(
	struct advise_scan *scan, const struct notebook *notebook, bool is_file, struct str python)
{
	VEC(struct scan_cell) cells = {0};
	struct advise_scanned *scanned = vec_push(scan->arena, &scan->files);
	scanned->path = notebook->path;
	scanned->python = python.n > 0 ? python : notebook->language_version;
	scanned->notebook = notebook;
	if (!nb_is_python(notebook)) {
		tell_not_python(scan, scanned);
		return;
	}
	for (size_t i = 0; i < notebook->n_cells; i++) {
		const struct nb_cell *cell = &notebook->cells[i];
		if (cell->type == NB_CELL_CODE) {
			*vec_push(scan->arena, &cells) =
				(struct scan_cell){cell->index, cell->id, cell->source};
		}
	}
	struct scan_settings settings = {.python = scanned->python,
		.folder = is_file ? fs_dirname(scan->arena, notebook->path) : S("")};
	scan_code(cells.p, cells.n, &settings, scan->arena, &scanned->facts);
}

static bool add_notebook(
	struct advise_scan *scan, struct str path, struct str python, struct err *err)
{
	struct notebook *notebook = arena_new(scan->arena, struct notebook);
	if (!nb_read(arena_cstr(scan->arena, path), scan->arena, notebook, err)) {
		return false;
	}
	nb_done(notebook);
	advise_scan_cells(scan, notebook, true, python);
	scan->files.p[scan->files.n - 1].path = path;
	return true;
}

bool advise_scan_add(struct advise_scan *scan, struct str path, struct str python, struct err *err)
{
	bool script = str_ends(path, S(".py"));
	if (script || str_ends(path, S(".ipy"))) {
		return add_script(scan, path, python, script, err);
	}
	return add_notebook(scan, path, python, err);
}

void advise_scan_run(const struct advise_options *options, const struct advise_input *input,
	struct arena *arena, struct advise_report *report)
{
	struct advise_scan scan = {.arena = arena, .version = S("")};
	AUTO(buf_done) struct buf document = {0};
	struct err err = {0};
	struct str python =
		options->python_versions.n > 0 ? options->python_versions.items[0] : S("");
	if (input->notebook == NULL) {
		err_set(&err, ERR_USAGE, "there are no cells to scan");
		advise_report_error(report, &err);
		return;
	}
	advise_scan_cells(&scan, input->notebook, input->is_file, python);
	scan.files.p[0].path = input->path.n > 0 ? input->path : S("the executed cells");
	advise_scan_text(&scan, &report->text);
	advise_scan_json(&scan, &document);
	report->kind = "scan";
	report->data = json_loadb(document.p, document.n, 0, NULL);
}

struct str scan_root(struct str symbol)
{
	struct str root = symbol;
	(void)str_cut(root, S("."), &root, &(struct str){0});
	return root;
}

int scan_by_root(const void *a, const void *b)
{
	struct str x = (*(const struct scan_use *const *)a)->symbol;
	struct str y = (*(const struct scan_use *const *)b)->symbol;
	int order = str_cmp(scan_root(x), scan_root(y));
	return order != 0 ? order : str_cmp(x, y);
}
