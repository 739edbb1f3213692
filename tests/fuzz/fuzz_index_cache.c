#include "fuzz/fuzz.h"
#include "index/cache.h"
#include "index/project.h"
#include "common/banned.h"

/* An entry of any bytes is no entry, or lies wholly inside of them. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = {(const char *)data, size};
	struct index_cache_entry entry;
	if (index_cache_decode(bytes, S("key"), &entry)) {
		FUZZ_CHECK(entry.body.p >= bytes.p &&
			   entry.body.p + entry.body.n == bytes.p + bytes.n);
		FUZZ_CHECK(entry.url.p >= bytes.p && entry.url.p + entry.url.n <= entry.body.p);
	}
	AUTO(arena_done) struct arena arena = {0};
	struct index_project project;
	if (index_project_open(bytes, S("key"), size % 2, &arena, &project)) {
		for (size_t i = 0; i < project.n_releases; i++) {
			const struct index_release *release = &project.releases[i];
			const struct index_file *files = index_release_files(&project, release);
			for (size_t f = 0; f < release->n_files; f++) {
				struct index_brief brief =
					index_release_brief(&project, release, f);
				FUZZ_CHECK(brief.tags < project.n_tags);
				FUZZ_CHECK(str_eq(
					files[f].requires_python, project.pythons[brief.python]));
			}
		}
	}
	(void)index_cache_fresh_until(bytes, 0, 1000);
	return 0;
}
