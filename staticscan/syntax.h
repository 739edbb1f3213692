#pragma once
#include "common/arena.h"

/*
 * Python text to a tree of our own, flat and small, so that nothing else knows which parser made it.
 *
 * Nodes stand in the order of the text, each before its children: the first child of node i is i + 1 when
 * i + 1 < nodes[i].next, and nodes[i].next is what follows the whole of i. Only what the scanner
 * looks at is kept: punctuation, comments and the plain text of strings are not there.
 */
#define SYNTAX_KINDS(X)                                                                            \
	X(ERROR, "ERROR")                                                                          \
	X(MODULE, "module")                                                                        \
	X(IDENTIFIER, "identifier")                                                                \
	X(ATTRIBUTE, "attribute")                                                                  \
	X(CALL, "call")                                                                            \
	X(ARGUMENTS, "argument_list")                                                              \
	X(KEYWORD_ARGUMENT, "keyword_argument")                                                    \
	X(SUBSCRIPT, "subscript")                                                                  \
	X(STRING, "string")                                                                        \
	X(STRINGS, "concatenated_string")                                                          \
	X(INTERPOLATION, "interpolation")                                                          \
	X(INTEGER, "integer")                                                                      \
	X(TRUE, "true")                                                                            \
	X(FALSE, "false")                                                                          \
	X(NONE, "none")                                                                            \
	X(LIST, "list")                                                                            \
	X(TUPLE, "tuple")                                                                          \
	X(SET, "set")                                                                              \
	X(DICTIONARY, "dictionary")                                                                \
	X(PAIR, "pair")                                                                            \
	X(PARENTHESES, "parenthesized_expression")                                                 \
	X(EXPRESSIONS, "expression_list")                                                          \
	X(PATTERNS, "pattern_list")                                                                \
	X(TUPLE_PATTERN, "tuple_pattern")                                                          \
	X(LIST_PATTERN, "list_pattern")                                                            \
	X(LIST_SPLAT, "list_splat")                                                                \
	X(DICTIONARY_SPLAT, "dictionary_splat")                                                    \
	X(LIST_SPLAT_PATTERN, "list_splat_pattern")                                                \
	X(DICTIONARY_SPLAT_PATTERN, "dictionary_splat_pattern")                                    \
	X(WALRUS, "named_expression")                                                              \
	X(LAMBDA, "lambda")                                                                        \
	X(LAMBDA_PARAMETERS, "lambda_parameters")                                                  \
	X(PARAMETERS, "parameters")                                                                \
	X(DEFAULT_PARAMETER, "default_parameter")                                                  \
	X(TYPED_PARAMETER, "typed_parameter")                                                      \
	X(TYPED_DEFAULT_PARAMETER, "typed_default_parameter")                                      \
	X(LIST_COMPREHENSION, "list_comprehension")                                                \
	X(SET_COMPREHENSION, "set_comprehension")                                                  \
	X(DICTIONARY_COMPREHENSION, "dictionary_comprehension")                                    \
	X(GENERATOR, "generator_expression")                                                       \
	X(FOR_IN, "for_in_clause")                                                                 \
	X(IF_CLAUSE, "if_clause")                                                                  \
	X(BINARY, "binary_operator")                                                               \
	X(EXPRESSION_STATEMENT, "expression_statement")                                            \
	X(ASSIGNMENT, "assignment")                                                                \
	X(AUGMENTED_ASSIGNMENT, "augmented_assignment")                                            \
	X(IMPORT, "import_statement")                                                              \
	X(IMPORT_FROM, "import_from_statement")                                                    \
	X(IMPORT_FUTURE, "future_import_statement")                                                \
	X(IMPORT_ALIAS, "aliased_import")                                                          \
	X(IMPORT_STAR, "wildcard_import")                                                          \
	X(RELATIVE_IMPORT, "relative_import")                                                      \
	X(IMPORT_PREFIX, "import_prefix")                                                          \
	X(DOTTED_NAME, "dotted_name")                                                              \
	X(PRINT_STATEMENT, "print_statement")                                                      \
	X(EXEC_STATEMENT, "exec_statement")                                                        \
	X(DELETE, "delete_statement")                                                              \
	X(GLOBAL, "global_statement")                                                              \
	X(NONLOCAL, "nonlocal_statement")                                                          \
	X(TYPE_ALIAS, "type_alias_statement")                                                      \
	X(TYPE, "type")                                                                            \
	X(TYPE_PARAMETERS, "type_parameter")                                                       \
	X(MEMBER_TYPE, "member_type")                                                              \
	X(CONSTRAINED_TYPE, "constrained_type")                                                    \
	X(GENERIC_TYPE, "generic_type")                                                            \
	X(DICT_PATTERN, "dict_pattern")                                                            \
	X(IF, "if_statement")                                                                      \
	X(ELIF, "elif_clause")                                                                     \
	X(ELSE, "else_clause")                                                                     \
	X(FOR, "for_statement")                                                                    \
	X(WHILE, "while_statement")                                                                \
	X(TRY, "try_statement")                                                                    \
	X(EXCEPT, "except_clause")                                                                 \
	X(FINALLY, "finally_clause")                                                               \
	X(WITH, "with_statement")                                                                  \
	X(MATCH, "match_statement")                                                                \
	X(CASE, "case_clause")                                                                     \
	X(CASE_PATTERN, "case_pattern")                                                            \
	X(CLASS_PATTERN, "class_pattern")                                                          \
	X(KEYWORD_PATTERN, "keyword_pattern")                                                      \
	X(SPLAT_PATTERN, "splat_pattern")                                                          \
	X(AS_PATTERN, "as_pattern")                                                                \
	X(AS_TARGET, "as_pattern_target")                                                          \
	X(FUNCTION, "function_definition")                                                         \
	X(CLASS, "class_definition")                                                               \
	X(DECORATED, "decorated_definition")                                                       \
	X(DECORATOR, "decorator")                                                                  \
	X(BLOCK, "block")

enum syntax_kind {
	SYNTAX_OTHER, /* an expression or statement whose children say everything */
#define X(name, text) SYNTAX_##name,
	SYNTAX_KINDS(X)
#undef X
};

/* What a child is to its parent, where that matters. */
#define SYNTAX_FIELDS(X)                                                                           \
	X(ALIAS, "alias")                                                                          \
	X(ALTERNATIVE, "alternative")                                                              \
	X(ARGUMENTS, "arguments")                                                                  \
	X(ATTRIBUTE, "attribute")                                                                  \
	X(BODY, "body")                                                                            \
	X(CONDITION, "condition")                                                                  \
	X(CONSEQUENCE, "consequence")                                                              \
	X(DEFINITION, "definition")                                                                \
	X(FUNCTION, "function")                                                                    \
	X(KEY, "key")                                                                              \
	X(LEFT, "left")                                                                            \
	X(MODULE_NAME, "module_name")                                                              \
	X(NAME, "name")                                                                            \
	X(OBJECT, "object")                                                                        \
	X(PARAMETERS, "parameters")                                                                \
	X(RETURN_TYPE, "return_type")                                                              \
	X(RIGHT, "right")                                                                          \
	X(SUBJECT, "subject")                                                                      \
	X(SUBSCRIPT, "subscript")                                                                  \
	X(SUPERCLASSES, "superclasses")                                                            \
	X(TYPE, "type")                                                                            \
	X(TYPE_PARAMETERS, "type_parameters")                                                      \
	X(VALUE, "value")

enum syntax_field {
	SYNTAX_FIELD_NONE,
#define X(name, text) SYNTAX_FIELD_##name,
	SYNTAX_FIELDS(X)
#undef X
};

struct syntax_node {
	uint32_t start, end; /* bytes of the text */
	uint32_t next;       /* index after this node and all below it */
	uint8_t kind;        /* enum syntax_kind */
	uint8_t field;       /* enum syntax_field */
};

enum {
	SYNTAX_TEXT_MAX = 1 << 20, /* bytes of one text */
};
#define SYNTAX_NO_NODE UINT32_MAX

struct syntax {
	struct str text;
	const struct syntax_node *nodes; /* nodes[0] is the module */
	uint32_t n;
	uint32_t error_at; /* byte of the first error, or SYNTAX_NO_NODE */
};

struct syntax_parser;
struct syntax_parser *syntax_parser_new(void);
void syntax_parser_free(struct syntax_parser *parser);

/* For tests, which compare the two ways: leave the fast parser (quick.h) aside. */
void syntax_parser_only_slow(struct syntax_parser *parser, bool only_slow);

/*
 * Parse text, which is UTF-8 or nearly so, at most SYNTAX_TEXT_MAX bytes. The tree is held by the arena. Errors
 * in the text give a tree all the same. False when it is not done at deadline_ns (clock_monotonic_ns).
 */
MUST_USE bool syntax_parse(struct syntax_parser *parser, struct str text, int64_t deadline_ns,
	struct arena *arena, struct syntax *ret);

static inline struct str syntax_text(const struct syntax *tree, uint32_t node)
{
	return (struct str){tree->text.p + tree->nodes[node].start,
		tree->nodes[node].end - tree->nodes[node].start};
}

/* The first child of `node` with that field, or SYNTAX_NO_NODE. */
uint32_t syntax_child(const struct syntax *tree, uint32_t node, enum syntax_field field);

/* for (uint32_t child = syntax_first(...); child != SYNTAX_NO_NODE; child = syntax_next(tree, node, child)) */
static inline uint32_t syntax_first(const struct syntax *tree, uint32_t node)
{
	return node + 1 < tree->nodes[node].next ? node + 1 : SYNTAX_NO_NODE;
}
static inline uint32_t syntax_next(const struct syntax *tree, uint32_t parent, uint32_t child)
{
	uint32_t next = tree->nodes[child].next;
	return next < tree->nodes[parent].next ? next : SYNTAX_NO_NODE;
}
