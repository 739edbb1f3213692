#include "advise/jsonout.h"
#include "advise/scan.h"
#include "staticscan/catalog.h"
#include "common/banned.h"

/* The document of `thoth scan --json` (staticscan.md 4.1). */

static void add_place(struct buf *out, const struct scan_place *place)
{
	buf_addf(out, "%s\"cell\":%zu,\"line\":%d,\"column\":%d",
		out->p[out->n - 1] == '{' ? "" : ",", place->cell, place->line, place->column);
}

/* Which file a record is of, when there are several. */
static void add_file(struct buf *out, const struct advise_scan *scan, size_t file)
{
	if (scan->files.n > 1) {
		jsonout_member(out, "file", scan->files.p[file].path);
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
	jsonout_key(out, "options");
	buf_byte(out, '{');
	jsonout_flag(out, "upgrade", r->upgrade);
	jsonout_flag(out, "pre", r->pre);
	jsonout_flag(out, "no_deps", r->no_deps);
	jsonout_flag(out, "force_reinstall", r->force_reinstall);
	jsonout_flag(out, "ignore_installed", r->ignore_installed);
	jsonout_flag(out, "user", r->user);
	jsonout_flag(out, "no_index", r->no_index);
	jsonout_flag(out, "require_hashes", r->require_hashes);
	jsonout_optional(out, "target", r->target);
	jsonout_optional(out, "index_url", r->index_url);
	if (r->n_extra_index_urls > 0) {
		jsonout_list(out, "extra_index_urls", r->extra_index_urls, r->n_extra_index_urls);
	}
	if (r->n_find_links > 0) {
		jsonout_list(out, "find_links", r->find_links, r->n_find_links);
	}
	jsonout_optional(out, "only_binary", r->only_binary);
	jsonout_optional(out, "no_binary", r->no_binary);
	buf_byte(out, '}');
}

static void add_request(
	struct buf *out, const struct advise_scan *scan, size_t file, const struct scan_request *r)
{
	jsonout_next(out);
	buf_byte(out, '{');
	add_file(out, scan, file);
	jsonout_member(out, "action", r->uninstall ? S("uninstall") : S("install"));
	jsonout_member(out, "manager", r->manager);
	jsonout_member(out, "via", r->via);
	jsonout_member(out, "kind", str_from(kind_name(r)));
	jsonout_key(out, "name");
	if (r->name.n > 0) {
		jsonout_text(out, r->name);
	} else {
		buf_add(out, S("null"));
	}
	jsonout_list(out, "extras", r->extras, r->n_extras);
	jsonout_key(out, "specifier");
	if (r->kind == SCAN_DYNAMIC) {
		buf_add(out, S("null"));
	} else {
		jsonout_text(out, r->specifier);
	}
	jsonout_optional(out, "marker", r->marker);
	jsonout_optional(out, "url", r->url);
	jsonout_optional(out, "ref", r->ref);
	jsonout_optional(out, "subdirectory", r->subdirectory);
	jsonout_optional(out, "name_guess", r->name_guess);
	jsonout_optional(out, "path", r->path);
	jsonout_flag(out, "editable", r->editable);
	jsonout_flag(out, "dynamic", r->kind == SCAN_DYNAMIC);
	jsonout_flag(out, "conditional", r->conditional);
	jsonout_flag(out, "uncalled", r->uncalled);
	jsonout_flag(out, "tooling", r->tooling && !r->foreign);
	if (r->tool) {
		jsonout_member(out, "scope", S("tool"));
	}
	add_options(out, r);
	jsonout_member(out, "raw", r->raw);
	if (r->from_file.n > 0) {
		buf_addf(out, ",\"cell\":%zu", r->cell);
		jsonout_member(out, "from_file", r->from_file);
	} else {
		struct scan_place place = {r->cell, r->line, r->column};
		add_place(out, &place);
		buf_addf(out, ",\"end_column\":%d", r->end_column);
	}
	jsonout_optional(out, "cell_id", r->cell_id);
	buf_byte(out, '}');
}

static void add_import(
	struct buf *out, const struct advise_scan *scan, size_t file, const struct scan_import *i)
{
	jsonout_next(out);
	buf_byte(out, '{');
	add_file(out, scan, file);
	jsonout_member(out, "module", i->module);
	jsonout_key(out, "names");
	buf_byte(out, '[');
	for (size_t k = 0; k < i->n_names; k++) {
		buf_add(out, k == 0 ? S("{") : S(",{"));
		jsonout_member(out, "name", i->names[k].name);
		jsonout_optional(out, "asname", i->names[k].asname);
		buf_byte(out, '}');
	}
	buf_addf(out, "],\"level\":%d", i->level);
	jsonout_member(out, "kind", i->kind);
	jsonout_list(out, "context", i->context, i->n_context);
	if (i->alternative > 0) {
		buf_addf(out, ",\"alternative\":%d", i->alternative);
	}
	if (i->probe) {
		jsonout_member(out, "certainty", S("probe"));
	}
	add_place(out, &i->place);
	jsonout_optional(out, "cell_id", i->cell_id);
	jsonout_member(out, "class", str_from(scan_class_name(i->class)));
	if (i->class == SCAN_THIRD_PARTY && !catalog_is_platform(i->module)) {
		struct str distributions[8];
		size_t n = catalog_import_distributions(i, scan->arena, distributions, 8);
		if (n > 0) {
			jsonout_list(out, "distributions", distributions, n);
		}
	}
	buf_byte(out, '}');
}

static void add_diagnostic(struct buf *out, const struct advise_scan *scan, size_t file,
	const struct scan_diagnostic *d)
{
	struct scan_place place = {d->cell, d->line, d->column};
	jsonout_next(out);
	buf_byte(out, '{');
	add_file(out, scan, file);
	jsonout_member(out, "code", d->code);
	jsonout_member(out, "severity", d->severity);
	jsonout_member(out, "message", d->message);
	add_place(out, &place);
	jsonout_optional(out, "cell_id", d->cell_id);
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
		qsort(flat, n_flat, sizeof(*flat), scan_by_root);
	}
	struct str root = S("");
	buf_byte(out, '{');
	for (size_t i = 0; i < n_flat; i++) {
		struct str symbol = flat[i]->symbol;
		if (i > 0 && str_eq(symbol, flat[i - 1]->symbol)) {
			continue;
		}
		if (i > 0 && str_eq(root, scan_root(symbol))) {
			buf_byte(out, ',');
		} else {
			root = scan_root(symbol);
			buf_add(out, i > 0 ? S("],") : S(""));
			jsonout_text(out, root);
			buf_add(out, S(":["));
		}
		jsonout_text(out, symbol);
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
			jsonout_next(out);
			buf_byte(out, '{');
			jsonout_member(out, "symbol", use->symbol);
			jsonout_member(out, "root", scan_root(use->symbol));
			jsonout_member(out, "how", use->how);
			jsonout_member(
				out, "certainty", use->possible ? S("possible") : S("certain"));
			jsonout_key(out, "locations");
			buf_byte(out, '[');
		} else {
			buf_byte(out, ',');
		}
		buf_byte(out, '{');
		add_file(out, scan, symbols[i].file);
		add_place(out, &use->place);
		if (use->keywords.n > 0) {
			jsonout_key(out, "kwargs");
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
	jsonout_list(out, "effective", all.p, n);
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
	jsonout_member(out, "version", scan->version);
	buf_add(out, S(",\n\"report\":"));
	add_report(out, scan->arena, symbols, n, SIZE_MAX);
	buf_add(out, S(",\n\"files\":{"));
	for (size_t i = 0; i < scan->files.n; i++) {
		jsonout_next(out);
		jsonout_text(out, scan->files.p[i].path);
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
