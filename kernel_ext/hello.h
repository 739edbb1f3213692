#pragma once
#include "kernel_ext/frontend.h"

/*
 * What front ends are told of a notebook without having asked: its state, what the kernel has in
 * other versions, findings in its cells, what it asks for. frontend.c says when.
 */

/* Send data (borrowed) to every front end that shows the notebook of this one. */
void kernel_hello_all(
	struct kernel_frontend *frontend, const struct kernel_comm *comm, json_t *data);

/* The state of its notebook, and with need_cells the question for them. */
void kernel_hello_send(struct kernel_frontend *frontend, struct kernel_comm *comm, bool need_cells);

/* The state, to all that show this notebook and have been told another. */
void kernel_hello_changed(struct kernel_frontend *frontend, const struct kernel_comm *comm);

/*
 * A lock of its notebook has worked, with this value of metadata.thoth; or (NULL) failed, rather than was
 * stopped. The front end says later that the value is in the notebook.
 */
void kernel_hello_ended(
	struct kernel_frontend *frontend, const struct kernel_comm *comm, const json_t *metadata);

/* The worker has looked: `asked` is what it was shown, `answer` what it saw (advise/look.h). */
void kernel_hello_look(struct kernel_frontend *frontend, struct kernel_comm *comm,
	const json_t *asked, const json_t *answer);
