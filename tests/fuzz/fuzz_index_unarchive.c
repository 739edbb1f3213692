#include "fuzz/fuzz.h"
#include "index/unarchive.h"
#include "common/banned.h"

enum { TEXT_MAX = 1 << 16 };

/* The bytes are a zip file when they begin as one, else a tar file with or without gzip around it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct str text = {0};
	struct str bytes = {(const char *)data, size};
	bool zip = size > 0 && data[0] == 'P';
	if (thoth_unarchive_functions.read(bytes, zip ? UNARCHIVE_ZIP : UNARCHIVE_TAR, S("a-1"),
		    S("PKG-INFO"), TEXT_MAX, &arena, &text, &err)) {
		FUZZ_CHECK(text.p != NULL && text.n <= TEXT_MAX);
	} else {
		FUZZ_CHECK(err.kind == ERR_INPUT && err.message[0] != '\0');
	}
	return 0;
}
