#include "fuzz/fuzz.h"
#include "packaging/export.h"
#include "common/banned.h"

/* Any bytes as a line of a lock: words, or a package that comes back from its own line. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(buf_done) struct buf line = {0};
	AUTO(buf_done) struct buf again = {0};
	struct str text = {(const char *)data, size};
	struct locked_package package, read;
	struct err err = {0};
	if (!export_read_line(text, &arena, &package, &err)) {
		FUZZ_CHECK(err.message[0] != '\0' && err.kind == ERR_INPUT);
		return 0;
	}
	FUZZ_CHECK(package.name.n > 0 && (package.url.n > 0 || package.version.n > 0));
	export_requirement_line(&package, &line);
	FUZZ_CHECK(str_find_char(buf_str(&line), '\n') < 0);
	FUZZ_CHECK(export_read_line(buf_str(&line), &arena, &read, &err));
	FUZZ_CHECK(str_eq(read.name, package.name) && str_eq(read.version, package.version));
	FUZZ_CHECK(str_eq(read.url, package.url));
	export_requirement_line(&read, &again);
	FUZZ_CHECK(str_eq(buf_str(&again), buf_str(&line)));
	return 0;
}
