#include "staticscan/quick_node.h"
#include "common/banned.h"

/* ---- lines ---- */

enum { TAB = 8 };

/* To the next line with code, and its indentation into q->indent. */
static void next_line(struct quick *q)
{
	for (;;) {
		int indent = 0;
		while (q->at < q->limit) {
			char c = q->text.p[q->at];
			if (c == ' ') {
				indent++;
			} else if (c == '\t') {
				indent = (indent / TAB + 1) * TAB;
			} else if (c == '\f') {
				indent = 0;
			} else {
				break;
			}
			q->at++;
		}
		if (q->at >= q->limit) {
			q->indent = -1;
			q->token = (struct quick_token){
				.type = QUICK_END, .start = q->limit, .end = q->token.end};
			return;
		}
		char c = q->text.p[q->at];
		if (c == '#') {
			while (q->at < q->limit && q->text.p[q->at] != '\n') {
				q->at++;
			}
		} else if (c != '\n') {
			q->indent = indent;
			uint32_t end = q->token.end;
			q->token = (struct quick_token){.end = end};
			quick_next(q);
			return;
		}
		q->at += q->at < q->limit;
	}
}

static void end_line(struct quick *q)
{
	if (q->token.type == QUICK_NEWLINE) {
		next_line(q);
	} else if (q->token.type == QUICK_END) {
		q->indent = -1;
	} else {
		(void)quick_fail(q);
	}
}

static uint32_t statement(struct quick *q, uint32_t parent);
static void simple_line(struct quick *q, uint32_t parent);

/* After a ':': the rest of the line, or an indented block. */
static uint32_t suite(struct quick *q, int outer)
{
	quick_expect(q, ':');
	uint32_t block = quick_node(q, SYNTAX_BLOCK, q->token.start);
	if (q->token.type != QUICK_NEWLINE) {
		simple_line(q, block);
		return q->fine ? block : 0;
	}
	next_line(q);
	int indent = q->indent;
	if (!q->fine || indent <= outer || ++q->level > QUICK_LEVEL_MAX) {
		return quick_fail(q);
	}
	q->nodes[block].start = q->token.start;
	while (q->fine && q->indent == indent) {
		(void)statement(q, block);
	}
	q->level--;
	if (q->indent > indent) {
		return quick_fail(q);
	}
	uint32_t last = q->nodes[block].last;
	q->nodes[block].end = last == 0 ? q->nodes[block].start + 1 : q->nodes[last].end;
	return block;
}

/* A compound statement ends where its last part does. */
static uint32_t close_compound(struct quick *q, uint32_t node)
{
	if (q->fine && q->nodes[node].last != 0) {
		q->nodes[node].end = q->nodes[q->nodes[node].last].end;
	}
	return node;
}

/* ---- imports ---- */

static uint32_t dotted(struct quick *q)
{
	uint32_t node = quick_node(q, SYNTAX_DOTTED_NAME, q->token.start);
	do {
		quick_add(q, node, quick_name(q), 0);
	} while (quick_take(q, '.'));
	return quick_close(q, node);
}

static void imported(struct quick *q, uint32_t parent, uint32_t name)
{
	uint32_t start = q->fine ? q->nodes[name].start : 0;
	if (q->fine && quick_take_word(q, K_AS)) {
		uint32_t alias = quick_node(q, SYNTAX_IMPORT_ALIAS, start);
		quick_add(q, alias, name, SYNTAX_FIELD_NAME);
		quick_add(q, alias, quick_name(q), SYNTAX_FIELD_ALIAS);
		name = quick_close(q, alias);
	}
	quick_add(q, parent, name, SYNTAX_FIELD_NAME);
}

static uint32_t import(struct quick *q)
{
	uint32_t node = quick_node(q, SYNTAX_IMPORT, q->token.start);
	quick_next(q);
	do {
		imported(q, node, dotted(q));
	} while (quick_take(q, ','));
	return quick_close(q, node);
}

static uint32_t one_name(struct quick *q)
{
	uint32_t node = quick_node(q, SYNTAX_DOTTED_NAME, q->token.start);
	quick_add(q, node, quick_name(q), 0);
	return quick_close(q, node);
}

static uint32_t import_from(struct quick *q)
{
	uint32_t node = quick_node(q, SYNTAX_IMPORT_FROM, q->token.start);
	uint32_t module;
	quick_next(q);
	uint32_t start = q->token.start;
	bool relative = quick_is(q, '.') || quick_is(q, QUICK_OP3('.', '.', '.'));
	if (relative) {
		module = quick_node(q, SYNTAX_RELATIVE_IMPORT, start);
		uint32_t prefix = quick_node(q, SYNTAX_IMPORT_PREFIX, start);
		while (quick_take(q, '.') || quick_take(q, QUICK_OP3('.', '.', '.'))) {
		}
		quick_add(q, module, quick_close(q, prefix), 0);
		if (q->token.type == QUICK_NAME) {
			quick_add(q, module, dotted(q), 0);
		}
		quick_close(q, module);
	} else {
		module = dotted(q);
		struct str text = q->fine ? str_slice(q->text, start, q->nodes[module].end) : S("");
		if (str_eq(text, S("__future__"))) {
			q->nodes[node].kind = SYNTAX_IMPORT_FUTURE;
			module = 0;
		}
	}
	quick_add(q, node, module, SYNTAX_FIELD_MODULE_NAME);
	if (!quick_take_word(q, K_IMPORT)) {
		return quick_fail(q);
	}
	if (quick_is(q, '*')) {
		uint32_t star = quick_node(q, SYNTAX_IMPORT_STAR, q->token.start);
		quick_next(q);
		quick_add(q, node, quick_close(q, star), 0);
		return quick_close(q, node);
	}
	bool bracket = quick_take(q, '(');
	do {
		if (bracket && quick_is(q, ')')) {
			break;
		}
		imported(q, node, one_name(q));
	} while (quick_take(q, ','));
	if (bracket) {
		quick_expect(q, ')');
	}
	return quick_close(q, node);
}

/* ---- simple statements ---- */

static bool is_augmented(const struct quick *q)
{
	static const char *const operators[] = {
		"+=", "-=", "*=", "/=", "%=", "@=", "&=", "|=", "^=", "**=", "//=", "<<=", ">>="};
	struct str text = str_slice(q->text, q->token.start, q->token.end);
	for (size_t i = 0;
		q->token.type == QUICK_OPERATOR && i < sizeof(operators) / sizeof(operators[0]);
		i++) {
		if (str_eq(text, str_from(operators[i]))) {
			return true;
		}
	}
	return false;
}

/* What stands right of a target: = value, or = target = value. */
static uint32_t assigned(struct quick *q, uint32_t left, uint32_t type)
{
	uint32_t node = quick_node(q, SYNTAX_ASSIGNMENT, q->fine ? q->nodes[left].start : 0);
	if (!quick_is_target(q, left) || ++q->level > QUICK_LEVEL_MAX) {
		return quick_fail(q);
	}
	quick_add(q, node, left, SYNTAX_FIELD_LEFT);
	quick_add(q, node, type, SYNTAX_FIELD_TYPE);
	if (quick_take(q, '=')) {
		uint32_t right = quick_list(q, true);
		if (q->fine && quick_is(q, '=') && type == 0) {
			right = assigned(q, right, 0);
		}
		quick_add(q, node, right, SYNTAX_FIELD_RIGHT);
	}
	q->level--;
	return quick_close(q, node);
}

/* Words that start other statements in some Python; what follows tells a name from them. */
static bool is_soft(struct quick *q)
{
	struct str text = str_slice(q->text, q->token.start, q->token.end);
	bool match = str_eq(text, S("match"));
	if (!match && !str_eq(text, S("print")) && !str_eq(text, S("exec")) &&
		!str_eq(text, S("type")) && !str_eq(text, S("case"))) {
		return false;
	}
	uint32_t at = q->at;
	while (at < q->limit && (q->text.p[at] == ' ' || q->text.p[at] == '\t')) {
		at++;
	}
	char c = at < q->limit ? q->text.p[at] : '\n';
	char next = at + 1 < q->limit ? q->text.p[at + 1] : '\n';
	bool name = c == '.' || c == '\n' || c == ',' || c == ')' || (c == '=' && next != '=') ||
		    (c == '(' && !match);
	return !name;
}

static uint32_t expression_statement(struct quick *q)
{
	uint32_t node = quick_node(q, SYNTAX_EXPRESSION_STATEMENT, q->token.start);
	if (q->token.type == QUICK_NAME && is_soft(q)) {
		return quick_fail(q);
	}
	uint32_t left = quick_list(q, true);
	if (!q->fine) {
		return 0;
	}
	if (quick_is(q, '=')) {
		left = assigned(q, left, 0);
	} else if (quick_is(q, ':')) {
		quick_next(q);
		uint32_t type = quick_node(q, SYNTAX_TYPE, q->token.start);
		quick_add(q, type, quick_test(q), 0);
		left = assigned(q, left, quick_close(q, type));
	} else if (is_augmented(q)) {
		uint32_t outer = quick_node(q, SYNTAX_AUGMENTED_ASSIGNMENT, q->nodes[left].start);
		quick_next(q);
		quick_add(q, outer, left, SYNTAX_FIELD_LEFT);
		quick_add(q, outer, quick_list(q, true), SYNTAX_FIELD_RIGHT);
		left = quick_close(q, outer);
	} else if (quick_is(q, QUICK_OP2(':', '='))) {
		return quick_fail(q);
	}
	quick_add(q, node, left, 0);
	return quick_close(q, node);
}

static bool at_end(const struct quick *q)
{
	return q->token.type == QUICK_NEWLINE || q->token.type == QUICK_END || quick_is(q, ';');
}

static uint32_t names(struct quick *q, uint8_t kind)
{
	uint32_t node = quick_node(q, kind, q->token.start);
	quick_next(q);
	do {
		quick_add(q, node, quick_name(q), 0);
	} while (quick_take(q, ','));
	return quick_close(q, node);
}

static uint32_t simple_keyword(struct quick *q)
{
	uint32_t node = quick_node(q, SYNTAX_OTHER, q->token.start);
	uint8_t keyword = q->token.keyword;
	quick_next(q);
	switch (keyword) {
	case K_PASS:
	case K_BREAK:
	case K_CONTINUE:
		break;
	case K_RETURN:
		quick_add(q, node, at_end(q) ? 0 : quick_list(q, true), 0);
		break;
	case K_RAISE:
		quick_add(q, node, at_end(q) ? 0 : quick_test(q), 0);
		if (quick_take_word(q, K_FROM)) {
			quick_add(q, node, quick_test(q), 0);
		}
		break;
	case K_ASSERT:
		quick_add(q, node, quick_test(q), 0);
		if (quick_take(q, ',')) {
			quick_add(q, node, quick_test(q), 0);
		}
		break;
	case K_DEL: {
		uint32_t targets = quick_list(q, true);
		if (!quick_is_target(q, targets)) {
			return quick_fail(q);
		}
		q->nodes[node].kind = SYNTAX_DELETE;
		quick_add(q, node, targets, 0);
		break;
	}
	default:
		return quick_fail(q);
	}
	return quick_close(q, node);
}

static void simple_line(struct quick *q, uint32_t parent)
{
	while (q->fine) {
		uint32_t node;
		if (quick_word(q, K_IMPORT)) {
			node = import(q);
		} else if (quick_word(q, K_FROM)) {
			node = import_from(q);
		} else if (quick_word(q, K_GLOBAL)) {
			node = names(q, SYNTAX_GLOBAL);
		} else if (quick_word(q, K_NONLOCAL)) {
			node = names(q, SYNTAX_NONLOCAL);
		} else if (q->token.type == QUICK_KEYWORD && q->token.keyword != K_NONE &&
			   q->token.keyword != K_TRUE && q->token.keyword != K_FALSE &&
			   q->token.keyword != K_NOT && q->token.keyword != K_AWAIT &&
			   q->token.keyword != K_LAMBDA && q->token.keyword != K_YIELD) {
			node = simple_keyword(q);
		} else {
			node = expression_statement(q);
		}
		quick_add(q, parent, node, 0);
		if (!quick_take(q, ';') || q->token.type == QUICK_NEWLINE ||
			q->token.type == QUICK_END) {
			break;
		}
	}
	if (q->fine) {
		q->nodes[parent].end = q->end;
		end_line(q);
	}
}

/* ---- compound statements ---- */

static uint32_t condition(struct quick *q, uint32_t node, int indent)
{
	quick_next(q);
	quick_add(q, node, quick_named(q), SYNTAX_FIELD_CONDITION);
	quick_add(q, node, suite(q, indent), SYNTAX_FIELD_CONSEQUENCE);
	return close_compound(q, node);
}

static void else_clause(struct quick *q, uint32_t node, int indent)
{
	if (q->fine && q->indent == indent && quick_word(q, K_ELSE)) {
		uint32_t clause = quick_node(q, SYNTAX_ELSE, q->token.start);
		quick_next(q);
		quick_add(q, clause, suite(q, indent), SYNTAX_FIELD_BODY);
		quick_add(q, node, close_compound(q, clause), SYNTAX_FIELD_ALTERNATIVE);
	}
}

static uint32_t if_statement(struct quick *q, int indent)
{
	uint32_t node = condition(q, quick_node(q, SYNTAX_IF, q->token.start), indent);
	while (q->fine && q->indent == indent && quick_word(q, K_ELIF)) {
		uint32_t clause = quick_node(q, SYNTAX_ELIF, q->token.start);
		quick_add(q, node, condition(q, clause, indent), SYNTAX_FIELD_ALTERNATIVE);
	}
	else_clause(q, node, indent);
	return close_compound(q, node);
}

static uint32_t while_statement(struct quick *q, int indent)
{
	uint32_t node = quick_node(q, SYNTAX_WHILE, q->token.start);
	quick_next(q);
	quick_add(q, node, quick_named(q), SYNTAX_FIELD_CONDITION);
	quick_add(q, node, suite(q, indent), SYNTAX_FIELD_BODY);
	else_clause(q, node, indent);
	return close_compound(q, node);
}

static uint32_t for_statement(struct quick *q, int indent)
{
	uint32_t node = quick_node(q, SYNTAX_FOR, q->token.start);
	quick_next(q);
	uint32_t left = quick_list(q, false);
	if (!quick_is_target(q, left) || !quick_take_word(q, K_IN)) {
		return quick_fail(q);
	}
	quick_add(q, node, left, SYNTAX_FIELD_LEFT);
	quick_add(q, node, quick_list(q, true), SYNTAX_FIELD_RIGHT);
	quick_add(q, node, suite(q, indent), SYNTAX_FIELD_BODY);
	else_clause(q, node, indent);
	return close_compound(q, node);
}

static uint32_t with_statement(struct quick *q, int indent)
{
	uint32_t node = quick_node(q, SYNTAX_WITH, q->token.start);
	quick_next(q);
	do {
		uint32_t start = q->token.start;
		uint32_t item = quick_test(q);
		if (q->fine && quick_take_word(q, K_AS)) {
			uint32_t pattern = quick_node(q, SYNTAX_AS_PATTERN, start);
			uint32_t target = quick_node(q, SYNTAX_AS_TARGET, q->token.start);
			uint32_t name = quick_or(q, false);
			if (!quick_is_target(q, name)) {
				return quick_fail(q);
			}
			quick_add(q, target, name, 0);
			quick_add(q, pattern, item, 0);
			quick_add(q, pattern, quick_close(q, target), 0);
			item = quick_close(q, pattern);
		}
		quick_add(q, node, item, 0);
	} while (quick_take(q, ','));
	quick_add(q, node, suite(q, indent), SYNTAX_FIELD_BODY);
	return close_compound(q, node);
}

static uint32_t try_statement(struct quick *q, int indent)
{
	uint32_t node = quick_node(q, SYNTAX_TRY, q->token.start);
	int handlers = 0;
	quick_next(q);
	quick_add(q, node, suite(q, indent), SYNTAX_FIELD_BODY);
	while (q->fine && q->indent == indent && quick_word(q, K_EXCEPT)) {
		uint32_t clause = quick_node(q, SYNTAX_EXCEPT, q->token.start);
		quick_next(q);
		(void)quick_take(q, '*');
		if (!quick_is(q, ':')) {
			quick_add(q, clause, quick_test(q), SYNTAX_FIELD_VALUE);
		}
		if (quick_take_word(q, K_AS)) {
			quick_add(q, clause, quick_name(q), SYNTAX_FIELD_ALIAS);
		}
		quick_add(q, clause, suite(q, indent), 0);
		quick_add(q, node, close_compound(q, clause), 0);
		handlers++;
	}
	if (handlers > 0) {
		else_clause(q, node, indent);
	}
	if (q->fine && q->indent == indent && quick_word(q, K_FINALLY)) {
		uint32_t clause = quick_node(q, SYNTAX_FINALLY, q->token.start);
		quick_next(q);
		quick_add(q, clause, suite(q, indent), 0);
		quick_add(q, node, close_compound(q, clause), 0);
		handlers++;
	}
	return handlers > 0 ? close_compound(q, node) : quick_fail(q);
}

static uint32_t function(struct quick *q, int indent)
{
	uint32_t node = quick_node(q, SYNTAX_FUNCTION, q->token.start);
	quick_next(q);
	quick_add(q, node, quick_name(q), SYNTAX_FIELD_NAME);
	quick_expect(q, '(');
	quick_add(q, node, quick_parameters(q, false), SYNTAX_FIELD_PARAMETERS);
	quick_expect(q, ')');
	if (quick_take(q, QUICK_OP2('-', '>'))) {
		uint32_t type = quick_node(q, SYNTAX_TYPE, q->token.start);
		quick_add(q, type, quick_test(q), 0);
		quick_add(q, node, quick_close(q, type), SYNTAX_FIELD_RETURN_TYPE);
	}
	quick_add(q, node, suite(q, indent), SYNTAX_FIELD_BODY);
	return close_compound(q, node);
}

static uint32_t class_definition(struct quick *q, int indent)
{
	uint32_t node = quick_node(q, SYNTAX_CLASS, q->token.start);
	quick_next(q);
	quick_add(q, node, quick_name(q), SYNTAX_FIELD_NAME);
	if (quick_is(q, '(')) {
		quick_add(q, node, quick_arguments(q), SYNTAX_FIELD_SUPERCLASSES);
	}
	quick_add(q, node, suite(q, indent), SYNTAX_FIELD_BODY);
	return close_compound(q, node);
}

static uint32_t asynchronous(struct quick *q, int indent)
{
	uint32_t start = q->token.start;
	uint32_t node;
	quick_next(q);
	if (quick_word(q, K_DEF)) {
		node = function(q, indent);
	} else if (quick_word(q, K_FOR)) {
		node = for_statement(q, indent);
	} else if (quick_word(q, K_WITH)) {
		node = with_statement(q, indent);
	} else {
		return quick_fail(q);
	}
	if (q->fine) {
		q->nodes[node].start = start;
	}
	return node;
}

static uint32_t decorated(struct quick *q, int indent)
{
	uint32_t node = quick_node(q, SYNTAX_DECORATED, q->token.start);
	while (q->fine && q->indent == indent && quick_is(q, '@')) {
		uint32_t decorator = quick_node(q, SYNTAX_DECORATOR, q->token.start);
		quick_next(q);
		quick_add(q, decorator, quick_named(q), 0);
		quick_add(q, node, quick_close(q, decorator), 0);
		end_line(q);
	}
	uint32_t definition = 0;
	if (!q->fine || q->indent != indent) {
		return quick_fail(q);
	}
	if (quick_word(q, K_DEF)) {
		definition = function(q, indent);
	} else if (quick_word(q, K_CLASS)) {
		definition = class_definition(q, indent);
	} else if (quick_word(q, K_ASYNC)) {
		definition = asynchronous(q, indent);
	}
	if (definition == 0) {
		return quick_fail(q);
	}
	quick_add(q, node, definition, SYNTAX_FIELD_DEFINITION);
	return close_compound(q, node);
}

static uint32_t compound(struct quick *q, int indent)
{
	if (quick_is(q, '@')) {
		return decorated(q, indent);
	}
	if (q->token.type != QUICK_KEYWORD) {
		return 0;
	}
	switch (q->token.keyword) {
	case K_IF:
		return if_statement(q, indent);
	case K_WHILE:
		return while_statement(q, indent);
	case K_FOR:
		return for_statement(q, indent);
	case K_WITH:
		return with_statement(q, indent);
	case K_TRY:
		return try_statement(q, indent);
	case K_DEF:
		return function(q, indent);
	case K_CLASS:
		return class_definition(q, indent);
	case K_ASYNC:
		return asynchronous(q, indent);
	default:
		return 0;
	}
}

static uint32_t statement(struct quick *q, uint32_t parent)
{
	uint32_t node = compound(q, q->indent);
	if (node != 0) {
		quick_add(q, parent, node, 0);
	} else if (q->fine) {
		simple_line(q, parent);
	}
	return node;
}

void quick_statements(struct quick *q, uint32_t module)
{
	next_line(q);
	if (q->indent > 0) {
		(void)quick_fail(q);
	}
	while (q->fine && q->indent == 0) {
		(void)statement(q, module);
	}
	if (q->indent != -1) {
		(void)quick_fail(q);
	}
}
