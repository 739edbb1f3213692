#pragma once
#include "kernel_ext/wire.h"

/*
 * What we read in the JSON frames, and messages of our own. Frames that are no JSON of the expected
 * shape are never an error here: such a message passes, and the kernel may judge it.
 * Source: Jupyter message specification, "General Message Format".
 */

/* The members of a header that we look at; absent ones are empty. */
struct kernel_header {
	struct str msg_type, msg_id, session;
};

/* Views of the text, or copies held by arena where something was escaped. False: no JSON object. */
MUST_USE bool kernel_header_read(struct str json, struct arena *arena, struct kernel_header *ret);

/* An execute_request as far as it is a cell. */
struct kernel_execute {
	struct str code;
	struct str cell_id; /* metadata.cellId, as JupyterLab sends it; else empty */
	bool is_cell;       /* neither silent nor kept out of the history */
};

MUST_USE bool kernel_execute_read(
	struct str content, struct str metadata, struct arena *arena, struct kernel_execute *ret);

/* The execution_count of an execute_input; without one *ret stays. */
void kernel_execute_read_count(struct str content, int64_t *ret);

/* {"execution_state": "idle"} */
bool kernel_status_is_idle(struct str content);

/* What a kernel_info_reply says about the kernel's language is "python". */
bool kernel_info_is_python(struct str content);

/* The content of a kernel_info_reply with one more line in its banner; false: not to be changed. */
MUST_USE bool kernel_info_add_banner(
	struct str content, const char *line, struct arena *arena, struct str *ret);

/*
 * We as a participant. `id` is the session of what we send to clients; requests to the kernel carry
 * `private_id`, which no client ever sees, so that nobody can have messages taken for ours.
 */
struct kernel_session {
	struct str key;
	char id[33], private_id[33];
	uint64_t count; /* messages made so far; part of each msg_id */
};

void kernel_session_init(struct kernel_session *session, struct str key);

/* One message of ours. Views; the caller adds identities or a topic to `frames` beforehand. */
struct kernel_message {
	const char *type;
	struct str parent;  /* header of the request, byte for byte; empty: {} */
	struct str content; /* a JSON object */
	bool to_kernel;     /* sign with private_id as the session */
};

/* Append delimiter, signature and the four JSON frames. */
void kernel_message_add(struct kernel_session *session, const struct kernel_message *message,
	struct kernel_frames *frames);
