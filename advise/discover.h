#pragma once
#include "advise/facts.h"

/*
 * Imports to requirements: which distribution gives what the code imports, and who says so. In the
 * order of staticscan.md 3.5: what the notebook itself asks for, what is installed for its kernel, our
 * table, and the name as a guess. Private to advise/, but for discover_run().
 */
enum discover_source {
	DISCOVER_NONE,
	DISCOVER_NOTEBOOK,
	DISCOVER_ENVIRONMENT,
	DISCOVER_TABLE,
	DISCOVER_GUESS,
};

enum { DISCOVER_CANDIDATES_MAX = 16, DISCOVER_IMPORTS_MAX = 5000 /* what is over is left out */ };

struct discover_item {
	struct str module; /* as imported: dotted as far as the distribution depends on it */
	enum discover_source source;
	struct str distribution;      /* normalised; "" when there are several, or none */
	const struct str *candidates; /* several distributions, none asked for or installed */
	size_t n_candidates;
	struct origin origin; /* of the first such import */
};

struct discover_result {
	const struct discover_item *items; /* one a module, in the order of the notebook */
	size_t n;
};

/* asked[n_asked]: normalised names of what the notebook asks for already. */
void discover_find(const struct advise_input *input, const struct scan_facts *facts,
	const struct str *asked, size_t n_asked, const char *cache_dir, struct arena *arena,
	struct discover_result *ret);

/* What imports need and nothing asks for, into the request; what is not sure becomes a warning. */
MUST_USE bool discover_gather(const struct advise_input *input, const struct scan_facts *facts,
	struct arena *arena, struct request *request, struct err *err);

/* `thoth discover`. */
void discover_run(const struct advise_options *options, const struct advise_input *input,
	struct arena *arena, struct advise_report *report);
