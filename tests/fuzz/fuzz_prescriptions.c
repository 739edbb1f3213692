#include "fuzz/fuzz.h"
#include "prescriptions/include.h"
#include "prescriptions/load.h"
#include "prescriptions/unit.h"
#include "common/banned.h"

/* Any text is refused with words and a place, or gives a set whose units can all be read. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(presc_table_done) struct presc_table table = {0};
	struct presc_report report = {.arena = &arena, .file = S("f")};
	struct str text = {(const char *)data, size};
	bool fine = presc_load_text(text, S("p"), &report, &table);
	FUZZ_CHECK(fine == (report.faults.list.n == 0));
	for (size_t i = 0; i < report.faults.list.n; i++) {
		FUZZ_CHECK(report.faults.list.p[i].message.n > 0);
		FUZZ_CHECK(str_is_utf8(report.faults.list.p[i].message));
	}
	for (uint32_t i = 0; i < table_count(&table, TABLE_UNITS); i++) {
		struct presc_unit unit;
		FUZZ_CHECK(presc_unit_read(&table, i, &arena, &unit));
		FUZZ_CHECK(unit.name.n > 2);
	}
	struct presc_inclusion inclusion;
	struct presc_context context = {0};
	presc_include(&table, &context, &arena, &inclusion);
	return 0;
}
