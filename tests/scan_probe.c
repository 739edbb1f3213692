#include <jansson.h>
#include "common/fs.h"
#include "common/vec.h"
#include "notebook_meta/notebook_meta.h"
#include "packaging/filename.h"
#include "packaging/requirement.h"
#include "staticscan/scan.h"
#include "common/banned.h"

/*
 * What the scanner says, for tests: `scan_probe NOTEBOOK` prints one JSON document with the records of
 * staticscan.md 2.6, `scan_probe --case FILE` compares a golden case (tests/golden/scan) with its own
 * expectation.
 */

static json_t *text(struct str s)
{
	return json_stringn(s.n == 0 ? "" : s.p, s.n);
}

static const char *kind_name(const struct scan_request *request)
{
	switch (request->kind) {
	case SCAN_REQUIREMENT:
		return "package";
	case SCAN_VCS:
		return "vcs";
	case SCAN_URL:
		return "url";
	case SCAN_PATH:
		return "path";
	case SCAN_REQUIREMENTS_FILE:
		return "requirements-file";
	case SCAN_CONSTRAINTS_FILE:
		return "constraints-file";
	case SCAN_INVALID:
		return "invalid";
	case SCAN_DYNAMIC:
		return request->name.n > 0 ? "package" : "dynamic";
	}
	return "";
}

static void add_specifier(const struct scan_request *request, struct arena *arena, json_t *record)
{
	struct requirement requirement;
	struct filename filename;
	struct err ignored = {0};
	json_t *extras = json_array();
	struct str specifier = S("");
	if (request->foreign && request->name.n > 0) {
		specifier = str_skip(request->text, request->name.n);
	} else if (request->kind == SCAN_REQUIREMENT &&
		   requirement_parse(request->text, arena, &requirement, &ignored)) {
		for (size_t i = 0; i < requirement.n_extras; i++) {
			json_array_append_new(extras, text(requirement.extras[i]));
		}
		ptrdiff_t semicolon = str_find(request->text, S("; "));
		size_t end = semicolon < 0 ? request->text.n : (size_t)semicolon;
		size_t start = request->name.n;
		if (requirement.n_extras > 0) {
			start = (size_t)str_find_char(request->text, ']') + 1;
		}
		specifier = str_slice(request->text, start, end);
		if (semicolon >= 0) {
			json_object_set_new(
				record, "marker", text(str_skip(request->text, end + 2)));
		}
	} else if (filename_parse(fs_basename(request->text), S(""), &filename)) {
		specifier = arena_printf(arena, "==" STR_FMT, STR_ARG(filename.version_text));
	}
	json_object_set_new(record, "extras", extras);
	json_object_set_new(
		record, "specifier", request->kind == SCAN_DYNAMIC ? json_null() : text(specifier));
}

static void add_flag(json_t *object, const char *name, bool value)
{
	if (value) {
		json_object_set_new(object, name, json_true());
	}
}

static json_t *list(const struct str *items, size_t n)
{
	json_t *ret = json_array();
	for (size_t i = 0; i < n; i++) {
		json_array_append_new(ret, text(items[i]));
	}
	return ret;
}

static json_t *record_of(const struct scan_request *request, struct arena *arena)
{
	json_t *options = json_object();
	json_t *record = json_pack("{s:s,s:s,s:o,s:o,s:o,s:I,s:i,s:i,s:o}", "action",
		request->uninstall ? "uninstall" : "install", "kind", kind_name(request), "manager",
		text(request->manager), "via", text(request->via), "name",
		request->name.n > 0 ? text(request->name) : json_null(), "cell",
		(json_int_t)request->cell, "line", request->line, "column", request->column, "text",
		text(request->text));
	add_specifier(request, arena, record);
	add_flag(record, "editable", request->editable);
	add_flag(record, "conditional", request->conditional);
	add_flag(record, "dynamic", request->kind == SCAN_DYNAMIC);
	add_flag(record, "tooling", request->tooling && !request->foreign);
	add_flag(options, "upgrade", request->upgrade);
	add_flag(options, "pre", request->pre);
	add_flag(options, "no_deps", request->no_deps);
	if (request->index_url.n > 0) {
		json_object_set_new(options, "index_url", text(request->index_url));
	}
	if (request->n_extra_index_urls > 0) {
		json_object_set_new(options, "extra_index_urls",
			list(request->extra_index_urls, request->n_extra_index_urls));
	}
	if (request->n_find_links > 0) {
		json_object_set_new(
			options, "find_links", list(request->find_links, request->n_find_links));
	}
	json_object_set_new(record, "options", options);
	return record;
}

static json_t *report(const struct scan_installs *installs, struct arena *arena)
{
	json_t *requests = json_array();
	json_t *effective = json_array();
	json_t *diagnostics = json_array();
	size_t n;
	for (size_t i = 0; i < installs->n; i++) {
		json_array_append_new(requests, record_of(&installs->requests[i], arena));
	}
	const struct scan_request *standing = scan_effective(installs, arena, &n);
	for (size_t i = 0; i < n; i++) {
		json_array_append_new(effective, text(standing[i].text));
	}
	for (size_t i = 0; i < installs->n_diagnostics; i++) {
		json_array_append_new(diagnostics, text(installs->diagnostics[i].code));
	}
	return json_pack("{s:o,s:o,s:o}", "requirements", requests, "effective", effective,
		"diagnostics", diagnostics);
}

static int scan_notebook(const char *path)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(nb_done) struct notebook nb = {0};
	struct err err = {0};
	struct scan_installs installs = {0};
	VEC(struct scan_cell) cells = {0};
	if (!nb_read(path, &arena, &nb, &err)) {
		fprintf(stderr, "%s\n", err.message);
		return 3;
	}
	for (size_t i = 0; i < nb.n_cells && nb_is_python(&nb); i++) {
		if (nb.cells[i].type == NB_CELL_CODE) {
			*vec_push(&arena, &cells) = (struct scan_cell){
				nb.cells[i].index, nb.cells[i].id, nb.cells[i].source};
		}
	}
	scan_find_installs(cells.p, cells.n, &arena, &installs);
	json_auto_t *document = report(&installs, &arena);
	return json_dumpf(document, stdout, JSON_INDENT(1)) == 0 ? 0 : 1;
}

/* ---- golden cases ---- */

/* One line a request: where, what it does, and everything that is not usual. */
static void print_request(const struct scan_request *r, struct buf *out)
{
	buf_addf(out, "%zu:%d:%d %s " STR_FMT " " STR_FMT " %s '" STR_FMT "'", r->cell, r->line,
		r->column, r->uninstall ? "uninstall" : "install", STR_ARG(r->manager),
		STR_ARG(r->via), r->kind == SCAN_DYNAMIC ? "dynamic" : kind_name(r),
		STR_ARG(r->text));
	const struct {
		const char *name;
		bool set;
	} flags[] = {
		{"upgrade",     r->upgrade               },
		{"pre",         r->pre                   },
		{"no-deps",     r->no_deps               },
		{"no-index",    r->no_index              },
		{"editable",    r->editable              },
		{"tooling",     r->tooling && !r->foreign},
		{"foreign",     r->foreign               },
		{"conditional", r->conditional           },
	};
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		buf_addf(out, "%s%s", flags[i].set ? " " : "", flags[i].set ? flags[i].name : "");
	}
	if (r->kind != SCAN_REQUIREMENT && r->name.n > 0) {
		buf_addf(out, " name=" STR_FMT, STR_ARG(r->name));
	}
	if (r->index_url.n > 0) {
		buf_addf(out, " index=" STR_FMT, STR_ARG(r->index_url));
	}
	for (size_t i = 0; i < r->n_extra_index_urls; i++) {
		buf_addf(out, " extra-index=" STR_FMT, STR_ARG(r->extra_index_urls[i]));
	}
	for (size_t i = 0; i < r->n_find_links; i++) {
		buf_addf(out, " find-links=" STR_FMT, STR_ARG(r->find_links[i]));
	}
	buf_byte(out, '\n');
}

static int run_case(const char *path)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(buf_done) struct buf got = {0};
	struct err err = {0};
	struct str file, rest, wanted;
	VEC(struct scan_cell) cells = {0};
	struct scan_installs installs;
	if (!fs_read(path, 1 << 20, &arena, &file, &err) ||
		!str_cut(file, S("--- expect\n"), &rest, &wanted)) {
		fprintf(stderr, "%s: no '--- expect' line %s\n", path, err.message);
		return 1;
	}
	while (str_cut(rest, S("--- cell\n"), &(struct str){0}, &rest)) {
		ptrdiff_t end = str_find(rest, S("--- cell\n"));
		struct str source = end < 0 ? rest : str_slice(rest, 0, (size_t)end);
		if (str_ends(source, S("\n"))) {
			source.n--;
		}
		*vec_push(&arena, &cells) = (struct scan_cell){cells.n - 1, S(""), source};
		cells.p[cells.n - 1].index = cells.n - 1;
	}
	scan_find_installs(cells.p, cells.n, &arena, &installs);
	for (size_t i = 0; i < installs.n; i++) {
		print_request(&installs.requests[i], &got);
	}
	size_t n;
	const struct scan_request *standing = scan_effective(&installs, &arena, &n);
	for (size_t i = 0; i < n; i++) {
		buf_addf(&got, "effective " STR_FMT "\n", STR_ARG(standing[i].text));
	}
	for (size_t i = 0; i < installs.n_diagnostics; i++) {
		const struct scan_diagnostic *d = &installs.diagnostics[i];
		buf_addf(&got, STR_FMT " " STR_FMT " %zu:%d:%d\n", STR_ARG(d->severity),
			STR_ARG(d->code), d->cell, d->line, d->column);
	}
	if (!str_eq(buf_str(&got), wanted)) {
		printf("%s\n--- wanted\n" STR_FMT "--- got\n" STR_FMT, path, STR_ARG(wanted),
			STR_ARG(buf_str(&got)));
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && str_eq(str_from(argv[1]), S("--case"))) {
		return run_case(argv[2]);
	}
	if (argc == 2) {
		return scan_notebook(argv[1]);
	}
	fprintf(stderr, "usage: scan_probe NOTEBOOK | --case FILE\n");
	return 2;
}
