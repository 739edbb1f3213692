#pragma once
#include <stdint.h>
#include "common/arena.h"

/*
 * One version by PEP 440. All views point into the text that was parsed, which must outlive it; nothing
 * is allocated and numbers of any length are kept as their digits. Nearly every version also packs
 * into one 64-bit key whose integer order is the version order, so that sorting a page of thousands
 * rarely looks further.
 */
enum version_pre { VERSION_NO_PRE, VERSION_ALPHA, VERSION_BETA, VERSION_RC };

struct version {
	struct str text;    /* as written, trimmed; "===" and display need it */
	struct str epoch;   /* digits without leading zeros; "" is 0 */
	struct str release; /* "1.02.3", at least one segment, leading zeros as written */
	enum version_pre pre;
	struct str pre_number; /* digits, "" is 0 */
	bool has_post, has_dev;
	struct str post_number, dev_number;
	struct str local; /* as written after '+', "" when none */
	uint64_t key;     /* order key, or 0 when it does not pack */
};

/* False when text is no version. White space around it is allowed. */
MUST_USE bool version_parse(struct str text, struct version *ret);

/*
 * The longest version that text starts with, without looking past it: ">=1.0,<2" after the operator.
 * No white space is skipped. *ret_n is its length in bytes.
 */
MUST_USE bool version_scan(struct str text, struct version *ret, size_t *ret_n);

/* <0, 0, >0; zero-padded releases are equal (1.0 == 1.0.0). */
int version_compare(const struct version *a, const struct version *b);

/* The same without the keys: the reference that the keys are tested against. */
int version_compare_slow(const struct version *a, const struct version *b);

/* Digit strings of any length by value; "" is 0. */
int version_compare_digits(struct str a, struct str b);

/*
 * Next segment of a release: takes its digits off *rest, without leading zeros ("" is 0). False at
 * the end of *rest.
 */
bool version_next_segment(struct str *rest, struct str *ret_digits);

/* Pre-release or dev release. A post release is neither. */
bool version_is_prerelease(const struct version *version);

/* Normal form, as "1!2.0a1.post2.dev3+local.4". */
struct str version_normal(const struct version *version, struct arena *arena);

/* Without the local part; epoch and release only. */
struct str version_public(const struct version *version, struct arena *arena);
struct str version_base(const struct version *version, struct arena *arena);
