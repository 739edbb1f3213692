#include "staticscan/walk.h"
#include "staticscan/calls.h"
#include "staticscan/catalog.h"
#include "common/banned.h"

/* Import statements and the calls that import, as records and as bindings. */

static const char *const context_names[] = {
	[CONTEXT_FUNCTION] = "function",
	[CONTEXT_CLASS] = "class",
	[CONTEXT_TRY] = "try",
	[CONTEXT_EXCEPT] = "except",
	[CONTEXT_ELSE] = "else",
	[CONTEXT_FINALLY] = "finally",
	[CONTEXT_IF] = "if",
	[CONTEXT_TYPE_CHECKING] = "type-checking",
	[CONTEXT_MAIN_GUARD] = "main-guard",
	[CONTEXT_LOOP] = "loop",
	[CONTEXT_WITH] = "with",
	[CONTEXT_MATCH] = "if",
};

static struct scan_import *add_record(
	struct facts *facts, const char *kind, struct str module, int level, struct mark mark)
{
	struct scan_import *import = vec_push(facts->arena, &facts->imports);
	*vec_push(facts->arena, &facts->import_marks) = mark;
	import->kind = str_from(kind);
	import->module = module;
	import->level = level;
	import->class = catalog_class(
		facts->python_minor, module, level, facts->local_modules.p, facts->local_modules.n);
	import->cell_id = facts->cells[mark.cell].id;
	if (import->class == SCAN_OTHER_PYTHON) {
		facts_diagnose(facts, "warning", "not-in-this-python", mark,
			arena_printf(facts->arena,
				"'" STR_FMT "' is not in the standard library of Python 3.%d",
				STR_ARG(module), facts->python_minor));
	}
	return import;
}

static struct scan_import *record(
	struct walker *walker, const char *kind, struct str module, int level, struct mark mark)
{
	struct facts *facts = walker->facts;
	struct scan_import *import = add_record(facts, kind, module, level, mark);
	size_t n = walker->n_context < CONTEXT_MAX ? walker->n_context : CONTEXT_MAX;
	struct str *context = arena_array(facts->arena, struct str, n);
	for (size_t i = 0; i < n; i++) {
		context[i] = str_from(context_names[walker->context[i]]);
	}
	import->context = context;
	import->n_context = n;
	return import;
}

static bool is_reported(enum scan_class class)
{
	return class != SCAN_LOCAL && class != SCAN_RELATIVE;
}

static struct binding value_of(
	struct walker *walker, enum scan_class class, struct str path, bool module)
{
	if (!is_reported(class)) {
		return binding_other();
	}
	return binding_of((struct value){.id = intern_id(&walker->facts->paths, path),
		.kind = VALUE_PATH,
		.module = module,
		.alternative = walker->alternatives > 0});
}

/* a.b of a dotted_name, without what blanks or comments stand in it. */
static struct str dotted_text(struct walker *walker, uint32_t node)
{
	struct str text = syntax_text(walker->tree, node);
	if (str_find_char(text, ' ') < 0 && str_find_char(text, '\\') < 0 &&
		str_find_char(text, '\n') < 0 && str_find_char(text, '\t') < 0) {
		return arena_str(walker->facts->arena, text);
	}
	AUTO(buf_done) struct buf buf = {0};
	for (uint32_t child = syntax_first(walker->tree, node); child != SYNTAX_NO_NODE;
		child = syntax_next(walker->tree, node, child)) {
		buf_add(&buf, buf.n > 0 ? S(".") : S(""));
		buf_add(&buf, syntax_text(walker->tree, child));
	}
	return arena_str(walker->facts->arena, buf_str(&buf));
}

/* A name or an alias in an import: what is imported, and as what (SYNTAX_NO_NODE: under its own name). */
static uint32_t imported_name(const struct walker *walker, uint32_t node, uint32_t *ret_alias)
{
	*ret_alias = SYNTAX_NO_NODE;
	if (walker->tree->nodes[node].kind == SYNTAX_IMPORT_ALIAS) {
		*ret_alias = syntax_child(walker->tree, node, SYNTAX_FIELD_ALIAS);
		return syntax_child(walker->tree, node, SYNTAX_FIELD_NAME);
	}
	return walker->tree->nodes[node].kind == SYNTAX_DOTTED_NAME ? node : SYNTAX_NO_NODE;
}

static void import_modules(struct walker *walker, uint32_t node)
{
	struct facts *facts = walker->facts;
	struct mark mark = walk_mark(walker, node);
	uint32_t alias;
	for (uint32_t child = syntax_first(walker->tree, node); child != SYNTAX_NO_NODE;
		child = syntax_next(walker->tree, node, child)) {
		uint32_t name = imported_name(walker, child, &alias);
		if (name == SYNTAX_NO_NODE ||
			walker->tree->nodes[child].field != SYNTAX_FIELD_NAME) {
			continue;
		}
		struct str module = dotted_text(walker, name);
		struct scan_import *import = record(walker, "import", module, 0, mark);
		struct str root = module;
		struct binding binding;
		(void)str_cut(root, S("."), &root, &(struct str){0});
		if (is_reported(import->class)) {
			symbol_path(facts, module, USE_IMPORT, mark);
		}
		if (alias == SYNTAX_NO_NODE) {
			binding = value_of(walker, import->class, root, true);
			walk_bind(walker, intern_id(&facts->names, root), &binding);
		} else {
			struct scan_imported *as = arena_new(facts->arena, struct scan_imported);
			as->name = module;
			as->asname = arena_str(facts->arena, syntax_text(walker->tree, alias));
			import->names = as;
			import->n_names = 1;
			binding = value_of(walker, import->class, module, true);
			walk_bind(walker, walk_name(walker, alias), &binding);
		}
	}
}

static void star_import(
	struct walker *walker, struct str module, enum scan_class class, struct mark mark)
{
	struct facts *facts = walker->facts;
	bool reported = is_reported(class);
	*vec_push(facts->arena, &facts->stars) = (struct star){
		walker->module, reported ? intern_id(&facts->paths, module) : SCOPE_NONE};
	if (reported) {
		symbol_path(facts, module, USE_FROM_IMPORT, mark);
	}
}

static void import_names(
	struct walker *walker, uint32_t node, struct scan_import *import, struct mark mark)
{
	struct facts *facts = walker->facts;
	struct str module = import->module;
	enum scan_class class = import->class;
	VEC(struct scan_imported) names = {0};
	uint32_t alias;
	for (uint32_t child = syntax_first(walker->tree, node); child != SYNTAX_NO_NODE;
		child = syntax_next(walker->tree, node, child)) {
		if (walker->tree->nodes[child].kind == SYNTAX_IMPORT_STAR) {
			vec_push(facts->arena, &names)->name = S("*");
			star_import(walker, module, class, mark);
			continue;
		}
		uint32_t name = imported_name(walker, child, &alias);
		if (name == SYNTAX_NO_NODE ||
			walker->tree->nodes[child].field != SYNTAX_FIELD_NAME) {
			continue;
		}
		struct scan_imported *imported = vec_push(facts->arena, &names);
		imported->name = dotted_text(walker, name);
		imported->asname =
			alias == SYNTAX_NO_NODE
				? S("")
				: arena_str(facts->arena, syntax_text(walker->tree, alias));
		struct str path = arena_printf(facts->arena, STR_FMT "." STR_FMT, STR_ARG(module),
			STR_ARG(imported->name));
		if (is_reported(class)) {
			symbol_path(facts, path, USE_FROM_IMPORT, mark);
		}
		struct binding binding = value_of(walker, class, path, false);
		uint32_t bound = alias == SYNTAX_NO_NODE ? intern_id(&facts->names, imported->name)
							 : walk_name(walker, alias);
		walk_bind(walker, bound, &binding);
	}
	import->names = names.p;
	import->n_names = names.n;
}

static int level_of(struct str module)
{
	int level = 0;
	while ((size_t)level < module.n && module.p[level] == '.') {
		level++;
	}
	return level;
}

/* "..a .b" with blanks and joined lines between: the dots and the name alone. */
static struct str relative_text(struct walker *walker, uint32_t from)
{
	AUTO(buf_done) struct buf buf = {0};
	struct str text = syntax_text(walker->tree, from);
	for (size_t i = 0; i < text.n; i++) {
		if (!char_is_space(text.p[i]) && text.p[i] != '\\') {
			buf_byte(&buf, text.p[i]);
		}
	}
	return arena_str(walker->facts->arena, buf_str(&buf));
}

void import_statement(struct walker *walker, uint32_t node)
{
	if (walker->tree->nodes[node].kind == SYNTAX_IMPORT) {
		import_modules(walker, node);
		return;
	}
	struct facts *facts = walker->facts;
	struct mark mark = walk_mark(walker, node);
	struct str module = S("__future__");
	uint32_t from = syntax_child(walker->tree, node, SYNTAX_FIELD_MODULE_NAME);
	if (from != SYNTAX_NO_NODE) {
		bool relative = walker->tree->nodes[from].kind == SYNTAX_RELATIVE_IMPORT;
		module = relative ? relative_text(walker, from) : dotted_text(walker, from);
	} else if (walker->tree->nodes[node].kind != SYNTAX_IMPORT_FUTURE) {
		return; /* half a statement */
	}
	struct scan_import *import = record(walker, "from", module, level_of(module), mark);
	size_t index = (size_t)(import - facts->imports.p);
	import_names(walker, node, &facts->imports.p[index], mark);
}

/* ---- calls that import ---- */

static uint32_t argument(const struct walker *walker, uint32_t arguments, const char *keyword)
{
	for (uint32_t child = syntax_first(walker->tree, arguments); child != SYNTAX_NO_NODE;
		child = syntax_next(walker->tree, arguments, child)) {
		bool named = walker->tree->nodes[child].kind == SYNTAX_KEYWORD_ARGUMENT;
		uint32_t name = named ? syntax_child(walker->tree, child, SYNTAX_FIELD_NAME)
				      : SYNTAX_NO_NODE;
		if (keyword == NULL && !named) {
			return child;
		}
		if (keyword != NULL && name != SYNTAX_NO_NODE &&
			str_eq(syntax_text(walker->tree, name), str_from(keyword))) {
			return syntax_child(walker->tree, child, SYNTAX_FIELD_VALUE);
		}
	}
	return SYNTAX_NO_NODE;
}

static bool is_module_name(struct str text)
{
	struct str part;
	struct str rest = str_skip(text, (size_t)level_of(text));
	if (rest.n == 0) {
		return text.n > 0;
	}
	do {
		part = source_identifier(rest);
		rest = str_skip(rest, part.n);
		if (part.n == 0 || char_is_digit(part.p[0])) {
			return false;
		}
	} while (str_starts(rest, S(".")) && (rest = str_skip(rest, 1)).n > 0);
	return rest.n == 0;
}

/* The name in "name[extra]>=1", as pkg_resources.require takes it. */
static struct str project_of(struct str text)
{
	size_t n = 0;
	while (n < text.n && (char_is_alnum(text.p[n]) || strchr("-_.", text.p[n]) != NULL)) {
		n++;
	}
	return str_slice(text, 0, n);
}

bool import_call(struct walker *walker, uint32_t arguments, struct str path, struct binding *ret)
{
	struct facts *facts = walker->facts;
	bool root_only = str_eq(path, S("__import__")) || str_eq(path, S("builtins.__import__"));
	bool whole = str_eq(path, S("importlib.import_module")) ||
		     str_eq(path, S("pytest.importorskip"));
	bool probe = str_eq(path, S("importlib.util.find_spec")) ||
		     str_eq(path, S("importlib.find_loader"));
	bool require = str_eq(path, S("pkg_resources.require"));
	if (!root_only && !whole && !probe && !require) {
		return false;
	}
	uint32_t first = argument(walker, arguments, NULL);
	first = first == SYNTAX_NO_NODE ? argument(walker, arguments, "name") : first;
	uint32_t package = argument(walker, arguments, "package");
	struct str module, base;
	struct mark mark = walk_mark(walker, arguments);
	bool known = first != SYNTAX_NO_NODE && calls_plain_string(walker, first, &module);
	module = known && require ? project_of(module) : module;
	if (!known || (!require && !is_module_name(module))) {
		facts_diagnose(facts, "info", "dynamic-import", mark,
			S("only the running code knows what is imported here"));
		return false;
	}
	mark = walk_mark(walker, first);
	if (level_of(module) == 1 && package != SYNTAX_NO_NODE &&
		calls_plain_string(walker, package, &base) && is_module_name(base)) {
		module =
			arena_printf(facts->arena, STR_FMT STR_FMT, STR_ARG(base), STR_ARG(module));
	}
	module = arena_str(facts->arena, module);
	struct scan_import *import = record(walker, "dynamic", module, level_of(module), mark);
	import->probe = probe;
	if (probe || require) {
		return false;
	}
	if (is_reported(import->class)) {
		symbol_path(facts, module, USE_IMPORT, mark);
	}
	struct str bound = module;
	if (root_only) {
		(void)str_cut(bound, S("."), &bound, &(struct str){0});
	}
	*ret = value_of(walker, import->class, bound, true);
	return true;
}

void import_magic(struct facts *facts, struct scope *module, struct str name, struct mark mark)
{
	(void)module;
	if (!is_module_name(name)) {
		return;
	}
	struct scan_import *import = add_record(facts, "magic", name, 0, mark);
	if (is_reported(import->class)) {
		symbol_path(facts, name, USE_IMPORT, mark);
	}
}

void import_alternatives(struct facts *facts, size_t from, size_t body_end, size_t handlers_end)
{
	if (body_end == from || handlers_end == body_end) {
		return;
	}
	int group = ++facts->alternatives;
	for (size_t i = from; i < handlers_end; i++) {
		facts->imports.p[i].alternative = group;
	}
}
