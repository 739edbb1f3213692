#include "fuzz/fuzz.h"
#include "kernel_ext/connection.h"
#include "common/banned.h"

/* A connection file is refused with words, or gives addresses and a file for the kernel that reads
 * back with the same key. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct kernel_connection front;
	struct kernel_connection back;
	struct kernel_connection again;
	if (!kernel_connection_parse(
		    (struct str){(const char *)data, size}, &arena, &front, &err)) {
		FUZZ_CHECK(err.kind == ERR_INPUT || err.kind == ERR_LIMIT);
		FUZZ_CHECK(err.message[0] != '\0');
		return 0;
	}
	FUZZ_CHECK(str_starts(str_from(kernel_connection_address(&front, KERNEL_HB, &arena)),
		front.ipc ? S("ipc://") : S("tcp://")));
	kernel_connection_for_child(&front, S("/run/k"), &arena, &back);
	FUZZ_CHECK(back.text.n > KERNEL_CONNECTION_MAX ||
		   kernel_connection_parse(back.text, &arena, &again, &err));
	FUZZ_CHECK(
		back.text.n > KERNEL_CONNECTION_MAX || (again.ipc && str_eq(again.key, front.key)));
	return 0;
}
