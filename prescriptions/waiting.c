#include "prescriptions/waiting.h"
#include "common/intern.h"
#include "common/banned.h"

/* A unit that waits, and for which others that wait. */
struct waiter {
	uint32_t unit;
	bool gone; /* not part of a circle */
};

struct circle {
	const struct presc_table *table;
	struct intern names; /* "section/name" of waiters, in their order */
	VEC(struct waiter) waiters;
};

static const enum presc_key section_keys[PRESC_SECTIONS] = {
	KEY_boots, KEY_pseudonyms, KEY_sieves, KEY_steps, KEY_strides, KEY_wraps};

static uint32_t name_id(struct intern *names, bool add, int section, struct str name)
{
	AUTO(buf_done) struct buf key = {0};
	buf_addf(&key, "%d/" STR_FMT, section, STR_ARG(name));
	return add ? intern_id(names, buf_str(&key)) : intern_find(names, buf_str(&key));
}

static const struct table_node *dependencies_of(const struct presc_table *table, uint32_t unit)
{
	uint32_t condition = table->units[unit].condition;
	if (condition >= table_count(table, TABLE_CONDITIONS)) {
		return NULL;
	}
	return table_get(
		table, table_node(table, table->conditions[condition].node), KEY_dependencies);
}

/* Does a wait for b? With b UINT32_MAX: for any waiter that is not gone. */
static bool waits_for(const struct circle *circle, uint32_t a, uint32_t b)
{
	const struct presc_table *table = circle->table;
	const struct table_node *dependencies = dependencies_of(table, circle->waiters.p[a].unit);
	for (int section = 0; section < PRESC_SECTIONS; section++) {
		size_t n;
		const struct table_node *names = table_items(
			table, table_get(table, dependencies, section_keys[section]), &n);
		for (size_t i = 0; i < n; i++) {
			uint32_t id = name_id((struct intern *)&circle->names, false, section,
				table_text(table, &names[i]));
			if (id != INTERN_NONE && !circle->waiters.p[id].gone &&
				(b == UINT32_MAX || id == b)) {
				return true;
			}
		}
	}
	return false;
}

static bool is_waited_for(const struct circle *circle, uint32_t b)
{
	for (uint32_t a = 0; a < circle->waiters.n; a++) {
		if (!circle->waiters.p[a].gone && waits_for(circle, a, b)) {
			return true;
		}
	}
	return false;
}

/* Take away who waits for nobody, and for whom nobody waits, until only circles are left. */
static void leave_circles(struct circle *circle)
{
	for (bool changed = true; changed;) {
		changed = false;
		for (uint32_t i = 0; i < circle->waiters.n; i++) {
			if (!circle->waiters.p[i].gone &&
				(!waits_for(circle, i, UINT32_MAX) || !is_waited_for(circle, i))) {
				circle->waiters.p[i].gone = true;
				changed = true;
			}
		}
	}
}

static void report_unit(
	const struct presc_table *table, uint32_t index, struct presc_report *report)
{
	const struct table_unit *unit = &table->units[index];
	struct str file = report->file;
	if (unit->file < table_count(table, TABLE_FILES)) {
		report->file =
			arena_str(report->arena, table_str(table, table->files[unit->file].path));
	}
	presc_fault(report, (int)unit->line, (int)unit->column, "take one dependency out",
		"the unit '" STR_FMT "' waits for itself", STR_ARG(table_str(table, unit->name)));
	report->file = file;
}

void presc_report_waiting(const struct presc_table *table, struct presc_report *report)
{
	enum { WAITERS_MAX = 2000 }; /* the search is quadratic; nobody writes that many */
	AUTO(arena_done) struct arena arena = {0};
	struct circle circle = {.table = table};
	for (uint32_t i = 0; i < table_count(table, TABLE_UNITS); i++) {
		uint32_t before = circle.names.n;
		if (circle.waiters.n < WAITERS_MAX && dependencies_of(table, i) != NULL &&
			name_id(&circle.names, true, table->units[i].section,
				table_str(table, table->units[i].name)) == before) {
			*vec_push(&arena, &circle.waiters) = (struct waiter){.unit = i};
		}
	}
	leave_circles(&circle);
	for (size_t i = 0; i < circle.waiters.n; i++) {
		if (!circle.waiters.p[i].gone) {
			report_unit(table, circle.waiters.p[i].unit, report);
		}
	}
	intern_done(&circle.names);
}
