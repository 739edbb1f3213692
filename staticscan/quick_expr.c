#include "staticscan/quick_node.h"
#include "common/banned.h"

uint32_t quick_name(struct quick *q)
{
	if (q->token.type != QUICK_NAME) {
		return quick_fail(q);
	}
	uint32_t node = quick_node(q, SYNTAX_IDENTIFIER, q->token.start);
	quick_next(q);
	return quick_close(q, node);
}

/* ---- strings ---- */

static void fields(struct quick *q, uint32_t string, uint32_t to, bool raw, bool spec);

/* {expression!r:spec} with q->at behind its '{'; q->at is behind its '}' afterwards. */
static void field(struct quick *q, uint32_t string, uint32_t to, bool raw)
{
	struct quick outer = *q;
	uint32_t node = quick_node(q, SYNTAX_INTERPOLATION, q->at - 1);
	q->limit = to;
	q->brackets = 1;
	q->token = (struct quick_token){.end = q->at};
	quick_next(q);
	quick_add(q, node, quick_list(q, true), 0);
	if (quick_take(q, '=') && !q->fine) {
		return;
	}
	if (quick_is(q, '!')) {
		quick_next(q);
		if (q->token.type != QUICK_NAME) {
			(void)quick_fail(q);
		}
		quick_next(q);
	}
	bool walrus = quick_is(q, QUICK_OP2(':', '='));
	if (q->fine && (quick_is(q, ':') || walrus)) {
		q->at = q->token.start + 1;
		fields(q, node, to, raw, true);
	} else if (!quick_is(q, '}')) {
		(void)quick_fail(q);
	}
	if (q->fine && q->at <= to) {
		q->end = q->at;
		quick_close(q, node);
		quick_add(q, string, node, 0);
	}
	q->limit = outer.limit;
	q->brackets = outer.brackets;
	q->token = q->fine ? outer.token : q->token;
}

/* The fields in a string's content [q->at, to), or in a format spec up to its '}'. */
static void fields(struct quick *q, uint32_t string, uint32_t to, bool raw, bool spec)
{
	if (++q->level > QUICK_LEVEL_MAX) {
		(void)quick_fail(q);
	}
	while (q->fine && q->at < to) {
		char c = q->text.p[q->at];
		char next = q->at + 1 < to ? q->text.p[q->at + 1] : '\0';
		q->at++;
		if (c == '\\' && !raw) {
			bool named = next == 'N' && q->at + 1 < to && q->text.p[q->at + 1] == '{';
			q->at++;
			while (named && q->at < to && q->text.p[q->at] != '}') {
				q->at++;
			}
			q->at += named;
		} else if (!spec && c == next && (c == '{' || c == '}')) {
			q->at++;
		} else if (c == '{') {
			field(q, string, to, raw);
		} else if (c == '}' && spec) {
			q->level--;
			return;
		} else if (c == '}') {
			(void)quick_fail(q);
		}
	}
	if (spec) {
		(void)quick_fail(q);
	}
	q->level--;
}

static uint32_t string(struct quick *q)
{
	uint32_t node = quick_node(q, SYNTAX_STRING, q->token.start);
	struct quick_token token = q->token;
	if (token.format) {
		uint32_t quotes = token.triple ? 3 : 1;
		uint32_t at = q->at;
		q->at = token.content + quotes;
		fields(q, node, token.end - quotes, token.raw, false);
		q->at = at;
	}
	quick_next(q);
	return q->fine ? quick_close(q, node) : 0;
}

static uint32_t strings(struct quick *q)
{
	uint32_t start = q->token.start;
	uint32_t first = string(q);
	if (q->token.type != QUICK_STRING) {
		return first;
	}
	uint32_t node = quick_node(q, SYNTAX_STRINGS, start);
	quick_add(q, node, first, 0);
	while (q->token.type == QUICK_STRING) {
		quick_add(q, node, string(q), 0);
	}
	return quick_close(q, node);
}

/* ---- brackets ---- */

static bool at_for(const struct quick *q)
{
	return quick_word(q, K_FOR) || quick_word(q, K_ASYNC);
}

/* for x in y if z ..., into node */
static void clauses(struct quick *q, uint32_t node)
{
	while (q->fine && (at_for(q) || quick_word(q, K_IF))) {
		uint32_t start = q->token.start;
		if (quick_take_word(q, K_IF)) {
			uint32_t clause = quick_node(q, SYNTAX_IF_CLAUSE, start);
			quick_add(q, clause, quick_or(q, true), 0);
			quick_add(q, node, quick_close(q, clause), 0);
			continue;
		}
		(void)quick_take_word(q, K_ASYNC);
		if (!quick_take_word(q, K_FOR)) {
			(void)quick_fail(q);
		}
		uint32_t clause = quick_node(q, SYNTAX_FOR_IN, start);
		uint32_t left = quick_list(q, false);
		if (!quick_is_target(q, left) || !quick_take_word(q, K_IN)) {
			(void)quick_fail(q);
		}
		quick_add(q, clause, left, SYNTAX_FIELD_LEFT);
		quick_add(q, clause, quick_or(q, true), SYNTAX_FIELD_RIGHT);
		quick_add(q, node, quick_close(q, clause), 0);
	}
}

static uint32_t star(struct quick *q)
{
	uint32_t node = quick_node(q, SYNTAX_LIST_SPLAT, q->token.start);
	quick_next(q);
	quick_add(q, node, quick_or(q, true), 0);
	return quick_close(q, node);
}

static uint32_t item(struct quick *q)
{
	return quick_is(q, '*') ? star(q) : quick_named(q);
}

/* Items up to `close`, into node; a comprehension makes it of kind `comprehension`. */
static uint32_t items(struct quick *q, uint32_t node, uint32_t close, uint8_t comprehension)
{
	bool first = true;
	while (q->fine && !quick_is(q, close)) {
		uint32_t one = item(q);
		if (first && at_for(q)) {
			q->nodes[node].kind = comprehension;
			quick_add(q, node, one, SYNTAX_FIELD_BODY);
			clauses(q, node);
			break;
		}
		quick_add(q, node, one, 0);
		first = false;
		if (!quick_take(q, ',')) {
			break;
		}
	}
	quick_expect(q, close);
	return quick_close(q, node);
}

static uint32_t yield(struct quick *q)
{
	uint32_t node = quick_node(q, SYNTAX_OTHER, q->token.start);
	quick_next(q);
	if (quick_take_word(q, K_FROM)) {
		quick_add(q, node, quick_test(q), 0);
	} else if (q->token.type != QUICK_NEWLINE && q->token.type != QUICK_END &&
		   !quick_is(q, ')') && !quick_is(q, ';') && !quick_is(q, '=') &&
		   !quick_is(q, '}')) {
		quick_add(q, node, quick_list(q, true), 0);
	}
	return quick_close(q, node);
}

static uint32_t parentheses(struct quick *q)
{
	uint32_t node = quick_node(q, SYNTAX_TUPLE, q->token.start);
	quick_next(q);
	if (quick_is(q, ')')) {
		quick_next(q);
		return quick_close(q, node);
	}
	uint32_t one = quick_word(q, K_YIELD) ? yield(q) : item(q);
	if (quick_is(q, ')')) {
		q->nodes[node].kind = SYNTAX_PARENTHESES;
		quick_add(q, node, one, 0);
		quick_next(q);
		return quick_close(q, node);
	}
	if (at_for(q)) {
		q->nodes[node].kind = SYNTAX_GENERATOR;
		quick_add(q, node, one, SYNTAX_FIELD_BODY);
		clauses(q, node);
		quick_expect(q, ')');
		return quick_close(q, node);
	}
	quick_add(q, node, one, 0);
	quick_expect(q, ',');
	return q->fine ? items(q, node, ')', SYNTAX_ERROR) : 0;
}

static uint32_t dictionary_item(struct quick *q, bool *ret_set)
{
	uint32_t start = q->token.start;
	if (quick_is(q, QUICK_OP2('*', '*'))) {
		uint32_t node = quick_node(q, SYNTAX_DICTIONARY_SPLAT, start);
		quick_next(q);
		quick_add(q, node, quick_or(q, true), 0);
		return quick_close(q, node);
	}
	uint32_t key = item(q);
	if (!quick_is(q, ':')) {
		*ret_set = true;
		return key;
	}
	uint32_t pair = quick_node(q, SYNTAX_PAIR, start);
	quick_next(q);
	quick_add(q, pair, key, SYNTAX_FIELD_KEY);
	quick_add(q, pair, quick_test(q), SYNTAX_FIELD_VALUE);
	return quick_close(q, pair);
}

static uint32_t braces(struct quick *q)
{
	uint32_t node = quick_node(q, SYNTAX_DICTIONARY, q->token.start);
	bool first = true;
	bool set = false;
	quick_next(q);
	while (q->fine && !quick_is(q, '}')) {
		bool is_set = false;
		uint32_t one = dictionary_item(q, &is_set);
		if (!first && is_set != set) {
			return quick_fail(q);
		}
		set = is_set;
		if (first && at_for(q)) {
			q->nodes[node].kind =
				set ? SYNTAX_SET_COMPREHENSION : SYNTAX_DICTIONARY_COMPREHENSION;
			quick_add(q, node, one, SYNTAX_FIELD_BODY);
			clauses(q, node);
			quick_expect(q, '}');
			return quick_close(q, node);
		}
		quick_add(q, node, one, 0);
		first = false;
		if (!quick_take(q, ',')) {
			break;
		}
	}
	q->nodes[node].kind = set ? SYNTAX_SET : SYNTAX_DICTIONARY;
	quick_expect(q, '}');
	return quick_close(q, node);
}

uint32_t quick_arguments(struct quick *q)
{
	uint32_t node = quick_node(q, SYNTAX_ARGUMENTS, q->token.start);
	quick_next(q);
	while (q->fine && !quick_is(q, ')')) {
		uint32_t start = q->token.start;
		uint32_t one;
		if (quick_is(q, QUICK_OP2('*', '*'))) {
			one = quick_node(q, SYNTAX_DICTIONARY_SPLAT, start);
			quick_next(q);
			quick_add(q, one, quick_test(q), 0);
			quick_close(q, one);
		} else if (quick_is(q, '*')) {
			one = quick_node(q, SYNTAX_LIST_SPLAT, start);
			quick_next(q);
			quick_add(q, one, quick_test(q), 0);
			quick_close(q, one);
		} else {
			one = quick_named(q);
		}
		if (q->fine && at_for(q)) {
			uint32_t generator = quick_node(q, SYNTAX_GENERATOR, start);
			quick_add(q, generator, one, SYNTAX_FIELD_BODY);
			clauses(q, generator);
			one = quick_close(q, generator);
		} else if (q->fine && quick_is(q, '=') && q->nodes[one].kind == SYNTAX_IDENTIFIER) {
			uint32_t keyword = quick_node(q, SYNTAX_KEYWORD_ARGUMENT, start);
			quick_next(q);
			quick_add(q, keyword, one, SYNTAX_FIELD_NAME);
			quick_add(q, keyword, quick_test(q), SYNTAX_FIELD_VALUE);
			one = quick_close(q, keyword);
		}
		quick_add(q, node, one, 0);
		if (!quick_take(q, ',')) {
			break;
		}
	}
	quick_expect(q, ')');
	return quick_close(q, node);
}

/* ---- what binds tightest ---- */

static uint32_t constant(struct quick *q, uint8_t kind)
{
	uint32_t node = quick_node(q, kind, q->token.start);
	quick_next(q);
	return quick_close(q, node);
}

static uint32_t atom(struct quick *q)
{
	switch ((enum quick_type)q->token.type) {
	case QUICK_NAME:
		return quick_name(q);
	case QUICK_INTEGER:
		return constant(q, SYNTAX_INTEGER);
	case QUICK_FLOAT:
		return constant(q, SYNTAX_OTHER);
	case QUICK_STRING:
		return strings(q);
	case QUICK_KEYWORD:
		return q->token.keyword == K_NONE    ? constant(q, SYNTAX_NONE)
		       : q->token.keyword == K_TRUE  ? constant(q, SYNTAX_TRUE)
		       : q->token.keyword == K_FALSE ? constant(q, SYNTAX_FALSE)
						     : quick_fail(q);
	case QUICK_OPERATOR:
		if (q->token.op == '(') {
			return parentheses(q);
		}
		if (q->token.op == '[') {
			uint32_t node = quick_node(q, SYNTAX_LIST, q->token.start);
			quick_next(q);
			return items(q, node, ']', SYNTAX_LIST_COMPREHENSION);
		}
		return q->token.op == '{'                        ? braces(q)
		       : q->token.op == QUICK_OP3('.', '.', '.') ? constant(q, SYNTAX_OTHER)
								 : quick_fail(q);
	case QUICK_END:
	case QUICK_NEWLINE:
		break;
	}
	return quick_fail(q);
}

static bool ends_slice(const struct quick *q)
{
	return quick_is(q, ':') || quick_is(q, ']') || quick_is(q, ',');
}

static void subscripts(struct quick *q, uint32_t node)
{
	do {
		if (quick_is(q, ']')) {
			break;
		}
		uint32_t start = q->token.start;
		uint32_t one = ends_slice(q) ? 0 : item(q);
		if (quick_is(q, ':')) {
			uint32_t slice = quick_node(q, SYNTAX_OTHER, start);
			quick_add(q, slice, one, 0);
			for (int colons = 0; colons < 2 && quick_take(q, ':'); colons++) {
				quick_add(q, slice, ends_slice(q) ? 0 : quick_test(q), 0);
			}
			one = quick_close(q, slice);
		} else if (one == 0) {
			(void)quick_fail(q);
		}
		quick_add(q, node, one, SYNTAX_FIELD_SUBSCRIPT);
	} while (quick_take(q, ','));
	quick_expect(q, ']');
}

static uint32_t primary(struct quick *q)
{
	uint32_t start = q->token.start;
	uint32_t node = atom(q);
	while (q->fine && q->token.type == QUICK_OPERATOR) {
		uint32_t outer;
		if (q->token.op == '.') {
			outer = quick_node(q, SYNTAX_ATTRIBUTE, start);
			quick_next(q);
			quick_add(q, outer, node, SYNTAX_FIELD_OBJECT);
			quick_add(q, outer, quick_name(q), SYNTAX_FIELD_ATTRIBUTE);
		} else if (q->token.op == '(') {
			outer = quick_node(q, SYNTAX_CALL, start);
			quick_add(q, outer, node, SYNTAX_FIELD_FUNCTION);
			quick_add(q, outer, quick_arguments(q), SYNTAX_FIELD_ARGUMENTS);
		} else if (q->token.op == '[') {
			outer = quick_node(q, SYNTAX_SUBSCRIPT, start);
			quick_next(q);
			quick_add(q, outer, node, SYNTAX_FIELD_VALUE);
			if (quick_is(q, ']')) {
				(void)quick_fail(q);
			}
			subscripts(q, outer);
		} else {
			break;
		}
		node = quick_close(q, outer);
	}
	return node;
}

/* not, await, signs */
static uint32_t unary(struct quick *q)
{
	bool sign = quick_is(q, '-') || quick_is(q, '+') || quick_is(q, '~');
	if (!sign && !quick_word(q, K_NOT) && !quick_word(q, K_AWAIT)) {
		return primary(q);
	}
	if (++q->level > QUICK_LEVEL_MAX) {
		return quick_fail(q);
	}
	uint32_t node = quick_node(q, SYNTAX_OTHER, q->token.start);
	quick_next(q);
	quick_add(q, node, unary(q), 0);
	q->level--;
	return quick_close(q, node);
}

enum join { JOIN_NONE, JOIN_OTHER, JOIN_ARITHMETIC };

/* The operator between two operands, which is taken. */
static enum join join(struct quick *q, bool with_in)
{
	if (q->token.type == QUICK_KEYWORD) {
		if (quick_take_word(q, K_AND) || quick_take_word(q, K_OR)) {
			return JOIN_OTHER;
		}
		if (quick_take_word(q, K_IS)) {
			(void)quick_take_word(q, K_NOT);
			return JOIN_OTHER;
		}
		if (with_in && quick_take_word(q, K_IN)) {
			return JOIN_OTHER;
		}
		if (with_in && quick_take_word(q, K_NOT)) {
			if (!quick_take_word(q, K_IN)) {
				(void)quick_fail(q);
			}
			return JOIN_OTHER;
		}
		return JOIN_NONE;
	}
	if (q->token.type != QUICK_OPERATOR) {
		return JOIN_NONE;
	}
	switch (q->token.op) {
	case '+':
	case '-':
	case '*':
	case '/':
	case '%':
	case '@':
	case '&':
	case '|':
	case '^':
	case QUICK_OP2('*', '*'):
	case QUICK_OP2('/', '/'):
	case QUICK_OP2('<', '<'):
	case QUICK_OP2('>', '>'):
		quick_next(q);
		return JOIN_ARITHMETIC;
	case '<':
	case '>':
	case QUICK_OP2('<', '='):
	case QUICK_OP2('>', '='):
	case QUICK_OP2('=', '='):
	case QUICK_OP2('!', '='):
		quick_next(q);
		return JOIN_OTHER;
	default:
		return JOIN_NONE;
	}
}

/* Operators are joined from the left whatever binds tighter: who reads the tree does not ask. */
uint32_t quick_or(struct quick *q, bool with_in)
{
	uint32_t start = q->token.start;
	uint32_t node = unary(q);
	int n = 0;
	for (;;) {
		enum join kind = q->fine ? join(q, with_in) : JOIN_NONE;
		if (kind == JOIN_NONE) {
			return node;
		}
		uint32_t outer = quick_node(
			q, kind == JOIN_ARITHMETIC ? SYNTAX_BINARY : SYNTAX_OTHER, start);
		quick_add(q, outer, node, SYNTAX_FIELD_LEFT);
		quick_add(q, outer, unary(q), SYNTAX_FIELD_RIGHT);
		node = quick_close(q, outer);
		if (++n > QUICK_LEVEL_MAX * 5) {
			return quick_fail(q);
		}
	}
}

static uint32_t lambda(struct quick *q)
{
	uint32_t node = quick_node(q, SYNTAX_LAMBDA, q->token.start);
	quick_next(q);
	quick_add(q, node, quick_parameters(q, true), SYNTAX_FIELD_PARAMETERS);
	quick_expect(q, ':');
	quick_add(q, node, quick_test(q), SYNTAX_FIELD_BODY);
	return quick_close(q, node);
}

uint32_t quick_test(struct quick *q)
{
	uint32_t start = q->token.start;
	uint32_t node;
	if (++q->level > QUICK_LEVEL_MAX) {
		return quick_fail(q);
	}
	if (quick_word(q, K_LAMBDA)) {
		node = lambda(q);
	} else {
		node = quick_or(q, true);
		if (q->fine && quick_take_word(q, K_IF)) {
			uint32_t outer = quick_node(q, SYNTAX_OTHER, start);
			quick_add(q, outer, node, 0);
			quick_add(q, outer, quick_or(q, true), 0);
			if (!quick_take_word(q, K_ELSE)) {
				(void)quick_fail(q);
			}
			quick_add(q, outer, quick_test(q), 0);
			node = quick_close(q, outer);
		}
	}
	q->level--;
	return node;
}

uint32_t quick_named(struct quick *q)
{
	uint32_t start = q->token.start;
	uint32_t node = quick_test(q);
	if (!q->fine || !quick_is(q, QUICK_OP2(':', '='))) {
		return node;
	}
	if (q->nodes[node].kind != SYNTAX_IDENTIFIER) {
		return quick_fail(q);
	}
	uint32_t walrus = quick_node(q, SYNTAX_WALRUS, start);
	quick_next(q);
	quick_add(q, walrus, node, SYNTAX_FIELD_NAME);
	quick_add(q, walrus, quick_test(q), SYNTAX_FIELD_VALUE);
	return quick_close(q, walrus);
}

static uint32_t list_item(struct quick *q, bool with_in)
{
	if (quick_is(q, '*')) {
		return star(q);
	}
	return with_in ? quick_test(q) : quick_or(q, false);
}

uint32_t quick_list(struct quick *q, bool with_in)
{
	uint32_t start = q->token.start;
	if (quick_word(q, K_YIELD)) {
		return yield(q);
	}
	uint32_t node = list_item(q, with_in);
	if (!q->fine || !quick_is(q, ',')) {
		return node;
	}
	uint32_t list = quick_node(q, SYNTAX_EXPRESSIONS, start);
	quick_add(q, list, node, 0);
	while (q->fine && quick_take(q, ',')) {
		bool operand =
			q->token.type != QUICK_NEWLINE && q->token.type != QUICK_END &&
			!(q->token.type == QUICK_OPERATOR && q->token.op != '(' &&
				q->token.op != '[' && q->token.op != '{' && q->token.op != '*' &&
				q->token.op != '-' && q->token.op != '+' && q->token.op != '~' &&
				q->token.op != QUICK_OP3('.', '.', '.')) &&
			!quick_word(q, K_IN);
		if (!operand) {
			break;
		}
		quick_add(q, list, list_item(q, with_in), 0);
	}
	return quick_close(q, list);
}

bool quick_is_target(const struct quick *q, uint32_t node)
{
	if (!q->fine) {
		return false;
	}
	const struct quick_node *n = &q->nodes[node];
	switch (n->kind) {
	case SYNTAX_IDENTIFIER:
	case SYNTAX_ATTRIBUTE:
	case SYNTAX_SUBSCRIPT:
		return true;
	case SYNTAX_EXPRESSIONS:
	case SYNTAX_TUPLE:
	case SYNTAX_LIST:
	case SYNTAX_LIST_SPLAT:
	case SYNTAX_PARENTHESES:
		for (uint32_t child = n->child; child != 0; child = q->nodes[child].next) {
			if (!quick_is_target(q, child)) {
				return false;
			}
		}
		return true;
	default:
		return false;
	}
}

/* ---- parameters ---- */

uint32_t quick_parameters(struct quick *q, bool is_lambda)
{
	uint32_t node = quick_node(
		q, is_lambda ? SYNTAX_LAMBDA_PARAMETERS : SYNTAX_PARAMETERS, q->token.start);
	while (q->fine && !quick_is(q, is_lambda ? ':' : ')')) {
		uint32_t start = q->token.start;
		bool two = quick_take(q, QUICK_OP2('*', '*'));
		bool one = !two && quick_take(q, '*');
		if ((one && quick_take(q, ',')) || (!one && !two && quick_take(q, '/'))) {
			(void)(!one && quick_take(q, ','));
			continue;
		}
		uint32_t name = quick_name(q);
		uint32_t parameter = name;
		if (one || two) {
			parameter = quick_node(q,
				one ? SYNTAX_LIST_SPLAT_PATTERN : SYNTAX_DICTIONARY_SPLAT_PATTERN,
				start);
			quick_add(q, parameter, name, 0);
			quick_close(q, parameter);
		}
		uint32_t type = 0;
		if (!is_lambda && quick_is(q, ':')) {
			quick_next(q);
			type = quick_node(q, SYNTAX_TYPE, q->token.start);
			quick_add(q, type, one && quick_is(q, '*') ? star(q) : quick_test(q), 0);
			quick_close(q, type);
		}
		bool has_value = !one && !two && quick_take(q, '=');
		if (type != 0 || has_value) {
			uint32_t outer = quick_node(q,
				type == 0   ? SYNTAX_DEFAULT_PARAMETER
				: has_value ? SYNTAX_TYPED_DEFAULT_PARAMETER
					    : SYNTAX_TYPED_PARAMETER,
				start);
			quick_add(q, outer, parameter, has_value ? SYNTAX_FIELD_NAME : 0);
			quick_add(q, outer, type, SYNTAX_FIELD_TYPE);
			if (has_value) {
				quick_add(q, outer, quick_test(q), SYNTAX_FIELD_VALUE);
			}
			parameter = quick_close(q, outer);
		}
		quick_add(q, node, parameter, 0);
		if (!quick_take(q, ',')) {
			break;
		}
	}
	return quick_close(q, node);
}
