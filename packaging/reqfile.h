#pragma once
#include "common/err.h"
#include "packaging/requirement.h"

/*
 * Requirements and constraints files, the whole grammar of pip 26.3 (packaging.md 8): joined lines,
 * comments, options, per-requirement options, nested files through a callback.
 */
enum reqfile_kind {
	REQFILE_REQUIREMENT, /* `requirement` is set */
	REQFILE_URL, /* direct URL, VCS URL or path: text in `location`, name when it says one */
	REQFILE_EDITABLE,
	REQFILE_OPTION, /* a global option: name in `option`, argument in `value` */
};

struct reqfile_item {
	enum reqfile_kind kind;
	bool constraint; /* from a constraints file */
	struct requirement requirement;
	struct str location, name;
	struct str option, value; /* "--index-url", "https://..." */
	const struct str *hashes; /* "sha256:..." */
	size_t n_hashes;
	struct str file; /* as named by -r, or the name given */
	int line;        /* first physical line, from 1 */
};

/*
 * REQFILE_REQUIREMENT has requirement.url when it is written "name @ url". Of REQFILE_URL and
 * REQFILE_EDITABLE, `requirement` holds extras and marker alone, and `name` is normalised. Options have
 * their long name ("-i" is "--index-url"); without an argument `value` is "".
 */
enum {
	REQFILE_MAX = 16 << 20,  /* bytes of one file */
	REQFILE_FILES_MAX = 500, /* files in all */
	REQFILE_DEPTH_MAX = 10,
};

struct reqfile {
	const struct reqfile_item *items; /* in order, nested files in place */
	size_t n;
};

/*
 * Read another file named by -r or -c; path is as written, from the file `from`. False stops with
 * err. The text must live as long as the arena.
 */
typedef bool (*reqfile_open)(void *data, struct str from, struct str path, struct arena *arena,
	struct str *ret_path, struct str *ret_text, struct err *err);

/*
 * name is for messages and for relative paths. expand_variables: ${NAME} is replaced from the
 * process environment (never for a file that came with a notebook). Errors: file and line, what was
 * expected. Depth of nesting at most 10, cycles are an error.
 */
MUST_USE bool reqfile_parse(struct str name, struct str text, bool constraint,
	bool expand_variables, reqfile_open open, void *data, struct arena *arena,
	struct reqfile *ret, struct err *err);
