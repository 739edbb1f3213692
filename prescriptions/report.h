#pragma once
#include "common/arena.h"
#include "common/vec.h"

/*
 * What is wrong with rules, all of it and not only the first: faults, because of which a set of rules is
 * not used, and notes, which say what its author may not have meant. A person reads them as
 * "file:line:column: message (hint)".
 */
enum { PRESC_FAULTS_MAX = 100000 }; /* of each kind; more are counted */

struct presc_fault {
	struct str file;
	int line, column;   /* from 1; 0: the whole file */
	struct str message; /* lower case, no full stop, showable */
	const char *
		hint; /* one thing to do, "" when there is none; static or held by the report's arena */
};

struct presc_fault_list {
	VEC(struct presc_fault) list;
	size_t left_out; /* beyond PRESC_FAULTS_MAX */
};

struct presc_report {
	struct arena *arena; /* holds what is reported */
	struct str root;     /* the folder as the user named it; "" when a file or a text is read */
	struct str file;     /* what is being read, below root; held by arena or longer */
	struct presc_fault_list faults, notes;
};

/* Something is wrong in report->file. User text in the message is made showable here. */
void presc_fault(struct presc_report *report, int line, int column, const char *hint,
	const char *format, ...) PRINTF(5, 6);

/* It can be used, but may not do what was meant. */
void presc_note(struct presc_report *report, int line, int column, const char *hint,
	const char *format, ...) PRINTF(5, 6);

/* Faults or notes in the order of file, line and column. */
void presc_report_sort(struct presc_fault_list *list);

/* One line of text: "rules/a.yaml:3:5: unknown key 'nmae' (known here: name, type)\n". */
void presc_fault_show(
	const struct presc_report *report, const struct presc_fault *fault, struct buf *out);

/* The file of a fault as a path that can be opened. Held by arena. */
struct str presc_fault_path(
	const struct presc_report *report, const struct presc_fault *fault, struct arena *arena);
