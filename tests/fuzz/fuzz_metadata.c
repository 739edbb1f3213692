#include "fuzz/fuzz.h"
#include "packaging/metadata.h"
#include "packaging/requirement.h"
#include "common/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena arena = {0};
	struct str text = {(const char *)data, size};
	struct metadata metadata;
	struct err err = {0};
	if (!metadata_parse(text, &arena, &metadata, &err)) {
		FUZZ_CHECK(err.message[0] != '\0');
		return 0;
	}
	FUZZ_CHECK(metadata.name.n > 0 && metadata.version.n > 0);
	for (size_t i = 0; i < metadata.n_requires_dist; i++) {
		struct requirement requirement;
		struct str repaired;
		FUZZ_CHECK(metadata.requires_dist[i].n > 0);
		err = (struct err){0};
		bool read = requirement_parse_lenient(
			metadata.requires_dist[i], &arena, &requirement, &repaired, &err);
		FUZZ_CHECK(read == (err.kind == ERR_NONE));
	}
	return 0;
}
