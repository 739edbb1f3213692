#pragma once
#include <jansson.h>
#include "advise/options.h"
#include "index/index.h"
#include "notebook_meta/notebook_meta.h"
#include "packaging/reqfile.h"
#include "resolver/resolver.h"

/*
 * The use cases that join the parts: notebook in, advised notebook out. The command line (cli/) and
 * the worker behind `%thoth` (worker.c) call the same advise_run() and differ in where the input
 * comes from and who writes the result: advise never writes a notebook.
 *
 * One lock: request.c gathers what is asked for (metadata, install cells, files) and for which
 * Python; resolver_solve() answers; lock.c turns the answer into the new value of metadata.thoth and
 * a report; show.c draws reports as text and HTML.
 */
struct advise_input {
	struct str path; /* as the user gave it; "" for the cells of a running kernel */
	const struct notebook *notebook; /* NULL when `requirements` is the input */
	struct str requirements;         /* text of a requirements file */
	bool is_file;                    /* path names a real file: files beside it may be read */
	bool executed; /* the cells are in the order of execution, not that of the notebook */
	const struct notebook *other; /* what `thoth diff` compares with */
	struct str other_name;
	struct str kernel_python; /* interpreter of the running kernel; "" unknown */
	/* Ask the person for a yes (trust.h); NULL: there is nobody to ask, which is no. */
	bool (*consent)(void *data, struct str question);
	void *consent_data;
	bool user_words; /* the words of the command are the user's own, not a cell's */
};

struct advise_callbacks {
	bool (*cancelled)(void *data); /* asked often; NULL: never */
	void (*progress)(void *data, const char *phase, size_t done, size_t total); /* NULL */
	void *data;
	struct index_pool *pool; /* of a process that answers again and again; NULL */
	/*
	 * Nothing fits, and what follows only explains it: an end of the time that --timeout gives is no
	 * reason any more to end without an answer. NULL: nobody wants to know.
	 */
	void (*proven)(void *data);
	/* There is an answer; what follows looks for a better one, and gives what it has when stopped. NULL. */
	void (*answered)(void *data);
	const bool *late; /* set by advise_run() when that time has ended; callers leave it NULL */
};

/* What a command answers. Buffers and JSON are owned; advise_report_done() frees them. */
struct advise_report {
	int exit;         /* spec cli.md 3 */
	struct err err;   /* kind ERR_NONE when fine */
	struct buf text;  /* for a terminal or text/plain */
	struct buf html;  /* the same as text/html; "" when there is none */
	struct buf notes; /* for standard error: warnings, one a line */
	json_t *data;     /* the document of --json */
	const char *kind; /* "lock", "show", ...: application/vnd.thoth.KIND+json */
	json_t *metadata; /* new value of metadata.thoth; NULL and `changed`: take it out */
	bool changed;     /* metadata differs from what the notebook has */
};
void advise_report_done(struct advise_report *report);

/* The command of a name, false when advise_run() has none of it. */
MUST_USE bool advise_command_find(struct str name, enum advise_command *ret);

/*
 * Run a command. Errors are in report->err with report->exit set; the JSON document has them too.
 * The words of `options` start after the path.
 */
void advise_run(enum advise_command command, const struct advise_options *options,
	const struct advise_input *input, const struct advise_callbacks *callbacks,
	struct arena *arena, struct advise_report *report);

/* Put err into the report: exit code and the `error` object (cli.md 6). */
void advise_report_error(struct advise_report *report, const struct err *err);

/* The error object alone; a new reference. */
json_t *advise_error_json(const struct err *err);

/* A JSON string of text from outside: bytes that are no UTF-8 become U+FFFD. A new reference. */
json_t *advise_json_text(struct str text);
