#pragma once
#include <stdbool.h>

/*
 * Stopping: Ctrl-C, and the end of --timeout. Who works asks stop_asked() and ends in good order with
 * ERR_INTERRUPTED. Whatever does not ask in time (a long file being read, a program that was started) is
 * ended hard 20 ms later, with exit code 130 as well, unless a notebook is being written at that moment.
 */

/* From now on. json: a hard end prints an error document too. A second Ctrl-C ends us at once. */
void stop_catch(bool json);

/* Stop by ourselves after so many milliseconds; 0: never. */
void stop_after(long long ms);

/* Was it asked for? As a callback of advise. */
bool stop_asked(void *data);

/*
 * The answer is known and only put into words: the end of --timeout ends us hard a second later. As a
 * callback of advise.
 */
void stop_patiently(void *data);

/*
 * There is an answer, and what follows only looks for a better one: Ctrl-C and the end of --timeout ask for
 * an end and get the best so far; they end us hard a second later. As a callback of advise.
 */
void stop_answered(void *data);

/* Between these two a file is being changed and no hard end happens. */
void stop_hold(void);
void stop_release(bool changed);
