#pragma once
#include "packaging/requirement.h"
#include "staticscan/shell.h"

/*
 * Install commands: who is called, and what the words of its command line ask for (staticscan.md 2.2
 * to 2.4).
 */
enum { INSTALL_REQUESTS_MAX = 10000 }; /* of one notebook; real ones have less than 200 */

struct install_sink {
	const struct scan_cell *cell;
	struct source_cursor cursor, end_cursor; /* for starts and ends: each only goes forward */
	struct str via;
	bool conditional; /* by Python; the shell's conditions come with the command */
	struct str
		manager; /* "": the one of the command; piplite and micropip are called, not run */
	struct arena *arena;
	VEC(struct scan_request) requests;
	VEC(struct scan_diagnostic) diagnostics;
};

/* One command, whatever it is; most are no install commands and give nothing. */
void install_command(const struct shell_command *command, struct install_sink *sink);

/*
 * One requirement word of pip's kind into *ret: kind, text, name. `editable`: the value of -e. Tells of
 * credentials in *ret_secret.
 */
void install_word(const struct shell_word *word, bool editable, struct arena *arena,
	struct scan_request *ret, bool *ret_secret);

/* Name, extras, specifier and the rest of a requirement into *ret. */
void install_requirement(
	const struct requirement *requirement, struct arena *arena, struct scan_request *ret);

/* user:password@ in every address of text replaced by ****@. */
struct str install_masked(struct str text, struct arena *arena);
