#pragma once
#include "packaging/version.h"

/*
 * What a file name of an index says: wheels (PEP 427, 491) and sdists (PEP 625 and the older
 * spellings that installers still take). Views point into the name.
 */
enum filename_kind {
	FILENAME_OTHER,   /* .egg, .exe, ...: never a candidate */
	FILENAME_VARIANT, /* a variant wheel (PEP 825 draft): listed, never a candidate */
	FILENAME_WHEEL,
	FILENAME_SDIST,
};

struct filename {
	enum filename_kind kind;
	struct str name; /* as spelled in the file name */
	struct str version_text;
	struct version version;
	struct str build;                 /* "" when none; "1abc" */
	struct str python, abi, platform; /* dotted sets of a wheel: "py2.py3", "none", "any" */
};

/*
 * Split a file name. project: the normalised name of the page it stands on, which splits old sdist
 * names ("foo-bar-1.0.tar.gz"); "" takes the standard's single hyphen only. False: neither a wheel
 * nor an sdist, or its version is none; then kind alone is set.
 */
MUST_USE bool filename_parse(struct str filename, struct str project, struct filename *ret);

/*
 * The same for a wheel that stands behind `before` on a page and has its name and version: these are
 * taken from there (views of before's text), only the rest is read. False when it is not such a
 * wheel; then ask filename_parse().
 */
MUST_USE bool filename_parse_wheel_after(
	struct str filename, const struct filename *before, struct filename *ret);
