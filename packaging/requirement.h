#pragma once
#include "common/err.h"
#include "packaging/marker.h"
#include "packaging/specifier.h"

/*
 * One dependency specifier: name[extras] specifiers ; marker, or name[extras] @ url ; marker
 * (PEP 508). Plain data for every folder above.
 */
struct requirement {
	struct str text;          /* as written, trimmed */
	struct str name;          /* normalised */
	struct str spelled;       /* as the user wrote it */
	const struct str *extras; /* extras[n_extras], normalised, sorted, distinct */
	size_t n_extras;
	const struct str
		*extras_spelled; /* extras_spelled[n_extras_spelled], as written, in order */
	size_t n_extras_spelled;
	struct specifier_set specifier;
	struct str url;              /* "" when none */
	const struct marker *marker; /* NULL when none */
};

/* Strict. Everything in *ret is held by the arena or views text. Error: column, what was expected. */
MUST_USE bool requirement_parse(
	struct str text, struct arena *arena, struct requirement *ret, struct err *err);

/* For Requires-Dist of real index data: as specifier_parse_lenient, and "name (>=1,<2)". */
MUST_USE bool requirement_parse_lenient(struct str text, struct arena *arena,
	struct requirement *ret, struct str *ret_repaired, struct err *err);
