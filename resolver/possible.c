#include "resolver/possible.h"
#include "common/banned.h"

/* Why a version was dropped; enough to write a sentence. */
struct cause {
	enum { CAUSE_RULE, CAUSE_REQUIRES, CAUSE_REQUIRED } kind;
	uint32_t package; /* what it requires, or who requires another version of it */
};

struct search {
	const struct model *model;
	mask_word *const *usable;
	struct cause *causes; /* [n_versions] */
	bool *must;           /* [n]: in every valid stack */
	uint32_t *counts;     /* [n]: versions of one package that require it */
	mask_word **allowed;  /* [n]: union of what they allow */
	bool changed;
};

static bool is_empty(const mask_word *mask, uint32_t words)
{
	for (uint32_t i = 0; i < words; i++) {
		if (mask[i] != 0) {
			return false;
		}
	}
	return true;
}

static bool meets(const mask_word *a, const mask_word *b, uint32_t words)
{
	for (uint32_t i = 0; i < words; i++) {
		if ((a[i] & b[i]) != 0) {
			return true;
		}
	}
	return false;
}

static void drop(struct search *search, uint32_t package, uint32_t version, struct cause cause)
{
	mask_drop(search->usable[package], version);
	search->causes[model_version(search->model, package, version)] = cause;
	search->changed = true;
}

/* Drop the versions of a package that require what is not to be had. */
static void drop_unmet(struct search *search, uint32_t package)
{
	const struct model *model = search->model;
	for (uint32_t v = 0; v < model->packages[package].n; v++) {
		if (!mask_has(search->usable[package], v)) {
			continue;
		}
		uint32_t at = model_version(model, package, v);
		for (uint32_t r = model->requirements_at[at]; r < model->requirements_at[at + 1];
			r++) {
			const struct model_requirement *requirement = &model->requirements[r];
			if (!meets(requirement->allowed, search->usable[requirement->package],
				    model->packages[requirement->package].words)) {
				drop(search, package, v,
					(struct cause){CAUSE_REQUIRES, requirement->package});
				break;
			}
		}
	}
}

/* What every version of a package that must be there requires must be there too. */
static void follow_must(struct search *search, uint32_t package)
{
	const struct model *model = search->model;
	uint32_t n = 0;
	for (uint32_t v = 0; v < model->packages[package].n; v++) {
		if (!mask_has(search->usable[package], v)) {
			continue;
		}
		n++;
		uint32_t at = model_version(model, package, v);
		for (uint32_t r = model->requirements_at[at]; r < model->requirements_at[at + 1];
			r++) {
			const struct model_requirement *requirement = &model->requirements[r];
			uint32_t on = requirement->package;
			if (search->counts[on]++ == 0) {
				memset(search->allowed[on], 0,
					model->packages[on].words * sizeof(mask_word));
			}
			for (uint32_t w = 0; w < model->packages[on].words; w++) {
				search->allowed[on][w] |= requirement->allowed[w];
			}
		}
	}
	for (uint32_t on = 0; on < model->n; on++) {
		bool always = n > 0 && search->counts[on] == n;
		search->counts[on] = 0;
		if (!always) {
			continue;
		}
		search->changed |= !search->must[on];
		search->must[on] = true;
		for (uint32_t v = 0; v < model->packages[on].n; v++) {
			if (mask_has(search->usable[on], v) && !mask_has(search->allowed[on], v)) {
				drop(search, on, v, (struct cause){CAUSE_REQUIRED, package});
			}
		}
	}
}

/* Mark what the usable versions of a package require; new ones go onto the stack. */
static void reach_from(
	const struct search *search, uint32_t package, bool *seen, uint32_t *stack, uint32_t *depth)
{
	const struct model *model = search->model;
	for (uint32_t v = 0; v < model->packages[package].n; v++) {
		uint32_t at = model_version(model, package, v);
		uint32_t end =
			mask_has(search->usable[package], v) ? model->requirements_at[at + 1] : 0;
		for (uint32_t r = model->requirements_at[at]; r < end; r++) {
			uint32_t on = model->requirements[r].package;
			if (!seen[on]) {
				seen[on] = true;
				stack[(*depth)++] = on;
			}
		}
	}
}

/* Packages that nothing can require any more take no part. */
static void drop_unreachable(struct search *search, struct arena *arena)
{
	const struct model *model = search->model;
	uint32_t *stack = arena_array(arena, uint32_t, model->n), depth = 0;
	bool *seen = arena_array(arena, bool, model->n);
	for (uint32_t i = 0; i < model->n_roots; i++) {
		seen[model->roots[i]] = true;
		stack[depth++] = model->roots[i];
	}
	while (depth > 0) {
		reach_from(search, stack[--depth], seen, stack, &depth);
	}
	for (uint32_t p = 0; p < model->n; p++) {
		if (!seen[p]) {
			memset(search->usable[p], 0, model->packages[p].words * sizeof(mask_word));
		}
	}
}

static struct str cause_text(
	const struct search *search, uint32_t package, uint32_t version, struct arena *arena)
{
	const struct model *model = search->model;
	struct cause cause = search->causes[model_version(model, package, version)];
	struct str text = model->input->packages[model->packages[package].input].versions[version];
	struct str other = model->packages[cause.package].name;
	switch (cause.kind) {
	case CAUSE_RULE:
		return arena_printf(arena, "a rule forbids " STR_FMT, STR_ARG(text));
	case CAUSE_REQUIRES:
		return arena_printf(arena,
			STR_FMT " requires '" STR_FMT "' in versions that cannot be had",
			STR_ARG(text), STR_ARG(other));
	case CAUSE_REQUIRED:
		return arena_printf(arena, "'" STR_FMT "' requires others than " STR_FMT,
			STR_ARG(other), STR_ARG(text));
	}
	return S("");
}

/* "'flask' has to be there, and none of its 3 versions can be: the newest, 2.0 requires ..." */
static struct str why_none(const struct search *search, uint32_t package, struct arena *arena)
{
	const struct model_package *p = &search->model->packages[package];
	if (p->n == 0) {
		return arena_printf(arena, "'" STR_FMT "' has to be there and has no versions",
			STR_ARG(p->name));
	}
	struct str newest = cause_text(search, package, p->n - 1, arena);
	struct str oldest = cause_text(search, package, 0, arena);
	return arena_printf(arena,
		"'" STR_FMT "' has to be there, and none of its %u versions can be: " STR_FMT
		"%s" STR_FMT,
		STR_ARG(p->name), p->n, STR_ARG(newest), str_eq(newest, oldest) ? "" : "; ",
		STR_ARG(str_eq(newest, oldest) ? S("") : oldest));
}

struct str possible_narrow(const struct model *model, mask_word *const *usable, struct arena *arena)
{
	AUTO(arena_done) struct arena scratch = {0};
	struct search search = {
		.model = model,
		.usable = usable,
		.causes = arena_array(&scratch, struct cause, model->n_versions),
		.must = arena_array(&scratch, bool, model->n),
		.counts = arena_array(&scratch, uint32_t, model->n),
		.allowed = arena_array(&scratch, mask_word *, model->n),
		.changed = true,
	};
	for (uint32_t p = 0; p < model->n; p++) {
		search.must[p] = model->packages[p].root;
		search.allowed[p] = arena_array(&scratch, mask_word, model->packages[p].words);
	}
	while (search.changed) {
		search.changed = false;
		for (uint32_t p = model->n; p-- > 0;) {
			drop_unmet(&search, p);
		}
		for (uint32_t p = 0; p < model->n; p++) {
			if (search.must[p] && is_empty(usable[p], model->packages[p].words)) {
				return why_none(&search, p, arena);
			}
			if (search.must[p]) {
				follow_must(&search, p);
			}
		}
	}
	drop_unreachable(&search, &scratch);
	return S("");
}
