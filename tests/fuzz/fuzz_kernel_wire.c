#include "fuzz/fuzz.h"
#include "kernel_ext/complete.h"
#include "kernel_ext/magics.h"
#include "kernel_ext/message.h"
#include "common/banned.h"

/* Frames are separated by "\n--\n". */
static size_t cut_frames(struct str data, struct str *frames, size_t max)
{
	size_t n = 0;
	struct str frame;
	while (n + 1 < max && str_cut(data, S("\n--\n"), &frame, &data)) {
		frames[n++] = frame;
	}
	frames[n++] = data;
	return n;
}

static void check_signature(struct kernel_wire wire)
{
	char right[HASH_HEX + 1];
	kernel_wire_sign(&wire, S("key"), right);
	FUZZ_CHECK(kernel_wire_verify(&wire, S("key")) == str_eq(wire.signature, str_from(right)));
	wire.signature = str_from(right);
	FUZZ_CHECK(kernel_wire_verify(&wire, S("key")));
}

/* Whatever comes in a message: the parts lie among the frames, and reading them ends well. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena arena = {0};
	struct str frames[64];
	size_t n = cut_frames((struct str){(const char *)data, size}, frames, 64);
	struct kernel_wire wire;
	struct kernel_header header;
	struct kernel_execute execute;
	struct str content;
	if (!kernel_wire_parse(frames, n, 1, &wire)) {
		return 0;
	}
	FUZZ_CHECK(wire.delimiter >= 1 && wire.delimiter + 6 <= n);
	check_signature(wire);
	if (kernel_header_read(wire.header, &arena, &header)) {
		FUZZ_CHECK(wire.header.n > 0);
	}
	(void)kernel_status_is_idle(wire.content);
	(void)kernel_info_is_python(wire.content);
	if (kernel_info_add_banner(wire.content, "line", &arena, &content)) {
		FUZZ_CHECK(str_find(content, S("\\nline\"")) >= 0);
	}
	AUTO(kernel_cells_done) struct kernel_cells cells = {0};
	if (kernel_execute_read(wire.content, wire.metadata, &arena, &execute)) {
		kernel_cells_add(&cells, &execute);
	}
	struct kernel_frontend frontend = {0};
	struct str answer;
	if (kernel_complete(wire.content, &frontend, &arena, &answer) ||
		kernel_inspect(wire.content, &arena, &answer)) {
		FUZZ_CHECK(answer.n > 2 && answer.p[0] == '{' && str_is_utf8(answer));
	}
	struct err err = {0};
	struct kernel_magic magic;
	struct str request;
	if (kernel_magic_read(wire.content, &arena, &magic, &err)) {
		FUZZ_CHECK(kernel_magic_request(&magic, 1, &cells, NULL, &arena, &request, &err) ||
			   err.message[0] != '\0');
	}
	return 0;
}
