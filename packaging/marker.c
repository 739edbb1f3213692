#include "packaging/marker.h"
#include "common/vec.h"
#include "packaging/literal.h"
#include "packaging/name.h"
#include "packaging/specifier.h"
#include "common/banned.h"

enum relation {
	RELATION_IN,
	RELATION_NOT_IN,
	RELATION_ARBITRARY,
	RELATION_EQUAL,
	RELATION_COMPATIBLE,
	RELATION_NOT_EQUAL,
	RELATION_LESS_EQUAL,
	RELATION_GREATER_EQUAL,
	RELATION_LESS,
	RELATION_GREATER,
};

/* Longer ones first; "in" and "not in" are words and read apart. */
static const struct str relation_texts[] = {
	[RELATION_IN] = STR_INIT("in"),
	[RELATION_NOT_IN] = STR_INIT("not in"),
	[RELATION_ARBITRARY] = STR_INIT("==="),
	[RELATION_EQUAL] = STR_INIT("=="),
	[RELATION_COMPATIBLE] = STR_INIT("~="),
	[RELATION_NOT_EQUAL] = STR_INIT("!="),
	[RELATION_LESS_EQUAL] = STR_INIT("<="),
	[RELATION_GREATER_EQUAL] = STR_INIT(">="),
	[RELATION_LESS] = STR_INIT("<"),
	[RELATION_GREATER] = STR_INIT(">"),
};

struct operand {
	struct str text; /* name of a variable, or the value between the quotes */
	bool variable;
};

enum kind { KIND_COMPARE, KIND_AND, KIND_OR };

/*
 * "or" of "and" of comparisons; a level with one member is that member. A comparison keeps both
 * sides as written, since either may be the variable.
 */
struct marker {
	enum kind kind;
	bool group; /* stood in parentheses */
	const struct marker *const *members;
	size_t n;
	struct operand left, right;
	enum relation relation;
	bool has_clause;         /* relation and right side read as a version specifier */
	struct specifier clause; /* then this is it */
};

/* ---- reading ---------------------------------------------------------------------------------- */

enum { DEPTH_MAX = 200 };

struct reader {
	struct str text;
	size_t at;
	int depth;
	struct arena *arena;
	struct err *err;
};

static struct str rest_of(const struct reader *in)
{
	return str_skip(in->text, in->at);
}

static char peek(const struct reader *in)
{
	return in->at < in->text.n ? in->text.p[in->at] : '\0';
}

static void skip_blanks(struct reader *in)
{
	while (peek(in) == ' ' || peek(in) == '\t') {
		in->at++;
	}
}

static bool is_word_char(char c)
{
	return char_is_alnum(c) || c == '_' || (unsigned char)c >= 0x80;
}

/* The word stands at the cursor and is not part of a longer one. */
static bool at_word(const struct reader *in, struct str word)
{
	struct str rest = rest_of(in);
	bool starts = in->at == 0 || !is_word_char(in->text.p[in->at - 1]);
	bool ends = rest.n <= word.n || !is_word_char(rest.p[word.n]);
	return starts && ends && str_starts(rest, word);
}

static bool take_word(struct reader *in, struct str word)
{
	bool taken = at_word(in, word);
	in->at += taken ? word.n : 0;
	return taken;
}

static bool refuse(struct reader *in, const char *expected)
{
	AUTO(buf_done) struct buf shown = {0};
	buf_add_shown(&shown, str_slice(rest_of(in), 0, 40), true);
	in->err->column = (int)in->at + 1;
	if (in->at >= in->text.n) {
		return err_set(
			in->err, ERR_INPUT, "expected %s at the end of the marker", expected);
	}
	return err_set(in->err, ERR_INPUT, "expected %s at '" STR_FMT "' in the marker", expected,
		STR_ARG(buf_str(&shown)));
}

/* Spellings of the variables; old ones have a dot or another name. */
static const struct {
	struct str written, name;
} variables[] = {
	{STR_INIT("python_version"),                 STR_INIT("python_version")                },
	{STR_INIT("python_full_version"),            STR_INIT("python_full_version")           },
	{STR_INIT("os_name"),                        STR_INIT("os_name")                       },
	{STR_INIT("os.name"),                        STR_INIT("os_name")                       },
	{STR_INIT("sys_platform"),                   STR_INIT("sys_platform")                  },
	{STR_INIT("sys.platform"),                   STR_INIT("sys_platform")                  },
	{STR_INIT("platform_release"),               STR_INIT("platform_release")              },
	{STR_INIT("platform_system"),                STR_INIT("platform_system")               },
	{STR_INIT("platform_version"),               STR_INIT("platform_version")              },
	{STR_INIT("platform.version"),               STR_INIT("platform_version")              },
	{STR_INIT("platform_machine"),               STR_INIT("platform_machine")              },
	{STR_INIT("platform.machine"),               STR_INIT("platform_machine")              },
	{STR_INIT("platform_python_implementation"), STR_INIT("platform_python_implementation")},
	{STR_INIT("platform.python_implementation"), STR_INIT("platform_python_implementation")},
	{STR_INIT("python_implementation"),          STR_INIT("platform_python_implementation")},
	{STR_INIT("implementation_name"),            STR_INIT("implementation_name")           },
	{STR_INIT("implementation_version"),         STR_INIT("implementation_version")        },
	{STR_INIT("extra"),                          STR_INIT("extra")                         },
	{STR_INIT("extras"),                         STR_INIT("extras")                        },
	{STR_INIT("dependency_groups"),              STR_INIT("dependency_groups")             },
};

static bool read_operand(struct reader *in, struct operand *ret)
{
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		if (take_word(in, variables[i].written)) {
			*ret = (struct operand){.text = variables[i].name, .variable = true};
			return true;
		}
	}
	char quote = peek(in);
	if (quote != '\'' && quote != '"') {
		return refuse(in, "a marker variable or a quoted string");
	}
	struct str inside = str_skip(rest_of(in), 1);
	ptrdiff_t end = str_find_char(inside, quote);
	if (end < 0) {
		return refuse(in, "a closing quote");
	}
	inside = str_slice(inside, 0, (size_t)end);
	struct operand operand = {0};
	if (!literal_decode(inside, in->arena, &operand.text)) {
		return refuse(in, "a string as Python reads it");
	}
	in->at += inside.n + 2;
	*ret = operand;
	return true;
}

static bool read_operator(struct reader *in, enum relation *ret)
{
	if (take_word(in, S("in"))) {
		*ret = RELATION_IN;
		return true;
	}
	if (take_word(in, S("not"))) {
		size_t end = in->at;
		skip_blanks(in);
		if (in->at == end || !take_word(in, S("in"))) {
			return refuse(in, "'in' after 'not'");
		}
		*ret = RELATION_NOT_IN;
		return true;
	}
	for (enum relation i = RELATION_ARBITRARY; i <= RELATION_GREATER; i++) {
		if (str_starts(rest_of(in), relation_texts[i])) {
			in->at += relation_texts[i].n;
			*ret = i;
			return true;
		}
	}
	return refuse(in, "one of <= < != == >= > ~= === in, not in");
}

/* Extras are compared in their normal form (PEP 685). */
static void normalise_extras(struct marker *marker, struct arena *arena)
{
	struct operand *left = &marker->left, *right = &marker->right;
	bool set = str_eq(right->text, S("extra")) || str_eq(right->text, S("extras")) ||
		   str_eq(right->text, S("dependency_groups"));
	if (left->variable && str_eq(left->text, S("extra")) && !right->variable) {
		right->text = name_normal(right->text, arena);
	} else if (right->variable && set && !left->variable) {
		left->text = name_normal(left->text, arena);
	}
}

/* Compared as a version where the value reads as one. */
static bool is_version_variable(struct str name)
{
	return str_eq(name, S("python_version")) || str_eq(name, S("python_full_version")) ||
	       str_eq(name, S("implementation_version")) || str_eq(name, S("platform_release"));
}

/* Operator and value glued together read as a specifier, or not. */
static bool read_clause(
	enum relation relation, struct str value, struct arena *arena, struct specifier *ret)
{
	AUTO(buf_done) struct buf glued = {0};
	buf_add(&glued, relation_texts[relation]);
	buf_add(&glued, value);
	struct str text = arena_str(arena, buf_str(&glued));
	struct specifier_set set;
	struct err ignored = {0};
	if (str_find_char(text, ',') >= 0 || !specifier_parse(text, arena, &set, &ignored) ||
		set.n != 1) {
		return false;
	}
	*ret = set.items[0];
	return true;
}

static bool read_comparison(struct reader *in, const struct marker **ret)
{
	struct marker *marker = arena_new(in->arena, struct marker);
	if (!read_operand(in, &marker->left)) {
		return false;
	}
	skip_blanks(in);
	if (!read_operator(in, &marker->relation)) {
		return false;
	}
	skip_blanks(in);
	if (!read_operand(in, &marker->right)) {
		return false;
	}
	normalise_extras(marker, in->arena);
	marker->has_clause =
		marker->left.variable && is_version_variable(marker->left.text) &&
		read_clause(marker->relation, marker->right.text, in->arena, &marker->clause);
	*ret = marker;
	return true;
}

static bool read_or(struct reader *in, const struct marker **ret);

static bool read_group(struct reader *in, const struct marker **ret)
{
	const struct marker *inner;
	if (++in->depth > DEPTH_MAX) {
		return refuse(in, "fewer nested parentheses");
	}
	in->at++;
	if (!read_or(in, &inner)) {
		return false;
	}
	if (peek(in) != ')') {
		return refuse(in, "')'");
	}
	in->at++;
	in->depth--;
	struct marker *group = arena_new(in->arena, struct marker);
	*group = *inner;
	group->group = true;
	*ret = group;
	return true;
}

static bool read_atom(struct reader *in, const struct marker **ret)
{
	skip_blanks(in);
	bool read = peek(in) == '(' ? read_group(in, ret) : read_comparison(in, ret);
	skip_blanks(in);
	return read;
}

static bool read_level(struct reader *in, enum kind kind, const struct marker **ret)
{
	VEC(const struct marker *) members = {0};
	struct str word = kind == KIND_OR ? S("or") : S("and");
	do {
		const struct marker *member = NULL;
		bool read = kind == KIND_OR ? read_level(in, KIND_AND, &member)
					    : read_atom(in, &member);
		if (!read) {
			return false;
		}
		*vec_push(in->arena, &members) = member;
	} while (take_word(in, word));
	if (members.n == 1) {
		*ret = members.p[0];
		return true;
	}
	struct marker *marker = arena_new(in->arena, struct marker);
	*marker = (struct marker){.kind = kind, .members = members.p, .n = members.n};
	*ret = marker;
	return true;
}

static bool read_or(struct reader *in, const struct marker **ret)
{
	return read_level(in, KIND_OR, ret);
}

bool marker_parse(struct str text, struct arena *arena, const struct marker **ret, struct err *err)
{
	struct reader in = {.text = text, .arena = arena, .err = err};
	const struct marker *marker;
	if (!read_or(&in, &marker)) {
		return false;
	}
	if (in.at < text.n) {
		return refuse(&in, "'and', 'or' or the end");
	}
	*ret = marker;
	return true;
}

/* ---- deciding --------------------------------------------------------------------------------- */

struct context {
	const struct environment *environment;
	const struct str *extras;
	size_t n_extras;
};

static enum marker_result result(bool value)
{
	return value ? MARKER_TRUE : MARKER_FALSE;
}

/* Text has no order: >= and <= mean equality, > and < are never true, ~= and === mean nothing. */
static enum marker_result compare_texts(struct str left, enum relation relation, struct str right)
{
	switch (relation) {
	case RELATION_IN:
		return result(str_find(right, left) >= 0);
	case RELATION_NOT_IN:
		return result(str_find(right, left) < 0);
	case RELATION_EQUAL:
	case RELATION_LESS_EQUAL:
	case RELATION_GREATER_EQUAL:
		return result(str_eq(left, right));
	case RELATION_NOT_EQUAL:
		return result(!str_eq(left, right));
	case RELATION_LESS:
	case RELATION_GREATER:
		return MARKER_FALSE;
	case RELATION_COMPATIBLE:
	case RELATION_ARBITRARY:
		return MARKER_ERROR;
	}
	return MARKER_ERROR;
}

/*
 * `extra` stands for all requested extras at once: equality and "in" ask for one that fits, their
 * negations for none. Without extras it is the empty text.
 */
static enum marker_result compare_extra(const struct marker *marker, const struct context *context)
{
	static const struct str none[] = {STR_INIT("")};
	bool negated =
		marker->relation == RELATION_NOT_EQUAL || marker->relation == RELATION_NOT_IN;
	size_t n = context->n_extras > 0 ? context->n_extras : 1;
	const struct str *extras = context->n_extras > 0 ? context->extras : none;
	enum marker_result outcome = result(negated);
	for (size_t i = 0; i < n; i++) {
		struct str left = marker->left.variable ? extras[i] : marker->left.text;
		struct str right = marker->left.variable ? marker->right.text : extras[i];
		enum marker_result one = compare_texts(left, marker->relation, right);
		if (one == MARKER_ERROR || one != result(negated)) {
			outcome = one;
		}
	}
	return outcome;
}

/* Pre-releases count; text that is no version is in no specifier but "===". */
static enum marker_result compare_versions(const struct specifier *clause, struct str text)
{
	struct version version = {0};
	if (SPECIFIER_ARBITRARY != clause->operator&& !version_parse(text, &version)) {
		return MARKER_FALSE;
	}
	version.text = text;
	return result(specifier_clause_contains(clause, &version));
}

/* A Python built from a checkout calls itself "3.13.0+", which is no version yet. */
static struct str variable_value(struct str name, struct str value, struct arena *arena)
{
	if (str_eq(name, S("python_full_version")) && str_ends(value, S("+"))) {
		return arena_printf(arena, STR_FMT "local", STR_ARG(value));
	}
	return value;
}

static enum marker_result compare(const struct marker *marker, const struct context *context)
{
	AUTO(arena_done) struct arena arena = {0};
	struct str name = marker->left.variable ? marker->left.text : marker->right.text;
	struct str value;
	if (str_eq(name, S("extra"))) {
		return compare_extra(marker, context);
	}
	if (!environment_marker_value(context->environment, name, &value)) {
		return MARKER_ERROR;
	}
	value = variable_value(name, value, &arena);
	struct str left = marker->left.variable ? value : marker->left.text;
	struct str right = marker->left.variable ? marker->right.text : value;
	if (is_version_variable(name)) {
		struct specifier clause = marker->clause;
		if (marker->left.variable ? marker->has_clause
					  : read_clause(marker->relation, right, &arena, &clause)) {
			return compare_versions(&clause, left);
		}
	}
	return compare_texts(left, marker->relation, right);
}

/* Every comparison is made, so that one without a meaning is found wherever it stands. */
static enum marker_result evaluate(const struct marker *marker, const struct context *context)
{
	if (marker->kind == KIND_COMPARE) {
		return compare(marker, context);
	}
	bool all = true, any = false;
	for (size_t i = 0; i < marker->n; i++) {
		enum marker_result one = evaluate(marker->members[i], context);
		if (one == MARKER_ERROR) {
			return MARKER_ERROR;
		}
		all = all && one == MARKER_TRUE;
		any = any || one == MARKER_TRUE;
	}
	return result(marker->kind == KIND_AND ? all : any);
}

enum marker_result marker_evaluate(const struct marker *marker,
	const struct environment *environment, const struct str *extras, size_t n_extras)
{
	struct context context = {
		.environment = environment, .extras = extras, .n_extras = n_extras};
	return marker == NULL ? MARKER_TRUE : evaluate(marker, &context);
}

bool marker_uses_extra(const struct marker *marker)
{
	if (marker == NULL) {
		return false;
	}
	bool uses = (marker->left.variable && str_eq(marker->left.text, S("extra"))) ||
		    (marker->right.variable && str_eq(marker->right.text, S("extra")));
	for (size_t i = 0; i < marker->n && !uses; i++) {
		uses = marker_uses_extra(marker->members[i]);
	}
	return uses;
}

static size_t add_extras(const struct marker *marker, struct str *list, size_t n, size_t max)
{
	bool left = marker->left.variable && str_eq(marker->left.text, S("extra"));
	bool right = marker->right.variable && str_eq(marker->right.text, S("extra"));
	if (left || right) {
		struct str text = left ? marker->right.text : marker->left.text;
		for (size_t i = 0; i < n && i < max; i++) {
			if (str_eq(list[i], text)) {
				return n;
			}
		}
		if (n < max) {
			list[n] = text;
		}
		return n + 1;
	}
	for (size_t i = 0; i < marker->n && n <= max; i++) {
		n = add_extras(marker->members[i], list, n, max);
	}
	return n;
}

size_t marker_extras(const struct marker *marker, struct str *list, size_t max)
{
	size_t n = marker == NULL ? 0 : add_extras(marker, list, 0, max);
	return n <= max ? n : max + 1;
}

/* ---- patch releases ---------------------------------------------------------------------------- */

enum { PATCH_MAX = 9999 };

struct patches {
	VEC(int) list; /* ascending, distinct */
	int major, minor, after;
	struct arena *arena;
};

static void add_patch(struct patches *patches, int patch)
{
	size_t at = patches->list.n;
	while (at > 0 && patches->list.p[at - 1] > patch) {
		at--;
	}
	if (patch <= patches->after || (at > 0 && patches->list.p[at - 1] == patch)) {
		return;
	}
	(void)vec_push(patches->arena, &patches->list);
	memmove(&patches->list.p[at + 1], &patches->list.p[at],
		(patches->list.n - 1 - at) * sizeof(patches->list.p[0]));
	patches->list.p[at] = patch;
}

/* A version in a comparison can make a difference at its own patch release and at the one after. */
static void add_version(struct patches *patches, const struct version *version)
{
	struct str rest = version->release, digits;
	uint64_t numbers[3] = {0};
	for (int i = 0; i < 3 && version_next_segment(&rest, &digits); i++) {
		if (digits.n > 0 && !str_to_u64(digits, &numbers[i])) {
			return;
		}
	}
	bool here = numbers[0] == (uint64_t)patches->major &&
		    numbers[1] == (uint64_t)patches->minor && numbers[2] < PATCH_MAX;
	if (here && version->epoch.n == 0) {
		add_patch(patches, (int)numbers[2]);
		add_patch(patches, (int)numbers[2] + 1);
	}
}

static bool compares_patch(const struct marker *marker)
{
	const struct operand *variable = marker->left.variable ? &marker->left : &marker->right;
	return marker->kind == KIND_COMPARE &&
	       (str_eq(variable->text, S("python_full_version")) ||
		       str_eq(variable->text, S("implementation_version")));
}

bool marker_uses_patch(const struct marker *marker)
{
	bool uses = marker != NULL && compares_patch(marker);
	for (size_t i = 0; marker != NULL && i < marker->n && !uses; i++) {
		uses = marker_uses_patch(marker->members[i]);
	}
	return uses;
}

static void find_patches(const struct marker *marker, struct patches *patches)
{
	for (size_t i = 0; i < marker->n; i++) {
		find_patches(marker->members[i], patches);
	}
	struct str text = marker->left.variable ? marker->right.text : marker->left.text;
	if (!compares_patch(marker)) {
		return;
	}
	for (size_t at = 0; at < text.n;) { /* "in" has several of them in one text */
		struct version version;
		size_t n;
		bool starts =
			char_is_digit(text.p[at]) && (at == 0 || !char_is_alnum(text.p[at - 1]));
		if (starts && version_scan(str_skip(text, at), &version, &n) && n > 0) {
			add_version(patches, &version);
			at += n;
		} else {
			at++;
		}
	}
}

static enum marker_result evaluate_at(const struct marker *marker,
	const struct environment *environment, int patch, const struct str *extras, size_t n_extras)
{
	AUTO(arena_done) struct arena arena = {0};
	struct environment there = *environment;
	there.python_full_version =
		arena_printf(&arena, "%d.%d.%d", there.python_major, there.python_minor, patch);
	there.implementation_version = there.python_full_version;
	return marker_evaluate(marker, &there, extras, n_extras);
}

static int patch_of(const struct environment *environment)
{
	struct version version;
	struct str digits = S("");
	uint64_t patch = 0;
	if (version_parse(environment->python_full_version, &version)) {
		struct str rest = version.release;
		for (int i = 0; i < 3; i++) {
			digits = version_next_segment(&rest, &digits) ? digits : S("");
		}
	}
	return str_to_u64(digits, &patch) && patch < PATCH_MAX ? (int)patch : 0;
}

const int *marker_patches(const struct marker *marker, const struct environment *environment,
	const struct str *extras, size_t n_extras, struct arena *arena, size_t *ret_n)
{
	struct patches patches = {.major = environment->python_major,
		.minor = environment->python_minor,
		.after = patch_of(environment),
		.arena = arena};
	*ret_n = 0;
	if (marker == NULL) {
		return NULL;
	}
	find_patches(marker, &patches);
	for (size_t i = 0; i < patches.list.n; i++) {
		int patch = patches.list.p[i];
		if (evaluate_at(marker, environment, patch - 1, extras, n_extras) !=
			evaluate_at(marker, environment, patch, extras, n_extras)) {
			patches.list.p[(*ret_n)++] = patch;
		}
	}
	return patches.list.p;
}

/* ---- choosing --------------------------------------------------------------------------------- */

enum choice { CHOICE_NEVER, CHOICE_ALWAYS, CHOICE_OPEN };

struct chosen {
	const struct str *extras, *groups;
	size_t n_extras, n_groups;
	struct arena *arena;
};

static bool is_among(struct str name, const struct str *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(names[i], name)) {
			return true;
		}
	}
	return false;
}

static enum choice choose_comparison(const struct marker *marker, const struct chosen *chosen)
{
	struct str variable = marker->left.variable ? marker->left.text : marker->right.text;
	struct str name = marker->left.variable ? marker->right.text : marker->left.text;
	bool groups = str_eq(variable, S("dependency_groups"));
	if (!groups && !str_eq(variable, S("extras")) && !str_eq(variable, S("extra"))) {
		return CHOICE_OPEN;
	}
	bool in = groups ? is_among(name, chosen->groups, chosen->n_groups)
			 : is_among(name, chosen->extras, chosen->n_extras);
	bool negated =
		marker->relation == RELATION_NOT_EQUAL || marker->relation == RELATION_NOT_IN;
	return in != negated ? CHOICE_ALWAYS : CHOICE_NEVER;
}

static enum choice choose(
	const struct marker *marker, const struct chosen *chosen, const struct marker **ret)
{
	*ret = marker;
	if (marker->kind == KIND_COMPARE) {
		return choose_comparison(marker, chosen);
	}
	VEC(const struct marker *) open = {0};
	enum choice decides = marker->kind == KIND_AND ? CHOICE_NEVER : CHOICE_ALWAYS;
	for (size_t i = 0; i < marker->n; i++) {
		const struct marker *rest;
		enum choice one = choose(marker->members[i], chosen, &rest);
		if (one == decides) {
			return decides;
		}
		if (one == CHOICE_OPEN) {
			*vec_push(chosen->arena, &open) = rest;
		}
	}
	if (open.n == 0) {
		return decides == CHOICE_NEVER ? CHOICE_ALWAYS : CHOICE_NEVER;
	}
	struct marker *made = arena_new(chosen->arena, struct marker);
	*made = *marker;
	made->members = open.p;
	made->n = open.n;
	*ret = open.n == 1 ? open.p[0] : made;
	return CHOICE_OPEN;
}

bool marker_choose(const struct marker *marker, const struct str *extras, size_t n_extras,
	const struct str *groups, size_t n_groups, struct arena *arena,
	const struct marker **ret_rest)
{
	struct chosen chosen = {extras, groups, n_extras, n_groups, arena};
	*ret_rest = NULL;
	if (marker == NULL) {
		return true;
	}
	const struct marker *rest;
	enum choice choice = choose(marker, &chosen, &rest);
	*ret_rest = choice == CHOICE_OPEN ? rest : NULL;
	return choice != CHOICE_NEVER;
}

/* ---- writing ---------------------------------------------------------------------------------- */

/* Double quotes around the bare value where it holds none, as others print it. */
static void add_written(struct str value, struct buf *out)
{
	char quote = str_find_char(value, '"') >= 0 ? '\'' : '"';
	buf_byte(out, quote);
	buf_add(out, value);
	buf_byte(out, quote);
}

static void add_operand(const struct operand *operand, bool written, struct buf *out)
{
	if (operand->variable) {
		buf_add(out, operand->text);
	} else if (written) {
		add_written(operand->text, out);
	} else {
		literal_add(operand->text, out);
	}
}

/* written: keep the parentheses that were there, and double quotes. */
static void add_marker(const struct marker *marker, enum kind around, bool outermost, bool written,
	struct buf *out)
{
	if (marker->kind == KIND_COMPARE) {
		add_operand(&marker->left, written, out);
		buf_byte(out, ' ');
		buf_add(out, relation_texts[marker->relation]);
		buf_byte(out, ' ');
		add_operand(&marker->right, written, out);
		return;
	}
	bool needed = marker->kind == KIND_OR && around == KIND_AND;
	bool parentheses = written ? marker->group && !outermost : needed;
	if (parentheses) {
		buf_byte(out, '(');
	}
	for (size_t i = 0; i < marker->n; i++) {
		if (i > 0) {
			buf_add(out, marker->kind == KIND_AND ? S(" and ") : S(" or "));
		}
		add_marker(marker->members[i], marker->kind, false, written, out);
	}
	if (parentheses) {
		buf_byte(out, ')');
	}
}

struct str marker_text(const struct marker *marker, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	add_marker(marker, KIND_OR, true, false, &out);
	return arena_str(arena, buf_str(&out));
}

struct str marker_text_written(const struct marker *marker, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	add_marker(marker, KIND_OR, true, true, &out);
	return arena_str(arena, buf_str(&out));
}
