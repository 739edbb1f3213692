#include "common/vec.h"
#include "packaging/specifier.h"
#include "common/banned.h"

/*
 * Reading the specifiers of real index data that PEP 440 does not allow. Each repair is one that an
 * installer in wide use makes as well; what it leads to is shown in the justification.
 *
 *	>=1.0 <2.0      >=1.0,<2.0      a missing comma
 *	>=3.5.*         >=3.5           a star or local part where order is asked
 *	2.7*  ==2.7*    ==2.7.*         a missing dot; no operator means ==
 *	=>1  =<2  =1    >=1 <=2 ==1     operators turned round
 *	!=~3.1          !=3.1.*
 *	~=1             ~=1.0
 *	>dev            >0.0.0dev
 *	1.0a1.0         1.0a1
 *	==1.0.dev*      ==1.0.*
 *	'>=1'  (>=1)    >=1             quotes and parentheses around
 */

static bool is_operator_char(char c)
{
	return c == '<' || c == '>' || c == '=' || c == '!' || c == '~';
}

static bool is_version_char(char c)
{
	return char_is_alnum(c) || c == '.' || c == '*' || c == '+' || c == '_' || c == '-';
}

/* The operator meant by a run of operator characters; "" when there is no telling. */
static struct str meant_operator(struct str run)
{
	static const struct {
		struct str written, meant;
	} known[] = {
		{STR_INIT("=>"),  STR_INIT(">=") },
		{STR_INIT("=<"),  STR_INIT("<=") },
		{STR_INIT("="),   STR_INIT("==") },
		{STR_INIT(""),    STR_INIT("==") },
		{STR_INIT("!=~"), STR_INIT("!=") },
		{STR_INIT("!=="), STR_INIT("!=") },
		{STR_INIT("~"),   STR_INIT("~=") },
		{STR_INIT("<>"),  STR_INIT("!=") },
		{STR_INIT(">=="), STR_INIT(">=") },
		{STR_INIT("<=="), STR_INIT("<=") },
		{STR_INIT("==="), STR_INIT("===")},
		{STR_INIT("=="),  STR_INIT("==") },
		{STR_INIT("!="),  STR_INIT("!=") },
		{STR_INIT("~="),  STR_INIT("~=") },
		{STR_INIT("<="),  STR_INIT("<=") },
		{STR_INIT(">="),  STR_INIT(">=") },
		{STR_INIT("<"),   STR_INIT("<")  },
		{STR_INIT(">"),   STR_INIT(">")  },
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (str_eq(run, known[i].written)) {
			return known[i].meant;
		}
	}
	return S("");
}

/* "2.7*", "2.7.*", "2.7.x", "1.0.dev*": what stands before the star; *ret_star says there was one. */
static struct str cut_star(struct str text, bool *ret_star)
{
	*ret_star = str_ends(text, S("*")) || str_ends(text, S(".x"));
	while (*ret_star && text.n > 0 && !char_is_digit(text.p[text.n - 1])) {
		text.n--;
	}
	return text;
}

/* "1.0a1.0" and the like: the longest version at the start, when only ".0" is left behind it. */
static struct str cut_trailing_zero(struct str text)
{
	struct version version;
	size_t n;
	bool cut = version_scan(text, &version, &n) && n < text.n &&
		   str_eq(str_skip(text, n), S(".0"));
	return cut ? str_slice(text, 0, n) : text;
}

static bool add_clause(struct str run, struct str text, struct buf *out)
{
	struct str sign = meant_operator(run);
	bool equality = str_eq(sign, S("==")) || str_eq(sign, S("!="));
	bool star = false;
	if (sign.n == 0) {
		return false;
	}
	if (!str_eq(sign, S("==="))) {
		text = cut_star(text, &star);
		text = str_eq(text, S("dev")) ? S("0.0.0dev") : cut_trailing_zero(text);
	}
	if (text.n == 0) {
		return star && str_eq(sign, S("==")); /* "*": anything */
	}
	ptrdiff_t plus = str_find_char(text, '+');
	if (!equality && !str_eq(sign, S("===")) && plus >= 0) {
		text = str_slice(text, 0, (size_t)plus);
	}
	if (out->n > 0) {
		buf_byte(out, ',');
	}
	buf_add(out, sign);
	buf_add(out, text);
	if ((equality && star) || str_eq(run, S("!=~"))) {
		buf_add(out, S(".*"));
	} else if (str_eq(sign, S("~=")) && str_find_char(text, '.') < 0) {
		buf_add(out, S(".0"));
	}
	return true;
}

/* Rewrite text clause by clause. False when some character fits nowhere. */
static bool rewrite(struct str text, struct buf *out)
{
	size_t at = 0;
	while (at < text.n) {
		char c = text.p[at];
		if (!is_operator_char(c) && !is_version_char(c)) {
			bool skipped = char_is_space(c) || strchr(",'\"()`", c) != NULL;
			if (!skipped || c == '\0') {
				return false;
			}
			at++;
			continue;
		}
		size_t from = at;
		while (at < text.n && is_operator_char(text.p[at])) {
			at++;
		}
		struct str run = str_slice(text, from, at);
		while (at < text.n && (char_is_space(text.p[at]) || text.p[at] == '\'')) {
			at++;
		}
		from = at;
		while (at < text.n &&
			(is_version_char(text.p[at]) ||
				(text.p[at] == '!' && at + 1 < text.n && text.p[at + 1] != '='))) {
			at++;
		}
		if (!add_clause(run, str_slice(text, from, at), out)) {
			return false;
		}
	}
	return true;
}

bool specifier_parse_lenient(struct str text, struct arena *arena, struct specifier_set *ret,
	struct str *ret_repaired, struct err *err)
{
	if (specifier_parse(text, arena, ret, err)) {
		*ret_repaired = S("");
		return true;
	}
	AUTO(buf_done) struct buf out = {.max = 1 << 16};
	struct err second = {0};
	if (!rewrite(text, &out) || out.full) {
		return false;
	}
	struct str repaired = arena_str(arena, buf_str(&out));
	struct specifier_set set;
	if (!specifier_parse(repaired, arena, &set, &second)) {
		return false;
	}
	*ret = set;
	*ret_repaired = repaired;
	*err = (struct err){0};
	return true;
}
