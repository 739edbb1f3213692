#pragma once
#include "common/arena.h"
#include "common/err.h"

/*
 * `thoth plumbing NAME`: batch interfaces for differential tests and for other programs. JSON lines in,
 * one JSON line out for each, in order. A line that is no JSON object gets {"error": ...} and the
 * next one is read. Answers are written whenever the input has no more lines ready, so a program
 * may also ask one line at a time.
 */
enum {
	PLUMBING_LINE_MAX = 8 << 20, /* bytes of one line */
	PLUMBING_MEMBERS_MAX = 32,   /* of one question */
};

/* argv[0] is "plumbing", argv[1] the name. Standard input to standard output; the exit code. */
int plumbing_main(int argc, char **argv);

/* One question. Everything in it lives until its answer is written. */
struct plumbing_question {
	struct arena *arena;
	struct {
		struct str key, raw; /* raw JSON of the value */
	} members[PLUMBING_MEMBERS_MAX];
	size_t n;
};

/*
 * Answer one question: add the members of the answer to out, without braces: "\"valid\":true". False
 * when the question is malformed: then err's message becomes the answer.
 */
typedef bool (*plumbing_answer)(
	struct plumbing_question *question, struct buf *out, struct err *err);

/* Raw JSON of a member, empty when there is none. */
struct str plumbing_raw(const struct plumbing_question *question, struct str key);

/* A member that must be a string. False: err says so. */
MUST_USE bool plumbing_string(
	const struct plumbing_question *question, struct str key, struct str *ret, struct err *err);

/* A member that must be an array of strings. */
MUST_USE bool plumbing_strings(const struct plumbing_question *question, struct str key,
	const struct str **ret, size_t *ret_n, struct err *err);

/*
 * Add a JSON string with its quotes, in ASCII: some readers split lines at Unicode's line separators
 * too. Bytes that are no UTF-8 become U+FFFD.
 */
void plumbing_add_string(struct buf *out, struct str text);

/* Add a JSON array of strings. */
void plumbing_add_strings(struct buf *out, const struct str *texts, size_t n);

/* The questions about packaging (plumbing_packaging.c). */
bool plumbing_version(struct plumbing_question *question, struct buf *out, struct err *err);
bool plumbing_specifier(struct plumbing_question *question, struct buf *out, struct err *err);
bool plumbing_marker(struct plumbing_question *question, struct buf *out, struct err *err);
bool plumbing_requirement(struct plumbing_question *question, struct buf *out, struct err *err);
bool plumbing_filename(struct plumbing_question *question, struct buf *out, struct err *err);
bool plumbing_name(struct plumbing_question *question, struct buf *out, struct err *err);
bool plumbing_tags(struct plumbing_question *question, struct buf *out, struct err *err);

/* Search problems (plumbing_search.c, resolver/instance.h). */
bool plumbing_search(struct plumbing_question *question, struct buf *out, struct err *err);

/* The question about modules (plumbing_scan.c). */
bool plumbing_import(struct plumbing_question *question, struct buf *out, struct err *err);

/* The cases of the language of rules (plumbing_prescription.c). */
bool plumbing_prescription(struct plumbing_question *question, struct buf *out, struct err *err);
