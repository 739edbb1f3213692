#pragma once
#include "common/jsonread.h"

/*
 * One file object of a page in JSON (PEP 691, 700, 714). There are two readers with one result: the general
 * one takes any JSON; the quick one knows the shape that indexes write and leaves everything else
 * to the other. Strings are views into the text or held by the arena.
 */
struct index_json_file {
	struct str filename, url, sha256, requires_python, yanked, metadata_sha256;
	bool is_yanked, announced, denied;
	int64_t size, upload_ms; /* -1: not given */
};

/* Take the object that comes next; false when it is broken (the reader has the fault). */
bool index_json_file_read(struct jsonread *in, struct arena *arena, struct index_json_file *ret);

/*
 * Take the object at *at, which moves behind it. False, with *at and *ret as they were, when it is not
 * of the usual shape: without escapes, unknown members of odd kinds, or white space but one blank.
 */
bool index_json_file_quick(
	struct str text, size_t *at, struct arena *arena, struct index_json_file *ret);

/* A string that comes next, decoded; anything else is skipped and gives "". */
struct str index_json_text(struct jsonread *in, struct arena *arena);
