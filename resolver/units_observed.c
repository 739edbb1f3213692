#include "resolver/units_observed.h"
#include "common/vec.h"
#include "common/banned.h"

/* What is known of one project, looked up once. */
struct known {
	struct knowledge_package package;
	struct str last_version; /* the same release is asked about again and again */
	uint32_t last_count;
};

/* A clause asks for a release with at least so many advisories. */
struct level {
	struct observed *observed;
	uint32_t least;
};

struct observed {
	const struct observed_source *source;
	struct arena *arena;
	VEC(struct known *) known; /* by name */
	struct level levels[OBSERVED_LEVELS];
	struct unit_term terms[OBSERVED_LEVELS];
	struct unit_clause clauses[OBSERVED_LEVELS];
	struct str fault;
};

struct observed *observed_new(const struct observed_source *source, struct arena *arena)
{
	struct observed *observed = arena_new(arena, struct observed);
	observed->source = source;
	observed->arena = arena;
	return observed;
}

struct str observed_fault(const struct observed *observed)
{
	return observed->fault;
}

/* ---- what is known of a release ------------------------------------------------------------------- */

static struct known *look_up(struct observed *observed, struct str name)
{
	struct known *known = arena_new(observed->arena, struct known);
	struct err err = {0};
	name = arena_str(observed->arena, name);
	if (!knowledge_package(
		    observed->source->knowledge, name, observed->arena, &known->package, &err)) {
		known->package = (struct knowledge_package){.name = name};
		observed->fault = arena_str(observed->arena, str_from(err.message));
	}
	return known;
}

static struct known *known_of(struct observed *observed, struct str name)
{
	size_t low = 0;
	size_t high = observed->known.n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = str_cmp(observed->known.p[middle]->package.name, name);
		if (order == 0) {
			return observed->known.p[middle];
		}
		low = order < 0 ? middle + 1 : low;
		high = order < 0 ? high : middle;
	}
	(void)vec_push(observed->arena, &observed->known);
	struct known **all = observed->known.p;
	for (size_t i = observed->known.n - 1; i > low; i--) {
		all[i] = all[i - 1];
	}
	all[low] = look_up(observed, name);
	return all[low];
}

static bool is_allowed(
	const struct observed_source *source, const struct knowledge_advisory *advisory)
{
	for (size_t i = 0; i < source->n_allowed; i++) {
		if (knowledge_is_named(advisory, source->allowed[i])) {
			return true;
		}
	}
	return false;
}

/* Advisories that count against a release. */
static uint32_t count_of(struct observed *observed, const struct presc_tuple *candidate)
{
	struct known *known = known_of(observed, candidate->name);
	struct version version;
	uint32_t n = 0;
	if (known->package.n == 0 || !version_parse(candidate->version, &version)) {
		return 0;
	}
	if (str_eq(known->last_version, candidate->version)) {
		return known->last_count;
	}
	for (size_t i = 0; i < known->package.n; i++) {
		const struct knowledge_advisory *advisory = &known->package.advisories[i];
		n += knowledge_affects(advisory, &version) &&
		     !is_allowed(observed->source, advisory);
	}
	known->last_version = arena_str(observed->arena, candidate->version);
	known->last_count = n;
	return n;
}

/* ---- sieves and scores ---------------------------------------------------------------------------- */

static bool sieves(const struct observed *observed)
{
	return observed->source->recommendation == PRESC_SECURITY;
}

bool observed_has_sieves(struct observed *observed, struct str name)
{
	return sieves(observed) && known_of(observed, name)->package.n > 0;
}

/* "PYSEC-2024-1 (CVE-2024-1)" */
static struct str name_of(const struct knowledge_advisory *advisory, struct arena *arena)
{
	struct str first = advisory->aliases;
	struct str rest;
	(void)str_cut(advisory->aliases, S(" "), &first, &rest);
	return first.n == 0 ? advisory->id
			    : arena_printf(arena, STR_FMT " (" STR_FMT ")", STR_ARG(advisory->id),
				      STR_ARG(first));
}

bool observed_is_sieved(
	struct observed *observed, const struct presc_tuple *candidate, struct str *ret_why)
{
	struct version version;
	if (!sieves(observed) || count_of(observed, candidate) == 0 ||
		!version_parse(candidate->version, &version)) {
		return false;
	}
	const struct knowledge_package *package = &known_of(observed, candidate->name)->package;
	for (size_t i = 0; i < package->n; i++) {
		const struct knowledge_advisory *advisory = &package->advisories[i];
		if (!knowledge_affects(advisory, &version) ||
			is_allowed(observed->source, advisory)) {
			continue;
		}
		struct arena *arena = observed->arena;
		struct str name = name_of(advisory, arena);
		struct str link = advisory->link.n == 0 ? S("")
							: arena_printf(arena, ", " STR_FMT,
								  STR_ARG(advisory->link));
		*ret_why = arena_printf(arena,
			"has the known vulnerability " STR_FMT " (advisories of " STR_FMT STR_FMT
			")",
			STR_ARG(name), STR_ARG(observed->source->snapshot), STR_ARG(link));
		return true;
	}
	return false;
}

static bool level_fits(const void *what, const struct presc_tuple *candidate)
{
	const struct level *level = what;
	return count_of(level->observed, candidate) >= level->least;
}

const struct unit_clause *observed_clauses(struct observed *observed, uint32_t unit, size_t *ret_n)
{
	enum presc_recommendation type = observed->source->recommendation;
	*ret_n = type == PRESC_LATEST || type == PRESC_SECURITY ? 0 : OBSERVED_LEVELS;
	for (uint32_t i = 0; i < OBSERVED_LEVELS; i++) {
		observed->levels[i] = (struct level){observed, i + 1};
		observed->terms[i] =
			(struct unit_term){.fits = level_fits, .what = &observed->levels[i]};
		observed->clauses[i] = (struct unit_clause){
			.unit = unit, .terms = &observed->terms[i], .n = 1, .score = OBSERVED_EACH};
	}
	return observed->clauses;
}

/* ---- what is said --------------------------------------------------------------------------------- */

struct telling {
	struct observed *observed;
	struct arena *arena;
	observed_say *say;
	void *data;
};

static void say(const struct telling *telling, const char *type, struct str package,
	struct str version, const struct knowledge_advisory *advisory, struct str text)
{
	struct arena *arena = telling->arena;
	const struct lock_message message = {.type = str_from(type),
		.package = arena_str(arena, package),
		.version = arena_str(arena, version),
		.message = text,
		.link = arena_str(arena, advisory->link),
		.unit = S("advisories")};
	telling->say(telling->data, &message);
}

/* A vulnerability of a release that is in the stack. */
static void tell_chosen(const struct telling *telling, const struct locked_package *package,
	const struct knowledge_advisory *advisory, const struct version *version)
{
	struct arena *arena = telling->arena;
	const struct observed_source *source = telling->observed->source;
	bool allowed = is_allowed(source, advisory);
	struct str fixed = knowledge_fixed(advisory, version);
	struct str name = name_of(advisory, arena);
	struct str where = fixed.n == 0 ? S("no fixed version is known")
					: arena_printf(arena, "fixed in " STR_FMT, STR_ARG(fixed));
	struct str text = arena_printf(arena,
		STR_FMT " " STR_FMT " has the known vulnerability " STR_FMT "%s" STR_FMT
			"; " STR_FMT "%s (advisories of " STR_FMT ")",
		STR_ARG(package->name), STR_ARG(package->version), STR_ARG(name),
		advisory->summary.n > 0 ? ": " : "", STR_ARG(advisory->summary), STR_ARG(where),
		allowed ? "; allowed by label" : "", STR_ARG(source->snapshot));
	say(telling, allowed ? "INFO" : "WARNING", package->name, package->version, advisory, text);
}

/* The newest release that was kept out by advisories. */
static void tell_kept_out(const struct telling *telling, const struct resolver_choice *choice)
{
	struct presc_tuple newest = {.name = choice->package.name};
	struct str why;
	for (size_t i = 0; i < choice->n_rejections; i++) {
		const struct resolver_rejection *rejection = &choice->rejections[i];
		newest.version = rejection->newest_final.n > 0 ? rejection->newest_final
							       : rejection->version;
		struct version version;
		if (!str_starts(rejection->reason, S("has the known vulnerability")) ||
			!version_parse(newest.version, &version) ||
			!observed_is_sieved(telling->observed, &newest, &why)) {
			continue;
		}
		const struct knowledge_package *package =
			&known_of(telling->observed, newest.name)->package;
		for (size_t k = 0; k < package->n; k++) {
			const struct knowledge_advisory *advisory = &package->advisories[k];
			if (knowledge_affects(advisory, &version) &&
				!is_allowed(telling->observed->source, advisory)) {
				struct str text = arena_printf(telling->arena,
					STR_FMT " " STR_FMT " " STR_FMT, STR_ARG(newest.name),
					STR_ARG(newest.version), STR_ARG(why));
				say(telling, "INFO", newest.name, newest.version, advisory, text);
				return;
			}
		}
	}
}

void observed_tell(struct observed *observed, const struct resolver_choice *choices, size_t n,
	struct arena *arena, observed_say *say_one, void *data)
{
	const struct telling telling = {observed, arena, say_one, data};
	for (size_t i = 0; i < n; i++) {
		const struct locked_package *package = &choices[i].package;
		const struct knowledge_package *known = &known_of(observed, package->name)->package;
		struct version version;
		for (size_t k = 0; k < known->n && version_parse(package->version, &version); k++) {
			if (knowledge_affects(&known->advisories[k], &version)) {
				tell_chosen(&telling, package, &known->advisories[k], &version);
			}
		}
		if (sieves(observed)) {
			tell_kept_out(&telling, &choices[i]);
		}
	}
}
