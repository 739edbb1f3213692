#include "fuzz/fuzz.h"
#include "notebook_meta/notebook_meta.h"
#include "common/banned.h"

/*
 * Any bytes are refused with words, or take metadata.thoth in and out again: what stands outside of it
 * is untouched, and out after in gives the very bytes when there was none before.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(nb_done) struct notebook before = {0};
	AUTO(nb_done) struct notebook after = {0};
	struct err err = {0};
	struct str text = {(const char *)data, size};
	struct str with, without, same;
	if (!nb_parse(S("n.ipynb"), text, &arena, &before, &err)) {
		FUZZ_CHECK(err.message[0] != '\0' && before.metadata == NULL);
		return 0;
	}
	json_auto_t *value = json_pack(
		"{s:i,s:{s:[s,s]}}", "version", 1, "requirements", "packages", "a\x1b", "b>=1");
	FUZZ_CHECK(nb_splice(&before, value, &arena, &with, &err));
	FUZZ_CHECK(nb_parse(S("n.ipynb"), with, &arena, &after, &err));
	FUZZ_CHECK(json_equal(json_object_get(after.metadata, "thoth"), value));
	FUZZ_CHECK(after.n_cells == before.n_cells);
	FUZZ_CHECK(nb_splice(&after, value, &arena, &same, &err) && str_eq(same, with));
	FUZZ_CHECK(nb_splice(&after, NULL, &arena, &without, &err));
	FUZZ_CHECK(before.thoth_end > before.thoth_at || str_eq(without, text));

	struct nb_requirements requirements;
	struct lock lock;
	bool found;
	FUZZ_CHECK(nb_requirements(&before, &arena, &requirements, &err) || err.message[0] != '\0');
	FUZZ_CHECK(nb_lock_read(&before, &arena, &lock, &found, &err) || err.message[0] != '\0');
	return 0;
}
