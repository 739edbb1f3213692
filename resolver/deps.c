#include "resolver/deps.h"
#include "common/vec.h"
#include "resolver/memo.h"
#include "common/banned.h"

bool dependency_holds(const struct requirement *requirement, const struct environment *environment,
	const struct str *extras, size_t n_extras)
{
	return marker_evaluate(requirement->marker, environment, extras, n_extras) == MARKER_TRUE;
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
	struct parsed_document document = resolver_memo_document(filter->memo, metadata, arena);
	for (size_t i = 0; i < document.n; i++) {
		const struct requirement *requirement = &document.requirements[i].requirement;
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
		note_patch(filter, metadata, &document.requirements[i], arena, ret);
		if (holds == MARKER_TRUE) {
			*vec_push(arena, &always) = *requirement;
		} else if (document.requirements[i].uses_extra) {
			*vec_push(arena, &with_extra) = *requirement;
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
	ret->extras = metadata->provides_extra;
	ret->n_extras = metadata->n_provides_extra;
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
				? S("it has no usable wheel, and its source distribution would "
				    "need a build")
				: S("its metadata cannot be had without downloading it");
	} else if (!candidate_python_fits(filter, metadata->requires_python)) {
		made.why_not = arena_printf(
			arena, "it needs Python " STR_FMT, STR_ARG(metadata->requires_python));
	} else {
		resolver_memo_keep_metadata(filter->memo, file, metadata);
		sort_requirements(filter, metadata, arena, &made);
	}
	*ret = made;
	return true;
}
