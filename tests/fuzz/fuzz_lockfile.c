#include "fuzz/fuzz.h"
#include "packaging/lockfile.h"
#include "packaging/name.h"
#include "packaging/version.h"
#include "common/banned.h"

/* The same bytes as each kind of lock file: a lock whose packages have names and versions, or words. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct str names[] = {STR_INIT("text"), STR_INIT("docs")};
	struct str text = {(const char *)data, size};
	struct declared_choice choice = {
		.extras = names, .n_extras = 2, .groups = names, .n_groups = 2, .dev = true};
	for (int kind = LOCKFILE_PYLOCK; kind <= LOCKFILE_UV; kind++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct lockfile file;
		if (!lockfile_parse((enum lockfile_kind)kind, text, &choice, &arena, &file, &err)) {
			FUZZ_CHECK(err.kind == ERR_INPUT || err.kind == ERR_LIMIT);
			FUZZ_CHECK(err.message[0] != '\0');
			continue;
		}
		for (size_t i = 0; i < file.lock.n; i++) {
			struct version version;
			FUZZ_CHECK(name_is_valid(file.lock.packages[i].name));
			FUZZ_CHECK(version_parse(file.lock.packages[i].version, &version));
		}
	}
	return 0;
}
