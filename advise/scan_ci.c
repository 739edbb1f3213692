#include "advise/jsonout.h"
#include "advise/scan.h"
#include "common/banned.h"

/* What a scan has to say, for tools that put marks into files. */

/* The place of a diagnostic in the file as bytes stand in it. */
struct place {
	size_t line, column; /* from 1; column 0: not known */
};

/* Lines of one cell, and how far newlines of the file have been counted. */
struct locator {
	const struct advise_scan *scan;
	const struct advise_scanned *file;
	const size_t *offsets;
	size_t n_offsets;
	size_t cell;
	bool has_cell;
	size_t at, line; /* `line` newlines stand before byte `at` */
};

static void load_cell(struct locator *locator, size_t index)
{
	const struct notebook *notebook = locator->file->notebook;
	locator->n_offsets = 0;
	locator->cell = index;
	locator->has_cell = true;
	for (size_t i = 0; i < notebook->n_cells; i++) {
		if (notebook->cells[i].index == index) {
			locator->offsets = nb_line_offsets(notebook, &notebook->cells[i],
				locator->scan->arena, &locator->n_offsets);
			return;
		}
	}
}

static size_t file_line(struct locator *locator, size_t offset)
{
	struct str bytes = locator->file->notebook->bytes;
	if (offset < locator->at) {
		locator->at = locator->line = 0;
	}
	for (; locator->at < offset && locator->at < bytes.n; locator->at++) {
		locator->line += bytes.p[locator->at] == '\n';
	}
	return locator->line + 1;
}

static struct place locate(struct locator *locator, const struct scan_diagnostic *d)
{
	if (locator->file->notebook == NULL) {
		return (struct place){d->line > 0 ? (size_t)d->line : 1, (size_t)d->column};
	}
	if (!locator->has_cell || locator->cell != d->cell) {
		load_cell(locator, d->cell);
	}
	if (locator->n_offsets == 0) {
		return (struct place){1, 0};
	}
	size_t line = d->line > 0 ? (size_t)d->line - 1 : 0;
	line = line < locator->n_offsets ? line : locator->n_offsets - 1;
	return (struct place){file_line(locator, locator->offsets[line]), 0};
}

/* "cell 2, line 3: what is wrong"; of a Python file without the place. */
static struct str message_of(const struct advise_scan *scan, const struct advise_scanned *file,
	const struct scan_diagnostic *d)
{
	AUTO(buf_done) struct buf text = {0};
	if (file->notebook != NULL) {
		buf_addf(&text, "cell %zu, line %d: ", d->cell + 1, d->line);
	}
	buf_add_shown(&text, d->message, true);
	return arena_str(scan->arena, buf_str(&text));
}

/* ---- SARIF --------------------------------------------------------------------------------------- */

/* A path as a relative reference, or file: when it is absolute (RFC 3986). */
static struct str uri_of(struct str path, struct arena *arena)
{
	AUTO(buf_done) struct buf uri = {0};
	buf_add(&uri, str_starts(path, S("/")) ? S("file://") : S(""));
	for (size_t i = 0; i < path.n; i++) {
		unsigned char c = (unsigned char)path.p[i];
		if (char_is_alnum((char)c) || (c != '\0' && strchr("-._~/", c) != NULL)) {
			buf_byte(&uri, (char)c);
		} else {
			buf_addf(&uri, "%%%02X", c);
		}
	}
	return arena_str(arena, buf_str(&uri));
}

static const char *level_of(const struct scan_diagnostic *d)
{
	return str_eq(d->severity, S("error"))     ? "error"
	       : str_eq(d->severity, S("warning")) ? "warning"
						   : "note";
}

static void add_result(struct buf *out, struct locator *locator, const struct scan_diagnostic *d)
{
	const struct advise_scanned *file = locator->file;
	struct arena *arena = locator->scan->arena;
	struct place place = locate(locator, d);
	jsonout_next(out);
	buf_byte(out, '{');
	jsonout_member(out, "ruleId", d->code);
	jsonout_member(out, "level", str_from(level_of(d)));
	jsonout_key(out, "message");
	buf_byte(out, '{');
	jsonout_member(out, "text", message_of(locator->scan, file, d));
	buf_add(out, S("},\"locations\":[{\"physicalLocation\":{\"artifactLocation\":{"));
	jsonout_member(out, "uri", uri_of(file->path, arena));
	buf_addf(out, "},\"region\":{\"startLine\":%zu", place.line);
	if (place.column > 0) {
		buf_addf(out, ",\"startColumn\":%zu", place.column);
	}
	buf_add(out, S("}}"));
	if (file->notebook != NULL) {
		struct str cell = arena_printf(arena, "cell %zu", d->cell + 1);
		buf_add(out, S(",\"logicalLocations\":[{"));
		jsonout_member(out, "name", cell);
		jsonout_member(out, "kind", S("module"));
		jsonout_member(out, "fullyQualifiedName",
			arena_printf(
				arena, STR_FMT "/" STR_FMT, STR_ARG(file->path), STR_ARG(cell)));
		buf_add(out, S("}]"));
	}
	buf_addf(out, "}],\"properties\":{\"cell\":%zu,\"line\":%d,\"column\":%d", d->cell, d->line,
		d->column);
	jsonout_optional(out, "cell_id", d->cell_id);
	buf_add(out, S("}}"));
}

/* Each code once, in the order of its first diagnostic. */
static void add_rules(struct buf *out, const struct advise_scan *scan)
{
	VEC(struct str) codes = {0};
	for (size_t i = 0; i < scan->files.n; i++) {
		const struct scan_installs *installs = &scan->files.p[i].facts.installs;
		for (size_t k = 0; k < installs->n_diagnostics; k++) {
			struct str code = installs->diagnostics[k].code;
			bool known = false;
			for (size_t c = 0; c < codes.n && !known; c++) {
				known = str_eq(codes.p[c], code);
			}
			if (!known) {
				*vec_push(scan->arena, &codes) = code;
				buf_add(out, codes.n > 1 ? S(",{") : S("{"));
				jsonout_member(out, "id", code);
				buf_byte(out, '}');
			}
		}
	}
}

void advise_scan_sarif(const struct advise_scan *scan, struct buf *out)
{
	buf_add(out, S("{\"$schema\":\"https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/"
		       "sarif-schema-2.1.0.json\",\n\"version\":\"2.1.0\",\n\"runs\":[{\"tool\":"
		       "{\"driver\":{\"name\":\"thoth\""));
	jsonout_optional(out, "version", scan->version);
	buf_add(out, S(",\"rules\":["));
	add_rules(out, scan);
	buf_add(out, S("]}},\n\"columnKind\":\"unicodeCodePoints\",\n\"results\":["));
	for (size_t i = 0; i < scan->files.n; i++) {
		const struct scan_installs *installs = &scan->files.p[i].facts.installs;
		struct locator locator = {.scan = scan, .file = &scan->files.p[i]};
		for (size_t k = 0; k < installs->n_diagnostics; k++) {
			add_result(out, &locator, &installs->diagnostics[k]);
		}
	}
	buf_add(out, S("]}]}\n"));
}

/* ---- workflow commands --------------------------------------------------------------------------- */

/* property: what separates properties is escaped as well. */
static void add_escaped(struct buf *out, struct str text, bool property)
{
	AUTO(buf_done) struct buf shown = {0};
	buf_add_shown(&shown, text, true);
	for (size_t i = 0; i < shown.n; i++) {
		char c = shown.p[i];
		bool special = c == '%' || (property && (c == ':' || c == ','));
		if (special) {
			buf_addf(out, "%%%02X", (unsigned char)c);
		} else {
			buf_byte(out, c);
		}
	}
}

void advise_scan_github(const struct advise_scan *scan, struct buf *out)
{
	for (size_t i = 0; i < scan->files.n; i++) {
		const struct advise_scanned *file = &scan->files.p[i];
		struct locator locator = {.scan = scan, .file = file};
		for (size_t k = 0; k < file->facts.installs.n_diagnostics; k++) {
			const struct scan_diagnostic *d = &file->facts.installs.diagnostics[k];
			struct place place = locate(&locator, d);
			const char *level = level_of(d);
			buf_addf(out, "::%s file=", level[0] == 'n' ? "notice" : level);
			add_escaped(out, file->path, true);
			buf_addf(out, ",line=%zu", place.line);
			if (place.column > 0) {
				buf_addf(out, ",col=%zu", place.column);
			}
			buf_add(out, S(",title="));
			add_escaped(out, d->code, true);
			buf_add(out, S("::"));
			add_escaped(out, message_of(scan, file, d), false);
			buf_byte(out, '\n');
		}
	}
}
