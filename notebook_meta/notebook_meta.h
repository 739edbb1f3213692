#pragma once
#include <jansson.h>
#include "common/err.h"
#include "packaging/lock.h"

/*
 * Everything we read from and write into a notebook file. A notebook is never re-serialised: the byte
 * range of metadata.thoth is found and replaced, every other byte stays (decision 4). Source of the
 * format: nbformat 4; spec notebook-files.
 */
enum nb_cell_type { NB_CELL_CODE, NB_CELL_MARKDOWN, NB_CELL_RAW, NB_CELL_OTHER };

struct nb_cell {
	enum nb_cell_type type;
	size_t index;      /* from 0 over all cells */
	struct str id;     /* "" when the notebook has none */
	struct str source; /* decoded, lines joined */
	struct str raw; /* the value of "source" as it stands in the file; "" when not from one */
};

enum { NB_FILE_MAX = 512 << 20 };

struct notebook {
	struct str path;
	struct str bytes; /* the file as read */
	const struct nb_cell *cells;
	size_t n_cells;
	int nbformat, nbformat_minor;
	struct str language; /* kernelspec.language, else language_info.name; lower case; "" none */
	struct str language_version; /* language_info.version */
	struct str kernel_name;      /* kernelspec.name */
	json_t *metadata;            /* small keys only: thoth, and the older ones we read; owned */
	/* where metadata.thoth stands, for the splice */
	size_t metadata_at, metadata_end; /* the top-level "metadata" object, from '{' past '}' */
	size_t thoth_at, thoth_end;       /* value of "thoth"; equal when there is none */
	char sha256[65]; /* of bytes; "" until nb_sha256(): half a second for 100 MB */
	int64_t mtime_ns, size;
	uint64_t device, inode;
};

void nb_done(struct notebook *notebook);

/*
 * Read a notebook. Everything is held by the arena but `metadata`. Errors (ERR_INPUT, ERR_LIMIT) name
 * file, line and column: not JSON, cut off, nbformat other than 4, no or two top-level "metadata",
 * metadata not an object, thoth not an object or of a higher version. A broken file is tried 3 times
 * 200 ms apart, since Jupyter writes in place.
 */
MUST_USE bool nb_read(const char *path, struct arena *arena, struct notebook *ret, struct err *err);

/* The same from memory (the companion's cells, tests); path is for messages. */
MUST_USE bool nb_parse(struct str path, struct str bytes, struct arena *arena, struct notebook *ret,
	struct err *err);

/*
 * Fill notebook->sha256 when it is not yet, and return it. (To see concurrent changes nb_write
 * compares the bytes themselves, which is surer and ten times faster.)
 */
const char *nb_sha256(struct notebook *notebook);

/* Language is python, or nothing says otherwise. */
bool nb_is_python(const struct notebook *notebook);

/*
 * The notebook's bytes with metadata.thoth = value (borrowed), in the file's own style (indent,
 * newlines, compact or not, sorted place). NULL value takes the key out, comma and white space
 * included. Verified before it returns: scanned again, equal value, prefix and suffix equal bytes.
 */
MUST_USE bool nb_splice(const struct notebook *notebook, json_t *value, struct arena *arena,
	struct str *ret_bytes, struct err *err);

/*
 * Write new bytes over the file it was read from: refuses (ERR_INPUT) when the file changed since
 * (device, inode, size, mtime or bytes), when it is not writable, or when Jupyter is saving it right
 * now. Atomic rename in the same folder, with mode, owner and extended attributes; a symbolic link
 * stays and its target is replaced. Where a rename would lose something (hard links, a folder we may
 * not write to, an owner we may not give) it is written in place and put back on failure. Nothing is
 * written when the bytes are equal. A second thoth waits (flock in the user's runtime folder).
 */
MUST_USE bool nb_write(const struct notebook *notebook, struct str bytes, struct err *err);

/*
 * Read, change, write, as one step that no second thoth can come between; when another program
 * changes the file meanwhile it starts again, at most 3 times. `edit` gives the new value of
 * metadata.thoth: a new reference, or NULL to take it out. *ret_changed is preset to true; setting it
 * false leaves the file alone. On return of nb_edit, *ret_changed says whether the file was written.
 * The notebook that `edit` gets has no cells: they are passed over, for speed.
 */
typedef bool (*nb_edit_function)(void *data, const struct notebook *notebook, json_t **ret,
	bool *ret_changed, struct err *err);
MUST_USE bool nb_edit(
	const char *path, nb_edit_function edit, void *data, bool *ret_changed, struct err *err);

/* Lines of a cell's source that are to be others; from 1, the last one included. */
struct nb_line_edit {
	size_t cell; /* from 0 over all cells */
	int first, last;
	struct str text; /* one line, UTF-8, without its end */
};

/*
 * The notebook's bytes with these lines replaced, in order of cell and line, none twice. All other
 * bytes stay: of the lines around them too, however their text is escaped or cut into pieces. Verified
 * before it returns: read again, the cells have the new lines and no other difference.
 */
MUST_USE bool nb_edit_lines(const struct notebook *notebook, const struct nb_line_edit *edits,
	size_t n, struct arena *arena, struct str *ret_bytes, struct err *err);

/*
 * Where the lines of a cell's source begin in notebook->bytes, for tools that show the file itself: ret[*ret_n],
 * held by the arena. None for a cell that was not read from a file. (A line that begins where its list has the
 * next string begins after that string's quote.)
 */
const size_t *nb_line_offsets(const struct notebook *notebook, const struct nb_cell *cell,
	struct arena *arena, size_t *ret_n);

/* What metadata.thoth.requirements (or an older form) declares. */
struct nb_requirements {
	struct str python;          /* ">=3.10", "" when none */
	const struct str *packages; /* requirement texts as stored */
	size_t n_packages;
	const struct str *dev;
	size_t n_dev;
	const struct str *constraints;
	size_t n_constraints;
	const struct str *prereleases; /* names */
	size_t n_prereleases;
	const struct str *index_names, *index_urls; /* named by the notebook: need consent */
	size_t n_indexes;
	const struct str *routed_names, *routed_indexes; /* "index-of": package, index name */
	size_t n_routed;
	struct str
		source; /* "metadata.thoth", "metadata.requirements" (Pipfile form) ..., "" none */
};
MUST_USE bool nb_requirements(const struct notebook *notebook, struct arena *arena,
	struct nb_requirements *ret, struct err *err);

/* Is the package (normalised name) among the declared ones? The metadata wins over cells. */
bool nb_declares(const struct nb_requirements *declared, struct str name, struct arena *arena);

/*
 * metadata.thoth with one declared requirement added, replaced (same name) or removed; a new
 * reference, or NULL when nothing is left. *ret_changed false: it was so already. dev: the "dev" list.
 */
MUST_USE bool nb_add_requirement(const struct notebook *notebook, struct str requirement, bool dev,
	json_t **ret, bool *ret_changed, struct err *err);
MUST_USE bool nb_remove_requirement(const struct notebook *notebook, struct str name, json_t **ret,
	bool *ret_changed, struct err *err);

/*
 * The same with a package pinned to an index: index-of[name] = alias, and indexes[alias] = url unless url
 * is "". nb_remove_requirement() takes the pin out again, and an index that nothing else is pinned to.
 */
MUST_USE bool nb_pin_requirement(const struct notebook *notebook, struct str name, struct str alias,
	struct str url, json_t **ret, bool *ret_changed, struct err *err);

/* The lock in metadata.thoth and back. nb_lock_read: *ret_found false when there is none. */
MUST_USE bool nb_lock_read(const struct notebook *notebook, struct arena *arena, struct lock *ret,
	bool *ret_found, struct err *err);

/*
 * A new value of metadata.thoth: the old one (borrowed, NULL when none) with lock, justification,
 * messages and resolution (borrowed, NULL for none) replaced. `created` is kept from the old lock when
 * nothing else of it changes. A pure function.
 */
json_t *nb_lock_value(json_t *old, const struct lock *lock, json_t *resolution);
