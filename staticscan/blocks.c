#include "staticscan/walk.h"
#include "staticscan/calls.h"
#include "common/banned.h"

/* What branches, and what has a scope of its own. */

struct walk_function {
	uint32_t node;
	struct scope *parent;
	uint32_t function;
	uint8_t context[CONTEXT_MAX];
	size_t n_context;
};

static const struct syntax_node *node_of(const struct walker *walker, uint32_t node)
{
	return &walker->tree->nodes[node];
}

/* NOLINTBEGIN(bugprone-macro-parentheses): child is a name */
#define EACH_CHILD(walker, node, child)                                                            \
	uint32_t child = syntax_first((walker)->tree, node);                                       \
	child != SYNTAX_NO_NODE;                                                                   \
	child = syntax_next((walker)->tree, node, child)
/* NOLINTEND(bugprone-macro-parentheses) */

static bool is_compound(uint8_t kind)
{
	return kind == SYNTAX_IF || kind == SYNTAX_FOR || kind == SYNTAX_WHILE ||
	       kind == SYNTAX_TRY || kind == SYNTAX_WITH || kind == SYNTAX_MATCH ||
	       kind == SYNTAX_FUNCTION || kind == SYNTAX_CLASS || kind == SYNTAX_DECORATED ||
	       kind == SYNTAX_ERROR;
}

static void block(struct walker *walker, uint32_t node)
{
	for (EACH_CHILD(walker, node, child)) {
		const struct syntax_node *statement = node_of(walker, child);
		walk_escapes(walker,
			walker->base +
				(is_compound(statement->kind) ? statement->start : statement->end));
		walk_node(walker, child);
	}
	walk_escapes(walker, walker->base + node_of(walker, node)->end);
}

static void push_context(struct walker *walker, enum context_kind kind)
{
	if (walker->n_context < CONTEXT_MAX) {
		walker->context[walker->n_context] = (uint8_t)kind;
	}
	walker->n_context++;
}

static void pop_context(struct walker *walker)
{
	walker->n_context--;
}

static void in_context(struct walker *walker, enum context_kind kind, uint32_t node)
{
	if (node != SYNTAX_NO_NODE) {
		push_context(walker, kind);
		walk_node(walker, node);
		pop_context(walker);
	}
}

static void field(struct walker *walker, uint32_t node, enum syntax_field name)
{
	uint32_t child = syntax_child(walker->tree, node, name);
	if (child != SYNTAX_NO_NODE) {
		walk_node(walker, child);
	}
}

static struct str field_text(struct walker *walker, uint32_t node, enum syntax_field name)
{
	uint32_t child = syntax_child(walker->tree, node, name);
	return child == SYNTAX_NO_NODE ? S("") : syntax_text(walker->tree, child);
}

/* ---- branches ---- */

static enum context_kind condition_context(struct walker *walker, uint32_t node)
{
	struct str condition = field_text(walker, node, SYNTAX_FIELD_CONDITION);
	while (str_starts(condition, S("(")) && str_ends(condition, S(")"))) {
		condition = str_trim(str_slice(condition, 1, condition.n - 1));
	}
	if (str_eq(condition, S("TYPE_CHECKING")) || str_ends(condition, S(".TYPE_CHECKING"))) {
		return CONTEXT_TYPE_CHECKING;
	}
	bool name = str_find(condition, S("__name__")) >= 0;
	return name && str_find(condition, S("__main__")) >= 0 ? CONTEXT_MAIN_GUARD : CONTEXT_IF;
}

/* What an if and a loop have in common: the else branch, and what is broken. */
static void else_branch(struct walker *walker, uint32_t child, struct branches *branches)
{
	uint8_t kind = node_of(walker, child)->kind;
	if (kind == SYNTAX_ELSE) {
		in_context(
			walker, CONTEXT_ELSE, syntax_child(walker->tree, child, SYNTAX_FIELD_BODY));
		scope_branch(walker->scope, branches, walker->facts->arena);
	} else if (kind == SYNTAX_ERROR) {
		walk_node(walker, child);
	}
}

static void if_statement(struct walker *walker, uint32_t node)
{
	struct branches branches;
	struct arena *arena = walker->facts->arena;
	struct scope *scope = walker->scope;
	field(walker, node, SYNTAX_FIELD_CONDITION);
	scope_open(scope, &branches);
	in_context(walker, condition_context(walker, node),
		syntax_child(walker->tree, node, SYNTAX_FIELD_CONSEQUENCE));
	scope_branch(scope, &branches, arena);
	for (EACH_CHILD(walker, node, child)) {
		uint8_t kind = node_of(walker, child)->kind;
		if (kind == SYNTAX_ELIF) {
			field(walker, child, SYNTAX_FIELD_CONDITION);
			in_context(walker, condition_context(walker, child),
				syntax_child(walker->tree, child, SYNTAX_FIELD_CONSEQUENCE));
			scope_branch(scope, &branches, arena);
		} else {
			else_branch(walker, child, &branches);
		}
	}
	scope_close(scope, &branches, arena);
}

static void loop(struct walker *walker, uint32_t node)
{
	struct branches branches;
	struct arena *arena = walker->facts->arena;
	struct scope *scope = walker->scope;
	uint32_t left = syntax_child(walker->tree, node, SYNTAX_FIELD_LEFT);
	uint32_t right = syntax_child(walker->tree, node, SYNTAX_FIELD_RIGHT);
	field(walker, node, SYNTAX_FIELD_RIGHT);
	field(walker, node, SYNTAX_FIELD_CONDITION);
	scope_open(scope, &branches);
	if (left != SYNTAX_NO_NODE) {
		struct binding each =
			right == SYNTAX_NO_NODE ? binding_other() : calls_loop_value(walker, right);
		walk_target(walker, left, &each);
	}
	in_context(walker, CONTEXT_LOOP, syntax_child(walker->tree, node, SYNTAX_FIELD_BODY));
	scope_branch(scope, &branches, arena);
	for (EACH_CHILD(walker, node, child)) {
		else_branch(walker, child, &branches);
	}
	scope_close(scope, &branches, arena);
}

static void with_statement(struct walker *walker, uint32_t node)
{
	for (EACH_CHILD(walker, node, child)) {
		if (node_of(walker, child)->field != SYNTAX_FIELD_BODY) {
			walk_node(walker, child);
		}
	}
	in_context(walker, CONTEXT_WITH, syntax_child(walker->tree, node, SYNTAX_FIELD_BODY));
}

/* EXPRESSION as TARGET, of with and except; in a case it is pattern() that reads it. */
static void as_pattern(struct walker *walker, uint32_t node)
{
	struct binding other = binding_other();
	for (EACH_CHILD(walker, node, child)) {
		if (node_of(walker, child)->kind == SYNTAX_AS_TARGET) {
			walk_target(walker, child, &other);
		} else {
			walk_node(walker, child);
		}
	}
}

static void except_clause(struct walker *walker, uint32_t node)
{
	struct binding other = binding_other();
	struct binding none = {0};
	uint32_t alias = syntax_child(walker->tree, node, SYNTAX_FIELD_ALIAS);
	uint32_t value = syntax_child(walker->tree, node, SYNTAX_FIELD_VALUE);
	for (EACH_CHILD(walker, node, child)) {
		uint8_t kind = node_of(walker, child)->kind;
		if (child == alias) {
			walk_target(walker, child, &other);
		} else if (kind == SYNTAX_BLOCK) {
			in_context(walker, CONTEXT_EXCEPT, child);
		} else {
			walk_node(walker, child);
		}
	}
	if (alias == SYNTAX_NO_NODE) {
		return;
	}
	if (node_of(walker, alias)->kind == SYNTAX_IDENTIFIER) {
		walk_bind(walker, walk_name(walker, alias), &none);
	}
	if (value != SYNTAX_NO_NODE && walker->facts->python_minor < 14 &&
		node_of(walker, alias)->start >= node_of(walker, value)->end) {
		struct str between = str_slice(walker->tree->text, node_of(walker, value)->end,
			node_of(walker, alias)->start);
		if (str_find_char(between, ',') >= 0) {
			facts_diagnose(walker->facts, "warning", "python2-syntax",
				walk_mark(walker, node),
				S("this is Python 2; no current Python runs it"));
		}
	}
}

static void try_statement(struct walker *walker, uint32_t node)
{
	struct branches branches;
	struct facts *facts = walker->facts;
	struct scope *scope = walker->scope;
	size_t first = facts->imports.n;
	bool handled = false;
	for (EACH_CHILD(walker, node, child)) {
		handled = handled || node_of(walker, child)->kind == SYNTAX_EXCEPT;
	}
	scope_open(scope, &branches);
	walker->alternatives += handled;
	in_context(walker, CONTEXT_TRY, syntax_child(walker->tree, node, SYNTAX_FIELD_BODY));
	size_t body_end = facts->imports.n;
	size_t handlers_end = body_end;
	scope_branch(scope, &branches, facts->arena);
	for (EACH_CHILD(walker, node, child)) {
		uint8_t kind = node_of(walker, child)->kind;
		if (kind == SYNTAX_EXCEPT) {
			scope_mix(scope, &branches, facts->arena);
			except_clause(walker, child);
			handlers_end = facts->imports.n;
		} else if (kind == SYNTAX_ELSE) {
			scope_mix(scope, &branches, facts->arena);
			in_context(walker, CONTEXT_ELSE,
				syntax_child(walker->tree, child, SYNTAX_FIELD_BODY));
		} else {
			continue;
		}
		scope_branch(scope, &branches, facts->arena);
	}
	walker->alternatives -= handled;
	import_alternatives(facts, first, body_end, handlers_end);
	scope_close(scope, &branches, facts->arena);
	for (EACH_CHILD(walker, node, child)) {
		uint8_t kind = node_of(walker, child)->kind;
		if (kind == SYNTAX_FINALLY) {
			in_context(walker, CONTEXT_FINALLY, child);
		} else if (kind == SYNTAX_ERROR) {
			walk_node(walker, child);
		}
	}
}

static void pattern(struct walker *walker, uint32_t node)
{
	struct binding other = binding_other();
	const struct syntax_node *n = node_of(walker, node);
	bool name = n->kind == SYNTAX_DOTTED_NAME && n->next == node + 2;
	if (name || n->kind == SYNTAX_IDENTIFIER) {
		if (!str_eq(syntax_text(walker->tree, node), S("_"))) {
			walk_bind(walker, walk_name(walker, node), &other);
		}
		return;
	}
	if (n->kind == SYNTAX_DOTTED_NAME || walker->depth > WALK_DEPTH_MAX) {
		walk_node(walker, node);
		return;
	}
	walker->depth++;
	bool first = true;
	for (EACH_CHILD(walker, node, child)) {
		if (first && n->kind == SYNTAX_CLASS_PATTERN) {
			walk_node(walker, child);
		} else if (!first || n->kind != SYNTAX_KEYWORD_PATTERN) {
			pattern(walker, child);
		}
		first = false;
	}
	walker->depth--;
}

static void match_statement(struct walker *walker, uint32_t node)
{
	struct branches branches;
	struct arena *arena = walker->facts->arena;
	struct scope *scope = walker->scope;
	uint32_t body = syntax_child(walker->tree, node, SYNTAX_FIELD_BODY);
	for (EACH_CHILD(walker, node, child)) {
		if (child != body) {
			walk_node(walker, child);
		}
	}
	if (body == SYNTAX_NO_NODE) {
		return;
	}
	scope_open(scope, &branches);
	for (EACH_CHILD(walker, body, child)) {
		if (node_of(walker, child)->kind != SYNTAX_CASE) {
			walk_node(walker, child);
			continue;
		}
		for (EACH_CHILD(walker, child, part)) {
			uint8_t kind = node_of(walker, part)->kind;
			if (kind == SYNTAX_BLOCK) {
				in_context(walker, CONTEXT_MATCH, part);
			} else if (kind == SYNTAX_IF_CLAUSE) {
				walk_node(walker, part);
			} else {
				pattern(walker, part);
			}
		}
		scope_branch(scope, &branches, arena);
	}
	scope_close(scope, &branches, arena);
}

/* ---- scopes ---- */

static struct scope *new_scope(struct walker *walker, enum scope_kind kind)
{
	struct scope *scope = arena_new(walker->facts->arena, struct scope);
	scope->kind = kind;
	scope->parent = walker->scope;
	return scope;
}

static void declare(struct walker *walker, struct scope *scope, uint32_t identifier)
{
	(void)scope_variable(scope, walk_name(walker, identifier), walker->facts->arena);
}

/* Every name in an assignment's target, which is nodes [from, to). */
static void declare_targets(struct walker *walker, struct scope *scope, uint32_t node)
{
	uint32_t end = node_of(walker, node)->next;
	for (uint32_t i = node; i < end; i++) {
		uint8_t kind = node_of(walker, i)->kind;
		if (kind == SYNTAX_IDENTIFIER) {
			declare(walker, scope, i);
		} else if (kind == SYNTAX_ATTRIBUTE || kind == SYNTAX_SUBSCRIPT ||
			   kind == SYNTAX_CALL) {
			i = node_of(walker, i)->next - 1;
		}
	}
}

static void declare_outer(struct walker *walker, struct scope *scope, uint32_t node, bool global)
{
	for (EACH_CHILD(walker, node, child)) {
		uint32_t index =
			scope_variable(scope, walk_name(walker, child), walker->facts->arena);
		scope->variables.p[index].global = global;
		scope->variables.p[index].nonlocal = !global;
	}
}

static void declare_import(struct walker *walker, struct scope *scope, uint32_t node)
{
	for (EACH_CHILD(walker, node, child)) {
		const struct syntax_node *n = node_of(walker, child);
		if (n->field != SYNTAX_FIELD_NAME) {
			continue;
		}
		uint32_t name = n->kind == SYNTAX_IMPORT_ALIAS
					? syntax_child(walker->tree, child, SYNTAX_FIELD_ALIAS)
					: syntax_first(walker->tree, child);
		if (name != SYNTAX_NO_NODE) {
			declare(walker, scope, name);
		}
	}
}

/* Names in a case: all that capture. Others in there are rare enough to be called local as well. */
static void declare_pattern(struct walker *walker, struct scope *scope, uint32_t node)
{
	uint32_t end = node_of(walker, node)->next;
	for (uint32_t i = node; i < end; i++) {
		const struct syntax_node *n = node_of(walker, i);
		if (n->kind == SYNTAX_DOTTED_NAME) {
			if (n->next == i + 2) {
				declare(walker, scope, i + 1);
			}
			i = n->next - 1;
		} else if (n->kind == SYNTAX_CLASS_PATTERN || n->kind == SYNTAX_KEYWORD_PATTERN) {
			uint32_t first = syntax_first(walker->tree, i);
			i = first == SYNTAX_NO_NODE ? i : node_of(walker, first)->next - 1;
		} else if (n->kind == SYNTAX_IDENTIFIER) {
			declare(walker, scope, i);
		}
	}
}

/* The names bound anywhere in a function's body are its own. */
static void declare_locals(struct walker *walker, struct scope *scope, uint32_t body)
{
	uint32_t end = node_of(walker, body)->next;
	for (uint32_t i = body; i < end; i++) {
		const struct syntax_node *n = node_of(walker, i);
		uint32_t target = SYNTAX_NO_NODE;
		switch (n->kind) {
		case SYNTAX_FUNCTION:
		case SYNTAX_CLASS:
			target = syntax_child(walker->tree, i, SYNTAX_FIELD_NAME);
			if (target != SYNTAX_NO_NODE) {
				declare(walker, scope, target);
			}
			i = n->next - 1;
			continue;
		case SYNTAX_LAMBDA:
			i = n->next - 1;
			continue;
		case SYNTAX_ASSIGNMENT:
		case SYNTAX_AUGMENTED_ASSIGNMENT:
		case SYNTAX_FOR:
		case SYNTAX_TYPE_ALIAS:
			target = syntax_child(walker->tree, i, SYNTAX_FIELD_LEFT);
			break;
		case SYNTAX_WALRUS:
			target = syntax_child(walker->tree, i, SYNTAX_FIELD_NAME);
			break;
		case SYNTAX_EXCEPT:
			target = syntax_child(walker->tree, i, SYNTAX_FIELD_ALIAS);
			break;
		case SYNTAX_AS_TARGET:
		case SYNTAX_DELETE:
			target = i;
			break;
		case SYNTAX_CASE_PATTERN:
			declare_pattern(walker, scope, i);
			i = n->next - 1;
			continue;
		case SYNTAX_GLOBAL:
		case SYNTAX_NONLOCAL:
			declare_outer(walker, scope, i, n->kind == SYNTAX_GLOBAL);
			continue;
		case SYNTAX_IMPORT:
		case SYNTAX_IMPORT_FROM:
			declare_import(walker, scope, i);
			continue;
		default:
			continue;
		}
		if (target != SYNTAX_NO_NODE) {
			declare_targets(walker, scope, target);
		}
	}
}

/* Names of parameters into scope; `outside`: instead, what is evaluated where the def stands. */
static void parameters(struct walker *walker, struct scope *scope, uint32_t node, bool outside)
{
	struct binding other = binding_other();
	for (EACH_CHILD(walker, node, child)) {
		const struct syntax_node *n = node_of(walker, child);
		if (n->field == SYNTAX_FIELD_VALUE || n->field == SYNTAX_FIELD_TYPE) {
			if (outside) {
				walk_node(walker, child);
			}
		} else if (n->kind == SYNTAX_IDENTIFIER) {
			if (!outside) {
				scope_bind(scope, walk_name(walker, child), &other,
					walker->facts->arena);
			}
		} else if (walker->depth < WALK_DEPTH_MAX) {
			walker->depth++;
			parameters(walker, scope, child, outside);
			walker->depth--;
		}
	}
}

static bool in_function(const struct walker *walker)
{
	for (const struct scope *s = walker->scope; s != NULL; s = s->parent) {
		if (s->kind == SCOPE_FUNCTION) {
			return true;
		}
	}
	return false;
}

static void run_waiting(struct walker *walker);

/* The body of a def or lambda, when its outer function is known whole. */
static void function_body(struct walker *walker, const struct walk_function *waiting)
{
	struct walker saved = *walker;
	uint32_t node = waiting->node;
	uint32_t list = syntax_child(walker->tree, node, SYNTAX_FIELD_PARAMETERS);
	uint32_t body = syntax_child(walker->tree, node, SYNTAX_FIELD_BODY);
	walker->scope = waiting->parent;
	walker->scope = new_scope(walker, SCOPE_FUNCTION);
	memcpy(walker->context, waiting->context, sizeof(walker->context));
	walker->n_context = waiting->n_context;
	walker->function = waiting->function;
	walker->waiting.p = NULL;
	walker->waiting.n = walker->waiting.cap = 0;
	if (list != SYNTAX_NO_NODE) {
		parameters(walker, walker->scope, list, false);
	}
	if (body != SYNTAX_NO_NODE) {
		declare_locals(walker, walker->scope, body);
		if (node_of(walker, node)->kind == SYNTAX_FUNCTION) {
			in_context(walker, CONTEXT_FUNCTION, body);
		} else {
			walk_node(walker, body);
		}
	}
	run_waiting(walker);
	walker->scope = saved.scope;
	memcpy(walker->context, saved.context, sizeof(walker->context));
	walker->n_context = saved.n_context;
	walker->function = saved.function;
	walker->waiting.p = saved.waiting.p;
	walker->waiting.n = saved.waiting.n;
	walker->waiting.cap = saved.waiting.cap;
}

static void run_waiting(struct walker *walker)
{
	for (size_t i = 0; i < walker->waiting.n; i++) {
		if (walker->depth < WALK_DEPTH_MAX) {
			walker->depth++;
			function_body(walker, walker->waiting.p[i]);
			walker->depth--;
		}
	}
	walker->waiting.n = 0;
}

static void later(struct walker *walker, uint32_t node, uint32_t function)
{
	struct walk_function *waiting = arena_new(walker->facts->arena, struct walk_function);
	waiting->node = node;
	waiting->parent = walker->scope;
	waiting->function = function;
	memcpy(waiting->context, walker->context, sizeof(waiting->context));
	waiting->n_context = walker->n_context;
	if (in_function(walker)) {
		*vec_push(walker->facts->arena, &walker->waiting) = waiting;
	} else {
		function_body(walker, waiting);
	}
}

/* def f[T: Bound]: T is known in the rest of the header and in the body. */
static void type_parameters(struct walker *walker, uint32_t node)
{
	struct binding other = binding_other();
	uint32_t list = syntax_child(walker->tree, node, SYNTAX_FIELD_TYPE_PARAMETERS);
	if (list == SYNTAX_NO_NODE) {
		return;
	}
	walker->scope = new_scope(walker, SCOPE_COMPREHENSION);
	uint32_t end = node_of(walker, list)->next;
	bool bound = false; /* behind "T:" */
	uint32_t bound_end = 0;
	for (uint32_t i = list + 1; i < end; i++) {
		bound = bound && i < bound_end;
		if (node_of(walker, i)->kind == SYNTAX_CONSTRAINED_TYPE) {
			bound_end = node_of(walker, i)->next;
		} else if (node_of(walker, i)->kind == SYNTAX_IDENTIFIER && !bound) {
			scope_bind(
				walker->scope, walk_name(walker, i), &other, walker->facts->arena);
			bound = i < bound_end;
		} else if (bound) {
			walk_node(walker, i);
			i = node_of(walker, i)->next - 1;
		}
	}
}

static void function(struct walker *walker, uint32_t node)
{
	struct scope *outer = walker->scope;
	uint32_t name = syntax_child(walker->tree, node, SYNTAX_FIELD_NAME);
	uint32_t list = syntax_child(walker->tree, node, SYNTAX_FIELD_PARAMETERS);
	struct binding binding = binding_other();
	uint32_t id = calls_function(walker, node, &binding);
	if (node_of(walker, node)->kind == SYNTAX_FUNCTION && name != SYNTAX_NO_NODE) {
		walk_bind(walker, walk_name(walker, name), &binding);
	}
	type_parameters(walker, node);
	if (list != SYNTAX_NO_NODE) {
		parameters(walker, NULL, list, true);
	}
	field(walker, node, SYNTAX_FIELD_RETURN_TYPE);
	later(walker, node, id);
	walker->scope = outer;
}

static void class_definition(struct walker *walker, uint32_t node)
{
	struct binding other = binding_other();
	struct scope *outer = walker->scope;
	uint32_t name = syntax_child(walker->tree, node, SYNTAX_FIELD_NAME);
	type_parameters(walker, node);
	field(walker, node, SYNTAX_FIELD_SUPERCLASSES);
	walker->scope = new_scope(walker, SCOPE_CLASS);
	uint32_t body = syntax_child(walker->tree, node, SYNTAX_FIELD_BODY);
	for (uint32_t i = body; i != SYNTAX_NO_NODE && i < node_of(walker, body)->next; i++) {
		uint8_t kind = node_of(walker, i)->kind;
		if (kind == SYNTAX_FUNCTION || kind == SYNTAX_CLASS || kind == SYNTAX_LAMBDA) {
			i = node_of(walker, i)->next - 1;
		} else if (kind == SYNTAX_GLOBAL || kind == SYNTAX_NONLOCAL) {
			declare_outer(walker, walker->scope, i, kind == SYNTAX_GLOBAL);
		}
	}
	in_context(walker, CONTEXT_CLASS, body);
	walker->scope = outer;
	if (name != SYNTAX_NO_NODE) {
		walk_bind(walker, walk_name(walker, name), &other);
	}
}

static void decorated(struct walker *walker, uint32_t node)
{
	for (EACH_CHILD(walker, node, child)) {
		uint32_t inner = syntax_first(walker->tree, child);
		if (node_of(walker, child)->kind != SYNTAX_DECORATOR || inner == SYNTAX_NO_NODE) {
			walk_node(walker, child);
		} else if (node_of(walker, inner)->kind == SYNTAX_CALL) {
			(void)walk_call(walker, inner, USE_DECORATOR);
		} else {
			struct binding value = walk_value(walker, inner);
			symbol_use(walker, &value, USE_DECORATOR, walk_mark(walker, inner),
				node_of(walker, inner)->kind == SYNTAX_IDENTIFIER);
		}
	}
}

/* The first iterable is evaluated outside, all the rest inside. */
static void comprehension(struct walker *walker, uint32_t node)
{
	struct binding other = binding_other();
	struct scope *outer = walker->scope;
	struct scope *inner = new_scope(walker, SCOPE_COMPREHENSION);
	uint32_t first = SYNTAX_NO_NODE;
	for (EACH_CHILD(walker, node, child)) {
		uint32_t left = syntax_child(walker->tree, child, SYNTAX_FIELD_LEFT);
		if (node_of(walker, child)->kind != SYNTAX_FOR_IN) {
			continue;
		}
		if (first == SYNTAX_NO_NODE) {
			first = child;
			field(walker, child, SYNTAX_FIELD_RIGHT);
		}
		uint32_t end = left == SYNTAX_NO_NODE ? 0 : node_of(walker, left)->next;
		for (uint32_t i = left; i < end; i++) {
			if (node_of(walker, i)->kind == SYNTAX_IDENTIFIER) {
				scope_bind(
					inner, walk_name(walker, i), &other, walker->facts->arena);
			}
		}
	}
	walker->scope = inner;
	for (EACH_CHILD(walker, node, child)) {
		if (node_of(walker, child)->kind != SYNTAX_FOR_IN) {
			continue;
		}
		for (EACH_CHILD(walker, child, part)) {
			uint8_t part_field = node_of(walker, part)->field;
			if (part_field != SYNTAX_FIELD_LEFT &&
				!(part_field == SYNTAX_FIELD_RIGHT && child == first)) {
				walk_node(walker, part);
			}
		}
	}
	for (EACH_CHILD(walker, node, child)) {
		if (node_of(walker, child)->kind != SYNTAX_FOR_IN) {
			walk_node(walker, child);
		}
	}
	walker->scope = outer;
}

static void type_alias(struct walker *walker, uint32_t node)
{
	struct binding other = binding_other();
	struct scope *outer = walker->scope;
	uint32_t left = syntax_child(walker->tree, node, SYNTAX_FIELD_LEFT);
	uint32_t end = left == SYNTAX_NO_NODE ? 0 : node_of(walker, left)->next;
	bool first = true;
	for (uint32_t i = left; i < end; i++) {
		if (node_of(walker, i)->kind == SYNTAX_IDENTIFIER && first) {
			walk_bind(walker, walk_name(walker, i), &other);
			walker->scope = new_scope(walker, SCOPE_COMPREHENSION);
			first = false;
		} else if (node_of(walker, i)->kind == SYNTAX_IDENTIFIER) {
			scope_bind(
				walker->scope, walk_name(walker, i), &other, walker->facts->arena);
		}
	}
	field(walker, node, SYNTAX_FIELD_RIGHT);
	walker->scope = outer;
}

bool walk_block_statement(struct walker *walker, uint32_t node)
{
	switch (node_of(walker, node)->kind) {
	case SYNTAX_MODULE:
	case SYNTAX_BLOCK:
		block(walker, node);
		return true;
	case SYNTAX_IF:
		if_statement(walker, node);
		return true;
	case SYNTAX_FOR:
	case SYNTAX_WHILE:
		loop(walker, node);
		return true;
	case SYNTAX_TRY:
		try_statement(walker, node);
		return true;
	case SYNTAX_WITH:
		with_statement(walker, node);
		return true;
	case SYNTAX_AS_PATTERN:
		as_pattern(walker, node);
		return true;
	case SYNTAX_MATCH:
		match_statement(walker, node);
		return true;
	case SYNTAX_FUNCTION:
	case SYNTAX_LAMBDA:
		function(walker, node);
		return true;
	case SYNTAX_CLASS:
		class_definition(walker, node);
		return true;
	case SYNTAX_DECORATED:
		decorated(walker, node);
		return true;
	case SYNTAX_LIST_COMPREHENSION:
	case SYNTAX_SET_COMPREHENSION:
	case SYNTAX_DICTIONARY_COMPREHENSION:
	case SYNTAX_GENERATOR:
		comprehension(walker, node);
		return true;
	case SYNTAX_TYPE_ALIAS:
		type_alias(walker, node);
		return true;
	default:
		return false;
	}
}
