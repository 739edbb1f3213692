#pragma once
#include "common/intern.h"
#include "common/vec.h"
#include "index/index.h"
#include "packaging/requirement.h"

/*
 * What several resolutions over one index need not do twice: parse the same texts, ask the index for the
 * same documents. Everything is held by the memo's arena; a zeroed memo is empty.
 */
struct parsed_requirement {
	struct requirement requirement;
	bool uses_extra, uses_patch; /* its marker does */
	bool readable;
};

/* The Requires-Dist of one metadata document. */
struct parsed_document {
	const struct parsed_requirement *const *requirements;
	size_t n;
	struct str unreadable; /* the requirement that nobody can read, "" when there is none */
};

/* One Requires-Python. */
struct parsed_python {
	struct specifier_set set;
	bool readable;
};

struct resolver_memo {
	struct arena arena;
	struct intern documents, files; /* by address: the index never moves them */
	VEC(struct parsed_document) parsed_documents;
	VEC(const struct metadata *) metadata; /* of files */
	struct intern pythons, texts;          /* by text */
	VEC(struct parsed_python) parsed_pythons;
	VEC(const struct parsed_requirement *) parsed_texts;
};

/* The memo of an index, made when it has none; it goes with the index. */
struct resolver_memo *resolver_memo_of(struct index *index);

/* Parsed now, or remembered. memo may be NULL; then the arena holds the result. */
struct parsed_document resolver_memo_document(
	struct resolver_memo *memo, const struct metadata *metadata, struct arena *arena);
struct parsed_python resolver_memo_python(
	struct resolver_memo *memo, struct str requires_python, struct arena *arena);

/* The metadata of a file as index_metadata() gave it before; NULL when it did not, or memo is NULL. */
const struct metadata *resolver_memo_metadata(
	const struct resolver_memo *memo, const struct index_file *file);
void resolver_memo_keep_metadata(
	struct resolver_memo *memo, const struct index_file *file, const struct metadata *metadata);
