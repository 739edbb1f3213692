#include "advise/scan.h"
#include "staticscan/catalog.h"
#include "common/banned.h"

/* What a scan found, for a person. */

static void add_shown(struct buf *out, struct str text)
{
	buf_add_shown(out, text, true);
}

static void text_where(
	struct buf *out, const struct advise_scanned *file, const struct scan_place *place)
{
	if (str_ends(file->path, S(".py"))) {
		buf_addf(out, "line %d", place->line);
	} else {
		buf_addf(out, "cell %zu, line %d", place->cell + 1, place->line);
	}
}

static void text_requests(
	struct buf *out, const struct advise_scan *scan, const struct advise_scanned *file)
{
	const struct scan_installs *installs = &file->facts.installs;
	size_t n;
	const struct str *standing = scan_standing(installs, scan->arena, &n);
	if (installs->n == 0) {
		return;
	}
	buf_add(out, S("\n  installed by its cells\n"));
	for (size_t i = 0; i < n; i++) {
		buf_add(out, S("    "));
		add_shown(out, standing[i]);
		buf_byte(out, '\n');
	}
	for (size_t i = 0; i < installs->n; i++) {
		const struct scan_request *r = &installs->requests[i];
		bool counted = r->name.n > 0 && !r->tooling && !r->foreign && !r->uncalled;
		if (counted && !r->conditional && r->kind != SCAN_DYNAMIC) {
			continue;
		}
		struct scan_place place = {r->cell, r->line, r->column};
		buf_add(out, S("    "));
		add_shown(out, r->raw);
		buf_addf(out, "  (" STR_FMT "%s%s%s%s, ", STR_ARG(r->manager),
			r->kind == SCAN_DYNAMIC ? ", known only when it runs" : "",
			r->conditional ? ", under a condition" : "",
			r->uncalled ? ", in a function that nothing calls" : "",
			r->kind == SCAN_INVALID ? ", no requirement" : "");
		text_where(out, file, &place);
		buf_add(out, S(")\n"));
	}
}

static int by_module(const void *a, const void *b)
{
	return str_cmp((*(const struct scan_import *const *)a)->module,
		(*(const struct scan_import *const *)b)->module);
}

/* "pyyaml", "opencv-python or opencv-contrib-python": what has the module or the name imported from it. */
static void add_answer(struct buf *out, struct arena *arena, struct str module)
{
	struct str distributions[4];
	AUTO(buf_done) struct buf answer = {0};
	size_t n = catalog_distributions(module, distributions, 4);
	for (size_t i = 0; i < n; i++) {
		buf_addf(&answer, "%s" STR_FMT, i == 0 ? "" : " or ", STR_ARG(distributions[i]));
	}
	struct str guess = n == 0 ? catalog_guess(module, arena) : S("");
	if (guess.n > 0) {
		buf_addf(&answer, STR_FMT " by its name", STR_ARG(guess));
	}
	struct str text = arena_printf(arena, ", " STR_FMT ",", STR_ARG(buf_str(&answer)));
	struct str so_far = arena_printf(arena, ", " STR_FMT ",", STR_ARG(buf_str(out)));
	if (answer.n > 0 && str_find(so_far, text) < 0) {
		buf_add(out, out->n > 0 ? S(", ") : S(""));
		buf_add(out, buf_str(&answer));
	}
}

/* imports[n]: all of one module. */
static void text_module(
	struct buf *out, struct arena *arena, const struct scan_import *const *imports, size_t n)
{
	const struct scan_import *import = imports[0];
	AUTO(buf_done) struct buf answers = {0};
	buf_add(out, S("    "));
	add_shown(out, import->module);
	bool platform = catalog_is_platform(import->module);
	bool third = import->class == SCAN_THIRD_PARTY && !platform;
	for (size_t i = 0; third && i < n; i++) {
		bool from = str_eq(imports[i]->kind, S("from"));
		for (size_t k = 0; from && k < imports[i]->n_names; k++) {
			add_answer(&answers, arena,
				arena_printf(arena, STR_FMT "." STR_FMT,
					STR_ARG(imports[i]->module),
					STR_ARG(imports[i]->names[k].name)));
		}
		if (!from) {
			add_answer(&answers, arena, imports[i]->module);
		}
	}
	if (answers.n > 0 && !str_eq(buf_str(&answers), scan_root(import->module))) {
		buf_add(out, S("  from "));
		buf_add(out, buf_str(&answers));
	}
	if (platform) {
		buf_add(out, S("  (comes with the service that runs it)"));
	} else if (import->class == SCAN_OTHER_PYTHON) {
		buf_add(out, S("  (not in this Python)"));
	} else if (import->class == SCAN_LOCAL) {
		buf_add(out, S("  (beside the notebook)"));
	} else if (import->probe) {
		buf_add(out, S("  (only asked for)"));
	}
	buf_byte(out, '\n');
}

static void text_imports(
	struct buf *out, const struct advise_scan *scan, const struct advise_scanned *file)
{
	size_t n = file->facts.n_imports;
	const struct scan_import **imports =
		arena_array(scan->arena, const struct scan_import *, n);
	AUTO(buf_done) struct buf standard = {0};
	bool titled = false;
	for (size_t i = 0; i < n; i++) {
		imports[i] = &file->facts.imports[i];
	}
	if (n > 1) {
		qsort(imports, n, sizeof(*imports), by_module);
	}
	for (size_t i = 0; i < n;) {
		size_t same = 1;
		while (i + same < n && str_eq(imports[i]->module, imports[i + same]->module)) {
			same++;
		}
		if (imports[i]->class == SCAN_STDLIB) {
			buf_add(&standard, standard.n > 0 ? S(", ") : S(""));
			add_shown(&standard, imports[i]->module);
		} else if (imports[i]->class != SCAN_FUTURE) {
			buf_add(out, titled ? S("") : S("\n  imports\n"));
			titled = true;
			text_module(out, scan->arena, imports + i, same);
		}
		i += same;
	}
	if (standard.n > 0) {
		buf_add(out, S("\n  of the standard library\n    "));
		buf_add(out, buf_str(&standard));
		buf_byte(out, '\n');
	}
}

static void text_uses(
	struct buf *out, const struct advise_scan *scan, const struct advise_scanned *file)
{
	size_t n = file->facts.n_uses;
	const struct scan_use **flat = arena_array(scan->arena, const struct scan_use *, n);
	size_t n_flat = 0;
	for (size_t i = 0; i < n; i++) {
		const struct scan_use *use = &file->facts.uses[i];
		if (use->flat && !str_starts(use->symbol, S("__builtins__."))) {
			flat[n_flat++] = use;
		}
	}
	if (n_flat > 1) {
		qsort(flat, n_flat, sizeof(*flat), scan_by_root);
	}
	struct str root = S("");
	buf_add(out, n_flat > 0 ? S("\n  uses\n") : S(""));
	for (size_t i = 0; i < n_flat; i++) {
		struct str symbol = flat[i]->symbol;
		if (i > 0 && str_eq(symbol, flat[i - 1]->symbol)) {
			continue;
		}
		bool same = i > 0 && str_eq(root, scan_root(symbol));
		root = scan_root(symbol);
		buf_add(out, same ? S(", ") : i > 0 ? S("\n    ") : S("    "));
		add_shown(out, symbol);
	}
	buf_add(out, n_flat > 0 ? S("\n") : S(""));
}

enum { SHOWN_OF_A_KIND = 3 };

static void text_diagnostics(struct buf *out, const struct advise_scanned *file)
{
	const struct scan_installs *installs = &file->facts.installs;
	size_t same = 0; /* of this kind in this cell */
	buf_add(out, installs->n_diagnostics > 0 ? S("\n  to know\n") : S(""));
	for (size_t i = 0; i < installs->n_diagnostics; i++) {
		const struct scan_diagnostic *d = &installs->diagnostics[i];
		const struct scan_diagnostic *last = i > 0 ? d - 1 : d;
		const struct scan_diagnostic *next = i + 1 < installs->n_diagnostics ? d + 1 : NULL;
		same = last->cell == d->cell && str_eq(last->code, d->code) ? same + 1 : 1;
		if (same > SHOWN_OF_A_KIND) {
			if (next == NULL || next->cell != d->cell || !str_eq(next->code, d->code)) {
				buf_addf(out, "    and %zu more of that kind\n",
					same - SHOWN_OF_A_KIND);
			}
			continue;
		}
		struct scan_place place = {d->cell, d->line, d->column};
		buf_add(out, S("    "));
		text_where(out, file, &place);
		buf_add(out, S(": "));
		add_shown(out, d->message);
		buf_addf(out, " (" STR_FMT ")\n", STR_ARG(d->code));
	}
}

void advise_scan_text(const struct advise_scan *scan, struct buf *out)
{
	for (size_t i = 0; i < scan->files.n; i++) {
		const struct advise_scanned *file = &scan->files.p[i];
		buf_add(out, i > 0 ? S("\n") : S(""));
		add_shown(out, file->path);
		buf_byte(out, '\n');
		text_requests(out, scan, file);
		text_imports(out, scan, file);
		text_uses(out, scan, file);
		text_diagnostics(out, file);
		if (file->facts.n_uses + file->facts.n_imports + file->facts.installs.n +
				file->facts.installs.n_diagnostics ==
			0) {
			buf_add(out, S("\n  nothing is installed, imported or used\n"));
		}
	}
}
