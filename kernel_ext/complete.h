#pragma once
#include "kernel_ext/frontend.h"

/*
 * Tab and Shift-Tab in a `%thoth ...` line, answered here and not by the kernel: so it works while a
 * cell runs, when there is no kernel, and knows the packages of the lock. Offered are commands,
 * options, the values of some, and packages. `%tho` alone is the kernel's matter.
 * Source: Jupyter message specification, "Completion" and "Introspection"; cursors count code points.
 */

/*
 * The content of a complete_reply or an inspect_reply for the content of the request. False: the
 * cursor is not behind %thoth or %horus, or the request is not what it should be, and the kernel may
 * have it. Held by arena.
 */
MUST_USE bool kernel_complete(struct str content, const struct kernel_frontend *frontend,
	struct arena *arena, struct str *ret);
MUST_USE bool kernel_inspect(struct str content, struct arena *arena, struct str *ret);
