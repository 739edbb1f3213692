#include "packaging/lockfile.h"
#include "common/clock.h"
#include "packaging/export.h"
#include "packaging/lockfile_made.h"
#include "packaging/marker.h"
#include "packaging/name.h"
#include "packaging/toml.h"
#include "packaging/version.h"
#include "common/banned.h"

bool lockfile_kind_of(struct str filename, enum lockfile_kind *ret)
{
	bool pylock = str_eq(filename, S("pylock.toml")) ||
		      (str_starts(filename, S("pylock.")) && str_ends(filename, S(".toml")));
	bool known = true;
	if (pylock) {
		*ret = LOCKFILE_PYLOCK;
	} else if (str_eq(filename, S("Pipfile.lock"))) {
		*ret = LOCKFILE_PIPENV;
	} else if (str_eq(filename, S("poetry.lock"))) {
		*ret = LOCKFILE_POETRY;
	} else if (str_eq(filename, S("uv.lock"))) {
		*ret = LOCKFILE_UV;
	} else {
		known = false;
	}
	return known;
}

const char *lockfile_name(enum lockfile_kind kind)
{
	static const char *const names[] = {
		"pylock.toml", "Pipfile.lock", "poetry.lock", "uv.lock"};
	return names[kind];
}

/* ---- what all readers share ------------------------------------------------------------------- */

static bool fault(struct lockfile_made *made, const struct tree *at, const char *what)
{
	made->err->line = at->line;
	made->err->column = at->column;
	return err_set(made->err, ERR_INPUT, "%s", what);
}

void lockfile_note(struct lockfile_made *made, int line, struct str text)
{
	*vec_push(made->arena, &made->declared.notes) = (struct declared_note){text, line};
}

bool lockfile_identity(struct lockfile_made *made, const struct tree *table, struct str name,
	struct str version, struct locked_package *ret)
{
	struct version parsed;
	if (!name_is_valid(name)) {
		return fault(made, table, "a package without a valid name");
	}
	if (!version_parse(version, &parsed)) {
		fault(made, table, "expected a version");
		return err_prefix(made->err, "'" STR_FMT "'", STR_ARG(name));
	}
	if (made->packages.n == LOCKFILE_PACKAGES_MAX) {
		fault(made, table, "more packages than any lock file has");
		made->err->kind = ERR_LIMIT;
		return false;
	}
	ret->name = name_normal(name, made->arena);
	ret->version = version_normal(&parsed, made->arena);
	return true;
}

void lockfile_other(struct lockfile_made *made, const struct tree *table, struct str name,
	struct str location, struct str marker)
{
	struct str text = arena_printf(made->arena, STR_FMT " @ " STR_FMT "%s" STR_FMT,
		STR_ARG(name), STR_ARG(location), marker.n > 0 ? " ; " : "", STR_ARG(marker));
	*vec_push(made->arena, &made->declared.items) = (struct declared_item){
		.text = text, .name = name, .line = table->line, .column = table->column};
}

bool lockfile_sha256(struct str hash, struct str *ret)
{
	struct str hex;
	struct str algorithm;
	if (!str_cut(hash, S(":"), &algorithm, &hex) || !str_eq(algorithm, S("sha256")) ||
		hex.n != 64) {
		return false;
	}
	*ret = hex;
	return true;
}

struct str lockfile_join(struct str a, const char *word, struct str b, struct arena *arena)
{
	if (a.n == 0 || b.n == 0) {
		return a.n == 0 ? b : a;
	}
	return arena_printf(arena, "(" STR_FMT ") %s (" STR_FMT ")", STR_ARG(a), word, STR_ARG(b));
}

/*
 * What is left of a marker once the extras and groups of this choice are known; *ret_never: it cannot
 * hold. A marker that cannot be read is a fault.
 */
static bool decide_marker(struct lockfile_made *made, const struct tree *at, struct str text,
	const struct str *groups, size_t n_groups, struct str *ret, bool *ret_never)
{
	const struct marker *marker;
	const struct marker *rest;
	*ret = S("");
	*ret_never = false;
	if (text.n == 0) {
		return true;
	}
	if (!export_is_plain(text)) {
		return fault(made, at, "expected a marker in printable ASCII");
	}
	if (!marker_parse(text, made->arena, &marker, made->err)) {
		made->err->line = at->line;
		made->err->column = at->column;
		return err_prefix(made->err, "the marker '" STR_FMT "'", STR_ARG(text));
	}
	*ret_never = !marker_choose(marker, made->choice->extras, made->choice->n_extras, groups,
		n_groups, made->arena, &rest);
	*ret = *ret_never || rest == NULL ? S("") : marker_text(rest, made->arena);
	return true;
}

static void push(struct lockfile_made *made, const struct locked_package *package, int line)
{
	*vec_push(made->arena, &made->packages) = *package;
	*vec_push(made->arena, &made->lines) = line;
}

/* ---- pylock.toml ------------------------------------------------------------------------------ */

/* The last part of an address or a path. */
static struct str last_part(struct str url)
{
	size_t n = 0;
	while (n < url.n && url.p[n] != '?' && url.p[n] != '#') {
		n++;
	}
	url = str_slice(url, 0, n);
	return str_skip(url, (size_t)(str_find_last_char(url, '/') + 1));
}

static struct locked_file pylock_file(const struct tree *file)
{
	struct locked_file made = {.size = -1, .upload_ms = -1};
	const struct tree *size = tree_get(file, S("size"));
	const struct tree *uploaded = tree_get(file, S("upload-time"));
	made.url = tree_text(file, S("url"));
	made.filename = tree_text(file, S("name"));
	if (made.filename.n == 0) {
		made.filename = last_part(made.url.n > 0 ? made.url : tree_text(file, S("path")));
	}
	made.sha256 = tree_text(tree_get(file, S("hashes")), S("sha256"));
	if (size != NULL && size->kind == TREE_INTEGER && size->integer >= 0) {
		made.size = size->integer;
	}
	if (uploaded != NULL && !clock_parse(uploaded->text, &made.upload_ms)) {
		made.upload_ms = -1;
	}
	return made;
}

static bool pylock_files(
	struct lockfile_made *made, const struct tree *package, struct locked_package *ret)
{
	const struct tree *wheels, *sdist;
	VEC(struct locked_file) files = {0};
	if (!tree_member(package, S("wheels"), TREE_ARRAY, &wheels, made->err) ||
		!tree_member(package, S("sdist"), TREE_TABLE, &sdist, made->err)) {
		return false;
	}
	for (size_t i = 0; wheels != NULL && i < wheels->n; i++) {
		*vec_push(made->arena, &files) = pylock_file(&wheels->items[i]);
	}
	if (sdist != NULL) {
		*vec_push(made->arena, &files) = pylock_file(sdist);
	}
	ret->files = files.p;
	ret->n_files = files.n;
	return true;
}

/* "git+https://...@commit", an archive or a folder; "" when the package is of an index. */
static struct str pylock_location(const struct tree *package, struct arena *arena)
{
	const struct tree *vcs = tree_get(package, S("vcs"));
	const struct tree *archive = tree_get(package, S("archive"));
	const struct tree *directory = tree_get(package, S("directory"));
	if (vcs != NULL) {
		struct str url = tree_text(vcs, S("url"));
		struct str type = tree_text(vcs, S("type"));
		struct str commit = tree_text(vcs, S("commit-id"));
		return arena_printf(arena, STR_FMT "+" STR_FMT "@" STR_FMT, STR_ARG(type),
			STR_ARG(url.n > 0 ? url : tree_text(vcs, S("path"))), STR_ARG(commit));
	}
	if (archive != NULL) {
		struct str url = tree_text(archive, S("url"));
		struct str sha256 = tree_text(tree_get(archive, S("hashes")), S("sha256"));
		url = url.n > 0 ? url : tree_text(archive, S("path"));
		return arena_printf(arena, STR_FMT "%s" STR_FMT, STR_ARG(url),
			sha256.n > 0 ? "#sha256=" : "", STR_ARG(sha256));
	}
	return directory != NULL ? arena_printf(arena, "file:" STR_FMT,
					   STR_ARG(tree_text(directory, S("path"))))
				 : S("");
}

static bool pylock_package(struct lockfile_made *made, const struct tree *package,
	const struct str *groups, size_t n_groups)
{
	struct locked_package pinned = {.index = tree_text(package, S("index")),
		.requires_python = tree_text(package, S("requires-python")),
		.direct = true};
	struct str name = tree_text(package, S("name"));
	struct str location = pylock_location(package, made->arena);
	bool never;
	if (!decide_marker(made, package, tree_text(package, S("marker")), groups, n_groups,
		    &pinned.marker, &never)) {
		return false;
	}
	if (never) {
		return true;
	}
	if (location.n > 0) {
		lockfile_other(made, package, name, location, pinned.marker);
		return true;
	}
	if (!lockfile_identity(made, package, name, tree_text(package, S("version")), &pinned) ||
		!pylock_files(made, package, &pinned)) {
		return false;
	}
	push(made, &pinned, package->line);
	return true;
}

static bool read_pylock(struct lockfile_made *made, const struct tree *tree)
{
	const struct tree *version, *packages, *python, *defaults;
	if (!tree_member(tree, S("lock-version"), TREE_STRING, &version, made->err) ||
		!tree_member(tree, S("packages"), TREE_ARRAY, &packages, made->err) ||
		!tree_member(tree, S("requires-python"), TREE_STRING, &python, made->err) ||
		!tree_member(tree, S("default-groups"), TREE_ARRAY, &defaults, made->err)) {
		return false;
	}
	if (version == NULL || packages == NULL) {
		return fault(
			made, tree, "no pylock.toml: 'lock-version' and 'packages' are missing");
	}
	if (!str_starts(version->text, S("1."))) {
		return fault(made, version, "a lock-version that nobody knows; 1.0 is known");
	}
	made->declared.python = python != NULL ? python->text : S("");
	const struct str *groups = made->choice->groups;
	size_t n_groups = made->choice->n_groups;
	if (n_groups == 0 && defaults != NULL) {
		struct str *names = arena_array(made->arena, struct str, defaults->n);
		for (size_t i = 0; i < defaults->n; i++) {
			names[i] = name_normal(defaults->items[i].text, made->arena);
		}
		groups = names;
		n_groups = defaults->n;
	}
	for (size_t i = 0; i < packages->n; i++) {
		if (packages->items[i].kind != TREE_TABLE) {
			return tree_expected(&packages->items[i], "a table", made->err);
		}
		if (!pylock_package(made, &packages->items[i], groups, n_groups)) {
			return false;
		}
	}
	return true;
}

/* ---- Pipfile.lock ----------------------------------------------------------------------------- */

static bool pipenv_hashes(
	struct lockfile_made *made, const struct tree *package, struct locked_package *ret)
{
	const struct tree *hashes;
	VEC(struct locked_file) files = {0};
	if (!tree_member(package, S("hashes"), TREE_ARRAY, &hashes, made->err)) {
		return false;
	}
	for (size_t i = 0; hashes != NULL && i < hashes->n; i++) {
		struct locked_file file = {.size = -1, .upload_ms = -1};
		if (lockfile_sha256(hashes->items[i].text, &file.sha256)) {
			*vec_push(made->arena, &files) = file;
		}
	}
	ret->files = files.p;
	ret->n_files = files.n;
	return true;
}

static bool pipenv_extras(
	struct lockfile_made *made, const struct tree *package, struct locked_package *ret)
{
	const struct tree *extras;
	if (!tree_member(package, S("extras"), TREE_ARRAY, &extras, made->err) || extras == NULL) {
		return extras == NULL && made->err->kind == ERR_NONE;
	}
	struct str *names = arena_array(made->arena, struct str, extras->n);
	for (size_t i = 0; i < extras->n; i++) {
		if (!name_is_valid(extras->items[i].text)) {
			return fault(made, &extras->items[i], "expected the name of an extra");
		}
		names[i] = name_normal(extras->items[i].text, made->arena);
	}
	ret->extras = names;
	ret->n_extras = extras->n;
	return true;
}

/* "git+URL@REF", a file or a path; "" for a package of an index. */
static struct str pipenv_location(const struct tree *package, struct arena *arena)
{
	struct str git = tree_text(package, S("git"));
	struct str ref = tree_text(package, S("ref"));
	struct str file = tree_text(package, S("file"));
	if (git.n > 0) {
		return arena_printf(arena, "git+" STR_FMT "%s" STR_FMT, STR_ARG(git),
			ref.n > 0 ? "@" : "", STR_ARG(ref));
	}
	return file.n > 0 ? file : tree_text(package, S("path"));
}

static bool pipenv_package(struct lockfile_made *made, const struct tree *package)
{
	struct locked_package pinned = {.index = tree_text(package, S("index")), .direct = true};
	struct str version = tree_text(package, S("version"));
	struct str location = S("");
	bool never;
	if (package->kind != TREE_TABLE) {
		return tree_expected(package, "a table", made->err);
	}
	location = pipenv_location(package, made->arena);
	if (!decide_marker(made, package, tree_text(package, S("markers")), NULL, 0, &pinned.marker,
		    &never) ||
		!pipenv_extras(made, package, &pinned)) {
		return false;
	}
	if (location.n > 0) {
		lockfile_other(made, package, package->key, location, pinned.marker);
		return true;
	}
	version = str_starts(version, S("==")) ? str_trim(str_skip(version, 2)) : version;
	if (never || !lockfile_identity(made, package, package->key, version, &pinned) ||
		!pipenv_hashes(made, package, &pinned)) {
		return never;
	}
	push(made, &pinned, package->line);
	return true;
}

static bool is_pushed(const struct lockfile_made *made, size_t n, const struct tree *package)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(made->packages.p[i].name, package->key)) {
			return true;
		}
	}
	return false;
}

static bool pipenv_section(struct lockfile_made *made, const struct tree *tree, struct str name)
{
	const struct tree *section;
	size_t before = made->packages.n;
	if (!tree_member(tree, name, TREE_TABLE, &section, made->err)) {
		return false;
	}
	for (size_t i = 0; section != NULL && i < section->n; i++) {
		/* what is in "default" too stands there with the same version */
		if (!is_pushed(made, before, &section->items[i]) &&
			!pipenv_package(made, &section->items[i])) {
			return false;
		}
	}
	return true;
}

static void pipenv_meta(struct lockfile_made *made, const struct tree *meta)
{
	const struct tree *sources = tree_get(meta, S("sources"));
	struct str minor = tree_text(tree_get(meta, S("requires")), S("python_version"));
	for (size_t i = 0; sources != NULL && i < sources->n; i++) {
		*vec_push(made->arena, &made->declared.indexes) =
			(struct declared_index){tree_text(&sources->items[i], S("name")),
				tree_text(&sources->items[i], S("url"))};
	}
	if (minor.n > 0) {
		made->declared.python =
			arena_printf(made->arena, "==" STR_FMT ".*", STR_ARG(minor));
	}
}

static bool read_pipenv(struct lockfile_made *made, const struct tree *tree)
{
	const struct tree *meta, *format;
	if (!tree_member(tree, S("_meta"), TREE_TABLE, &meta, made->err)) {
		return false;
	}
	if (meta == NULL && tree_get(tree, S("default")) == NULL) {
		return fault(made, tree, "no Pipfile.lock: '_meta' and 'default' are missing");
	}
	format = tree_get(meta, S("pipfile-spec"));
	if (format != NULL && (format->kind != TREE_INTEGER || format->integer != 6)) {
		return fault(made, format, "a pipfile-spec that nobody knows; 6 is known");
	}
	pipenv_meta(made, meta);
	if (!pipenv_section(made, tree, S("default")) ||
		(made->choice->dev && !pipenv_section(made, tree, S("develop")))) {
		return false;
	}
	for (size_t i = 0; i < made->choice->n_groups; i++) {
		if (!pipenv_section(made, tree, made->choice->groups[i])) {
			return false;
		}
	}
	return true;
}

/* ---- poetry.lock ------------------------------------------------------------------------------ */

static bool is_chosen(const struct lockfile_made *made, struct str group)
{
	const struct declared_choice *choice = made->choice;
	bool chosen = str_eq(group, S("main")) || (choice->dev && str_eq(group, S("dev")));
	struct str normal = name_normal(group, made->arena);
	for (size_t i = 0; i < choice->n_groups && !chosen; i++) {
		chosen = str_eq(name_normal(choice->groups[i], made->arena), normal);
	}
	return chosen;
}

/* The groups of a package (2.x), or its category (before 1.5); neither: it counts. */
static bool poetry_counts(const struct lockfile_made *made, const struct tree *package)
{
	const struct tree *groups = tree_get(package, S("groups"));
	const struct tree *optional = tree_get(package, S("optional"));
	struct str category = tree_text(package, S("category"));
	bool is_optional = optional != NULL && optional->truth;
	if (is_optional && made->choice->n_extras == 0) {
		return false;
	}
	for (size_t i = 0; groups != NULL && i < groups->n; i++) {
		if (is_chosen(made, groups->items[i].text)) {
			return true;
		}
	}
	return groups == NULL && (category.n == 0 || is_chosen(made, category));
}

/* markers = "...", or {main = "...", dev = "..."}: the alternatives of what was chosen. */
static struct str poetry_marker(const struct lockfile_made *made, const struct tree *package)
{
	const struct tree *markers = tree_get(package, S("markers"));
	const struct tree *groups = tree_get(package, S("groups"));
	struct str all = S("");
	if (markers == NULL || markers->kind != TREE_TABLE) {
		return tree_text(package, S("markers"));
	}
	for (size_t i = 0; groups != NULL && i < groups->n; i++) {
		struct str group = groups->items[i].text;
		struct str marker = tree_text(markers, group);
		if (is_chosen(made, group) && marker.n == 0) {
			return S("");
		}
		if (is_chosen(made, group)) {
			all = lockfile_join(all, "or", marker, made->arena);
		}
	}
	return all;
}

static bool poetry_files(struct lockfile_made *made, const struct tree *tree,
	const struct tree *package, struct locked_package *ret)
{
	VEC(struct locked_file) files = {0};
	const struct tree *list;
	if (!tree_member(package, S("files"), TREE_ARRAY, &list, made->err)) {
		return false;
	}
	if (list == NULL) { /* before 1.3 they stand together at the end */
		const struct tree *all = tree_get(tree_get(tree, S("metadata")), S("files"));
		list = tree_get(all, tree_text(package, S("name")));
	}
	for (size_t i = 0; list != NULL && i < list->n; i++) {
		struct locked_file file = {.filename = tree_text(&list->items[i], S("file")),
			.size = -1,
			.upload_ms = -1};
		if (lockfile_sha256(tree_text(&list->items[i], S("hash")), &file.sha256)) {
			*vec_push(made->arena, &files) = file;
		}
	}
	ret->files = files.p;
	ret->n_files = files.n;
	return true;
}

static struct str poetry_location(const struct tree *source, struct arena *arena)
{
	struct str type = tree_text(source, S("type"));
	struct str url = tree_text(source, S("url"));
	if (str_eq(type, S("git"))) {
		return arena_printf(arena, "git+" STR_FMT "@" STR_FMT, STR_ARG(url),
			STR_ARG(tree_text(source, S("resolved_reference"))));
	}
	bool local = str_eq(type, S("directory")) || str_eq(type, S("file"));
	return str_eq(type, S("url")) ? url
	       : local                ? arena_printf(arena, "file:" STR_FMT, STR_ARG(url))
				      : S("");
}

static bool poetry_package(
	struct lockfile_made *made, const struct tree *tree, const struct tree *package)
{
	const struct tree *source = tree_get(package, S("source"));
	struct locked_package pinned = {.requires_python = tree_text(package, S("python-versions")),
		.index = tree_text(source, S("url")),
		.direct = true};
	struct str name = tree_text(package, S("name"));
	struct str location = poetry_location(source, made->arena);
	bool never;
	if (package->kind != TREE_TABLE) {
		return tree_expected(package, "a table", made->err);
	}
	if (!poetry_counts(made, package)) {
		return true;
	}
	if (!decide_marker(
		    made, package, poetry_marker(made, package), NULL, 0, &pinned.marker, &never)) {
		return false;
	}
	if (location.n > 0 && !never) {
		lockfile_other(made, package, name, location, pinned.marker);
	}
	if (location.n > 0 || never) {
		return true;
	}
	if (str_eq(pinned.requires_python, S("*"))) {
		pinned.requires_python = S("");
	}
	if (!lockfile_identity(made, package, name, tree_text(package, S("version")), &pinned) ||
		!poetry_files(made, tree, package, &pinned)) {
		return false;
	}
	push(made, &pinned, package->line);
	return true;
}

static bool read_poetry(struct lockfile_made *made, const struct tree *tree)
{
	const struct tree *packages, *metadata;
	if (!tree_member(tree, S("package"), TREE_ARRAY, &packages, made->err) ||
		!tree_member(tree, S("metadata"), TREE_TABLE, &metadata, made->err)) {
		return false;
	}
	if (metadata == NULL) {
		return fault(made, tree, "no poetry.lock: [metadata] is missing");
	}
	struct str version = tree_text(metadata, S("lock-version"));
	if (version.n > 0 && !str_starts(version, S("1.")) && !str_starts(version, S("2."))) {
		return fault(made, metadata, "a lock-version that nobody knows; 1 and 2 are known");
	}
	if (!str_starts(version, S("2.1")) && packages != NULL && packages->n > 0) {
		lockfile_note(made, metadata->line,
			S("this poetry.lock does not say which package belongs to which group and "
			  "platform (Poetry 2 does); all are taken"));
	}
	struct str python = tree_text(metadata, S("python-versions"));
	struct specifier_set ignored;
	struct err none = {0};
	if (specifier_parse(python, made->arena, &ignored, &none)) {
		made->declared.python = python; /* a caret has no meaning elsewhere */
	}
	for (size_t i = 0; packages != NULL && i < packages->n; i++) {
		if (!poetry_package(made, tree, &packages->items[i])) {
			return false;
		}
	}
	return true;
}

/* ---- the whole -------------------------------------------------------------------------------- */

/* Each package at its version, as something to ask for or to keep to. */
static void add_pins(struct lockfile_made *made, bool constraint)
{
	for (size_t i = 0; i < made->packages.n; i++) {
		const struct locked_package *p = &made->packages.p[i];
		AUTO(buf_done) struct buf text = {0};
		buf_add(&text, p->name);
		for (size_t k = 0; !constraint && k < p->n_extras; k++) {
			buf_add(&text, k == 0 ? S("[") : S(","));
			buf_add(&text, p->extras[k]);
		}
		buf_add(&text, !constraint && p->n_extras > 0 ? S("]") : S(""));
		buf_add(&text, S("=="));
		buf_add(&text, p->version);
		buf_add(&text, p->marker.n > 0 ? S("; ") : S(""));
		buf_add(&text, p->marker);
		*vec_push(made->arena, &made->declared.items) =
			(struct declared_item){.text = arena_str(made->arena, buf_str(&text)),
				.name = p->name,
				.constraint = constraint,
				.line = made->lines.p[i],
				.column = 1};
	}
}

static int by_name(const void *a, const void *b)
{
	const struct locked_package *left = a;
	const struct locked_package *right = b;
	int order = str_cmp(left->name, right->name);
	order = order != 0 ? order : str_cmp(left->version, right->version);
	return order != 0 ? order : str_cmp(left->marker, right->marker);
}

bool lockfile_read(enum lockfile_kind kind, const struct tree *tree,
	const struct declared_choice *choice, struct arena *arena, struct lockfile *ret,
	struct err *err)
{
	static bool (*const readers[])(struct lockfile_made *, const struct tree *) = {
		[LOCKFILE_PYLOCK] = read_pylock,
		[LOCKFILE_PIPENV] = read_pipenv,
		[LOCKFILE_POETRY] = read_poetry,
		[LOCKFILE_UV] = lockfile_read_uv,
	};
	struct lockfile_made made = {.choice = choice, .arena = arena, .err = err};
	if (tree->kind != TREE_TABLE) {
		return tree_expected(tree, "a table", err);
	}
	if (!readers[kind](&made, tree)) {
		return false;
	}
	add_pins(&made, kind == LOCKFILE_UV);
	if (made.packages.n > 0) {
		qsort(made.packages.p, made.packages.n, sizeof(*made.packages.p), by_name);
	}
	*ret = (struct lockfile){
		.declared = made.declared,
		.lock = {.packages = made.packages.p, .n = made.packages.n}
        };
	return true;
}

bool lockfile_parse(enum lockfile_kind kind, struct str text, const struct declared_choice *choice,
	struct arena *arena, struct lockfile *ret, struct err *err)
{
	struct tree tree;
	bool fine = kind == LOCKFILE_PIPENV ? tree_json(text, arena, &tree, err)
					    : toml_parse(text, arena, &tree, err);
	return fine && lockfile_read(kind, &tree, choice, arena, ret, err);
}
