#include "staticscan/files.h"
#include <dirent.h>
#include <sys/stat.h>
#include "common/fs.h"
#include "packaging/projectfile.h"
#include "packaging/reqfile.h"
#include "packaging/toml.h"
#include "common/banned.h"

enum { ENTRIES_MAX = 20000 };

/* ---- modules ---- */

static bool holds_python(struct str folder, struct arena *arena)
{
	AUTO(fs_closedirp) DIR *dir = opendir(arena_cstr(arena, folder));
	struct dirent *entry;
	for (int n = 0; dir != NULL && n < ENTRIES_MAX && (entry = readdir(dir)) != NULL; n++) {
		struct str name = str_from(entry->d_name);
		if (str_ends(name, S(".py")) || str_starts(name, S("__init__."))) {
			return true;
		}
	}
	return false;
}

static bool is_folder(struct str path, struct arena *arena)
{
	struct stat st;
	return stat(arena_cstr(arena, path), &st) == 0 && S_ISDIR(st.st_mode);
}

void files_local_modules(struct facts *facts)
{
	AUTO(arena_done) struct arena arena = {0};
	struct str folder = facts->settings->folder;
	AUTO(fs_closedirp) DIR *dir = folder.n == 0 ? NULL : opendir(arena_cstr(&arena, folder));
	struct dirent *entry;
	for (int n = 0; dir != NULL && n < ENTRIES_MAX && (entry = readdir(dir)) != NULL; n++) {
		struct str name = str_from(entry->d_name);
		struct str stem = source_identifier(name);
		struct str rest = str_skip(name, stem.n);
		bool file = str_eq(rest, S(".py")) ||
			    (str_starts(rest, S(".")) &&
				    (str_ends(rest, S(".so")) || str_ends(rest, S(".pyd"))));
		if (stem.n == 0 || (!file && rest.n > 0)) {
			continue;
		}
		struct str path = fs_join(&arena, folder, name);
		if (file || (is_folder(path, &arena) && holds_python(path, &arena))) {
			*vec_push(facts->arena, &facts->local_modules) =
				arena_str(facts->arena, stem);
		}
	}
}

/* ---- requirements files ---- */

struct reading {
	struct facts *facts;
	struct str root; /* the real path of the notebook's folder, "" none */
	bool missing;
	VEC(struct str) opened; /* a file that names itself again is read once */
};

/* The text of %%writefile cells of that name. */
static bool written_text(const struct facts *facts, struct str path, struct str *ret)
{
	AUTO(buf_done) struct buf text = {0};
	bool found = false;
	path = str_starts(path, S("./")) ? str_skip(path, 2) : path;
	for (size_t i = 0; i < facts->installs->files.n; i++) {
		const struct source_file *file = &facts->installs->files.p[i];
		struct str name =
			str_starts(file->name, S("./")) ? str_skip(file->name, 2) : file->name;
		if (str_eq(name, path)) {
			if (!file->append) {
				buf_reset(&text);
			}
			buf_add(&text, file->text);
			found = true;
		}
	}
	if (found) {
		*ret = arena_str(facts->arena, buf_str(&text));
	}
	return found;
}

/* A file inside the notebook's folder, after links are resolved. */
static bool inside_text(const struct reading *reading, struct str path, struct str *ret)
{
	struct arena *arena = reading->facts->arena;
	struct err ignored = {0};
	struct stat st;
	if (reading->root.n == 0 || str_find_char(path, '\0') >= 0) {
		return false;
	}
	bool absolute = str_starts(path, S("/"));
	struct str joined =
		absolute ? path : fs_join(arena, reading->facts->settings->folder, path);
	char *real = realpath(arena_cstr(arena, joined), NULL);
	if (real == NULL) {
		return false;
	}
	struct str found = arena_str(arena, str_from(real));
	free(real);
	bool inside = str_starts(found, reading->root) &&
		      (reading->root.n == 1 ||
			      (found.n > reading->root.n && found.p[reading->root.n] == '/'));
	return inside && stat(found.p, &st) == 0 && S_ISREG(st.st_mode) &&
	       fs_read(found.p, REQFILE_MAX, arena, ret, &ignored);
}

static bool is_address(struct str path)
{
	return str_find(path, S("://")) >= 0;
}

/* Where `path`, written in the file `from`, lies from the notebook's folder. */
static struct str relative_to(struct str from, struct str path, struct arena *arena)
{
	ptrdiff_t slash = str_find_last_char(from, '/');
	if (slash < 0 || str_starts(path, S("/"))) {
		return path;
	}
	return fs_join(arena, str_slice(from, 0, (size_t)slash), path);
}

static bool open_nested(void *data, struct str from, struct str path, struct arena *arena,
	struct str *ret_path, struct str *ret_text, struct err *err)
{
	struct reading *reading = data;
	struct str at = relative_to(from, path, arena);
	(void)err;
	*ret_path = at;
	for (size_t i = 0; i < reading->opened.n; i++) {
		if (str_eq(reading->opened.p[i], at)) {
			*ret_text = S("");
			return true;
		}
	}
	*vec_push(reading->facts->arena, &reading->opened) = at;
	if (!is_address(path) && (written_text(reading->facts, at, ret_text) ||
					 inside_text(reading, at, ret_text))) {
		return true;
	}
	reading->missing = true;
	*ret_text = S(""); /* the rest of the file counts all the same */
	return true;
}

static void add_item(struct facts *facts, const struct reqfile_item *item,
	const struct scan_request *from, scan_requests *ret)
{
	if (item->kind == REQFILE_OPTION) {
		return;
	}
	if (item->constraint || from->kind == SCAN_CONSTRAINTS_FILE) {
		if (item->kind == REQFILE_REQUIREMENT) {
			struct scan_request constraint = {0};
			install_requirement(&item->requirement, facts->arena, &constraint);
			*vec_push(facts->arena, &facts->installs->constraints) = constraint.text;
		}
		return;
	}
	struct scan_request request = *from;
	bool secret = false;
	request.via = S("requirements-file");
	request.path = request.raw = request.name = S("");
	request.from_file = item->file;
	request.line = request.column = request.end_column = 0;
	if (item->kind == REQFILE_REQUIREMENT) {
		install_requirement(&item->requirement, facts->arena, &request);
		request.text = install_masked(request.text, facts->arena);
		request.url = install_masked(request.url, facts->arena);
		request.raw = request.text;
	} else {
		struct shell_word word = {
			.text = item->location, .plain = item->location.n, .redirect = S("")};
		install_word(
			&word, item->kind == REQFILE_EDITABLE, facts->arena, &request, &secret);
		request.name = request.name.n > 0 ? request.name : item->name;
	}
	*vec_push(facts->arena, ret) = request;
}

static void diagnose(struct facts *facts, const struct scan_request *from, const char *severity,
	const char *code, struct str message)
{
	*vec_push(facts->arena, &facts->installs->sink.diagnostics) =
		(struct scan_diagnostic){.severity = str_from(severity),
			.code = str_from(code),
			.message = message,
			.cell = from->cell,
			.cell_id = from->cell_id,
			.line = from->line,
			.column = from->column};
}

/* pyproject.toml, as uv takes it. */
static void read_project(
	struct facts *facts, struct str text, const struct scan_request *from, scan_requests *ret)
{
	struct tree tree;
	struct declared declared = {0};
	struct declared_choice choice = {0};
	struct err err = {0};
	if (!toml_parse(text, facts->arena, &tree, &err) ||
		!projectfile_read(&tree, &choice, facts->arena, &declared, &err)) {
		diagnose(facts, from, "warning", "invalid-requirements-file",
			arena_printf(facts->arena, "%s", err.message));
		return;
	}
	for (size_t i = 0; i < declared.items.n; i++) {
		struct reqfile_item item = {.kind = REQFILE_REQUIREMENT, .file = from->path};
		struct err ignored = {0};
		if (requirement_parse(
			    declared.items.p[i].text, facts->arena, &item.requirement, &ignored)) {
			add_item(facts, &item, from, ret);
		}
	}
}

void files_read(struct facts *facts, const struct scan_request *named, scan_requests *ret)
{
	struct scan_request from = *named; /* *ret may move */
	struct reading reading = {.facts = facts, .root = S("")};
	struct reqfile file;
	struct err err = {0};
	struct str text;
	bool reads = !facts->settings->leave_files;
	struct str folder = reads ? facts->settings->folder : S("");
	if (is_address(from.path) || ret->n >= INSTALL_REQUESTS_MAX) {
		return;
	}
	char *real = folder.n == 0 ? NULL : realpath(arena_cstr(facts->arena, folder), NULL);
	if (real != NULL) {
		reading.root = arena_str(facts->arena, str_from(real));
	}
	free(real);
	bool written = written_text(facts, from.path, &text);
	if (written) {
		*vec_push(facts->arena, &facts->installs->written) = from.path;
	}
	if (!written && !inside_text(&reading, from.path, &text)) {
		if (folder.n > 0) {
			diagnose(facts, &from, "warning", "missing-file",
				arena_printf(facts->arena,
					"'" STR_FMT "' is no file in the notebook's folder",
					STR_ARG(from.path)));
		}
		return;
	}
	if (str_ends(from.path, S("pyproject.toml"))) {
		read_project(facts, text, &from, ret);
		return;
	}
	*vec_push(facts->arena, &reading.opened) = from.path;
	if (!reqfile_parse(from.path, text, from.kind == SCAN_CONSTRAINTS_FILE, false, open_nested,
		    &reading, facts->arena, &file, &err)) {
		diagnose(facts, &from, "warning", "invalid-requirements-file",
			install_masked(
				arena_printf(facts->arena, "%s", err.message), facts->arena));
		return;
	}
	if (reading.missing) {
		diagnose(facts, &from, "warning", "missing-file",
			arena_printf(facts->arena,
				"a file that '" STR_FMT "' names is not in the notebook's folder",
				STR_ARG(from.path)));
	}
	for (size_t i = 0; i < file.n && ret->n < INSTALL_REQUESTS_MAX; i++) {
		add_item(facts, &file.items[i], &from, ret);
	}
}

/* ---- script metadata ---- */

static uint32_t byte_of(struct str source, int line, int column)
{
	struct source_cursor cursor = {.source = source};
	int at_line = 1;
	int at_column = 1;
	size_t at = 0;
	while (at < source.n && (at_line < line || (at_line == line && at_column < column))) {
		source_locate(&cursor, ++at, &at_line, &at_column);
	}
	return (uint32_t)at;
}

void files_script_metadata(struct facts *facts, uint32_t cell)
{
	const struct scan_cell *of = &facts->cells[cell];
	struct declared declared = {0};
	struct declared_choice choice = {0};
	struct err err = {0};
	bool found = false;
	if (str_find(of->source, S("# /// script")) < 0) {
		return;
	}
	if (!script_read(of->source, &choice, facts->arena, &declared, &found, &err)) {
		facts_diagnose(facts, "warning", "invalid-script-metadata",
			(struct mark){cell, byte_of(of->source, err.line, 1)},
			arena_printf(facts->arena, "%s", err.message));
		return;
	}
	for (size_t i = 0; found && i < declared.items.n; i++) {
		const struct declared_item *item = &declared.items.p[i];
		struct requirement requirement;
		struct err ignored = {0};
		if (item->constraint || item->group.n > 0 ||
			!requirement_parse(item->text, facts->arena, &requirement, &ignored)) {
			continue;
		}
		uint32_t at = byte_of(of->source, item->line, item->column);
		at += at < of->source.n && (of->source.p[at] == '"' || of->source.p[at] == '\'');
		struct source_cursor cursor = {.source = of->source};
		struct scan_request *request =
			vec_push(facts->arena, &facts->installs->sink.requests);
		*vec_push(facts->arena, &facts->installs->notes) = (struct calls_note){
			{cell, at},
                        SCOPE_NONE
                };
		*request = (struct scan_request){.manager = S("pip"),
			.via = S("script-metadata"),
			.index_url = S(""),
			.cell = of->index,
			.cell_id = of->id};
		install_requirement(&requirement, facts->arena, request);
		request->text = install_masked(request->text, facts->arena);
		request->url = install_masked(request->url, facts->arena);
		request->raw = request->text;
		source_locate(&cursor, at, &request->line, &request->column);
		request->end_column = request->column + (int)item->text.n;
	}
}
