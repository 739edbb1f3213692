#pragma once
#include "common/intern.h"
#include "common/vec.h"

/*
 * What names stand for, by Python's scopes (staticscan.md 4.2, 4.4, 4.5). A name has a set of values: one
 * where the code is straight, several where branches meet. Inside a function the names of the notebook
 * stay open (VALUE_GLOBAL) until everything is read, since the function may run later.
 */
enum value_kind {
	VALUE_OTHER,   /* nothing we can follow */
	VALUE_PATH,    /* id: dotted path of an import, in facts.paths */
	VALUE_GLOBAL,  /* id: "name" or "name.attributes" of the notebook, in facts.paths */
	VALUE_UNBOUND, /* the same, of a name that is bound nowhere so far */
	VALUE_LITERAL, /* id: in facts.literals */
	VALUE_FUNCTION /* id: in facts.functions */
};

struct value {
	uint32_t id;
	uint8_t kind;
	bool module;      /* the path is that of a module by an import */
	bool alternative; /* bound by an import inside try/except */
};

enum { VALUES_MAX = 6 }; /* of one name; more of them count as VALUE_OTHER */

struct binding {
	struct value values[VALUES_MAX];
	uint8_t n; /* 0: unbound */
};

struct variable {
	uint32_t name;      /* in facts.names */
	struct binding now; /* at the place being read */
	struct binding all; /* everything it was ever bound to */
	bool global;        /* declared global here */
	bool nonlocal;
};

enum scope_kind { SCOPE_MODULE, SCOPE_FUNCTION, SCOPE_CLASS, SCOPE_COMPREHENSION };

struct scope {
	enum scope_kind kind;
	struct scope *parent; /* NULL: the notebook, or a process of its own */
	VEC(struct variable) variables;
	uint32_t *slots; /* index + 1 by name, or 0; n_slots is a power of two */
	uint32_t n_slots;
	VEC(struct undo {
		uint32_t variable;
		struct binding before;
	})
	undo;       /* while in a branch */
	int blocks; /* branches around the place being read */
};

#define SCOPE_NONE UINT32_MAX

static inline struct binding binding_of(struct value value)
{
	return (struct binding){.values = {value}, .n = 1};
}
static inline struct binding binding_other(void)
{
	return binding_of((struct value){.kind = VALUE_OTHER});
}

void binding_add(struct binding *binding, struct value value);
void binding_join(struct binding *binding, const struct binding *other);

/* Index of the variable, or SCOPE_NONE. */
uint32_t scope_find(const struct scope *scope, uint32_t name);
/* Index of the variable, made when it is new. */
uint32_t scope_variable(struct scope *scope, uint32_t name, struct arena *arena);

/* The name now has this binding (n == 0: none), and had it once. */
void scope_bind(
	struct scope *scope, uint32_t name, const struct binding *binding, struct arena *arena);

/*
 * Branches: scope_open, then for each branch its statements and scope_branch, which puts everything back
 * as it was before; at last scope_close, which joins what was before with what the branches did.
 */
struct branches {
	size_t mark;
	VEC(struct undo) changes;
};
void scope_open(struct scope *scope, struct branches *branches);
void scope_branch(struct scope *scope, struct branches *branches, struct arena *arena);
void scope_close(struct scope *scope, struct branches *branches, struct arena *arena);
/* What the branches so far did joins what is now, for a branch that may follow them half done (except). */
void scope_mix(struct scope *scope, const struct branches *branches, struct arena *arena);
