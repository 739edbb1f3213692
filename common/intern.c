#include "common/intern.h"
#include "common/banned.h"

void intern_done(struct intern *table)
{
	free(table->strings);
	free(table->slots);
	arena_done(&table->arena);
	*table = (struct intern){0};
}

static uint32_t start(const struct intern *table, struct str s)
{
	return (uint32_t)hash_keyed(s, table->key) & (table->n_slots - 1);
}

uint32_t intern_find(const struct intern *table, struct str s)
{
	if (table->n_slots == 0) {
		return INTERN_NONE;
	}
	for (uint32_t i = start(table, s); table->slots[i] != 0;
		i = (i + 1) & (table->n_slots - 1)) {
		if (str_eq(table->strings[table->slots[i] - 1], s)) {
			return table->slots[i] - 1;
		}
	}
	return INTERN_NONE;
}

static void place(struct intern *table, uint32_t id)
{
	uint32_t i = start(table, table->strings[id]);
	while (table->slots[i] != 0) {
		i = (i + 1) & (table->n_slots - 1);
	}
	table->slots[i] = id + 1;
}

static void grow(struct intern *table)
{
	if (table->n_slots == 0) {
		hash_random(table->key, sizeof(table->key));
	}
	uint32_t cap = table->cap == 0 ? 32 : table->cap * 2;
	if (cap > UINT32_MAX / 4) {
		arena_die("more strings than an intern table holds");
	}
	struct str *strings = realloc(table->strings, cap * sizeof(*strings));
	uint32_t *slots = calloc((size_t)cap * 2, sizeof(*slots));
	if (strings == NULL || slots == NULL) {
		arena_die("out of memory");
	}
	free(table->slots);
	table->strings = strings;
	table->slots = slots;
	table->cap = cap;
	table->n_slots = cap * 2;
	for (uint32_t id = 0; id < table->n; id++) {
		place(table, id);
	}
}

uint32_t intern_id(struct intern *table, struct str s)
{
	uint32_t id = intern_find(table, s);
	if (id != INTERN_NONE) {
		return id;
	}
	if (table->n == table->cap) {
		grow(table);
	}
	id = table->n++;
	table->strings[id] = arena_str(&table->arena, s);
	place(table, id);
	return id;
}

struct str intern_str(const struct intern *table, uint32_t id)
{
	return table->strings[id];
}
