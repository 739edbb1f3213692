#include "unit/test.h"
#include "kernel_ext/message.h"
#include "kernel_ext/wire.h"
#include "common/banned.h"

/* The frames of one message: identity, delimiter, signature, four JSON frames, one buffer. */
static const struct str message[] = {
	STR_INIT("client"),
	STR_INIT("<IDS|MSG>"),
	STR_INIT("0b38c09e99b02c5ab0ee4dff83d7ba9ab6daed8d0bcc9cbec7e1f2c3a9de5a10"),
	STR_INIT("{\"msg_type\":\"x\"}"),
	STR_INIT("{}"),
	STR_INIT("{}"),
	STR_INIT("{\"code\":\"1\"}"),
	STR_INIT("buffer"),
};

static void finds_the_parts(void **state)
{
	(void)state;
	struct kernel_wire wire;
	assert_true(kernel_wire_parse(message, N_OF(message), 1, &wire));
	assert_int_equal(wire.delimiter, 1);
	assert_str(wire.signature, message[2]);
	assert_str(wire.header, message[3]);
	assert_str(wire.content, message[6]);
	assert_true(kernel_wire_parse(message + 1, N_OF(message) - 1, 0, &wire));
	assert_int_equal(wire.delimiter, 0);
}

static void refuses_what_is_cut_short(void **state)
{
	(void)state;
	struct kernel_wire wire;
	for (size_t n = 0; n < 7; n++) {
		assert_false(kernel_wire_parse(message, n, 1, &wire));
	}
	assert_false(kernel_wire_parse(message, N_OF(message), 2, &wire));
}

/* An identity that looks like the delimiter does not shift the frames. */
static void takes_any_identity(void **state)
{
	(void)state;
	struct str frames[N_OF(message)];
	memcpy(frames, message, sizeof(message));
	frames[0] = S("<IDS|MSG>");
	struct kernel_wire wire;
	assert_true(kernel_wire_parse(frames, N_OF(frames), 1, &wire));
	assert_str(wire.header, message[3]);
}

static void verifies_what_it_signed_and_nothing_else(void **state)
{
	(void)state;
	struct str frames[N_OF(message)];
	memcpy(frames, message, sizeof(message));
	struct kernel_wire wire;
	assert_true(kernel_wire_parse(frames, N_OF(frames), 1, &wire));
	char signature[HASH_HEX + 1];
	kernel_wire_sign(&wire, S("secret"), signature);
	assert_int_equal(strlen(signature), HASH_HEX);
	wire.signature = str_from(signature);
	assert_true(kernel_wire_verify(&wire, S("secret")));
	assert_false(kernel_wire_verify(&wire, S("secret2")));
	assert_true(kernel_wire_verify(&wire, S("")));
	struct str *parts[] = {&wire.header, &wire.parent, &wire.metadata, &wire.content};
	for (size_t i = 0; i < N_OF(parts); i++) {
		struct str kept = *parts[i];
		*parts[i] = S("{\"changed\":1}");
		assert_false(kernel_wire_verify(&wire, S("secret")));
		*parts[i] = kept;
	}
	for (size_t n = 0; n < HASH_HEX; n++) {
		wire.signature = (struct str){signature, n};
		assert_false(kernel_wire_verify(&wire, S("secret")));
	}
}

/* The worked example of RFC 4231 (test case 2), split over the four frames. */
static void signs_as_hmac_sha256_does(void **state)
{
	(void)state;
	struct kernel_wire wire = {.header = S("what do ya "),
		.parent = S("want for"),
		.metadata = S(" nothing"),
		.content = S("?")};
	char signature[HASH_HEX + 1];
	kernel_wire_sign(&wire, S("Jefe"), signature);
	assert_str(str_from(signature),
		S("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
	kernel_wire_sign(&wire, S(""), signature);
	assert_str(str_from(signature), S(""));
}

static void signs_a_changed_content_anew(void **state)
{
	(void)state;
	AUTO(kernel_frames_done) struct kernel_frames frames = {0};
	for (size_t i = 0; i < N_OF(message); i++) {
		kernel_frames_set(&frames, i, message[i]);
	}
	struct kernel_wire wire;
	assert_true(kernel_frames_parse(&frames, 1, &wire));
	assert_false(kernel_wire_verify(&wire, S("secret")));
	kernel_frames_set_content(&frames, &wire, S("{\"code\":\"22\"}"), S("secret"));
	assert_true(kernel_frames_parse(&frames, 1, &wire));
	assert_true(kernel_wire_verify(&wire, S("secret")));
	assert_str(wire.content, S("{\"code\":\"22\"}"));
	assert_str(kernel_frames_at(&frames, 7), S("buffer"));
}

static void takes_only_so_many_frames(void **state)
{
	(void)state;
	void *context = zmq_ctx_new();
	void *left = zmq_socket(context, ZMQ_PAIR);
	void *right = zmq_socket(context, ZMQ_PAIR);
	assert_int_equal(zmq_bind(left, "inproc://frames"), 0);
	assert_int_equal(zmq_connect(right, "inproc://frames"), 0);
	AUTO(kernel_frames_done) struct kernel_frames frames = {0};
	assert_int_equal(kernel_frames_receive(&frames, right), KERNEL_NOTHING);
	for (size_t n = KERNEL_FRAMES_MAX; n <= KERNEL_FRAMES_MAX + 1; n++) {
		for (size_t i = 0; i < n; i++) {
			kernel_frames_set(&frames, i, S("x"));
		}
		assert_true(kernel_frames_send(&frames, left));
		assert_int_equal(frames.n, 0);
		enum kernel_received got = kernel_frames_receive(&frames, right);
		assert_int_equal(got, n == KERNEL_FRAMES_MAX ? KERNEL_MESSAGE : KERNEL_TOO_LONG);
		assert_int_equal(frames.n, n == KERNEL_FRAMES_MAX ? n : 0);
		kernel_frames_done(&frames);
	}
	zmq_close(left);
	zmq_close(right);
	zmq_ctx_term(context);
}

/* What a descriptor tells only once must not be waited for again. */
static void a_socket_is_drained_when_nothing_is_left_and_nothing_was_sent(void **state)
{
	(void)state;
	void *context = zmq_ctx_new();
	void *left = zmq_socket(context, ZMQ_PAIR);
	void *right = zmq_socket(context, ZMQ_PAIR);
	assert_int_equal(zmq_bind(left, "inproc://drained"), 0);
	assert_int_equal(zmq_connect(right, "inproc://drained"), 0);
	kernel_socket_open(right);
	assert_false(kernel_socket_drained(right));
	AUTO(kernel_frames_done) struct kernel_frames frames = {0};
	assert_int_equal(kernel_frames_receive(&frames, right), KERNEL_NOTHING);
	assert_true(kernel_socket_drained(right));
	kernel_frames_set(&frames, 0, S("x"));
	assert_true(kernel_frames_send(&frames, left));
	assert_false(kernel_socket_drained(left));
	assert_true(kernel_socket_drained(right)); /* its descriptor tells of that */
	assert_int_equal(kernel_frames_receive(&frames, right), KERNEL_MESSAGE);
	assert_false(kernel_socket_drained(right)); /* and of no second one */
	assert_int_equal(kernel_frames_receive(&frames, right), KERNEL_NOTHING);
	assert_true(kernel_socket_drained(right));
	kernel_socket_close(left);
	kernel_socket_close(right);
	kernel_socket_close(NULL);
	zmq_ctx_term(context);
}

static void makes_messages_that_verify(void **state)
{
	(void)state;
	struct kernel_session session;
	kernel_session_init(&session, S("secret"));
	AUTO(arena_done) struct arena arena = {0};
	AUTO(kernel_frames_done) struct kernel_frames frames = {0};
	kernel_frames_set(&frames, 0, S("client"));
	struct kernel_message reply = {
		.type = "interrupt_reply", .parent = S("{ \"odd\" :1}"), .content = S("{}")};
	kernel_message_add(&session, &reply, &frames);
	struct kernel_wire wire;
	struct kernel_header header;
	assert_true(kernel_frames_parse(&frames, 1, &wire));
	assert_true(kernel_wire_verify(&wire, S("secret")));
	assert_str(wire.parent, S("{ \"odd\" :1}"));
	assert_true(kernel_header_read(wire.header, &arena, &header));
	assert_str(header.msg_type, S("interrupt_reply"));
	assert_str(header.session, str_from(session.id));
	assert_true(str_find(wire.header, str_from(session.private_id)) < 0);
}

static void reads_headers(void **state)
{
	(void)state;
	static const struct {
		const char *json;
		bool valid;
		const char *type;
	} cases[] = {
		{"{\"msg_type\":\"execute_request\"}",      true,  "execute_request"},
		{"{\"msg_type\":\"a\\u0062c\",\"x\":[{}]}", true,  "abc"            },
		{"{\"msg_type\":7}",                        true,  ""               },
		{"{}",				      true,  ""               },
		{"[]",				      false, NULL             },
		{"",					false, NULL             },
		{"{\"msg_type\":\"x\"",                     false, NULL             },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct kernel_header header = {0};
		bool valid = kernel_header_read(str_from(cases[i].json), &arena, &header);
		assert_int_equal(valid, cases[i].valid);
		if (valid) {
			assert_str(header.msg_type, str_from(cases[i].type));
		}
	}
}

static void knows_which_requests_are_cells(void **state)
{
	(void)state;
	static const struct {
		const char *content, *metadata;
		bool is_cell;
		const char *cell_id;
	} cases[] = {
		{"{\"code\":\"1\"}",					 "{\"cellId\":\"a1\"}", true,  "a1"},
		{"{\"code\":\"1\",\"silent\":false,\"store_history\":true}", "{}",                  true,  ""  },
		{"{\"code\":\"1\",\"silent\":true}",                         "{}",                  false, ""  },
		{"{\"code\":\"1\",\"store_history\":false}",                 "{}",                  false, ""  },
		{"{\"code\":\"1\",\"silent\":\"no\"}",                       "[]",                  true,  ""  },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct kernel_execute execute;
		assert_true(kernel_execute_read(
			str_from(cases[i].content), str_from(cases[i].metadata), &arena, &execute));
		assert_str(execute.code, S("1"));
		assert_int_equal(execute.is_cell, cases[i].is_cell);
		assert_str(execute.cell_id, str_from(cases[i].cell_id));
	}
}

static void adds_a_line_to_a_banner_only(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct str content;
	assert_true(kernel_info_add_banner(
		S("{\"a\":1,\"banner\":\"one\\n\",\"z\":[2]}"), "two", &arena, &content));
	assert_str(content, S("{\"a\":1,\"banner\":\"one\\ntwo\",\"z\":[2]}"));
	assert_false(kernel_info_add_banner(S("{\"status\":\"error\"}"), "two", &arena, &content));
	assert_false(kernel_info_add_banner(S("not json"), "two", &arena, &content));
}

static void notices_what_comes_twice(void **state)
{
	(void)state;
	struct kernel_seen seen = {0};
	char signature[HASH_HEX + 1];
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 1000; i++) {
			snprintf(signature, sizeof(signature), "%064d", i);
			assert_int_equal(
				kernel_seen_before(&seen, str_from(signature)), round == 1);
		}
	}
	assert_false(kernel_seen_before(&seen, S(""))); /* unsigned messages are all alike */
	assert_false(kernel_seen_before(&seen, S("")));
	kernel_seen_done(&seen);
}

/* Two receivers: the bytes are gone when both have taken them, and the content is what it was. */
static void counts_what_is_not_taken_yet(void **state)
{
	(void)state;
	void *context = zmq_ctx_new();
	void *from = zmq_socket(context, ZMQ_XPUB);
	void *to = zmq_socket(context, ZMQ_SUB);
	struct kernel_queue queue = {.max = 1000};
	struct kernel_frames frames = {0};
	char text[600];
	char got[sizeof(text)];
	memset(text, 'x', sizeof(text));
	assert_int_equal(zmq_bind(from, "inproc://x"), 0);
	assert_int_equal(zmq_connect(to, "inproc://x"), 0);
	assert_int_equal(zmq_setsockopt(to, ZMQ_SUBSCRIBE, "", 0), 0);
	assert_int_equal(zmq_recv(from, got, sizeof(got), 0), 1);
	assert_false(kernel_queue_full(&queue, 5000)); /* one is always taken */
	kernel_frames_set(&frames, 0, S("topic"));
	kernel_frames_set(&frames, 1, (struct str){text, sizeof(text)});
	assert_true(kernel_frames_send_counted(&frames, from, &queue));
	assert_int_equal(queue.bytes, sizeof(text) + 5);
	assert_true(kernel_queue_full(&queue, 500));
	assert_false(kernel_queue_full(&queue, 100));
	assert_int_equal(zmq_recv(to, got, sizeof(got), 0), 5);
	assert_int_equal(zmq_recv(to, got, sizeof(got), 0), sizeof(text));
	assert_memory_equal(got, text, sizeof(text));
	assert_int_equal(queue.bytes, 0);
	kernel_frames_done(&frames);
	zmq_close(from);
	zmq_close(to);
	zmq_ctx_term(context);
	assert_int_equal(queue.bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_parts),
		cmocka_unit_test(refuses_what_is_cut_short),
		cmocka_unit_test(takes_any_identity),
		cmocka_unit_test(verifies_what_it_signed_and_nothing_else),
		cmocka_unit_test(signs_as_hmac_sha256_does),
		cmocka_unit_test(signs_a_changed_content_anew),
		cmocka_unit_test(takes_only_so_many_frames),
		cmocka_unit_test(a_socket_is_drained_when_nothing_is_left_and_nothing_was_sent),
		cmocka_unit_test(makes_messages_that_verify),
		cmocka_unit_test(reads_headers),
		cmocka_unit_test(knows_which_requests_are_cells),
		cmocka_unit_test(adds_a_line_to_a_banner_only),
		cmocka_unit_test(notices_what_comes_twice),
		cmocka_unit_test(counts_what_is_not_taken_yet),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
