#include "staticscan/walk.h"
#include "staticscan/catalog.h"
#include "common/banned.h"

/* Uses of library symbols: told as they are met, decided and ordered at the end. */

enum { STARS_MAX = 64, FOLLOW_MAX = 8 };

static const char *const how_names[] = {
	[USE_IMPORT] = "import",
	[USE_FROM_IMPORT] = "from-import",
	[USE_REFERENCE] = "reference",
	[USE_CALL] = "call",
	[USE_DECORATOR] = "decorator",
};

static struct use *add(struct facts *facts, uint32_t path, enum use_how how, struct mark mark,
	bool possible, bool flat)
{
	struct str text = intern_str(&facts->paths, path);
	if (str_starts(text, S("builtins.")) && how != USE_IMPORT) {
		struct str name = str_skip(text, strlen("builtins."));
		uint32_t builtin = intern_id(&facts->paths,
			arena_printf(facts->arena, "__builtins__." STR_FMT, STR_ARG(name)));
		*vec_push(facts->arena, &facts->uses) = (struct use){.path = builtin,
			.mark = mark,
			.how = (uint8_t)how,
			.possible = possible,
			.flat = flat};
	}
	struct use *use = vec_push(facts->arena, &facts->uses);
	*use = (struct use){.path = path,
		.mark = mark,
		.how = (uint8_t)how,
		.possible = possible,
		.flat = flat};
	return use;
}

void symbol_path(struct facts *facts, struct str path, enum use_how how, struct mark mark)
{
	(void)add(facts, intern_id(&facts->paths, path), how, mark, false, true);
}

void symbol_use(struct walker *walker, const struct binding *binding, enum use_how how,
	struct mark mark, bool bare)
{
	struct facts *facts = walker->facts;
	bool possible = binding->n > 1;
	for (size_t i = 0; i < binding->n; i++) {
		const struct value *value = &binding->values[i];
		if (value->kind == VALUE_PATH && !(bare && value->module)) {
			(void)add(facts, value->id, how, mark, possible,
				!possible || value->alternative);
		} else if (value->kind == VALUE_GLOBAL || value->kind == VALUE_UNBOUND) {
			struct str path = intern_str(&facts->paths, value->id);
			struct str name = path;
			(void)str_cut(name, S("."), &name, &(struct str){0});
			*vec_push(facts->arena, &facts->pendings) =
				(struct pending){.module = walker->module,
					.name = intern_id(&facts->names, name),
					.path = value->id,
					.mark = mark,
					.n_stars = (uint32_t)facts->stars.n,
					.how = (uint8_t)how,
					.later = value->kind == VALUE_GLOBAL};
		}
	}
}

/* ---- what was left open ---- */

static uint32_t joined(struct facts *facts, struct str a, struct str b)
{
	return intern_id(
		&facts->paths, arena_printf(facts->arena, STR_FMT STR_FMT, STR_ARG(a), STR_ARG(b)));
}

static void from_star(struct facts *facts, const struct pending *pending, struct str path)
{
	uint32_t found[STARS_MAX];
	size_t n = 0;
	size_t end = pending->later ? facts->stars.n : pending->n_stars;
	if (catalog_is_ambient(intern_str(&facts->names, pending->name)) ||
		str_starts(path, S("_"))) {
		return;
	}
	for (size_t i = 0; i < end; i++) {
		const struct star *star = &facts->stars.p[i];
		size_t known = 0;
		while (known < n && found[known] != star->path) {
			known++;
		}
		if (star->module == pending->module && known == n) {
			if (n == STARS_MAX) {
				return;
			}
			found[n++] = star->path;
		}
	}
	for (size_t i = 0; i < n; i++) {
		if (found[i] != SCOPE_NONE) {
			struct str module = intern_str(&facts->paths, found[i]);
			struct str dotted = arena_printf(facts->arena, "." STR_FMT, STR_ARG(path));
			(void)add(facts, joined(facts, module, dotted), pending->how, pending->mark,
				true, n == 1);
		}
	}
}

static void decide(struct facts *facts, const struct pending *pending, uint32_t name,
	struct str attributes, bool possible, int follow)
{
	struct str text = intern_str(&facts->names, name);
	uint32_t index = scope_find(pending->module, name);
	const struct binding *all =
		index == SCOPE_NONE ? NULL : &pending->module->variables.p[index].all;
	bool bound = all != NULL && all->n > 0;
	if (!bound || !pending->later) {
		struct str path = arena_printf(
			facts->arena, STR_FMT STR_FMT, STR_ARG(text), STR_ARG(attributes));
		if (catalog_is_builtin(text)) {
			(void)add(facts, joined(facts, S("__builtins__."), path), pending->how,
				pending->mark, possible, !possible);
		} else if (!bound) {
			from_star(facts, pending, path);
		}
		return;
	}
	possible = possible || all->n > 1;
	for (size_t i = 0; i < all->n; i++) {
		struct value value = all->values[i];
		struct str path = value.kind == VALUE_PATH || value.kind == VALUE_GLOBAL
					  ? intern_str(&facts->paths, value.id)
					  : S("");
		if (value.kind == VALUE_PATH && !(attributes.n == 0 && value.module)) {
			(void)add(facts, joined(facts, path, attributes), pending->how,
				pending->mark, possible, !possible || value.alternative);
		} else if (value.kind == VALUE_GLOBAL && follow > 0) {
			struct str root = path;
			(void)str_cut(root, S("."), &root, &(struct str){0});
			struct str rest = arena_printf(facts->arena, STR_FMT STR_FMT,
				STR_ARG(str_skip(path, root.n)), STR_ARG(attributes));
			decide(facts, pending, intern_id(&facts->names, root), rest, possible,
				follow - 1);
		}
	}
}

/* ---- order and places ---- */

static int by_mark(const void *a, const void *b)
{
	const struct mark *x = &((const struct use *)a)->mark;
	const struct mark *y = &((const struct use *)b)->mark;
	return x->cell != y->cell ? (x->cell > y->cell) - (x->cell < y->cell)
				  : (x->at > y->at) - (x->at < y->at);
}

static int by_symbol(const void *a, const void *b)
{
	const struct scan_use *x = a;
	const struct scan_use *y = b;
	int order = str_cmp(x->symbol, y->symbol);
	order = order != 0 ? order : str_cmp(x->how, y->how);
	order = order != 0 ? order : (int)x->possible - (int)y->possible;
	order = order != 0 ? order
			   : (x->place.cell > y->place.cell) - (x->place.cell < y->place.cell);
	order = order != 0 ? order : x->place.line - y->place.line;
	return order != 0 ? order : x->place.column - y->place.column;
}

static void order_uses(struct facts *facts, struct scan_facts *ret)
{
	struct scan_use *uses = arena_array(facts->arena, struct scan_use, facts->uses.n);
	struct source_cursor cursor = {0};
	uint32_t cell = UINT32_MAX;
	if (facts->uses.n > 0) {
		qsort(facts->uses.p, facts->uses.n, sizeof(*facts->uses.p), by_mark);
	}
	for (size_t i = 0; i < facts->uses.n; i++) {
		const struct use *use = &facts->uses.p[i];
		if (use->mark.cell != cell) {
			cell = use->mark.cell;
			cursor = (struct source_cursor){.source = facts->cells[cell].source};
		}
		uses[i] = (struct scan_use){.symbol = intern_str(&facts->paths, use->path),
			.how = str_from(how_names[use->how]),
			.possible = use->possible,
			.flat = use->flat,
			.keywords =
				use->keywords == 0 ? S("") : facts->keywords.p[use->keywords - 1],
			.place.cell = facts->cells[cell].index};
		source_locate(&cursor, use->mark.at, &uses[i].place.line, &uses[i].place.column);
	}
	if (facts->uses.n > 0) {
		qsort(uses, facts->uses.n, sizeof(*uses), by_symbol);
	}
	size_t n = 0;
	for (size_t i = 0; i < facts->uses.n; i++) {
		if (n > 0 && by_symbol(&uses[n - 1], &uses[i]) == 0) {
			uses[n - 1].flat = uses[n - 1].flat || uses[i].flat;
		} else {
			uses[n++] = uses[i];
			uses[n - 1].symbol = arena_str(facts->arena, uses[n - 1].symbol);
		}
	}
	ret->uses = uses;
	ret->n_uses = n;
}

void symbol_finish(struct facts *facts, struct scan_facts *ret)
{
	for (size_t i = 0; i < facts->pendings.n; i++) {
		const struct pending *pending = &facts->pendings.p[i];
		struct str path = intern_str(&facts->paths, pending->path);
		struct str name = intern_str(&facts->names, pending->name);
		decide(facts, pending, pending->name, str_skip(path, name.n), false, FOLLOW_MAX);
	}
	order_uses(facts, ret);
}
