#pragma once
#include "common/err.h"
#include "packaging/filename.h"
#include "packaging/metadata.h"

/*
 * What exists: the package index client. A project's page says which files exist (simple index,
 * PEP 503, 691, 700, 592, 658, 714); the metadata of one file says what it requires.
 *
 * Everything is asked for lazily. index_want_*() starts a request and returns at once; the calls
 * without want give the answer, waiting for it while all other requests go on beside it (one
 * thread, curl's multi interface in http.c, a module opened when the first request must go out).
 * Answers live as long as the index and are asked from the network once.
 *
 * Layers: project.c (releases of a page, several indexes) -> simple.c (HTML and JSON to files)
 * -> cache.c (on disk, revalidation, offline) -> http.c.
 */
struct index;

struct index_source {
	struct str alias; /* for messages and the lock; "" : the address without credentials */
	struct str url;   /* https://..., http://..., or file:///folder (a recorded index) */
	bool only_pinned; /* serves the projects that are pinned to it and no other */
	bool foreign;     /* a notebook named it, and the user agreed: none of the user's log-ins */
};

/* A project that one source alone may serve: it never falls through to another. */
struct index_pin {
	struct str name; /* normalised */
	size_t source; /* position in index_options.sources; INDEX_NOWHERE: not to be had at all */
};
#define INDEX_NOWHERE SIZE_MAX

struct index_options {
	const struct index_source *sources; /* first that knows a project serves it (decision 14) */
	size_t n_sources;
	const struct index_pin *pins; /* pins[n_pins], of a name the first counts */
	size_t n_pins;
	const struct index_source *links; /* find-links: https, http or file:// pages and folders */
	size_t n_links;
	struct str cache_dir;       /* "" : no cache on disk */
	bool offline;               /* cached or file: answers only */
	bool refresh;               /* revalidate although the cache says fresh */
	struct str told_ca;         /* certificates to trust before all others; "" : none */
	struct str last_ca;         /* when there are no others; "" : none */
	struct str ca, client_cert; /* pip's cert and client-cert: files; "" : none */
	struct str proxy;           /* "" : the variables that curl reads */
	const struct str *trusted;  /* trusted[n_trusted]: hosts whose TLS is not checked */
	size_t n_trusted;
	int timeout_ms;                /* without any byte; 0: 30,000 */
	int retries;                   /* after a passing fault; -1: 3 */
	int64_t as_of_ms;              /* only files uploaded before; 0: all */
	bool (*cancelled)(void *data); /* asked a few times a second; NULL: never */
	void (*progress)(void *data, size_t done, size_t total); /* documents; NULL */
	void *data;
	struct index_pool *pool; /* NULL: the index is made new and freed for good */
};

/*
 * A place where a long-lived process leaves its index for the next request: index_free() puts it there and
 * index_new() takes it when all else in the options is equal. What was read stays read until it would have
 * to be asked for again. At most one, of at most 256 MiB; zeroed it is empty.
 */
struct index_pool {
	struct index *index;
};
void index_pool_done(struct index_pool *pool);

struct index_file {
	struct str filename;
	struct str url;             /* absolute, without fragment */
	struct str sha256;          /* 64 hex digits, "" when the index gives none */
	struct str requires_python; /* as written, "" when none */
	struct str yanked;          /* reason, or "" */
	bool is_yanked;
	int metadata_state;         /* 1 announced, 0 not announced, see index_metadata() */
	bool metadata_denied;       /* the index says that there is none */
	struct str metadata_sha256; /* announced hash, or "" */
	int64_t size;               /* -1 unknown */
	int64_t upload_ms;          /* -1 unknown */
	bool is_refused; /* its page has others of that name and another hash: of no kind that is used */
	struct filename name;
	uint32_t place; /* private to the index: 0 is the project's own source */
};

struct index_release {
	struct str version; /* normal form */
	struct version parsed;
	size_t n_files;
	bool is_yanked; /* every file is */
	/* private to the index: */
	size_t first_file;
	const struct index_file *files_made; /* NULL until index_release_files() */
};

/* What decides whether a file can be used, without the file: most releases are never looked at closer. */
struct index_brief {
	enum filename_kind kind;
	bool is_yanked;
	uint32_t python, tags; /* positions in the project's pythons and tags */
};

struct index_project {
	struct str name; /* normalised */
	struct str source_alias;
	size_t source;     /* position in index_options.sources */
	struct str status; /* PEP 792: "active", "archived", "quarantined", "deprecated" */
	const struct index_release *releases; /* newest first; equal spellings merged */
	size_t n_releases;
	const struct str *pythons; /* distinct Requires-Python, as written */
	size_t n_pythons;
	const struct filename *tags; /* distinct tags of wheels: python, abi and platform alone */
	size_t n_tags;
	size_t n_skipped; /* files that are no wheel or sdist, or whose version is unreadable */
	bool announces_metadata; /* some file does; then the others have none */
	size_t n_refused;        /* names of files that stand for several hashes on a page */
	size_t n_undated;  /* files left out because as_of is set and they carry no upload time */
	struct str direct; /* of a package with an address of its own: what a lock names; else "" */
	bool is_tree;      /* and that is a folder or a repository: there is no file to hash */
	const struct index_records *records; /* private to the index */
};

/* The files of a release, in the order of the page; release->n_files of them, held by the index. */
const struct index_file *index_release_files(
	const struct index_project *project, const struct index_release *release);
struct index_brief index_release_brief(
	const struct index_project *project, const struct index_release *release, size_t i);

struct index *index_new(const struct index_options *options, struct err *err);
void index_free(struct index *index);
void index_freep(struct index **index);

/*
 * Told of what comes from the network, at the moment it comes, while some other call waits: so that what
 * it leads to can be asked for at once. May call index_want_*(), nothing else of the index.
 */
struct index_listener {
	void (*project)(void *data, const struct index_project *project);
	void (*metadata)(
		void *data, const struct index_project *project, const struct metadata *metadata);
	void *data;
};
void index_listen(struct index *index, const struct index_listener *listener); /* NULL: no more */

/*
 * Who may build a source distribution whose metadata only a build knows, and does: its code is run. The
 * bytes that build() gets have the hash that the index gives. What it makes, core metadata in arena, is kept in
 * the cache under `key`, which names what the answer depends on.
 */
struct index_builder {
	bool (*allows)(void *data, struct str name); /* the user does, for a normalised name */
	bool (*build)(void *data, struct str filename, struct str bytes, struct arena *arena,
		struct str *ret, struct err *err);
	void *data;
	struct str key;
};
void index_build_by(struct index *index, const struct index_builder *builder); /* NULL: nobody */

/* The page when it is there already; NULL when it is not, or when no source knows the project. */
const struct index_project *index_project_known(const struct index *index, struct str name);

/* The same for the metadata of one file. */
const struct metadata *index_metadata_known(
	struct index *index, const struct index_project *project, const struct index_file *file);

/*
 * Who may say stop to waiting from now on; gives who could before (at first the options). For attempts
 * with a limit of their own. cancelled NULL: nobody.
 */
struct index_patience {
	bool (*cancelled)(void *data);
	void *data;
};
struct index_patience index_patience(struct index *index, struct index_patience patience);

/*
 * While it is held nothing more is asked of the network: what is not there or in the cache fails with
 * ERR_INTERRUPTED, and is asked for as ever afterwards. What is under way goes on.
 */
void index_hold(struct index *index, bool held);

/*
 * Something of a higher layer that lives as long as what the index has read, through a pool too. The
 * index frees it with done().
 */
struct index_attachment {
	void *data; /* NULL: none */
	void (*done)(void *data);
	size_t (*size)(const void *data); /* bytes */
};
void index_attach(struct index *index, const struct index_attachment *attachment);
void *index_attached(const struct index *index);

/* Start fetching; nothing happens when it is there or on its way. */
void index_want_project(struct index *index, struct str name);
void index_want_metadata(
	struct index *index, const struct index_project *project, const struct index_file *file);

/*
 * The page of a normalised name. True with *ret NULL: no source knows it. False: ERR_NETWORK (not
 * reachable and nothing cached, garbage, too large), with the host named and what to do;
 * ERR_INTERRUPTED.
 */
MUST_USE bool index_project(
	struct index *index, struct str name, const struct index_project **ret, struct err *err);

/*
 * The metadata of one sdist: `URL.metadata` when it is announced, else PKG-INFO out of the sdist (of at
 * most 64 MiB), whose hash is checked first; nothing of it is run. True with *ret NULL: an installer
 * must build it to know, and no builder of ours is allowed to. ERR_INPUT also when the index lists it and does not have it, and without a
 * look once four sdists of the project were of no use.
 * index_want_metadata() never fetches an sdist.
 *
 * The metadata of one wheel: `URL.metadata`, also when it is not announced (remembered per host),
 * checked against its announced hash. True with *ret NULL: this file has none that can be had without
 * downloading the wheel. False: ERR_INPUT, this file's metadata cannot be used (another hash, another
 * project, unreadable) but other files may do; ERR_NETWORK and ERR_INTERRUPTED as above.
 */
MUST_USE bool index_metadata(struct index *index, const struct index_project *project,
	const struct index_file *file, const struct metadata **ret, struct err *err);

/*
 * Where a file comes from: a position in index_options.sources, behind them (n_sources + i) in
 * index_options.links.
 */
size_t index_file_source(const struct index_project *project, const struct index_file *file);
struct str index_source_alias(const struct index *index, size_t source);
struct str index_source_url(const struct index *index, size_t source); /* without credentials */

/*
 * SHA-256 of a file, 64 hex digits: the one that its index gives; else, of a file on this machine or one
 * that find-links or a direct address names, it is read (downloaded) whole. ERR_NETWORK when it cannot
 * be had.
 */
MUST_USE bool index_hash(struct index *index, const struct index_project *project,
	const struct index_file *file, struct str *ret, struct err *err);

/*
 * A package with an address of its own, which takes the place of every index for its name. Before the
 * first question about that name.
 */
struct index_direct {
	struct str name; /* normalised; "": whatever it says of itself */
	struct str
		url; /* https, http or file:// address of a wheel or an archive, or of a folder */
	struct str userinfo; /* for that address; "" */
	struct str sha256;   /* that it must have; "" unknown */
	struct str lock_url; /* what a lock writes behind "name @ " */
	struct str
		metadata; /* core metadata, when it is known: from a tree, or made by a build; "" */
	bool is_tree;     /* a folder or repository: `metadata` is set, nothing is read */
	bool foreign;     /* as of struct index_source */
};

struct index_found {
	struct str name, version; /* normalised; normal form */
	struct str archive;       /* with needs_build: its bytes, held by the index */
	bool needs_build; /* only a build knows what it is and requires: nothing was added */
};

/*
 * Add one: an archive is read whole (at most 64 MiB), a wheel is only asked for its end, and for its hash
 * later. ERR_INPUT: it is something else than asked for, cannot be read, or the name is taken.
 * ERR_NETWORK, ERR_INTERRUPTED as above.
 */
MUST_USE bool index_add_direct(struct index *index, const struct index_direct *direct,
	struct index_found *ret, struct err *err);

struct index_stats {
	size_t pages, metadata_documents; /* asked from the network or disk in this process */
	size_t requests;                  /* that left the machine */
	int64_t bytes_fetched;
	size_t stale; /* answered from an old copy because the index could not be asked */
};
struct index_stats index_stats(const struct index *index);
