#pragma once
#include "common/intern.h"
#include "common/vec.h"
#include "index/document.h"
#include "index/simple.h"
#include "index/wheeltail.h"

/*
 * What the index remembers, between index.c (open and close), pages.c (projects) and metadata.c. A
 * job is one question and, later, its answer; it never moves and lives as long as the index.
 */
struct index_place {
	struct str alias;
	struct str url; /* without credentials and without '/' at the end */
	struct str userinfo, origin;
	bool recorded, only_pinned, foreign;
	bool local; /* a file:// folder or page of find-links */
};

/* A find-links page, loaded once. */
enum index_links_state { LINKS_NEW, LINKS_ASKED, LINKS_READY };

struct index_links {
	size_t place; /* in index.places */
	enum index_links_state state;
	struct index_document *document; /* NULL when local */
	struct index_page page;
};

enum index_answer_state { ANSWER_ASKED, ANSWER_KNOWN, ANSWER_NONE, ANSWER_FAILED };

/* The hash of a file that had to be read for it. */
struct index_hashed {
	const struct index_file *file;
	struct str sha256;
};

/* A project's page: asked of one source after the other until one knows it. */
struct index_page_job {
	struct index *index;
	struct str name;
	size_t place; /* the source asked now */
	bool pinned;  /* and it is the only one that may be asked */
	enum index_answer_state state;
	bool started;                    /* what comes now was waited for */
	struct index_document *document; /* NULL for a recorded one */
	const struct index_project *project;
	bool merged; /* with what find-links have of it */
	const struct err *fault;
};

/*
 * Does a host answer URL.metadata that its pages do not announce? Remembered for a day. One answer
 * says yes; no takes several misses, since hosts were seen that answer for most wheels but not for
 * the newest ones.
 */
enum index_host_state { HOST_UNKNOWN, HOST_ANSWERS, HOST_DOES_NOT };

struct index_host {
	struct str key, path; /* in the cache */
	enum index_host_state state;
	size_t misses;
};

struct index_metadata_job {
	struct index *index;
	const struct index_project *project;
	const struct index_file *file;
	size_t place;
	struct index_host *host; /* NULL when the metadata was announced */
	enum index_answer_state state;
	bool started;
	struct index_document *document; /* asked now: URL.metadata, or a piece of the wheel */
	bool asked_again;
	bool built;                                      /* what it says comes from a build */
	struct index_piece pieces[WHEELTAIL_PIECES_MAX]; /* of the wheel itself */
	size_t n_pieces;
	uint64_t wheel_size;
	const struct metadata *metadata;
	const struct err *fault;
};

struct index {
	struct arena arena;
	struct index_options options;
	const struct index_listener *listener;
	const struct index_builder *builder;
	struct index_place *places; /* places[n_places]: sources, links, direct addresses */
	size_t n_places;
	struct index_links *links; /* links[options.n_links] */
	struct index_pin *pins;    /* pins[options.n_pins] */
	struct index_fetcher fetcher;
	struct intern names, files, origins, metadata_hashes; /* keys of the lists below */
	VEC(struct index_page_job *) pages;
	VEC(struct index_metadata_job *) metadata;
	VEC(struct index_host *) hosts;
	VEC(struct index_hashed) hashes;
	VEC(const struct metadata *) metadata_by_hash;
	VEC(struct index_document *) documents; /* to be freed */
	struct str key;                         /* of the options: see index/pool.h */
	struct index_attachment attachment;
};

/* What is remembered of the host of that address; held by the index. */
struct index_host *index_host_of(struct index *index, struct str url);

/* It answered for a document that was not announced, or said 404; host may be NULL. */
void index_host_learn(struct index_host *host, bool answers);

/* Free for good. */
void index_destroy(struct index *index);

/* A copy of err that lives as long as the index. */
const struct err *index_kept_err(struct index *index, const struct err *err);

/* The metadata of a file is known: this text. */
void index_metadata_give(struct index *index, const struct index_project *project,
	const struct index_file *file, struct str text);

/* A document of a source, not asked for yet; credentials go along where they belong. */
struct index_document *index_new_document(
	struct index *index, const struct index_place *place, struct str url);
