#pragma once
#include <zmq.h>
#include "common/arena.h"
#include "common/hash.h"

/*
 * Messages as they travel: identities, the delimiter "<IDS|MSG>", the signature, four JSON frames
 * and any number of buffers. The signature is HMAC-SHA-256 in lower-case hex over the four JSON
 * frames one after the other; the buffers are not signed.
 * Source: Jupyter message specification, "The Wire Protocol".
 */
enum {
	KERNEL_FRAMES_MAX = 1024,   /* frames of one message, all counted */
	KERNEL_FRAME_MAX = 1 << 30, /* bytes of one frame from a client */
};

/* Views of one message's frames; nothing is copied. */
struct kernel_wire {
	size_t delimiter; /* its index; the frames before it are identities (or the topic) */
	struct str signature, header, parent, metadata, content;
};

/*
 * Find the parts among n frames; `from` is the index of the first frame that may be the delimiter.
 * False when there is no delimiter or fewer than five frames follow it.
 */
MUST_USE bool kernel_wire_parse(
	const struct str *frames, size_t n, size_t from, struct kernel_wire *ret);

/* Is the signature right? Constant time. With an empty key everything is. */
MUST_USE bool kernel_wire_verify(const struct kernel_wire *wire, struct str key);

/* The signature of the four JSON frames; an empty key signs as "". */
void kernel_wire_sign(const struct kernel_wire *wire, struct str key, char ret[HASH_HEX + 1]);

/*
 * Signatures that have come, so that a message sent a second time is noticed. The last
 * KERNEL_SEEN_SETS * KERNEL_SEEN_WAYS of them, give or take; starts zeroed.
 */
enum { KERNEL_SEEN_SETS = 4096, KERNEL_SEEN_WAYS = 8 };

struct kernel_seen {
	uint64_t (
		*mark)[KERNEL_SEEN_WAYS]; /* mark[KERNEL_SEEN_SETS], newest first; NULL: none yet */
};

/* Has this (right) signature come before? From now on it has. */
MUST_USE bool kernel_seen_before(struct kernel_seen *seen, struct str signature);
void kernel_seen_done(struct kernel_seen *seen);

/*
 * One message in libzmq's hands. Starts zeroed; kernel_frames_receive() fills it, passing it on
 * with kernel_frames_send() empties it without a copy; kernel_frames_done() drops what is left.
 */
struct kernel_frames {
	zmq_msg_t *frame;
	size_t n, cap;
};

void kernel_frames_done(struct kernel_frames *frames);

enum kernel_received {
	KERNEL_NOTHING, /* no message is waiting, or the socket is closed */
	KERNEL_MESSAGE,
	KERNEL_TOO_LONG, /* more than KERNEL_FRAMES_MAX frames: taken and dropped */
};

/* Take one message without waiting. What `frames` held before is dropped. */
enum kernel_received kernel_frames_receive(struct kernel_frames *frames, void *socket);

/*
 * libzmq's descriptor of a socket tells of what comes once only, and sending or receiving may take the news
 * unsaid. So nobody may wait on it unless the socket has been received from until KERNEL_NOTHING came, and
 * not been sent to since. Such a socket is drained; kernel_frames_receive() and kernel_frames_send() keep
 * book of it, in the one thread that they belong to. A new socket is told by kernel_socket_open().
 * Source: zmq_getsockopt(3), ZMQ_FD.
 */
enum { KERNEL_SOCKETS_MAX = 16 };
void kernel_socket_open(void *socket);
void kernel_socket_close(void *socket); /* zmq_close() too; NULL is fine */
bool kernel_socket_drained(void *socket);

/* Pass it on. False when the socket does not take it (then it is dropped, as ROUTER does). */
bool kernel_frames_send(struct kernel_frames *frames, void *socket);

/*
 * Bytes that were sent through one or more sockets and that libzmq still holds, for its own limits
 * count messages. Starts zeroed but for max. It must outlive the sockets' context: libzmq's threads
 * write to it.
 */
struct kernel_queue {
	_Atomic int64_t bytes;
	int64_t max;
};

/* Would `bytes` more be too many? One message is always taken when nothing waits. */
bool kernel_queue_full(const struct kernel_queue *queue, size_t bytes);

/* kernel_frames_send(), counted until every receiver has it. */
bool kernel_frames_send_counted(
	struct kernel_frames *frames, void *socket, struct kernel_queue *queue);

/* Of all frames. */
size_t kernel_frames_bytes(const struct kernel_frames *frames);

/* The bytes of frame i, valid until the frames change. */
struct str kernel_frames_at(const struct kernel_frames *frames, size_t i);

/* kernel_wire_parse() over them. */
MUST_USE bool kernel_frames_parse(
	const struct kernel_frames *frames, size_t from, struct kernel_wire *ret);

/* Put a copy of data in the place of frame i, or behind the last one when i is n. */
void kernel_frames_set(struct kernel_frames *frames, size_t i, struct str data);

/* Append frame i of `from` to `to`, sharing its memory. */
void kernel_frames_share(struct kernel_frames *from, size_t i, struct kernel_frames *to);

/* Another content for a parsed message, and the signature that goes with it. */
void kernel_frames_set_content(struct kernel_frames *frames, const struct kernel_wire *wire,
	struct str content, struct str key);

/* Move everything from one to the other, which must be empty. */
void kernel_frames_move(struct kernel_frames *from, struct kernel_frames *to);
