#pragma once
#include "advise/request.h"
#include "staticscan/scan.h"

/*
 * Which index serves which package: "index-of" of a notebook's metadata, made to pins of the index
 * (index_options.pins). An index that the notebook names is taken when the user's settings have one of
 * that name or that address; else it needs the user's yes (trust.h).
 */

/*
 * Pin a package. alias: what the index is called; url: where the notebook says it is, "" when it does
 * not. Without an index the package is pinned to nowhere and a message says so. Held by the arena.
 */
void pins_add(const struct advise_options *options, const struct advise_input *input,
	struct str name, struct str alias, struct str url, struct origin origin,
	struct arena *arena, struct request *request);

/* The pins of the notebook's metadata; and say which of its indexes nobody asks. */
void pins_read(const struct advise_options *options, const struct advise_input *input,
	const struct nb_requirements *declared, struct arena *arena, struct request *request);

/* `pip install --index-url URL name` in a cell: a pin when URL is an index of the user's. */
void pins_of_command(
	const struct scan_request *command, struct arena *arena, struct request *request);

/* Pinned to an index that may not be asked: then it is left out, and a message has said so. */
bool pins_forbid(const struct request *request, struct str name);
