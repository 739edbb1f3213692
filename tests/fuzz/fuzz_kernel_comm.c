#include "fuzz/fuzz.h"
#include "kernel_ext/ask.h"
#include "kernel_ext/installs.h"
#include "common/banned.h"

/* One after the other: contents of comm messages, separated by "\n--\n"; each first byte is its kind. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct str types[] = {
		STR_INIT("comm_open"), STR_INIT("comm_msg"), STR_INIT("comm_close")};
	AUTO(arena_done) struct arena arena = {0};
	AUTO(kernel_cells_done) struct kernel_cells cells = {0};
	AUTO(kernel_comms_done) struct kernel_comms comms = {0};
	struct str all = {(const char *)data, size};
	for (bool more = true; more;) {
		struct str content = all;
		struct kernel_comm_message message;
		more = str_cut(all, S("\n--\n"), &content, &all);
		if (content.n == 0 || !kernel_comms_read(&comms, types[(uint8_t)content.p[0] % 3],
					      str_skip(content, 1), &message)) {
			continue;
		}
		FUZZ_CHECK(message.id.n > 0 && json_is_object(message.data));
		struct kernel_comm *comm = message.kind == KERNEL_COMM_OPEN
						   ? kernel_comms_open(&comms, message.id)
						   : kernel_comms_find(&comms, message.id);
		FUZZ_CHECK(comm != NULL && comms.n <= KERNEL_COMMS_MAX);
		kernel_comms_heard(&comms, comm, S("{}"), message.data);
		FUZZ_CHECK(comm->cells == NULL || json_is_array(comm->cells));
		(void)kernel_comms_of_cell(&comms, S("a1"));
		for (int kind = KERNEL_ASK_LOCK; kind <= KERNEL_ASK_INSTALLS; kind++) {
			struct kernel_ask ask = {
				.kind = (enum kernel_ask_kind)kind, .data = message.data};
			struct str line;
			struct err err = {0};
			FUZZ_CHECK(kernel_ask_request(&ask, comm, &cells, &arena, &line, &err) ||
				   err.message[0] != '\0');
		}
		if (message.kind == KERNEL_COMM_CLOSE) {
			kernel_comms_close(&comms, comm);
		}
		json_decref(message.content);
	}
	return 0;
}
