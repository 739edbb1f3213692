#pragma once
#include "packaging/lock.h"
#include "packaging/tree.h"

/*
 * A lock and what was asked for as files of other tools: Pipfile, Pipfile.lock, conda environment,
 * Containerfile. Deterministic bytes. Names, versions and markers come from outside: each form quotes
 * them in its own way, and no shell ever sees them.
 */
struct export_item {
	const struct requirement *requirement;
	struct str group; /* "": [packages]; "dev": [dev-packages]; else a category */
	struct str index; /* name of a source; "" the first */
};

struct export_source {
	struct str name, url; /* without credentials */
};

/* What a lock was made of. */
struct export_project {
	const struct export_item *items; /* in order */
	size_t n_items;
	const struct export_source *sources; /* the first is the main index */
	size_t n_sources;
	struct str pythons;            /* "==3.11.*", ">=3.10"; "" unknown */
	const struct str *prereleases; /* projects that may be pre-releases */
	size_t n_prereleases;
	bool all_prereleases;
};

/*
 * A Pipfile. What a Pipfile cannot say (a second requirement of one name) is added to the first where
 * that is possible, else it stands in a comment.
 */
void export_pipfile(const struct export_project *project, struct buf *out);

/*
 * Pipfile.lock for a Pipfile that was parsed: its hash, sources and [requires], and the sections with
 * what is reached from their own requirements. Error: a package has two versions, which the form
 * cannot hold.
 */
MUST_USE bool export_pipfile_lock(const struct lock *lock, const struct export_project *project,
	const struct tree *pipfile, struct buf *out, struct err *err);

/* environment.yml: python, pip, and the lock as pip lines. */
void export_conda(const struct lock *lock, const struct export_project *project, struct str name,
	struct buf *out);

/*
 * A Containerfile: the python image of the lock's version, and pip with enforced hashes. index_url: ""
 * for pip's own default. Needs a builder that knows here-documents (BuildKit, buildah 1.33).
 */
void export_containerfile(const struct lock *lock, const struct export_project *project,
	const struct str *index_urls, size_t n_index_urls, struct buf *out);
