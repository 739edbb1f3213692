#pragma once
#include "advise/request.h"
#include "advise/runtime.h"
#include "resolver/pipeline.h"

/*
 * The rules of one lock: those that the program carries (prescriptions/rules), then what --prescriptions
 * names, a later source before an earlier one. A source with faults is left out as a whole, which the
 * lock's messages and resolution.data say.
 */
struct rules {
	struct presc_set set;
	struct knowledge *knowledge; /* NULL: nobody looked */
	struct observed_source observed;
	struct runtime runtime; /* the machine, looked at when the first target asks */
	struct pipeline_rules pipeline;
};

/* How a list of sources calls the rules that the program carries. */
extern const struct str rules_shipped_name;

/* Open the sources alone: for `thoth prescriptions list`. */
void rules_open_set(
	const struct advise_options *options, struct arena *arena, struct presc_set *ret);

/* Ids that the label allow-cve names, "CVE-1,CVE-2"; the label may be repeated. ret[*ret_n] held by arena. */
const struct str *rules_allowed(
	const struct advise_options *options, struct arena *arena, size_t *ret_n);

/*
 * Open them for a request, whose messages and `rules` then say which are used. *ret views the request and
 * the arena; rules_done() it after the resolution.
 */
void rules_open(struct request *request, const struct advise_options *options, struct arena *arena,
	struct rules *ret);
void rules_done(struct rules *rules);
