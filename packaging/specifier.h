#pragma once
#include "common/err.h"
#include "packaging/version.h"

/*
 * Version specifiers (PEP 440): one clause such as ">=1.0", and sets of them joined by commas.
 * An empty set allows everything.
 */
enum specifier_operator {
	SPECIFIER_EQUAL,         /* == */
	SPECIFIER_NOT_EQUAL,     /* != */
	SPECIFIER_LESS,          /* < */
	SPECIFIER_LESS_EQUAL,    /* <= */
	SPECIFIER_GREATER,       /* > */
	SPECIFIER_GREATER_EQUAL, /* >= */
	SPECIFIER_COMPATIBLE,    /* ~= */
	SPECIFIER_ARBITRARY,     /* === */
};

struct specifier {
	enum specifier_operator operator;
	bool wildcard;          /* "==1.0.*", "!=1.0.*" */
	struct str text;        /* what stands after the operator, trimmed, with ".*" */
	struct version version; /* parsed without ".*"; unset for === of an unparsable text */
};

struct specifier_set {
	const struct specifier *items; /* items[n], in the order written; held by the arena */
	size_t n;
};

/* Strictly by the grammar. The views point into text. Error: column in text, what was expected. */
MUST_USE bool specifier_parse(
	struct str text, struct arena *arena, struct specifier_set *ret, struct err *err);

/*
 * The longest clause that text starts with, for readers that embed specifiers (requirement.c). No
 * white space is skipped before it. "===" takes everything up to white space, ';' or ')'.
 */
MUST_USE bool specifier_scan(struct str text, struct specifier *ret, size_t *ret_n);

/*
 * The same after the repairs that real index data needs (packaging.md 3: ">=1.*", ">=1.0 <2.0",
 * ">=3.5.*", "2.7*", stray quotes ...). *ret_repaired is the text that was read, "" when the strict
 * parse did. `text` and the result are held by the arena.
 */
MUST_USE bool specifier_parse_lenient(struct str text, struct arena *arena,
	struct specifier_set *ret, struct str *ret_repaired, struct err *err);

/* All clauses hold; pre-releases are judged by order alone (the caller has its own policy). */
bool specifier_contains(const struct specifier_set *set, const struct version *version);
bool specifier_clause_contains(const struct specifier *clause, const struct version *version);

/* Some clause names a pre-release (">=1.0a1", "==2.0.dev1"; != does not count). */
bool specifier_names_prerelease(const struct specifier_set *set);

/* Exactly one version is meant: a single "==V" without wildcard, or "===V". */
bool specifier_is_pin(const struct specifier_set *set);

/* The clause's operator as text: ">=". */
struct str specifier_operator_text(enum specifier_operator operator);

/* One clause as operator and text: ">=1.0". */
struct str specifier_clause_text(const struct specifier *clause, struct arena *arena);

/* Normal text: clauses sorted, joined by ",", versions as written. */
struct str specifier_text(const struct specifier_set *set, struct arena *arena);
