#include "packaging/exportfile.h"
#include "common/vec.h"
#include "packaging/export.h"
#include "packaging/marker.h"
#include "packaging/pipfile.h"
#include "common/banned.h"

/* ---- Pipfile ---------------------------------------------------------------------------------- */

static void add_key(struct str key, struct buf *out)
{
	bool bare = key.n > 0;
	for (size_t i = 0; i < key.n; i++) {
		bare = bare && (char_is_alnum(key.p[i]) || key.p[i] == '-' || key.p[i] == '_');
	}
	if (bare) {
		buf_add(out, key);
	} else {
		export_toml_string(key, out);
	}
}

static bool is_same(const struct export_item *a, const struct export_item *b)
{
	return str_eq(a->group, b->group) && str_eq(a->requirement->name, b->requirement->name);
}

static bool is_plain(const struct requirement *requirement)
{
	return requirement->marker == NULL && requirement->url.n == 0;
}

/* All versions that plain requirements of one name ask for: ">=2,<3", "*" for any. */
static struct str versions_of(const struct export_project *project, size_t at, struct arena *arena)
{
	AUTO(buf_done) struct buf text = {0};
	const struct export_item *first = &project->items[at];
	for (size_t i = at; i < project->n_items; i++) {
		const struct export_item *item = &project->items[i];
		bool joins = i == at || (is_same(item, first) && is_plain(first->requirement) &&
						is_plain(item->requirement));
		for (size_t k = 0; joins && k < item->requirement->specifier.n; k++) {
			struct str clause = specifier_clause_text(
				&item->requirement->specifier.items[k], arena);
			if (str_find(buf_str(&text), clause) >= 0) {
				continue;
			}
			buf_add(&text, text.n > 0 ? S(",") : S(""));
			buf_add(&text, clause);
		}
	}
	return text.n == 0 ? S("*") : arena_str(arena, buf_str(&text));
}

static void add_member(const char *key, struct str value, bool *first, struct buf *out)
{
	if (value.n > 0) {
		buf_addf(out, "%s%s = ", *first ? "" : ", ", key);
		export_toml_string(value, out);
		*first = false;
	}
}

/* git+URL@REF as git and ref; anything else as file. */
static void add_location(struct str url, bool *first, struct buf *out)
{
	if (!str_starts(url, S("git+"))) {
		add_member("file", url, first, out);
		return;
	}
	url = str_skip(url, 4);
	ptrdiff_t at = str_find_last_char(url, '@');
	ptrdiff_t slash = str_find_last_char(url, '/');
	bool has_ref = at > slash;
	add_member("git", has_ref ? str_slice(url, 0, (size_t)at) : url, first, out);
	add_member("ref", has_ref ? str_skip(url, (size_t)at + 1) : S(""), first, out);
}

static void add_item(const struct export_project *project, size_t at, struct buf *out)
{
	AUTO(arena_done) struct arena arena = {0};
	const struct export_item *item = &project->items[at];
	const struct requirement *requirement = item->requirement;
	struct str version = versions_of(project, at, &arena);
	bool first = true;
	add_key(requirement->spelled, out);
	buf_add(out, S(" = "));
	if (is_plain(requirement) && requirement->n_extras == 0 && item->index.n == 0) {
		export_toml_string(version, out);
		buf_byte(out, '\n');
		return;
	}
	buf_byte(out, '{');
	if (requirement->url.n > 0) {
		add_location(requirement->url, &first, out);
	} else {
		add_member("version", version, &first, out);
	}
	for (size_t i = 0; i < requirement->n_extras; i++) {
		buf_add(out, i > 0 ? S(", ") : first ? S("extras = [") : S(", extras = ["));
		export_toml_string(requirement->extras[i], out);
		first = false;
	}
	buf_add(out, requirement->n_extras > 0 ? S("]") : S(""));
	if (requirement->marker != NULL) {
		add_member("markers", marker_text(requirement->marker, &arena), &first, out);
	}
	add_member("index", item->index, &first, out);
	buf_add(out, S("}\n"));
}

/* A comment never has a line end in it. */
static void add_comment(struct str text, struct buf *out)
{
	buf_add(out, S("# not said above: "));
	buf_add_shown(out, text, true);
	buf_byte(out, '\n');
}

static void add_section(
	const struct export_project *project, struct str group, const char *title, struct buf *out)
{
	buf_addf(out, "\n[%s]\n", title);
	for (size_t i = 0; i < project->n_items; i++) {
		const struct export_item *item = &project->items[i];
		const struct export_item *earlier = NULL;
		if (!str_eq(item->group, group)) {
			continue;
		}
		for (size_t k = 0; k < i && earlier == NULL; k++) {
			earlier = is_same(&project->items[k], item) ? &project->items[k] : NULL;
		}
		if (earlier == NULL) {
			add_item(project, i, out);
		} else if (!is_plain(earlier->requirement) || !is_plain(item->requirement)) {
			add_comment(item->requirement->text, out);
		}
	}
}

/* "3.11" of "==3.11.*"; "" when it is no single one. */
static struct str single_python(struct str pythons)
{
	bool single = str_starts(pythons, S("==")) && str_ends(pythons, S(".*"));
	return single ? str_slice(pythons, 2, pythons.n - 2) : S("");
}

void export_pipfile(const struct export_project *project, struct buf *out)
{
	struct str python = single_python(project->pythons);
	for (size_t i = 0; i < project->n_sources; i++) {
		buf_add(out, S("[[source]]\nname = "));
		export_toml_string(project->sources[i].name, out);
		buf_add(out, S("\nurl = "));
		export_toml_string(project->sources[i].url, out);
		buf_add(out, S("\nverify_ssl = true\n\n"));
	}
	out->n -= out->n > 0 ? 1 : 0; /* each section begins with an empty line */
	add_section(project, S(""), "packages", out);
	add_section(project, S("dev"), "dev-packages", out);
	if (python.n > 0) {
		buf_add(out, S("\n[requires]\npython_version = "));
		export_toml_string(python, out);
		buf_byte(out, '\n');
	}
	if (project->all_prereleases) {
		buf_add(out, S("\n[pipenv]\nallow_prereleases = true\n"));
	}
	for (size_t i = 0; i < project->n_prereleases; i++) {
		buf_add(out, i == 0 ? S("\n[thoth.allow_prereleases]\n") : S(""));
		add_key(project->prereleases[i], out);
		buf_add(out, S(" = true\n"));
	}
}

/* ---- Pipfile.lock ----------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static void put_hashes(const struct locked_package *package, struct buf *out)
{
	AUTO(arena_done) struct arena arena = {0};
	struct str *hashes = arena_array(&arena, struct str, package->n_files);
	size_t n = 0;
	for (size_t i = 0; i < package->n_files; i++) {
		hashes[n] = package->files[i].sha256;
		n += hashes[n].n > 0 ? 1 : 0;
	}
	qsort(hashes, n, sizeof(*hashes), by_text);
	buf_add(out, S("\"hashes\":["));
	bool first = true;
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || !str_eq(hashes[i], hashes[i - 1])) {
			buf_addf(out, "%s\"sha256:" STR_FMT "\"", first ? "" : ",",
				STR_ARG(hashes[i]));
			first = false;
		}
	}
	buf_byte(out, ']');
}

static void put_text(const char *key, struct str text, struct buf *out)
{
	if (text.n > 0) {
		buf_addf(out, ",\"%s\":", key);
		tree_put_json_string(text, out);
	}
}

/* The source of a package that was asked for; others come from where they are found. */
static struct str source_of(
	const struct export_project *project, const struct locked_package *package)
{
	struct str main = project->n_sources > 0 ? project->sources[0].name : S("");
	for (size_t i = 0; i < project->n_items; i++) {
		const struct export_item *item = &project->items[i];
		if (str_eq(item->requirement->name, package->name)) {
			return item->index.n > 0 ? item->index : main;
		}
	}
	return package->other_index ? package->index : S("");
}

static void put_package(
	const struct export_project *project, const struct locked_package *package, struct buf *out)
{
	tree_put_json_string(package->name, out);
	buf_add(out, S(":{"));
	put_hashes(package, out);
	put_text("index", source_of(project, package), out);
	put_text("markers", package->marker, out);
	buf_add(out, S(",\"version\":"));
	AUTO(buf_done) struct buf pin = {0};
	buf_add(&pin, S("=="));
	buf_add(&pin, package->version);
	tree_put_json_string(buf_str(&pin), out);
	buf_byte(out, '}');
}

static bool asks(const struct export_project *project, struct str group, struct str name)
{
	for (size_t i = 0; i < project->n_items; i++) {
		const struct export_item *item = &project->items[i];
		if (str_eq(item->group, group) && str_eq(item->requirement->name, name)) {
			return true;
		}
	}
	return false;
}

static bool asked_at_all(const struct export_project *project, struct str name)
{
	for (size_t i = 0; i < project->n_items; i++) {
		if (str_eq(project->items[i].requirement->name, name)) {
			return true;
		}
	}
	return false;
}

static size_t position_of(const struct lock *lock, struct str name)
{
	size_t low = 0;
	size_t high = lock->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (str_cmp(lock->packages[middle].name, name) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < lock->n && str_eq(lock->packages[low].name, name) ? low : lock->n;
}

/*
 * Which packages a section needs: what it asks for and whatever requires them in turn. A package that
 * says nothing of who requires it (a lock read back from a notebook) belongs to the main section.
 */
static bool *reach(const struct lock *lock, const struct export_project *project, struct str group,
	struct arena *arena)
{
	bool *in = arena_array(arena, bool, lock->n);
	bool more = true;
	for (size_t i = 0; i < lock->n; i++) {
		const struct locked_package *p = &lock->packages[i];
		in[i] = asks(project, group, p->name) ||
			(group.n == 0 && p->n_via == 0 && !asked_at_all(project, p->name));
	}
	while (more) {
		more = false;
		for (size_t i = 0; i < lock->n; i++) {
			const struct locked_package *p = &lock->packages[i];
			for (size_t k = 0; k < p->n_via && !in[i]; k++) {
				size_t parent = position_of(lock, p->via[k]);
				in[i] = parent < lock->n && in[parent];
				more = more || in[i];
			}
		}
	}
	return in;
}

static void put_section(const struct lock *lock, const struct export_project *project,
	struct str group, struct str title, struct buf *out)
{
	AUTO(arena_done) struct arena arena = {0};
	const bool *in = reach(lock, project, group, &arena);
	bool first = true;
	buf_byte(out, ',');
	tree_put_json_string(title, out);
	buf_add(out, S(":{"));
	for (size_t i = 0; i < lock->n; i++) {
		if (in[i]) {
			buf_add(out, first ? S("") : S(","));
			put_package(project, &lock->packages[i], out);
			first = false;
		}
	}
	buf_byte(out, '}');
}

static void put_meta(const struct tree *pipfile, struct buf *out)
{
	char hash[65];
	const struct tree *sources = tree_get(pipfile, S("source"));
	const struct tree *requires = tree_get(pipfile, S("requires"));
	sources = sources != NULL ? sources : tree_get(pipfile, S("sources"));
	pipfile_hash(pipfile, true, hash);
	buf_addf(out,
		"{\"_meta\":{\"hash\":{\"sha256\":\"%s\"},\"pipfile-spec\":6,\"requires\":", hash);
	if (requires != NULL) {
		tree_put_json(requires, out);
	} else {
		buf_add(out, S("{}"));
	}
	buf_add(out, S(",\"sources\":"));
	if (sources != NULL) {
		tree_put_json(sources, out);
	} else {
		buf_add(out, S("[]"));
	}
	buf_byte(out, '}');
}

bool export_pipfile_lock(const struct lock *lock, const struct export_project *project,
	const struct tree *pipfile, struct buf *out, struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(buf_done) struct buf text = {0};
	struct tree tree;
	for (size_t i = 1; i < lock->n; i++) {
		if (str_eq(lock->packages[i].name, lock->packages[i - 1].name)) {
			err_hint(err, "lock for one environment, or use --format pylock");
			return err_set(err, ERR_INPUT,
				"Pipfile.lock holds one version of each package, and '" STR_FMT
				"' has several",
				STR_ARG(lock->packages[i].name));
		}
	}
	put_meta(pipfile, &text);
	put_section(lock, project, S(""), S("default"), &text);
	put_section(lock, project, S("dev"), S("develop"), &text);
	size_t n_categories;
	const struct str *categories = pipfile_categories(pipfile, &arena, &n_categories);
	for (size_t i = 0; i < n_categories; i++) {
		put_section(lock, project, categories[i], categories[i], &text);
	}
	buf_byte(&text, '}');
	if (!tree_json(buf_str(&text), &arena, &tree, err)) {
		return err_prefix(err, "Pipfile.lock");
	}
	tree_put_json_indented(&tree, 4, out);
	buf_byte(out, '\n');
	return true;
}

/* ---- conda environment, Containerfile --------------------------------------------------------- */

/* Letters, digits and dashes of a name; "environment" when nothing is left. */
static void put_name(struct str name, struct buf *out)
{
	size_t before = out->n;
	for (size_t i = 0; i < name.n; i++) {
		bool plain = char_is_alnum(name.p[i]) || name.p[i] == '_' ||
			     (name.p[i] == '-' && out->n > before);
		if (plain) {
			buf_byte(out, name.p[i]);
		}
	}
	buf_add(out, out->n == before ? S("environment") : S(""));
}

void export_conda(const struct lock *lock, const struct export_project *project, struct str name,
	struct buf *out)
{
	AUTO(buf_done) struct buf line = {0};
	struct str python = single_python(project->pythons);
	buf_add(out, S("# made by thoth; install with: conda env create -f FILE\nname: "));
	put_name(name, out);
	buf_add(out, S("\nchannels:\n  - conda-forge\ndependencies:\n  - "));
	buf_reset(&line);
	buf_add(&line, S("python"));
	buf_add(&line, python.n > 0 ? S("=") : S(""));
	buf_add(&line, python.n > 0 ? python : project->pythons);
	tree_put_json_string(buf_str(&line), out);
	buf_add(out, S("\n  - \"pip\"\n"));
	buf_add(out, lock->n > 0 ? S("  - pip:\n") : S(""));
	for (size_t i = 0; i < lock->n; i++) {
		buf_reset(&line);
		export_requirement_line(&lock->packages[i], &line);
		buf_add(out, S("      - "));
		tree_put_json_string(buf_str(&line), out);
		buf_byte(out, '\n');
	}
}

/* The lowest Python of "==3.11.*" or ">=3.11", as digits and dots; "3" when it does not say. */
static struct str lowest_python(struct str pythons)
{
	size_t from = 0;
	while (from < pythons.n && !char_is_digit(pythons.p[from])) {
		from++;
	}
	size_t to = from;
	while (to < pythons.n &&
		(char_is_digit(pythons.p[to]) || (pythons.p[to] == '.' && to + 1 < pythons.n &&
							 char_is_digit(pythons.p[to + 1])))) {
		to++;
	}
	return to > from ? str_slice(pythons, from, to) : S("3");
}

void export_containerfile(const struct lock *lock, const struct export_project *project,
	const struct str *index_urls, size_t n_index_urls, struct buf *out)
{
	bool musl = false;
	for (size_t i = 0; i < lock->n_environments; i++) {
		musl = musl || str_find(lock->environments[i], S("musl")) >= 0;
	}
	buf_add(out, S("# made by thoth; build with: podman build -f FILE .\n"));
	buf_addf(out, "FROM docker.io/library/python:" STR_FMT "-%s\n",
		STR_ARG(lowest_python(project->pythons)), musl ? "alpine" : "slim");
	buf_add(out, S("COPY <<\"THOTH-END\" /tmp/requirements.txt\n"));
	for (size_t i = 0; i < lock->n; i++) {
		export_requirement_line(&lock->packages[i], out);
		buf_byte(out, '\n');
	}
	buf_add(out, S("THOTH-END\nRUN [\"python\", \"-m\", \"pip\", \"install\", "
		       "\"--no-cache-dir\", \"--require-hashes\", "));
	for (size_t i = 0; i < n_index_urls; i++) {
		buf_addf(out, "\"%s\", ", i == 0 ? "--index-url" : "--extra-index-url");
		tree_put_json_string(index_urls[i], out);
		buf_add(out, S(", "));
	}
	buf_add(out, S("\"-r\", \"/tmp/requirements.txt\"]\n"));
}
