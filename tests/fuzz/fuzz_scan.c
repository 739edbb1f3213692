#include "fuzz/fuzz.h"
#include "packaging/requirement.h"
#include "staticscan/scan.h"
#include "common/banned.h"

/* Any bytes as two cells: no fault, positions inside the cell, effective entries that parse. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena arena = {0};
	struct str text = {(const char *)data, size};
	struct str first = text;
	struct str second = S("");
	(void)str_cut(text, S("\n--- cell\n"), &first, &second);
	const struct scan_cell cells[] = {
		{0, S("a"), first },
		{1, S(""),  second},
	};
	struct scan_installs installs;
	size_t n;
	scan_find_installs(cells, 2, &arena, &installs);
	for (size_t i = 0; i < installs.n; i++) {
		const struct scan_request *request = &installs.requests[i];
		FUZZ_CHECK(request->cell < 2 && request->line > 0 && request->column > 0);
		FUZZ_CHECK((size_t)request->column <= cells[request->cell].source.n + 1);
		FUZZ_CHECK(request->manager.n > 0 && request->via.n > 0);
	}
	const struct scan_request *effective = scan_effective(&installs, &arena, &n);
	for (size_t i = 0; i < n; i++) {
		struct requirement requirement;
		struct err err = {0};
		FUZZ_CHECK(effective[i].kind == SCAN_REQUIREMENT && !effective[i].tooling);
		FUZZ_CHECK(requirement_parse(effective[i].text, &arena, &requirement, &err));
		FUZZ_CHECK(str_eq(requirement.name, effective[i].name));
	}
	return 0;
}
