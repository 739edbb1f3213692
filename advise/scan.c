#include "advise/scan.h"
#include "common/fs.h"
#include "notebook_meta/notebook_meta.h"
#include "staticscan/catalog.h"
#include "common/banned.h"

/* ---- reading ---- */

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

static bool add_notebook(
	struct advise_scan *scan, struct str path, struct str python, struct err *err)
{
	AUTO(nb_done) struct notebook nb = {0};
	VEC(struct scan_cell) cells = {0};
	if (!nb_read(arena_cstr(scan->arena, path), scan->arena, &nb, err)) {
		return false;
	}
	struct advise_scanned *scanned = vec_push(scan->arena, &scan->files);
	scanned->path = path;
	scanned->python = python.n > 0 ? python : nb.language_version;
	if (!nb_is_python(&nb)) {
		tell_not_python(scan, scanned);
		return true;
	}
	for (size_t i = 0; i < nb.n_cells; i++) {
		if (nb.cells[i].type == NB_CELL_CODE) {
			*vec_push(scan->arena, &cells) = (struct scan_cell){
				nb.cells[i].index, nb.cells[i].id, nb.cells[i].source};
		}
	}
	struct scan_settings settings = {
		.python = scanned->python, .folder = fs_dirname(scan->arena, path)};
	scan_code(cells.p, cells.n, &settings, scan->arena, &scanned->facts);
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

/* ---- JSON ---- */

/* Code point of the UTF-8 sequence at s, its length in *ret_n; U+FFFD and 1 for what is none. */
static uint32_t code_point(struct str s, size_t *ret_n)
{
	unsigned char c = (unsigned char)s.p[0];
	size_t n = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	uint32_t point = c < 0x80 ? c : c >= 0xf0 ? c & 7 : c >= 0xe0 ? c & 15 : c & 31;
	*ret_n = 1;
	if (n > s.n || (c >= 0x80 && c < 0xc2) || c > 0xf4) {
		return 0xfffd;
	}
	for (size_t i = 1; i < n; i++) {
		if (((unsigned char)s.p[i] & 0xc0) != 0x80) {
			return 0xfffd;
		}
		point = point << 6 | ((unsigned char)s.p[i] & 0x3f);
	}
	*ret_n = n;
	return point; /* lone surrogates pass: they are escaped as they are in notebooks */
}

static void add_text(struct buf *out, struct str text)
{
	buf_byte(out, '"');
	while (text.n > 0) {
		size_t n = 0;
		while (n < text.n && text.p[n] >= 0x20 && text.p[n] < 0x7f && text.p[n] != '"' &&
			text.p[n] != '\\') {
			n++;
		}
		buf_add(out, str_slice(text, 0, n));
		text = str_skip(text, n);
		if (text.n == 0) {
			break;
		}
		uint32_t point = code_point(text, &n);
		if (point == '"' || point == '\\') {
			buf_byte(out, '\\');
			buf_byte(out, (char)point);
		} else if (point == '\n') {
			buf_add(out, S("\\n"));
		} else if (point > 0xffff) {
			buf_addf(out, "\\u%04x\\u%04x", 0xd800 + ((point - 0x10000) >> 10),
				0xdc00 + ((point - 0x10000) & 0x3ff));
		} else {
			buf_addf(out, "\\u%04x", point);
		}
		text = str_skip(text, n);
	}
	buf_byte(out, '"');
}

/* ,"key": (no comma after an opening bracket) */
static void add_key(struct buf *out, const char *key)
{
	char last = out->n > 0 ? out->p[out->n - 1] : '\0';
	buf_addf(out, "%s\"%s\":", last == '{' || last == '[' ? "" : ",", key);
}

static void add_member(struct buf *out, const char *key, struct str text)
{
	add_key(out, key);
	add_text(out, text);
}

static void add_optional(struct buf *out, const char *key, struct str text)
{
	if (text.n > 0) {
		add_member(out, key, text);
	}
}

static void add_flag(struct buf *out, const char *key, bool value)
{
	if (value) {
		add_key(out, key);
		buf_add(out, S("true"));
	}
}

static void add_list(struct buf *out, const char *key, const struct str *items, size_t n)
{
	add_key(out, key);
	buf_byte(out, '[');
	for (size_t i = 0; i < n; i++) {
		buf_add(out, i == 0 ? S("") : S(","));
		add_text(out, items[i]);
	}
	buf_byte(out, ']');
}

static void next_record(struct buf *out)
{
	char last = out->p[out->n - 1];
	buf_add(out, last == '[' || last == '{' ? S("\n ") : S(",\n "));
}

static void add_place(struct buf *out, const struct scan_place *place)
{
	buf_addf(out, "%s\"cell\":%zu,\"line\":%d,\"column\":%d",
		out->p[out->n - 1] == '{' ? "" : ",", place->cell, place->line, place->column);
}

/* Which file a record is of, when there are several. */
static void add_file(struct buf *out, const struct advise_scan *scan, size_t file)
{
	if (scan->files.n > 1) {
		add_member(out, "file", scan->files.p[file].path);
	}
}

static const char *kind_name(const struct scan_request *request)
{
	static const char *const names[] = {
		[SCAN_REQUIREMENT] = "package",
		[SCAN_VCS] = "vcs",
		[SCAN_URL] = "url",
		[SCAN_PATH] = "path",
		[SCAN_REQUIREMENTS_FILE] = "requirements-file",
		[SCAN_CONSTRAINTS_FILE] = "constraints-file",
		[SCAN_INVALID] = "invalid",
		[SCAN_DYNAMIC] = "dynamic",
	};
	bool named = request->kind == SCAN_DYNAMIC && request->name.n > 0;
	return named ? "package" : names[request->kind];
}

static void add_options(struct buf *out, const struct scan_request *r)
{
	add_key(out, "options");
	buf_byte(out, '{');
	add_flag(out, "upgrade", r->upgrade);
	add_flag(out, "pre", r->pre);
	add_flag(out, "no_deps", r->no_deps);
	add_flag(out, "force_reinstall", r->force_reinstall);
	add_flag(out, "ignore_installed", r->ignore_installed);
	add_flag(out, "user", r->user);
	add_flag(out, "no_index", r->no_index);
	add_flag(out, "require_hashes", r->require_hashes);
	add_optional(out, "target", r->target);
	add_optional(out, "index_url", r->index_url);
	if (r->n_extra_index_urls > 0) {
		add_list(out, "extra_index_urls", r->extra_index_urls, r->n_extra_index_urls);
	}
	if (r->n_find_links > 0) {
		add_list(out, "find_links", r->find_links, r->n_find_links);
	}
	add_optional(out, "only_binary", r->only_binary);
	add_optional(out, "no_binary", r->no_binary);
	buf_byte(out, '}');
}

static void add_request(
	struct buf *out, const struct advise_scan *scan, size_t file, const struct scan_request *r)
{
	next_record(out);
	buf_byte(out, '{');
	add_file(out, scan, file);
	add_member(out, "action", r->uninstall ? S("uninstall") : S("install"));
	add_member(out, "manager", r->manager);
	add_member(out, "via", r->via);
	add_member(out, "kind", str_from(kind_name(r)));
	add_key(out, "name");
	if (r->name.n > 0) {
		add_text(out, r->name);
	} else {
		buf_add(out, S("null"));
	}
	add_list(out, "extras", r->extras, r->n_extras);
	add_key(out, "specifier");
	if (r->kind == SCAN_DYNAMIC) {
		buf_add(out, S("null"));
	} else {
		add_text(out, r->specifier);
	}
	add_optional(out, "marker", r->marker);
	add_optional(out, "url", r->url);
	add_optional(out, "ref", r->ref);
	add_optional(out, "subdirectory", r->subdirectory);
	add_optional(out, "name_guess", r->name_guess);
	add_optional(out, "path", r->path);
	add_flag(out, "editable", r->editable);
	add_flag(out, "dynamic", r->kind == SCAN_DYNAMIC);
	add_flag(out, "conditional", r->conditional);
	add_flag(out, "uncalled", r->uncalled);
	add_flag(out, "tooling", r->tooling && !r->foreign);
	if (r->tool) {
		add_member(out, "scope", S("tool"));
	}
	add_options(out, r);
	add_member(out, "raw", r->raw);
	if (r->from_file.n > 0) {
		buf_addf(out, ",\"cell\":%zu", r->cell);
		add_member(out, "from_file", r->from_file);
	} else {
		struct scan_place place = {r->cell, r->line, r->column};
		add_place(out, &place);
		buf_addf(out, ",\"end_column\":%d", r->end_column);
	}
	add_optional(out, "cell_id", r->cell_id);
	buf_byte(out, '}');
}

static void add_import(
	struct buf *out, const struct advise_scan *scan, size_t file, const struct scan_import *i)
{
	next_record(out);
	buf_byte(out, '{');
	add_file(out, scan, file);
	add_member(out, "module", i->module);
	add_key(out, "names");
	buf_byte(out, '[');
	for (size_t k = 0; k < i->n_names; k++) {
		buf_add(out, k == 0 ? S("{") : S(",{"));
		add_member(out, "name", i->names[k].name);
		add_optional(out, "asname", i->names[k].asname);
		buf_byte(out, '}');
	}
	buf_addf(out, "],\"level\":%d", i->level);
	add_member(out, "kind", i->kind);
	add_list(out, "context", i->context, i->n_context);
	if (i->alternative > 0) {
		buf_addf(out, ",\"alternative\":%d", i->alternative);
	}
	if (i->probe) {
		add_member(out, "certainty", S("probe"));
	}
	add_place(out, &i->place);
	add_optional(out, "cell_id", i->cell_id);
	add_member(out, "class", str_from(scan_class_name(i->class)));
	if (i->class == SCAN_THIRD_PARTY) {
		struct str distributions[8];
		size_t n = catalog_distributions(i->module, distributions, 8);
		if (n > 0) {
			add_list(out, "distributions", distributions, n);
		}
	}
	buf_byte(out, '}');
}

static void add_diagnostic(struct buf *out, const struct advise_scan *scan, size_t file,
	const struct scan_diagnostic *d)
{
	struct scan_place place = {d->cell, d->line, d->column};
	next_record(out);
	buf_byte(out, '{');
	add_file(out, scan, file);
	add_member(out, "code", d->code);
	add_member(out, "severity", d->severity);
	add_member(out, "message", d->message);
	add_place(out, &place);
	add_optional(out, "cell_id", d->cell_id);
	buf_byte(out, '}');
}

/* ---- symbols ---- */

struct symbol {
	const struct scan_use *use;
	size_t file;
};

static int by_symbol(const void *a, const void *b)
{
	const struct symbol *x = a;
	const struct symbol *y = b;
	int order = str_cmp(x->use->symbol, y->use->symbol);
	order = order != 0 ? order : str_cmp(x->use->how, y->use->how);
	order = order != 0 ? order : (int)x->use->possible - (int)y->use->possible;
	order = order != 0 ? order : (x->file > y->file) - (x->file < y->file);
	order = order != 0 ? order : (x->use > y->use) - (x->use < y->use);
	return order;
}

static struct str root_of(struct str symbol)
{
	struct str root = symbol;
	(void)str_cut(root, S("."), &root, &(struct str){0});
	return root;
}

/* {ROOT: [symbols]} of sorted uses; symbols of one root stand together since '.' sorts low... */
static int by_root(const void *a, const void *b)
{
	struct str x = (*(const struct scan_use *const *)a)->symbol;
	struct str y = (*(const struct scan_use *const *)b)->symbol;
	int order = str_cmp(root_of(x), root_of(y));
	return order != 0 ? order : str_cmp(x, y);
}

static void add_report(
	struct buf *out, struct arena *arena, const struct symbol *symbols, size_t n, size_t file)
{
	const struct scan_use **flat = arena_array(arena, const struct scan_use *, n);
	size_t n_flat = 0;
	for (size_t i = 0; i < n; i++) {
		bool wanted = file == SIZE_MAX || symbols[i].file == file;
		if (wanted && symbols[i].use->flat) {
			flat[n_flat++] = symbols[i].use;
		}
	}
	if (n_flat > 1) {
		qsort(flat, n_flat, sizeof(*flat), by_root);
	}
	struct str root = S("");
	buf_byte(out, '{');
	for (size_t i = 0; i < n_flat; i++) {
		struct str symbol = flat[i]->symbol;
		if (i > 0 && str_eq(symbol, flat[i - 1]->symbol)) {
			continue;
		}
		if (i > 0 && str_eq(root, root_of(symbol))) {
			buf_byte(out, ',');
		} else {
			root = root_of(symbol);
			buf_add(out, i > 0 ? S("],") : S(""));
			add_text(out, root);
			buf_add(out, S(":["));
		}
		add_text(out, symbol);
	}
	buf_add(out, n_flat > 0 ? S("]}") : S("}"));
}

static bool same_entry(const struct scan_use *a, const struct scan_use *b)
{
	return a->possible == b->possible && str_eq(a->symbol, b->symbol) && str_eq(a->how, b->how);
}

static void add_symbols(
	struct buf *out, const struct advise_scan *scan, const struct symbol *symbols, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct scan_use *use = symbols[i].use;
		if (i == 0 || !same_entry(use, symbols[i - 1].use)) {
			next_record(out);
			buf_byte(out, '{');
			add_member(out, "symbol", use->symbol);
			add_member(out, "root", root_of(use->symbol));
			add_member(out, "how", use->how);
			add_member(out, "certainty", use->possible ? S("possible") : S("certain"));
			add_key(out, "locations");
			buf_byte(out, '[');
		} else {
			buf_byte(out, ',');
		}
		buf_byte(out, '{');
		add_file(out, scan, symbols[i].file);
		add_place(out, &use->place);
		if (use->keywords.n > 0) {
			add_key(out, "kwargs");
			buf_add(out, use->keywords);
		}
		buf_byte(out, '}');
		if (i + 1 == n || !same_entry(use, symbols[i + 1].use)) {
			buf_add(out, S("]}"));
		}
	}
}

static const struct symbol *all_symbols(const struct advise_scan *scan, size_t *ret_n)
{
	size_t n = 0;
	for (size_t i = 0; i < scan->files.n; i++) {
		n += scan->files.p[i].facts.n_uses;
	}
	struct symbol *symbols = arena_array(scan->arena, struct symbol, n);
	n = 0;
	for (size_t i = 0; i < scan->files.n; i++) {
		for (size_t k = 0; k < scan->files.p[i].facts.n_uses; k++) {
			symbols[n++] = (struct symbol){&scan->files.p[i].facts.uses[k], i};
		}
	}
	if (scan->files.n > 1) {
		qsort(symbols, n, sizeof(*symbols), by_symbol);
	}
	*ret_n = n;
	return symbols;
}

static int by_text(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static void add_effective(struct buf *out, const struct advise_scan *scan)
{
	VEC(struct str) all = {0};
	for (size_t i = 0; i < scan->files.n; i++) {
		size_t n;
		const struct str *some =
			scan_standing(&scan->files.p[i].facts.installs, scan->arena, &n);
		for (size_t k = 0; k < n; k++) {
			*vec_push(scan->arena, &all) = some[k];
		}
	}
	if (all.n > 1) {
		qsort(all.p, all.n, sizeof(*all.p), by_text);
	}
	size_t n = 0;
	for (size_t i = 0; i < all.n; i++) {
		if (n == 0 || !str_eq(all.p[n - 1], all.p[i])) {
			all.p[n++] = all.p[i];
		}
	}
	add_list(out, "effective", all.p, n);
}

static void add_section(struct buf *out, const char *key)
{
	buf_addf(out, ",\n\"%s\":[", key);
}

void advise_scan_json(const struct advise_scan *scan, struct buf *out)
{
	size_t n;
	const struct symbol *symbols = all_symbols(scan, &n);
	buf_add(out, S("{"));
	add_member(out, "version", scan->version);
	buf_add(out, S(",\n\"report\":"));
	add_report(out, scan->arena, symbols, n, SIZE_MAX);
	buf_add(out, S(",\n\"files\":{"));
	for (size_t i = 0; i < scan->files.n; i++) {
		next_record(out);
		add_text(out, scan->files.p[i].path);
		buf_byte(out, ':');
		struct symbol *own =
			arena_array(scan->arena, struct symbol, scan->files.p[i].facts.n_uses);
		for (size_t k = 0; k < scan->files.p[i].facts.n_uses; k++) {
			own[k] = (struct symbol){&scan->files.p[i].facts.uses[k], i};
		}
		add_report(out, scan->arena, own, scan->files.p[i].facts.n_uses, i);
	}
	buf_byte(out, '}');
	add_section(out, "requirements");
	for (size_t i = 0; i < scan->files.n; i++) {
		const struct scan_installs *installs = &scan->files.p[i].facts.installs;
		for (size_t k = 0; k < installs->n; k++) {
			add_request(out, scan, i, &installs->requests[k]);
		}
	}
	buf_add(out, S("]"));
	add_effective(out, scan);
	add_section(out, "imports");
	for (size_t i = 0; i < scan->files.n; i++) {
		for (size_t k = 0; k < scan->files.p[i].facts.n_imports; k++) {
			add_import(out, scan, i, &scan->files.p[i].facts.imports[k]);
		}
	}
	buf_byte(out, ']');
	add_section(out, "symbols");
	add_symbols(out, scan, symbols, n);
	buf_byte(out, ']');
	add_section(out, "diagnostics");
	for (size_t i = 0; i < scan->files.n; i++) {
		const struct scan_installs *installs = &scan->files.p[i].facts.installs;
		for (size_t k = 0; k < installs->n_diagnostics; k++) {
			add_diagnostic(out, scan, i, &installs->diagnostics[k]);
		}
	}
	buf_addf(out, "],\n\"python\":{\"version\":\"3.%d\"}}\n",
		catalog_minor(scan->files.n > 0 ? scan->files.p[0].python : S("")));
}

/* ---- for a person ---- */

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

static void text_import(struct buf *out, const struct scan_import *import)
{
	struct str distributions[4];
	struct str root = root_of(import->module);
	size_t n = 0;
	buf_add(out, S("    "));
	add_shown(out, import->module);
	if (import->class == SCAN_THIRD_PARTY) {
		n = catalog_distributions(import->module, distributions, 4);
	}
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(distributions[0], root)) {
			buf_addf(out, "%s" STR_FMT, i == 0 ? "  from " : " or ",
				STR_ARG(distributions[i]));
		}
	}
	if (import->class == SCAN_OTHER_PYTHON) {
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
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && str_eq(imports[i]->module, imports[i - 1]->module)) {
			continue;
		}
		if (imports[i]->class == SCAN_STDLIB) {
			buf_add(&standard, standard.n > 0 ? S(", ") : S(""));
			add_shown(&standard, imports[i]->module);
		} else if (imports[i]->class != SCAN_FUTURE) {
			buf_add(out, titled ? S("") : S("\n  imports\n"));
			titled = true;
			text_import(out, imports[i]);
		}
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
		qsort(flat, n_flat, sizeof(*flat), by_root);
	}
	struct str root = S("");
	buf_add(out, n_flat > 0 ? S("\n  uses\n") : S(""));
	for (size_t i = 0; i < n_flat; i++) {
		struct str symbol = flat[i]->symbol;
		if (i > 0 && str_eq(symbol, flat[i - 1]->symbol)) {
			continue;
		}
		bool same = i > 0 && str_eq(root, root_of(symbol));
		root = root_of(symbol);
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
