#include "packaging/pipfile.h"
#include "common/hash.h"
#include "common/intern.h"
#include "packaging/name.h"
#include "packaging/requirement.h"
#include "common/banned.h"

struct reader {
	struct arena *arena;
	struct declared *ret;
	struct err *err;
};

static void note(struct reader *reader, int line, struct str text)
{
	*vec_push(reader->arena, &reader->ret->notes) = (struct declared_note){text, line};
}

/* ---- one entry: name = "specifier", or a table ------------------------------------------------ */

/* Marker variables that a table may hold as keys: sys_platform = "== 'linux'". */
static const struct str marker_keys[] = {
	STR_INIT("os_name"),
	STR_INIT("sys_platform"),
	STR_INIT("platform_machine"),
	STR_INIT("platform_python_implementation"),
	STR_INIT("platform_release"),
	STR_INIT("platform_system"),
	STR_INIT("platform_version"),
	STR_INIT("python_version"),
	STR_INIT("python_full_version"),
	STR_INIT("implementation_name"),
	STR_INIT("implementation_version"),
};

static bool is_one_of(struct str key, const struct str *keys, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(key, keys[i])) {
			return true;
		}
	}
	return false;
}

static bool is_marker_key(struct str key)
{
	return is_one_of(key, marker_keys, sizeof(marker_keys) / sizeof(marker_keys[0]));
}

/* "(markers) and (sys_platform == 'linux')", without parentheses when it is but one; "" when none. */
static struct str marker_of(const struct tree *table, struct arena *arena)
{
	AUTO(buf_done) struct buf text = {0};
	size_t n = 0;
	for (size_t i = 0; i < table->n; i++) {
		const struct tree *item = &table->items[i];
		bool field = is_marker_key(item->key);
		if ((!field && !str_eq(item->key, S("markers"))) || item->text.n == 0) {
			continue;
		}
		buf_add(&text, n == 0 ? S("(") : S(" and ("));
		if (field) {
			buf_add(&text, item->key);
			buf_byte(&text, ' ');
		}
		buf_add(&text, item->text);
		buf_byte(&text, ')');
		n++;
	}
	struct str all = buf_str(&text);
	return arena_str(arena, n == 1 ? str_slice(all, 1, all.n - 1) : all);
}

/* "git+URL@REF", an address or a path; "" when the table names a version of an index. */
static struct str location_of(const struct tree *table, struct arena *arena)
{
	static const struct str systems[] = {
		STR_INIT("git"), STR_INIT("hg"), STR_INIT("svn"), STR_INIT("bzr")};
	static const struct str plain[] = {STR_INIT("file"), STR_INIT("path"), STR_INIT("url")};
	struct str ref = tree_text(table, S("ref"));
	struct str folder = tree_text(table, S("subdirectory"));
	for (size_t i = 0; i < sizeof(systems) / sizeof(systems[0]); i++) {
		struct str url = tree_text(table, systems[i]);
		if (url.n > 0) {
			return arena_printf(arena, STR_FMT "+" STR_FMT "%s" STR_FMT "%s" STR_FMT,
				STR_ARG(systems[i]), STR_ARG(url), ref.n > 0 ? "@" : "",
				STR_ARG(ref), folder.n > 0 ? "#subdirectory=" : "",
				STR_ARG(folder));
		}
	}
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		struct str location = tree_text(table, plain[i]);
		if (location.n > 0) {
			return location;
		}
	}
	return S("");
}

static bool check_members(const struct tree *table, struct reader *reader)
{
	static const struct str texts[] = {STR_INIT("version"), STR_INIT("markers"),
		STR_INIT("index"), STR_INIT("git"), STR_INIT("hg"), STR_INIT("svn"),
		STR_INIT("bzr"), STR_INIT("ref"), STR_INIT("file"), STR_INIT("path"),
		STR_INIT("url"), STR_INIT("subdirectory")};
	for (size_t i = 0; i < table->n; i++) {
		const struct tree *item = &table->items[i];
		bool text = is_one_of(item->key, texts, sizeof(texts) / sizeof(texts[0]));
		if ((text || is_marker_key(item->key)) && item->kind != TREE_STRING) {
			return tree_expected(item, "a string", reader->err);
		}
		if (str_eq(item->key, S("extras")) && item->kind != TREE_ARRAY) {
			return tree_expected(item, "an array of strings", reader->err);
		}
	}
	return true;
}

static bool put_extras(const struct tree *table, struct reader *reader, struct buf *out)
{
	const struct tree *extras = tree_get(table, S("extras"));
	for (size_t i = 0; extras != NULL && i < extras->n; i++) {
		if (extras->items[i].kind != TREE_STRING) {
			return tree_expected(&extras->items[i], "a string", reader->err);
		}
		buf_add(out, i == 0 ? S("[") : S(","));
		buf_add(out, extras->items[i].text);
	}
	buf_add(out, extras != NULL && extras->n > 0 ? S("]") : S(""));
	return true;
}

/* The version of an entry, "" for any. */
static struct str version_of(const struct tree *value)
{
	struct str version =
		str_trim(value->kind == TREE_STRING ? value->text : tree_text(value, S("version")));
	return str_eq(version, S("*")) ? S("") : version;
}

static bool read_entry(const struct tree *value, struct str group, struct reader *reader)
{
	AUTO(buf_done) struct buf text = {0};
	struct requirement ignored;
	if (value->kind != TREE_STRING && value->kind != TREE_TABLE) {
		err_hint(reader->err, "as in " STR_FMT " = \"*\"", STR_ARG(value->key));
		return tree_expected(value, "a version as a string or a table", reader->err);
	}
	struct declared_item item = {
		.name = value->key, .group = group, .line = value->line, .column = value->column};
	struct str location = S("");
	struct str marker = S("");
	buf_add(&text, value->key);
	if (value->kind == TREE_TABLE) {
		if (!check_members(value, reader) || !put_extras(value, reader, &text)) {
			return false;
		}
		location = location_of(value, reader->arena);
		marker = marker_of(value, reader->arena);
		item.index = tree_text(value, S("index"));
	}
	buf_add(&text, location.n > 0 ? S(" @ ") : S(""));
	buf_add(&text, location.n > 0 ? location : version_of(value));
	if (marker.n > 0) {
		buf_add(&text, location.n > 0 ? S(" ; ") : S("; "));
		buf_add(&text, marker);
	}
	item.text = arena_str(reader->arena, buf_str(&text));
	if (!requirement_parse(item.text, reader->arena, &ignored, reader->err)) {
		reader->err->line = value->line;
		reader->err->column = value->column;
		err_hint(reader->err, "write a version as in \"*\", \">=1.0\" or \"==1.2.*\"");
		return err_prefix(reader->err, "'" STR_FMT "'", STR_ARG(value->key));
	}
	*vec_push(reader->arena, &reader->ret->items) = item;
	return true;
}

static bool read_section(const struct tree *section, struct str group, struct reader *reader)
{
	if (section != NULL && section->kind != TREE_TABLE) {
		return tree_expected(section, "a table of packages", reader->err);
	}
	for (size_t i = 0; section != NULL && i < section->n; i++) {
		if (!read_entry(&section->items[i], group, reader)) {
			return false;
		}
	}
	return true;
}

/* ---- the rest --------------------------------------------------------------------------------- */

static bool read_sources(const struct tree *pipfile, struct reader *reader)
{
	const struct tree *sources = tree_get(pipfile, S("source"));
	sources = sources != NULL ? sources : tree_get(pipfile, S("sources"));
	if (sources != NULL && sources->kind != TREE_ARRAY) {
		err_hint(reader->err, "write [[source]] with two brackets");
		return tree_expected(sources, "an array of tables", reader->err);
	}
	for (size_t i = 0; sources != NULL && i < sources->n; i++) {
		const struct tree *source = &sources->items[i];
		struct declared_index index = {
			.name = tree_text(source, S("name")), .url = tree_text(source, S("url"))};
		if (index.url.n == 0) {
			reader->err->line = source->line;
			reader->err->column = source->column;
			return err_set(reader->err, ERR_INPUT, "a source without url = \"...\"");
		}
		const struct tree *verify = tree_get(source, S("verify_ssl"));
		if (verify != NULL && verify->kind == TREE_BOOL && !verify->truth) {
			note(reader, verify->line,
				S("verify_ssl = false is not heeded: a file never turns TLS off"));
		}
		*vec_push(reader->arena, &reader->ret->indexes) = index;
	}
	return true;
}

static bool read_requires(const struct tree *pipfile, struct reader *reader)
{
	const struct tree *requires, *full, *minor;
	if (!tree_member(pipfile, S("requires"), TREE_TABLE, &requires, reader->err) ||
		!tree_member(requires, S("python_full_version"), TREE_STRING, &full, reader->err) ||
		!tree_member(requires, S("python_version"), TREE_STRING, &minor, reader->err)) {
		return false;
	}
	if (full != NULL && full->text.n > 0) {
		reader->ret->python =
			arena_printf(reader->arena, "==" STR_FMT, STR_ARG(full->text));
	} else if (minor != NULL && minor->text.n > 0 && !str_eq(minor->text, S("*"))) {
		reader->ret->python =
			arena_printf(reader->arena, "==" STR_FMT ".*", STR_ARG(minor->text));
	}
	return true;
}

static bool is_true(const struct tree *value)
{
	return value != NULL && value->kind == TREE_BOOL && value->truth;
}

/* [thoth.allow_prereleases]: NAME = true */
static void read_prereleases(const struct tree *names, struct reader *reader)
{
	for (size_t i = 0; i < names->n; i++) {
		if (is_true(&names->items[i])) {
			*vec_push(reader->arena, &reader->ret->prereleases) = names->items[i].key;
		}
	}
}

/* [thoth]: disable_index_adjustment is what we do anyway; allow_prereleases names projects. */
static void read_thoth(const struct tree *thoth, struct reader *reader)
{
	for (size_t i = 0; thoth != NULL && i < thoth->n; i++) {
		const struct tree *item = &thoth->items[i];
		bool names = str_eq(item->key, S("allow_prereleases"));
		bool known =
			str_eq(item->key, S("disable_index_adjustment")) && item->kind == TREE_BOOL;
		if (names && item->kind == TREE_TABLE) {
			read_prereleases(item, reader);
		} else if (!known) {
			note(reader, item->line,
				arena_printf(reader->arena,
					"'" STR_FMT "' of [thoth] is not understood%s",
					STR_ARG(item->key),
					names ? ": write [thoth.allow_prereleases] and NAME = true"
					      : ""));
		}
	}
}

/* Tables of a Pipfile that are no category of packages. */
static bool is_section(struct str key)
{
	static const struct str known[] = {STR_INIT("source"), STR_INIT("sources"),
		STR_INIT("packages"), STR_INIT("dev-packages"), STR_INIT("requires"),
		STR_INIT("scripts"), STR_INIT("pipfile"), STR_INIT("pipenv"), STR_INIT("thoth"),
		STR_INIT("aliases"), STR_INIT("default"), STR_INIT("develop")};
	return is_one_of(key, known, sizeof(known) / sizeof(known[0]));
}

const struct str *pipfile_categories(const struct tree *pipfile, struct arena *arena, size_t *ret_n)
{
	struct str *names = arena_array(arena, struct str, pipfile->n);
	size_t n = 0;
	for (size_t i = 0; i < pipfile->n; i++) {
		if (!is_section(pipfile->items[i].key) && pipfile->items[i].kind == TREE_TABLE) {
			names[n++] = pipfile->items[i].key;
		}
	}
	*ret_n = n;
	return names;
}

static bool read_categories(
	const struct tree *pipfile, const struct declared_choice *choice, struct reader *reader)
{
	for (size_t i = 0; i < choice->n_groups; i++) {
		struct str group = choice->groups[i];
		const struct tree *category = tree_get(pipfile, group);
		if (category == NULL || is_section(group)) {
			err_hint(reader->err,
				"a category is a table of packages, as in [" STR_FMT "]",
				STR_ARG(group));
			return err_set(reader->err, ERR_USAGE, "no category '" STR_FMT "'",
				STR_ARG(group));
		}
		if (!read_section(category, group, reader)) {
			return false;
		}
	}
	return true;
}

bool pipfile_read(const struct tree *pipfile, const struct declared_choice *choice,
	struct arena *arena, struct declared *ret, struct err *err)
{
	struct declared made = {0};
	struct reader reader = {.arena = arena, .ret = &made, .err = err};
	if (choice->n_extras > 0) {
		err_hint(err, "a Pipfile has no extras; --group names a category");
		return err_set(
			err, ERR_USAGE, "no extra '" STR_FMT "'", STR_ARG(choice->extras[0]));
	}
	if (!read_sources(pipfile, &reader) || !read_requires(pipfile, &reader) ||
		!read_section(tree_get(pipfile, S("packages")), S(""), &reader) ||
		(choice->dev &&
			!read_section(tree_get(pipfile, S("dev-packages")), S("dev"), &reader)) ||
		!read_categories(pipfile, choice, &reader)) {
		return false;
	}
	read_thoth(tree_get(pipfile, S("thoth")), &reader);
	const struct tree *pipenv = tree_get(pipfile, S("pipenv"));
	made.all_prereleases = is_true(tree_get(pipenv, S("allow_prereleases")));
	*ret = made;
	return true;
}

/* ---- the hash --------------------------------------------------------------------------------- */

/* A table of packages with its keys in normal form; of two that become one the later counts. */
static struct tree normal_keys(const struct tree *section, struct arena *arena)
{
	AUTO(intern_done) struct intern keys = {0};
	struct tree made = {.kind = TREE_TABLE};
	struct tree *items = arena_array(arena, struct tree, section->n);
	for (size_t i = 0; i < section->n; i++) {
		struct str key = name_normal(section->items[i].key, arena);
		size_t at = intern_id(&keys, key);
		items[at] = section->items[i];
		items[at].key = key;
	}
	made.n = keys.n;
	made.items = items;
	return made;
}

static struct tree section_as(
	const struct tree *section, struct str key, bool normalised, struct arena *arena)
{
	struct tree made = {.kind = TREE_TABLE};
	if (section != NULL && (section->kind != TREE_TABLE || !normalised)) {
		made = *section;
	} else if (section != NULL) {
		made = normal_keys(section, arena);
	}
	made.key = key;
	return made;
}

void pipfile_hash(const struct tree *pipfile, bool normalised, char ret_hex[65])
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(buf_done) struct buf text = {0};
	const struct tree *sources = tree_get(pipfile, S("source"));
	struct tree meta_items[] = {
		section_as(tree_get(pipfile, S("requires")), S("requires"), false, &arena),
		section_as(sources != NULL ? sources : tree_get(pipfile, S("sources")),
			S("sources"), false, &arena),
	};
	struct tree meta = {.kind = TREE_TABLE, .key = S("_meta"), .items = meta_items, .n = 2};
	struct tree *items = arena_array(&arena, struct tree, pipfile->n + 3);
	size_t n = 0;
	items[n++] = meta;
	items[n++] = section_as(tree_get(pipfile, S("packages")), S("default"), normalised, &arena);
	items[n++] =
		section_as(tree_get(pipfile, S("dev-packages")), S("develop"), normalised, &arena);
	for (size_t i = 0; i < pipfile->n; i++) {
		const struct tree *item = &pipfile->items[i];
		if (!is_section(item->key)) {
			items[n++] = section_as(item, item->key, normalised, &arena);
		}
	}
	struct tree all = {.kind = TREE_TABLE, .items = items, .n = n};
	tree_put_json(&all, &text);
	hash_sha256_hex(buf_str(&text), ret_hex);
}
