#pragma once
#include "advise/request.h"

/* A conflict as in cli.md 6 and 8: requirements with their origin, what works instead, the proof. New reference. */
json_t *advise_conflict_json(
	const struct request *request, const struct resolver_conflict *conflict);
