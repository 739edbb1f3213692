#include "staticscan/scope.h"
#include "common/banned.h"

static bool same_value(const struct value *a, const struct value *b)
{
	return a->kind == b->kind && (a->kind == VALUE_OTHER || a->id == b->id);
}

void binding_add(struct binding *binding, struct value value)
{
	for (size_t i = 0; i < binding->n; i++) {
		struct value *known = &binding->values[i];
		if (same_value(known, &value)) {
			known->alternative = known->alternative && value.alternative;
			known->module = known->module && value.module;
			return;
		}
	}
	if (binding->n < VALUES_MAX) {
		binding->values[binding->n++] = value;
	} else {
		binding->values[VALUES_MAX - 1] = (struct value){.kind = VALUE_OTHER};
	}
}

void binding_join(struct binding *binding, const struct binding *other)
{
	for (size_t i = 0; i < other->n; i++) {
		binding_add(binding, other->values[i]);
	}
}

static uint32_t slot_of(uint32_t name, uint32_t n_slots)
{
	return (name * 2654435761U) & (n_slots - 1); /* ids count up: no hostile order */
}

uint32_t scope_find(const struct scope *scope, uint32_t name)
{
	if (scope->n_slots == 0) {
		return SCOPE_NONE;
	}
	uint32_t slot = slot_of(name, scope->n_slots);
	while (scope->slots[slot] != 0) {
		uint32_t index = scope->slots[slot] - 1;
		if (scope->variables.p[index].name == name) {
			return index;
		}
		slot = (slot + 1) & (scope->n_slots - 1);
	}
	return SCOPE_NONE;
}

static void put_slot(struct scope *scope, uint32_t name, uint32_t index)
{
	uint32_t slot = slot_of(name, scope->n_slots);
	while (scope->slots[slot] != 0) {
		slot = (slot + 1) & (scope->n_slots - 1);
	}
	scope->slots[slot] = index + 1;
}

uint32_t scope_variable(struct scope *scope, uint32_t name, struct arena *arena)
{
	uint32_t index = scope_find(scope, name);
	if (index != SCOPE_NONE) {
		return index;
	}
	if ((scope->variables.n + 1) * 2 > scope->n_slots) {
		scope->n_slots = scope->n_slots == 0 ? 8 : scope->n_slots * 2;
		scope->slots = arena_array(arena, uint32_t, scope->n_slots);
		for (uint32_t i = 0; i < scope->variables.n; i++) {
			put_slot(scope, scope->variables.p[i].name, i);
		}
	}
	index = (uint32_t)scope->variables.n;
	vec_push(arena, &scope->variables)->name = name;
	put_slot(scope, name, index);
	return index;
}

static void set(
	struct scope *scope, uint32_t index, const struct binding *binding, struct arena *arena)
{
	struct variable *variable = &scope->variables.p[index];
	if (scope->blocks > 0) {
		struct undo *undo = vec_push(arena, &scope->undo);
		undo->variable = index;
		undo->before = variable->now;
	}
	variable->now = *binding;
}

void scope_bind(
	struct scope *scope, uint32_t name, const struct binding *binding, struct arena *arena)
{
	uint32_t index = scope_variable(scope, name, arena);
	set(scope, index, binding, arena);
	binding_join(&scope->variables.p[index].all, binding);
}

void scope_open(struct scope *scope, struct branches *branches)
{
	*branches = (struct branches){.mark = scope->undo.n};
	scope->blocks++;
}

void scope_branch(struct scope *scope, struct branches *branches, struct arena *arena)
{
	for (size_t i = branches->mark; i < scope->undo.n; i++) {
		uint32_t index = scope->undo.p[i].variable;
		struct undo *change = vec_push(arena, &branches->changes);
		change->variable = index;
		change->before = scope->variables.p[index].now;
	}
	while (scope->undo.n > branches->mark) {
		const struct undo *undo = &scope->undo.p[--scope->undo.n];
		scope->variables.p[undo->variable].now = undo->before;
	}
}

void scope_mix(struct scope *scope, const struct branches *branches, struct arena *arena)
{
	for (size_t i = 0; i < branches->changes.n; i++) {
		const struct undo *change = &branches->changes.p[i];
		struct binding joined = scope->variables.p[change->variable].now;
		binding_join(&joined, &change->before);
		set(scope, change->variable, &joined, arena);
	}
}

void scope_close(struct scope *scope, struct branches *branches, struct arena *arena)
{
	scope->blocks--;
	scope_mix(scope, branches, arena);
}
