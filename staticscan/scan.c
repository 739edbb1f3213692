#include "staticscan/scan.h"
#include "staticscan/calls.h"
#include "staticscan/catalog.h"
#include "staticscan/files.h"
#include "staticscan/pieces.h"
#include "staticscan/standing.h"
#include "common/clock.h"
#include "common/banned.h"

enum { DIAGNOSTICS_MAX = 5000 };

/* ---- reading ---- */

void facts_diagnose(struct facts *facts, const char *severity, const char *code, struct mark mark,
	struct str message)
{
	if (facts->diagnostics.n >= DIAGNOSTICS_MAX) {
		return;
	}
	struct scan_diagnostic *diagnostic = vec_push(facts->arena, &facts->diagnostics);
	*vec_push(facts->arena, &facts->diagnostic_marks) = mark;
	*diagnostic = (struct scan_diagnostic){.severity = str_from(severity),
		.code = str_from(code),
		.message = message,
		.cell = facts->cells[mark.cell].index,
		.cell_id = facts->cells[mark.cell].id};
}

static bool is_bound(void *data, struct str name)
{
	const struct walker *walker = data;
	uint32_t id = intern_find(&walker->facts->names, name);
	uint32_t index = id == INTERN_NONE ? SCOPE_NONE : scope_find(walker->module, id);
	return index != SCOPE_NONE && walker->module->variables.p[index].now.n > 0;
}

/* What %%writefile makes is a module of the notebook from here on. */
static void take_file(struct facts *facts, const struct source_file *file)
{
	struct str name = file->name;
	*vec_push(facts->arena, &facts->installs->files) = *file;
	if (str_starts(name, S("./"))) {
		name = str_skip(name, 2);
	}
	if (str_ends(name, S(".py")) && str_find_char(name, '/') < 0) {
		*vec_push(facts->arena, &facts->local_modules) = str_slice(name, 0, name.n - 3);
	} else if (str_ends(name, S(".py"))) {
		(void)str_cut(name, S("/"), &name, &(struct str){0});
		*vec_push(facts->arena, &facts->local_modules) = name;
	}
}

static void read_cell(struct facts *facts, struct walker *walker, uint32_t cell)
{
	struct source_settings settings = {
		.script = facts->settings->script, .is_bound = is_bound, .data = walker};
	struct source_result *found = arena_new(facts->arena, struct source_result);
	struct scope *module = walker->module;
	source_read(&facts->cells[cell], &settings, facts->arena, found);
	for (size_t i = 0; i < found->diagnostics.n; i++) {
		*vec_push(facts->arena, &facts->installs->sink.diagnostics) =
			found->diagnostics.p[i];
	}
	for (size_t i = 0; i < found->modules.n; i++) {
		import_magic(facts, module, found->modules.p[i].name,
			(struct mark){cell, found->modules.p[i].at});
	}
	if (found->other_process) {
		walker->module = arena_new(facts->arena, struct scope);
	}
	walker->scope = walker->module;
	walker->cell = cell;
	walker->python = &found->python;
	walker->shells = found->shells.p;
	walker->n_shells = found->shells.n;
	walker->n_context = 0;
	walker->function = SCOPE_NONE;
	facts->deadline_ns = clock_monotonic_ns() + PIECES_NS;
	pieces_walk(walker, facts->parser);
	walker->module = module;
	for (size_t i = 0; i < found->files.n; i++) {
		take_file(facts, &found->files.p[i]);
	}
}

/* ---- order and places ---- */

struct ordered {
	struct mark mark;
	size_t index;
};

static int by_mark(const void *a, const void *b)
{
	const struct ordered *x = a;
	const struct ordered *y = b;
	if (x->mark.cell != y->mark.cell) {
		return x->mark.cell < y->mark.cell ? -1 : 1;
	}
	if (x->mark.at != y->mark.at) {
		return x->mark.at < y->mark.at ? -1 : 1;
	}
	return (x->index > y->index) - (x->index < y->index);
}

static void sort(struct ordered *items, size_t n)
{
	if (n > 1) {
		qsort(items, n, sizeof(*items), by_mark);
	}
}

/* Requests by where their commands stand; functions that nothing calls do not count. */
static void order_requests(struct facts *facts, struct scan_facts *ret)
{
	struct installs *installs = facts->installs;
	size_t n = installs->sink.requests.n;
	struct ordered *order = arena_array(facts->arena, struct ordered, n);
	scan_requests requests = {0};
	for (size_t i = 0; i < n; i++) {
		order[i] = (struct ordered){installs->notes.p[i].order, i};
	}
	sort(order, n);
	for (size_t i = 0; i < n; i++) {
		struct scan_request *request = &installs->sink.requests.p[order[i].index];
		uint32_t function = installs->notes.p[order[i].index].function;
		uint32_t name = function == SCOPE_NONE ? 0 : installs->functions.p[function].name;
		request->uncalled = function != SCOPE_NONE &&
				    (name >= installs->called.n || !installs->called.p[name]);
		if (!request->uncalled || !str_eq(request->via, S("python-call"))) {
			*vec_push(facts->arena, &requests) = *request;
			if (request->kind == SCAN_REQUIREMENTS_FILE ||
				request->kind == SCAN_CONSTRAINTS_FILE) {
				files_read(facts, request, &requests);
			}
		}
	}
	ret->installs.constraints = installs->constraints.p;
	ret->installs.n_constraints = installs->constraints.n;
	ret->installs.written = installs->written.p;
	ret->installs.n_written = installs->written.n;
	ret->installs.requests = requests.p;
	ret->installs.n = requests.n;
}

static void place(struct facts *facts, struct mark mark, struct source_cursor *cursor,
	size_t *ret_cell, int *ret_line, int *ret_column)
{
	const struct scan_cell *cell = &facts->cells[mark.cell];
	if (cursor->source.p != cell->source.p || cursor->source.n != cell->source.n) {
		*cursor = (struct source_cursor){.source = cell->source};
	}
	*ret_cell = cell->index;
	source_locate(cursor, mark.at, ret_line, ret_column);
}

static void order_imports(struct facts *facts, struct scan_facts *ret)
{
	size_t n = facts->imports.n;
	struct ordered *order = arena_array(facts->arena, struct ordered, n);
	struct scan_import *imports = arena_array(facts->arena, struct scan_import, n);
	struct source_cursor cursor = {0};
	for (size_t i = 0; i < n; i++) {
		order[i] = (struct ordered){facts->import_marks.p[i], i};
	}
	sort(order, n);
	for (size_t i = 0; i < n; i++) {
		imports[i] = facts->imports.p[order[i].index];
		place(facts, order[i].mark, &cursor, &imports[i].place.cell, &imports[i].place.line,
			&imports[i].place.column);
	}
	ret->imports = imports;
	ret->n_imports = n;
}

static void place_diagnostics(struct facts *facts)
{
	size_t n = facts->diagnostics.n;
	struct ordered *order = arena_array(facts->arena, struct ordered, n);
	struct source_cursor cursor = {0};
	for (size_t i = 0; i < n; i++) {
		order[i] = (struct ordered){facts->diagnostic_marks.p[i], i};
	}
	sort(order, n);
	for (size_t i = 0; i < n; i++) {
		struct scan_diagnostic *diagnostic = &facts->diagnostics.p[order[i].index];
		size_t cell;
		place(facts, order[i].mark, &cursor, &cell, &diagnostic->line, &diagnostic->column);
		*vec_push(facts->arena, &facts->installs->sink.diagnostics) = *diagnostic;
	}
}

static int by_place(const void *a, const void *b)
{
	const struct scan_diagnostic *x = a;
	const struct scan_diagnostic *y = b;
	if (x->cell != y->cell) {
		return x->cell < y->cell ? -1 : 1;
	}
	int order = x->line != y->line ? x->line - y->line : x->column - y->column;
	return order != 0 ? order : str_cmp(x->code, y->code);
}

/* ---- the whole ---- */

static void diagnose_request(struct facts *facts, const char *code,
	const struct scan_request *request, struct str message)
{
	*vec_push(facts->arena, &facts->installs->sink.diagnostics) =
		(struct scan_diagnostic){.severity = S("warning"),
			.code = str_from(code),
			.message = message,
			.cell = request->cell,
			.cell_id = request->cell_id,
			.line = request->line,
			.column = request->column};
}

static void tell_overridden(struct facts *facts, const struct scan_installs *installs)
{
	size_t n;
	const struct standing_override *found = standing_overrides(installs, facts->arena, &n);
	for (size_t i = 0; i < n; i++) {
		const struct scan_request *request = &installs->requests[found[i].index];
		const struct scan_request *earlier = &found[i].earlier;
		struct str where = facts->settings->script
					   ? arena_printf(facts->arena, "line %d", earlier->line)
					   : arena_printf(facts->arena, "cell %zu, line %d",
						     earlier->cell + 1, earlier->line);
		diagnose_request(facts, "overridden-requirement", request,
			arena_printf(facts->arena,
				"'" STR_FMT "' takes the place of '" STR_FMT "' in " STR_FMT
				": no version is both",
				STR_ARG(request->text), STR_ARG(earlier->text), STR_ARG(where)));
	}
	if (installs->n >= INSTALL_REQUESTS_MAX) {
		diagnose_request(facts, "cell-too-large", &installs->requests[installs->n - 1],
			S("more than 10,000 requirements: the rest is not read"));
	}
}

static void facts_done(struct facts *facts)
{
	intern_done(&facts->names);
	intern_done(&facts->paths);
	syntax_parser_free(facts->parser);
}

void scan_code(const struct scan_cell *cells, size_t n_cells, const struct scan_settings *settings,
	struct arena *arena, struct scan_facts *ret)
{
	struct installs installs = {.sink.arena = arena, .sink.manager = S("")};
	AUTO(facts_done)
	struct facts facts = {.arena = arena,
		.cells = cells,
		.n_cells = n_cells,
		.settings = settings,
		.python_minor = catalog_minor(settings->python),
		.installs = &installs,
		.parser = syntax_parser_new()};
	struct scope module = {.kind = SCOPE_MODULE};
	struct walker *walker = arena_new(arena, struct walker);
	walker->facts = &facts;
	walker->module = &module;
	*ret = (struct scan_facts){0};
	files_local_modules(&facts);
	for (size_t i = 0; i < n_cells && i < UINT32_MAX; i++) {
		files_script_metadata(&facts, (uint32_t)i);
		read_cell(&facts, walker, (uint32_t)i);
	}
	calls_finish(&facts);
	order_requests(&facts, ret);
	order_imports(&facts, ret);
	symbol_finish(&facts, ret);
	place_diagnostics(&facts);
	tell_overridden(&facts, &ret->installs);
	if (installs.sink.diagnostics.n > 1) {
		qsort(installs.sink.diagnostics.p, installs.sink.diagnostics.n,
			sizeof(struct scan_diagnostic), by_place);
	}
	ret->installs.diagnostics = installs.sink.diagnostics.p;
	ret->installs.n_diagnostics = installs.sink.diagnostics.n;
}

void scan_find_installs(const struct scan_cell *cells, size_t n_cells, struct arena *arena,
	struct scan_installs *ret)
{
	struct scan_settings settings = {.python = S(""), .folder = S("")};
	struct scan_facts facts;
	scan_code(cells, n_cells, &settings, arena, &facts);
	*ret = facts.installs;
}

const char *scan_class_name(enum scan_class class)
{
	static const char *const names[] = {
		[SCAN_STDLIB] = "stdlib",
		[SCAN_THIRD_PARTY] = "third-party",
		[SCAN_LOCAL] = "local",
		[SCAN_FUTURE] = "future",
		[SCAN_RELATIVE] = "relative",
		[SCAN_OTHER_PYTHON] = "other-python",
	};
	return names[class];
}
