#pragma once
#include "advise/advise.h"

/*
 * What changed between two locks, and why. Private to advise/.
 */
struct diff {
	const struct lock *old, *new;
	bool had_lock;                        /* else everything is new and the text stays empty */
	const struct advise_options *options; /* whose --upgrade counts as a reason; NULL: none */
	const char *asked;                    /* what asked: "--upgrade", "update" */
	const struct diff_names *old_names, *new_names; /* private to diff.c */
};

/*
 * The difference as the `diff` object of cli.md 6 (entries with `reason`; a new reference), and, when there
 * was a lock before, as lines of text.
 */
json_t *diff_make(const struct diff *diff, struct buf *text);

/* `thoth diff PATH [OTHER]`: the lock against that of input->other. */
void diff_run(const struct advise_input *input, struct arena *arena, struct advise_report *report);
