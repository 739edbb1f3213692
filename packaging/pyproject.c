#include "packaging/pyproject.h"
#include "packaging/name.h"
#include "packaging/requirement.h"
#include "packaging/toml.h"
#include "common/banned.h"

static bool leaves(const struct tree *project, struct str field)
{
	const struct tree *dynamic = tree_get(project, S("dynamic"));
	for (size_t i = 0; dynamic != NULL && i < dynamic->n; i++) {
		if (str_eq(dynamic->items[i].text, field)) {
			return true;
		}
	}
	return false;
}

/* "x>=1; marker" with extra == 'name' added. What is added to a header is checked to be one line. */
static bool add_requirement(const struct tree *item, struct str extra, struct arena *arena,
	struct buf *out, struct err *err)
{
	struct requirement requirement;
	if (item->kind != TREE_STRING) {
		return tree_expected(item, "a requirement", err);
	}
	struct str text = str_trim(item->text);
	if (!requirement_parse(text, arena, &requirement, err)) {
		err->line = item->line;
		err->column = item->column;
		return false;
	}
	buf_add(out, S("Requires-Dist: "));
	struct str before = text;
	struct str marker = S("");
	struct str cut = requirement.url.n > 0 ? S(" ;") : S(";");
	if (requirement.marker != NULL && !str_cut(text, cut, &before, &marker)) {
		before = text;
	}
	buf_add(out, extra.n == 0 ? text : str_trim(before));
	if (extra.n > 0) {
		buf_add(out, S(" ; "));
		if (str_trim(marker).n > 0) {
			buf_addf(out, "(" STR_FMT ") and ", STR_ARG(str_trim(marker)));
		}
		buf_addf(out, "extra == '" STR_FMT "'", STR_ARG(extra));
	}
	buf_byte(out, '\n');
	return true;
}

static bool add_dependencies(
	const struct tree *project, struct arena *arena, struct buf *out, struct err *err)
{
	const struct tree *list;
	if (!tree_member(project, S("dependencies"), TREE_ARRAY, &list, err)) {
		return false;
	}
	for (size_t i = 0; list != NULL && i < list->n; i++) {
		if (!add_requirement(&list->items[i], S(""), arena, out, err)) {
			return false;
		}
	}
	return true;
}

static bool add_extras(
	const struct tree *project, struct arena *arena, struct buf *out, struct err *err)
{
	const struct tree *table;
	if (!tree_member(project, S("optional-dependencies"), TREE_TABLE, &table, err)) {
		return false;
	}
	for (size_t i = 0; table != NULL && i < table->n; i++) {
		const struct tree *list = &table->items[i];
		if (list->kind != TREE_ARRAY) {
			return tree_expected(list, "a list of requirements", err);
		}
		if (!name_is_valid(list->key)) {
			return tree_expected(list, "an extra's name as the key", err);
		}
		struct str extra = name_normal(list->key, arena);
		buf_addf(out, "Provides-Extra: " STR_FMT "\n", STR_ARG(extra));
		for (size_t k = 0; k < list->n; k++) {
			if (!add_requirement(&list->items[k], extra, arena, out, err)) {
				return false;
			}
		}
	}
	return true;
}

static bool add_head(const struct tree *project, struct str known_version, struct arena *arena,
	struct buf *out, struct err *err)
{
	struct version version;
	struct specifier_set set;
	struct str name = tree_text(project, S("name"));
	struct str text = tree_text(project, S("version"));
	struct str python = tree_text(project, S("requires-python"));
	text = str_trim(text.n > 0 ? text : known_version);
	if (!name_is_valid(name)) {
		return tree_expected(project, "a valid 'name' in [project]", err);
	}
	if (!version_parse(text, &version)) {
		return tree_expected(project, "a valid 'version' in [project]", err);
	}
	if (python.n > 0 && !specifier_parse(python, arena, &set, err)) {
		return err_prefix(err, "requires-python");
	}
	buf_addf(out, "Metadata-Version: 2.2\nName: " STR_FMT "\nVersion: " STR_FMT "\n",
		STR_ARG(name), STR_ARG(version_normal(&version, arena)));
	if (python.n > 0) {
		buf_addf(out, "Requires-Python: " STR_FMT "\n",
			STR_ARG(specifier_text(&set, arena)));
	}
	return true;
}

bool pyproject_metadata(
	struct str text, struct str version, struct arena *arena, struct str *ret, struct err *err)
{
	AUTO(buf_done) struct buf out = {0};
	struct tree file;
	const struct tree *project;
	if (!toml_parse(text, arena, &file, err) ||
		!tree_member(&file, S("project"), TREE_TABLE, &project, err)) {
		return false;
	}
	bool open = project == NULL || leaves(project, S("dependencies")) ||
		    leaves(project, S("optional-dependencies")) ||
		    leaves(project, S("requires-python")) ||
		    (tree_text(project, S("version")).n == 0 && version.n == 0);
	if (open) {
		*ret = (struct str){0};
		return true;
	}
	if (!add_head(project, version, arena, &out, err) ||
		!add_dependencies(project, arena, &out, err) ||
		!add_extras(project, arena, &out, err)) {
		return false;
	}
	*ret = arena_str(arena, buf_str(&out));
	return true;
}
