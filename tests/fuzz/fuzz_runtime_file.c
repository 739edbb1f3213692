#include "fuzz/fuzz.h"
#include "advise/runtime_file.h"
#include "knowledge/knowledge.h"
#include "common/banned.h"

static void check_environments(const struct runtime_file *file, struct arena *arena)
{
	for (size_t i = 0; i < file->n; i++) {
		FUZZ_CHECK(file->items[i].name.n > 0);
		FUZZ_CHECK(runtime_file_get(file, file->items[i].name) != NULL);
		(void)runtime_platform(&file->items[i], arena);
	}
}

static void check_affected(struct str text, struct arena *arena)
{
	struct knowledge_advisory advisory = {0};
	struct version version;
	struct version later;
	knowledge_read_affected(text, text, arena, &advisory);
	if (!version_parse(S("1.5"), &version) || !knowledge_affects(&advisory, &version)) {
		return;
	}
	struct str fixed = knowledge_fixed(&advisory, &version);
	FUZZ_CHECK(fixed.n == 0 || version_parse(fixed, &later));
	FUZZ_CHECK(fixed.n == 0 || !knowledge_affects(&advisory, &later));
}

/* Any bytes as a .thoth.yaml, and as the events and versions of an advisory. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena arena = {0};
	struct str text = {(const char *)data, size};
	struct runtime_file file;
	struct err err = {0};
	if (runtime_file_read(S("x"), text, &arena, &file, &err)) {
		check_environments(&file, &arena);
	} else {
		FUZZ_CHECK(err.message[0] != '\0');
	}
	check_affected(text, &arena);
	return 0;
}
