#include "prescriptions/match.h"
#include "common/banned.h"

static struct str without_slash(struct str url)
{
	return str_ends(url, S("/")) ? str_slice(url, 0, url.n - 1) : url;
}

/* Rules that name the usual index mean the user's main one, wherever that is. */
static bool is_index(struct str wanted, struct str has, const struct presc_ways *ways)
{
	wanted = without_slash(wanted);
	has = without_slash(has);
	if (str_eq(wanted, has)) {
		return true;
	}
	return !ways->literal && ways->canonical.n > 0 && ways->default_index.n > 0 &&
	       str_eq(wanted, without_slash(ways->canonical)) &&
	       str_eq(has, without_slash(ways->default_index));
}

/* What is no version by PEP 440 fits "===" alone. */
static bool version_matches(const struct specifier_set *set, struct str text, bool prereleases)
{
	struct version version;
	if (version_parse(text, &version)) {
		bool hidden = !prereleases && version_is_prerelease(&version) &&
			      !specifier_names_prerelease(set);
		return !hidden && specifier_contains(set, &version);
	}
	for (size_t i = 0; i < set->n; i++) {
		if (set->items[i].operator!=
			SPECIFIER_ARBITRARY || !str_ieq(set->items[i].text, text)) {
			return false;
		}
	}
	return true;
}

bool presc_package_matches(const struct presc_package *wanted, const struct presc_tuple *tuple,
	bool prereleases, const struct presc_ways *ways)
{
	if (wanted->name.n > 0 && !str_eq(wanted->name, tuple->name)) {
		return false;
	}
	if (wanted->index.n > 0 &&
		is_index(wanted->index, tuple->index, ways) == wanted->index_not) {
		return false;
	}
	if (wanted->develop >= 0 && (wanted->develop != 0) != tuple->develop) {
		return false;
	}
	return !wanted->has_version ||
	       version_matches(&wanted->version, tuple->version, prereleases);
}

const struct presc_tuple *presc_stack_find(const struct presc_stack *stack, struct str name)
{
	for (size_t i = 0; i < stack->n; i++) {
		if (str_eq(stack->tuples[i].name, name)) {
			return &stack->tuples[i];
		}
	}
	return NULL;
}

/* Without a name: any package of the stack will do. */
static bool in_stack(const struct presc_package *wanted, const struct presc_stack *stack,
	const struct presc_ways *ways)
{
	for (size_t i = 0; i < stack->n; i++) {
		if (presc_package_matches(wanted, &stack->tuples[i], false, ways)) {
			return true;
		}
	}
	return false;
}

static bool all_in_stack(const struct presc_instance *instance, const struct presc_stack *stack,
	const struct presc_ways *ways)
{
	for (size_t i = 0; i < instance->n_resolved; i++) {
		if (!in_stack(&instance->resolved[i], stack, ways)) {
			return false;
		}
	}
	return true;
}

static bool same_tuple(const struct presc_tuple *a, const struct presc_tuple *b)
{
	return str_eq(a->name, b->name) && str_eq(a->version, b->version) &&
	       str_eq(a->index, b->index);
}

/* Is this parent resolved, as this very tuple? */
static bool is_resolved(const struct presc_tuple *parent, const struct presc_stack *stack)
{
	const struct presc_tuple *resolved = presc_stack_find(stack, parent->name);
	return resolved != NULL && same_tuple(resolved, parent);
}

/* package_version_from: each is resolved, fits, and is known to depend on what is added. */
static bool brought_in_by(const struct presc_instance *instance, const struct presc_stack *stack,
	const struct presc_stack *parents, const struct presc_ways *ways)
{
	for (size_t i = 0; i < instance->n_from; i++) {
		bool found = false;
		for (size_t k = 0; k < parents->n && !found; k++) {
			const struct presc_tuple *resolved =
				presc_stack_find(stack, parents->tuples[k].name);
			found = resolved != NULL && same_tuple(resolved, &parents->tuples[k]) &&
				presc_package_matches(&instance->from[i], resolved, false, ways);
		}
		if (!found) {
			return false;
		}
	}
	return true;
}

/* A resolved parent that package_version_from does not name. */
static bool has_other_parent(const struct presc_instance *instance, const struct presc_stack *stack,
	const struct presc_stack *parents)
{
	for (size_t i = 0; i < parents->n; i++) {
		bool named = false;
		for (size_t k = 0; k < instance->n_from; k++) {
			named = named || str_eq(instance->from[k].name, parents->tuples[i].name);
		}
		if (!named && is_resolved(&parents->tuples[i], stack)) {
			return true;
		}
	}
	return false;
}

bool presc_step_matches(const struct presc_instance *instance, const struct presc_tuple *adding,
	const struct presc_stack *stack, const struct presc_stack *parents,
	const struct presc_ways *ways)
{
	if (!presc_package_matches(&instance->package, adding, false, ways)) {
		return false;
	}
	if (!instance->has_state) {
		return true;
	}
	if (!all_in_stack(instance, stack, ways) ||
		!brought_in_by(instance, stack, parents, ways)) {
		return false;
	}
	/* the original looks at other parents even where no parent is asked for */
	bool exclusive = (instance->n_from > 0 || ways->literal) && !instance->allow_other;
	return !exclusive || !has_other_parent(instance, stack, parents);
}

bool presc_stack_matches(const struct presc_instance *instance, const struct presc_stack *stack,
	const struct presc_ways *ways)
{
	return all_in_stack(instance, stack, ways);
}

bool presc_name_matches(const struct presc_instance *instance, struct str name)
{
	return instance->package.name.n == 0 || str_eq(instance->package.name, name);
}

static bool same_version(struct str a, struct str b)
{
	struct version x;
	struct version y;
	return str_eq(a, b) ||
	       (version_parse(a, &x) && version_parse(b, &y) && version_compare(&x, &y) == 0);
}

bool presc_is_offered(const struct presc_unit *unit, const struct presc_tuple *known,
	struct str matched_version, const struct presc_ways *ways)
{
	struct str version = unit->yield_matched_version ? matched_version : unit->new_version;
	return str_eq(unit->new_name, known->name) &&
	       (unit->new_index.n == 0 || is_index(unit->new_index, known->index, ways)) &&
	       (version.n == 0 || same_version(version, known->version));
}

struct presc_message presc_release_notes(
	const struct presc_unit *unit, const struct presc_tuple *tuple, struct arena *arena)
{
	return (struct presc_message){
		.type = S("INFO"),
		.message = arena_printf(
			arena, "Release notes for package '" STR_FMT "'", STR_ARG(tuple->name)),
		.link = arena_printf(arena,
			"https://github.com/" STR_FMT "/" STR_FMT "/releases/tag/" STR_FMT STR_FMT,
			STR_ARG(unit->organization), STR_ARG(unit->repository),
			STR_ARG(unit->tag_prefix), STR_ARG(tuple->version)),
		.package_name = tuple->name,
	};
}
