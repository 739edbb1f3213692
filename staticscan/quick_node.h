#pragma once
#include "staticscan/quick.h"

/* What the parts of the fast parser share: quick.c (tokens), quick_expr.c, quick_stmt.c. */
enum quick_type {
	QUICK_END,
	QUICK_NEWLINE,
	QUICK_NAME,
	QUICK_KEYWORD,
	QUICK_INTEGER,
	QUICK_FLOAT,
	QUICK_STRING,
	QUICK_OPERATOR,
};

enum quick_keyword {
	K_NONE_AT_ALL,
	K_FALSE,
	K_NONE,
	K_TRUE,
	K_AND,
	K_AS,
	K_ASSERT,
	K_ASYNC,
	K_AWAIT,
	K_BREAK,
	K_CLASS,
	K_CONTINUE,
	K_DEF,
	K_DEL,
	K_ELIF,
	K_ELSE,
	K_EXCEPT,
	K_FINALLY,
	K_FOR,
	K_FROM,
	K_GLOBAL,
	K_IF,
	K_IMPORT,
	K_IN,
	K_IS,
	K_LAMBDA,
	K_NONLOCAL,
	K_NOT,
	K_OR,
	K_PASS,
	K_RAISE,
	K_RETURN,
	K_TRY,
	K_WHILE,
	K_WITH,
	K_YIELD,
};

/* An operator is its characters. */
#define QUICK_OP2(a, b) ((uint32_t)(unsigned char)(a) << 8 | (uint32_t)(unsigned char)(b))
#define QUICK_OP3(a, b, c) (QUICK_OP2(a, b) << 8 | (uint32_t)(unsigned char)(c))

struct quick_token {
	uint32_t start, end;
	uint32_t op;
	uint32_t content; /* of a string: its first quote */
	uint8_t type, keyword;
	bool format, raw, triple;
};

struct quick_node {
	uint32_t start, end, child, last, next;
	uint32_t parent, out; /* while it is flattened */
	uint8_t kind, field;
};

struct quick {
	struct quick_node *nodes; /* 0 is none */
	size_t n, cap;
	struct str text;
	uint32_t at, limit; /* behind the token; where the text ends */
	uint32_t end;       /* of the token before this one */
	struct quick_token token;
	int brackets; /* open around `at` */
	int level;    /* of recursion */
	int indent;   /* of the line that is next, -1 at the end of the text */
	bool fine;
};

enum { QUICK_LEVEL_MAX = 300 };

uint32_t quick_node(struct quick *q, uint8_t kind, uint32_t start);
void quick_add(struct quick *q, uint32_t parent, uint32_t child, uint8_t field);
/* The node ends before this token. */
uint32_t quick_close(struct quick *q, uint32_t node);
/* Give up; always 0. */
uint32_t quick_fail(struct quick *q);
void quick_next(struct quick *q);

static inline bool quick_is(const struct quick *q, uint32_t op)
{
	return q->token.type == QUICK_OPERATOR && q->token.op == op;
}
static inline bool quick_word(const struct quick *q, enum quick_keyword keyword)
{
	return q->token.type == QUICK_KEYWORD && q->token.keyword == keyword;
}
static inline bool quick_take(struct quick *q, uint32_t op)
{
	bool is = quick_is(q, op);
	if (is) {
		quick_next(q);
	}
	return is;
}
static inline bool quick_take_word(struct quick *q, enum quick_keyword keyword)
{
	bool is = quick_word(q, keyword);
	if (is) {
		quick_next(q);
	}
	return is;
}
static inline void quick_expect(struct quick *q, uint32_t op)
{
	if (!quick_take(q, op)) {
		(void)quick_fail(q);
	}
}

uint32_t quick_name(struct quick *q);                    /* an identifier */
uint32_t quick_test(struct quick *q);                    /* an expression without commas */
uint32_t quick_named(struct quick *q);                   /* the same, or NAME := expression */
uint32_t quick_or(struct quick *q, bool with_in);        /* without if/else and lambda */
uint32_t quick_list(struct quick *q, bool with_in);      /* with commas, stars and yield */
uint32_t quick_arguments(struct quick *q);               /* "(...)" of a call or a class */
uint32_t quick_parameters(struct quick *q, bool lambda); /* up to ')' or ':' */
void quick_statements(struct quick *q, uint32_t module);
bool quick_is_target(const struct quick *q, uint32_t node);
