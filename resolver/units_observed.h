#pragma once
#include "knowledge/knowledge.h"
#include "prescriptions/include.h"
#include "resolver/resolver.h"
#include "resolver/unit.h"

/*
 * What was observed as units for the solver and the search: today known vulnerabilities. Recommendation
 * types differ: `security` takes out every release with an advisory; `stable`, `testing` and `performance`
 * take OBSERVED_EACH from a release for each advisory, down to OBSERVED_LEAST; `latest` only tells. The
 * names of `allowed` (ids or aliases; label allow-cve) count for nothing, and are told as allowed.
 */
enum { OBSERVED_EACH = -200, OBSERVED_LEAST = -1000 };
enum { OBSERVED_LEVELS = OBSERVED_LEAST / OBSERVED_EACH };

struct observed;

struct observed_source {
	struct knowledge *knowledge; /* open as long as any pipeline is used */
	struct str snapshot;         /* "2024-10-10": named in every message */
	enum presc_recommendation recommendation;
	const struct str *allowed; /* allowed[n_allowed] */
	size_t n_allowed;
};

/* Everything is held by arena. source stays. */
struct observed *observed_new(const struct observed_source *source, struct arena *arena);

/* As of struct units. A data base that turns out to be damaged sieves nothing: see observed_fault(). */
bool observed_has_sieves(struct observed *observed, struct str name);
bool observed_is_sieved(
	struct observed *observed, const struct presc_tuple *candidate, struct str *ret_why);

/*
 * The clauses that score, OBSERVED_LEVELS of them or none: the first holds for a release with at least one
 * advisory, the second with two, and so on. `unit` is how they call themselves.
 */
const struct unit_clause *observed_clauses(struct observed *observed, uint32_t unit, size_t *ret_n);

/* What is said of an answer, one message an advisory, and of newer releases that were kept out. */
typedef void observed_say(void *data, const struct lock_message *message);
void observed_tell(struct observed *observed, const struct resolver_choice *choices, size_t n,
	struct arena *arena, observed_say *say, void *data);

/* "" while all could be read. */
struct str observed_fault(const struct observed *observed);
