#include "prescriptions/set.h"
#include "common/intern.h"
#include "common/banned.h"

/* ---- opening ---------------------------------------------------------------------------------- */

static uint32_t unit_id(
	struct intern *names, bool add, const struct presc_table *table, uint32_t unit)
{
	AUTO(buf_done) struct buf key = {0};
	buf_byte(&key, (char)('0' + table->units[unit].section));
	buf_add(&key, table_str(table, table->units[unit].name));
	return add ? intern_id(names, buf_str(&key)) : intern_find(names, buf_str(&key));
}

static void hide(struct presc_set *set, struct presc_source *source, uint32_t unit)
{
	if (source->hidden == NULL) {
		source->hidden =
			arena_array(&set->arena, bool, table_count(&source->table, TABLE_UNITS));
	}
	source->hidden[unit] = true;
}

/* Hide the units of `earlier` that `later` has too. The smaller of the two is put into a table. */
static void hide_same(
	struct presc_set *set, struct presc_source *earlier, const struct presc_source *later)
{
	AUTO(intern_done) struct intern names = {0};
	uint32_t n_earlier = table_count(&earlier->table, TABLE_UNITS);
	uint32_t n_later = table_count(&later->table, TABLE_UNITS);
	if (n_later <= n_earlier) {
		for (uint32_t i = 0; i < n_later; i++) {
			(void)unit_id(&names, true, &later->table, i);
		}
		for (uint32_t i = 0; i < n_earlier; i++) {
			if (unit_id(&names, false, &earlier->table, i) != INTERN_NONE) {
				hide(set, earlier, i);
			}
		}
		return;
	}
	for (uint32_t i = 0; i < n_earlier;
		i++) { /* names of one set are distinct: id i is unit i */
		(void)unit_id(&names, true, &earlier->table, i);
	}
	for (uint32_t i = 0; i < n_later; i++) {
		uint32_t same = unit_id(&names, false, &later->table, i);
		if (same < n_earlier) {
			hide(set, earlier, same);
		}
	}
}

static void open_compiled(struct presc_set *set, struct str name, struct str compiled)
{
	struct presc_source *source = &set->sources[set->n++];
	struct err err = {0};
	source->name = arena_str(&set->arena, name);
	source->report.arena = &set->arena;
	source->report.root = source->name;
	source->in_use =
		table_open((const unsigned char *)compiled.p, compiled.n, &source->table, &err);
	source->table.is_lent = source->in_use;
	if (!source->in_use) {
		presc_fault(&source->report, 0, 0, "", "%s", err.message);
	}
}

static void open_sources(
	const struct presc_cache *cache, const struct str *sources, size_t n, struct presc_set *ret)
{
	size_t before = ret->n;
	ret->n += n;
	for (size_t i = before; i < ret->n; i++) {
		struct presc_source *source = &ret->sources[i];
		source->name = arena_str(&ret->arena, sources[i - before]);
		source->report.arena = &ret->arena;
		source->in_use = presc_open(cache, source->name, &source->report, &source->table);
		if (!source->in_use) {
			presc_table_done(&source->table);
		}
		for (size_t k = 0; k < i && source->in_use; k++) {
			hide_same(ret, &ret->sources[k], source);
		}
	}
}

void presc_set_open(
	const struct presc_cache *cache, const struct str *sources, size_t n, struct presc_set *ret)
{
	*ret = (struct presc_set){0};
	ret->sources = arena_array(&ret->arena, struct presc_source, n);
	open_sources(cache, sources, n, ret);
}

void presc_set_open_over(const struct presc_cache *cache, struct str name, struct str compiled,
	const struct str *sources, size_t n, struct presc_set *ret)
{
	*ret = (struct presc_set){0};
	ret->sources = arena_array(&ret->arena, struct presc_source, n + 1);
	open_compiled(ret, name, compiled);
	open_sources(cache, sources, n, ret);
}

void presc_set_done(struct presc_set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		presc_table_done(&set->sources[i].table);
	}
	arena_done(&set->arena);
	*set = (struct presc_set){0};
}

/* ---- who takes part --------------------------------------------------------------------------- */

static bool anybody_waits(const struct presc_set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		const struct presc_table *table = &set->sources[i].table;
		for (uint32_t k = 0; k < table_count(table, TABLE_CONDITIONS); k++) {
			if ((table->conditions[k].flags & TABLE_DEPENDS) != 0) {
				return true;
			}
		}
	}
	return false;
}

/* What is in already, besides the units of source `but`: for those that wait. */
static void names_included(const struct presc_set *set, const struct presc_inclusion *inclusions,
	size_t but, const struct presc_context *context, struct arena *arena,
	struct presc_context *ret)
{
	for (int section = 0; section < PRESC_SECTIONS; section++) {
		VEC(struct str) names = {0};
		for (size_t i = 0; i < context->included[section].n; i++) {
			*vec_push(arena, &names) = context->included[section].names[i];
		}
		for (size_t i = 0; i < set->n; i++) {
			const struct presc_table *table = &set->sources[i].table;
			for (size_t k = 0; i != but && k < inclusions[i].n[section]; k++) {
				uint32_t unit = inclusions[i].units[section][k];
				*vec_push(arena, &names) =
					table_str(table, table->units[unit].name);
			}
		}
		ret->included[section].names = names.p;
		ret->included[section].n = names.n;
	}
}

static size_t count(const struct presc_inclusion *inclusion)
{
	size_t n = 0;
	for (int section = 0; section < PRESC_SECTIONS; section++) {
		n += inclusion->n[section];
	}
	return n;
}

void presc_set_include(const struct presc_set *set, const struct presc_context *context,
	struct arena *arena, struct presc_inclusion *ret)
{
	bool across = set->n > 1 && anybody_waits(set);
	memset(ret, 0, set->n * sizeof(*ret));
	for (bool more = true; more;) {
		more = false;
		for (size_t i = 0; i < set->n; i++) {
			AUTO(arena_done) struct arena scratch = {0};
			struct presc_context own = *context;
			size_t before = count(&ret[i]);
			own.hidden = set->sources[i].hidden;
			if (across) {
				names_included(set, ret, i, context, &scratch, &own);
			}
			presc_include(&set->sources[i].table, &own, arena, &ret[i]);
			more = more || (across && count(&ret[i]) > before);
		}
	}
}

void presc_set_describe(const struct presc_set *set, struct buf *out)
{
	for (size_t i = 0; i < set->n; i++) {
		const struct presc_source *source = &set->sources[i];
		buf_add(out, i > 0 ? S(", ") : S(""));
		if (!source->in_use) {
			buf_add(out, S("left out: "));
			buf_add_shown(out, source->name, true);
			continue;
		}
		const struct table_header *header = source->table.header;
		buf_add_shown(out, table_str(&source->table, header->name), true);
		buf_byte(out, ' ');
		buf_add_shown(out, table_str(&source->table, header->release), true);
		buf_addf(out, " %s", header->digest);
	}
}
