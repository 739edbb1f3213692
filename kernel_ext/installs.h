#pragma once
#include <jansson.h>
#include "kernel_ext/kernel.h"
#include "kernel_ext/message.h"

/*
 * Cells with install commands that run right now, watched until they have ended: their output is
 * kept, for it tells more than the reply whether the command worked (`!pip` never fails a cell).
 * What a cell asks for, and what follows from it, is for the worker to say.
 */
enum {
	KERNEL_INSTALLS_MAX = 8,               /* watched at a time */
	KERNEL_INSTALL_OUTPUT_MAX = 128 << 10, /* bytes kept of an output, its end */
	KERNEL_INSTALL_SOURCE_MAX = 256 << 10, /* larger cells are not watched */
};

struct kernel_install {
	char *msg_id; /* of the execute_request */
	char *source;
	size_t n_source;
	char cell_id[65];
	struct buf output;
	json_t *before; /* {"name": "version"} of what was installed; NULL: not known (yet) */
	bool replied, ok, idle;
};

struct kernel_installs {
	struct kernel_install install[KERNEL_INSTALLS_MAX];
	size_t n;
};

/* A cell goes to the kernel. Watched when it may install something; else false. */
bool kernel_installs_begin(
	struct kernel_installs *installs, struct str msg_id, const struct kernel_execute *execute);

/*
 * A message comes from the kernel. The cell that has ended well with it, or NULL; it is the
 * caller's to end with kernel_installs_end().
 */
struct kernel_install *kernel_installs_heard(struct kernel_installs *installs,
	enum kernel_channel channel, const struct kernel_wire *wire);

/* What was installed when the cell of this request began, an object; borrowed. */
void kernel_installs_before(struct kernel_installs *installs, struct str msg_id, json_t *before);

void kernel_installs_end(struct kernel_installs *installs, struct kernel_install *install);
void kernel_installs_done(struct kernel_installs *installs);
