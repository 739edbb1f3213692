#pragma once
#include <jansson.h>
#include "kernel_ext/message.h"

/*
 * The open comms of target "thoth": one for each front end, or browser tab, that shows a notebook
 * of this kernel, with what it last told about that notebook. All of it is answered here and never
 * reaches the kernel, so that it goes on while a cell runs. frontend.c says what is answered.
 *
 * A page that is reloaded or lost does not close its comm. So a comm that leaves a question
 * unanswered is `mute`, and nobody waits for it until it speaks again; of too many the one that has
 * been silent for longest goes.
 */
enum {
	KERNEL_COMMS_MAX = 16,
	KERNEL_COMM_ID_MAX = 128,          /* bytes; others are not ours */
	KERNEL_COMM_DATA_MAX = 6 << 20,    /* bytes of one message from a front end */
	KERNEL_COMM_HEADER_MAX = 64 << 10, /* bytes of its header */
	KERNEL_INFO_ASKED_MAX = 32,        /* comm_info_requests under way */
};

struct kernel_comm {
	char id[KERNEL_COMM_ID_MAX + 1];
	char *header; /* of its last message: the parent of what we send */
	size_t n_header;
	json_t *path;      /* string, NULL: not told */
	json_t *metadata;  /* value of metadata.thoth; NULL: none */
	json_t *cells;     /* array; NULL: not told */
	const char *state; /* of the lock as last looked at; NULL: not yet */
	json_t *differs;   /* array: where the kernel's packages are others than the lock's */
	bool failed;      /* the last lock did, and neither cells nor metadata have changed since */
	const char *told; /* state that the last hello had */
	bool look_again;  /* something changed while its notebook was looked at */
	bool asked_cells; /* a question for them is under way */
	bool mute;
	uint64_t spoke; /* order of last messages */
};

struct kernel_comms {
	struct kernel_session *session;
	void *iopub;
	struct kernel_comm comm[KERNEL_COMMS_MAX];
	size_t n;
	uint64_t spoken;
	char *info_asked[KERNEL_INFO_ASKED_MAX]; /* msg_ids whose reply lists ours; a ring */
	size_t n_info_asked;
};

void kernel_comms_init(struct kernel_comms *comms, struct kernel_session *session, void *iopub);
void kernel_comms_done(struct kernel_comms *comms);

/* What a message of the shell channel says about comms. Strings are views of `content`. */
struct kernel_comm_message {
	enum kernel_comm_kind { KERNEL_COMM_OPEN, KERNEL_COMM_DATA, KERNEL_COMM_CLOSE } kind;
	struct str id;
	json_t *content; /* the whole; owned, json_decref() it */
	json_t *data;    /* an object, maybe empty; borrowed from content */
};

/* Is it for us? Only then *ret is filled. Looks at the content only when the header says comm. */
bool kernel_comms_read(const struct kernel_comms *comms, struct str msg_type, struct str content,
	struct kernel_comm_message *ret);

/* The comm with this id, or NULL. */
struct kernel_comm *kernel_comms_find(struct kernel_comms *comms, struct str id);

/* A comm with this id, its members empty; one that was open under it is replaced. */
struct kernel_comm *kernel_comms_open(struct kernel_comms *comms, struct str id);
void kernel_comms_close(struct kernel_comms *comms, struct kernel_comm *comm);

/* It has spoken: keep the header, take path, metadata and cells from its data where they are. */
void kernel_comms_heard(
	struct kernel_comms *comms, struct kernel_comm *comm, struct str header, json_t *data);

/* Its notebook has this value of metadata.thoth now (borrowed; no object: none). */
void kernel_comms_set_metadata(struct kernel_comm *comm, json_t *metadata);

/* Send data (borrowed) to one front end. */
void kernel_comms_send(struct kernel_comms *comms, const struct kernel_comm *comm, json_t *data);

/* The path as a view, "" when it is not known. */
struct str kernel_comm_path(const struct kernel_comm *comm);

/*
 * The front end whose notebook holds the cell with this id. Without an id, or where a front end has
 * not told its cells: the last one, if all show the same notebook. NULL when it cannot be told.
 */
struct kernel_comm *kernel_comms_of_cell(struct kernel_comms *comms, struct str cell_id);

/* A comm_info_request passed: does its reply list ours? Remembered until the reply comes. */
void kernel_comms_info_asked(struct kernel_comms *comms, struct str msg_id, struct str content);

/* Content of the comm_info_reply with this parent, ours added. False: leave it as it is. */
MUST_USE bool kernel_comms_info_add(struct kernel_comms *comms, struct str parent_id,
	struct str content, struct arena *arena, struct str *ret);
