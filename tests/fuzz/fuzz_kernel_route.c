#include <signal.h>
#include "fuzz/fuzz.h"
#include "kernel_ext/relay.h"
#include "common/banned.h"

/*
 * Messages through the relay's decisions, each way: the first byte says where a message comes from, in
 * which phase, and whether it is signed as it should be; frames are separated by "\n--\n", messages by
 * "\n==\n". Nobody listens at the sockets and the worker takes nothing, so nothing leaves. Whatever
 * comes, all that is held stays within its bounds, and a wrongly signed message changes nothing.
 */
static struct kernel_relay relay;
static struct arena relay_arena;

static void leave_nothing(void)
{
	kernel_folder_done(&relay.folder);
}

static void set_up(void)
{
	static const int types[KERNEL_HB] = {ZMQ_PUB, ZMQ_PUB, ZMQ_PUB, ZMQ_PUB};
	struct err err = {0};
	signal(SIGINT, SIG_IGN);
	relay.context = zmq_ctx_new();
	relay.front.key = relay.back.key = S("key");
	relay.signals = -1;
	relay.to_client.max = relay.to_kernel.max = 1 << 20;
	for (int i = 0; i < KERNEL_HB; i++) {
		relay.front_socket[i] = zmq_socket(relay.context, types[i]);
		relay.back_socket[i] = zmq_socket(relay.context, types[i]);
		FUZZ_CHECK(relay.front_socket[i] != NULL && relay.back_socket[i] != NULL);
	}
	kernel_session_init(&relay.session, relay.front.key);
	FUZZ_CHECK(kernel_folder_make(&relay_arena, &relay.folder, &err));
	atexit(leave_nothing);
	FUZZ_CHECK(kernel_stub_init(&relay.stub, relay.folder.path, &relay_arena, &err));
	relay.stub.worker.n_asked =
		KERNEL_ASKED_MAX; /* busy: it refuses, and no process is started */
	relay.stub.otherwise = kernel_fallback_answered;
	relay.stub.user = &relay;
	kernel_comms_init(
		&relay.stub.frontend.comms, &relay.session, relay.front_socket[KERNEL_IOPUB]);
}

/* As it was before the first message. */
static void reset(void)
{
	for (size_t i = 0; i < relay.n_held; i++) {
		kernel_frames_done(&relay.held[i]);
	}
	relay.n_held = 0;
	kernel_fallback_done(&relay.fallback);
	relay.fallback = (struct kernel_fallback){.language = "python"};
	kernel_cells_done(&relay.stub.cells);
	kernel_seen_done(&relay.seen);
	while (relay.stub.frontend.comms.n > 0) {
		kernel_comms_close(&relay.stub.frontend.comms, &relay.stub.frontend.comms.comm[0]);
	}
	relay.end_expected = relay.iopub_live = relay.child_known = false;
	relay.own_pending = 0;
}

static void sign(struct kernel_frames *frames)
{
	struct kernel_wire wire;
	char signature[HASH_HEX + 1];
	if (kernel_frames_parse(frames, 1, &wire)) {
		kernel_wire_sign(&wire, S("key"), signature);
		kernel_frames_set(frames, wire.delimiter + 1, str_from(signature));
	}
}

static void put(struct str message)
{
	AUTO(kernel_frames_done) struct kernel_frames frames = {0};
	struct str frame;
	unsigned how = message.n == 0 ? 0 : (unsigned char)message.p[0];
	int channel = (int)(how & 3);
	message = str_skip(message, 1);
	while (frames.n + 1 < 64 && str_cut(message, S("\n--\n"), &frame, &message)) {
		kernel_frames_set(&frames, frames.n, frame);
	}
	kernel_frames_set(&frames, frames.n, message);
	relay.phase = (how & 4) != 0   ? KERNEL_REDUCED
		      : (how & 8) != 0 ? KERNEL_STARTING
				       : KERNEL_RUNNING;
	relay.fallback.no_stub = (how & 16) != 0;
	if ((how & 32) != 0) {
		kernel_route_from_kernel(&relay, (enum kernel_channel)channel, &frames);
		return;
	}
	if (channel == KERNEL_IOPUB) {
		kernel_route_subscription(&relay, kernel_frames_at(&frames, 0));
		return;
	}
	uint64_t bad = relay.n_bad_signatures + relay.n_malformed + relay.n_replayed;
	size_t cells = relay.stub.cells.n;
	if ((how & 64) == 0) {
		sign(&frames);
	}
	kernel_route_from_client(&relay, (enum kernel_channel)channel, &frames);
	bool dropped = bad != relay.n_bad_signatures + relay.n_malformed + relay.n_replayed;
	FUZZ_CHECK(!dropped || relay.stub.cells.n == cells);
	FUZZ_CHECK(relay.n_held <= KERNEL_HELD_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = {(const char *)data, size};
	struct str message;
	if (relay.context == NULL) {
		set_up();
	}
	while (str_cut(rest, S("\n==\n"), &message, &rest)) {
		put(message);
	}
	put(rest);
	reset();
	return 0;
}
