#pragma once
#include "staticscan/facts.h"

/*
 * Through the tree of one piece of Python, statement by statement, as Python would run it: imports and
 * bindings take effect in order, branches are joined, uses of imported names are told.
 */
enum context_kind {
	CONTEXT_FUNCTION,
	CONTEXT_CLASS,
	CONTEXT_TRY,
	CONTEXT_EXCEPT,
	CONTEXT_ELSE,
	CONTEXT_FINALLY,
	CONTEXT_IF,
	CONTEXT_TYPE_CHECKING,
	CONTEXT_MAIN_GUARD,
	CONTEXT_LOOP,
	CONTEXT_WITH,
	CONTEXT_MATCH, /* not told, but conditional */
};

enum { CONTEXT_MAX = 100, WALK_DEPTH_MAX = 2500 };

struct walk_function; /* a function's body that waits until its outer function is done */

struct walker {
	struct facts *facts;
	const struct syntax *tree;
	const struct source_python *python;
	uint32_t base; /* where the tree's text starts in python->text */
	uint32_t cell; /* index in facts->cells */
	struct scope *scope, *module;
	uint8_t context[CONTEXT_MAX];
	size_t n_context;
	int alternatives; /* try statements with handlers around the place being read */
	uint32_t
		function; /* index in the installs' functions of the def under way, or SCOPE_NONE */
	int depth;
	bool told_depth;
	VEC(struct walk_function *) waiting;
	const struct source_shell *shells; /* of the cell, those not yet reached first */
	size_t n_shells;
};

/* Walk one tree, which is a piece of the cell's Python. */
void walk_tree(struct walker *walker, const struct syntax *tree, uint32_t base);

/* Tell every escape before byte `at` of the Python text. */
void walk_escapes(struct walker *walker, uint32_t at);

/* ---- what the parts of the walk share ---- */

void walk_node(struct walker *walker, uint32_t node);
/* blocks.c: what branches or has a scope of its own; false when the node is nothing of that kind. */
bool walk_block_statement(struct walker *walker, uint32_t node);
struct mark walk_mark(const struct walker *walker, uint32_t node);
uint32_t walk_name(struct walker *walker, uint32_t node);
bool walk_conditional(const struct walker *walker);

/*
 * What an expression stands for, when it is a name, a chain of attributes or something that gives one. All
 * that is below it has been told; it itself has not.
 */
struct binding walk_value(struct walker *walker, uint32_t node);

/* What a name stands for here; unbound in the notebook so far: n == 0. */
struct binding walk_lookup(const struct walker *walker, uint32_t name);

/* The chain with one more attribute. */
struct binding walk_attribute(
	struct walker *walker, const struct binding *binding, struct str attribute);

/* Bind a name where Python would: in this scope, or where global and nonlocal say. */
void walk_bind(struct walker *walker, uint32_t name, const struct binding *binding);

/* Bind every name in an assignment's target to `binding`; tell what else is in it. */
void walk_target(struct walker *walker, uint32_t node, const struct binding *binding);

/* A call: told as `how`; its value. */
struct binding walk_call(struct walker *walker, uint32_t node, enum use_how how);

/* imports.c */
void import_statement(struct walker *walker, uint32_t node);
/* importlib.import_module and its like; false when the path is none of them. */
bool import_call(struct walker *walker, uint32_t call, struct str path, struct binding *ret);
void import_magic(struct facts *facts, struct scope *module, struct str name, struct mark mark);
/* After a try statement: imports[from, n) of its body and handlers are alternatives. */
void import_alternatives(struct facts *facts, size_t from, size_t body_end, size_t handlers_end);

/* symbols.c */
/* A use of each value; bare: of a name without attributes. */
void symbol_use(struct walker *walker, const struct binding *binding, enum use_how how,
	struct mark mark, bool bare);
void symbol_path(struct facts *facts, struct str path, enum use_how how, struct mark mark);
/* Decide what was left open, and the result. */
void symbol_finish(struct facts *facts, struct scan_facts *ret);
