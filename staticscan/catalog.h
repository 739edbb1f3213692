#pragma once
#include "staticscan/scan.h"

/*
 * What is known about names of modules: the standard library of each Python, builtins, and which
 * distribution installs a module. The tables are data/ files, made by data/make.py.
 */
enum { CATALOG_MINOR_MIN = 6, CATALOG_MINOR_MAX = 14 };

/* The minor version in "3.11.4"; the newest we know for "" and anything that is no Python 3. */
int catalog_minor(struct str python);

/*
 * Class of a module (staticscan.md 3.3). local[n]: top-level names beside the notebook. Of a minor version
 * outside our range the nearest counts.
 */
enum scan_class catalog_class(
	int minor, struct str module, int level, const struct str *local, size_t n_local);

/* A builtin of any Python 3 ("print", "ExceptionGroup"). */
bool catalog_is_builtin(struct str name);

/* Names that every notebook or module has without binding them: display, get_ipython, __name__, _. */
bool catalog_is_ambient(struct str name);

/*
 * The distributions that install `module` (or its longest prefix that any does), best answer first, normalised;
 * ret[max]. 0: nobody knows. Source: data/modules.tsv.
 */
size_t catalog_distributions(struct str module, struct str *ret, size_t max);

/*
 * The same for an import statement: of `from google.cloud import storage, bigquery` those of
 * google.cloud.storage, then those of google.cloud.bigquery, each once.
 */
size_t catalog_import_distributions(
	const struct scan_import *import, struct arena *arena, struct str *ret, size_t max);

/* How many parts the row that answers for `module` has: 3 for google.cloud.storage.blob; 0 when none does. */
size_t catalog_parts(struct str module);

/* Modules that only a hosting service or a browser's kernel brings: google.colab, js. No package gives them. */
bool catalog_is_platform(struct str module);

/*
 * The normalised name that a module nobody knows would have as a project: of its first part, or of three when the
 * first is a namespace that many share (google, azure). "" when it is no name.
 */
struct str catalog_guess(struct str module, struct arena *arena);

/* tests, docs, examples, build: shipped by accident, never mapped. */
bool catalog_is_incidental(struct str module);
