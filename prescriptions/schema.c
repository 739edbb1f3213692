#include "prescriptions/schema.h"
#include <math.h>
#include "packaging/name.h"
#include "prescriptions/language.h"
#include "prescriptions/lint.h"
#include "prescriptions/location.h"
#include "prescriptions/spec.h"
#include "common/banned.h"

static bool check(const struct tree *value, const struct rule *rule, struct presc_report *report);

/* ---- what is said ----------------------------------------------------------------------------- */

static bool fault(const struct tree *value, struct presc_report *report, const char *hint,
	const char *message)
{
	presc_fault(report, value->line, value->column, hint, "%s", message);
	return false;
}

static const char *expectation(const struct rule *rule)
{
	static const char *const names[] = {
		[RULE_ANY] = "a value",
		[RULE_STRING] = "a string",
		[RULE_NAME] = "a package name",
		[RULE_SPEC] = "a version specifier such as '>=1.0,<2'",
		[RULE_LOCKED] = "an exact version such as '==1.0'",
		[RULE_LINK] = "a link",
		[RULE_LOCATION] = "a regular expression",
		[RULE_WORD] = "a word",
		[RULE_BOOL] = "true or false",
		[RULE_FLOAT] = "a number with a point such as 0.5",
		[RULE_INTEGER] = "a whole number",
		[RULE_TIMES] = "0 or 1",
		[RULE_MAP] = "a mapping",
		[RULE_MAP_OF] = "a mapping",
		[RULE_LIST] = "a list",
	};
	return names[rule->kind];
}

static const char *found(const struct tree *value)
{
	switch (value->kind) {
	case TREE_ARRAY:
		return "a list";
	case TREE_TABLE:
		return "a mapping";
	case TREE_NULL:
	case TREE_STRING:
	case TREE_INTEGER:
	case TREE_FLOAT:
	case TREE_BOOL:
	case TREE_DATE:
		break;
	}
	return tree_kind_name(value->kind);
}

static bool wrong_kind(
	const struct tree *value, const struct rule *rule, struct presc_report *report)
{
	bool texts = rule->kind == RULE_STRING || rule->kind == RULE_NAME ||
		     rule->kind == RULE_SPEC || rule->kind == RULE_LOCKED ||
		     rule->kind == RULE_LINK || rule->kind == RULE_LOCATION ||
		     rule->kind == RULE_WORD;
	bool scalar =
		value->kind != TREE_ARRAY && value->kind != TREE_TABLE && value->kind != TREE_NULL;
	const char *hint = texts && scalar ? "put it in quotes"
			   : rule->kind == RULE_FLOAT && value->kind == TREE_INTEGER
				   ? "write the point: 1.0"
				   : "";
	if (value->key.n == 0) {
		presc_fault(report, value->line, value->column, hint, "expected %s, found %s",
			expectation(rule), found(value));
	} else {
		presc_fault(report, value->line, value->column, hint,
			"expected %s as '" STR_FMT "', found %s", expectation(rule),
			STR_ARG(value->key), found(value));
	}
	return false;
}

/* ---- texts ------------------------------------------------------------------------------------ */

bool presc_link_is_short(struct str link)
{
	for (size_t i = 0; i < link.n; i++) {
		char c = link.p[i];
		bool fits = char_is_digit(c) || (c >= 'a' && c <= 'z') || c == '_' || c == '-';
		if (!fits) {
			return false;
		}
	}
	return link.n > 0;
}

/* scheme://host; both are something, and there is nothing in it that does not show. */
static bool is_url(struct str link)
{
	struct str scheme;
	struct str rest;
	if (!str_cut(link, S("://"), &scheme, &rest) || scheme.n == 0 ||
		!char_is_alpha(scheme.p[0])) {
		return false;
	}
	for (size_t i = 0; i < scheme.n; i++) {
		if (!char_is_alnum(scheme.p[i]) && strchr("+-.", scheme.p[i]) == NULL) {
			return false;
		}
	}
	size_t host = 0;
	while (host < rest.n && strchr("/?#", rest.p[host]) == NULL) {
		host++;
	}
	for (size_t i = 0; i < rest.n; i++) {
		if ((unsigned char)rest.p[i] < ' ' || rest.p[i] == 0x7f) {
			return false;
		}
	}
	return host > 0;
}

/* "==1.2.3", as nearly all are: nothing to take apart. */
static bool is_plain_pin(struct str spec)
{
	struct version version;
	return str_starts(spec, S("==")) && version_parse(str_skip(spec, 2), &version) &&
	       version.text.n == spec.n - 2;
}

static bool check_spec(const struct tree *value, struct presc_report *report)
{
	if (is_plain_pin(value->text)) {
		return true;
	}
	AUTO(arena_done) struct arena arena = {0};
	struct specifier_set set;
	struct err err = {0};
	bool as_text;
	if (presc_spec_parse(value->text, &arena, &set, &as_text, &err)) {
		presc_lint_specifier(value, &set, as_text, report);
		return true;
	}
	presc_fault(report, value->line, value->column, "as in '>=1.0,<2' or '==1.0'",
		"'" STR_FMT "' is no version specifier: %s", STR_ARG(value->text), err.message);
	return false;
}

static bool check_name(const struct tree *value, struct presc_report *report)
{
	AUTO(arena_done) struct arena arena = {0};
	if (!name_is_valid(value->text)) {
		presc_fault(report, value->line, value->column, "",
			"'" STR_FMT "' is no package name", STR_ARG(value->text));
		return false;
	}
	struct str normal = name_normal(value->text, &arena);
	if (!str_eq(normal, value->text)) {
		presc_fault(report, value->line, value->column, "write the normal form",
			"the package name '" STR_FMT "' is written '" STR_FMT "'",
			STR_ARG(value->text), STR_ARG(normal));
		return false;
	}
	return true;
}

static bool check_word(
	const struct tree *value, const struct rule *rule, struct presc_report *report)
{
	for (size_t i = 0; i < rule->n_words; i++) {
		if (str_eq(value->text, rule->words[i])) {
			return true;
		}
	}
	AUTO(buf_done) struct buf known = {0};
	for (size_t i = 0; i < rule->n_words; i++) {
		buf_addf(&known, "%s" STR_FMT, i > 0 ? ", " : "one of ", STR_ARG(rule->words[i]));
	}
	presc_fault(report, value->line, value->column, arena_cstr(report->arena, buf_str(&known)),
		"unknown word '" STR_FMT "'", STR_ARG(value->text));
	return false;
}

static bool check_text(
	const struct tree *value, const struct rule *rule, struct presc_report *report)
{
	if (value->kind != TREE_STRING) {
		return wrong_kind(value, rule, report);
	}
	if (value->text.n == 0 && rule->kind != RULE_SPEC) {
		return fault(value, report, "write something", "expected a text that is not empty");
	}
	switch (rule->kind) {
	case RULE_NAME:
		return check_name(value, report);
	case RULE_SPEC:
		return check_spec(value, report);
	case RULE_WORD:
		return check_word(value, rule, report);
	case RULE_LOCKED:
		return str_starts(value->text, S("==")) ||
		       fault(value, report, "as in '==1.0'",
			       "expected an exact version that starts with '=='");
	case RULE_LINK:
		return presc_link_is_short(value->text) || is_url(value->text) ||
		       fault(value, report, "as in 'https://example.org/why'",
			       "expected a link with scheme and host");
	case RULE_LOCATION: {
		struct err err = {0};
		return presc_location_check(value->text, &err) ||
		       fault(value, report, "", err.message);
	}
	case RULE_ANY:
	case RULE_STRING:
	case RULE_BOOL:
	case RULE_FLOAT:
	case RULE_INTEGER:
	case RULE_TIMES:
	case RULE_MAP:
	case RULE_MAP_OF:
	case RULE_LIST:
		break;
	}
	return true;
}

/* ---- mappings and lists ----------------------------------------------------------------------- */

static const struct field *find_field(const struct rule *rule, struct str name)
{
	for (size_t i = 0; i < rule->n_fields; i++) {
		if (str_eq(rule->fields[i].name, name)) {
			return &rule->fields[i];
		}
	}
	return NULL;
}

static void unknown_key(
	const struct tree *member, const struct rule *rule, struct presc_report *report)
{
	AUTO(buf_done) struct buf known = {0};
	for (size_t i = 0; i < rule->n_fields; i++) {
		buf_addf(&known, "%s" STR_FMT,
			i > 0 ? ", " : "known here: ", STR_ARG(rule->fields[i].name));
	}
	bool placed = member->key_line > 0;
	presc_fault(report, placed ? member->key_line : member->line,
		placed ? member->key_column : member->column,
		arena_cstr(report->arena, buf_str(&known)), "unknown key '" STR_FMT "'",
		STR_ARG(member->key));
}

static bool check_map(
	const struct tree *value, const struct rule *rule, struct presc_report *report)
{
	bool fine = true;
	uint32_t seen = 0;
	for (size_t i = 0; i < value->n; i++) {
		const struct field *field = find_field(rule, value->items[i].key);
		if (field == NULL) {
			unknown_key(&value->items[i], rule, report);
			fine = false;
			continue;
		}
		seen |= 1u << (field - rule->fields);
		fine = check(&value->items[i], &field->rule, report) && fine;
	}
	for (size_t i = 0; i < rule->n_fields; i++) {
		if (rule->fields[i].required && (seen & 1u << i) == 0) {
			presc_fault(report, value->line, value->column, "add it",
				"the key '" STR_FMT "' is missing", STR_ARG(rule->fields[i].name));
			fine = false;
		}
	}
	if (fine && rule->also != NULL) {
		fine = rule->also(value, report);
	}
	return fine;
}

/* A mapping with any keys that are not empty. */
static bool check_map_of(
	const struct tree *value, const struct rule *rule, struct presc_report *report)
{
	bool fine = true;
	if (value->n < rule->min) {
		return fault(value, report, "leave the key out, or say something",
			"expected a mapping that is not empty");
	}
	for (size_t i = 0; rule->of != NULL && i < value->n; i++) {
		if (value->items[i].key.n == 0) {
			fine = fault(
				&value->items[i], report, "", "expected a key that is not empty");
		}
		fine = check(&value->items[i], rule->of, report) && fine;
	}
	return fine;
}

static bool check_elements(const struct tree *value, const struct rule *of, size_t min, size_t max,
	struct presc_report *report)
{
	bool fine = true;
	if (value->n < min || (max > 0 && value->n > max)) {
		presc_fault(report, value->line, value->column, "", "expected %s %zu in the list",
			value->n < min ? "at least" : "at most", value->n < min ? min : max);
		fine = false;
	}
	for (size_t i = 0; i < value->n; i++) {
		fine = check(&value->items[i], of, report) && fine;
	}
	return fine;
}

/* {not: ...}; an empty mapping is what the original takes for "any". */
static bool check_not(
	const struct tree *value, const struct rule *rule, struct presc_report *report)
{
	struct rule plain = *rule;
	plain.or_not = false;
	if (value->n == 0) {
		presc_note(report, value->line, value->column, "leave the key out",
			"an empty mapping says nothing");
		return true;
	}
	const struct field only = {.name = S("not"), .required = true, .rule = plain};
	const struct rule map = {.kind = RULE_MAP, .fields = &only, .n_fields = 1};
	return check_map(value, &map, report);
}

static bool check_number(
	const struct tree *value, const struct rule *rule, struct presc_report *report)
{
	if (rule->kind == RULE_FLOAT) {
		return (value->kind == TREE_FLOAT || wrong_kind(value, rule, report)) &&
		       (isfinite(value->number) ||
			       fault(value, report, "", "expected a finite number"));
	}
	return (value->kind == TREE_INTEGER || wrong_kind(value, rule, report)) &&
	       (rule->kind != RULE_TIMES || value->integer == 0 || value->integer == 1 ||
		       fault(value, report, "", "expected 0 or 1"));
}

static bool check_container(
	const struct tree *value, const struct rule *rule, struct presc_report *report)
{
	if (rule->kind == RULE_LIST) {
		return value->kind == TREE_ARRAY
			       ? check_elements(value, rule->of, rule->min, rule->max, report)
			       : wrong_kind(value, rule, report);
	}
	if (value->kind == TREE_TABLE) {
		return rule->kind == RULE_MAP ? check_map(value, rule, report)
					      : check_map_of(value, rule, report);
	}
	return wrong_kind(value, rule, report);
}

/* Is it what `of` allows beside the rule itself? */
static bool is_alternative(const struct tree *value, const struct rule *rule)
{
	return rule->of != NULL && ((rule->kind == RULE_STRING && value->kind == TREE_TABLE) ||
					   (rule->kind == RULE_MAP && value->kind == TREE_ARRAY));
}

static bool check(const struct tree *value, const struct rule *rule, struct presc_report *report)
{
	if (rule->or_null && value->kind == TREE_NULL) {
		return true;
	}
	if (rule->or_not && value->kind == TREE_TABLE) {
		return check_not(value, rule, report);
	}
	if (rule->or_many && value->kind == TREE_ARRAY) {
		struct rule one = *rule;
		one.or_many = false;
		return check_elements(value, &one, 1, 0, report);
	}
	if (is_alternative(value, rule)) {
		return check(value, rule->of, report);
	}
	switch (rule->kind) {
	case RULE_ANY:
		return true;
	case RULE_STRING:
	case RULE_NAME:
	case RULE_SPEC:
	case RULE_LOCKED:
	case RULE_LINK:
	case RULE_LOCATION:
	case RULE_WORD:
		return check_text(value, rule, report);
	case RULE_BOOL:
		return value->kind == TREE_BOOL || wrong_kind(value, rule, report);
	case RULE_FLOAT:
	case RULE_INTEGER:
	case RULE_TIMES:
		return check_number(value, rule, report);
	case RULE_MAP:
	case RULE_MAP_OF:
	case RULE_LIST:
		return check_container(value, rule, report);
	}
	return true;
}

/* ---- units and files -------------------------------------------------------------------------- */

static const char *types_of(enum presc_section section, struct presc_report *report)
{
	AUTO(buf_done) struct buf known = {0};
	for (int i = 0; i < PRESC_TYPES; i++) {
		if (presc_type_section((enum presc_type)i) == section) {
			buf_addf(&known, "%s" STR_FMT, known.n > 0 ? ", " : "in this section: ",
				STR_ARG(presc_type_name((enum presc_type)i)));
		}
	}
	return arena_cstr(report->arena, buf_str(&known));
}

bool presc_schema_unit_check(enum presc_section section, const struct tree *unit,
	struct presc_report *report, enum presc_type *ret_type)
{
	static const struct rule mapping = {.kind = RULE_MAP};
	if (unit->kind != TREE_TABLE) {
		return wrong_kind(unit, &mapping, report);
	}
	const struct tree *type = tree_get(unit, S("type"));
	if (type == NULL) {
		return fault(unit, report, types_of(section, report), "the key 'type' is missing");
	}
	if (type->kind != TREE_STRING || !presc_type_find(type->text, ret_type) ||
		presc_type_section(*ret_type) != section) {
		return fault(type, report, types_of(section, report),
			"expected a type that fits the section");
	}
	const struct rule rule = {.kind = RULE_MAP,
		.fields = language_unit(*ret_type),
		.n_fields = LANGUAGE_UNIT_FIELDS};
	bool fine = check_map(unit, &rule, report);
	if (fine) {
		presc_lint_unit(*ret_type, unit, report);
	}
	return fine;
}

static bool check_section(enum presc_section section, const struct tree *units,
	struct presc_report *report, presc_schema_unit unit, void *context)
{
	static const struct rule list = {.kind = RULE_LIST};
	bool fine = true;
	if (units->kind != TREE_ARRAY) {
		return wrong_kind(units, &list, report);
	}
	for (size_t i = 0; i < units->n; i++) {
		enum presc_type type = PRESC_BOOT;
		if (presc_schema_unit_check(section, &units->items[i], report, &type)) {
			unit(context, type, &units->items[i]);
		} else {
			fine = false;
		}
	}
	return fine;
}

static bool check_units(const struct tree *units, struct presc_report *report,
	presc_schema_unit unit, void *context)
{
	bool fine = true;
	for (size_t i = 0; i < units->n; i++) {
		enum presc_section section;
		const struct tree *member = &units->items[i];
		if (presc_section_find(member->key, &section)) {
			continue;
		}
		presc_fault(report, member->key_line > 0 ? member->key_line : member->line,
			member->key_line > 0 ? member->key_column : member->column,
			"known here: boots, pseudonyms, sieves, steps, strides, wraps",
			"unknown key '" STR_FMT "'", STR_ARG(member->key));
		fine = false;
	}
	for (int i = 0; i < PRESC_SECTIONS; i++) {
		const struct tree *member =
			tree_get(units, presc_section_name((enum presc_section)i));
		if (member != NULL) {
			fine = check_section(
				       (enum presc_section)i, member, report, unit, context) &&
			       fine;
		}
	}
	return fine;
}

bool presc_schema_file(
	const struct tree *file, struct presc_report *report, presc_schema_unit unit, void *context)
{
	static const struct field fields[] = {
		{STR_INIT("units"),    true,  {.kind = RULE_ANY}             },
		{STR_INIT("metadata"), false, {.kind = RULE_MAP_OF, .min = 1}},
	};
	static const struct rule rule = {.kind = RULE_MAP, .fields = fields, .n_fields = 2};
	static const struct rule mapping = {.kind = RULE_MAP};
	if (file->kind != TREE_TABLE) {
		return wrong_kind(file, &mapping, report);
	}
	bool fine = check_map(file, &rule, report);
	const struct tree *units = tree_get(file, S("units"));
	if (units != NULL && units->kind != TREE_TABLE) {
		return wrong_kind(units, &mapping, report);
	}
	return units == NULL ? fine : check_units(units, report, unit, context) && fine;
}
