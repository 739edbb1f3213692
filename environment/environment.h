#pragma once
#include "common/arena.h"
#include "common/err.h"
#include "packaging/environment.h"

/*
 * The machine and the Pythons on it. We look: an interpreter is run once, isolated (-I), to say
 * what it is, and the answer is kept in the cache; Jupyter's kernelspecs are read to learn which
 * interpreter a notebook's kernel is. Nothing here changes an environment that we did not make.
 *
 * Two questions start most work: kernelspec_find() for the kernel that a notebook names, then
 * python_ask() for the interpreter behind it. Nothing is ever run by a name from a notebook: names
 * are looked up in Jupyter's own folders, and what a kernelspec there says is the user's word.
 * Paths and arguments in the results are followed by a NUL that does not count.
 */

enum { PYTHON_TIMEOUT_MS = 10000 };

/* Where an interpreter keeps things; absolute paths. */
struct python_paths {
	struct str executable;       /* its own sys.executable */
	struct str prefix;           /* sys.prefix: the virtual environment when it is one */
	struct str base_prefix;      /* equal to prefix outside virtual environments */
	struct str purelib, platlib; /* where pip installs */
	bool externally_managed;     /* PEP 668: the system's, pip refuses to install there */
};

/*
 * What the interpreter at path is: marker variables (PEP 508), version, platform, libc. All
 * strings are held by arena; ret->why is "" and for the caller to fill. path is absolute or found
 * on PATH (python_find).
 *
 * cache_dir is a folder for answers, made when missing; NULL asks anew. An answer counts as long as
 * the path, the real file's size and time of change, the pyvenv.cfg beside it, the kernel release
 * and our libc stay; a script (such as a version manager's shim) is asked each time. A cache that
 * cannot be written is no error. Errors: ERR_ENVIRONMENT with what the interpreter said, or when it
 * takes longer than PYTHON_TIMEOUT_MS.
 */
MUST_USE bool python_ask(const char *path, const char *cache_dir, struct arena *arena,
	struct environment *ret, struct err *err);

/* The same question and the same cache, for the paths. */
MUST_USE bool python_ask_paths(const char *path, const char *cache_dir, struct arena *arena,
	struct python_paths *ret, struct err *err);

/*
 * The first executable file of that name in the absolute folders of $PATH; a name with a '/' is
 * itself. "" when there is none.
 */
struct str python_find(struct str name, struct arena *arena);

/* A kernel that Jupyter can start, as its kernel.json says. */
struct kernelspec {
	struct str name;         /* the folder's name, as found */
	struct str display_name; /* for people; from outside, not escaped */
	struct str language;     /* "python", "R", ... */
	struct str directory;    /* the kernelspec's folder ({resource_dir}) */
	struct str *argv;        /* argv[n_argv], {resource_dir} and {prefix} filled in */
	size_t n_argv;

	/*
	 * The Python that runs the user's code: argv[0] when it is a Python; of a thoth kernelspec
	 * the value after --python, the program after "--", or else the python of the prefix that
	 * the kernelspec is installed below. "" when it is no Python kernel or cannot be told.
	 */
	struct str interpreter;
};

/*
 * Find a kernelspec by the name that a notebook carries (compared without case, as Jupyter does).
 * The names of Jupyter: letters, digits and ._- only; any other is ERR_INPUT, so that a notebook
 * cannot point elsewhere. Not found, or a kernel.json that cannot be read: ERR_ENVIRONMENT.
 */
MUST_USE bool kernelspec_find(
	struct str name, struct arena *arena, struct kernelspec *ret, struct err *err);

/* The kernelspec in this folder, which is named after it. */
MUST_USE bool kernelspec_read(
	struct str directory, struct arena *arena, struct kernelspec *ret, struct err *err);

/*
 * The folders that hold kernelspecs, first wins: below each entry of $JUPYTER_PATH, Jupyter's user
 * data folder ($JUPYTER_DATA_DIR, $XDG_DATA_HOME/jupyter, ~/.local/share/jupyter), the prefix of
 * the running program, $VIRTUAL_ENV, $CONDA_PREFIX, /usr/local and /usr; in a virtual environment
 * the prefixes come before the user's folder. Source: jupyter_core, "Data files", read in 5.x.
 */
struct str *kernelspec_folders(struct arena *arena, size_t *ret_n);
