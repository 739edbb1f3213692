#include "kernel_ext/wire.h"
#include <errno.h>
#include <stdatomic.h>
#include "common/banned.h"

bool kernel_wire_parse(const struct str *frames, size_t n, size_t from, struct kernel_wire *ret)
{
	size_t at = from;
	while (at < n && !str_eq(frames[at], S("<IDS|MSG>"))) {
		at++;
	}
	if (at >= n || n - at < 6) {
		return false;
	}
	*ret = (struct kernel_wire){
		.delimiter = at,
		.signature = frames[at + 1],
		.header = frames[at + 2],
		.parent = frames[at + 3],
		.metadata = frames[at + 4],
		.content = frames[at + 5],
	};
	return true;
}

void kernel_wire_sign(const struct kernel_wire *wire, struct str key, char ret[HASH_HEX + 1])
{
	ret[0] = '\0';
	if (key.n > 0) {
		const struct str parts[] = {
			wire->header, wire->parent, wire->metadata, wire->content};
		hash_hmac_sha256_hex(key, parts, 4, ret);
	}
}

bool kernel_wire_verify(const struct kernel_wire *wire, struct str key)
{
	char right[HASH_HEX + 1];
	kernel_wire_sign(wire, key, right);
	return key.n == 0 || hash_equal(wire->signature, (struct str){right, HASH_HEX});
}

bool kernel_seen_before(struct kernel_seen *seen, struct str signature)
{
	if (signature.n != HASH_HEX) {
		return false; /* messages are not signed */
	}
	if (seen->mark == NULL) {
		seen->mark = calloc(KERNEL_SEEN_SETS, sizeof(seen->mark[0]));
		if (seen->mark == NULL) {
			arena_die("out of memory");
		}
	}
	uint64_t mark = str_hash(signature) | 1; /* 0: free */
	uint64_t *set = seen->mark[(mark >> 1) % KERNEL_SEEN_SETS];
	for (size_t i = 0; i < KERNEL_SEEN_WAYS; i++) {
		if (set[i] == mark) {
			return true;
		}
	}
	memmove(&set[1], &set[0], (KERNEL_SEEN_WAYS - 1) * sizeof(set[0]));
	set[0] = mark;
	return false;
}

void kernel_seen_done(struct kernel_seen *seen)
{
	free(seen->mark);
	*seen = (struct kernel_seen){0};
}

static void empty(struct kernel_frames *frames)
{
	for (size_t i = 0; i < frames->n; i++) {
		zmq_msg_close(&frames->frame[i]);
	}
	frames->n = 0;
}

void kernel_frames_done(struct kernel_frames *frames)
{
	empty(frames);
	free(frames->frame);
	*frames = (struct kernel_frames){0};
}

/* A new last frame, not yet initialised. */
static zmq_msg_t *push(struct kernel_frames *frames)
{
	if (frames->n == frames->cap) {
		size_t cap = frames->cap == 0 ? 16 : frames->cap * 2;
		/* libzmq lets a zmq_msg_t move in memory: it holds no pointer to itself */
		zmq_msg_t *grown = realloc(frames->frame, cap * sizeof(*grown));
		if (grown == NULL) {
			arena_die("out of memory");
		}
		frames->frame = grown;
		frames->cap = cap;
	}
	return &frames->frame[frames->n++];
}

/* Sockets that may have something to give of which their descriptor does not tell. */
static struct {
	void *socket[KERNEL_SOCKETS_MAX];
	size_t n;
} stirred;

static size_t find_stirred(void *socket)
{
	size_t i = 0;
	while (i < stirred.n && stirred.socket[i] != socket) {
		i++;
	}
	return i;
}

static void stir(void *socket)
{
	if (find_stirred(socket) == stirred.n && stirred.n < KERNEL_SOCKETS_MAX) {
		stirred.socket[stirred.n++] = socket;
	}
}

static void drained(void *socket)
{
	size_t i = find_stirred(socket);
	if (i < stirred.n) {
		stirred.socket[i] = stirred.socket[--stirred.n];
	}
}

void kernel_socket_open(void *socket)
{
	stir(socket);
}

void kernel_socket_close(void *socket)
{
	if (socket != NULL) {
		drained(socket);
		zmq_close(socket);
	}
}

bool kernel_socket_drained(void *socket)
{
	return find_stirred(socket) == stirred.n;
}

/* Of one frame; a signal that interrupts libzmq is no answer. */
static int receive(zmq_msg_t *frame, void *socket)
{
	int n;
	do {
		n = zmq_msg_recv(frame, socket, ZMQ_DONTWAIT);
	} while (n < 0 && zmq_errno() == EINTR);
	return n;
}

enum kernel_received kernel_frames_receive(struct kernel_frames *frames, void *socket)
{
	empty(frames);
	bool too_long = false;
	stir(socket);
	for (bool more = true; more;) {
		zmq_msg_t one;
		zmq_msg_init(&one);
		/* the parts of a message arrive together: only the first can be missing */
		if (receive(&one, socket) < 0) {
			zmq_msg_close(&one);
			empty(frames);
			drained(socket);
			return KERNEL_NOTHING;
		}
		more = zmq_msg_more(&one) != 0;
		if (frames->n >= KERNEL_FRAMES_MAX) {
			too_long = true;
			zmq_msg_close(&one);
			continue;
		}
		zmq_msg_t *kept = push(frames);
		zmq_msg_init(kept);
		zmq_msg_move(kept, &one);
		zmq_msg_close(&one);
	}
	if (too_long) {
		empty(frames);
		return KERNEL_TOO_LONG;
	}
	return KERNEL_MESSAGE;
}

bool kernel_frames_send(struct kernel_frames *frames, void *socket)
{
	bool sent = true;
	stir(socket);
	for (size_t i = 0; i < frames->n && sent; i++) {
		int more = i + 1 < frames->n ? ZMQ_SNDMORE : 0;
		sent = zmq_msg_send(&frames->frame[i], socket, more | ZMQ_DONTWAIT) >= 0;
	}
	empty(frames); /* what was sent is empty already, closing it again is harmless */
	return sent;
}

bool kernel_queue_full(const struct kernel_queue *queue, size_t bytes)
{
	int64_t waiting = atomic_load_explicit(&queue->bytes, memory_order_relaxed);
	return waiting > 0 && waiting + (int64_t)bytes > queue->max;
}

size_t kernel_frames_bytes(const struct kernel_frames *frames)
{
	size_t bytes = 0;
	for (size_t i = 0; i < frames->n; i++) {
		bytes += zmq_msg_size(&frames->frame[i]);
	}
	return bytes;
}

/* The frame that tells when a message has gone: it holds the true one, and the bytes of all. */
struct counted {
	zmq_msg_t frame;
	struct kernel_queue *queue;
	int64_t bytes;
};

/* Called by libzmq, in any thread, when nobody needs the frame any more. */
static void counted_gone(void *data, void *hint)
{
	(void)data;
	struct counted *counted = hint;
	atomic_fetch_sub_explicit(&counted->queue->bytes, counted->bytes, memory_order_relaxed);
	zmq_msg_close(&counted->frame);
	free(counted);
}

bool kernel_frames_send_counted(
	struct kernel_frames *frames, void *socket, struct kernel_queue *queue)
{
	struct counted *counted = malloc(sizeof(*counted));
	if (counted == NULL || frames->n == 0) {
		free(counted);
		return kernel_frames_send(frames, socket);
	}
	zmq_msg_t *last = &frames->frame[frames->n - 1];
	*counted = (struct counted){.queue = queue, .bytes = (int64_t)kernel_frames_bytes(frames)};
	zmq_msg_init(&counted->frame);
	zmq_msg_move(&counted->frame, last);
	zmq_msg_close(last);
	if (zmq_msg_init_data(last, zmq_msg_data(&counted->frame), zmq_msg_size(&counted->frame),
		    counted_gone, counted) != 0) {
		arena_die("out of memory");
	}
	atomic_fetch_add_explicit(&queue->bytes, counted->bytes, memory_order_relaxed);
	return kernel_frames_send(frames, socket);
}

struct str kernel_frames_at(const struct kernel_frames *frames, size_t i)
{
	zmq_msg_t *frame = &frames->frame[i];
	return (struct str){zmq_msg_data(frame), zmq_msg_size(frame)};
}

bool kernel_frames_parse(const struct kernel_frames *frames, size_t from, struct kernel_wire *ret)
{
	/* only as many views as can be needed: identities are few, buffers follow the content */
	struct str views[KERNEL_FRAMES_MAX];
	size_t n = 0;
	size_t end = frames->n;
	for (; n < end; n++) {
		views[n] = kernel_frames_at(frames, n);
		if (n >= from && end == frames->n && str_eq(views[n], S("<IDS|MSG>"))) {
			end = n + 6 < frames->n ? n + 6 : frames->n;
		}
	}
	return kernel_wire_parse(views, n, from, ret);
}

void kernel_frames_set(struct kernel_frames *frames, size_t i, struct str data)
{
	zmq_msg_t *frame;
	if (i < frames->n) {
		frame = &frames->frame[i];
		zmq_msg_close(frame);
	} else {
		frame = push(frames);
	}
	if (zmq_msg_init_size(frame, data.n) != 0) {
		arena_die("out of memory");
	}
	if (data.n > 0) {
		memcpy(zmq_msg_data(frame), data.p, data.n);
	}
}

void kernel_frames_share(struct kernel_frames *from, size_t i, struct kernel_frames *to)
{
	zmq_msg_t *frame = push(to);
	zmq_msg_init(frame);
	zmq_msg_copy(frame, &from->frame[i]);
}

void kernel_frames_set_content(struct kernel_frames *frames, const struct kernel_wire *wire,
	struct str content, struct str key)
{
	struct kernel_wire changed = *wire;
	char signature[HASH_HEX + 1];
	changed.content = content;
	kernel_wire_sign(&changed, key, signature);
	kernel_frames_set(frames, wire->delimiter + 1, str_from(signature));
	kernel_frames_set(frames, wire->delimiter + 5, content);
}

void kernel_frames_move(struct kernel_frames *from, struct kernel_frames *to)
{
	*to = *from;
	*from = (struct kernel_frames){0};
}
