#pragma once
#include "staticscan/syntax.h"

/*
 * The fast way to a tree: a parser by recursive descent for the Python that nearly everybody writes. It is
 * strict and gives up (false) on errors, on what is rare (match, type parameters, quotes nested in f-strings) and
 * on Python 2; then the other parser has its turn. Where both accept, what the walk sees is the same
 * (tests/scan_ast.py and the cases hold it to that).
 */
struct quick;
struct quick *quick_new(void);
void quick_free(struct quick *quick);
MUST_USE bool quick_parse(
	struct quick *quick, struct str text, struct arena *arena, struct syntax *ret);
