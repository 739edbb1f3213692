#include "packaging/projectfile.h"
#include "packaging/name.h"
#include "packaging/requirement.h"
#include "packaging/toml.h"
#include "common/banned.h"

enum { INCLUDE_DEPTH_MAX = 64, NAMES_MAX = 1000, ITEMS_MAX = 20000 };

struct reader {
	const struct tree *project; /* [project], NULL when none */
	const struct tree *groups;  /* [dependency-groups] */
	const struct tree *optional;
	const struct declared_choice *choice;
	struct arena *arena;
	struct declared *ret;
	struct err *err;
	const struct tree *open[INCLUDE_DEPTH_MAX]; /* groups or extras being read */
	size_t n_open;
	VEC(const struct tree *) done; /* those that were read: each counts once */
};

static void note(struct reader *reader, int line, struct str text)
{
	*vec_push(reader->arena, &reader->ret->notes) = (struct declared_note){text, line};
}

static bool same_name(struct str a, struct str b, struct arena *arena)
{
	return str_eq(name_normal(a, arena), name_normal(b, arena));
}

/* A member by its normal name. */
static const struct tree *find_name(const struct tree *table, struct str name, struct arena *arena)
{
	for (size_t i = 0; table != NULL && i < table->n; i++) {
		if (same_name(table->items[i].key, name, arena)) {
			return &table->items[i];
		}
	}
	return NULL;
}

static bool read_optional(struct reader *reader, struct str extra, const struct tree *at);

/* "demo[all]" among demo's own requirements stands for what its extra holds. */
static bool is_own(const struct reader *reader, const struct requirement *requirement)
{
	struct str own = tree_text(reader->project, S("name"));
	return own.n > 0 && requirement->n_extras > 0 &&
	       same_name(own, requirement->name, reader->arena);
}

static bool read_text(
	const struct tree *text, struct str group, bool constraint, struct reader *reader)
{
	struct requirement requirement;
	if (text->kind != TREE_STRING) {
		return tree_expected(text, "a requirement as a string", reader->err);
	}
	if (!requirement_parse(text->text, reader->arena, &requirement, reader->err)) {
		reader->err->line = text->line;
		reader->err->column = text->column;
		err_hint(reader->err, "write it as in \"pandas>=2\"");
		return err_prefix(
			reader->err, "the requirement '" STR_FMT "'", STR_ARG(text->text));
	}
	for (size_t i = 0; is_own(reader, &requirement) && i < requirement.n_extras; i++) {
		if (!read_optional(reader, requirement.extras[i], text)) {
			return false;
		}
	}
	if (reader->ret->items.n == ITEMS_MAX) {
		reader->err->line = text->line;
		return err_set(reader->err, ERR_LIMIT, "more than %d requirements", ITEMS_MAX);
	}
	if (!is_own(reader, &requirement)) {
		*vec_push(reader->arena, &reader->ret->items) =
			(struct declared_item){.text = text->text,
				.name = requirement.spelled,
				.group = group,
				.constraint = constraint,
				.line = text->line,
				.column = text->column};
	}
	return true;
}

static bool read_list(const struct tree *table, struct str key, struct str group, bool constraint,
	struct reader *reader)
{
	const struct tree *list;
	if (!tree_member(table, key, TREE_ARRAY, &list, reader->err)) {
		err_hint(reader->err, "write a list, as in dependencies = [\"pandas>=2\"]");
		return false;
	}
	for (size_t i = 0; list != NULL && i < list->n; i++) {
		if (!read_text(&list->items[i], group, constraint, reader)) {
			return false;
		}
	}
	return true;
}

/* Begin a group or an extra. *ret_again: it was read before. False: it is open, a cycle. */
static bool enter(struct reader *reader, const struct tree *what, const char *kind, bool *ret_again)
{
	*ret_again = false;
	for (size_t i = 0; i < reader->n_open; i++) {
		if (reader->open[i] == what) {
			reader->err->line = what->line;
			reader->err->column = what->column;
			err_hint(reader->err, "take one of the inclusions out");
			return err_set(reader->err, ERR_INPUT,
				"the %s '" STR_FMT "' includes itself", kind, STR_ARG(what->key));
		}
	}
	for (size_t i = 0; i < reader->done.n; i++) {
		*ret_again = *ret_again || reader->done.p[i] == what;
	}
	if (reader->n_open == INCLUDE_DEPTH_MAX) {
		reader->err->line = what->line;
		return err_set(reader->err, ERR_LIMIT, "more than %d inclusions inside each other",
			INCLUDE_DEPTH_MAX);
	}
	if (!*ret_again) {
		reader->open[reader->n_open++] = what;
	}
	return true;
}

static void leave(struct reader *reader)
{
	*vec_push(reader->arena, &reader->done) = reader->open[--reader->n_open];
}

static bool unknown(struct reader *reader, const struct tree *table, const char *kind,
	struct str name, const struct tree *at)
{
	AUTO(buf_done) struct buf known = {0};
	for (size_t i = 0; table != NULL && i < table->n && i < 20; i++) {
		buf_add(&known, i == 0 ? S("") : S(", "));
		buf_add(&known, table->items[i].key);
	}
	reader->err->line = at == NULL ? 0 : at->line;
	reader->err->column = at == NULL ? 0 : at->column;
	err_hint(reader->err, "the file has %s", known.n > 0 ? known.p : "none");
	return err_set(reader->err, at != NULL ? ERR_INPUT : ERR_USAGE, "no %s '" STR_FMT "'", kind,
		STR_ARG(name));
}

static bool read_optional(struct reader *reader, struct str extra, const struct tree *at)
{
	const struct tree *list = find_name(reader->optional, extra, reader->arena);
	bool again;
	if (list == NULL) {
		return unknown(reader, reader->optional, "extra", extra, at);
	}
	/* extras that name each other are common ("all", "dev"), and each counts once */
	for (size_t i = 0; i < reader->n_open; i++) {
		if (reader->open[i] == list) {
			return true;
		}
	}
	if (!enter(reader, list, "extra", &again)) {
		return false;
	}
	if (again) {
		return true;
	}
	bool fine = read_list(reader->optional, list->key, list->key, false, reader);
	leave(reader);
	return fine;
}

static bool read_group(struct reader *reader, struct str name, const struct tree *at);

/* {include-group = "other"} */
static bool read_include(struct reader *reader, const struct tree *table)
{
	const struct tree *other = tree_get(table, S("include-group"));
	if (table->n != 1 || other == NULL || other->kind != TREE_STRING) {
		reader->err->line = table->line;
		reader->err->column = table->column;
		err_hint(reader->err,
			"write a requirement as a string, or {include-group = \"NAME\"}");
		return err_set(reader->err, ERR_INPUT, "expected a requirement or an inclusion");
	}
	return read_group(reader, other->text, other);
}

static bool read_group(struct reader *reader, struct str name, const struct tree *at)
{
	const struct tree *group = find_name(reader->groups, name, reader->arena);
	bool again;
	if (group == NULL) {
		return unknown(reader, reader->groups, "dependency group", name, at);
	}
	if (group->kind != TREE_ARRAY) {
		return tree_expected(group, "a list of requirements", reader->err);
	}
	if (!enter(reader, group, "dependency group", &again)) {
		return false;
	}
	if (again) {
		return true;
	}
	bool fine = true;
	for (size_t i = 0; fine && i < group->n; i++) {
		const struct tree *item = &group->items[i];
		fine = item->kind == TREE_TABLE ? read_include(reader, item)
						: read_text(item, group->key, false, reader);
	}
	leave(reader);
	return fine;
}

/* Two groups of one name are an error (PEP 735). */
static bool check_groups(struct reader *reader)
{
	if ((reader->groups != NULL && reader->groups->n > NAMES_MAX) ||
		(reader->optional != NULL && reader->optional->n > NAMES_MAX)) {
		return err_set(reader->err, ERR_LIMIT, "more than %d groups or extras", NAMES_MAX);
	}
	for (size_t i = 0; reader->groups != NULL && i < reader->groups->n; i++) {
		const struct tree *group = &reader->groups->items[i];
		if (find_name(reader->groups, group->key, reader->arena) != group) {
			reader->err->line = group->line;
			reader->err->column = group->column;
			err_hint(reader->err, "rename or join one of them");
			return err_set(reader->err, ERR_INPUT,
				"two dependency groups are called '" STR_FMT "'",
				STR_ARG(group->key));
		}
	}
	return true;
}

/* ---- [tool.uv] -------------------------------------------------------------------------------- */

/* An index in sources = {torch = {index = "gpu"}} pins; what else stands there is said. */
static void read_uv_source(struct reader *reader, const struct tree *source)
{
	const struct tree *one = source;
	bool list = source->kind == TREE_ARRAY;
	if (list && source->n == 1) {
		one = &source->items[0];
	}
	struct str index = tree_text(one, S("index"));
	if (index.n == 0 || (list && source->n > 1) || tree_get(one, S("marker")) != NULL) {
		note(reader, source->line,
			arena_printf(reader->arena,
				"the source of '" STR_FMT "' in [tool.uv.sources] is not heeded",
				STR_ARG(source->key)));
		return;
	}
	for (size_t i = 0; i < reader->ret->items.n; i++) {
		struct declared_item *item = &reader->ret->items.p[i];
		if (same_name(item->name, source->key, reader->arena)) {
			item->index = index;
		}
	}
}

static bool read_uv(struct reader *reader, const struct tree *uv)
{
	static const struct str unheeded[] = {STR_INIT("override-dependencies"),
		STR_INIT("index-url"), STR_INIT("extra-index-url"), STR_INIT("find-links"),
		STR_INIT("environments"), STR_INIT("conflicts")};
	if (!read_list(uv, S("constraint-dependencies"), S(""), true, reader) ||
		(reader->choice->dev &&
			!read_list(uv, S("dev-dependencies"), S("dev"), false, reader))) {
		return false;
	}
	const struct tree *indexes = tree_get(uv, S("index"));
	for (size_t i = 0; indexes != NULL && i < indexes->n; i++) {
		struct declared_index index = {tree_text(&indexes->items[i], S("name")),
			tree_text(&indexes->items[i], S("url"))};
		if (index.url.n > 0) {
			*vec_push(reader->arena, &reader->ret->indexes) = index;
		}
	}
	const struct tree *sources = tree_get(uv, S("sources"));
	for (size_t i = 0; sources != NULL && i < sources->n && i < NAMES_MAX; i++) {
		read_uv_source(reader, &sources->items[i]);
	}
	for (size_t i = 0; i < sizeof(unheeded) / sizeof(unheeded[0]); i++) {
		const struct tree *item = tree_get(uv, unheeded[i]);
		if (item != NULL) {
			note(reader, item->line,
				arena_printf(reader->arena,
					"'" STR_FMT "' of [tool.uv] is not heeded",
					STR_ARG(item->key)));
		}
	}
	return true;
}

/* ---- the whole -------------------------------------------------------------------------------- */

static bool read_python(struct reader *reader, const struct tree *table)
{
	const struct tree *python;
	struct specifier_set ignored;
	if (!tree_member(table, S("requires-python"), TREE_STRING, &python, reader->err)) {
		return false;
	}
	if (python == NULL) {
		return true;
	}
	if (!specifier_parse(python->text, reader->arena, &ignored, reader->err)) {
		reader->err->line = python->line;
		reader->err->column = python->column;
		err_hint(reader->err, "write it as in \">=3.10\"");
		return err_prefix(reader->err, "requires-python");
	}
	reader->ret->python = python->text;
	return true;
}

static void note_dynamic(struct reader *reader)
{
	const struct tree *dynamic = tree_get(reader->project, S("dynamic"));
	for (size_t i = 0; dynamic != NULL && i < dynamic->n; i++) {
		struct str what = dynamic->items[i].text;
		if (str_eq(what, S("dependencies")) || str_eq(what, S("optional-dependencies"))) {
			note(reader, dynamic->items[i].line,
				arena_printf(reader->arena,
					"the " STR_FMT " of the project are dynamic: only a build "
					"knows them, and nothing is built; they are not in the "
					"lock",
					STR_ARG(what)));
		}
	}
}

static bool read_chosen(struct reader *reader)
{
	const struct declared_choice *choice = reader->choice;
	for (size_t i = 0; i < choice->n_extras; i++) {
		if (!read_optional(reader, choice->extras[i], NULL)) {
			return false;
		}
	}
	for (size_t i = 0; i < choice->n_groups; i++) {
		if (!read_group(reader, choice->groups[i], NULL)) {
			return false;
		}
	}
	bool dev = choice->dev && find_name(reader->groups, S("dev"), reader->arena) != NULL;
	return !dev || read_group(reader, S("dev"), NULL);
}

/* Nothing that we read: say what there is instead. */
static bool check_content(struct reader *reader, const struct tree *pyproject)
{
	const struct tree *tool = tree_get(pyproject, S("tool"));
	if (reader->project != NULL || reader->groups != NULL) {
		return true;
	}
	bool poetry = tree_get(tree_get(tool, S("poetry")), S("dependencies")) != NULL;
	err_hint(reader->err, poetry ? "the dependencies of [tool.poetry] are not read; write them "
				       "into [project]"
				     : "write dependencies = [...] below [project]");
	return err_set(reader->err, ERR_INPUT, "there is no [project] table");
}

bool projectfile_read(const struct tree *pyproject, const struct declared_choice *choice,
	struct arena *arena, struct declared *ret, struct err *err)
{
	struct declared made = {0};
	struct reader reader = {.choice = choice, .arena = arena, .ret = &made, .err = err};
	const struct tree *uv = tree_get(tree_get(pyproject, S("tool")), S("uv"));
	if (!tree_member(pyproject, S("project"), TREE_TABLE, &reader.project, err) ||
		!tree_member(pyproject, S("dependency-groups"), TREE_TABLE, &reader.groups, err) ||
		!tree_member(reader.project, S("optional-dependencies"), TREE_TABLE,
			&reader.optional, err) ||
		!check_content(&reader, pyproject) || !check_groups(&reader) ||
		!read_python(&reader, reader.project) ||
		!read_list(reader.project, S("dependencies"), S(""), false, &reader) ||
		!read_chosen(&reader) || !read_uv(&reader, uv)) {
		return false;
	}
	note_dynamic(&reader);
	*ret = made;
	return true;
}

bool projectfile_read_script(const struct tree *script, const struct declared_choice *choice,
	struct arena *arena, struct declared *ret, struct err *err)
{
	struct declared made = {0};
	struct reader reader = {.choice = choice, .arena = arena, .ret = &made, .err = err};
	const struct tree *uv = tree_get(tree_get(script, S("tool")), S("uv"));
	if (choice->n_extras + choice->n_groups > 0) {
		return err_set(err, ERR_USAGE, "a script block has no extras and no groups");
	}
	if (!read_python(&reader, script) ||
		!read_list(script, S("dependencies"), S(""), false, &reader) ||
		!read_uv(&reader, uv)) {
		return false;
	}
	*ret = made;
	return true;
}
