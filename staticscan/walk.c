#include "staticscan/walk.h"
#include "staticscan/calls.h"
#include "common/banned.h"

static const struct syntax_node *node_of(const struct walker *walker, uint32_t node)
{
	return &walker->tree->nodes[node];
}

struct mark walk_mark(const struct walker *walker, uint32_t node)
{
	return (struct mark){walker->cell,
		source_origin(walker->python, walker->base + node_of(walker, node)->start)};
}

uint32_t walk_name(struct walker *walker, uint32_t node)
{
	return intern_id(&walker->facts->names, syntax_text(walker->tree, node));
}

bool walk_conditional(const struct walker *walker)
{
	for (size_t i = 0; i < walker->n_context; i++) {
		uint8_t kind = walker->context[i];
		if (kind == CONTEXT_IF || kind == CONTEXT_ELSE || kind == CONTEXT_LOOP ||
			kind == CONTEXT_EXCEPT || kind == CONTEXT_MATCH) {
			return true;
		}
	}
	return false;
}

static void children(struct walker *walker, uint32_t node)
{
	for (uint32_t child = syntax_first(walker->tree, node); child != SYNTAX_NO_NODE;
		child = syntax_next(walker->tree, node, child)) {
		walk_node(walker, child);
	}
}

static void walk_field(struct walker *walker, uint32_t node, enum syntax_field field)
{
	uint32_t child = syntax_child(walker->tree, node, field);
	if (child != SYNTAX_NO_NODE) {
		walk_node(walker, child);
	}
}

/* ---- names ---- */

static uint32_t dotted(struct facts *facts, struct str a, struct str b)
{
	char text[512];
	if (a.n + b.n + 1 > sizeof(text)) {
		return intern_id(&facts->paths, a);
	}
	memcpy(text, a.p, a.n);
	text[a.n] = '.';
	memcpy(text + a.n + 1, b.p, b.n);
	return intern_id(&facts->paths, (struct str){text, a.n + 1 + b.n});
}

struct binding walk_attribute(
	struct walker *walker, const struct binding *binding, struct str attribute)
{
	struct binding ret = {0};
	struct facts *facts = walker->facts;
	for (size_t i = 0; i < binding->n; i++) {
		struct value value = binding->values[i];
		if (value.kind == VALUE_PATH || value.kind == VALUE_GLOBAL ||
			value.kind == VALUE_UNBOUND) {
			value.id = dotted(facts, intern_str(&facts->paths, value.id), attribute);
			value.module = false;
		} else {
			value = (struct value){.kind = VALUE_OTHER};
		}
		binding_add(&ret, value);
	}
	return ret;
}

static struct binding open_name(const struct walker *walker, uint32_t name, enum value_kind kind)
{
	struct facts *facts = walker->facts;
	uint32_t path = intern_id(&facts->paths, intern_str(&facts->names, name));
	return binding_of((struct value){.id = path, .kind = (uint8_t)kind});
}

struct binding walk_lookup(const struct walker *walker, uint32_t name)
{
	bool now = true;
	for (const struct scope *s = walker->scope; s != NULL; s = s->parent) {
		uint32_t index = scope_find(s, name);
		const struct variable *variable =
			index == SCOPE_NONE ? NULL : &s->variables.p[index];
		if (s->kind == SCOPE_MODULE) {
			if (!now) {
				return open_name(walker, name, VALUE_GLOBAL);
			}
			return variable != NULL && variable->now.n > 0
				       ? variable->now
				       : open_name(walker, name, VALUE_UNBOUND);
		}
		if (variable != NULL && variable->global) {
			return open_name(walker, name, VALUE_GLOBAL);
		}
		if (s->kind == SCOPE_CLASS) {
			if (s == walker->scope && variable != NULL && variable->now.n > 0) {
				return variable->now;
			}
			continue;
		}
		if (variable != NULL && !variable->nonlocal) {
			const struct binding *known = now ? &variable->now : &variable->all;
			return known->n > 0 ? *known : binding_other();
		}
		now = now && s->kind != SCOPE_FUNCTION;
	}
	return binding_other();
}

void walk_bind(struct walker *walker, uint32_t name, const struct binding *binding)
{
	struct arena *arena = walker->facts->arena;
	struct scope *scope = walker->scope;
	while (scope->kind == SCOPE_COMPREHENSION && scope->parent != NULL) {
		scope = scope->parent; /* only a walrus binds in there, and it binds outside */
	}
	uint32_t index = scope_find(scope, name);
	if (index != SCOPE_NONE && scope->variables.p[index].global) {
		struct binding joined = *binding;
		struct scope *module = walker->module;
		uint32_t known = scope_find(module, name);
		if (known != SCOPE_NONE) {
			binding_join(&joined, &module->variables.p[known].now);
		}
		scope_bind(module, name, &joined, arena);
		return;
	}
	while (index != SCOPE_NONE && scope->variables.p[index].nonlocal && scope->parent != NULL &&
		scope->parent->kind != SCOPE_MODULE) {
		scope = scope->parent;
		index = scope_find(scope, name);
	}
	scope_bind(scope, name, binding, arena);
}

static bool is_sequence(uint8_t kind)
{
	return kind == SYNTAX_PATTERNS || kind == SYNTAX_TUPLE_PATTERN ||
	       kind == SYNTAX_LIST_PATTERN || kind == SYNTAX_EXPRESSIONS || kind == SYNTAX_TUPLE ||
	       kind == SYNTAX_LIST || kind == SYNTAX_LIST_SPLAT_PATTERN ||
	       kind == SYNTAX_LIST_SPLAT || kind == SYNTAX_PARENTHESES ||
	       kind == SYNTAX_AS_TARGET || kind == SYNTAX_TYPE;
}

void walk_target(struct walker *walker, uint32_t node, const struct binding *binding)
{
	uint8_t kind = node_of(walker, node)->kind;
	if (kind == SYNTAX_IDENTIFIER) {
		walk_bind(walker, walk_name(walker, node), binding);
		return;
	}
	if (!is_sequence(kind) || walker->depth > WALK_DEPTH_MAX) {
		walk_node(walker, node);
		return;
	}
	struct binding other = binding_other();
	walker->depth++;
	for (uint32_t child = syntax_first(walker->tree, node); child != SYNTAX_NO_NODE;
		child = syntax_next(walker->tree, node, child)) {
		walk_target(walker, child,
			kind == SYNTAX_PARENTHESES || kind == SYNTAX_AS_TARGET ? binding : &other);
	}
	walker->depth--;
}

/* ---- values of expressions ---- */

static bool is_literal(uint8_t kind)
{
	return kind == SYNTAX_STRING || kind == SYNTAX_STRINGS || kind == SYNTAX_INTEGER ||
	       kind == SYNTAX_LIST || kind == SYNTAX_TUPLE || kind == SYNTAX_DICTIONARY;
}

/* The expression is told as `how`; its value is what an assignment would bind. */
static struct binding told(struct walker *walker, uint32_t node, enum use_how how)
{
	uint32_t inner = node;
	while (node_of(walker, inner)->kind == SYNTAX_PARENTHESES &&
		syntax_first(walker->tree, inner) != SYNTAX_NO_NODE) {
		inner = inner + 1;
	}
	uint8_t kind = node_of(walker, inner)->kind;
	struct binding value = walk_value(walker, node);
	if (kind != SYNTAX_WALRUS) {
		symbol_use(walker, &value, how, walk_mark(walker, inner),
			kind == SYNTAX_IDENTIFIER || kind == SYNTAX_CALL);
	}
	if (is_literal(kind)) {
		value = binding_of(calls_literal(walker, inner));
	}
	for (size_t i = 0; i < value.n; i++) {
		if (value.values[i].kind == VALUE_UNBOUND) {
			value.values[i] = (struct value){.kind = VALUE_OTHER};
		}
	}
	return value;
}

static struct binding attributes(struct walker *walker, uint32_t node)
{
	uint32_t base = node;
	while (node_of(walker, base)->kind == SYNTAX_ATTRIBUTE) {
		base++; /* the object is the first child */
	}
	struct binding value = walk_value(walker, base);
	for (uint32_t i = base; i-- > node && value.n > 0;) {
		uint32_t name = syntax_child(walker->tree, i, SYNTAX_FIELD_ATTRIBUTE);
		if (name == SYNTAX_NO_NODE) {
			return binding_other();
		}
		value = walk_attribute(walker, &value, syntax_text(walker->tree, name));
	}
	return value;
}

static struct binding walrus(struct walker *walker, uint32_t node)
{
	uint32_t name = syntax_child(walker->tree, node, SYNTAX_FIELD_NAME);
	uint32_t right = syntax_child(walker->tree, node, SYNTAX_FIELD_VALUE);
	struct binding value =
		right == SYNTAX_NO_NODE ? binding_other() : told(walker, right, USE_REFERENCE);
	if (name != SYNTAX_NO_NODE) {
		walk_bind(walker, walk_name(walker, name), &value);
	}
	return value;
}

/* a.b in a pattern or a decorator of old grammars: a chain of plain identifiers. */
static struct binding dotted_name(struct walker *walker, uint32_t node)
{
	uint32_t child = syntax_first(walker->tree, node);
	if (child == SYNTAX_NO_NODE) {
		return binding_other();
	}
	struct binding value = walk_lookup(walker, walk_name(walker, child));
	while ((child = syntax_next(walker->tree, node, child)) != SYNTAX_NO_NODE) {
		value = walk_attribute(walker, &value, syntax_text(walker->tree, child));
	}
	return value;
}

struct binding walk_value(struct walker *walker, uint32_t node)
{
	struct binding ret = binding_other();
	if (walker->depth >= WALK_DEPTH_MAX) {
		walk_node(walker, node); /* which tells that it is too deep */
		return ret;
	}
	walker->depth++;
	switch (node_of(walker, node)->kind) {
	case SYNTAX_IDENTIFIER:
		ret = walk_lookup(walker, walk_name(walker, node));
		break;
	case SYNTAX_ATTRIBUTE:
		ret = attributes(walker, node);
		break;
	case SYNTAX_DOTTED_NAME:
		ret = dotted_name(walker, node);
		break;
	case SYNTAX_PARENTHESES:
		if (syntax_first(walker->tree, node) != SYNTAX_NO_NODE) {
			ret = walk_value(walker, node + 1);
		}
		break;
	case SYNTAX_WALRUS:
		ret = walrus(walker, node);
		break;
	case SYNTAX_CALL:
		ret = walk_call(walker, node, USE_CALL);
		break;
	default:
		children(walker, node);
		if (node_of(walker, node)->kind == SYNTAX_STRING) {
			break;
		}
	}
	walker->depth--;
	return ret;
}

/* getattr(chain, "name"): the chain with one more attribute. */
static bool getattr_call(struct walker *walker, uint32_t arguments, struct binding *ret)
{
	uint32_t object = syntax_first(walker->tree, arguments);
	uint32_t name = object == SYNTAX_NO_NODE ? SYNTAX_NO_NODE
						 : syntax_next(walker->tree, arguments, object);
	struct str attribute;
	if (name == SYNTAX_NO_NODE || !calls_plain_string(walker, name, &attribute) ||
		source_identifier(attribute).n != attribute.n || attribute.n == 0) {
		return false;
	}
	struct binding value = told(walker, object, USE_REFERENCE);
	*ret = walk_attribute(walker, &value, attribute);
	for (uint32_t child = syntax_next(walker->tree, arguments, name); child != SYNTAX_NO_NODE;
		child = syntax_next(walker->tree, arguments, child)) {
		walk_node(walker, child);
	}
	return true;
}

struct binding walk_call(struct walker *walker, uint32_t node, enum use_how how)
{
	struct binding ret = binding_other();
	uint32_t function = syntax_child(walker->tree, node, SYNTAX_FIELD_FUNCTION);
	uint32_t arguments = syntax_child(walker->tree, node, SYNTAX_FIELD_ARGUMENTS);
	if (function == SYNTAX_NO_NODE || arguments == SYNTAX_NO_NODE) {
		children(walker, node);
		return ret;
	}
	struct binding callee = walk_value(walker, function);
	struct str path = S("");
	bool builtin = callee.n == 1 && callee.values[0].kind == VALUE_UNBOUND;
	if (callee.n == 1 && (callee.values[0].kind == VALUE_PATH || builtin ||
				     callee.values[0].kind == VALUE_GLOBAL)) {
		path = intern_str(&walker->facts->paths, callee.values[0].id);
	}
	uint32_t inner = function;
	while (node_of(walker, inner)->kind == SYNTAX_PARENTHESES) {
		inner++;
	}
	size_t n_uses = walker->facts->uses.n;
	symbol_use(walker, &callee, how, walk_mark(walker, inner),
		node_of(walker, inner)->kind == SYNTAX_IDENTIFIER);
	if (walker->facts->uses.n > n_uses && path.n > 0) {
		walker->facts->uses.p[n_uses].keywords = calls_keywords(walker, path, arguments);
	}
	calls_tell(walker, node, arguments, &callee, path);
	if (str_eq(path, S("getattr")) && getattr_call(walker, arguments, &ret)) {
		return ret;
	}
	bool known = import_call(walker, arguments, path, &ret);
	walk_node(walker, arguments);
	return known ? ret : binding_other();
}

/* ---- assignments ---- */

static uint32_t count_children(const struct walker *walker, uint32_t node)
{
	uint32_t n = 0;
	for (uint32_t child = syntax_first(walker->tree, node); child != SYNTAX_NO_NODE;
		child = syntax_next(walker->tree, node, child)) {
		n++;
	}
	return n;
}

static bool has_splat(const struct walker *walker, uint32_t node)
{
	for (uint32_t child = syntax_first(walker->tree, node); child != SYNTAX_NO_NODE;
		child = syntax_next(walker->tree, node, child)) {
		uint8_t kind = node_of(walker, child)->kind;
		if (kind == SYNTAX_LIST_SPLAT || kind == SYNTAX_LIST_SPLAT_PATTERN) {
			return true;
		}
	}
	return false;
}

enum { PAIRS_MAX = 32 };

/* a, b = np.sin, np.cos: each name its value. False when the two sides do not match. */
static bool pairwise(struct walker *walker, uint32_t left, uint32_t right)
{
	struct binding values[PAIRS_MAX];
	uint8_t kind = node_of(walker, right)->kind;
	uint32_t n = count_children(walker, right);
	if ((kind != SYNTAX_EXPRESSIONS && kind != SYNTAX_TUPLE && kind != SYNTAX_LIST) ||
		!is_sequence(node_of(walker, left)->kind) || n > PAIRS_MAX ||
		n != count_children(walker, left) || has_splat(walker, left) ||
		has_splat(walker, right)) {
		return false;
	}
	uint32_t i = 0;
	for (uint32_t child = syntax_first(walker->tree, right); child != SYNTAX_NO_NODE;
		child = syntax_next(walker->tree, right, child)) {
		values[i++] = told(walker, child, USE_REFERENCE);
	}
	i = 0;
	for (uint32_t child = syntax_first(walker->tree, left); child != SYNTAX_NO_NODE;
		child = syntax_next(walker->tree, left, child)) {
		walk_target(walker, child, &values[i++]);
	}
	return true;
}

static void assignment(struct walker *walker, uint32_t node)
{
	const struct syntax *tree = walker->tree;
	uint32_t last = node;
	uint32_t right;
	while ((right = syntax_child(tree, last, SYNTAX_FIELD_RIGHT)) != SYNTAX_NO_NODE &&
		node_of(walker, right)->kind == SYNTAX_ASSIGNMENT) {
		last = right; /* a = b = value */
	}
	walk_field(walker, node, SYNTAX_FIELD_TYPE);
	uint32_t left = syntax_child(tree, node, SYNTAX_FIELD_LEFT);
	if (left == SYNTAX_NO_NODE) {
		children(walker, node);
		return;
	}
	if (right == SYNTAX_NO_NODE) { /* x: int binds nothing */
		if (node_of(walker, left)->kind != SYNTAX_IDENTIFIER) {
			walk_node(walker, left);
		}
		return;
	}
	if (last == node && pairwise(walker, left, right)) {
		return;
	}
	struct binding value = told(walker, right, USE_REFERENCE);
	for (uint32_t one = node;; one = syntax_child(tree, one, SYNTAX_FIELD_RIGHT)) {
		left = syntax_child(tree, one, SYNTAX_FIELD_LEFT);
		if (left != SYNTAX_NO_NODE) {
			walk_target(walker, left, &value);
		}
		if (one == last) {
			return;
		}
	}
}

static void augmented(struct walker *walker, uint32_t node)
{
	struct binding other = binding_other();
	uint32_t left = syntax_child(walker->tree, node, SYNTAX_FIELD_LEFT);
	walk_field(walker, node, SYNTAX_FIELD_RIGHT);
	if (left != SYNTAX_NO_NODE) {
		walk_node(walker, left);
		if (node_of(walker, left)->kind == SYNTAX_IDENTIFIER) {
			walk_target(walker, left, &other);
		}
	}
}

static void delete (struct walker *walker, uint32_t node)
{
	struct binding none = {0};
	for (uint32_t child = syntax_first(walker->tree, node); child != SYNTAX_NO_NODE;
		child = syntax_next(walker->tree, node, child)) {
		uint8_t kind = node_of(walker, child)->kind;
		if (kind == SYNTAX_IDENTIFIER) {
			walk_bind(walker, walk_name(walker, child), &none);
		} else if (is_sequence(kind)) {
			delete (walker, child);
		} else {
			walk_node(walker, child);
		}
	}
}

/* ---- one node ---- */

static void too_deep(struct walker *walker, uint32_t node)
{
	if (!walker->told_depth) {
		facts_diagnose(walker->facts, "warning", "nesting-too-deep",
			walk_mark(walker, node), S("code nested this deep is not looked at"));
	}
	walker->told_depth = true;
}

static void python2(struct walker *walker, uint32_t node)
{
	facts_diagnose(walker->facts, "warning", "python2-syntax", walk_mark(walker, node),
		S("this is Python 2; no current Python runs it"));
	children(walker, node);
}

static void simple_node(struct walker *walker, uint32_t node)
{
	switch (node_of(walker, node)->kind) {
	case SYNTAX_IDENTIFIER:
	case SYNTAX_ATTRIBUTE:
	case SYNTAX_DOTTED_NAME:
	case SYNTAX_PARENTHESES:
	case SYNTAX_WALRUS:
	case SYNTAX_CALL:
		(void)told(walker, node, USE_REFERENCE);
		return;
	case SYNTAX_KEYWORD_ARGUMENT:
		walk_field(walker, node, SYNTAX_FIELD_VALUE);
		return;
	case SYNTAX_MEMBER_TYPE:
		if (syntax_first(walker->tree, node) != SYNTAX_NO_NODE) {
			walk_node(walker, node + 1);
		}
		return;
	case SYNTAX_ASSIGNMENT:
		assignment(walker, node);
		return;
	case SYNTAX_AUGMENTED_ASSIGNMENT:
		augmented(walker, node);
		return;
	case SYNTAX_IMPORT:
	case SYNTAX_IMPORT_FROM:
	case SYNTAX_IMPORT_FUTURE:
		import_statement(walker, node);
		return;
	case SYNTAX_PRINT_STATEMENT:
	case SYNTAX_EXEC_STATEMENT:
		python2(walker, node);
		return;
	case SYNTAX_DELETE:
		delete (walker, node);
		return;
	case SYNTAX_GLOBAL:
	case SYNTAX_NONLOCAL:
		return; /* walk_locals has read them */
	default:
		children(walker, node);
		return;
	}
}

void walk_node(struct walker *walker, uint32_t node)
{
	if (walker->depth >= WALK_DEPTH_MAX) {
		too_deep(walker, node);
		return;
	}
	walker->depth++;
	if (!walk_block_statement(walker, node)) {
		simple_node(walker, node);
	}
	walker->depth--;
}

void walk_escapes(struct walker *walker, uint32_t at)
{
	while (walker->n_shells > 0 && walker->shells[0].at < at) {
		const struct source_shell *shell = walker->shells++;
		walker->n_shells--;
		calls_shell(walker, shell);
	}
}

void walk_tree(struct walker *walker, const struct syntax *tree, uint32_t base)
{
	walker->tree = tree;
	walker->base = base;
	if (tree->n > 0) {
		walk_node(walker, 0);
	}
}
