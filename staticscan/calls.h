#pragma once
#include "staticscan/install.h"
#include "staticscan/walk.h"

/*
 * Install commands that Python gives: escaped lines in their place among the statements, and calls such as
 * subprocess.run([...]). What their words say comes from literals, followed through names, lists,
 * loops and the parameters of functions of the notebook (staticscan.md 1.14, 2.2).
 */

/* Code that may be looked at later: a literal that a name is bound to, an argument of a call. */
struct code {
	const struct syntax *tree;
	uint32_t node;
	const struct source_python *python;
	uint32_t base, cell;
	bool each; /* of a loop: its elements, one after the other */
};

struct calls_function {
	uint32_t name;            /* in facts.names */
	VEC(uint32_t) parameters; /* names */
	VEC(struct calls_installer {
		struct code arguments;
		size_t form;
	})
	installers; /* calls in it whose words need its parameters */
};

/* A call of a function of the notebook, decided when every function is known. */
struct calls_call {
	uint32_t name, function; /* SCOPE_NONE: by name */
	struct mark mark;
	bool conditional;
	uint32_t inside; /* the function it stands in, or SCOPE_NONE */
	const struct scope *module;
	VEC(struct calls_argument {
		uint32_t keyword; /* SCOPE_NONE: by place */
		struct code code;
	})
	arguments;
};

/* Beside each request. */
struct calls_note {
	struct mark order; /* of its command */
	uint32_t function; /* it stands in, or SCOPE_NONE */
};

struct installs {
	struct install_sink sink;
	VEC(struct calls_note) notes; /* as many as sink.requests */
	VEC(struct code) literals;
	VEC(struct calls_function) functions;
	VEC(struct calls_call) calls;
	VEC(bool) called;              /* by name: something of that name is called */
	VEC(struct source_file) files; /* written by %%writefile */
	VEC(struct str) constraints;   /* lines of constraints files */
	VEC(struct str) written;       /* files of -r and -c that cells make */
};

/* ---- for the walk ---- */

struct value calls_literal(struct walker *walker, uint32_t node);
/* What the variable of a loop over `right` is. */
struct binding calls_loop_value(struct walker *walker, uint32_t right);
/* A string whose whole text is known. */
bool calls_plain_string(struct walker *walker, uint32_t node, struct str *ret);
/* A def: its number, and what its name is bound to. */
uint32_t calls_function(struct walker *walker, uint32_t node, struct binding *ret);
/* Any call; path is what is called, "" when unknown. */
void calls_tell(struct walker *walker, uint32_t node, uint32_t arguments,
	const struct binding *callee, struct str path);
/* An escaped line or a shell cell. */
void calls_shell(struct walker *walker, const struct source_shell *shell);
/* Literal keyword arguments of a call worth knowing: index + 1 in facts.keywords, or 0. */
uint32_t calls_keywords(struct walker *walker, struct str path, uint32_t arguments);

/* When all is read: calls of functions that install; requests in document order. */
void calls_finish(struct facts *facts);

/* ---- evaluate.c: what literals say ---- */

struct evaluation {
	struct facts *facts;
	const struct scope *module;
	struct walker *walker; /* names are looked up where it stands; NULL: when all is read */
	const struct calls_function *function; /* its parameters are the arguments of `call` */
	const struct calls_call *call;
	uint32_t cell, at;    /* of the command, for text that comes from another cell */
	size_t round, rounds; /* which element of a loop; how many there are */
	bool open;            /* a parameter of the function under way stands in it */
};

/* The code at a node of the tree being walked. */
struct code evaluate_here(const struct walker *walker, uint32_t node);

/* Append the text of an expression; what is not known becomes opaque. False then. */
bool evaluate_text(
	struct evaluation *evaluation, const struct code *code, int depth, char_vec *ret);

/* Append the words that a list, a tuple or a string to be split says. False: it is nothing of that kind. */
bool evaluate_words(
	struct evaluation *evaluation, const struct code *code, int depth, shell_words *ret);

/* The text that a Python expression in a {placeholder} stands for. */
bool evaluate_placeholder(struct evaluation *evaluation, struct str expression, struct str *ret);
