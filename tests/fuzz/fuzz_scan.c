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
	struct scan_settings settings = {
		.script = size % 7 == 0, .python = S("3.11"), .folder = S("")};
	struct scan_facts facts;
	size_t n;
	scan_code(cells, 2, &settings, &arena, &facts);
	struct scan_installs installs = facts.installs;
	for (size_t i = 0; i < facts.n_uses; i++) {
		const struct scan_use *use = &facts.uses[i];
		FUZZ_CHECK(use->symbol.n > 0 && use->place.cell < 2 && use->place.line > 0);
		FUZZ_CHECK((size_t)use->place.column <= cells[use->place.cell].source.n + 1);
	}
	for (size_t i = 0; i < facts.n_imports; i++) {
		const struct scan_import *import = &facts.imports[i];
		FUZZ_CHECK(import->module.n > 0 && import->place.cell < 2);
		FUZZ_CHECK(import->place.line > 0 && import->place.column > 0);
	}
	(void)scan_standing(&installs, &arena, &n);
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
