#pragma once
#include <jansson.h>
#include "kernel_ext/message.h"

/*
 * What we say ourselves on the channels: welcomes, statuses, replies, and our few silent requests
 * to the kernel. `socket` is the one it goes out on.
 */

/* iopub_welcome (JEP 65) to those who subscribe to `topic`. Nothing when it is not UTF-8. */
void kernel_send_welcome(struct kernel_session *session, void *iopub, struct str topic);

/* status busy or idle on iopub for the request with this header. */
void kernel_send_status(
	struct kernel_session *session, void *iopub, struct str parent, const char *state);

/* Any message on iopub for the request with this header. content is borrowed. */
void kernel_send_iopub(struct kernel_session *session, void *iopub, const char *type,
	struct str parent, const json_t *content);

/* Text on the standard error stream of the request with this header. */
void kernel_send_stream(
	struct kernel_session *session, void *iopub, struct str parent, const char *text);

/* The reply to `request` (its frames, parsed), to the identities it came from. */
void kernel_send_reply(struct kernel_session *session, void *socket,
	const struct kernel_frames *request, const struct kernel_wire *wire, const char *type,
	struct str content);

/* A request of our own to the kernel. */
void kernel_send_request(
	struct kernel_session *session, void *socket, const char *type, struct str content);
