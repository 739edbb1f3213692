#pragma once
#include "kernel_ext/comm.h"
#include "kernel_ext/magics.h"

/*
 * One request on its way to the worker, whoever made it, and what it looks like there.
 * frontend.c moves it from stage to stage.
 */
enum kernel_ask_kind {
	KERNEL_ASK_CELL,
	KERNEL_ASK_LOCK,
	KERNEL_ASK_ADD,
	KERNEL_ASK_REMOVE,
	KERNEL_ASK_WHY,
	KERNEL_ASK_COMPLETE,
	KERNEL_ASK_LOOK,      /* of our own: state and findings */
	KERNEL_ASK_INSTALLED, /* of our own: while an install cell begins */
	KERNEL_ASK_INSTALLS,  /* of our own: after it */
};

enum kernel_ask_stage { KERNEL_FREE, KERNEL_FETCHING, KERNEL_ASKED, KERNEL_SHOWING };

struct kernel_ask {
	enum kernel_ask_stage stage;
	enum kernel_ask_kind kind;
	int64_t id;                        /* as the worker knows it */
	char comm[KERNEL_COMM_ID_MAX + 1]; /* who asks, or whose notebook it is; "" nobody's */
	json_t *name;                      /* the front end's own id of its request; "cell-7" */
	json_t *data;                      /* what the front end sent */
	struct arena arena;                /* holds magic */
	struct kernel_magic magic;
	int64_t until_ms; /* of FETCHING and SHOWING */
	json_t *answer;   /* in SHOWING: what the cell waits for */
	json_int_t seq;   /* of its last progress */
};

/* Does it make a lock, rather than tell something? Of a cell its first word says so. */
bool kernel_ask_locks(const struct kernel_ask *ask);

/*
 * The line for the worker. comm: whose notebook it is; NULL, or when it has not told its cells: the
 * cells executed. Words of a front end must be as harmless as those of a cell (ERR_USAGE).
 */
MUST_USE bool kernel_ask_request(const struct kernel_ask *ask, const struct kernel_comm *comm,
	const struct kernel_cells *cells, struct arena *arena, struct str *ret, struct err *err);
