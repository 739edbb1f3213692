#pragma once
#include "advise/advise.h"

/*
 * Reports drawn for people: the lock as a table with its reasons, as text and as HTML. Everything that
 * came from outside is escaped for where it goes.
 */
/* summary: a line above the table; the messages of the lock follow below it. */
void show_lock_text(const struct lock *lock, struct buf *out);

/* The same table with other words than its reasons: says[lock->n] below `title`. */
void show_lock_with(
	const struct lock *lock, const char *title, const struct str *says, struct buf *out);
void show_lock_html(const struct lock *lock, struct str summary, struct buf *out);

/* "WARNING: cell 3, line 1: ..." one a line. */
void show_messages(const struct lock_message *messages, size_t n, struct buf *out);

/* The packages of a lock as in cli.md 6; a new reference. */
json_t *show_packages_json(const struct lock *lock);
json_t *show_messages_json(const struct lock_message *messages, size_t n);

/* A list of names; a new reference. */
json_t *show_names_json(const struct str *names, size_t n);
