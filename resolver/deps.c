#include "resolver/deps.h"
#include "common/vec.h"
#include "resolver/memo.h"
#include "common/banned.h"

bool dependency_holds(const struct requirement *requirement, const struct environment *environment,
	const struct str *extras, size_t n_extras)
{
	return marker_evaluate(requirement->marker, environment, extras, n_extras) == MARKER_TRUE;
}

/* Fill the extras and the truth table of a marker; false when it names too many. */
static bool fill_table(const struct requirement *requirement, const struct environment *environment,
	struct arena *arena, struct combined_requirement *ret)
{
	struct str *extras = arena_array(arena, struct str, COMBINED_EXTRAS_MAX);
	size_t n = marker_extras(requirement->marker, extras, COMBINED_EXTRAS_MAX);
	if (n > COMBINED_EXTRAS_MAX) {
		return false;
	}
	*ret = (struct combined_requirement){
		.requirement = *requirement, .extras = extras, .n_extras = n, .grows = true};
	for (unsigned set = 0; set < 1u << n; set++) {
		struct str chosen[COMBINED_EXTRAS_MAX];
		size_t n_chosen = 0;
		for (size_t i = 0; i < n; i++) {
			if ((set >> i & 1) != 0) {
				chosen[n_chosen++] = extras[i];
			}
		}
		bool holds = dependency_holds(requirement, environment, chosen, n_chosen);
		ret->holds |= (uint64_t)holds << set;
		for (size_t i = 0; i < n; i++) {
			bool smaller =
				(set >> i & 1) != 0 && (ret->holds >> (set & ~(1u << i)) & 1) != 0;
			ret->grows &= holds || !smaller;
		}
	}
	return true;
}

/* Any one of some extras is enough, which each of them can see by itself. */
static bool is_any(const struct combined_requirement *combined)
{
	for (unsigned set = 0; set < 1u << combined->n_extras; set++) {
		bool any = false;
		for (size_t i = 0; i < combined->n_extras; i++) {
			any |= (set >> i & 1) != 0 && (combined->holds >> (1u << i) & 1) != 0;
		}
		if (any != ((combined->holds >> set & 1) != 0)) {
			return false;
		}
	}
	return true;
}

bool dependency_combined_holds(
	const struct combined_requirement *combined, const struct str *extras, size_t n_extras)
{
	unsigned set = 0;
	for (size_t i = 0; i < combined->n_extras; i++) {
		for (size_t e = 0; e < n_extras; e++) {
			set |= str_eq(combined->extras[i], extras[e]) ? 1u << i : 0;
		}
	}
	return (combined->holds >> set & 1) != 0;
}

enum extra_kind { ALWAYS, NEVER, ANY_EXTRA, COMBINED };

/* What a marker that names `extra` says about extras. */
static enum extra_kind kind_of(const struct requirement *requirement, bool without,
	const struct environment *environment, struct arena *arena,
	struct combined_requirement *ret)
{
	struct str one[1];
	if (!without && marker_extras(requirement->marker, one, 1) <= 1) {
		return ANY_EXTRA; /* nearly all */
	}
	if (!fill_table(requirement, environment, arena, ret)) {
		return without ? ALWAYS : ANY_EXTRA;
	}
	uint64_t all = ret->n_extras == COMBINED_EXTRAS_MAX
			       ? UINT64_MAX
			       : ((uint64_t)1 << (1u << ret->n_extras)) - 1;
	return ret->holds == all ? ALWAYS
	       : ret->holds == 0 ? NEVER
	       : is_any(ret)     ? ANY_EXTRA
				 : COMBINED;
}

/* The first later patch release at which the marker has another value, with or without an extra. */
static void note_patch(const struct candidate_filter *filter, const struct metadata *metadata,
	const struct parsed_requirement *parsed, struct arena *arena, struct dependencies *ret)
{
	size_t n_extras = parsed->uses_extra ? metadata->n_provides_extra : 0;
	for (size_t e = 0; parsed->uses_patch && e <= n_extras; e++) {
		size_t n;
		const int *patches = marker_patches(parsed->requirement.marker, filter->environment,
			e == 0 ? NULL : &metadata->provides_extra[e - 1], e == 0 ? 0 : 1, arena,
			&n);
		if (n > 0 && (ret->patch == 0 || patches[0] < ret->patch)) {
			ret->patch = patches[0];
		}
	}
}

/* Sort what a document requires into always / with_extra / not here. */
static void sort_requirements(const struct candidate_filter *filter,
	const struct metadata *metadata, struct arena *arena, struct dependencies *ret)
{
	VEC(struct requirement) always = {0};
	VEC(struct requirement) with_extra = {0};
	VEC(struct combined_requirement) combined = {0};
	struct parsed_document document = resolver_memo_document(filter->memo, metadata, arena);
	for (size_t i = 0; i < document.n; i++) {
		const struct requirement *requirement = &document.requirements[i]->requirement;
		enum marker_result holds =
			marker_evaluate(requirement->marker, filter->environment, NULL, 0);
		if (holds == MARKER_ERROR) {
			ret->why_not = arena_printf(arena,
				"the marker of its requirement '" STR_FMT "' has no meaning here",
				STR_ARG(requirement->text));
			return;
		}
		if (holds == MARKER_TRUE && requirement->url.n > 0) {
			ret->why_not = arena_printf(arena,
				"it requires '" STR_FMT "' from a fixed address",
				STR_ARG(requirement->text));
			return;
		}
		note_patch(filter, metadata, document.requirements[i], arena, ret);
		struct combined_requirement made;
		enum extra_kind kind = !document.requirements[i]->uses_extra
					       ? holds == MARKER_TRUE ? ALWAYS : NEVER
					       : kind_of(requirement, holds == MARKER_TRUE,
							 filter->environment, arena, &made);
		if (kind == ALWAYS) {
			*vec_push(arena, &always) = *requirement;
		} else if (kind == ANY_EXTRA) {
			*vec_push(arena, &with_extra) = *requirement;
		} else if (kind == COMBINED) {
			*vec_push(arena, &combined) = made;
		}
	}
	if (document.unreadable.n > 0) {
		ret->why_not = arena_printf(arena, "its requirement '" STR_FMT "' cannot be read",
			STR_ARG(document.unreadable));
		return;
	}
	ret->available = true;
	ret->always = always.p;
	ret->n_always = always.n;
	ret->with_extra = with_extra.p;
	ret->n_with_extra = with_extra.n;
	ret->combined = combined.p;
	ret->n_combined = combined.n;
	ret->extras = metadata->provides_extra;
	ret->n_extras = metadata->n_provides_extra;
}

/* Without the requirements that a rule leaves out. Returns how many stay. */
static size_t keep_required(const struct units *units, const struct presc_tuple *from,
	struct requirement *list, size_t n)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++) {
		if (!units->is_skipped(units->data, from, list[i].name)) {
			list[kept++] = list[i];
		}
	}
	return kept;
}

static void leave_out_skipped(const struct candidate_filter *filter,
	const struct candidates *candidates, const struct candidate *chosen,
	struct dependencies *made)
{
	const struct units *units = filter->units;
	if (units == NULL || units->is_skipped == NULL) {
		return;
	}
	struct presc_tuple from = candidate_tuple(filter, candidates->project, chosen);
	made->n_always =
		keep_required(units, &from, (struct requirement *)made->always, made->n_always);
	made->n_with_extra = keep_required(
		units, &from, (struct requirement *)made->with_extra, made->n_with_extra);
	struct combined_requirement *combined = (struct combined_requirement *)made->combined;
	size_t kept = 0;
	for (size_t i = 0; i < made->n_combined; i++) {
		if (!units->is_skipped(units->data, &from, combined[i].requirement.name)) {
			combined[kept++] = combined[i];
		}
	}
	made->n_combined = kept;
}

bool dependencies_read(struct index *index, const struct candidate_filter *filter,
	const struct candidates *candidates, uint32_t candidate, struct arena *arena,
	struct dependencies *ret, struct err *err)
{
	const struct candidate *chosen = &candidates->items[candidate];
	const struct index_file *file = candidate_file(candidates, chosen);
	const struct metadata *metadata = resolver_memo_metadata(filter->memo, file);
	struct dependencies made = {0};
	struct err why = {0};
	if (metadata == NULL &&
		!index_metadata(index, candidates->project, file, &metadata, &why)) {
		if (why.kind == ERR_NETWORK || why.kind == ERR_INTERRUPTED) {
			*err = why;
			return false;
		}
		made.why_not = arena_str(arena, str_from(why.message));
	} else if (metadata == NULL) {
		made.why_not =
			chosen->is_sdist
				? arena_printf(arena,
					  "it has no usable wheel, and its source distribution "
					  "would need a build: --allow-build " STR_FMT
					  " runs its code to learn what it requires",
					  STR_ARG(candidates->project->name))
				: S("its metadata cannot be had without downloading it");
	} else if (!candidate_python_fits(filter, metadata->requires_python)) {
		made.why_not = arena_printf(
			arena, "it needs Python " STR_FMT, STR_ARG(metadata->requires_python));
	} else {
		resolver_memo_keep_metadata(filter->memo, file, metadata);
		sort_requirements(filter, metadata, arena, &made);
		leave_out_skipped(filter, candidates, chosen, &made);
	}
	*ret = made;
	return true;
}
