#pragma once
#include "common/err.h"
#include "packaging/environment.h"

/*
 * Environment markers (PEP 508 as of 2026): a tree of comparisons under "and" and "or".
 */
struct marker; /* held by the arena it was parsed into */

enum marker_result {
	MARKER_FALSE,
	MARKER_TRUE,
	MARKER_ERROR, /* a comparison without a meaning (~= on text, unknown variable): not eligible */
};

/* text: what stands after the ';'. Error: column and what was expected. Views point into text. */
MUST_USE bool marker_parse(
	struct str text, struct arena *arena, const struct marker **ret, struct err *err);

/*
 * Evaluate. extras[n]: the normalised extras asked of the package, all at once; `extra == "x"` is
 * true when x is among them. NULL marker: MARKER_TRUE.
 */
enum marker_result marker_evaluate(const struct marker *marker,
	const struct environment *environment, const struct str *extras, size_t n_extras);

/* The marker names `extra` somewhere. */
bool marker_uses_extra(const struct marker *marker);

/*
 * The distinct texts that `extra` is compared with, in normal form, in the order they stand: list[max].
 * Gives how many; max + 1 when there are more.
 */
size_t marker_extras(const struct marker *marker, struct str *list, size_t max);

/*
 * The patch releases p of the environment's Python, later than its own, at which the marker has
 * another value than at p - 1; ascending, held by the arena. The value of a marker at X.Y.Z holds for
 * the later ones of X.Y up to the first of these.
 */
const int *marker_patches(const struct marker *marker, const struct environment *environment,
	const struct str *extras, size_t n_extras, struct arena *arena, size_t *ret_n);

/*
 * The marker of a lock file (PEP 751) once the extras and the dependency groups are chosen: what it says
 * of `extras`, `extra` and `dependency_groups` is decided. *ret_rest is what is left, NULL when the marker
 * always holds. False: it never does. Names in normal form.
 */
bool marker_choose(const struct marker *marker, const struct str *extras, size_t n_extras,
	const struct str *groups, size_t n_groups, struct arena *arena,
	const struct marker **ret_rest);

/* The marker compares the full version of Python, so that a patch release can matter to it. */
bool marker_uses_patch(const struct marker *marker);

/* Canonical text: double quotes to single, one blank around operators, as few parentheses as needed. */
struct str marker_text(const struct marker *marker, struct arena *arena);

/* The same with double quotes and the parentheses that were written, as pip's library prints it. */
struct str marker_text_written(const struct marker *marker, struct arena *arena);
