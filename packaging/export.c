#include "packaging/export.h"
#include "common/clock.h"
#include "common/vec.h"
#include "packaging/filename.h"
#include "packaging/name.h"
#include "common/banned.h"

enum { SHA256_HEX = 64 };

/* ---- requirement lines ---- */

void export_requirement_line(const struct locked_package *package, struct buf *out)
{
	buf_add(out, package->name);
	buf_add(out, package->url.n > 0 ? S(" @ ") : S("=="));
	buf_add(out, package->url.n > 0 ? package->url : package->version);
	if (package->marker.n > 0) {
		buf_add(out, package->url.n > 0 ? S(" ; ") : S("; "));
		buf_add(out, package->marker);
	}
	for (size_t i = 0; i < package->n_files; i++) {
		struct str sha256 = package->files[i].sha256;
		bool again = sha256.n == 0;
		for (size_t j = 0; j < i && !again; j++) {
			again = str_eq(package->files[j].sha256, sha256);
		}
		if (!again) {
			buf_add(out, S(" --hash=sha256:"));
			buf_add(out, sha256);
		}
	}
}

/* An address that pip can be given; "" when only a name is known, which means nothing to others. */
static struct str other_index(const struct locked_package *package)
{
	struct str url = package->index_url.n > 0                  ? package->index_url
			 : str_find(package->index, S("://")) >= 0 ? package->index
								   : S("");
	return package->other_index && package->url.n == 0 && export_is_plain(url) ? url : S("");
}

/* Lines for the indexes, other than the first, that packages came from; each once. */
static void add_indexes(const struct lock *lock, struct buf *out)
{
	for (size_t i = 0; i < lock->n; i++) {
		struct str url = other_index(&lock->packages[i]);
		bool again = url.n == 0;
		for (size_t k = 0; k < i && !again; k++) {
			again = str_eq(other_index(&lock->packages[k]), url);
		}
		if (!again) {
			buf_add(out, S("--extra-index-url "));
			buf_add(out, url);
			buf_byte(out, '\n');
		}
	}
}

void export_requirements(const struct lock *lock, struct buf *out)
{
	buf_add(out, S("# made by thoth; install with: pip install --require-hashes -r FILE\n"));
	for (size_t i = 0; i < lock->n_environments; i++) {
		buf_add(out, S("# for "));
		buf_add_shown(out, lock->environments[i], true);
		buf_byte(out, '\n');
	}
	if (lock->inputs.n > 0) {
		buf_add(out, S("# inputs "));
		buf_add_shown(out, lock->inputs, true);
		buf_byte(out, '\n');
	}
	add_indexes(lock, out);
	for (size_t i = 0; i < lock->n; i++) {
		export_requirement_line(&lock->packages[i], out);
		buf_byte(out, '\n');
	}
}

/* ---- pylock.toml ---- */

static void add_toml(struct buf *out, struct str s)
{
	export_toml_string(s, out);
}

void export_toml_string(struct str s, struct buf *out)
{
	buf_byte(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == '"' || c == '\\') {
			buf_byte(out, '\\');
			buf_byte(out, (char)c);
		} else if (c < 0x20 || c == 0x7f) {
			buf_addf(out, "\\u%04X", c);
		} else {
			buf_byte(out, (char)c);
		}
	}
	buf_byte(out, '"');
}

static void add_member(struct buf *out, const char *key, struct str value)
{
	if (value.n > 0) {
		buf_addf(out, "%s = ", key);
		add_toml(out, value);
		buf_byte(out, '\n');
	}
}

/* The last part of the path of an address, without query and fragment. */
static struct str file_name(const struct locked_file *file)
{
	if (file->filename.n > 0) {
		return file->filename;
	}
	size_t n = 0;
	while (n < file->url.n && file->url.p[n] != '?' && file->url.p[n] != '#') {
		n++;
	}
	struct str path = str_slice(file->url, 0, n);
	return str_skip(path, (size_t)(str_find_last_char(path, '/') + 1));
}

static bool is_wheel(const struct locked_file *file)
{
	return str_ends(file_name(file), S(".whl"));
}

static void add_file(struct buf *out, const struct locked_file *file)
{
	AUTO(arena_done) struct arena arena = {0};
	buf_add(out, S("{name = "));
	add_toml(out, file_name(file));
	if (file->upload_ms >= 0) {
		struct str time = clock_rfc3339(&arena, file->upload_ms);
		buf_addf(out, ", upload-time = " STR_FMT, STR_ARG(time));
	}
	buf_add(out, S(", url = "));
	add_toml(out, file->url);
	if (file->size >= 0) {
		buf_addf(out, ", size = %lld", (long long)file->size);
	}
	buf_add(out, S(", hashes = {sha256 = "));
	add_toml(out, file->sha256);
	buf_add(out, S("}}"));
}

static int compare_files(const void *a, const void *b)
{
	const struct locked_file *const *left = a;
	const struct locked_file *const *right = b;
	int order = str_cmp(file_name(*left), file_name(*right));
	return order != 0 ? order : str_cmp((*left)->url, (*right)->url);
}

/* "git+https://host/repository@commit#subdirectory=x" */
static void add_repository(struct buf *out, struct str url)
{
	struct str subdirectory = S("");
	(void)str_cut(url, S("#subdirectory="), &url, &subdirectory);
	url = str_skip(url, 4);
	ptrdiff_t at = str_find_last_char(url, '@');
	struct str commit = at < 0 ? S("") : str_skip(url, (size_t)at + 1);
	buf_add(out, S("vcs = {type = \"git\", url = "));
	add_toml(out, at < 0 ? url : str_slice(url, 0, (size_t)at));
	buf_add(out, S(", commit-id = "));
	add_toml(out, commit);
	if (subdirectory.n > 0) {
		buf_add(out, S(", subdirectory = "));
		add_toml(out, subdirectory);
	}
	buf_add(out, S("}\n"));
}

/* The one source of a package with an address of its own. */
static void add_address(struct buf *out, const struct locked_package *package)
{
	struct str url = package->url;
	if (str_starts(url, S("git+"))) {
		add_repository(out, url);
		return;
	}
	bool local = str_starts(url, S("file://"));
	struct str place = local ? str_skip(url, 7) : url;
	buf_add(out, package->n_files == 0 ? S("directory = {") : S("archive = {"));
	buf_add(out, local ? S("path = ") : S("url = "));
	add_toml(out, place);
	if (package->n_files > 0) {
		buf_add(out, S(", hashes = {sha256 = "));
		add_toml(out, package->files[0].sha256);
		buf_byte(out, '}');
	}
	buf_add(out, S("}\n"));
}

static void add_package(struct buf *out, const struct locked_package *package)
{
	AUTO(arena_done) struct arena arena = {0};
	VEC(const struct locked_file *) wheels = {0};
	const struct locked_file *sdist = NULL;
	for (size_t i = 0; i < package->n_files; i++) {
		const struct locked_file *file = &package->files[i];
		if (file->url.n == 0 || file->sha256.n == 0) {
			continue;
		}
		if (is_wheel(file)) {
			*vec_push(&arena, &wheels) = file;
		} else if (sdist == NULL || compare_files(&file, &sdist) < 0) {
			sdist = file;
		}
	}
	buf_add(out, S("\n[[packages]]\n"));
	add_member(out, "name", package->name);
	add_member(out, "version", package->version);
	add_member(out, "marker", package->marker);
	add_member(out, "requires-python", package->requires_python);
	if (package->url.n > 0) {
		add_address(out, package);
		return;
	}
	bool is_url = str_find(package->index, S("://")) >= 0;
	add_member(out, "index",
		package->index_url.n > 0 ? package->index_url
		: is_url                 ? package->index
					 : S("")); /* an alias means nothing to others */
	if (sdist != NULL) {
		buf_add(out, S("sdist = "));
		add_file(out, sdist);
		buf_byte(out, '\n');
	}
	if (wheels.n > 0) {
		qsort(wheels.p, wheels.n, sizeof(*wheels.p), compare_files);
		buf_add(out, S("wheels = [\n"));
		for (size_t i = 0; i < wheels.n; i++) {
			buf_add(out, S("    "));
			add_file(out, wheels.p[i]);
			buf_add(out, S(",\n"));
		}
		buf_add(out, S("]\n"));
	}
}

static int compare_packages(const void *a, const void *b)
{
	const struct locked_package *const *left = a;
	const struct locked_package *const *right = b;
	int order = str_cmp((*left)->name, (*right)->name);
	if (order == 0) {
		struct version l, r;
		bool both =
			version_parse((*left)->version, &l) && version_parse((*right)->version, &r);
		order = both ? version_compare(&l, &r) : 0;
	}
	if (order == 0) {
		order = str_cmp((*left)->version, (*right)->version);
	}
	return order != 0 ? order : str_cmp((*left)->marker, (*right)->marker);
}

void export_pylock(const struct lock *lock, struct str requires_python, struct buf *out)
{
	AUTO(arena_done) struct arena arena = {0};
	const struct locked_package **packages =
		arena_array(&arena, const struct locked_package *, lock->n);
	for (size_t i = 0; i < lock->n; i++) {
		packages[i] = &lock->packages[i];
	}
	qsort(packages, lock->n, sizeof(*packages), compare_packages);
	add_member(out, "lock-version", S("1.0"));
	if (lock->n_environment_markers > 0) {
		buf_add(out, S("environments = [\n"));
		for (size_t i = 0; i < lock->n_environment_markers; i++) {
			buf_add(out, S("    "));
			add_toml(out, lock->environment_markers[i]);
			buf_add(out, S(",\n"));
		}
		buf_add(out, S("]\n"));
	}
	add_member(out, "requires-python", requires_python);
	add_member(out, "created-by", S("thoth"));
	if (lock->n == 0) {
		buf_add(out, S("packages = []\n"));
	}
	for (size_t i = 0; i < lock->n; i++) {
		add_package(out, packages[i]);
	}
}

bool export_is_plain(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < ' ' || text.p[i] > '~') {
			return false;
		}
	}
	return true;
}

/* ---- a line read back ---- */

/* What is left of a line, with where we are in it. */
struct line {
	struct str text;
	size_t at;
};

static bool expected(const struct line *line, const char *what, struct err *err)
{
	err->column = (int)line->at + 1;
	err_hint(err, "lock the notebook again");
	return err_set(err, ERR_INPUT, "expected %s", what);
}

static void skip_spaces(struct line *line)
{
	while (line->at < line->text.n && char_is_space(line->text.p[line->at])) {
		line->at++;
	}
}

static bool take(struct line *line, struct str literal)
{
	if (!str_starts(str_skip(line->text, line->at), literal)) {
		return false;
	}
	line->at += literal.n;
	return true;
}

/* As far as the characters of a name or version go. */
static struct str take_word(struct line *line, const char *more)
{
	size_t start = line->at;
	while (line->at < line->text.n && line->text.p[line->at] != '\0' &&
		(char_is_alnum(line->text.p[line->at]) ||
			strchr(more, line->text.p[line->at]) != NULL)) {
		line->at++;
	}
	return str_slice(line->text, start, line->at);
}

static bool read_name(struct line *line, struct arena *arena, struct str *ret, struct err *err)
{
	size_t start = line->at;
	struct str name = take_word(line, "-_.");
	if (!name_is_valid(name)) {
		line->at = start;
		return expected(line, "a package name", err);
	}
	*ret = name_normal(name, arena);
	return true;
}

static bool read_extras(
	struct line *line, struct arena *arena, struct locked_package *ret, struct err *err)
{
	VEC(struct str) extras = {0};
	skip_spaces(line);
	if (!take(line, S("["))) {
		return true;
	}
	do {
		skip_spaces(line);
		if (!read_name(line, arena, vec_push(arena, &extras), err)) {
			return false;
		}
		skip_spaces(line);
	} while (take(line, S(",")));
	if (!take(line, S("]"))) {
		return expected(line, "']' after the extras", err);
	}
	ret->extras = extras.p;
	ret->n_extras = extras.n;
	return true;
}

/* "@ https://...": an address up to the next blank, and the version that its last part may name. */
static bool read_address(
	struct line *line, struct arena *arena, struct locked_package *ret, struct err *err)
{
	struct filename file;
	skip_spaces(line);
	size_t start = line->at;
	while (line->at < line->text.n && !char_is_space(line->text.p[line->at])) {
		line->at++;
	}
	struct str url = str_slice(line->text, start, line->at);
	if (str_find(url, S("://")) < 0) {
		line->at = start;
		return expected(line, "an address after '@'", err);
	}
	ret->url = url;
	ret->version = S("");
	struct str last = str_skip(url, (size_t)(str_find_last_char(url, '/') + 1));
	if (filename_parse(last, S(""), &file)) {
		ret->version = version_normal(&file.version, arena);
	}
	return true;
}

static bool read_version(
	struct line *line, struct arena *arena, struct locked_package *ret, struct err *err)
{
	struct version version;
	skip_spaces(line);
	if (take(line, S("@"))) {
		return read_address(line, arena, ret, err);
	}
	if (!take(line, S("=="))) {
		return expected(line, "'==' after the name", err);
	}
	skip_spaces(line);
	size_t start = line->at;
	struct str text = take_word(line, "-_.+!");
	if (!version_parse(text, &version)) {
		line->at = start;
		return expected(line, "a version after '=='", err);
	}
	ret->version = version_normal(&version, arena);
	return true;
}

/* Where the options start: white space and "--", outside the quotes of a marker. */
static size_t options_at(struct str text, size_t from)
{
	char quote = '\0';
	for (size_t i = from; i < text.n; i++) {
		char c = text.p[i];
		if (quote != '\0') {
			quote = c == quote ? '\0' : quote;
		} else if (c == '\'' || c == '"') {
			quote = c;
		} else if (char_is_space(c) && str_starts(str_skip(text, i + 1), S("--"))) {
			return i;
		}
	}
	return text.n;
}

static bool read_marker(
	struct line *line, struct arena *arena, struct locked_package *ret, struct err *err)
{
	const struct marker *marker;
	skip_spaces(line);
	if (!take(line, S(";"))) {
		return true;
	}
	skip_spaces(line);
	size_t end = options_at(line->text, line->at);
	struct str text = str_trim_right(str_slice(line->text, line->at, end));
	/* readers of requirements files break lines at U+2028 and other places too */
	if (!export_is_plain(text)) {
		return expected(line, "a marker in printable ASCII", err);
	}
	if (!marker_parse(text, arena, &marker, err)) {
		err->column += (int)line->at;
		return false;
	}
	ret->marker = text;
	line->at += text.n;
	return true;
}

static bool read_hashes(
	struct line *line, struct arena *arena, struct locked_package *ret, struct err *err)
{
	VEC(struct locked_file) files = {0};
	skip_spaces(line);
	while (line->at < line->text.n) {
		if (!take(line, S("--hash=sha256:"))) {
			return expected(line, "'--hash=sha256:...'", err);
		}
		size_t start = line->at;
		struct str hex = arena_str(arena, take_word(line, ""));
		bool digits = hex.n == SHA256_HEX;
		for (size_t i = 0; i < hex.n; i++) {
			char c = char_lower(hex.p[i]);
			((char *)hex.p)[i] = c;
			digits = digits && (char_is_digit(c) || (c >= 'a' && c <= 'f'));
		}
		bool ended = line->at == line->text.n || char_is_space(line->text.p[line->at]);
		if (!digits || !ended) {
			line->at = start;
			return expected(line, "64 hexadecimal digits", err);
		}
		*vec_push(arena, &files) =
			(struct locked_file){.sha256 = hex, .size = -1, .upload_ms = -1};
		skip_spaces(line);
	}
	ret->files = files.p;
	ret->n_files = files.n;
	return true;
}

bool export_read_line(
	struct str text, struct arena *arena, struct locked_package *ret, struct err *err)
{
	struct line line = {.text = str_trim(text)};
	struct locked_package package = {0};
	if (!read_name(&line, arena, &package.name, err) ||
		!read_extras(&line, arena, &package, err) ||
		!read_version(&line, arena, &package, err) ||
		!read_marker(&line, arena, &package, err) ||
		!read_hashes(&line, arena, &package, err)) {
		return false;
	}
	*ret = package;
	return true;
}
