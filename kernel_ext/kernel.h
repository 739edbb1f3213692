#pragma once

/*
 * The companion `thoth-kernel`: a small process between a Jupyter client and the real kernel.
 *
 *	client --tcp/ipc--> front: ROUTER shell, control, stdin; XPUB iopub; ROUTER hb
 *	                    |                                          thoth-kernel
 *	                    back: three DEALERs and a SUB, ipc in a private folder --> real kernel
 *
 * A kernelspec starts us where it would start ipykernel. We bind the sockets the client expects
 * (connection.c), write a second connection file and start the real kernel on it (child.c). From
 * then on relay.c hands every message through, frames untouched, signature included, for both
 * sides share one key. We look at a message only so far as is needed:
 *
 * - a wrong signature from the client side is dropped and counted (wire.c);
 * - interrupt_request is answered here, because only we can reach the whole process group;
 * - connect_reply gets our ports, kernel_info_reply one more banner line, both signed anew;
 * - the code of execute_request is remembered, so that `%thoth` knows the cells (cells.c);
 * - what belongs to our own requests to the kernel is never passed on (message.c, display.c).
 *
 * Clients are held back until the kernel's iopub reaches us: without that the first busy and idle
 * would be lost and the client would wait for ever. Every new iopub subscriber gets an
 * iopub_welcome (JEP 65) from us.
 *
 * `%thoth ...` in a cell is a magic that stub.py registers in IPython right after the start. It
 * connects to a socket in the private folder; magics.c reads its request, worker.c passes it to a
 * `thoth worker` child as one line of JSON and brings back the answer, which the stub displays. So
 * the real kernel counts, mixes and aborts cells as it always does. Other kernels, and the want of
 * any, are the matter of fallback.c.
 *
 * One process, one thread that matters (the loop in relay.c), and one more that echoes heartbeats.
 * Sources: Jupyter message specification 5.4/5.5; JEP 65 (iopub_welcome), JEP 66, JEP 91 (subshells).
 */

/* The five channels in the order of a connection file's ports. */
enum kernel_channel {
	KERNEL_SHELL,
	KERNEL_IOPUB,
	KERNEL_STDIN,
	KERNEL_CONTROL,
	KERNEL_HB,
	KERNEL_CHANNELS, /* how many */
};
