#include "staticscan/quick.h"
#include "staticscan/quick_node.h"
#include "common/banned.h"

/* ---- nodes ---- */

uint32_t quick_node(struct quick *q, uint8_t kind, uint32_t start)
{
	if (q->n == q->cap) {
		q->cap = q->cap == 0 ? 1024 : q->cap * 2;
		q->nodes = realloc(q->nodes, q->cap * sizeof(*q->nodes));
		if (q->nodes == NULL) {
			arena_die("out of memory");
		}
	}
	q->nodes[q->n] = (struct quick_node){.kind = kind, .start = start};
	return (uint32_t)q->n++;
}

void quick_add(struct quick *q, uint32_t parent, uint32_t child, uint8_t field)
{
	if (child == 0 || !q->fine) {
		return;
	}
	struct quick_node *p = &q->nodes[parent];
	q->nodes[child].field = field;
	if (p->child == 0) {
		p->child = child;
	} else {
		q->nodes[p->last].next = child;
	}
	p->last = child;
}

uint32_t quick_close(struct quick *q, uint32_t node)
{
	q->nodes[node].end = q->end;
	return node;
}

uint32_t quick_fail(struct quick *q)
{
	q->fine = false;
	q->token = (struct quick_token){.type = QUICK_END};
	return 0;
}

/* ---- tokens ---- */

static bool is_word(char c)
{
	return char_is_alnum(c) || c == '_' || ((unsigned char)c & 0x80) != 0;
}

/* Over blanks and joined lines; in brackets over line ends and comments too. */
static void skip_blanks(struct quick *q)
{
	while (q->at < q->limit) {
		char c = q->text.p[q->at];
		char next = q->at + 1 < q->limit ? q->text.p[q->at + 1] : '\0';
		if (c == ' ' || c == '\t' || c == '\f' || (c == '\n' && q->brackets > 0)) {
			q->at++;
		} else if (c == '\\' && next == '\n') {
			q->at += 2;
		} else if (c == '#') {
			while (q->at < q->limit && q->text.p[q->at] != '\n') {
				q->at++;
			}
		} else {
			return;
		}
	}
}

/* Over the string whose quote is at q->at; false when it does not end. */
static bool skip_string(struct quick *q, bool *ret_triple)
{
	const char *p = q->text.p;
	char quote = p[q->at];
	bool triple = q->at + 2 < q->limit && p[q->at + 1] == quote && p[q->at + 2] == quote;
	*ret_triple = triple;
	q->at += triple ? 3 : 1;
	while (q->at < q->limit) {
		char c = p[q->at];
		if (c == '\\') {
			q->at += 2;
			continue;
		}
		if (c == quote && !triple) {
			q->at++;
			return true;
		}
		if (c == quote && q->at + 2 < q->limit && p[q->at + 1] == quote &&
			p[q->at + 2] == quote) {
			q->at += 3;
			return true;
		}
		if (c == '\n' && !triple) {
			return false;
		}
		q->at++;
	}
	return false;
}

static bool digits(struct quick *q)
{
	uint32_t from = q->at;
	while (q->at < q->limit && (char_is_digit(q->text.p[q->at]) || q->text.p[q->at] == '_')) {
		q->at++;
	}
	return q->at > from;
}

static void number(struct quick *q)
{
	const char *p = q->text.p;
	char second = q->at + 1 < q->limit ? char_lower(p[q->at + 1]) : '\0';
	q->token.type = QUICK_INTEGER;
	if (p[q->at] == '0' && (second == 'x' || second == 'o' || second == 'b')) {
		q->at += 2;
		while (q->at < q->limit && is_word(p[q->at])) {
			q->at++;
		}
		return;
	}
	(void)digits(q);
	if (q->at < q->limit && p[q->at] == '.') {
		q->at++;
		(void)digits(q);
		q->token.type = QUICK_FLOAT;
	}
	if (q->at + 1 < q->limit && char_lower(p[q->at]) == 'e' &&
		(char_is_digit(p[q->at + 1]) || p[q->at + 1] == '+' || p[q->at + 1] == '-')) {
		q->at += 2;
		(void)digits(q);
		q->token.type = QUICK_FLOAT;
	}
	if (q->at < q->limit && char_lower(p[q->at]) == 'j') {
		q->at++;
		q->token.type = QUICK_FLOAT;
	}
	if (q->at < q->limit && is_word(p[q->at])) {
		(void)quick_fail(q);
	}
}

/* Sorted by length, then as given; their order is that of enum quick_keyword. */
static const struct str keywords[] = {STR_INIT(""), STR_INIT("False"), STR_INIT("None"),
	STR_INIT("True"), STR_INIT("and"), STR_INIT("as"), STR_INIT("assert"), STR_INIT("async"),
	STR_INIT("await"), STR_INIT("break"), STR_INIT("class"), STR_INIT("continue"),
	STR_INIT("def"), STR_INIT("del"), STR_INIT("elif"), STR_INIT("else"), STR_INIT("except"),
	STR_INIT("finally"), STR_INIT("for"), STR_INIT("from"), STR_INIT("global"), STR_INIT("if"),
	STR_INIT("import"), STR_INIT("in"), STR_INIT("is"), STR_INIT("lambda"),
	STR_INIT("nonlocal"), STR_INIT("not"), STR_INIT("or"), STR_INIT("pass"), STR_INIT("raise"),
	STR_INIT("return"), STR_INIT("try"), STR_INIT("while"), STR_INIT("with"),
	STR_INIT("yield")};

static uint8_t keyword_of(const char *p, size_t n)
{
	if (n < 2 || n > 8 || p[0] < 'F' || p[0] > 'y') {
		return 0;
	}
	for (size_t i = 1; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		if (keywords[i].n == n && keywords[i].p[0] == p[0] &&
			memcmp(keywords[i].p, p, n) == 0) {
			return (uint8_t)i;
		}
	}
	return 0;
}

static void word(struct quick *q)
{
	const char *p = q->text.p;
	uint32_t from = q->at;
	bool ascii = true; /* which other characters may be in a name the other parser knows */
	while (q->at < q->limit && is_word(p[q->at])) {
		ascii = ascii && ((unsigned char)p[q->at] & 0x80) == 0;
		q->at++;
	}
	size_t n = q->at - from;
	if (!ascii) {
		(void)quick_fail(q);
		return;
	}
	if (n <= 2 && q->at < q->limit && (p[q->at] == '"' || p[q->at] == '\'')) {
		for (uint32_t i = from; i < q->at; i++) {
			char c = char_lower(p[i]);
			q->token.format = q->token.format || c == 'f';
			q->token.raw = q->token.raw || c == 'r';
			if (c != 'f' && c != 'r' && c != 'b' && c != 'u') {
				(void)quick_fail(q);
				return;
			}
		}
		q->token.type = QUICK_STRING;
		q->token.content = q->at;
		if (!skip_string(q, &q->token.triple)) {
			(void)quick_fail(q);
		}
		return;
	}
	q->token.type = QUICK_NAME;
	q->token.keyword = keyword_of(p + from, n);
	if (q->token.keyword != 0) {
		q->token.type = QUICK_KEYWORD;
	}
}

static void operator(struct quick *q)
{
	const char *p = q->text.p + q->at;
	size_t left = q->limit - q->at;
	char a = p[0];
	char b = left > 1 ? p[1] : '\0';
	char c = left > 2 ? p[2] : '\0';
	size_t n = 1;
	if ((a == '*' && b == '*') || (a == '/' && b == '/') || (a == '<' && b == '<') ||
		(a == '>' && b == '>')) {
		n = c == '=' ? 3 : 2;
	} else if (a == '.' && b == '.' && c == '.') {
		n = 3;
	} else if ((a == '-' && b == '>') || (b == '=' && strchr("+-*/%@&|^=!<>:", a) != NULL)) {
		n = 2;
	} else if (strchr("+-*/%@&|^~<>=()[]{},:.;!", a) == NULL || a == '\0') {
		(void)quick_fail(q);
		return;
	}
	q->token.type = QUICK_OPERATOR;
	q->at += (uint32_t)n;
	q->token.op = n == 1   ? (uint32_t)(unsigned char)a
		      : n == 2 ? QUICK_OP2(a, b)
			       : QUICK_OP3(a, b, c);
	q->brackets += a == '(' || a == '[' || a == '{';
	q->brackets -= a == ')' || a == ']' || a == '}';
}

void quick_next(struct quick *q)
{
	if (!q->fine) {
		return;
	}
	q->end = q->token.end;
	skip_blanks(q);
	q->token = (struct quick_token){.start = q->at};
	if (q->at >= q->limit) {
		q->token.type = QUICK_END;
		q->token.end = q->at;
		return;
	}
	char c = q->text.p[q->at];
	char next = q->at + 1 < q->limit ? q->text.p[q->at + 1] : '\0';
	if (c == '\n') {
		q->token.type = QUICK_NEWLINE;
		q->at++;
	} else if (char_is_digit(c) || (c == '.' && char_is_digit(next))) {
		number(q);
	} else if (is_word(c)) {
		word(q);
	} else if (c == '"' || c == '\'') {
		q->token.type = QUICK_STRING;
		q->token.content = q->at;
		if (!skip_string(q, &q->token.triple)) {
			(void)quick_fail(q);
		}
	} else {
		operator(q);
	}
	if (q->fine) {
		q->token.end = q->at;
	}
}

/* ---- from our nodes to the tree ---- */

static void flatten(struct quick *q, struct arena *arena, struct syntax *ret)
{
	struct syntax_node *out = arena_array(arena, struct syntax_node, q->n);
	uint32_t n = 0;
	uint32_t at = 1; /* node 0 is none, node 1 the module */
	for (;;) {
		struct quick_node *node = &q->nodes[at];
		out[n] = (struct syntax_node){.start = node->start,
			.end = node->end,
			.next = n + 1,
			.kind = node->kind,
			.field = node->field};
		node->out = n++;
		if (node->child != 0) {
			q->nodes[node->child].parent = at;
			at = node->child;
			continue;
		}
		while (at != 1 && q->nodes[at].next == 0) {
			at = q->nodes[at].parent;
			out[q->nodes[at].out].next = n;
		}
		if (at == 1) {
			break;
		}
		uint32_t next = q->nodes[at].next;
		q->nodes[next].parent = q->nodes[at].parent;
		at = next;
	}
	out[0].next = n;
	*ret = (struct syntax){.text = q->text, .nodes = out, .n = n, .error_at = SYNTAX_NO_NODE};
}

struct quick *quick_new(void)
{
	struct quick *q = calloc(1, sizeof(*q));
	if (q == NULL) {
		arena_die("out of memory");
	}
	return q;
}

void quick_free(struct quick *q)
{
	if (q != NULL) {
		free(q->nodes);
		free(q);
	}
}

bool quick_parse(struct quick *q, struct str text, struct arena *arena, struct syntax *ret)
{
	*q = (struct quick){.nodes = q->nodes,
		.cap = q->cap,
		.text = text,
		.limit = (uint32_t)text.n,
		.fine = true};
	(void)quick_node(q, SYNTAX_OTHER, 0);
	uint32_t module = quick_node(q, SYNTAX_MODULE, 0);
	quick_statements(q, module);
	q->nodes[module].end = (uint32_t)text.n;
	if (!q->fine) {
		return false;
	}
	flatten(q, arena, ret);
	return true;
}
