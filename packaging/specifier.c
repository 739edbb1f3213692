#include "packaging/specifier.h"
#include <stdlib.h>
#include "common/vec.h"
#include "packaging/blank.h"
#include "common/banned.h"

/* ---- reading ---------------------------------------------------------------------------------- */

/* Longer operators first: "===" also starts with "==". */
static const struct operator_text {
	struct str text;
	enum specifier_operator means;
} operators[] = {
	{STR_INIT("==="), SPECIFIER_ARBITRARY    },
	{STR_INIT("=="),  SPECIFIER_EQUAL        },
	{STR_INIT("!="),  SPECIFIER_NOT_EQUAL    },
	{STR_INIT("~="),  SPECIFIER_COMPATIBLE   },
	{STR_INIT("<="),  SPECIFIER_LESS_EQUAL   },
	{STR_INIT(">="),  SPECIFIER_GREATER_EQUAL},
	{STR_INIT("<"),   SPECIFIER_LESS         },
	{STR_INIT(">"),   SPECIFIER_GREATER      },
};

enum { N_OPERATORS = sizeof(operators) / sizeof(operators[0]) };

static const struct operator_text *find_operator(struct str text)
{
	for (size_t i = 0; i < N_OPERATORS; i++) {
		if (str_starts(text, operators[i].text)) {
			return &operators[i];
		}
	}
	return NULL;
}

static bool has_operator(const struct specifier *clause, enum specifier_operator which)
{
	return which == clause->operator;
}

struct str specifier_operator_text(enum specifier_operator operator)
{
	for (size_t i = 0; i < N_OPERATORS; i++) {
		if (operators[i].means == (operator)) {
			return operators[i].text;
		}
	}
	return S("");
}

/* The text of "===", which may be no version: anything but white space, ';' and ')'. */
static size_t arbitrary_length(struct str text)
{
	size_t n = 0;
	while (n < text.n && text.p[n] != ';' && text.p[n] != ')' &&
		blank_length(str_skip(text, n)) == 0) {
		n++;
	}
	return n;
}

static bool release_only(const struct version *version)
{
	return version->pre == VERSION_NO_PRE && !version->has_post && !version->has_dev &&
	       version->local.n == 0;
}

/* What PEP 440 allows behind each operator, once it reads as a version. */
static bool operand_fits(const struct specifier *clause)
{
	switch (clause->operator) {
	case SPECIFIER_EQUAL:
	case SPECIFIER_NOT_EQUAL:
	case SPECIFIER_ARBITRARY:
		return true;
	case SPECIFIER_COMPATIBLE: /* the last release segment may vary, so there must be two */
		return clause->version.local.n == 0 &&
		       str_find_char(clause->version.release, '.') >= 0;
	case SPECIFIER_LESS:
	case SPECIFIER_LESS_EQUAL:
	case SPECIFIER_GREATER:
	case SPECIFIER_GREATER_EQUAL:
		return clause->version.local.n == 0;
	}
	return false;
}

bool specifier_scan(struct str text, struct specifier *ret, size_t *ret_n)
{
	const struct operator_text *found = find_operator(text);
	if (found == NULL) {
		return false;
	}
	struct specifier clause = {found->means, false, S(""), {.key = 0}};
	size_t at = found->text.n;
	at += blank_prefix(str_skip(text, at));
	struct str rest = str_skip(text, at);
	size_t n;
	if (has_operator(&clause, SPECIFIER_ARBITRARY)) {
		n = arbitrary_length(rest);
		(void)!version_parse(str_slice(rest, 0, n), &clause.version);
	} else {
		if (!version_scan(rest, &clause.version, &n) || !operand_fits(&clause)) {
			return false;
		}
		bool may_vary = has_operator(&clause, SPECIFIER_EQUAL) ||
				has_operator(&clause, SPECIFIER_NOT_EQUAL);
		if (may_vary && release_only(&clause.version) &&
			str_starts(str_skip(rest, n), S(".*"))) {
			clause.wildcard = true;
			n += 2;
		}
	}
	clause.text = str_slice(rest, 0, n);
	*ret = clause;
	*ret_n = at + n;
	return true;
}

/* Say what is wrong with one clause; `at` is its offset in the whole text. */
static bool refuse_clause(struct str clause, size_t at, struct err *err)
{
	AUTO(buf_done) struct buf shown = {0};
	buf_add_shown(&shown, str_slice(clause, 0, 200), true);
	const struct operator_text *found = find_operator(clause);
	err->column = (int)at + 1;
	if (found == NULL) {
		err_hint(err, "write an operator before the version, as in '>=1.0'");
		return err_set(err, ERR_INPUT,
			"expected one of == != <= >= < > ~= === in '" STR_FMT "'",
			STR_ARG(buf_str(&shown)));
	}
	err->column += (int)found->text.n;
	if (found->means == SPECIFIER_COMPATIBLE) {
		err_hint(err, "'~=' needs two numbers at least, as in '~=1.4'");
	} else if (str_ends(clause, S("*"))) {
		err_hint(err, "'.*' can only stand behind == and !=, right after the numbers");
	} else if (str_find_char(clause, '+') >= 0) {
		err_hint(err, "a local version ('+...') can only stand behind == and !=");
	}
	return err_set(err, ERR_INPUT, "expected a version after '" STR_FMT "' in '" STR_FMT "'",
		STR_ARG(found->text), STR_ARG(buf_str(&shown)));
}

bool specifier_parse(
	struct str text, struct arena *arena, struct specifier_set *ret, struct err *err)
{
	VEC(struct specifier) clauses = {0};
	for (size_t at = 0; at < text.n;) {
		struct str piece = str_skip(text, at);
		ptrdiff_t comma = str_find_char(piece, ',');
		piece = str_slice(piece, 0, comma < 0 ? piece.n : (size_t)comma);
		size_t next = at + piece.n + 1;
		struct str clause = blank_trim(piece);
		if (clause.n > 0) {
			size_t n;
			struct specifier read;
			if (!specifier_scan(clause, &read, &n) || n != clause.n) {
				return refuse_clause(clause, (size_t)(clause.p - text.p), err);
			}
			*vec_push(arena, &clauses) = read;
		}
		at = next;
	}
	*ret = (struct specifier_set){.items = clauses.p, .n = clauses.n};
	return true;
}

/* ---- deciding --------------------------------------------------------------------------------- */

static int compare_public(const struct version *a, const struct version *b)
{
	if (a->local.n == 0 && b->local.n == 0) {
		return version_compare(a, b);
	}
	struct version one = *a, other = *b;
	one.local = other.local = S("");
	return version_compare_slow(&one, &other);
}

/* Segments of a release, at least one. */
static size_t count_segments(struct str release)
{
	size_t n = 1;
	for (size_t i = 0; i < release.n; i++) {
		n += release.p[i] == '.';
	}
	return n;
}

/* Same epoch, and the first n release segments are equal, missing ones being 0. */
static bool same_prefix(const struct version *a, const struct version *b, size_t n)
{
	struct str rest_a = a->release, rest_b = b->release;
	bool same = version_compare_digits(a->epoch, b->epoch) == 0;
	for (size_t i = 0; i < n && same; i++) {
		struct str one = S(""), other = S("");
		(void)!version_next_segment(&rest_a, &one);
		(void)!version_next_segment(&rest_b, &other);
		same = version_compare_digits(one, other) == 0;
	}
	return same;
}

static bool same_release(const struct version *a, const struct version *b)
{
	size_t n = count_segments(a->release), m = count_segments(b->release);
	return same_prefix(a, b, n > m ? n : m);
}

static bool is_equal(const struct specifier *clause, const struct version *version)
{
	const struct version *limit = &clause->version;
	if (clause->wildcard) {
		return same_prefix(version, limit, count_segments(limit->release));
	}
	return limit->local.n > 0 ? version_compare(version, limit) == 0
				  : compare_public(version, limit) == 0;
}

/* Not a pre-release of V unless V is one: 1.0rc1 is not below 1.0, 1.0.post1.dev1 not below .post1. */
static bool is_less(const struct version *version, const struct version *limit)
{
	if (version_compare(version, limit) >= 0) {
		return false;
	}
	if (version_is_prerelease(limit) || !same_release(version, limit)) {
		return true;
	}
	struct version first = *limit;
	first.has_dev = true;
	first.dev_number = S("");
	return version_compare_slow(version, &first) < 0;
}

/* Not a post release of V unless V is one, and never a local version of V. */
static bool is_greater(const struct version *version, const struct version *limit)
{
	if (compare_public(version, limit) <= 0) {
		return false;
	}
	bool family = !limit->has_post && !limit->has_dev && version->pre == limit->pre &&
		      version_compare_digits(version->pre_number, limit->pre_number) == 0 &&
		      same_release(version, limit);
	return !family;
}

bool specifier_clause_contains(const struct specifier *clause, const struct version *version)
{
	const struct version *limit = &clause->version;
	switch (clause->operator) {
	case SPECIFIER_EQUAL:
		return is_equal(clause, version);
	case SPECIFIER_NOT_EQUAL:
		return !is_equal(clause, version);
	case SPECIFIER_LESS:
		return is_less(version, limit);
	case SPECIFIER_LESS_EQUAL:
		return compare_public(version, limit) <= 0;
	case SPECIFIER_GREATER:
		return is_greater(version, limit);
	case SPECIFIER_GREATER_EQUAL:
		return version_compare(version, limit) >= 0;
	case SPECIFIER_COMPATIBLE:
		return version_compare(version, limit) >= 0 &&
		       same_prefix(version, limit, count_segments(limit->release) - 1);
	case SPECIFIER_ARBITRARY:
		return str_ieq(version->text, clause->text);
	}
	return false;
}

bool specifier_contains(const struct specifier_set *set, const struct version *version)
{
	for (size_t i = 0; i < set->n; i++) {
		if (!specifier_clause_contains(&set->items[i], version)) {
			return false;
		}
	}
	return true;
}

bool specifier_names_prerelease(const struct specifier_set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		const struct specifier *clause = &set->items[i];
		if (!has_operator(clause, SPECIFIER_NOT_EQUAL) &&
			version_is_prerelease(&clause->version)) {
			return true;
		}
	}
	return false;
}

bool specifier_is_pin(const struct specifier_set *set)
{
	return set->n == 1 && !set->items[0].wildcard &&
	       (has_operator(&set->items[0], SPECIFIER_EQUAL) ||
		       has_operator(&set->items[0], SPECIFIER_ARBITRARY));
}

/* ---- writing ---------------------------------------------------------------------------------- */

struct str specifier_clause_text(const struct specifier *clause, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	buf_add(&out, specifier_operator_text(clause->operator));
	buf_add(&out, clause->text);
	return arena_str(arena, buf_str(&out));
}

static int compare_texts(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

struct str specifier_text(const struct specifier_set *set, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	struct str *texts = arena_array(arena, struct str, set->n);
	for (size_t i = 0; i < set->n; i++) {
		texts[i] = specifier_clause_text(&set->items[i], arena);
	}
	if (set->n > 1) {
		qsort(texts, set->n, sizeof(texts[0]), compare_texts);
	}
	for (size_t i = 0; i < set->n; i++) {
		if (i > 0 && str_eq(texts[i], texts[i - 1])) {
			continue;
		}
		if (out.n > 0) {
			buf_byte(&out, ',');
		}
		buf_add(&out, texts[i]);
	}
	return arena_str(arena, buf_str(&out));
}
